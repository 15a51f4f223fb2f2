"""Every reader of a format, with inputs that it takes, and ways to spoil them.

Where a checksum or a signature would hide the rest of a reader, it is made anew over what was
spoilt in some of the cases.
"""

import io
import json
import random
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import safetensors
from blake3 import blake3
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from emeritus.access.receipts import RECEIPT_FORMAT, Receipt, read_receipt, sign_receipt
from emeritus.conversation.lines import Header, Line, Received, Written
from emeritus.conversation.transcript import read_transcript
from emeritus.foundation import Digest, IntegrityError, UserError
from emeritus.foundation import sha256 as digest_of
from emeritus.ledger import Checkpoint, NoteSigner
from emeritus.ledger.tiles import Tile, decode_bundle, hashes_in
from emeritus.record.entry import Entry
from emeritus.testing import MemoryStore
from emeritus.testing.weights import tiny_gguf, tiny_safetensors
from emeritus.vault import NotInStore, OmsSigner, Package, PackagedFile, PieceRef, verify_bundle
from emeritus.vault.codec.piece_header import HEAD_BYTES, base_in
from emeritus.vault.codec.pieces import decode
from emeritus.vault.errors import Damaged
from emeritus.vault.formats.bounded import READERS
from emeritus.vault.formats.layout import Segment, covering
from emeritus.vault.formats.report import Refusal
from emeritus.vault.oms import SignedFile, _pre_authentication
from emeritus.vault.pack_index import read_pack_index
from emeritus.vault.packs import TRAILER, TRAILER_MAGIC
from emeritus.vault.parity.file import MAGIC, ParityFile, check_parity, digest, parity_name
from tests.fuzz.mutation import NASTY, shake, spoil, written

GOLDEN = Path(__file__).parents[1] / "golden"
SIGNER = NoteSigner("golden.example/log", bytes(range(32)))

Spoiled = Callable[[random.Random], bytes]


@dataclass(frozen=True)
class Reader:
    """A reader, and what it is given.

    Attributes:
        spoilt: makes a case.
        read: reads it; raises one of `refusals`, or checks what it read.
        whole: cases that must be read, so that nothing is refused for a wrong reason.
        refusals: what may come out of it.
    """

    spoilt: Spoiled
    read: Callable[[bytes], None]
    whole: list[bytes]
    refusals: tuple[type[Exception], ...] = (IntegrityError, UserError)


def readers() -> dict[str, Callable[[], Reader]]:
    """Return the makers of all readers by name."""
    return {
        "gguf": lambda: _weights(
            "gguf", [tiny_gguf(), tiny_gguf(metadata={"a": [["b"], []], "general.alignment": 8})]
        ),
        "safetensors": lambda: _weights(
            "safetensors", [tiny_safetensors(), tiny_safetensors(metadata={"format": "pt"})]
        ),
        "pack": _pack,
        "package": _package,
        "piece": _piece,
        "parity": _parity,
        "note": _note,
        "receipt": _receipt,
        "bundle of entries": _entries,
        "entry": _entry,
        "oms": _oms,
        "transcript": _transcript,
    }


def controls() -> dict[str, Callable[[], Reader]]:
    """Return readers with a fault each, which a campaign must show."""

    def hang(data: bytes) -> None:
        while data:
            pass

    def eat(data: bytes) -> None:
        bytearray((600 << 20) * bool(data))

    def stumble(data: bytes) -> None:
        int(data or b"0")

    def making(read: Callable[[bytes], None]) -> Callable[[], Reader]:
        return lambda: Reader(lambda _: b"x", read, [b""])

    return {"hangs": making(hang), "eats": making(eat), "stumbles": making(stumble)}


def _weights(name: str, seeds: list[bytes]) -> Reader:
    def read(data: bytes) -> None:
        report = READERS[name](io.BytesIO(data), len(data))
        if name == "safetensors":
            safetensors.deserialize(data)  # type: ignore[no-untyped-call] # It raises where the real library refuses.
        covering([Segment(*tensor) for tensor in report.tensors], len(data))

    return Reader(lambda rng: spoil(rng, rng.choice(seeds)), read, seeds[:1], (Refusal,))


