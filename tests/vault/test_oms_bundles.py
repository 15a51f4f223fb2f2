import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from emeritus.foundation import Digest, UserError, canonical_json, sha256
from emeritus.vault.errors import KeyUnusable, PathUnsafe, SignatureWrong
from emeritus.vault.oms import OmsSigner, SignedFile, root_digest, verify_bundle

GOLDEN = Path(__file__).parent.parent / "golden" / "oms"
SIGNER = OmsSigner.generate()
FILES = (
    SignedFile("a-b.bin", sha256(b"two")),
    SignedFile("a.txt", sha256(b"three")),
    SignedFile("a/b.bin", sha256(b"one")),
    SignedFile("config.json", sha256(b"{}")),
)
# No device of Windows begins with z, and no part that ends with one is a dot or two.
PATHS = st.from_regex(r"z[a-z0-9é.-]{0,7}z(/z[a-z0-9]{0,7}z){0,2}", fullmatch=True)


@given(st.dictionaries(PATHS, st.binary(max_size=8), min_size=1, max_size=8))
def test_what_was_signed_is_what_verifies(contents: dict[str, bytes]) -> None:
    files = [SignedFile(path, sha256(data)) for path, data in contents.items()]
    verified = verify_bundle(SIGNER.sign(files), SIGNER.public_pem)
    assert set(verified) == set(files)
    assert root_digest(verified) == root_digest(reversed(files))
    assert [file.path for file in verified] == sorted(contents, key=str.encode)


def test_a_signer_is_the_same_after_its_pem() -> None:
    again = OmsSigner.from_pem(SIGNER.to_pem())
    assert again.public_pem == SIGNER.public_pem
    assert again.sign(FILES) == SIGNER.sign(tuple(reversed(FILES)))


def test_the_root_digest_is_over_raw_digests_in_the_order_of_paths() -> None:
    assert root_digest(FILES) == sha256(b"".join(file.sha256.raw for file in FILES))


def test_a_bundle_by_the_real_program_verifies() -> None:
    bundle = (GOLDEN / "model.sig").read_bytes()
    assert verify_bundle(bundle, (GOLDEN / "public.pem").read_bytes()) == FILES


@pytest.mark.parametrize("whose", ["ours", "theirs"])
def test_every_flipped_bit_is_found(whose: str) -> None:
    bundle, key = SIGNER.sign(FILES), SIGNER.public_pem
    if whose == "theirs":
        bundle, key = (GOLDEN / "model.sig").read_bytes(), (GOLDEN / "public.pem").read_bytes()
    assert len(verify_bundle(bundle, key)) == 4
    for bit in range(len(bundle) * 8):
        damaged = bytearray(bundle)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureWrong):
            verify_bundle(bytes(damaged), key)


def test_every_shorter_or_longer_bundle_is_refused() -> None:
    bundle = SIGNER.sign(FILES[:1])
    for end in range(len(bundle)):
        with pytest.raises(SignatureWrong):
            verify_bundle(bundle[:end], SIGNER.public_pem)
    for more in (b" ", b"\n", b"\x00", bundle):
        with pytest.raises(SignatureWrong):
            verify_bundle(bundle + more, SIGNER.public_pem)


def test_another_key_did_not_sign_it() -> None:
    with pytest.raises(SignatureWrong, match="made by the key"):
        verify_bundle(SIGNER.sign(FILES), OmsSigner.generate().public_pem)


def test_a_borrowed_hint_does_not_help() -> None:
    value = json.loads(OmsSigner.generate().sign(FILES))
    own = json.loads(SIGNER.sign(FILES))
    value["verificationMaterial"] = own["verificationMaterial"]
    with pytest.raises(SignatureWrong, match="does not hold"):
        verify_bundle(canonical_json(value), SIGNER.public_pem)


def statement() -> dict[str, Any]:
    bundle = json.loads(SIGNER.sign(FILES))
    value: dict[str, Any] = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    return value


