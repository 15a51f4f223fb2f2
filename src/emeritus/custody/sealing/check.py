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
    DestructionWithdrawn,
    KeyDestroyed,
)
from emeritus.custody.sealing.proposing import Proposal, approval_text
from emeritus.foundation import Digest, EmeritusError, parse_timestamp, sha256
from emeritus.ledger import NoteVerifier
from emeritus.record import Placed
from emeritus.record.entries import Opened
from emeritus.vault import Finding, Store, get_object, object_name


def check_destructions(store: Store, placed: Sequence[Placed[Any]]) -> Iterable[Finding]:
    """Check every destruction again, from the entries and the certificate alone.

    Entries are in their order; some may be missing, where a store leaves out what they speak of.
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
    opened = next((one.body for one in placed if isinstance(one.body, Opened)), None)
    said = (body.key, body.proposal)
    before = [one for one in placed if one.position < stone.position]
    begun = [
        one
        for one in before
        if isinstance(one.body, DestructionBegun) and (one.body.key, one.body.proposal) == said
    ]
    proposed: Placed[DestructionProposed] | None = next(
        (
            one
            for one in before
            if isinstance(one.body, DestructionProposed) and (one.body.key, one.position) == said
        ),
        None,
    )
    if proposed is None or not begun or opened is None:
        yield Finding(name, "a key was destroyed that nobody proposed to destroy")
        return
    until = [one for one in before if one.position < begun[-1].position]
    verifier = NoteVerifier.parse(opened.vkey.strip())
    counting = _approvals(until, proposed, verifier.name)
    if len(counting) < proposed.body.quorum:
        yield Finding(name, f"{len(counting)} approvals hold, of {proposed.body.quorum}")
    if parse_timestamp(begun[-1].at) < parse_timestamp(proposed.body.not_before):
        yield Finding(name, "it was done before the wait was over")
    if any(
        isinstance(one.body, DestructionWithdrawn) and one.body.proposal == body.proposal
        for one in until
    ):
        yield Finding(name, "its proposal had been withdrawn")
    yield from _check_certificate(store, body, proposed, counting, verifier)


def _check_certificate(
    store: Store,
    body: KeyDestroyed,
    proposed: Placed[DestructionProposed],
    counting: set[str],
    verifier: NoteVerifier,
) -> Iterator[Finding]:
    digest = Digest.parse(body.certificate)
    try:
        said = read_certificate(get_object(store, digest), verifier)
    except EmeritusError as problem:
        yield Finding(object_name(digest), problem.message)
        return
    known = (said.key, said.proposal, {one.approver for one in said.approved})
    if known != (body.key, str(sha256(proposed.entry.to_bytes())), counting):
        yield Finding(object_name(digest), "the certificate says other things than the entries")


def _approvals(
    before: Sequence[Placed[Any]], proposed: Placed[DestructionProposed], origin: str
) -> set[str]:
    """Return the vkeys of approvers whose signatures hold."""
    at, digest = proposed.position, str(sha256(proposed.entry.to_bytes()))
    named = {
        one.body.approver
        for one in before
        if isinstance(one.body, ApproverNamed) and one.position < at
    }
    named -= {one.body.approver for one in before if isinstance(one.body, ApproverRemoved)}
    wanted = approval_text(origin, Proposal(at, proposed.at, digest, "open", proposed.body, ()))
    found = set()
    for one in before:
        body = one.body
        if isinstance(body, DestructionApproved) and body.proposal == at:
            try:
                text = NoteVerifier.parse(body.approver).verify(body.note.encode())
            except EmeritusError:
                continue
            if text == wanted and body.approver in named:
                found.add(body.approver)
    return found
