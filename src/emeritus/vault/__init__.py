"""The storage engine: how bytes are kept so that they open without us in thirty years.

It knows no database and no clock, and can be used alone.

* `ports`: `Store`, a place that holds a copy; adapters bring folders and buckets.
* `layout`: where things lie in a store, and how a store explains itself.
* `objects`: small files named by the SHA-256 of their bytes.
* `closed`: sealed and erasable files, encrypted under keys that can be destroyed alone.
* `formats`: reads the layout of untrusted weight files, in a limited subprocess.
* `sources`: what a depositor hands over; `originals`: the same from where no folder is.
* `codec`: makes a piece small and whole again; a piece is at most 1 MiB of decoded bytes.
* `packs`, `pack_index`, `pack_check`: files of encoded pieces.
* `parity`: a few per cent more, by which a damaged pack mends itself.
* `package`: which files a model is, and which pieces give them back.
* `oms`: the signature over the files (OpenSSF Model Signing).
* `keep`, `restore`: the two verbs; `lineage` finds what a new tensor was made from.
* `tensors`: which tensors kept files have, and the bytes of one.
* `reader`: the stand-alone reader that lies in every store.
* `findings`: what a check says about one file.

    package = keep(store, gather(folder).sources, ...).package
    restore(PackIndex.load(store), package, destination, ...)
"""

from emeritus.vault.closed import Seal
from emeritus.vault.errors import (
    Damaged,
    FormatBroken,
    FormatUnknown,
    KeyMissing,
    NotInStore,
    StoreChanged,
    StoreTooNew,
    StoreUnavailable,
)
from emeritus.vault.findings import Finding
from emeritus.vault.keep import Kept, keep
from emeritus.vault.layout import PUBLIC, Place, describe, object_name, read_origin
from emeritus.vault.objects import check_closed, check_objects, get_object, put_object
from emeritus.vault.oms import OmsSigner, SignedFile, root_digest, verify_bundle
from emeritus.vault.originals import gathering
from emeritus.vault.pack_check import check_pack, check_stored
from emeritus.vault.pack_index import PackIndex
from emeritus.vault.package import Package, PackagedFile, PieceRef, signed_files
from emeritus.vault.packs import pack_name
from emeritus.vault.ports import Originals, Pieces, Store, Upload
from emeritus.vault.restore import read_part, restore, stream_file, write_new
from emeritus.vault.sources import Gathered, Source, gather
from emeritus.vault.tensors import (
    KeptTensor,
    all_tensors,
    find_tensor,
    list_tensors,
    read_tensor,
)

__all__ = [
    "PUBLIC",
    "Damaged",
    "Finding",
    "FormatBroken",
    "FormatUnknown",
    "Gathered",
    "Kept",
    "KeptTensor",
    "KeyMissing",
    "NotInStore",
    "OmsSigner",
    "Originals",
    "PackIndex",
    "Package",
    "PackagedFile",
    "PieceRef",
    "Pieces",
    "Place",
    "Seal",
    "SignedFile",
    "Source",
    "Store",
    "StoreChanged",
    "StoreTooNew",
    "StoreUnavailable",
    "Upload",
    "all_tensors",
    "check_closed",
    "check_objects",
    "check_pack",
    "check_stored",
    "describe",
    "find_tensor",
    "gather",
    "gathering",
    "get_object",
    "keep",
    "list_tensors",
    "object_name",
    "pack_name",
    "put_object",
    "read_origin",
    "read_part",
    "read_tensor",
    "restore",
    "root_digest",
    "signed_files",
    "stream_file",
    "verify_bundle",
    "write_new",
]
