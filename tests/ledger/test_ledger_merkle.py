import hashlib

import pytest

from emeritus.ledger.merkle import (
    HashAt,
    consistency_path,
    empty_root,
    inclusion_path,
    inclusion_root,
    leaf_hash,
    tree_root,
    verify_consistency,
)
from tests.ledger import naive_tree

# Leaves and roots of the reference tests of Certificate Transparency.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MOST = 70
MANY = [b"leaf %d" % i for i in range(MOST)]
MANY_ROOTS = [naive_tree.mth(MANY[:size]) for size in range(MOST + 1)]


def reader(leaves: list[bytes]) -> HashAt:
    def hash_at(level: int, index: int) -> bytes:
        covered = leaves[index << level : (index + 1) << level]
        assert len(covered) == 1 << level
        return naive_tree.mth(covered)

    return hash_at


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size: int) -> None:
    assert tree_root(size, reader(LEAVES)).hex() == ROOTS[size]
    assert naive_tree.mth(LEAVES[:size]).hex() == ROOTS[size]


def test_the_empty_root_and_a_leaf() -> None:
    assert empty_root() == hashlib.sha256(b"").digest()
    assert leaf_hash(b"").hex() == ROOTS[1]


def test_every_inclusion_proof_up_to_seventy_leaves() -> None:
    for size in range(1, MOST + 1):
        hash_at = reader(MANY[:size])
        for position in range(size):
            path = inclusion_path(position, size, hash_at)
            assert path == naive_tree.path(position, MANY[:size])
            leaf = leaf_hash(MANY[position])
            assert inclusion_root(leaf, position, size, path) == MANY_ROOTS[size]


def test_no_spoiled_inclusion_proof_leads_to_the_root() -> None:
    for size in range(1, 40):
        for position in range(size):
            path = naive_tree.path(position, MANY[:size])
            leaf = leaf_hash(MANY[position])
            root = MANY_ROOTS[size]
            for spoiled in _spoiled(path):
                assert inclusion_root(leaf, position, size, spoiled) != root
            assert inclusion_root(leaf_hash(b"another"), position, size, path) != root
            for other in {position - 1, position + 1, size, -1} - {position}:
                assert inclusion_root(leaf, other, size, path) != root


def test_every_consistency_proof_up_to_seventy_leaves() -> None:
    for new in range(MOST + 1):
        hash_at = reader(MANY[:new])
        for old in range(new + 1):
            path = consistency_path(old, new, hash_at)
            assert path == (naive_tree.proof(old, MANY[:new]) if old else [])
            assert verify_consistency(old, new, MANY_ROOTS[old], MANY_ROOTS[new], path)


def test_no_spoiled_consistency_proof_holds() -> None:
    for new in range(1, 40):
        for old in range(new + 1):
            path = naive_tree.proof(old, MANY[:new]) if old else []
            roots = MANY_ROOTS[old], MANY_ROOTS[new]
            for spoiled in _spoiled(path):
                assert not verify_consistency(old, new, *roots, spoiled)
            other = leaf_hash(b"another")
            assert not verify_consistency(old, new, other, roots[1], path)
            assert old == 0 or not verify_consistency(old, new, roots[0], other, path)
            for size in {old - 1, old + 1, new + 1, -1} - {old}:
                assert not verify_consistency(size, new, *roots, path)


def test_an_older_tree_cannot_be_larger() -> None:
    assert not verify_consistency(3, 2, MANY_ROOTS[3], MANY_ROOTS[2], [])


def _spoiled(path: list[bytes]) -> list[list[bytes]]:
    flipped = [
        [*path[:i], bytes([path[i][0] ^ 1]) + path[i][1:], *path[i + 1 :]] for i in range(len(path))
    ]
    shorter = [path[1:], path[:-1]] if path else []
    return [*flipped, *shorter, [*path, bytes(32)], [bytes(32), *path]]
