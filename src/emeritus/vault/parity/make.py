"""Make the parity of a pack that is whole."""

import hashlib
from typing import BinaryIO

import numpy as np

from emeritus.foundation import Progress
from emeritus.vault.errors import Damaged, NotInStore
from emeritus.vault.parity.file import SHARE, build, digest, named_sha256, parity_name, plan
from emeritus.vault.parity.galois import Sums
from emeritus.vault.ports import Store


def make_parity(
    store: Store, pack: str, progress: Progress, share: float = SHARE, *, anew: bool = False
) -> int:
    """Make a pack's parity file, unless it is there; read the pack once, from start to end.

    Memory holds about three times the parity file: 30 MB for a pack of 256 MiB.

    Args:
        store: where the pack is, and its parity will be.
        pack: its name.
        progress: told of the bytes read.
        share: parity for each byte of data.
        anew: put it in the place of the one that is there.

    Returns:
        Bytes of the new file; 0 when there was one.

    Raises:
        Damaged: the pack does not have the SHA-256 in its name; nothing was written.
        NotInStore: there is no such pack.
        UserError: the share is not between 0 and 1.
        StoreUnavailable: the store failed.
    """
    name = parity_name(pack)
    length = store.size(pack)
    if length is None:
        raise NotInStore(f"there is no {pack} in this store", about=pack)
    if store.size(name) is not None and not anew:
        return 0
    wanted = named_sha256(pack)
    head = plan(wanted, max(1, length), share)
    sums = Sums(head.parity, head.column_bytes)
    digests, found = [], hashlib.sha256()
    progress.begin("making parity", length, "bytes")
    with store.open(pack) as file:
        for column in range(head.data):
            data = _read(file, head.column_bytes)
            found.update(data)
            whole = data.ljust(-(-len(data) // head.shard) * head.shard, b"\0")
            digests += [
                digest(whole[at : at + head.shard]) for at in range(0, len(whole), head.shard)
            ]
            sums.add(np.frombuffer(whole, np.uint8), column)
            progress.advance(len(data))
    progress.end()
    if found.hexdigest() != wanted or length == 0:
        raise Damaged(f"{pack} does not have the SHA-256 in its name", about=pack)
    rows = [sums.row(row).reshape(head.stripes, head.shard) for row in range(head.parity)]
    shards = np.stack(rows, axis=1)
    digests += [digest(one) for one in shards.reshape(-1, head.shard)]
    made = build(head, digests, shards.tobytes())
    with store.upload() as upload:
        upload.write(made)
        if anew:
            upload.supersede(name)
        else:
            upload.commit(name)
    return len(made)


def _read(file: BinaryIO, length: int) -> bytes:
    """Read that many bytes, fewer only at the end of the file."""
    parts = []
    while length and (part := file.read(length)):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