def _pack() -> Reader:
    whole = bytes.fromhex(json.loads((GOLDEN / "vault/pack.json").read_text())["stored"])
    length, _ = TRAILER.unpack(whole[-TRAILER.size :])
    pieces = whole[: -TRAILER.size - length]
    index = json.loads(whole[len(pieces) : -TRAILER.size])

    def spoilt(rng: random.Random) -> bytes:
        if rng.random() < 0.4:
            return spoil(rng, whole)
        said = written(shake(rng, index)) if rng.random() < 0.5 else spoil(rng, written(index))
        length = rng.choice(NASTY) if rng.random() < 0.1 else len(said)
        return pieces + said + TRAILER.pack(length, TRAILER_MAGIC)

    def read(data: bytes) -> None:
        store = MemoryStore()
        store.files["packs/x.pack"] = data
        found = read_pack_index(store, "packs/x.pack")
        assert sum(one.length for one in found) < len(data)

    return Reader(spoilt, read, [whole])


def _package() -> Reader:
    pieces = (PieceRef("a" * 64, 1 << 20), PieceRef("b" * 64, 7))
    files = (
        PackagedFile("config/ü.json", 0, sha256(b"").hexdigest(), "opaque", ()),
        PackagedFile("model.gguf", (1 << 20) + 7, "c" * 64, "gguf", pieces),
    )
    whole = Package.of(files).to_bytes()
    value = json.loads(whole)

    def spoilt(rng: random.Random) -> bytes:
        if rng.random() < 0.5:
            return spoil(rng, whole)
        shaken = shake(rng, value)
        try:  # With an identity that fits, the rules behind it are reached.
            listed = msgspec.convert(shaken["files"], tuple[PackagedFile, ...])
            shaken["identity"] = Package.of(listed).identity
        except (msgspec.ValidationError, UserError, KeyError, TypeError, UnicodeEncodeError):
            pass
        return written(shaken)

    def read(data: bytes) -> None:
        assert Package.from_bytes(data).to_bytes() == data

    return Reader(spoilt, read, [whole])


def _piece() -> Reader:
    vectors = json.loads((GOLDEN / "vault/pieces.json").read_text())
    encoded = [bytes.fromhex(one["encoded"]) for one in vectors]
    whole = [one for one in encoded if len(one) < 20_000]
    based = [bytes.fromhex(one["base"]) for one in vectors if one.get("base")]
    bases = {Digest("blake3", blake3(one).hexdigest()): one for one in based}

    def base_of(piece: Digest) -> bytes:
        if piece not in bases:
            raise NotInStore("no such piece")
        return bases[piece]

    def spoilt(rng: random.Random) -> bytes:
        changed = bytearray(rng.choice(whole))
        if rng.random() < 0.5:
            return spoil(rng, bytes(changed))
        for _ in range(rng.randrange(1, 4)):  # Fields of the header and of plane records.
            at = rng.choice((4, 5, 6, 8, 80, 82, 84, 88, 90, 92, 96, 98, 100))
            width = rng.choice((1, 2, 4))
            number = rng.choice((*NASTY, len(changed), rng.randrange(64)))
            changed[at : at + width] = (number % 2 ** (8 * width)).to_bytes(width, "little")
        return bytes(changed)

    def read(data: bytes) -> None:
        base_in(data[:HEAD_BYTES])
        decode(data, bases=base_of)

    return Reader(spoilt, read, whole, (Damaged, NotInStore))


