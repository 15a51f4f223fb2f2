"""Measurements beside the peers, by one command: `make bench`."""
