"""Databases that hold an index."""