def _parity() -> Reader:
    facts = json.loads((GOLDEN / "vault/parity.json").read_text())
    pack = bytes.fromhex(facts["pack"])
    name = f"packs/{facts['sha256']}.pack"
    store = MemoryStore()
    store.files[name] = pack
    whole = next(
        bytes.fromhex(value)
        for value in facts.values()
        if isinstance(value, str) and value.startswith(MAGIC.hex())
    )
    (length,) = struct.unpack_from("<Q", whole, len(MAGIC))
    start = len(MAGIC) + 8
    head, behind = json.loads(whole[start : start + length]), whole[start + length + 8 :]

    def spoilt(rng: random.Random) -> bytes:
        if rng.random() < 0.5:
            changed = spoil(rng, whole)
        else:
            text = written(shake(rng, head))
            front = MAGIC + struct.pack("<Q", len(text)) + text + digest(text)
            changed = front + (behind if rng.random() < 0.5 else spoil(rng, behind))
        if rng.random() < 0.5:  # With a SHA-256 that fits.
            changed = changed[:-32] + sha256(changed[:-32]).digest()
        return changed

    def read(data: bytes) -> None:
        store.files[parity_name(name)] = data
        check_parity(store, name)
        found = ParityFile.load(store, name)
        assert found.head.pack == facts["sha256"]

    return Reader(spoilt, read, [whole], (Damaged,))


def _note() -> Reader:
    whole = (GOLDEN / "ledger/log/checkpoint").read_bytes()
    text = whole.decode().rpartition("\n\n")[0] + "\n"

    def read(data: bytes) -> None:
        found = Checkpoint.parse(SIGNER.verifier.verify(data))
        assert found.text().encode() in data

    return Reader(lambda rng: _signed(rng, whole, text), read, [whole], (IntegrityError,))


def _signed(rng: random.Random, whole: bytes, text: str) -> bytes:
    """Spoil a note; in one of eight cases its text, signed again."""
    if rng.random() < 0.875:
        return spoil(rng, whole)
    try:
        return SIGNER.sign(spoil(rng, text.encode()).decode())
    except (UnicodeDecodeError, UserError):
        return spoil(rng, whole)


def _receipt() -> Reader:
    name = f"sha256:{'0' * 64}"
    receipt = Receipt(
        *("tiny", name, name, name, "3", "4", "end", "scripted 1", "2026-11-25T20:00:00Z", "7 00")
    )
    whole = sign_receipt(receipt, SIGNER)
    key = SIGNER.verifier.vkey

    def read(data: bytes) -> None:
        assert RECEIPT_FORMAT in read_receipt(data, key).text()

    return Reader(lambda rng: _signed(rng, whole, receipt.text()), read, [whole])


def _entries() -> Reader:
    whole = (GOLDEN / "ledger/log/tile/entries/001.p/44").read_bytes()
    short = whole[: 2 + int.from_bytes(whole[:2])]

    def spoilt(rng: random.Random) -> bytes:
        names = ["tile/entries/000.p/1", "tile/0/x001/234", "tile/entries/001.p/44"]
        name = spoil(rng, rng.choice(names).encode()) if rng.random() < 0.3 else names[0].encode()
        return name + b"|" + spoil(rng, short * rng.choice((1, 1, 2)))

    def read(data: bytes) -> None:
        name, _, held = data.partition(b"|")
        Tile.parse(name.decode(errors="replace"))
        assert sum(map(len, hashes_in(held))) == len(held)
        for number, entry in enumerate(decode_bundle(held, Tile(None, 0, 1))):
            Entry.from_bytes(entry, number)

    return Reader(spoilt, read, [b"tile/entries/000.p/1|" + short], (IntegrityError, UserError))


def _entry() -> Reader:
    subject = [{"digest": f"sha256:{'0' * 64}", "name": "tiny"}]
    body = {"model": "tiny", "packs": 3, "skipped": ["a", "b"], "more": {"x": None}}
    value = {
        "v": 1,
        "type": "custody.deposited",
        "at": "2026-11-25T20:00:00Z",
        "actor": "steward",
        "subject": subject,
        "body": body,
    }
    whole = written(value)

    def spoilt(rng: random.Random) -> bytes:
        return spoil(rng, whole) if rng.random() < 0.5 else written(shake(rng, value))

    def read(data: bytes) -> None:
        assert Entry.from_bytes(data, 1).to_bytes() == data

    return Reader(spoilt, read, [whole])


