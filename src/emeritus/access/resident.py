"""`ResidentModels`: lends running models, wakes them on demand, and lets them sleep when idle."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from emeritus.access.cache import RestoredFiles
from emeritus.custody import Located, Runnable, runnable
from emeritus.foundation import Clock, Silent
from emeritus.record import Record, Remembered
from emeritus.runtime import CoreSlots, Engine, RunSettings, Worker, WorkerDied

IDLE_SECONDS = 120.0


class _Resident:
    """One model's worker, awake or asleep."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.running = ExitStack()
        self.worker: Worker | None = None
        self.manifest = ""
        self.used = 0.0

    def sleep(self) -> None:
        """End the worker; again is harmless."""
        self.worker = None
        self.running.close()


class ResidentModels:
    """Implements `runtime.Models` over one engine.

    A lease keeps its worker awake for the next one; a timer ends workers that were idle.
    Core slots are held only while somebody holds a worker.

    Args:
        record: where the models are kept.
        engine: runs them.
        slots: the machine's cores.
        cache: a folder for restored files.
        clock: what time it is.
        idle_seconds: how long an idle worker stays awake.
        located: knows where the files lie of models that were not packed.
    """

    def __init__(
        self,
        record: Record,
        engine: Engine,
        slots: CoreSlots,
        cache: Path,
        clock: Clock,
        *,
        idle_seconds: float = IDLE_SECONDS,
        located: Located | None = None,
    ) -> None:
        self._record = record
        self._engine = engine
        self._slots = slots
        self._files = RestoredFiles(cache)
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._located = located
        self._runnable = Remembered[Runnable](record)
        self._residents: dict[str, _Resident] = {}
        self._change = threading.Lock()
        self._closed = threading.Event()
        self._watcher: threading.Thread | None = None

    @contextmanager
    def fresh(self, model: str) -> Iterator[Worker]:
        """Lend a worker that was started for this use alone; see the port."""
        file, settings, _ = self._file(model)
        with (
            self._slots.take(settings.threads),
            self._engine.start(file, settings) as worker,
        ):
            yield worker

    @contextmanager
    def lease(self, model: str) -> Iterator[Worker]:
        """Lend the worker that is kept awake for a model; see the port."""
        with self._change:
            resident = self._residents.setdefault(model, _Resident())
            self._watch()
        with resident.turn:
            file, settings, manifest = self._file(model)
            with self._slots.take(settings.threads):
                if resident.manifest != manifest:
                    resident.sleep()
                if resident.worker is None:
                    resident.worker = resident.running.enter_context(
                        self._engine.start(file, settings)
                    )
                    resident.manifest = manifest
                try:
                    yield resident.worker
                except WorkerDied:
                    resident.sleep()
                    raise
                finally:
                    resident.used = time.monotonic()

    def is_awake(self, model: str) -> bool:
        """Say whether a worker for this model is running now."""
        resident = self._residents.get(model)
        return resident is not None and resident.worker is not None

    def close(self) -> None:
        """Let every model sleep; waits for those that hold a lease."""
        self._closed.set()
        for resident in list(self._residents.values()):
            with resident.turn:
                resident.sleep()

    def _file(self, model: str) -> tuple[Path, RunSettings, str]:
        found = self._runnable.get(model, lambda: self._look(model))
        file = self._files.file(self._record, found, Silent())
        return file, found.settings, str(found.manifest)

    def _look(self, model: str) -> Runnable:
        return runnable(self._record, model, self._located)

    def _watch(self) -> None:
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._let_sleep, daemon=True)
            self._watcher.start()

    def _let_sleep(self) -> None:
        while not self._closed.wait(min(self._idle_seconds / 4, 5.0)):
            for resident in list(self._residents.values()):
                if resident.turn.acquire(blocking=False):
                    try:
                        idle = time.monotonic() - resident.used
                        if resident.worker is not None and idle > self._idle_seconds:
                            resident.sleep()
                    finally:
                        resident.turn.release()
