"""A transcript's lines, as they are written (`docs/specs/transcript.md`)."""

from typing import Literal

import msgspec

from emeritus.foundation import canonical_json, sha256

TRANSCRIPT_FORMAT = "emeritus-transcript/1"

Speaker = Literal["emeritus", "model"]


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line: who speaks with whom, why, with what.

    Attributes:
        model: the model's name.
        identity: OMS root digest of its files, `sha256:<hex>`.
        purpose: such as `interview`, `told back`.
        opening: what the model reads first, in Emeritus's words.
        briefing: what it then reads of its own record.
        protocol: digest of the protocol, empty when there is none.
        engine: name and version; `engine_files` is the SHA-256 (hex) of its installed files.
        context_tokens: size of the model's context.
        window_tokens: at most so many tokens of question and answer are before the model.
        threads: computing threads; results depend on it.
        mode: see `runtime.Mode`.
        sampler: `runtime.SAMPLER`.
        at: when it began.
        salt: 32 random bytes, hex, where the digest must tell nothing of the words; else empty.
    """

    model: str
    identity: str
    purpose: str
    opening: str
    briefing: str
    protocol: str
    engine: str
    engine_files: str
    context_tokens: int
    window_tokens: int
    threads: int
    mode: str
    sampler: str
    at: str
    salt: str = ""
    format: str = TRANSCRIPT_FORMAT

    def to_bytes(self) -> bytes:
        """Write it as canonical JSON, without the line feed."""
        return canonical_json(msgspec.to_builtins(self))

    @property
    def digest(self) -> str:
        """What the first line after it names."""
        return str(sha256(self.to_bytes()))


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the model's line came to be; enough to write it again.

    Attributes:
        prompt: SHA-256 (hex) over the prompt's token ids, as canonical JSON.
        prompt_tokens: how many there were.
        omitted: how many of the oldest exchanges did not fit and were not before the model.
        seed: key of the noise, 64 hex digits.
        temperature: a decimal string.
        most_tokens: the limit.
        tokens: every token of the answer, the one that ends it among them.
        finish: `end`, or `length` when the limit cut it.
        utf8: False when its bytes were no UTF-8; then `text` has U+FFFD in their place.
    """

    prompt: str
    prompt_tokens: int
    omitted: int
    seed: str
    temperature: str
    most_tokens: int
    tokens: tuple[int, ...]
    finish: Literal["end", "length"]
    utf8: bool


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing said.

    Attributes:
        seq: its number, from 1.
        prev: digest of the line before it; of the header for the first.
        at: when.
        speaker: who.
        kind: `statement`, `question`, `answer`, or `choice` (put in both orders, and not shown
            to the model again).
        id: what it belongs to; an answer has its question's.
        text: the words, unchanged.
        written: how an answer was written; None for what Emeritus says.
    """

    seq: int
    prev: str
    at: str
    speaker: Speaker
    kind: str
    id: str
    text: str
    written: Written | None = None

    def to_bytes(self) -> bytes:
        """Write it as canonical JSON, without the line feed."""
        return canonical_json(msgspec.to_builtins(self))

    @property
    def digest(self) -> str:
        """Name these bytes: `sha256:<hex>`."""
        return str(sha256(self.to_bytes()))
