"""A conversation in the terminal, and files that are checked one by one."""

import subprocess
from pathlib import Path

import pytest

from emeritus.assembly.demonstration import MODEL_NAME
from emeritus.conversation import hold, seal, seed_of
from emeritus.foundation import sha256
from emeritus.testing import ScriptedEngine
from emeritus.vault import get_object
from tests.conversation.rooms import house_with_model, room
from tests.journeys.houses import NAME, command, emeritus


def _transcript(tmp_path: Path) -> bytes:
    house = house_with_model(tmp_path)
    place = room(house, tmp_path, ScriptedEngine(script={"Well?\n<|assistant|>\n": "Well."}))
    with hold(place, NAME, "a try", "Hello.") as talk:
        talk.ask("Well?", id="q", most_tokens=20, seed=seed_of("x"))
        with house.record.act("steward") as act:
            digest = seal(act, talk)
    return get_object(house.store, digest)


def test_a_transcript_is_checked_by_itself(tmp_path: Path) -> None:
    data = _transcript(tmp_path)
    file = tmp_path / "talk.jsonl"
    file.write_bytes(data)
    done = emeritus("verify", file, home=tmp_path / "none")
    assert done.returncode == 0, done.stderr
    assert "Whole: 2 lines" in done.stdout
    assert str(sha256(data)) in done.stdout
    file.write_bytes(data.replace(b'"Well?"', b'"Bell?"'))
    done = emeritus("verify", file, home=tmp_path / "none")
    assert (done.returncode, done.stdout) == (6, "")


def test_another_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"\x00\xff")
    done = emeritus("verify", file, home=tmp_path / "none")
    assert done.returncode == 2
    assert "found another file" in done.stderr


@pytest.mark.timeout(120)
def test_a_conversation_with_the_real_model(real_gguf: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for arguments in (
        ("init", "--policy", "demonstration"),
        ("deposit", str(real_gguf), MODEL_NAME),
    ):
        assert emeritus(*arguments, home=home).returncode == 0
    done = subprocess.run(
        [*command("chat", MODEL_NAME, "--most-tokens", "12", "--home", str(home))],
        input="Good evening.\n\n/quit\n",
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "Nothing of it is kept" in done.stderr
