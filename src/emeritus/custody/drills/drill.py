"""Drill: a rehearsed restore that ends with the model answering, and an entry that says so."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
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
    PlainExecutor,
    PlainRun,
    WorkerDied,
    WorkerNotReady,
    compare,
    take_fingerprint,
)
from emeritus.vault import Place, get_object, object_name

_SETTLED_SECONDS = 10

_UNTOLD = "it did not come back and run; who holds its key sees why by drilling it again"
"""What is entered of a sealed model: the reason may name its files, or cite from them."""


@dataclass(frozen=True, slots=True)
class DrillResult:
    """What a drill showed; `fingerprint` is None and `problem` says why when it got no answer.

    `store` is the copy that was restored, `in-place` for files that were copied from where they
    lie, into a temporary folder.
    """

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
    store: str = PRIMARY
    plain_run: str = ""
    plain_run_said: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the restored model said, or why it said nothing; and the same without the engine."""

    fingerprint: Fingerprint | None
    isolated: bool
    problem: str
    plain: PlainRun | None = None


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is drilled, and the fingerprint to compare with."""

    runs: Runnable
    recorded: Fingerprint | None
    copy: Copy


def drill(  # noqa: PLR0913 - everything that runs, and the places it runs in, is handed in
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
    executor: PlainExecutor | None = None,
) -> DrillResult:
    """Restore a model into an empty folder, start it from there, and put the fixed probes to it.

    The first good drill records the fingerprint; every later one is compared with it.
    A drill that fails is entered too. What the plain executor shows never fails it.

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
        executor: puts the first probe again, without the engine; None to leave that out.

    Raises:
        NoSuchModel: no model of that name.
        NotRunnable: no engine here runs its format; nothing is entered.
        KeyMissing: it is sealed, and its key is not in this home; nothing is entered.
        CoresBusy: no core came free; nothing is entered.
        HomeReadOnly: there is no signing key here; nothing is restored.
    """
    record.require_writable()
    subject = _subject(record, runnable(record, name, located), copy)
    with _folder(work) as folder:
        answer = _answer(record, subject, engine, slots, folder, progress, executor=executor)
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
    clear_abandoned(work)
    folder = Path(tempfile.mkdtemp(prefix="drill-", dir=work))
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def clear_abandoned(work: Path) -> None:
    """Remove what drills that were killed left in their folder for temporary files."""
    for left in work.glob("drill-*"):
        _remove_abandoned(left)


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
    *,
    executor: PlainExecutor | None,
) -> _Answer:
    """Restore and run; what goes wrong with the copy or the worker becomes the answer."""
    settings = subject.runs.settings
    try:
        file = subject.runs.restore(record, folder / "model", progress, subject.copy)
        with slots.take(settings.threads):
            with engine.start(file, settings) as worker:
                taken, isolated = take_fingerprint(worker, progress), worker.facts.isolated
            return _Answer(taken, isolated, "", _plain_run(executor, file, taken, progress))
    except (IntegrityError, NotFound, WorkerDied, WorkerNotReady) as problem:
        return _Answer(None, isolated=False, problem=problem.message)


def _plain_run(
    executor: PlainExecutor | None, file: Path, taken: Fingerprint, progress: Progress
) -> PlainRun | None:
    """Ask the first probe again without the engine, which has ended and left its cores."""
    if executor is None:
        return None
    progress.begin("running it without the engine", None, "tokens")
    shown = executor.run(file, taken)
    progress.advance(shown.figures.tokens if shown.figures else 0)
    progress.end()
    return shown


def _enter(
    record: Record, subject: _Subject, engine: Engine, answer: _Answer, actor: str
) -> DrillResult:
    name, identity = str(subject.runs.model.name), subject.runs.model.identity
    taken, identity_of_engine = answer.fingerprint, engine.identity()
    compared = compare(subject.recorded, taken) if subject.recorded and taken else None
    word = _word(taken, compared)
    problem = answer.problem or (_difference(compared) if compared and word == "different" else "")
    told = problem if not (answer.problem and subject.runs.place.is_closed) else _UNTOLD
    answer = replace(answer, plain=_told(answer.plain, subject.runs.place))
    plain = answer.plain
    # What a sealed model answered would show it to whoever reads the store.
    place = subject.runs.place
    with record.act(actor) as act:
        digest = None if taken is None else act.keep(taken.to_bytes(), record.seal(place))
        program = None if plain is None else act.keep(plain.program)
        statement = _statement(subject, answer, compared, program)
        said = None if statement is None else act.keep(statement)
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
            problem=told[:500],
            statement=str(said or ""),
            plain_run="" if plain is None else plain.word.value,
            plain_run_said="" if plain is None else plain.said,
            executor=str(program or ""),
            place=str(place),
        )
        subjects = [(name, identity)]
        subjects += [(object_name(digest, place), digest)] if digest else []
        subjects += [(object_name(one), one) for one in (said, program) if one is not None]
        position = act.enter(body, *subjects)
    return _result(body, taken, compared, position, problem)


def _result(
    body: Drilled,
    taken: Fingerprint | None,
    compared: Comparison | None,
    position: int,
    problem: str,
) -> DrillResult:
    return DrillResult(
        body.model,
        body.outcome,
        body.comparison,
        Digest.parse(body.fingerprint) if body.fingerprint else None,
        "" if taken is None else str(taken.answers_digest),
        body.engine,
        body.probes,
        body.tokens,
        compared.largest_logprob_difference if compared else 0.0,
        body.isolated,
        problem,
        position,
        Digest.parse(body.statement) if body.statement else None,
        body.store,
        body.plain_run,
        body.plain_run_said,
    )


def _told(plain: PlainRun | None, place: Place) -> PlainRun | None:
    """Return what may be said: the reason why a sealed model did not run tells of its files."""
    if plain is None or plain.figures is not None or not place.is_closed:
        return plain
    return replace(plain, said="")


def _statement(
    subject: _Subject, answer: _Answer, compared: Comparison | None, program: Digest | None
) -> bytes | None:
    if answer.fingerprint is None:
        return None
    return reproducibility(
        str(subject.runs.model.name),
        subject.runs.model.identity,
        manifest=subject.runs.manifest,
        taken=answer.fingerprint,
        settings=subject.runs.settings,
        recorded=subject.recorded,
        compared=compared,
        plain=answer.plain,
        program=program,
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
