"""Verify: anybody checks a whole store, offline, from the bytes in it alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from emeritus.custody.copies.holdings import dropped_from, named_files
from emeritus.custody.entries import Deposited
from emeritus.custody.facts import package_of
from emeritus.custody.sealing.entries import CiphertextDropped
from emeritus.custody.signature import check_signature
from emeritus.foundation import (
    Digest,
    EmeritusError,
    IntegrityError,
    NotFound,
    Progress,
    UserError,
    sha256_hex,
)
from emeritus.ledger import Checkpoint, Log, NoteVerifier, check_log
from emeritus.record import EntryTypes, Placed
from emeritus.record.entries import Opened
from emeritus.vault import (
    Finding,
    Package,
    PackIndex,
    Store,
    StoreTooNew,
    check_closed,
    check_objects,
    check_pack,
    object_name,
    read_origin,
)
from emeritus.vault.layout import CLOSED, LEDGER_KEY_FILE, STORE_FILE

_PREFIXES = ("log/", "objects/", "packs/", "closed/", "parity/", "quarantine/")
"""Of names that a store may hold beside the files of its first entry."""

Check = Callable[[Store, Sequence[Placed[Any]]], Iterable[Finding]]
"""What a floor above knows to look for in its own objects; given the store and every entry."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of its record a store holds on purpose; all of it by default.

    Attributes:
        weights: False for a store of the ledger and the small objects alone.
        left_out: names of further files that need not be there.
        models: the models whose files can be restored from it; None for every one.
        beside: names of files that lie there and are no part of the record.
    """

    weights: bool = True
    left_out: frozenset[str] = frozenset()
    models: frozenset[str] | None = None
    beside: frozenset[str] = frozenset()

    def may_lack(self, name: str) -> bool:
        """Say whether a file that the record speaks of may be missing."""
        return name in self.left_out or (not self.weights and "packs/" in name)

    def has(self, model: str) -> bool:
        """Say whether the files of a model must be there."""
        return self.weights and (self.models is None or model in self.models)


WHOLE = Extent()
"""Everything that the record speaks of."""


@dataclass(slots=True)
class Verification:
    """What a check of a whole store found.

    Attributes:
        origin: the ledger's name, empty when it could not be read.
        checkpoint: the signed checkpoint, None when there is no good one.
        vkey: the key that the signatures were checked with.
        models: names of the deposited models, in order of deposit.
        counts: how many `entries`, `objects`, `packs`, `closed`, `files` were checked.
        findings: everything that was found, harmless leftovers included.
        left_out: names of files that are not there on purpose.
        without: names of the models whose files are not there on purpose.
    """

    origin: str = ""
    checkpoint: Checkpoint | None = None
    vkey: str = ""
    models: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)

    @property
    def harmful(self) -> list[Finding]:
        """The findings that mean damage."""
        return [finding for finding in self.findings if finding.harmful]

    @property
    def is_whole(self) -> bool:
        """True when nothing is damaged and there is a signed checkpoint."""
        return self.checkpoint is not None and not self.harmful


def verify_store(
    store: Store,
    types: EntryTypes,
    *,
    vkey: str | None,
    progress: Progress,
    checks: Sequence[Check] = (),
    extent: Extent = WHOLE,
) -> Verification:
    """Check everything in a store; never stop at the first problem.

    Args:
        store: any store.
        types: every entry type that this version knows.
        vkey: the ledger's key from a source that the reader trusts; the one in the store when None,
            which shows that the store is whole but not whose it is.
        progress: told of the bytes read.
        checks: what the floors above look for, once every digest is right.
        extent: how much of the record the store holds on purpose; what it need not hold is said,
            and is no finding.

    Raises:
        NotInStore: this is not a store at all.
        StoreTooNew: a newer version wrote it.
        UserError: the given key is not a key.
    """
    result = Verification()
    try:
        result.origin = read_origin(store)
    except StoreTooNew as problem:
        if not _is_contradicted(store, types, vkey):
            raise
        result.findings.append(Finding(STORE_FILE, f"its first entry says otherwise: {problem}"))
    except IntegrityError as problem:
        result.findings.append(Finding(STORE_FILE, problem.message))
    verifier = _verifier(store, vkey, result)
    placed: list[Placed[Any]] = []
    if verifier is not None:
        placed = _check_ledger(store, verifier, types, result, progress)
    _check_files(store, placed, result, progress, extent)
    if not result.harmful:
        lacking = set(result.left_out)
        seen = [one for one in placed if lacking.isdisjoint(name for name, _ in named_files(one))]
        result.findings.extend(found for check in checks for found in check(store, seen))
    return result


def _is_contradicted(store: Store, types: EntryTypes, vkey: str | None) -> bool:
    """Say whether a store of this version only looks like a newer one, since a bit flipped."""
    try:
        key = vkey or store.read(LEDGER_KEY_FILE).decode()
        log = Log(store, NoteVerifier.parse(key.strip()))
        opened = types.place(0, log.entry(0))[1].body
        digest = f"sha256:{sha256_hex(store.read(STORE_FILE))}"
    except (EmeritusError, UnicodeDecodeError):
        return False
    return isinstance(opened, Opened) and opened.files.get(STORE_FILE) != digest


def _verifier(store: Store, vkey: str | None, result: Verification) -> NoteVerifier | None:
    """Read the key; a damaged one in the store is a finding, a bad one given is an error."""
    if vkey is not None:
        result.vkey = vkey.strip()
        return NoteVerifier.parse(result.vkey)
    try:
        text = store.read(LEDGER_KEY_FILE).decode()
        result.vkey = text.removesuffix("\n")
        if text != f"{result.vkey}\n":
            result.findings.append(Finding(LEDGER_KEY_FILE, "it does not end as a key file must"))
        return NoteVerifier.parse(result.vkey)
    except (NotFound, UserError, IntegrityError, UnicodeDecodeError) as problem:
        result.findings.append(Finding(LEDGER_KEY_FILE, f"it is not a ledger key: {problem}"))
        return None


def _check_ledger(
    store: Store,
    verifier: NoteVerifier,
    types: EntryTypes,
    result: Verification,
    progress: Progress,
) -> list[Placed[Any]]:
    """Check the log; when it is whole, read every entry."""
    checked = check_log(store, verifier, progress)
    result.checkpoint = checked.checkpoint
    result.findings.extend(checked.findings)
    if checked.checkpoint is None or result.harmful:
        return []
    placed: list[Placed[Any]] = []
    for position, data in enumerate(Log(store, verifier).entries(0, checked.checkpoint.size)):
        try:
            placed.append(types.place(position, data)[1])
        except IntegrityError as problem:
            result.findings.append(Finding(f"entry {position}", problem.message))
    result.counts["entries"] = checked.checkpoint.size
    return placed


def _check_files(
    store: Store,
    placed: list[Placed[Any]],
    result: Verification,
    progress: Progress,
    extent: Extent,
) -> None:
    names = list(store.names())
    result.counts["files"] = len(names)
    result.counts["objects"] = sum(name.startswith("objects/") for name in names)
    packs = [name for name in names if name.startswith("packs/")]
    result.counts["packs"] = len(packs)
    result.findings.extend(check_objects(store, progress))
    for name in packs:
        result.findings.extend(check_pack(store, name, progress))
    result.counts["closed"] = sum(name.startswith(CLOSED) for name in names)
    result.findings.extend(check_closed(store, progress))
    kinds = ("objects/", "packs/", CLOSED)
    named = (name for one in placed for name, _ in named_files(one))
    referred = {name for name in named if name.startswith(kinds)}
    keys = [one.body.key for one in placed if isinstance(one.body, CiphertextDropped)]
    referred -= dropped_from(referred, keys)
    known = [name for name in names if name not in extent.beside]
    result.findings.extend(_check_described(store, placed, known))
    if placed:
        missing = sorted(referred - set(names))
        result.left_out.extend(name for name in missing if extent.may_lack(name))
        result.findings.extend(
            Finding(name, "an entry speaks of it, and it is not there")
            for name in missing
            if not extent.may_lack(name)
        )
        result.findings.extend(
            Finding(name, "no entry speaks of it; a crash may have left it", harmful=False)
            for name in names
            if name.startswith(kinds) and name not in referred and "/parity/" not in name
        )
    for one in placed:
        if isinstance(one.body, Deposited):
            result.models.append(one.body.model)
            _check_deposit(store, one.body, result, extent)


def _check_described(
    store: Store, placed: list[Placed[Any]], names: list[str]
) -> Iterator[Finding]:
    """Compare the files by which the store explains itself with the first entry."""
    opened = next((one.body for one in placed if isinstance(one.body, Opened)), None)
    known = {} if opened is None else opened.files
    for name, digest in known.items():
        try:
            if f"sha256:{sha256_hex(store.read(name))}" != digest:
                yield Finding(name, "it is not the file that the first entry speaks of")
        except NotFound:
            yield Finding(name, "the first entry speaks of it, and it is not there")
    if opened is not None:
        for name in names:
            if not name.startswith(_PREFIXES) and name not in known:
                yield Finding(name, "nothing in the record speaks of it")


def _check_deposit(store: Store, body: Deposited, result: Verification, extent: Extent) -> None:
    """Check that a package could be restored: manifest, signature, and every piece at hand.

    Of a closed one nothing can be said without its key but that every file of it is whole, and
    that is checked with all others.
    """
    if body.place:
        if not extent.has(body.model):
            result.without.append(body.model)
        return
    manifest = Digest.parse(body.manifest)
    if object_name(manifest) in result.left_out:
        result.without.append(body.model)
        return
    try:
        package = package_of(store, manifest)
    except (IntegrityError, NotFound) as problem:
        result.findings.append(Finding(object_name(manifest), problem.message))
        return
    result.findings.extend(_check_package(store, body, package))
    index = PackIndex.load(store)
    lost = sum(index.get(piece.id) is None for file in package.files for piece in file.pieces)
    if lost and not extent.has(body.model):
        result.without.append(body.model)
    elif lost and body.in_place:
        said = f"its files lie in {body.in_place}, and {lost} of its pieces are in no pack here"
        result.findings.append(Finding(object_name(manifest), said, harmful=False))
    elif lost:
        said = f"{lost} of its pieces are in no pack of this store"
        result.findings.append(Finding(object_name(manifest), said))


def _check_package(store: Store, body: Deposited, package: Package) -> Iterator[Finding]:
    manifest = Digest.parse(body.manifest)
    if package.identity != body.identity:
        yield Finding(object_name(manifest), "it has another identity than its entry says")
    yield from check_signature(store, package, Digest.parse(body.signature))
