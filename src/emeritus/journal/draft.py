"""A draft: everything that is needed to write it again (`docs/specs/journal.md`)."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec

from emeritus.foundation import Digest, IntegrityError, canonical_json, parse_canonical_json, sha256
from emeritus.journal.errors import DraftBroken, WritingNow

DRAFT_FORMAT = "emeritus-draft/1"
_SEED = b"emeritus/seed/v1"

_Hex = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
_Attempt = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
_Decimal = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,9})?(e-[0-9]{1,2})?\Z")]


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One attempt's result.

    Attributes:
        salt: 32 random bytes, hex; they keep the digest from telling anything of the words.
        model: who wrote.
        identity: OMS root digest of its files.
        commission: position of the commission.
        attempt: which attempt.
        size: entries under the checkpoint that the seed follows from.
        root: its root, hex.
        note: the signed checkpoint.
        seed: hex; `seed_from(root, commission, attempt)`.
        sampler: how tokens were chosen.
        temperature: a decimal string.
        most_tokens: the limit.
        context_tokens: size of the context window.
        threads: computing threads.
        mode: see `runtime.Mode`.
        engine: name and version.
        engine_files: SHA-256 (hex) over its installed files.
        prompt: token ids before the text.
        tokens: every token written, the one that ends the text among them.
        finish: `end` or `length`.
        text: the words; None when the bytes are no UTF-8.
    """

    salt: _Hex
    model: str
    identity: str
    commission: _Count
    attempt: _Attempt
    size: _Count
    root: _Hex
    note: str
    seed: _Hex
    sampler: str
    temperature: _Decimal
    most_tokens: int
    context_tokens: int
    threads: int
    mode: str
    engine: str
    engine_files: str
    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    finish: str
    text: str | None
    format: str = DRAFT_FORMAT

    def to_bytes(self) -> bytes:
        """Write it as canonical JSON."""
        return canonical_json(msgspec.to_builtins(self))


def seed_from(root: str, commission: int, attempt: int) -> bytes:
    """Return the seed: nobody can choose it, since the root was not known before the commission.

    SHA-256 over `emeritus/seed/v1`, the checkpoint's root (32 bytes), the commission's position
    (8 bytes, big endian) and the attempt (4 bytes, big endian).
    """
    parts = (
        _SEED,
        bytes.fromhex(root),
        commission.to_bytes(8, "big"),
        attempt.to_bytes(4, "big"),
    )
    return hashlib.sha256(b"".join(parts)).digest()


def parse_draft(data: bytes, about: str) -> Draft:
    """Read a draft.

    Raises:
        DraftBroken: it is not one, or not spelt as it was written.
    """
    try:
        draft = msgspec.convert(parse_canonical_json(data, about=about), Draft)
    except (IntegrityError, msgspec.ValidationError) as problem:
        raise DraftBroken(f"{about} is not a draft: {problem}", about=about) from problem
    if draft.format != DRAFT_FORMAT or draft.to_bytes() != data:
        raise DraftBroken(f"{about} is not a draft of format {DRAFT_FORMAT}", about=about)
    return draft


def path_of(drafts: Path, commission: int) -> Path:
    """Return where the draft of a commission lies until it is published."""
    return drafts / f"journal-{commission}.json"


@contextmanager
def writing_in(drafts: Path) -> Iterator[None]:
    """Hold the right to write in this home, so that nobody takes an attempt under way for broken.

    Raises:
        WritingNow: another process holds it.
    """
    drafts.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = os.open(drafts, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WritingNow(
                "another process lets a model write in this home now; wait until it ends, "
                "then run it again"
            ) from None
        yield
    finally:
        os.close(folder)


def put_aside(path: Path, data: bytes) -> None:
    """Write a draft into the home, readable by its owner; it is durable when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_suffix(".part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    beside.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def draft_at(path: Path, digest: Digest) -> Draft:
    """Read a draft that lies in the home, and see that it is the one of the entry.

    Raises:
        DraftBroken: it is gone, or another.
    """
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise DraftBroken(
            f"expected the draft {path.name} in this home's drafts, found none; "
            "bring it back with 'emeritus backup --restore FILE'",
            about=path.name,
        ) from problem
    if sha256(data) != digest:
        raise DraftBroken(
            f"the draft {path.name} is not the one that the ledger speaks of; it was changed",
            about=path.name,
        )
    return parse_draft(data, path.name)
