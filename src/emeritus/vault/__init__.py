"""The storage engine: how bytes are kept so that they open without us in thirty years.

It knows no database and no clock, and can be used alone.
"""
