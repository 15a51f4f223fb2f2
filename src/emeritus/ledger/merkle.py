"""The Merkle tree of RFC 6962 section 2.1 (the same as in RFC 9162): pure, over SHA-256.

Whoever asks for a root or a path hands in `hash_at(level, index)`: the hash of the complete
subtree of `2**level` leaves that begins at leaf `index * 2**level`.
Only subtrees that lie wholly inside the tree are asked for.
"""

import hashlib
from collections.abc import Callable, Sequence

HashAt = Callable[[int, int], bytes]
"""Hash of the complete subtree at (level, index)."""

HASH_BYTES = 32
"""Length of a SHA-256 (FIPS 180-4) in bytes."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256 of 0x00 and the entry (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256 of 0x01, left and right (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def empty_root() -> bytes:
    """Return the root of a tree without leaves: SHA-256 of nothing (RFC 9162, 2.1.1)."""
    return hashlib.sha256().digest()


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a power of two of sibling hashes, at least one."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


def tree_root(size: int, hash_at: HashAt) -> bytes:
    """Return the root of the tree of `size` leaves.

    It asks for one complete subtree per one bit of `size`: those on the right edge.
    """
    return _range_hash(0, size, hash_at) if size else empty_root()


def inclusion_path(position: int, size: int, hash_at: HashAt) -> list[bytes]:
    """Return the audit path of one leaf, nearest sibling first (RFC 9162, 2.1.3.1).

    Args:
        position: which leaf, `0 <= position < size`.
        size: leaves in the tree.
        hash_at: complete subtrees.
    """
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if position < middle:
            path.append(_range_hash(middle, end, hash_at))
            end = middle
        else:
            path.append(_range_hash(start, middle, hash_at))
            start = middle
    return path[::-1]


def consistency_path(old: int, new: int, hash_at: HashAt) -> list[bytes]:
    """Return the proof that the tree of `old` leaves begins that of `new` (RFC 9162, 2.1.4.1).

    Args:
        old: leaves in the older tree, `0 <= old <= new`; an empty tree needs no proof.
        new: leaves in the newer tree.
        hash_at: complete subtrees of the newer tree.
    """
    path: list[bytes] = []
    start, end = 0, new
    while old not in (0, end):
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_hash(middle, end, hash_at))
            end = middle
        else:
            path.append(_range_hash(start, middle, hash_at))
            start = middle
    if start > 0:
        path.append(_range_hash(start, end, hash_at))
    return path[::-1]


def inclusion_root(leaf: bytes, position: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that an audit path leads to (RFC 9162, 2.1.3.2).

    Args:
        leaf: the leaf's hash, 32 bytes.
        position: which leaf.
        size: leaves in the tree.
        path: hashes of 32 bytes, nearest sibling first.

    Returns:
        A root to compare with a signed one; None when the path cannot be one for that
        position and size.
    """
    if not 0 <= position < size:
        return None
    node, last, root = position, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    return root if last == 0 else None


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Tell whether `path` proves that the older tree begins the newer (RFC 9162, 2.1.4.2).

    Args:
        old: leaves in the older tree.
        new: leaves in the newer tree.
        old_root: 32 bytes.
        new_root: 32 bytes.
        path: hashes of 32 bytes, as `consistency_path` gives them.
    """
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not path and old_root == (empty_root() if old == 0 else new_root)
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    return _consistent_roots(old - 1, new - 1, steps) == (old_root, new_root)


def _consistent_roots(node: int, last: int, steps: list[bytes]) -> tuple[bytes, bytes] | None:
    """Follow a consistency proof from the last leaf of both trees; the roots it leads to."""
    if not steps:
        return None
    while node & 1:
        node, last = node >> 1, last >> 1
    old_root = new_root = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            old_root, new_root = node_hash(step, old_root), node_hash(step, new_root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new_root = node_hash(new_root, step)
        node, last = node >> 1, last >> 1
    return (old_root, new_root) if last == 0 else None


def _split(count: int) -> int:
    """Return the largest power of two smaller than `count`, which is at least two."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_hash(start: int, end: int, hash_at: HashAt) -> bytes:
    """Return the hash of the subtree over leaves `start` to `end`; `start` is aligned to it."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return hash_at(level, start >> level)
    middle = start + _split(count)
    return node_hash(_range_hash(start, middle, hash_at), _range_hash(middle, end, hash_at))
