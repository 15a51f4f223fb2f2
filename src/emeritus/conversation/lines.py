"""A transcript's lines, as they are written (`docs/specs/transcript.md`)."""

from typing import Literal

import msgspec

from emeritus.foundation import canonical_json, sha256

TRANSCRIPT_FORMAT = "emeritus-transcript/2"

FORMATS = frozenset({"emeritus-transcript/1", TRANSCRIPT_FORMAT})
"""What is read. The second knows interviewers, and answers that came from a server."""

Speaker = Literal["emeritus", "interviewer", "model"]

SERVED = "served"
"""The mode of a conversation with a model that another party runs."""


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
            Of a model that another party runs: dialect, id there and address; no files.
        context_tokens: size of the model's context; 0 where its server keeps that to itself.
        window_tokens: at most so many tokens of question and answer are before the model; 0 for
            all that was said.
        threads: computing threads; results depend on it.
        mode: see `runtime.Mode`; `served` for a model that another party runs.
        sampler: `runtime.SAMPLER`; the dialect for a model that another party runs.
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


class Received(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an answer came from a server that another party runs; it cannot be written again.

    Attributes:
        request: SHA-256 (hex) of the request as it was sent; `runtime.request_body` makes the
            same bytes of the lines before this one.
        seed: 32 bytes, hex, of which the request has four where the dialect knows a seed.
        temperature: a decimal string.
        most_tokens: the limit.
        finish: `end`, `length` when the limit cut it, else the server's own word.
        model: the id that the server gave the model.
        id: the server's name for this answer.
        prompt_tokens: as the server counted; 0 when it did not say.
        answer_tokens: the same.
    """

    request: str
    seed: str
    temperature: str
    most_tokens: int
    finish: str
    model: str
    id: str
    prompt_tokens: int
    answer_tokens: int


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing said.

    Attributes:
        seq: its number, from 1.
        prev: digest of the line before it; of the header for the first.
        at: when.
        speaker: who; an `interviewer` is a person who asks beyond the protocol.
        kind: `statement`, `question`, `answer`, or `choice` (put in both orders, and not shown
            to the model again).
        id: what it belongs to; an answer has its question's.
        text: the words, unchanged.
        written: how an answer was written; None for what Emeritus says.
        received: how it came from a server instead; left out of the bytes when None.
    """

    seq: int
    prev: str
    at: str
    speaker: Speaker
    kind: str
    id: str
    text: str
    written: Written | None = None
    received: Received | None = None

    @property
    def cut_at(self) -> int | None:
        """The limit in tokens that cut an answer, None when none did."""
        made = self.written or self.received
        return made.most_tokens if made is not None and made.finish == "length" else None

    def to_bytes(self) -> bytes:
        """Write it as canonical JSON, without the line feed."""
        said = msgspec.to_builtins(self)
        if self.received is None:
            del said["received"]
        return canonical_json(said)

    @property
    def digest(self) -> str:
        """Name these bytes: `sha256:<hex>`."""
        return str(sha256(self.to_bytes()))
