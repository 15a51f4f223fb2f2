"""A store made by hand from the specification pages alone: no codec, no writer, no ledger of ours.

It is the independent check that the pages say enough: what this file writes, the stand-alone
reader must read.
"""

import base64
import hashlib
import json
import struct
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import blake3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from emeritus.vault.reader import reader_source, readme_text

ORIGIN = "log.example"
RAW, ZSTD, RUN = 0, 1, 2


def zstd_program(data: bytes) -> bytes:
    """Compress with the zstd program, which writes single-segment frames when told the size."""
    arguments = ["zstd", "-cq", "--no-check", f"--stream-size={len(data)}"]
    return subprocess.run(arguments, input=data, capture_output=True, check=True).stdout


def piece(
    data: bytes, widths: Sequence[int], *, rotated: bool = False, codings: Sequence[int] = ()
) -> bytes:
    size = sum(widths)
    count = len(data) // size
    numbers = [int.from_bytes(data[i * size : i * size + size], "little") for i in range(count)]
    bits = 8 * size
    if rotated:
        numbers = [(n << 1 | n >> (bits - 1)) & ((1 << bits) - 1) for n in numbers]
    elements = [n.to_bytes(size, "little") for n in numbers]
    planes, offset = [], 0
    for width in widths:
        planes.append((width, b"".join(e[offset : offset + width] for e in elements)))
        offset += width
    if len(data) % size:
        planes.append((0, data[count * size :]))
    codings = codings or [RAW] * len(planes)
    records, body = b"", b""
    for (width, plane), coding in zip(planes, codings, strict=True):
        stored = {RAW: plane, RUN: plane[:1]}.get(coding)
        stored = zstd_program(plane) if stored is None else stored
        records += struct.pack("<HBBI", width, coding, 0, len(stored))
        body += stored
    head = struct.pack(
        "<4sBBHQ32s32s",
        b"EMPC",
        1,
        int(rotated),
        len(planes),
        len(data),
        blake3.blake3(data).digest(),
        bytes(32),
    )
    return head + records + body


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def mth(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\x01" + mth(hashes[:split]) + mth(hashes[split:])).digest()


@dataclass
class HandmadeStore:
    """Writes the files of a store; `entries` grows and `sign` writes the log."""

    root: Path
    entries: list[bytes]
    key: Ed25519PrivateKey

    @classmethod
    def begin(cls, root: Path) -> "HandmadeStore":
        made = cls(root, [], Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
        files = {
            "store.json": canonical({"format": "emeritus-store/1", "origin": ORIGIN}),
            "README.txt": readme_text(ORIGIN).encode(),
            "read_emeritus.py": reader_source(),
            "specs/encoded-piece.md": b"# Encoded piece\n",
            "keys/ledger.vkey": made.vkey.encode() + b"\n",
            "keys/oms.pem": b"-----BEGIN PUBLIC KEY-----\n",
        }
        for name, data in files.items():
            made.write(name, data)
        body = {
            "origin": ORIGIN,
            "vkey": made.vkey,
            "oms_key": files["keys/oms.pem"].decode(),
            "files": {name: f"sha256:{sha(data)}" for name, data in files.items()},
        }
        made.enter("record.opened", body)
        return made

    @property
    def public(self) -> bytes:
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return b"\x01" + raw

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(ORIGIN.encode() + b"\n" + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{ORIGIN}+{self.key_id.hex()}+{base64.b64encode(self.public).decode()}"

    def write(self, name: str, data: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def put(self, data: bytes) -> str:
        digest = sha(data)
        self.write(f"objects/{digest[:2]}/{digest}", data)
        return f"sha256:{digest}"

    def enter(self, kind: str, body: dict[str, Any]) -> None:
        entry = {"v": 1, "type": kind, "at": "2026-11-23T18:02:00Z", "actor": "steward"}
        self.entries.append(canonical({**entry, "subject": [], "body": body}))

    def pack(self, pieces: Sequence[bytes]) -> str:
        data, rows = b"EMPACK\x00\x01", []
        for one in pieces:
            rows.append([one[16:48].hex(), len(data), len(one)])
            data += one
        index = canonical({"pieces": rows})
        data += index + struct.pack("<Q8s", len(index), b"EMPACKIX")
        self.write(f"packs/{sha(data)}.pack", data)
        return f"sha256:{sha(data)}"

    def deposit(self, model: str, files: Mapping[str, Sequence[tuple[bytes, bytes]]]) -> None:
        """Deposit files, each a list of (decoded, encoded) pieces."""
        listed, digests = [], b""
        for path in sorted(files, key=str.encode):
            whole = b"".join(decoded for decoded, _ in files[path])
            digests += hashlib.sha256(whole).digest()
            pieces = [[coded[16:48].hex(), len(decoded)] for decoded, coded in files[path]]
            facts = {"path": path, "bytes": len(whole), "sha256": sha(whole), "format": "opaque"}
            listed.append({**facts, "pieces": pieces})
        identity = f"sha256:{sha(digests)}"
        manifest = {"format": "emeritus-package/1", "identity": identity, "files": listed}
        unique = {coded[16:48]: coded for pieces_ in files.values() for _, coded in pieces_}
        digest = self.pack(list(unique.values()))
        body = {
            "model": model,
            "identity": identity,
            "manifest": self.put(canonical(manifest)),
            "signature": self.put(f"signature of {model}".encode()),
            "packs": 1,
            "raw_bytes": 1,
            "stored_bytes": 1,
            "files": len(files),
            "format": "opaque",
        }
        self.enter("custody.packed", {"packs": [{"digest": digest, "bytes": 1}]})
        self.enter("custody.deposited", body)

    def sign(self) -> None:
        hashes = [leaf(entry) for entry in self.entries]
        for start in range(0, len(hashes), 256):
            part = self.entries[start : start + 256]
            suffix = "" if len(part) == 256 else f".p/{len(part)}"
            bundle = b"".join(struct.pack(">H", len(entry)) + entry for entry in part)
            self.write(f"log/tile/entries/{start // 256:03d}{suffix}", bundle)
            self.write(
                f"log/tile/0/{start // 256:03d}{suffix}", b"".join(hashes[start : start + 256])
            )
        above = [mth(hashes[at : at + 256]) for at in range(0, len(hashes) // 256 * 256, 256)]
        if above:
            self.write(f"log/tile/1/000.p/{len(above)}", b"".join(above))
        root = base64.b64encode(mth(hashes)).decode()
        text = f"{ORIGIN}\n{len(hashes)}\n{root}\n"
        signature = base64.b64encode(self.key_id + self.key.sign(text.encode())).decode()
        self.write("log/checkpoint", f"{text}\n— {ORIGIN} {signature}\n".encode())