def _oms() -> Reader:
    key = ec.generate_private_key(ec.SECP256R1())
    signer = OmsSigner(key)
    files = tuple(SignedFile(f"part-{one}.gguf", Digest("sha256", one * 64)) for one in "abc")
    whole = signer.sign(files)
    pem = signer.public_pem
    value = json.loads(whole)
    golden = (GOLDEN / "oms/model.sig").read_bytes()
    golden_pem = (GOLDEN / "oms/public.pem").read_bytes()
    statement = json.loads(b64decode(value["dsseEnvelope"]["payload"]))
    golden_hint = json.loads(golden)["verificationMaterial"]["publicKey"]["hint"].encode()

    def spoilt(rng: random.Random) -> bytes:
        chance = rng.random()
        if chance < 0.8:
            return spoil(rng, rng.choice((whole, whole, golden)))
        if chance < 0.95:
            return written(shake(rng, value))
        payload = written(shake(rng, statement))  # Signed again.
        return _enveloped(value, payload, key)

    def read(data: bytes) -> None:
        assert verify_bundle(data, golden_pem if golden_hint in data else pem)

    return Reader(spoilt, read, [whole, golden])


def _enveloped(value: Any, payload: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    signature = key.sign(_pre_authentication(payload), ec.ECDSA(hashes.SHA256()))
    envelope = {
        **value["dsseEnvelope"],
        "payload": b64encode(payload).decode(),
        "signatures": [{"keyid": "", "sig": b64encode(signature).decode()}],
    }
    return written({**value, "dsseEnvelope": envelope})


def _transcript() -> Reader:
    name = f"sha256:{'0' * 64}"
    header = Header(
        *("tiny", name, "interview", "You are asked.", "Your record.", "", "scripted", "0" * 64),
        *(64, 32, 1, "step", "s", "2026-11-25T20:00:00Z"),
    )
    made = Written("1" * 64, 9, 0, "2" * 64, "0.7", 64, (1, 2, 3), "end", utf8=True)
    got = Received("3" * 64, "4" * 64, "0.7", 64, "stop", "far", "id-1", 4, 5)
    lines = [
        ("emeritus", "question", "q1", "What would you like?", None, None),
        ("model", "answer", "q1", "To be read. ü", made, None),
        ("model", "answer", "q1", "Elsewhere.", None, got),
    ]
    rows = [json.loads(header.to_bytes())]
    before = header.digest
    for number, (speaker, kind, topic, text, how, received) in enumerate(lines, 1):
        line = msgspec.convert(
            {
                "seq": number,
                "prev": before,
                "at": "2026-11-25T20:00:01Z",
                "speaker": speaker,
                "kind": kind,
                "id": topic,
                "text": text,
                "written": msgspec.to_builtins(how),
                "received": msgspec.to_builtins(received),
            },
            Line,
        )
        rows.append(json.loads(line.to_bytes()))
        before = line.digest
    whole = _chained(rows)

    def spoilt(rng: random.Random) -> bytes:
        if rng.random() < 0.6:
            return spoil(rng, whole)
        changed = list(rows)
        at = rng.randrange(len(rows))
        changed[at] = shake(rng, rows[at])
        return _chained(changed)

    def read(data: bytes) -> None:
        assert read_transcript(data).to_bytes() == data

    return Reader(spoilt, read, [whole], (IntegrityError,))


def _chained(rows: list[Any]) -> bytes:
    """Write lines, each naming the digest of the one before."""
    out, before = [], ""
    for row in rows:
        follows = isinstance(row, dict) and "prev" in row and before
        out.append(written({**row, "prev": before} if follows else row))
        before = str(digest_of(out[-1]))
    return b"".join(one + b"\n" for one in out)
