"""Bundles: a record, or one model's part of it, goes out as one file and comes in again.

* `contents`: which files of a store a bundle carries, and which it leaves out and says so.
* `export`: they are written as one stream, under the ledger's newest checkpoint.
* `bringing`: a bundle becomes a home that can be read, or fills in what a home lacks.
* `checking`: every byte of a bundle is compared with its list, and the record in it checked.

The ledger is always carried whole: it is one tree, and small. Private keys are in no store, and so
in no bundle.
"""
