"""Sealing: what is kept and not shown, under keys that can be destroyed alone.

* `entries`: what is entered of keys, and how that is projected.
* `facts`: what the record says of a key.
* `rules`: how many approvals, and how long a wait, a destruction needs.
* `approvers`: whose signatures count.
* `proposing`: it is proposed to destroy a key, approvals are entered, or it is withdrawn.
* `destroying`: the deed, and whether stores go on holding what nobody can open.
* `certificate`: the public object that says what was done, and what cannot be shown.
* `check`: what a check of a store looks for in all of that.
* `ports`: how the keys themselves are reached, which are in no store: the home keeps them.

A key opens one lineage: a model, and what is kept as differences from it.
"""
