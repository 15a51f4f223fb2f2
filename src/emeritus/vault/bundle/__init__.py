"""The bundle: one plain tar file that unpacks to a store, and says in front what is in it.

* `listing`: the first member, which names every other one with its size and SHA-256.
* `tar`: the bytes around a member, exactly one spelling of them.
* `write`: a bundle is streamed, and a file of that name appears whole or not at all.
* `read`: a bundle is opened, read as a store is, and compared with its list byte by byte.

    with open_bundle(path) as bundle:
        findings = list(bundle.check(progress))
        bundle.read("store.json")

The page of this format is `docs/specs/bundle.md`.
"""

from emeritus.vault.bundle.listing import Listing, Member
from emeritus.vault.bundle.read import Bundle, looks_like_a_bundle, open_bundle
from emeritus.vault.bundle.tar import CLOSING_FILE, LIST_FILE
from emeritus.vault.bundle.write import bundle_bytes, write_bundle, write_file

__all__ = [
    "CLOSING_FILE",
    "LIST_FILE",
    "Bundle",
    "Listing",
    "Member",
    "bundle_bytes",
    "looks_like_a_bundle",
    "open_bundle",
    "write_bundle",
    "write_file",
]
