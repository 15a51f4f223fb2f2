"""Replicate: bring a store up to date, and count its copies once they were read back and hashed."""

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from emeritus.custody.copies.entries import Copied, Replicated
from emeritus.custody.copies.holdings import (
    Holdings,
    entries_of,
    file_sha256,
    holdings_of,
    is_whole,
    packs_of,
)
from emeritus.custody.copies.stores import require_ours
from emeritus.custody.facts import kept_of
from emeritus.custody.places import StoreFact, models_to_verify, store_of
from emeritus.custody.ports import Copy
from emeritus.custody.tables import PRIMARY
from emeritus.foundation import Conflict, IntegrityError, NotFound, Progress
from emeritus.ledger import Checkpoint, copy_log
from emeritus.record import Record
from emeritus.vault import Finding, PackIndex, Store
from emeritus.vault.errors import NotInStore, StoreUnavailable
from emeritus.vault.layout import STORE_FILE

_CHUNK = 1 << 20

_AT_ONCE = 8
"""Small files under way at once: a bucket answers each in tens of milliseconds."""


@dataclass(slots=True)
class Replication:
    """What bringing one store up to date did.

    Attributes:
        store: its name.
        size: entries that its ledger holds now.
        files: how many files were copied, and `bytes` how long they are together.
        models: models whose copies there were read back by this act and match.
        findings: what could not be copied, or does not match.
        position: of the entry that says so, -1 when there was nothing to say.
    """

    store: str
    size: int = 0
    files: int = 0
    bytes: int = 0
    models: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    position: int = -1


def replicate(record: Record, copy: Copy, *, actor: str, progress: Progress) -> Replication:
    """Copy into a store what it does not have, read it back, and enter what it holds.

    It can be interrupted and run again: what is there is not copied again, and a model's copy
    counts only when every file of it was read back and hashed by one call.

    Args:
        record: with the primary store.
        copy: the store to bring up to date.
        actor: in which role.
        progress: told of the bytes copied and read back.

    Raises:
        NoSuchStore: the record has no such store.
        Conflict: it is the primary.
        StoreNotOurs: it holds another record.
        StoreUnavailable: it held copies and is empty now, or a store failed.
        LogForked: its ledger is not an older state of this one.
        IntegrityError: the primary's ledger is damaged.
    """
    if copy.name == PRIMARY:
        raise Conflict(f"{PRIMARY} is what is copied from; name another store")
    with record.read() as index:
        known = store_of(index, copy.name)
    _require_present(record, copy, known)
    # What is entered while this runs is for the next time: its files are not copied by this one.
    head = record.log.head()
    holdings = holdings_of(entries_of(record.log, record.types, head[1].size))
    wanted = holdings.files if known.packs == "all" else holdings.without_packs()
    result = Replication(copy.name)
    run = _Run(record.store, copy.store, result, progress)
    run.copy({name: digest for name, digest in wanted.items() if name != STORE_FILE})
    checkpoint = copy_log(record.log, copy.store, head, progress)
    result.size = checkpoint.size
    # It comes last, since it says that this is a store.
    run.copy({STORE_FILE: wanted[STORE_FILE]})
    if known.packs == "all":
        run.read_back(record, holdings)
    _enter(record, run, known, checkpoint, actor)
    return result


def _require_present(record: Record, copy: Copy, known: StoreFact) -> None:
    if not require_ours(record, copy) and known.replicated_at:
        raise StoreUnavailable(
            f"{copy.name} held {known.size} entries and holds nothing now; is its disk mounted? "
            f"If its content is lost, say so with 'emeritus stores remove {copy.name}', and add "
            "it again",
            about=copy.name,
        )


