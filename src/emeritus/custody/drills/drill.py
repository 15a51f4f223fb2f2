"""Drill: a rehearsed restore that ends with the model answering, and an entry that says so."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from emeritus.custody.drills.running import Runnable, runnable
from emeritus.custody.drills.statement import reproducibility
from emeritus.custody.entries import ComparisonWord, Drilled
from emeritus.custody.facts import recorded_fingerprint
from emeritus.custody.ports import Copy, Located
from emeritus.custody.tables import IN_PLACE, PRIMARY
from emeritus.foundation import Digest, IntegrityError, NotFound, Progress
from emeritus.record import Record
from emeritus.runtime import (
    Comparison,
    CoreSlots,
    Engine,
    Fingerprint,
    WorkerDied,
    WorkerNotReady,
    compare,
    take_fingerprint,
)
from emeritus.vault import get_object, object_name

_SETTLED_SECONDS = 10


@dataclass(frozen=True, slots=True)
class DrillResult:
    """What a drill showed; `fingerprint` is None and `problem` says why when it got no answer."""

    model: str
    outcome: str
    comparison: str
    fingerprint: Digest | None
    answers: str
    engine: str
    probes: int
    tokens: int
    largest_difference: float
    isolated: bool
    problem: str
    position: int
    statement: Digest | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the restored model said, or why it said nothing."""

    fingerprint: Fingerprint | None
    isolated: bool
    problem: str


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is drilled, and the fingerprint to compare with."""

    runs: Runnable
    recorded: Fingerprint | None
    copy: Copy


def drill(
    record: Record,
    name: str,
    *,
    engine: Engine,
    slots: CoreSlots,
    work: Path,
    actor: str,
    progress: Progress,
    copy: Copy | None = None,
    located: Located | None = None,
) -> DrillResult:
    """Restore a model into an empty folder, start it from there, and put the fixed probes to it.

    The first good drill records the fingerprint; every later one is compared with it.
    A drill that fails is entered too.

    Args:
        record: where the model is kept and the result is entered.
        name: which model.
        engine: runs it.
        slots: the machine's cores.
        work: a folder for temporary files; as large as the model.
        actor: in which role.
        progress: told of the bytes restored and the tokens generated.
        copy: the store to restore from; the primary one when None.
        located: knows where the files lie of a model that was not packed; they are copied then.

    Raises:
        NoSuchModel: no model of that name.
        NotRunnable: no engine here runs its format; nothing is entered.
        KeyMissing: it is sealed, and its key is not in this home; nothing is entered.
        CoresBusy: no core came free; nothing is entered.
    """
    subject = _subject(record, runnable(record, name, located), copy)
    with _folder(work) as folder:
        answer = _answer(record, subject, engine, slots, folder, progress)
    return _enter(record, subject, engine, answer, actor)


def _subject(record: Record, found: Runnable, copy: Copy | None) -> _Subject:
    copy = copy or Copy(IN_PLACE if found.found else PRIMARY, record.store)
    with record.read() as index:
        recorded = recorded_fingerprint(index, found.model.name)
    if recorded is None:
        return _Subject(found, None, copy)
    seal = record.seal(found.place)
    return _Subject(found, Fingerprint.parse(get_object(record.store, recorded, seal)), copy)


@contextmanager
def _folder(work: Path) -> Iterator[Path]:
    work.mkdir(parents=True, exist_ok=True)
    for left in work.glob("drill-*"):
        _remove_abandoned(left)
    folder = Path(tempfile.mkdtemp(prefix="drill-", dir=work))
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _remove_abandoned(folder: Path) -> None:
    """Remove what a drill that was killed left; a drill that lives holds its folder's lock."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            # One that has just been made is not locked yet.
            if time.time() - os.fstat(handle).st_mtime > _SETTLED_SECONDS:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(handle)


def _answer(
    record: Record,
    subject: _Subject,
    engine: Engine,
    slots: CoreSlots,
    folder: Path,
    progress: Progress,
) -> _Answer:
    """Restore and run; what goes wrong with the copy or the worker becomes the answer."""
    settings = subject.runs.settings
    try:
        file = subject.runs.restore(record, folder / "model", progress, subject.copy)
        with slots.take(settings.threads), engine.start(file, settings) as worker:
            return _Answer(take_fingerprint(worker, progress), worker.facts.isolated, "")
    except (IntegrityError, NotFound, WorkerDied, WorkerNotReady) as problem:
        return _Answer(None, isolated=False, problem=problem.message)


def _enter(
    record: Record, subject: _Subject, engine: Engine, answer: _Answer, actor: str
) -> DrillResult:
    name, identity = str(subject.runs.model.name), subject.runs.model.identity
    taken, identity_of_engine = answer.fingerprint, engine.identity()
    compared = compare(subject.recorded, taken) if subject.recorded and taken else None
    word = _word(taken, compared)
    problem = answer.problem or (_difference(compared) if compared and word == "different" else "")
    # What a sealed model answered would show it to whoever reads the store.
    place = subject.runs.place
    with record.act(actor) as act:
        digest = None if taken is None else act.keep(taken.to_bytes(), record.seal(place))
        said = None if taken is None else act.keep(_statement(subject, taken, compared))
        body = Drilled(
            model=name,
            store=subject.copy.name,
            outcome="failed" if problem else "good",
            comparison=word,
            fingerprint=str(digest or ""),
            engine=f"{identity_of_engine.name} {identity_of_engine.version}",
            engine_files=identity_of_engine.files,
            probes=0 if taken is None else sum(not one.skipped for one in taken.answers),
            tokens=0 if taken is None else taken.tokens,
            largest_difference=f"{compared.largest_logprob_difference if compared else 0.0:.6f}",
            isolated=answer.isolated,
            problem=problem[:500],
            statement=str(said or ""),
            place=str(place),
        )
        subjects = [(name, identity)]
        subjects += [(object_name(digest, place), digest)] if digest else []
        subjects += [(object_name(said), said)] if said else []
        position = act.enter(body, *subjects)
    return DrillResult(
        name,
        body.outcome,
        word,
        digest,
        "" if taken is None else str(taken.answers_digest),
        body.engine,
        body.probes,
        body.tokens,
        compared.largest_logprob_difference if compared else 0.0,
        answer.isolated,
        body.problem,
        position,
        said,
    )


def _statement(subject: _Subject, taken: Fingerprint, compared: Comparison | None) -> bytes:
    return reproducibility(
        str(subject.runs.model.name),
        subject.runs.model.identity,
        manifest=subject.runs.manifest,
        taken=taken,
        settings=subject.runs.settings,
        recorded=subject.recorded,
        compared=compared,
    )


def _word(taken: Fingerprint | None, compared: Comparison | None) -> ComparisonWord:
    if taken is None:
        return "none"
    return "first" if compared is None else compared.outcome.value


def _difference(compared: Comparison) -> str:
    return (
        f"it answered otherwise than recorded: {compared.tokens_equal} of "
        f"{compared.tokens_total} tokens are the same"
    )
