"""Protocols as they are published: a YAML file each, never changed after an interview used it."""
