"""Houses for journeys: a real home on a disk, with a fake engine and a clock that stands still."""

import dataclasses
import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from emeritus.adapters.stores import LocalStore
from emeritus.assembly import CHECKS, ENTRY_TYPES, House, HouseSite, found_house, sealed_under
from emeritus.assembly.keys import read_ledger_signer
from emeritus.cli.keep.models import dossier_data
from emeritus.custody import AuditResult, DrillResult, Receipt, Verification, verify_store
from emeritus.custody import audit as audit_model
from emeritus.custody import deposit as deposit_model
from emeritus.custody import drill as drill_model
from emeritus.foundation import ModelName, Silent
from emeritus.record import Database, Record, Sequencer
from emeritus.testing import FrozenClock, ScriptedEngine, ScriptedExecutor
from emeritus.testing.weights import TinyTensor, tiny_gguf
from emeritus.vault import Originals

ROOT = Path(__file__).parents[2]
NAME = ModelName("tiny")
GGML_F32 = 0


def found(home: Path, *, policy: str = "demonstration") -> House:
    """Make a home with the scripted engine."""
    house = found_house(home, steward="Test steward", policy=policy, clock=FrozenClock())
    return with_fakes(house)


def with_fakes(house: House) -> House:
    """Return the same house with the scripted engine and executor."""
    return dataclasses.replace(house, engine=ScriptedEngine(), executor=ScriptedExecutor())


def with_database(house: House, database: Database, sequencer: Sequencer) -> House:
    """Return the same house with its index elsewhere."""
    old = house.record
    record = Record(
        house.store,
        old.log,
        database,
        ENTRY_TYPES,
        sequencer=sequencer,
        clock=house.clock,
        signer=read_ledger_signer(house.home, house.vkey),
    )
    return dataclasses.replace(house, record=record)


def tiny_model(folder: Path) -> Path:
    """Write a valid small GGUF file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tiny.gguf"
    path.write_bytes(tiny_gguf())
    return path


def random_gguf(seed: int, tensor_bytes: int) -> bytes:
    """Return a valid GGUF file with one tensor of bytes that nothing makes smaller."""
    data = random.Random(seed).randbytes(tensor_bytes)
    shape = (tensor_bytes // 4,)
    return tiny_gguf(tensors=(TinyTensor("noise", GGML_F32, shape, data),))


def deposit(
    house: House,
    source: Path | Originals,
    name: str = NAME,
    *,
    opaque: bool = False,
    in_place: str = "",
) -> Receipt:
    return deposit_model(
        house.record,
        source,
        ModelName.parse(name),
        signer=house.require_oms(),
        engine=house.engine,
        actor="steward",
        opaque=opaque,
        progress=Silent(),
        in_place=in_place,
    )


def deposit_sealed(
    house: House,
    source: Path,
    name: str = NAME,
    *,
    parent: str = "",
    shown: list[str] | None = None,
) -> Receipt:
    """Deposit under a key of the house's keyring; a new recovery identity goes into `shown`."""
    given = ModelName.parse(name)
    show = ([] if shown is None else shown).append
    return deposit_model(
        house.record,
        source,
        given,
        signer=house.require_oms(),
        engine=house.engine,
        actor="steward",
        opaque=False,
        progress=Silent(),
        parent=parent,
        sealed=sealed_under(house.record, house.keyring, given, parent, show),
    )


def audit(house: House, name: str = NAME) -> AuditResult:
    return audit_model(house.record, name, actor="steward", progress=Silent())


def drill(house: House, name: str = NAME) -> DrillResult:
    return drill_model(
        house.record,
        name,
        engine=house.engine,
        slots=house.slots,
        work=house.work,
        actor="steward",
        progress=Silent(),
        executor=house.executor,
    )


def show(house: House, name: str = NAME) -> dict[str, object]:
    return dossier_data(HouseSite(house).dossier(name))


def verify(store: Path, vkey: str | None = None) -> Verification:
    return verify_store(LocalStore(store), ENTRY_TYPES, vkey=vkey, progress=Silent(), checks=CHECKS)


def emeritus(
    *arguments: str | Path, home: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, as a person would."""
    return subprocess.run(
        command(*arguments),
        env={**os.environ, "EMERITUS_HOME": str(home), **(env or {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def command(*arguments: str | Path) -> Sequence[str]:
    """Return the command line that runs `emeritus` from this interpreter."""
    return [sys.executable, "-m", "emeritus", *map(str, arguments)]
