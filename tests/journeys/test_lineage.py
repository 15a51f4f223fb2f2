"""A fine-tune beside its base: deposited, audited, restored, read without us, and damaged."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from emeritus.assembly import HouseSite
from emeritus.catalogue import NoSuchModel
from emeritus.custody import restore_model
from emeritus.custody.deposit import deposit as deposit_model
from emeritus.foundation import ModelName, Silent
from emeritus.record.index import dump
from tests.journeys.houses import audit, deposit, emeritus, found, verify
from tests.vault.test_lineage import bf16, safetensors, tuned, weights

BASE = weights(1, layers=3, size=700_003)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    for name, tensors in (("base", BASE), ("child", tuned(BASE, 3))):
        data = safetensors({key: bf16(one) for key, one in tensors.items()})
        (folder / f"{name}.safetensors").write_bytes(data)
    return folder


def test_a_child_is_found_to_build_on_its_base(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, files / "base.safetensors", "base")
    receipt = deposit(house, files / "child.safetensors", "child")
    assert receipt.base == "base"
    assert receipt.stored_bytes < 0.14 * receipt.raw_bytes
    for name in ("base", "child"):
        assert not audit(house, name).findings
    dossier = HouseSite(house).dossier("child")
    assert (dossier.base, dossier.differences) == ("base", receipt.differences)
    family = [(one.name, one.base) for one in dossier.family]
    assert family == [("base", ""), ("child", "base")]
    assert HouseSite(house).dossier("base").family == dossier.family
    assert verify(house.home / "store").is_whole
    restore_model(
        house.record,
        "child",
        tmp_path / "out",
        paths=None,
        progress=Silent(),
    )
    wanted = (files / "child.safetensors").read_bytes()
    assert (tmp_path / "out" / "child.safetensors").read_bytes() == wanted
    with house.record.read() as index:
        before = dump(index)
    house.record.rebuild()
    with house.record.read() as index:
        assert dump(index) == before


def test_a_base_gets_one_copy_more_than_what_builds_on_it(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home", policy="standard")
    deposit(house, files / "base.safetensors", "base")
    assert HouseSite(house).dossier("base").copies_wanted == 3
    deposit(house, files / "child.safetensors", "child")
    assert HouseSite(house).dossier("base").copies_wanted == 4
    assert HouseSite(house).dossier("child").copies_wanted == 3


def test_a_childs_child_belongs_to_the_first_base(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, files / "base.safetensors", "base")
    deposit(house, files / "child.safetensors", "child")
    again = bytearray((files / "child.safetensors").read_bytes())
    again[-1000] ^= 1
    (tmp_path / "grandchild.safetensors").write_bytes(again)
    assert deposit(house, tmp_path / "grandchild.safetensors", "grandchild").base == "base"
    family = HouseSite(house).dossier("grandchild").family
    assert [one.name for one in family] == ["base", "child", "grandchild"]


def test_the_reader_in_the_store_gives_the_child_back(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, files / "base.safetensors", "base")
    deposit(house, files / "child.safetensors", "child")
    store = house.home / "store"
    for words in (["restore", "child", str(tmp_path / "out")], ["verify"]):
        done = subprocess.run(
            [sys.executable, "-I", store / "read_emeritus.py", store, *words],
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    wanted = (files / "child.safetensors").read_bytes()
    assert (tmp_path / "out" / "child.safetensors").read_bytes() == wanted


def test_damage_in_the_base_is_found_by_the_childs_audit(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, files / "base.safetensors", "base")
    (pack,) = (house.home / "store" / "packs").iterdir()
    deposit(house, files / "child.safetensors", "child")
    data = bytearray(pack.read_bytes())
    data[-5000] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(bytes(data))
    result = audit(house, "child")
    assert result.outcome == "damaged"
    assert any(pack.name in finding.file for finding in result.findings)
    assert not verify(house.home / "store").is_whole


def test_a_hint_in_a_terminal(files: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    found(home)
    first = emeritus("deposit", files / "base.safetensors", "base", home=home)
    assert first.returncode == 0, first.stderr
    unknown = emeritus(
        "deposit", files / "child.safetensors", "child", "--parent", "nobody", home=home
    )
    assert unknown.returncode == 3
    assert "no model named 'nobody'" in unknown.stderr
    hinted = emeritus(
        "deposit", files / "child.safetensors", "child", "--parent", "base", "--json", home=home
    )
    assert json.loads(hinted.stdout)["base"] == "base"
    shown = emeritus("show", "child", home=home).stdout
    assert "builds on   base:" in shown


def test_a_parent_must_be_here(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    with pytest.raises(NoSuchModel):
        deposit_model(
            house.record,
            files / "child.safetensors",
            ModelName("child"),
            signer=house.require_oms(),
            engine=house.engine,
            actor="steward",
            opaque=False,
            progress=Silent(),
            parent="nobody",
        )
    assert HouseSite(house).models() == ()
