"""Sealing: what is kept and not shown, under keys that can be destroyed alone.

* `entries`, `tables`: what is entered of keys, and how that is projected.
* `facts`: what the record says of a key.

A key opens one lineage: a model, and what is kept as differences from it. The keys themselves are
in no store: the home keeps them in its keyring.
"""
