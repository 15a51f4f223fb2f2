"""Check one file: a transcript, the provenance of a post, a receipt, or a certificate."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emeritus.access import is_receipt, read_receipt
from emeritus.cli.output import aligned, day, plain
from emeritus.conversation import read_transcript
from emeritus.conversation.lines import TRANSCRIPT_FORMAT
from emeritus.custody.sealing.certificate import is_certificate, read_certificate
from emeritus.foundation import IntegrityError, UserError, printable, sha256
from emeritus.journal import verify_provenance
from emeritus.ledger import NoteVerifier


def verify_file(
    path: Path, vkey: str | None, against: Sequence[Path] = ()
) -> tuple[dict[str, Any], list[str]]:
    """Check a file, and return what was found as data and in sentences.

    Raises:
        UserError: it is none of these, or a receipt or a certificate comes without a key.
        IntegrityError: it does not hold.
    """
    data = path.read_bytes()
    head = data[:4096].split(b"\n", 1)[0]
    if is_receipt(data):
        return _receipt(path, data, vkey, against)
    if is_certificate(data):
        return _certificate(path, data, vkey)
    if TRANSCRIPT_FORMAT.encode() in head:
        read = read_transcript(data, path.name)
        said = f"Whole: {len(read.lines)} lines, each follows from the one before it."
        shown = f"A conversation with {read.header.model}: {read.header.purpose}."
        digest = str(sha256(data))
        told = f"An entry of its record must name {digest}; only that vouches for the last line."
        counts = {"file": str(path), "kind": "transcript", "lines": len(read.lines)}
        return {**counts, "digest": digest}, [said, shown, told]
    if b"in-toto.io/Statement" in data:
        problems = verify_provenance(data, vkey)
        if problems:
            raise IntegrityError(f"{path.name} does not hold: {problems[0]}", about=path.name)
        whose = "" if vkey else " Without --key it is only shown to agree with itself."
        said = f"It holds: text, draft, seed and entries belong together.{whose}"
        return {"file": str(path), "kind": "post", "problems": []}, [said]
    raise UserError(
        "expected a store, a home, a bundle, a transcript, a receipt, the provenance of a post or "
        f"a certificate of destruction at {path}, found another file"
    )


def _certificate(path: Path, data: bytes, vkey: str | None) -> tuple[dict[str, Any], list[str]]:
    if vkey is None:
        raise UserError(
            f"{path.name} is a certificate, and says nothing without the key of whose record it "
            "is: give --key VKEY (a record shows its own at /keys/ledger.vkey)"
        )
    found = read_certificate(data, NoteVerifier.parse(vkey))
    said = [
        f"Signed by that key: the key {found.key} was destroyed on {found.destroyed_at[:10]}.",
        f"It opened: {', '.join(found.models) or 'no model'}.",
        *(f"Approved by {one.approver}, entry {one.entry}." for one in found.approved),
        *(f"Done: {one}." for one in found.done),
        *(f"It does not show {one}." for one in found.not_shown),
    ]
    return {"file": str(path), "kind": "certificate", **plain(found)}, said


def _receipt(
    path: Path, data: bytes, vkey: str | None, against: Sequence[Path]
) -> tuple[dict[str, Any], list[str]]:
    if vkey is None:
        raise UserError(
            f"{path.name} is a receipt, and says nothing without the key of who gave it: "
            "give --key VKEY (a record shows its own at /keys/ledger.vkey)"
        )
    found = read_receipt(data, vkey)
    known = {found.request: "the request", found.answer: "the answer"}
    matched = {one.name: known.get(str(sha256(one.read_bytes()))) for one in against}
    for name, what in matched.items():
        if what is None:
            raise IntegrityError(
                f"{name} is neither the request nor the answer of this receipt; the request is "
                "the body as it was sent, the answer its text alone",
                about=name,
            )
    said = [
        f"Signed by that key: {found.model}, {found.answer_tokens} tokens, {day(found.at)}.",
        *(f"{name} is {what}, to the byte." for name, what in matched.items()),
        *aligned(
            {
                "weights": found.weights,
                "request": found.request,
                "answer": found.answer,
                "engine": printable(found.engine),
                "not shown": "that these weights ran: only the house itself says so",
            }
        ),
    ]
    return {"file": str(path), "kind": "receipt", **plain(found), "against": matched}, said
