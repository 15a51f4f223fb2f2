"""Signing a model's files the way OpenSSF Model Signing v1.0 does, and checking such signatures.

A bundle says: whoever holds this key vouches for these files and no others.
It is one JSON file: a Sigstore bundle v0.3 around a DSSE envelope around an in-toto Statement v1,
signed with ECDSA P-256; the `model_signing` command verifies it without us.

    >>> from emeritus.foundation import sha256
    >>> signer = OmsSigner.generate()
    >>> files = [SignedFile("config.json", sha256(b"{}"))]
    >>> verify_bundle(signer.sign(files), signer.public_pem) == tuple(files)
    True

Two spellings of a bundle are read, and each has exactly one form: RFC 8785, which is what is
written here, and the one of `model_signing` 1.1. So a flipped bit anywhere is found.
Files that Git uses, such as `.gitattributes`, are signed like all others; the command leaves them
out unless it is told `--no-ignore-git-paths`.

Sources: OMS specification 1.0, sections 4 to 8; DSSE v1.0 protocol; in-toto Statement v1;
Sigstore protobuf-specs `bundle/v1`; what `model_signing` 1.1.1 writes, read 23 Nov 2026.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final, NoReturn, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from emeritus.foundation import Digest, UserError, canonical_json, sha256_hex
from emeritus.vault.errors import KeyUnusable, SignatureWrong
from emeritus.vault.sources import safe_path

LONGEST_BUNDLE: Final = 64 * 2**20
"""Bytes; a bundle over 100,000 files has about 25 MB."""

_MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_PAYLOAD_TYPE = "application/vnd.in-toto+json"
_STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
_PREDICATE_TYPE = "https://model_signing/signature/v1.0"


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A file as a signature names it.

    Attributes:
        path: `/`-separated, relative to the model's folder; `safe_path` holds.
        sha256: of its bytes.

    Raises:
        UserError: the digest is of another algorithm.
        PathUnsafe: the path breaks the rule of `safe_path`.
    """

    path: str
    sha256: Digest

    def __post_init__(self) -> None:
        safe_path(self.path)
        if self.sha256.algorithm != "sha256":
            raise UserError(f"expected the SHA-256 of {self.path!r}, found {self.sha256}")


def root_digest(files: Iterable[SignedFile]) -> Digest:
    """Return the one digest that stands for all files: the identity of a model.

    SHA-256 over the 32 raw bytes of each file's SHA-256, in the order of the paths' UTF-8 bytes
    (OMS specification 1.0, section 6.5.1). Names are not part of it; the signature binds them.

    Raises:
        UserError: there are no files, or a path occurs twice.
    """
    return _digest_in_order(_in_order(files))


