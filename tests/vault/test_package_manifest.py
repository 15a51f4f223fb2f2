"""A manifest has one spelling, and a reader refuses every other and every contradiction."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from emeritus.foundation import canonical_json
from emeritus.vault import Damaged, Package, PackagedFile, PieceRef

_FILES = tuple(
    PackagedFile(path, 5, f"{number:064x}", "opaque", (PieceRef(f"{number:064x}", 5),))
    for number, path in enumerate(("config.json", "model.bin"))
)


def value() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Package.of(_FILES).to_bytes())
    return found


def test_a_manifest_comes_back() -> None:
    package = Package.of(tuple(reversed(_FILES)))
    assert Package.from_bytes(package.to_bytes()) == package
    assert [file.path for file in package.files] == ["config.json", "model.bin"]


def _set(key: str, to: Any) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest["files"][0].update({key: to})


BREAKS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no format": lambda manifest: manifest.pop("format"),
    "another format": lambda manifest: manifest.update(format="emeritus-package/2"),
    "an unknown member": lambda manifest: manifest.update(colour="blue"),
    "another identity": lambda manifest: manifest.update(identity=f"sha256:{7:064x}"),
    "no files": lambda manifest: manifest.update(files=[]),
    "files out of order": lambda manifest: manifest["files"].reverse(),
    "a path twice": lambda manifest: manifest["files"].append(dict(manifest["files"][1])),
    "a path that climbs": _set("path", "../config.json"),
    "an absolute path": _set("path", "/config.json"),
    "a device of Windows": _set("path", "aux.json"),
    "an unknown format of a file": _set("format", "zip"),
    "a length that its pieces do not have": _set("bytes", 6),
    "a negative length": _set("bytes", -5),
    "a SHA-256 with a line feed": _set("sha256", f"{0:064x}\n"),
    "a piece with a line feed": _set("pieces", [[f"{0:064x}\n", 5]]),
    "an empty piece": _set("pieces", [[f"{0:064x}", 5], [f"{1:064x}", 0]]),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_manifest_that_breaks_a_rule_is_damaged(name: str) -> None:
    manifest = value()
    BREAKS[name](manifest)
    with pytest.raises(Damaged, match="objects/x"):
        Package.from_bytes(canonical_json(manifest), about="objects/x")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"files": []}', b"\xff"])
def test_what_is_no_manifest_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged, match="objects/x"):
        Package.from_bytes(data, about="objects/x")
