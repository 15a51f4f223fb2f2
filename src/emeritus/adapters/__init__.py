"""Engines behind the ports of the floors below."""
