"""Other archives: a model leaves as a bag or an OCFL object, and comes from one.

* `bag_write`, `bag_read`: BagIt (RFC 8493); `bag_text` is its spelling.
* `ocfl_write`, `ocfl_read`: OCFL 1.1; `ocfl_root`, `ocfl_object`, `inventory` are its parts.
* `proofs`: what the record says of a model, as files that travel along.
* `parcel`, `receive`: what was sent, once it was checked, and taking it into care.
* `files`: listed without following a link, hashed in pieces, written durably.
* `entries`, `errors`: what is entered, and can go wrong.

Nothing that was sent is believed: it is checked whole against its own digests before a byte of it
is deposited, and what is deposited is compared with what was checked.
"""

from emeritus.custody.interchange.bag_read import read_bag
from emeritus.custody.interchange.bag_write import Bagged, write_bag
from emeritus.custody.interchange.errors import NotReceivable, ReceivedDamaged, RootUnusable
from emeritus.custody.interchange.ocfl_read import read_ocfl
from emeritus.custody.interchange.ocfl_write import Versioned, write_ocfl
from emeritus.custody.interchange.parcel import Parcel
from emeritus.custody.interchange.receive import check_free, receive

__all__ = [
    "Bagged",
    "NotReceivable",
    "Parcel",
    "ReceivedDamaged",
    "RootUnusable",
    "Versioned",
    "check_free",
    "read_bag",
    "read_ocfl",
    "receive",
    "write_bag",
    "write_ocfl",
]
