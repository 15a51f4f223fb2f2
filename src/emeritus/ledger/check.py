"""Checking a whole log: every file against the entries and the signed checkpoint."""

from collections.abc import Iterator
from dataclasses import dataclass

from emeritus.foundation import Progress
from emeritus.ledger.checkpoint import Checkpoint
from emeritus.ledger.errors import LogDamaged
from emeritus.ledger.evidence import Account, Evidence, read_leaves, read_row
from emeritus.ledger.log import read_head
from emeritus.ledger.merkle import HASH_BYTES
from emeritus.ledger.note import NoteVerifier
from emeritus.ledger.tiles import CHECKPOINT, FOLDER, WIDTH, Tile, count_at, tile_at
from emeritus.vault.errors import NotInStore
from emeritus.vault.findings import Finding
from emeritus.vault.ports import Readable

_ATTEMPTS = 3
"""Checks of a log that somebody appends to meanwhile."""

_SPARE_BUNDLES = 16
"""Bundles that may be missing, beyond as many as are there, before a size is not believed."""


@dataclass(frozen=True, slots=True)
class LogCheck:
    """What a check of a log found.

    Attributes:
        checkpoint: the signed tree that the files were compared with; None when nothing was
            ever appended, or when the checkpoint is missing or bad (then a finding says so).
        findings: everything that is not as it should be, each with the name of its file.
    """

    checkpoint: Checkpoint | None
    findings: list[Finding]

    @property
    def sound(self) -> bool:
        """Whether nothing harmful was found."""
        return not any(finding.harmful for finding in self.findings)


def check_log(store: Readable, verifier: NoteVerifier, progress: Progress) -> LogCheck:
    """Compare every file under `log/` with what the entries and the checkpoint say it must be.

    It does not stop at a problem, keeps about two bytes per entry in memory, and reads every
    file once or twice.
    One flipped bit in any file that the checkpoint covers gives one harmful finding, which
    names that file.
    A file beyond the checkpoint, which a crash may leave behind, is reported as harmless.
    A log that grows during the check is checked again.

    Args:
        store: where the log is.
        verifier: the key of the log.
        progress: is told of entries.

    Raises:
        StoreUnavailable: a file could not be read.
    """
    for _ in range(_ATTEMPTS - 1):
        before = _note(store)
        check = _check_once(store, verifier, progress)
        if check.sound or _note(store) == before:
            return check
    return _check_once(store, verifier, progress)


def _note(store: Readable) -> bytes | None:
    try:
        return store.read(CHECKPOINT)
    except NotInStore:
        return None


def _check_once(store: Readable, verifier: NoteVerifier, progress: Progress) -> LogCheck:
    findings: list[Finding] = []
    checkpoint = None
    try:
        head = read_head(store, verifier)
        checkpoint = head[1] if head else None
    except LogDamaged as problem:
        findings.append(Finding(CHECKPOINT, problem.message.removeprefix(f"{CHECKPOINT}: ")))
    tiles, strange = _files(store)
    findings += strange
    size, root = _extent(checkpoint, tiles, findings)
    progress.begin("checking the log", size, "entries")
    evidence = Evidence(store, size, root, progress)
    findings += _judge(evidence, root)
    findings += _leftovers(store, tiles, evidence)
    progress.end()
    return LogCheck(checkpoint if checkpoint and checkpoint.size else None, findings)


def _files(store: Readable) -> tuple[list[Tile], list[Finding]]:
    """Return the tiles in a store, and findings about whatever else lies under `log/`."""
    tiles, strange = [], []
    for name in store.names(FOLDER):
        tile = Tile.parse(name)
        if tile:
            tiles.append(tile)
        elif name != CHECKPOINT:
            strange.append(Finding(name, "no file of a log has this name"))
    return tiles, strange


def _extent(
    checkpoint: Checkpoint | None, tiles: list[Tile], findings: list[Finding]
) -> tuple[int, bytes | None]:
    """Return the size to check, and the signed root for it.

    Without a checkpoint the bundles tell the size; a size that is out of all proportion to the
    bundles is reported and not believed, so that nobody's checkpoint makes a check endless.
    """
    bundles = [tile for tile in tiles if tile.level is None]
    most = 2 * len(bundles) + _SPARE_BUNDLES
    if checkpoint and checkpoint.size <= most * WIDTH:
        return checkpoint.size, checkpoint.root
    if checkpoint:
        findings.append(
            Finding(
                CHECKPOINT,
                f"it covers {checkpoint.size} entries, and there are only {len(bundles)} bundles",
            )
        )
    told = any(finding.file == CHECKPOINT for finding in findings)
    return max((tile.end for tile in bundles if told and tile.index < most), default=0), None


def _judge(evidence: Evidence, root: bytes | None) -> Iterator[Finding]:
    """Yield what is wrong with the files that the checkpoint covers."""
    disputed = False
    for level, accounts in reversed(list(enumerate(evidence.levels))):
        for index, (stored, rebuilt) in enumerate(
            zip(accounts.stored, accounts.rebuilt, strict=True)
        ):
            tile = tile_at(evidence.size, level, index)
            truth = evidence.true_value(level, index)
            disputed = disputed or stored.says is None or stored.says != rebuilt.says
            yield from _verdict(tile, stored, truth, rebuilt)
            if level == 0:
                yield from _verdict(Tile(None, index, tile.width), rebuilt, truth, stored)
    if root is not None and not evidence.settled and not disputed:
        yield Finding(
            CHECKPOINT,
            "its root is not that of the entries and tiles in this store, which agree with each "
            "other: they were rewritten, or it is of another history",
        )


def _verdict(
    tile: Tile, account: Account, truth: bytes | None, other: Account
) -> Iterator[Finding]:
    if account.says is None:
        yield Finding(tile.name, account.problem)
    elif truth is not None and account.says != truth:
        what = "entries" if tile.level is None else "hashes"
        yield Finding(tile.name, f"its {what} are not those that the checkpoint covers")
    elif truth is None and account.says != other.says:
        yield Finding(
            tile.name,
            "nothing that is left says whether it is right: the entries and the tiles above them "
            "disagree or are lost here, and no signed root decides",
        )


def _leftovers(store: Readable, tiles: list[Tile], evidence: Evidence) -> Iterator[Finding]:
    """Yield what is wrong with files that the checkpoint does not need."""
    for tile in tiles:
        if tile.end > count_at(evidence.size, tile.level):
            yield Finding(
                tile.name, "it lies beyond the checkpoint, as a crash may leave it", harmful=False
            )
        elif tile != tile_at(evidence.size, tile.level, tile.index):
            row = evidence.true_row(tile.level or 0, tile.index)
            read = read_leaves if tile.level is None else read_row
            found, problem = read(store, tile)
            if row is not None and found != row[: tile.width * HASH_BYTES]:
                yield Finding(tile.name, problem or "it does not begin the wider one beside it")
