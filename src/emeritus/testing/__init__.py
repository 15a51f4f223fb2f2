"""Fakes for tests, yours and ours; nothing in the product imports this package."""
