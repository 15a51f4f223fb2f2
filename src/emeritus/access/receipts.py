"""Receipts: a signed line that says which model answered what (`docs/specs/receipt.md`)."""

import dataclasses
import re
from dataclasses import dataclass

from emeritus.access.errors import ReceiptInvalid
from emeritus.foundation import Digest, UserError, parse_timestamp
from emeritus.ledger import NoteSigner, NoteVerifier

RECEIPT_FORMAT = "emeritus-receipt/1"
"""The first line; a ledger's name is never this, so that no receipt can pass for a checkpoint."""

_LINE = re.compile(r"[a-z-]+ [^\n]{1,300}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a house says of one answer that it gave.

    Attributes:
        model: its name.
        weights: its identity.
        request: SHA-256 of the request's body as it came.
        answer: SHA-256 of the answer's text in UTF-8.
        prompt_tokens: of the prompt.
        answer_tokens: of the answer.
        finish: `end`, `stop` or `length`.
        engine: name and version.
        at: when the answer ended, RFC 3339.
        ledger: size and root (hex) of the record's tree at that moment.
    """

    model: str
    weights: str
    request: str
    answer: str
    prompt_tokens: str
    answer_tokens: str
    finish: str
    engine: str
    at: str
    ledger: str

    def text(self) -> str:
        """Return the text that is signed: a line for each attribute, in this order."""
        said = dataclasses.asdict(self)
        lines = [f"{name.replace('_', '-')} {value}" for name, value in said.items()]
        return "\n".join((RECEIPT_FORMAT, *lines, ""))


def sign_receipt(receipt: Receipt, signer: NoteSigner) -> bytes:
    """Return a receipt as a signed note (C2SP)."""
    return signer.sign(receipt.text())


def is_receipt(data: bytes) -> bool:
    """Tell whether bytes call themselves a receipt."""
    return data.startswith(b"emeritus-receipt/")


def read_receipt(note: bytes, vkey: str) -> Receipt:
    """Return a receipt that the holder of a key signed.

    Raises:
        KeyUnusable: the key is not one.
        NoteInvalid: the note was changed, or somebody else signed it.
        ReceiptInvalid: what was signed is no receipt of a known format.
    """
    text = NoteVerifier.parse(vkey).verify(note)
    first, *lines = text.removesuffix("\n").split("\n")
    if first != RECEIPT_FORMAT:
        raise ReceiptInvalid(f"expected a receipt in format {RECEIPT_FORMAT}, found {first[:60]!r}")
    names = [one.name for one in dataclasses.fields(Receipt)]
    found = [line.partition(" ") for line in lines if _LINE.fullmatch(line)]
    if [name.replace("-", "_") for name, _, _ in found] != names or len(found) != len(lines):
        raise ReceiptInvalid(f"expected the lines {', '.join(names)}, found others")
    receipt = Receipt(*(value for _, _, value in found))
    try:
        for digest in (receipt.weights, receipt.request, receipt.answer):
            Digest.parse(digest)
        parse_timestamp(receipt.at)
    except UserError as problem:
        raise ReceiptInvalid(f"the receipt cannot be read: {problem.message}") from problem
    return receipt
