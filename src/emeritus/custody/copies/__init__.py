"""Copies: the stores that follow the first one, and what keeps every copy whole.

* `entries`: what is entered of stores and the copies in them.
* `holdings`: every file that the record says must exist, with its digest.
* `stores`: a store is added to the record, or removed from it.
* `replicate`: a store is brought up to date; what was copied is read back and hashed.
* `repair`: damaged files of one copy are made anew from another, and the bad bytes put aside.
* `protect`: packs get parity, by which they mend themselves where no other copy is.
* `collect`: what no entry speaks of is cleared away.

A copy of a model counts once every file that it needs was read back from that store and hashed.
What a file must be is said by the signed record, never by a majority of the copies.
"""
