import ast
import hashlib
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emeritus.vault.reader import reader_source
from tests.vault.handmade_store import RAW, RUN, ZSTD, HandmadeStore, piece


def floats(count: int, size: int) -> bytes:
    noise = random.Random(size)
    return b"".join(
        noise.randbytes(size - 1) + bytes([60 + noise.randrange(3)]) for _ in range(count)
    )


def model_files() -> dict[str, list[tuple[bytes, bytes]]]:
    bf16, f32, f64 = floats(3001, 2), floats(2000, 4) + b"end", floats(500, 8)
    blocks = b"".join(bytes([i % 3, 60, 7, 61]) + bytes([i % 251]) * 16 for i in range(900)) + b"xy"
    upcast = b"".join(b"\x00\x00" + floats(1, 2) for _ in range(300))
    text = b"the same words again and again. " * 400
    rng = random.Random(5).randbytes(777)
    return {
        "model.bin": [
            (bf16, piece(bf16, (1, 1), rotated=True, codings=(RAW, ZSTD))),
            (f32, piece(f32, (1, 1, 1, 1), rotated=True, codings=(RAW, RAW, ZSTD, ZSTD, RAW))),
            (f64, piece(f64, (1,) * 8, rotated=True)),
            (upcast, piece(upcast, (1, 1, 1, 1), codings=(RUN, RUN, RAW, ZSTD))),
            (blocks, piece(blocks, (1, 1, 1, 1, 16), codings=(ZSTD, RUN, RUN, RUN, ZSTD, RAW))),
        ],
        "sub/words.txt": [(text, piece(text, (1,), codings=(ZSTD,))), (b"", piece(b"", (1,)))],
        "sub/zeros": [(bytes(99_999), piece(bytes(99_999), (1,), codings=(RUN,)))],
        "noise": [(rng, piece(rng, (1,)))] * 3,
        "empty": [],
    }


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = HandmadeStore.begin(tmp_path_factory.mktemp("pristine") / "store")
    made.deposit("little", {"a": [(b"little", piece(b"little", (1,)))]})
    for number in range(300):
        made.enter("note.taken", {"number": number})
    made.deposit("big-model", model_files())
    made.write(f"closed/sealed/key1/objects/{closed_name(b'sealed')}", b"sealed")
    made.sign()
    return made.root


def closed_name(data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    return f"{digest[:2]}/{digest}"


@pytest.fixture
def store(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "store"))


@pytest.fixture(scope="module")
def only_zstd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bin")
    program = shutil.which("zstd")
    assert program, "these tests need the zstd program: apt-get install zstd"
    (folder / "zstd").symlink_to(program)
    return folder


class Reader:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, store: Path, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(store / "read_emeritus.py"), str(store), *words]
        environment = ["env", "-i", f"PATH={self.path}"]
        env = shutil.which("env")
        assert env
        return subprocess.run(
            [env, *environment[1:], *command], capture_output=True, text=True, check=False
        )


@pytest.fixture
def reader(only_zstd: Path) -> Reader:
    return Reader(only_zstd)


