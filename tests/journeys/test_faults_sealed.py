"""Every write of a sealed deposit and of a destruction fails once, or is the process's last.

A key is never lost to a deposit that needs it, and a destruction that began is always finished.
"""

import shutil
from pathlib import Path

import pytest

from emeritus.assembly.sealing import KEYRING, SEALING_KEY
from emeritus.custody import restore_model
from emeritus.custody.sealing.approvers import name_approver
from emeritus.custody.sealing.destroying import destroy
from emeritus.custody.sealing.proposing import approval_text, approve, propose
from emeritus.foundation import Silent
from emeritus.ledger import NoteSigner
from tests.journeys.houses import deposit_sealed, show
from tests.journeys.test_faults import Verb, house_at, memory, nothing, sweep

__all__ = ["memory"]

APPROVERS = NoteSigner("alice", bytes(32)), NoteSigner("bob", bytes([1] * 32))


def do_deposit_sealed(folder: Path) -> None:
    deposit_sealed(house_at(folder), folder / "other.gguf", "other")


def opens(folder: Path) -> bool:
    """Say whether the sealed model comes back; its key was durable before it was."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    house = house_at(folder)
    restore_model(house.record, "other", folder / "out", paths=None, progress=Silent())
    restored = (folder / "out" / "other.gguf").read_bytes()
    return restored == (folder / "other.gguf").read_bytes()


def approved(folder: Path) -> None:
    """Seal a model, and let its destruction be proposed and approved."""
    do_deposit_sealed(folder)
    house = house_at(folder)
    for signer in APPROVERS:
        name_approver(house.record, signer.verifier.vkey, "safety", actor="steward")
    proposal = propose(house.record, "other", reason="it must go", actor="steward")
    for signer in APPROVERS:
        note = signer.sign(approval_text(house.record.log.verifier.name, proposal))
        approve(house.record, note, actor="steward")


def do_destroy(folder: Path) -> None:
    house = house_at(folder)
    holder, signer = house.key_holder(), house.require_signer()
    destroy(house.record, "other", holder, signer=signer, actor="steward")


def is_gone(folder: Path) -> bool:
    house = house_at(folder)
    own = (folder / "home" / SEALING_KEY).read_text().splitlines()
    left = [*(folder / "home" / "keys").glob(".*.partial")]
    told = show(house, "other")
    words = (told["custody"], told["service"])
    return (
        (house.keyring.read().keys, len(own), words) == ((), 1, ("destroyed", "destroyed"))
        and (folder / "home" / KEYRING).exists()
        and left == []
    )


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "verb",
    [Verb(do_deposit_sealed, nothing, opens), Verb(do_destroy, approved, is_gone)],
    ids=["deposit", "destroy"],
)
def test_a_fault_in_any_write(memory: Path, verb: Verb) -> None:
    assert sweep(memory, verb, every=19) > 10
