"""Check one file: a transcript, or the provenance of a post."""

from pathlib import Path
from typing import Any

from emeritus.conversation import read_transcript
from emeritus.conversation.lines import TRANSCRIPT_FORMAT
from emeritus.foundation import IntegrityError, UserError, sha256
from emeritus.journal import verify_provenance


def verify_file(path: Path, vkey: str | None) -> tuple[dict[str, Any], list[str]]:
    """Check a file, and return what was found as data and in sentences.

    Raises:
        UserError: it is neither a transcript nor a provenance.
        IntegrityError: it does not hold.
    """
    data = path.read_bytes()
    head = data[:4096].split(b"\n", 1)[0]
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
        f"expected a store, a home, a transcript or the provenance of a post at {path}, "
        "found another file"
    )