class OmsSigner:
    """Whoever vouches for the files of a model: an ECDSA P-256 key, used for nothing else."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> Self:
        """Make a new key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, text: str | bytes) -> Self:
        """Read a private key that `to_pem` wrote.

        Raises:
            KeyUnusable: it is no unencrypted P-256 private key in PEM.
        """
        data = text.encode() if isinstance(text, str) else text
        try:
            key = serialization.load_pem_private_key(data, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
            raise KeyUnusable(
                "expected a private key in PEM without a password, found something else"
            ) from problem
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise KeyUnusable("expected an ECDSA P-256 private key, found another kind of key")
        _check_curve(key.curve)
        return cls(key)

    def to_pem(self) -> str:
        """Return the private key, unencrypted (PKCS #8); keep it where nobody else reads."""
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    @property
    def public_pem(self) -> bytes:
        """The public key, which anybody may have."""
        return _public_pem(self._key.public_key())

    def sign(self, files: Sequence[SignedFile], *, name: str = "model") -> bytes:
        """Return a bundle over these files; the same files always give the same bytes (RFC 6979).

        Args:
            files: all files of the model, in any order.
            name: what to call the model in the statement; informative only.

        Raises:
            UserError: there are no files, or a path occurs twice.
        """
        payload = canonical_json(_statement(_in_order(files), name))
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        signature = self._key.sign(_pre_authentication(payload), algorithm)
        return canonical_json(_envelope(_hint(self.public_pem), payload, signature))


def verify_bundle(bundle: bytes, public_pem: bytes) -> tuple[SignedFile, ...]:
    """Return the files that the holder of a key vouched for, in the order of their paths.

    Args:
        bundle: what `sign`, or `model_signing sign key`, wrote.
        public_pem: the ECDSA P-256 public key that must have signed it.

    Raises:
        SignatureWrong: the bundle is spelled otherwise, made by another key, changed, or says
            something that is read here no further, such as hashes over parts of files.
        KeyUnusable: `public_pem` is no ECDSA P-256 public key.
    """
    key = _public_key(public_pem)
    payload, signature = _opened(bundle, _hint(_public_pem(key)))
    try:
        key.verify(signature, _pre_authentication(payload), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        _wrong("a signature by this key over these files", "one that does not hold")
    return _files(payload)


def _statement(files: tuple[SignedFile, ...], name: str) -> dict[str, Any]:
    return {
        "_type": _STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": _digest_in_order(files).hex}}],
        "predicateType": _PREDICATE_TYPE,
        "predicate": {
            "serialization": {
                "method": "files",
                "hash_type": "sha256",
                "allow_symlinks": False,
            },
            "resources": [
                {"name": file.path, "algorithm": "sha256", "digest": file.sha256.hex}
                for file in files
            ],
        },
    }


def _envelope(hint: str, payload: bytes, signature: bytes) -> dict[str, Any]:
    """Return a bundle's value, its keys in the order in which `model_signing` writes them."""
    return {
        "mediaType": _MEDIA_TYPE,
        "verificationMaterial": {"publicKey": {"hint": hint}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": _PAYLOAD_TYPE,
            "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
        },
    }


def _pre_authentication(payload: bytes) -> bytes:
    """Return what a DSSE signature is over (PAE, DSSE v1.0 protocol)."""
    return b"DSSEv1 %d %s %d %s" % (
        len(_PAYLOAD_TYPE),
        _PAYLOAD_TYPE.encode(),
        len(payload),
        payload,
    )


def _opened(bundle: bytes, hint: str) -> tuple[bytes, bytes]:
    """Return payload and signature of a bundle that is spelled in one of the two ways."""
    if len(bundle) > LONGEST_BUNDLE:
        _wrong(f"a bundle of at most {LONGEST_BUNDLE} bytes", f"one of {len(bundle)}")
    value = _parsed(bundle)
    try:
        envelope = value["dsseEnvelope"]
        payload = _decoded(envelope["payload"])
        signature = _decoded(envelope["signatures"][0]["sig"])
        found_hint = str(value["verificationMaterial"]["publicKey"]["hint"])
    except (KeyError, TypeError, IndexError, ValueError) as problem:
        raise SignatureWrong(
            "expected a Sigstore bundle v0.3 with one DSSE signature by a key, found another shape"
        ) from problem
    if found_hint != hint:
        _wrong(f"a bundle made by the key {hint[:10]}", f"one by {found_hint[:10]!r}")
    expected = _envelope(hint, payload, signature)
    compact = json.dumps(expected, separators=(",", ":"), ensure_ascii=False).encode()
    if bundle not in (canonical_json(expected), compact):
        _wrong("a bundle in one of its two spellings", "another spelling; it may be damaged")
    _check_signature_form(signature)
    return payload, signature


def _check_signature_form(signature: bytes) -> None:
    try:
        if encode_dss_signature(*decode_dss_signature(signature)) == signature:
            return
    except ValueError:
        pass
    _wrong("an ECDSA signature in DER", "other bytes")


def _files(payload: bytes) -> tuple[SignedFile, ...]:
    """Read a statement whose signature holds; fields that are not known here are left alone."""
    value = _parsed(payload)
    try:
        (subject,) = value["subject"]
        predicate = value["predicate"]
        _check_kind(value, predicate["serialization"])
        files = tuple(_file(resource) for resource in predicate["resources"])
        root = subject["digest"]["sha256"]
    except (KeyError, TypeError, ValueError, UserError) as problem:
        raise SignatureWrong(f"the signed statement is not one over files: {problem}") from problem
    ordered = tuple(sorted(files, key=_path))
    if len({file.path for file in files}) < len(files) or not files:
        _wrong("every file once in the signed statement", "none, or one of them twice")
    if files not in (ordered, tuple(sorted(files, key=_path_parts))):
        _wrong("files sorted by path in the signed statement", "another order")
    if root != _digest_in_order(files).hex:
        _wrong("the root digest of the files in the signed statement", "another digest")
    return ordered


def _check_kind(statement: dict[str, Any], serialization_: dict[str, Any]) -> None:
    for holder, key, expected in (
        (statement, "_type", _STATEMENT_TYPE),
        (statement, "predicateType", _PREDICATE_TYPE),
        (serialization_, "method", "files"),
        (serialization_, "hash_type", "sha256"),
    ):
        if holder[key] != expected:
            _wrong(f"{key} {expected!r} in the signed statement", repr(str(holder[key])[:60]))


def _file(resource: dict[str, Any]) -> SignedFile:
    path, digest = resource["name"], resource["digest"]
    if not isinstance(path, str) or not isinstance(digest, str):
        raise TypeError("a file's name or digest is no text")
    return SignedFile(path, Digest(resource["algorithm"], digest))


def _path(file: SignedFile) -> bytes:
    return file.path.encode()


def _path_parts(file: SignedFile) -> tuple[str, ...]:
    """Order as `model_signing` 1.1 does, part by part: it differs where `-` or `.` meets `/`."""
    return PurePosixPath(file.path).parts


def _in_order(files: Iterable[SignedFile]) -> tuple[SignedFile, ...]:
    ordered = tuple(sorted(files, key=_path))
    if not ordered:
        raise UserError("expected at least one file to sign, found none")
    if len({file.path for file in ordered}) < len(ordered):
        raise UserError("expected every path once among the files to sign, found one twice")
    return ordered


def _digest_in_order(files: Iterable[SignedFile]) -> Digest:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.sha256.raw)
    return Digest("sha256", digest.hexdigest())


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data.decode(), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as problem:
        raise SignatureWrong(
            f"expected a bundle of JSON, found that it is not: {problem}"
        ) from problem
    if not isinstance(value, dict):
        _wrong("a JSON object", "another value")
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a name occurs twice in one object")
    return value


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _public_key(pem: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise KeyUnusable("expected a public key in PEM, found something else") from problem
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise KeyUnusable("expected an ECDSA P-256 public key, found another kind of key")
    _check_curve(key.curve)
    return key


def _check_curve(curve: ec.EllipticCurve) -> None:
    if not isinstance(curve, ec.SECP256R1):
        raise KeyUnusable(f"expected an ECDSA key on P-256, found one on {curve.name}")


def _public_pem(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _hint(public_pem: bytes) -> str:
    """Return the name by which a bundle calls its key: the SHA-256 of the PEM text."""
    return sha256_hex(public_pem)


def _wrong(expected: str, found: str) -> NoReturn:
    raise SignatureWrong(f"expected {expected}, found {found}")
