"""Bad input gets one clear sentence and a documented exit status, and leaves nothing behind."""

import json
import pickle  # noqa: TID251 - a test makes one, to see that it is never opened
import shutil
import socket
from pathlib import Path

import pytest

from emeritus.cli.main import main
from emeritus.testing.weights import tiny_gguf, tiny_safetensors
from tests.journeys.houses import deposit, emeritus, found, tiny_model, verify


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    house = found(folder / "home")
    deposit(house, tiny_model(folder / "source"))
    return folder


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "home", tmp_path / "home"))


def refused(home: Path, *arguments: str | Path) -> tuple[int, str]:
    done = emeritus(*arguments, home=home)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    sentences = [line for line in done.stderr.splitlines() if line.startswith("emeritus: ")]
    assert len(sentences) == 1, done.stderr
    return done.returncode, sentences[0]


def unchanged(home: Path) -> None:
    result = verify(home / "store")
    assert result.is_whole
    assert result.models == ["tiny"]


class _Trap:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (open, (self.path, "w"))


@pytest.mark.parametrize("group", ["sealing", "stores", "interchange", "journal"])
def test_the_help_of_a_group_cuts_no_sentence(
    group: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main([group, "--help"])
    lines = capsys.readouterr().out.splitlines()[1:]
    assert len(lines) > 8
    assert not [line for line in lines if line.endswith("...")]


def test_a_name_that_exists(home: Path, made: Path) -> None:
    status, said = refused(home, "deposit", made / "source" / "tiny.gguf", "tiny")
    assert status == 4
    assert "another name" in said
    unchanged(home)


def test_a_name_that_cannot_be(home: Path, made: Path) -> None:
    status, said = refused(home, "deposit", made / "source" / "tiny.gguf", "My Model!")
    assert status == 2
    assert "'my-model'" in said


def test_a_file_that_is_not_there(home: Path) -> None:
    status, said = refused(home, "deposit", home / "absent.gguf", "other")
    assert status in {2, 3}
    assert "absent.gguf" in said


def test_an_unknown_format_is_refused_and_kept_when_asked(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "weights.bin"
    file.write_bytes(b"nobody knows this format" * 100)
    status, said = refused(home, "deposit", file, "other")
    assert status == 2
    assert "GGUF or safetensors" in said
    assert "--opaque" in said
    unchanged(home)
    done = emeritus("deposit", file, "other", "--opaque", home=home)
    assert done.returncode == 0, done.stderr


def test_a_pickle_is_refused_and_never_opened(home: Path, tmp_path: Path) -> None:
    file, trap = tmp_path / "model.pt", tmp_path / "opened"
    file.write_bytes(pickle.dumps(_Trap(str(trap))))
    status, said = refused(home, "deposit", file, "other")
    assert status == 2
    assert "pickle" in said
    done = emeritus("deposit", file, "other", "--opaque", home=home)
    assert done.returncode == 0, done.stderr
    assert not trap.exists()


@pytest.mark.parametrize("keep", [3, 23, 60, 200, -40])
def test_a_truncated_gguf(home: Path, tmp_path: Path, keep: int) -> None:
    file = tmp_path / "cut.gguf"
    file.write_bytes(tiny_gguf()[:keep])
    status, said = refused(home, "deposit", file, "other")
    assert status == 2
    assert "cut.gguf" in said or "no format" in said
    unchanged(home)


def test_a_corrupted_safetensors(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(tiny_safetensors() + b"trailing")
    status, said = refused(home, "deposit", file, "other")
    assert status == 2
    assert "model.safetensors" in said
    unchanged(home)


def test_an_empty_folder(home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    status, _ = refused(home, "deposit", tmp_path / "empty", "other")
    assert status == 2


def test_a_wrong_home(tmp_path: Path) -> None:
    status, said = refused(tmp_path, "models")
    assert status == 8
    assert "emeritus init" in said


def test_a_home_that_exists(home: Path) -> None:
    status, said = refused(home, "init")
    assert status == 4
    assert "already" in said
    unchanged(home)


def test_a_newer_store(home: Path) -> None:
    (home / "store" / "store.json").write_bytes(b'{"format":"emeritus-store/2","origin":"x"}')
    for arguments in (("models",), ("deposit", home / "store" / "store.json", "other")):
        status, said = refused(home, *arguments)
        assert status == 6
        assert "newer Emeritus" in said


def test_a_model_that_is_not_here_says_what_comes_near(home: Path) -> None:
    status, said = refused(home, "show", "tinny")
    assert status == 3
    assert "tiny" in said


def test_settings_that_cannot_be_used(home: Path) -> None:
    (home / "emeritus.toml").write_text("colour = 'blue'\n")
    status, said = refused(home, "models")
    assert status == 8
    assert "known settings" in said


def test_a_port_in_use(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, said = refused(home, "serve", "--port", str(port))
    assert status == 7
    assert str(port) in said


def test_an_address_beyond_this_machine(home: Path) -> None:
    status, said = refused(home, "serve", "--host", "0.0.0.0", "--port", "0")
    assert status == 5
    assert "this machine" in said


def test_no_network_for_the_model(tmp_path: Path) -> None:
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": "/dev/null"}
    done = emeritus("demo", "--no-serve", home=tmp_path / "home", env=env)
    assert done.returncode == 7
    assert "could not be fetched" in done.stderr
    assert "--model PATH" in done.stderr


def test_an_error_is_json_too(home: Path) -> None:
    done = emeritus("show", "absent", "--json", home=home)
    error = json.loads(done.stderr.splitlines()[-1])["error"]
    assert error["code"] == "catalogue.no_such_model"


def test_a_place_that_cannot_be_written(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    status, said = refused(home, "restore", "tiny", tmp_path / "file" / "out")
    assert status == 7
    assert "name another folder" in said
    status, said = refused(home, "init", "--home", tmp_path / "file" / "home")
    assert status in {7, 8}
    assert str(tmp_path / "file") in said


def test_a_backup_where_nothing_may_be_written(home: Path) -> None:
    status, said = refused(home, "backup", "/proc/nowhere/keys.tar")
    assert status == 7
    assert "/proc/nowhere" in said


def test_a_restore_where_nothing_may_be_written(home: Path) -> None:
    status, said = refused(home, "restore", "tiny", "/proc/nowhere")
    assert status == 7
    assert "/proc" in said


def test_a_port_in_use_ends_the_demonstration_before_its_work(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, said = refused(tmp_path / "home", "demo", "--port", str(port))
    assert status == 7
    assert str(port) in said
    assert not (tmp_path / "home").exists()


def test_a_model_that_no_engine_loads_is_not_called_damaged(tmp_path: Path) -> None:
    source = tmp_path / "Tiny Model.gguf"
    source.write_bytes(tiny_gguf())
    done = emeritus("demo", "--no-serve", "--model", source, home=tmp_path / "home")
    assert done.returncode == 6
    assert "Tiny Model.gguf' tiny-model" in done.stdout
    assert "the drill of tiny-model failed" in done.stderr
    assert "not what was deposited" not in done.stderr


def test_a_place_that_the_system_refuses(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    status, said = refused(tmp_path / "file" / "home", "init")
    assert status in {2, 7, 8}
    assert "file" in said


def test_a_file_that_is_no_backup_is_one_line(tmp_path: Path) -> None:
    other = tmp_path / "other.tar"
    other.write_text("no backup")
    done = emeritus("backup", "--restore", other, home=tmp_path / "home")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_an_answer_for_programs_names_its_model_once(home: Path) -> None:
    audited = json.loads(emeritus("audit", "tiny", "--json", home=home).stdout)
    assert audited["name"] == "tiny"
    assert "model" not in audited