def bundle_over(payload: bytes) -> bytes:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415

    key = serialization.load_pem_private_key(SIGNER.to_pem().encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    kind = b"application/vnd.in-toto+json"
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    bundle = json.loads(SIGNER.sign(FILES))
    envelope = bundle["dsseEnvelope"]
    envelope["payload"] = base64.b64encode(payload).decode()
    signature = key.sign(signed, ec.ECDSA(hashes.SHA256()))
    envelope["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    return canonical_json(bundle)


def test_the_forger_of_this_test_can_make_a_bundle_that_verifies() -> None:
    payload = json.dumps(statement(), indent=1).encode()
    assert verify_bundle(bundle_over(payload), SIGNER.public_pem) == FILES


def test_unknown_fields_of_a_signed_statement_are_left_alone() -> None:
    value = statement()
    value["predicate"]["serialization"]["ignore_paths"] = [".git"]
    value["predicate"]["resources"][0]["annotations"] = {}
    payload = json.dumps(value).encode()
    assert verify_bundle(bundle_over(payload), SIGNER.public_pem) == FILES


def broken_statements() -> dict[str, Any]:
    cases: dict[str, Any] = {}
    for name in (
        "root", "order", "twice", "none", "kind", "predicate", "method", "hash", "path",
        "algorithm", "digest", "subjects", "shape", "serialization", "number",
    ):  # fmt: skip
        cases[name] = statement()
    resources = {name: case["predicate"]["resources"] for name, case in cases.items()}
    cases["root"]["subject"][0]["digest"]["sha256"] = "0" * 64
    resources["order"].reverse()
    resources["twice"].append(resources["twice"][-1])
    resources["none"].clear()
    cases["kind"]["_type"] = "https://in-toto.io/Statement/v0.1"
    cases["predicate"]["predicateType"] = "https://model_signing/Digests/v0.1"
    cases["method"]["predicate"]["serialization"]["method"] = "shards"
    cases["hash"]["predicate"]["serialization"]["hash_type"] = "blake3"
    resources["path"][0]["name"] = "../a-b.bin"
    resources["algorithm"][0]["algorithm"] = "blake3"
    resources["digest"][0]["digest"] = resources["digest"][0]["digest"].upper()
    cases["subjects"]["subject"] *= 2
    cases["shape"] = ["not", "an", "object"]
    cases["serialization"]["predicate"]["serialization"] = []
    resources["number"][0]["name"] = 7
    return cases


@pytest.mark.parametrize("name", broken_statements())
def test_a_good_signature_over_a_bad_statement_is_refused(name: str) -> None:
    payload = json.dumps(broken_statements()[name]).encode()
    with pytest.raises(SignatureWrong):
        verify_bundle(bundle_over(payload), SIGNER.public_pem)


def test_a_name_twice_in_a_signed_object_is_refused() -> None:
    payload = canonical_json(statement()).replace(b'{"_type"', b'{"_type":"x","_type"')
    with pytest.raises(SignatureWrong, match="twice"):
        verify_bundle(bundle_over(payload), SIGNER.public_pem)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(SignatureWrong):
        verify_bundle(b"[" * 100_000, SIGNER.public_pem)


@pytest.mark.parametrize("files", [(), (FILES[0], FILES[0])])
def test_nothing_and_twice_are_not_signed(files: tuple[SignedFile, ...]) -> None:
    with pytest.raises(UserError):
        SIGNER.sign(files)


def test_a_signed_file_has_a_safe_path_and_a_sha256() -> None:
    with pytest.raises(PathUnsafe):
        SignedFile("/etc/passwd", sha256(b""))
    with pytest.raises(UserError, match="SHA-256"):
        SignedFile("a", Digest("blake3", "0" * 64))


def test_keys_of_another_kind_are_refused() -> None:
    pem, public = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    wrong = [b"", b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"]
    wrong += [
        ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(pem, public),
        ec.generate_private_key(ec.SECP384R1()).public_key().public_bytes(pem, public),
    ]
    for key in wrong:
        with pytest.raises(KeyUnusable):
            verify_bundle(SIGNER.sign(FILES), key)
    private = serialization.PrivateFormat.PKCS8
    bare = serialization.NoEncryption()
    for text in (
        "",
        SIGNER.public_pem.decode(),
        ed25519.Ed25519PrivateKey.generate().private_bytes(pem, private, bare).decode(),
        ec.generate_private_key(ec.SECP521R1()).private_bytes(pem, private, bare).decode(),
    ):
        with pytest.raises(KeyUnusable):
            OmsSigner.from_pem(text)
