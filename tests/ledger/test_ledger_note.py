import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emeritus.ledger import (
    Checkpoint,
    KeyUnusable,
    NoteInvalid,
    NoteSigner,
    NoteVerifier,
    TextUnsignable,
)

# The example of C2SP signed-note's model, golang.org/x/mod/sumdb/note.
PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER_PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_NOTE = (
    PETER_TEXT + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ"
    "SNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()

SIGNER = NoteSigner("example.org/log", bytes(range(32)))
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n")).map(
    lambda text: text + "\n"
)


def test_the_published_example() -> None:
    signer = NoteSigner.from_text(PETER_SECRET)
    assert signer.to_text() == PETER_SECRET
    assert signer.verifier.vkey == PETER_PUBLIC
    assert signer.sign(PETER_TEXT) == PETER_NOTE
    assert NoteVerifier.parse(PETER_PUBLIC).verify(PETER_NOTE) == PETER_TEXT


@given(TEXTS)
def test_what_is_signed_is_verified(text: str) -> None:
    assert SIGNER.verifier.verify(SIGNER.sign(text)) == text


def test_keys_round_trip_and_differ() -> None:
    one, two = NoteSigner.generate("a/b"), NoteSigner.generate("a/b")
    assert one.verifier != two.verifier
    assert NoteSigner.from_text(one.to_text()).verifier == one.verifier
    assert NoteVerifier.parse(one.verifier.vkey) == one.verifier
    with pytest.raises(NoteInvalid, match="found 0"):
        two.verifier.verify(one.sign("text\n"))


def test_a_signer_does_not_show_its_secret() -> None:
    secret = SIGNER.to_text().rpartition("+")[2]
    assert secret not in repr(SIGNER)
    assert secret not in str(vars(SIGNER))


@pytest.mark.parametrize("note", [SIGNER.sign("one line\n"), PETER_NOTE])
def test_every_flipped_bit_is_refused(note: bytes) -> None:
    verifier = NoteVerifier.parse(PETER_PUBLIC) if note == PETER_NOTE else SIGNER.verifier
    for bit in range(len(note) * 8):
        spoiled = bytearray(note)
        spoiled[bit // 8] ^= 1 << bit % 8
        with pytest.raises(NoteInvalid):
            verifier.verify(bytes(spoiled))


def test_every_cut_and_every_added_byte_is_refused() -> None:
    note = SIGNER.sign("one line\n")
    for length in range(len(note)):
        with pytest.raises(NoteInvalid):
            SIGNER.verifier.verify(note[:length])
    for more in (b"\n", b" ", b"x", b"\x00", b"\r\n"):
        with pytest.raises(NoteInvalid):
            SIGNER.verifier.verify(note + more)


def test_witnesses_may_sign_beside_and_are_not_judged() -> None:
    note = SIGNER.sign("text\n")
    witness = NoteSigner.generate("witness.example").sign("text\n").decode().split("\n")[2]
    assert SIGNER.verifier.verify(note + witness.encode() + b"\n") == "text\n"
    assert SIGNER.verifier.verify(b"text\n\n" + witness.encode() + b"\n" + note[6:]) == "text\n"
    longer = base64.b64encode(bytes(300)).decode()
    assert SIGNER.verifier.verify(note + f"— other {longer}\n".encode()) == "text\n"
    same_name = base64.b64encode(b"\xff" * 68).decode()
    assert SIGNER.verifier.verify(note + f"— example.org/log {same_name}\n".encode()) == "text\n"


@pytest.mark.parametrize(
    "line",
    [
        "- other AAAAAAA=",
        "— other",
        "— other AAAA",
        "— other AAAAAAB=",
        "—  other AAAAAAA=",
        "— other AAAAAAA= ",
        "— my+key AAAAAAA=",
        "— my\u2003key AAAAAAA=",
        "— other AAAA-AA=",
        "",
    ],
)
def test_a_line_that_is_no_signature_spoils_the_note(line: str) -> None:
    with pytest.raises(NoteInvalid):
        SIGNER.verifier.verify(SIGNER.sign("text\n") + f"{line}\n".encode())


def test_our_key_signs_exactly_once() -> None:
    note = SIGNER.sign("text\n")
    with pytest.raises(NoteInvalid, match="found 2"):
        SIGNER.verifier.verify(note + note[6:])


def test_no_more_than_a_hundred_signatures() -> None:
    note = SIGNER.sign("text\n")
    other = "— other AAAAAAA=\n".encode()
    assert SIGNER.verifier.verify(note + other * 99) == "text\n"
    with pytest.raises(NoteInvalid):
        SIGNER.verifier.verify(note + other * 100)


@pytest.mark.parametrize("length", [0, 1, 63, 65])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    signature = base64.b64encode(SIGNER.verifier.key_hash + bytes(length)).decode()
    with pytest.raises(NoteInvalid):
        SIGNER.verifier.verify(f"text\n\n— example.org/log {signature}\n".encode())


@pytest.mark.parametrize("text", ["", "no newline", "a\rb\n", "a\tb\n", "\ud800\n"])
def test_texts_that_cannot_be_signed(text: str) -> None:
    with pytest.raises(TextUnsignable):
        SIGNER.sign(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "\ud800"])
def test_names_that_no_key_has(name: str) -> None:
    with pytest.raises(KeyUnusable):
        NoteSigner.generate(name)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "PeterNeumann",
        PETER_PUBLIC.replace("c74f20a3", "c74f20a4"),
        PETER_PUBLIC.replace("c74f20a3", "C74F20A3"),
        PETER_PUBLIC.replace("PeterNeumann", "Peterneumann"),
        PETER_PUBLIC + "=",
        PETER_PUBLIC + "\n",
        PETER_PUBLIC.replace("+AR", "+BR"),
        PETER_PUBLIC[:-1] + "é",
    ],
)
def test_verifier_keys_that_are_refused(vkey: str) -> None:
    with pytest.raises(KeyUnusable):
        NoteVerifier.parse(vkey)


@pytest.mark.parametrize(
    "text", ["", "PRIVATE", PETER_PUBLIC, PETER_SECRET[:-1], PETER_SECRET.replace("c74f", "c74e")]
)
def test_signer_keys_that_are_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(KeyUnusable) as caught:
        NoteSigner.from_text(text)
    assert "AYEK" not in str(caught.value)


@given(st.integers(0, 10**18), st.binary(min_size=32, max_size=32))
def test_checkpoints_round_trip(size: int, root: bytes) -> None:
    checkpoint = Checkpoint("example.org/log", size, root)
    assert Checkpoint.parse(checkpoint.text()) == checkpoint


def test_the_checkpoint_of_the_specification() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = Checkpoint.parse(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.root.hex().startswith("0ac5186a9186")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n" + "A" * 43 + "=",
        "o\n01\n" + "A" * 43 + "=\n",
        "o\n-1\n" + "A" * 43 + "=\n",
        "o\n+1\n" + "A" * 43 + "=\n",
        "o\n\u0661\n" + "A" * 43 + "=\n",
        "o\n1\n" + "A" * 42 + "B=\n",
        "o\n1\n" + "A" * 42 + "==\n",
        "\n1\n" + "A" * 43 + "=\n",
        "o\n1\n" + "A" * 43 + "=\nextension\n",
        "o\n1\n" + "A" * 43 + "=\n\n",
    ],
)
def test_texts_that_are_no_checkpoint(text: str) -> None:
    with pytest.raises(NoteInvalid):
        Checkpoint.parse(text)
