"""Places that hold a copy."""