def flip(path: Path, position: int, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1 << bit
    path.write_bytes(data)


def test_it_is_python_3_8_and_imports_the_standard_library_only() -> None:
    tree = ast.parse(reader_source(), feature_version=(3, 8))
    names = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names <= {*sys.stdlib_module_names, "compression"}


def test_list_names_the_models(reader: Reader, store: Path) -> None:
    done = reader(store, "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["big-model", "little"]


def test_restore_gives_every_byte_back(reader: Reader, store: Path, tmp_path: Path) -> None:
    done = reader(store, "restore", "big-model", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    found = {
        str(path.relative_to(tmp_path / "out")): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    wanted = {path: b"".join(one for one, _ in parts) for path, parts in model_files().items()}
    assert found == wanted


def test_verify_ends_with_a_sentence(reader: Reader, store: Path) -> None:
    done = reader(store, "verify")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("Everything is whole: 5 objects, 2 packs, 2 dep")


def test_every_flipped_file_is_named(reader: Reader, store: Path) -> None:
    noise = random.Random(7)
    for path in sorted(path for path in store.rglob("*") if path.is_file()):
        name = str(path.relative_to(store))
        if name == "read_emeritus.py":
            continue
        before = path.read_bytes()
        flip(path, noise.randrange(len(before)), noise.randrange(8))
        done = reader(store, "verify")
        path.write_bytes(before)
        assert done.returncode == 1, name
        assert name in done.stderr, (name, done.stderr)
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("stride", [7, pytest.param(1, marks=pytest.mark.long)])
def test_every_bit_of_the_checkpoint_counts(store: Path, stride: int) -> None:
    source = (
        "import sys; sys.path.insert(0, sys.argv[1]); import read_emeritus as r\n"
        "store, path = r.Store(sys.argv[1]), sys.argv[1] + '/log/checkpoint'\n"
        "data, good = open(path, 'rb').read(), 0\n"
        "for bit in range(0, 8 * len(data), int(sys.argv[2])):\n"
        "    flipped = bytearray(data); flipped[bit // 8] ^= 1 << bit % 8\n"
        "    store.read = lambda name, f=bytes(flipped), old=r.Store.read: "
        "f if name == 'log/checkpoint' else old(store, name)\n"
        "    try: r.read_checkpoint(store); good += 1\n"
        "    except (r.Bad, ValueError): pass\n"
        "print(good)\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", source, str(store), str(stride)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "0", done.stderr


def test_a_missing_file_is_named(reader: Reader, store: Path) -> None:
    for name in ["log/tile/0/000", "log/tile/entries/001.p/49", "README.txt"]:
        path = store / name
        before = path.read_bytes()
        path.unlink()
        done = reader(store, "verify")
        path.write_bytes(before)
        assert done.returncode == 1
        assert name in done.stderr


def test_what_an_interrupted_write_left_is_harmless(reader: Reader, store: Path) -> None:
    (store / "log/tile/0/001.p/50").write_bytes(bytes(50 * 32))
    done = reader(store, "verify")
    assert done.returncode == 0, done.stderr
    assert "log/tile/0/001.p/50" in done.stdout


def test_a_damaged_log_stops_a_restore_but_not_a_salvage(
    reader: Reader, store: Path, tmp_path: Path
) -> None:
    flip(store / "log/tile/0/000", 5)
    stopped = reader(store, "restore", "little", str(tmp_path / "out"))
    assert stopped.returncode == 1
    assert "log/tile/0/000" in stopped.stderr
    assert not (tmp_path / "out").exists()
    saved = reader(store, "restore", "little", str(tmp_path / "out"), "--salvage")
    assert saved.returncode == 0
    assert (tmp_path / "out/a").read_bytes() == b"little"


def test_a_damaged_pack_leaves_no_wrong_file(reader: Reader, store: Path, tmp_path: Path) -> None:
    for pack in (store / "packs").iterdir():
        flip(pack, pack.read_bytes().index(b"EMPC") + 100)
    done = reader(store, "restore", "little", str(tmp_path / "out"))
    assert done.returncode == 1
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("path", ["../evil", "/evil", "a//b", "a/../b", "a\\b", "a\nb", ".", ""])
def test_paths_that_leave_the_folder_are_refused(reader: Reader, tmp_path: Path, path: str) -> None:
    made = HandmadeStore.begin(tmp_path / "store")
    made.deposit("evil", {path: [(b"x", piece(b"x", (1,)))]})
    made.sign()
    done = reader(made.root, "restore", "evil", str(tmp_path / "out/deep"))
    assert done.returncode == 1
    assert "not safe" in done.stderr
    assert not [found for found in (tmp_path / "out").rglob("*") if found.is_file()]
    assert reader(made.root, "verify").returncode == 1


def test_a_full_folder_is_left_alone(reader: Reader, store: Path, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    assert reader(store, "restore", "little", str(tmp_path)).returncode == 1
    assert (tmp_path / "a").read_text() == "mine"


def test_wrong_words_get_the_usage(reader: Reader, store: Path) -> None:
    assert reader(store, "explode").returncode == 2
    assert reader(store, "restore", "nobody", str(store / "out")).returncode == 1
    assert "STORE list" in reader(store).stderr


def test_another_format_of_store_is_refused_in_a_sentence(reader: Reader, store: Path) -> None:
    (store / "store.json").write_text('{"format":"emeritus-store/9"}')
    done = reader(store, "list")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "emeritus-store/1" in done.stderr


def test_without_zstd_it_says_what_to_install(store: Path, tmp_path: Path) -> None:
    if sys.version_info >= (3, 14):
        return
    (tmp_path / "bin").mkdir()
    done = Reader(tmp_path / "bin")(store, "restore", "big-model", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "install the program zstd" in done.stderr
