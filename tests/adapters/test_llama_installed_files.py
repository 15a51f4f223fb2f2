import base64
import hashlib
import re
import sys
import tomllib
from pathlib import Path

import pytest

from emeritus.adapters.runtimes import EngineFilesChanged, EngineNotInstalled
from emeritus.adapters.runtimes.installed_files import installed_identity

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "src/emeritus/adapters/runtimes/wheels.toml"


def install(folder: Path, name: str) -> Path:
    """Install a toy distribution and return its one module."""
    module, info = folder / f"{name}.py", folder / f"{name}-1.dist-info"
    info.mkdir(parents=True)
    module.write_bytes(b"x = 1\n")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    lines = []
    for file in (module, info / "METADATA"):
        digest = base64.urlsafe_b64encode(hashlib.sha256(file.read_bytes()).digest())
        lines.append(
            f"{file.relative_to(folder)},sha256={digest.rstrip(b'=').decode()},"
            f"{file.stat().st_size}"
        )
    lines += [f"{info.name}/RECORD,,", f"{info.name}/INSTALLER,sha256=AAAA,4"]
    lines += [f"__pycache__/{name}.cpython-311.pyc,,"]
    (info / "RECORD").write_text("\n".join(lines) + "\n")
    return module


def test_the_wheel_is_the_locked_one() -> None:
    wheel = installed_identity("xllamacpp").wheel
    lock = (ROOT / "requirements/run.lock").read_text()
    locked = re.search(r"^xllamacpp==(\S+) ((?:\\\n\s+--hash=\S+\s?)+)", lock, re.MULTILINE)
    assert locked
    hashes = re.findall(r"sha256:([0-9a-f]{64})", locked[2])
    table = tomllib.loads(TABLE.read_text())["wheel"]
    assert {entry["sha256"] for entry in table} <= set(hashes)
    assert all(locked[1] in entry["name"] for entry in table)
    if sys.platform == "linux":
        assert wheel in hashes


def test_the_digest_is_of_the_files_from_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = install(tmp_path, "toyengine_a")
    monkeypatch.syspath_prepend(tmp_path)
    metadata = tmp_path / "toyengine_a-1.dist-info/METADATA"
    lines = [
        f"{file.relative_to(tmp_path)} {hashlib.sha256(file.read_bytes()).hexdigest()} "
        f"{file.stat().st_size}\n"
        for file in (metadata, module)
    ]
    found = installed_identity("toyengine_a")
    assert found.files == hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()
    assert (found.version, found.wheel) == ("1", None)


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_changed_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    name = f"toyengine_{damage}"
    module = install(tmp_path, name)
    monkeypatch.syspath_prepend(tmp_path)
    if damage == "changed":
        module.write_bytes(b"x = 2\n")
    else:
        module.unlink()
    with pytest.raises(EngineFilesChanged, match=f"{name}.py"):
        installed_identity(name)


def test_a_missing_engine_is_a_setting_that_cannot_work() -> None:
    with pytest.raises(EngineNotInstalled):
        installed_identity("no-such-engine-anywhere")
