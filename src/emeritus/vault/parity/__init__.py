"""Parity: a few per cent more, by which a damaged pack mends itself where there is no other copy.

A pack is cut into shards; every so many shards, taken far apart so that a burst of damage falls on
different ones, are a stripe; each stripe has some parity shards. A digest of every shard says which
are damaged, so each parity shard brings back one. The file lies beside the pack, as
`parity/<64 hex digits>.par`.

* `galois`: arithmetic of GF(2^8), and the parity of many bytes at once.
* `file`: how a pack is cut, and the parity file, as far as it is good.
* `shards`: the shards of a damaged pack that are still good.
* `make`, `mend`: the verbs.

`docs/specs/parity.md` describes the bytes.
"""

from emeritus.vault.parity.file import SECTOR, SHARE, Head, check_parity, parity_name, plan
from emeritus.vault.parity.make import make_parity
from emeritus.vault.parity.mend import mended

__all__ = [
    "SECTOR",
    "SHARE",
    "Head",
    "check_parity",
    "make_parity",
    "mended",
    "parity_name",
    "plan",
]