class _Run:
    """One bringing up to date: what was read back, and how much that was."""

    def __init__(
        self, source: Store, target: Store, result: Replication, progress: Progress
    ) -> None:
        self._source = source
        self._target = target
        self.result = result
        self._progress = progress
        self._sound: set[str] = set()
        self.copied: list[Copied] = []

    def copy(self, wanted: dict[str, str]) -> None:
        """Copy what is not there, and read each file back; a bad one becomes a finding."""
        there = set(self._target.names())
        missing = [(name, digest) for name, digest in wanted.items() if name not in there]
        sizes = {name: self._source.size(name) or 0 for name, _ in missing}
        self._progress.begin("copying", sum(sizes.values()), "bytes")
        small = [item for item in missing if sizes[item[0]] <= _CHUNK]
        with ThreadPoolExecutor(_AT_ONCE, "copy") as pool:
            for (name, _), problem in zip(small, pool.map(self._one, small), strict=True):
                self._count(name, sizes[name], problem)
        for item in missing:
            if sizes[item[0]] > _CHUNK:
                self._count(item[0], sizes[item[0]], self._one(item))
        self._progress.end()

    def read_back(self, record: Record, holdings: Holdings) -> None:
        """Read back every file of the models that have no verified copy there yet."""
        with record.read() as index:
            found = models_to_verify(index, self.result.store)
            waiting = [name for name in found if name in holdings.models]
            kept = {name: kept_of(index, name) for name in waiting}
        if not waiting:
            return
        places = PackIndex.load(self._source)
        for name in waiting:
            needed = set(holdings.models[name])
            try:
                needed |= packs_of(holdings, kept[name], places, self._source)
            except (IntegrityError, NotFound) as problem:
                self._find(name, problem.message)
                continue
            if self._all_sound(needed, holdings):
                sizes = [self._target.size(one) or 0 for one in needed]
                self.copied.append(Copied(name, self.result.store, len(needed), sum(sizes)))
                self.result.models.append(name)

    def _all_sound(self, needed: Iterable[str], holdings: Holdings) -> bool:
        bad = False
        for name in sorted(needed):
            if name in self._sound:
                continue
            if is_whole(self._target, name, holdings.files[name]):
                self._sound.add(name)
            else:
                bad = True
                problem = "it is missing there, or does not have its SHA-256"
                self._find(name, problem)
        return not bad

    def _find(self, name: str, problem: str) -> None:
        if all(known.file != name for known in self.result.findings):
            self.result.findings.append(Finding(name, problem))

    def _one(self, item: tuple[str, str]) -> str:
        problem = copy_file(self._source, self._target, *item)
        self._progress.advance(self._source.size(item[0]) or 0)
        return problem

    def _count(self, name: str, size: int, problem: str) -> None:
        if problem:
            self._find(name, problem)
            return
        self._sound.add(name)
        self.result.files += 1
        self.result.bytes += size


def copy_file(source: Store, target: Store, name: str, digest: str) -> str:
    """Copy one file and read it back; return what is wrong, empty when nothing is.

    A file that is damaged at its source is not copied.

    Args:
        source: where from.
        target: where to; it has no file of that name, or one with the same bytes.
        name: of the file, the same in both.
        digest: SHA-256 of its bytes in hex.

    Raises:
        StoreUnavailable: a store failed.
    """
    found = hashlib.sha256()
    try:
        with source.open(name) as file, target.upload() as upload:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
                upload.write(chunk)
            if found.hexdigest() != digest:
                return "it is damaged where it should be copied from"
            upload.commit(name)
    except NotInStore:
        return "it is missing where it should be copied from"
    if file_sha256(target, name) != digest:
        return "the store gives back other bytes than it was given; do not rely on it"
    return ""


def _enter(record: Record, run: _Run, known: StoreFact, checkpoint: Checkpoint, actor: str) -> None:
    result = run.result
    news = (
        record.types.place(position, record.log.entry(position))[1].body
        for position in range(known.size, checkpoint.size)
    )
    if (
        not run.copied
        and not result.files
        and all(isinstance(one, Replicated | Copied) for one in news)
    ):
        return  # What is new is only that stores were brought up to date: else it never ended.
    with record.act(actor) as act:
        for copied in run.copied:
            act.enter(copied)
        if not result.findings:
            root = checkpoint.root.hex()
            body = Replicated(result.store, checkpoint.size, root, result.files, result.bytes)
            result.position = act.enter(body)
