"""Fidelity to OCFL is proven against `ocfl-py`, by one of the authors of the specification."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from emeritus.custody.interchange import read_ocfl
from emeritus.foundation import Silent
from tests.custody.interchange.parcels import content, ocfl_of, unprepared
from tests.journeys.houses import audit, deposit, drill, found

pytestmark = pytest.mark.long

VALIDATE = """
import json, sys
from ocfl.storage_root import StorageRoot
root = StorageRoot(root=sys.argv[1])
valid = root.validate(validate_objects=True, check_digests=True, log_warnings=True)
said = [message for _, message in root.errors]
print(json.dumps([valid, root.num_objects, root.good_objects, said]))
"""

CREATE = """
import sys
from ocfl.object import Object
from ocfl.version_metadata import VersionMetadata
made = Object(identifier="urn:example:theirs", digest_algorithm="sha512", fixity=["md5", "sha1"])
made.create(srcdir=sys.argv[1], objdir=sys.argv[2], metadata=VersionMetadata(message="first"))
later = VersionMetadata(message="second")
Object().add_version_with_content(objdir=sys.argv[2], srcdir=sys.argv[3], metadata=later)
"""


def ocfl_py(code: str, *arguments: Path) -> str:
    """Run a few lines with the real package."""
    python = os.environ.get("EMERITUS_OCFL")
    if not python:
        pytest.fail(
            "expected EMERITUS_OCFL to name a Python with what requirements/interchange.lock "
            "lists, found it empty: make such an environment and set it"
        )
    command = [python, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def judged(root: Path) -> tuple[bool, int, int, list[str]]:
    """Return whether a root is valid, its objects, the good ones, and what else was said."""
    valid, objects, good, said = json.loads(ocfl_py(VALIDATE, root).splitlines()[-1])
    lines = [line for one in said for line in one.splitlines()]
    # W009 asks for the address of a person; a record names roles.
    return valid, objects, good, [line for line in lines if "[W009]" not in line]


def test_their_validator_finds_every_version_of_our_objects_valid(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, unprepared(tmp_path / "source"))
    ocfl_of(house, tmp_path / "root")
    assert judged(tmp_path / "root") == (True, 1, 1, [])
    audit(house)
    ocfl_of(house, tmp_path / "root")
    drill(house)
    ocfl_of(house, tmp_path / "root")
    deposit(house, unprepared(tmp_path / "another"), "another")
    folder = ocfl_of(house, tmp_path / "root", "another").folder
    assert judged(tmp_path / "root") == (True, 2, 2, [])
    (folder / "v1/content/model/empty").write_bytes(b"not any more")
    _, _, good, problems = judged(tmp_path / "root")
    assert good == 1
    assert any("v1/content/model/empty" in problem for problem in problems)


def test_an_object_that_their_program_made_is_read(tmp_path: Path) -> None:
    first, second = unprepared(tmp_path / "first"), unprepared(tmp_path / "second")
    (second / "config.json").write_bytes(b'{"later": true}')
    (second / "more").write_bytes(b"new")
    ocfl_py(CREATE, first, tmp_path / "object", second)
    for version, source in (("v1", first), ("v2", second), ("", second)):
        parcel = read_ocfl(tmp_path / "object", Silent(), version=version)
        files = {path: file.read_bytes() for path, (file, _) in parcel.files.items()}
        assert files == content(source)
    assert parcel.described == "urn:example:theirs"
