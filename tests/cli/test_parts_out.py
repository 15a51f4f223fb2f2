"""restore and show in parts, as commands."""

import json
import subprocess
from pathlib import Path

import pytest

from emeritus.testing.weights import SAFETENSORS_TENSORS, tiny_safetensors
from tests.journeys.houses import command, deposit, found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    (folder / "in").mkdir()
    (folder / "in/m.safetensors").write_bytes(tiny_safetensors())
    (folder / "in/config.json").write_bytes(b"{}")
    house = found(folder / "home")
    deposit(house, folder / "in", "small")
    return folder / "home"


def run(home: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*command(*words, "--home", str(home))], capture_output=True, check=False)


def test_a_tensor_and_a_file_come_out(home: Path, tmp_path: Path) -> None:
    tensor = SAFETENSORS_TENSORS[1]
    out = tmp_path / "t.bin"
    words = ("restore", "small", str(out), "--tensor", tensor.name)
    done = run(home, *words, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["element"], said["shape"], out.read_bytes()) == ("bf16", [2, 2], tensor.data)
    assert run(home, *words).returncode == 4
    assert list(tmp_path.iterdir()) == [out]
    streamed = run(home, "restore", "small", "-", "--tensor", tensor.name)
    assert streamed.stdout == tensor.data
    assert b"bf16, 2 x 2" in streamed.stderr
    whole = run(home, "restore", "small", "-", "--file", "m.safetensors")
    assert (whole.returncode, whole.stdout) == (0, tiny_safetensors())
    assert run(home, "restore", "small", "-").returncode == 2
    assert run(home, "restore", "small", "-", "--tensor", "head.weights").returncode == 3


def test_tensors_are_listed(home: Path) -> None:
    listed = json.loads(run(home, "show", "small", "--tensors", "--json").stdout)["tensors"]
    assert [one["name"] for one in listed] == [one.name for one in SAFETENSORS_TENSORS]
    text = run(home, "show", "small", "--tensors").stdout.decode()
    assert "head.weight" in text
    assert "m.safetensors" in text


def test_a_damaged_store_ends_with_status_6(home: Path) -> None:
    (pack,) = (home / "store/packs").iterdir()
    data = bytearray(pack.read_bytes())
    data[100] ^= 1
    pack.chmod(0o600)
    sound = pack.read_bytes()
    pack.write_bytes(bytes(data))
    try:
        done = [
            run(home, "restore", "small", "-", "--file", one)
            for one in ("m.safetensors", "config.json")
        ]
    finally:
        pack.write_bytes(sound)
    assert 6 in {one.returncode for one in done}
