"""What a check of a store looks for in destructions: approvals and a certificate that fit."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from emeritus.custody.sealing.certificate import read_certificate
from emeritus.custody.sealing.entries import (
    ApproverNamed,
    ApproverRemoved,
    DestructionApproved,
    DestructionBegun,
    DestructionProposed,
    KeyDestroyed,
)
from emeritus.foundation import Digest, EmeritusError, parse_timestamp, sha256
from emeritus.ledger import NoteVerifier
from emeritus.record import Placed
from emeritus.record.entries import Opened
from emeritus.vault import Finding, Store, get_object, object_name


def check_destructions(store: Store, placed: Sequence[Placed[Any]]) -> Iterable[Finding]:
    """Check every destruction again, from the entries and the certificate alone.

    Args:
        store: which holds the certificates.
        placed: entries in their order; those whose files are left out on purpose may be missing.
    """
    return (
        found
        for one in placed
        if isinstance(one.body, KeyDestroyed)
        for found in _check(store, placed, one)
    )


def _check(
    store: Store, placed: Sequence[Placed[Any]], stone: Placed[KeyDestroyed]
) -> Iterator[Finding]:
    body, name = stone.body, f"entry {stone.position}"
    before = _before(placed, stone.position)
    proposed = next((one for one in before if one.position == body.proposal), stone)
    begun = [
        one
        for one in before
        if isinstance(one.body, DestructionBegun) and one.body.proposal == body.proposal
    ]
    if not isinstance(proposed.body, DestructionProposed) or not begun:
        yield Finding(name, "a key was destroyed that nobody proposed to destroy")
        return
    at = begun[-1].position
    counting = _approvals(
        _before(before, at), proposed.position, str(sha256(proposed.entry.to_bytes()))
    )
    if len(counting) < proposed.body.quorum:
        yield Finding(name, f"{len(counting)} approvals hold, of {proposed.body.quorum}")
    if parse_timestamp(begun[-1].at) < parse_timestamp(proposed.body.not_before):
        yield Finding(name, "it was done before the wait was over")
    opened = next(one.body for one in placed if isinstance(one.body, Opened))
    digest = Digest.parse(body.certificate)
    try:
        verifier = NoteVerifier.parse(opened.vkey.strip())
        said = read_certificate(get_object(store, digest), verifier)
    except EmeritusError as problem:
        yield Finding(object_name(digest), problem.message)
        return
    known = (said.key, said.proposal, {one.approver for one in said.approved})
    if known != (body.key, str(sha256(proposed.entry.to_bytes())), counting):
        yield Finding(object_name(digest), "the certificate says other things than the entries")


def _before(placed: Sequence[Placed[Any]], position: int) -> list[Placed[Any]]:
    """Return the entries before a position, which is no index where entries are left out."""
    return [one for one in placed if one.position < position]


def _approvals(before: Sequence[Placed[Any]], proposal: int, digest: str) -> set[str]:
    """Return the vkeys of approvers whose signatures hold."""
    earlier = _before(before, proposal)
    named = {one.body.approver for one in earlier if isinstance(one.body, ApproverNamed)}
    named -= {one.body.approver for one in before if isinstance(one.body, ApproverRemoved)}
    line = f"entry {proposal} {digest}\n"
    found = set()
    for one in before:
        body = one.body
        if isinstance(body, DestructionApproved) and body.proposal == proposal:
            try:
                text = NoteVerifier.parse(body.approver).verify(body.note.encode())
            except EmeritusError:
                continue
            if line in text and body.approver in named:
                found.add(body.approver)
    return found
