"""Receipts of answers, from the request to `verify`."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from emeritus.access import ReceiptInvalid, read_receipt
from emeritus.cli.main import emeritus
from emeritus.foundation import IntegrityError, UserError, sha256
from emeritus.ledger import NoteInvalid, NoteSigner
from emeritus.testing import ScriptedEngine
from tests.api.calling import Calling, calling
from tests.journeys.houses import NAME

SCRIPT = {"Hello\n<|assistant|>\n": "Good day."}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calling]:
    with calling(tmp_path_factory.mktemp("receipts"), ScriptedEngine(script=SCRIPT)) as made:
        yield made


def _ask(served: Calling, path: str, *, stream: bool) -> tuple[bytes, str, bytes]:
    """Return the body that was sent, the receipt's address, and the answer's bytes."""
    said = {"model": NAME, "max_tokens": 64, "stream": stream}
    body = json.dumps({**said, "messages": [{"role": "user", "content": "Hello"}]}).encode()
    request = urllib.request.Request(
        served.url + path, body, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request) as answer:
        return body, answer.headers["Emeritus-Receipt"], answer.read()


def _receipt(served: Calling, address: str) -> bytes:
    with urllib.request.urlopen(served.url + address.lstrip("/")) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        data: bytes = answer.read()
        return data


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", ["v1/chat/completions", "v1/messages"])
def test_every_answer_has_a_receipt(served: Calling, path: str, *, stream: bool) -> None:
    body, address, _ = _ask(served, path, stream=stream)
    found = read_receipt(_receipt(served, address), served.house.vkey)
    assert found.model == NAME
    assert found.request == str(sha256(body))
    assert found.answer == str(sha256(b"Good day."))
    assert (found.answer_tokens, found.finish) == ("10", "end")
    assert int(found.ledger.split()[0]) > 0


def test_no_receipt_of_that_name(served: Calling) -> None:
    with pytest.raises(urllib.error.HTTPError) as problem:
        _receipt(served, "v1/receipts/chatcmpl-0")
    assert problem.value.code == 404
    assert "newest answers" in json.load(problem.value)["error"]["message"]


def _verify(*arguments: str) -> str:
    done = CliRunner().invoke(emeritus, ["verify", *arguments])
    if done.exception is not None:
        raise done.exception
    return done.output


def test_verify_says_what_a_receipt_shows(served: Calling, tmp_path: Path) -> None:
    body, address, _ = _ask(served, "v1/chat/completions", stream=False)
    receipt, asked, answered = (tmp_path / name for name in ("r.txt", "q.json", "a.txt"))
    receipt.write_bytes(_receipt(served, address))
    asked.write_bytes(body)
    answered.write_text("Good day.")
    key = ("--key", served.house.vkey)
    both = ("--against", str(asked), "--against", str(answered))
    said = _verify(str(receipt), *key, *both)
    assert "q.json is the request, to the byte." in said
    assert "a.txt is the answer, to the byte." in said
    assert "not shown" in said
    with pytest.raises(UserError, match="--key"):
        _verify(str(receipt))
    answered.write_text("Good night.")
    with pytest.raises(IntegrityError, match=r"a\.txt is neither"):
        _verify(str(receipt), *key, *both)
    with pytest.raises(NoteInvalid):
        _verify(str(receipt), "--key", NoteSigner.generate("other").verifier.vkey)
    receipt.write_bytes(receipt.read_bytes().replace(b"answer-tokens 10", b"answer-tokens 11"))
    with pytest.raises(NoteInvalid):
        _verify(str(receipt), *key)


def test_what_a_house_signed_that_is_no_receipt_is_refused() -> None:
    signer = NoteSigner.generate("house")
    for text in (
        "emeritus-receipt/2\nmodel tiny\n",
        "emeritus-receipt/1\nmodel tiny\n",
        "house\n3\nAAAA\n",
    ):
        with pytest.raises(ReceiptInvalid):
            read_receipt(signer.sign(text), signer.verifier.vkey)
