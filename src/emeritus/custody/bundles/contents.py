"""Which files a bundle carries: of the whole record, or of one model and what it builds on."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emeritus.catalogue import find_model
from emeritus.custody.copies.holdings import (
    Holdings,
    entries_of,
    holdings_of,
    named_files,
    packs_needed,
)
from emeritus.custody.drills.kit import read_kit
from emeritus.custody.entries import Deposited, PackedUp, RunKitRecorded
from emeritus.custody.errors import Incomplete, KeptInPlace
from emeritus.custody.ports import Copy
from emeritus.foundation import Digest, IntegrityError, NotFound
from emeritus.ledger import Checkpoint, log_files
from emeritus.record import Placed, Record
from emeritus.vault import PackIndex, Store, get_object, object_name
from emeritus.vault.bundle import Listing, Member

WHEELS = "wheels/"
"""Where a bundle has the engines' wheels; no part of a store."""

_CHUNK = 1 << 20
_CLOSED = "closed/"

Source = Callable[[], Iterable[bytes]]


@dataclass(slots=True)
class Chosen:
    """What of a record is carried.

    Attributes:
        model: for whose sake; empty for the whole record.
        models: whose files can be restored from it.
        in_place: models whose files are in no pack.
        files: names in the store, to their SHA-256 in hex.
        left_out: names that the record speaks of and that are not carried.
        kits: run-kits of what is carried.
    """

    model: str
    models: tuple[str, ...]
    in_place: tuple[str, ...]
    files: dict[str, str]
    left_out: frozenset[str]
    kits: tuple[Digest, ...]


def choose(record: Record, name: str, checkpoint: Checkpoint) -> Chosen:
    """Return what a bundle of a model carries, or of the whole record when `name` is empty.

    Everything is read from the entries under the checkpoint, so that what comes later, while this
    runs, changes nothing.

    Raises:
        NoSuchModel: no model of that name.
        KeptInPlace: its files are in no pack.
        Incomplete: the primary store lacks something that it needs.
        IntegrityError: the ledger or a manifest is damaged.
    """
    placed = list(entries_of(record.log, record.types, checkpoint.size))
    said = _Said(holdings_of(placed))
    for one in placed:
        said.read(one, record.types.of(one.body).model(one.body))
    if name:
        with record.read() as index:
            name = str(find_model(index, name).name)
    scope = {name, said.root_of(name)} if name else set(said.files) - {""}
    models = sorted(scope & said.kept & (said.deposits.keys() - said.in_place))
    if name in said.in_place:
        raise KeptInPlace(
            f"the files of {name} lie where they were found, outside the store; pack them first "
            f"with 'emeritus pack {name}', then export",
            about=name,
        )
    files = {file: digest for one in ("", *scope) for file, digest in said.of(one).items()}
    needed = _packs_of(record, said, models) if name else said.packs.keys()
    files |= {pack: said.packs[pack] for pack in needed if pack in said.packs}
    everything = {file for one in said.files.values() for file in one} | said.packs.keys()
    return Chosen(
        name,
        tuple(models),
        tuple(sorted(scope & said.in_place)),
        files,
        frozenset(everything - files.keys()),
        tuple(said.kits[one] for one in sorted(scope & said.kits.keys())),
    )


class _Said:
    """What entries say: of each model (of none, under the empty name), and of all packs.

    Args:
        holdings: what a store must hold; what an entry speaks of beyond it is gone for good.
    """

    def __init__(self, holdings: Holdings) -> None:
        self._held = holdings.files
        self.kept = set(holdings.models)
        self.files: dict[str, dict[str, str]] = {"": {}}
        self.packs: dict[str, str] = {}
        self.deposits: dict[str, Deposited] = {}
        self.closed: dict[str, str] = {}
        self.bases: dict[str, str] = {}
        self.differing: set[str] = set()
        self.in_place: set[str] = set()
        self.kits: dict[str, Digest] = {}

    def of(self, model: str) -> dict[str, str]:
        """Return the files that entries about a model speak of."""
        return self.files.setdefault(model, {})

    def root_of(self, model: str) -> str:
        """Return the model from which its pieces differ in the end; itself for none."""
        while base := self.bases.get(model):
            model = base
        return model

    def read(self, one: Placed[Any], about: str | None) -> None:
        """Take in one entry."""
        body = one.body
        named = {file: digest for file, digest in named_files(one) if file in self._held}
        for file, digest in named.items():
            (self.packs if "packs/" in file else self.of(about or ""))[file] = digest
        closed = {file.partition("objects/")[0] for file in named if file.startswith(_CLOSED)}
        if isinstance(body, Deposited):
            self.deposits[body.model] = body
            self.closed[body.model] = next(iter(closed), "")
            self.in_place -= {body.model}
            self.in_place |= {body.model} if body.in_place else set()
        elif isinstance(body, PackedUp):
            self.in_place -= {body.model}
        elif isinstance(body, RunKitRecorded) and not body.place:
            self.kits[body.model] = Digest.parse(body.kit)
        if isinstance(body, Deposited | PackedUp) and body.base != body.model:
            self.bases[body.model] = body.base
            self.differing |= {body.model} if body.differences else set()


def _packs_of(record: Record, said: _Said, models: Iterable[str]) -> set[str]:
    places = PackIndex.load(record.store)
    needed: set[str] = set()
    for model in models:
        if prefix := said.closed[model]:
            # Which of them it needs is sealed, too.
            needed |= {pack for pack in said.packs if pack.startswith(prefix)}
            continue
        manifest, differs = Digest.parse(said.deposits[model].manifest), model in said.differing
        try:
            needed |= packs_needed(places, record.store, manifest, differs=differs)
        except NotFound as problem:
            raise Incomplete(
                f"the primary store does not hold all of {model} ({problem.message}); make it "
                "whole with 'emeritus repair', then export",
                about=model,
            ) from problem
    return needed


@dataclass(frozen=True, slots=True)
class Loaded:
    """A list, and where the bytes of its members come from."""

    listing: Listing
    sources: Mapping[str, Source]

    def contents(self, name: str) -> Iterable[bytes]:
        """Give a member's bytes."""
        return self.sources[name]()


def load(
    record: Record,
    chosen: Chosen,
    head: tuple[bytes, Checkpoint],
    *,
    copies: Sequence[Copy],
    wheels: Mapping[str, Path],
) -> Loaded:
    """Write the list of what was chosen.

    Args:
        record: whose.
        chosen: what.
        head: the signed checkpoint under which it is written.
        copies: the stores to read from; a file that one does not have comes from the next.
        wheels: SHA-256 (hex) of engines' wheels to carry, and where they lie.

    Raises:
        Incomplete: no store has a file of the record.
        IntegrityError: the ledger is damaged.
    """
    note, checkpoint = head
    sources: dict[str, Source] = {}
    members: list[Member] = []
    for name, digest in chosen.files.items():
        store, size = _holder(name, copies)
        sources[name] = _of_store(store, name)
        members.append(Member(name, size, digest))
    for name, give in log_files(record.log, note, checkpoint):
        data = give()
        sources[name] = _whole(give)
        members.append(Member(name, len(data), hashlib.sha256(data).hexdigest()))
    for digest, path in wheels.items():
        sources[WHEELS + path.name] = _of_file(path)
        members.append(Member(WHEELS + path.name, path.stat().st_size, digest))
    members.sort(key=lambda member: member.name)
    listing = Listing(
        record.log.verifier.name,
        checkpoint.size,
        checkpoint.root.hex(),
        chosen.model,
        chosen.models,
        tuple(members),
        tuple(sorted(chosen.left_out)),
        chosen.in_place,
        tuple(sorted(wheels_named(record.store, chosen) - wheels.keys())),
    )
    listing.require_sound()
    return Loaded(listing, sources)


def wheels_named(store: Store, chosen: Chosen) -> set[str]:
    """Return the SHA-256 (hex) of the wheels that the chosen run-kits name.

    Raises:
        Damaged: a run-kit is none.
    """
    kits = (read_kit(get_object(store, one), object_name(one)) for one in chosen.kits)
    return {kit.engine.wheel for kit in kits if kit.engine.wheel}


def _holder(name: str, copies: Sequence[Copy]) -> tuple[Store, int]:
    for copy in copies:
        try:
            size = copy.store.size(name)
        except IntegrityError:
            continue
        if size is not None:
            return copy.store, size
    raise Incomplete(
        f"{name} is in no store that can be reached; repair the record with 'emeritus repair', "
        "then export",
        about=name,
    )


def _of_store(store: Store, name: str) -> Source:
    def give() -> Iterator[bytes]:
        with store.open(name) as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    return give


def _of_file(path: Path) -> Source:
    def give() -> Iterator[bytes]:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    return give


def _whole(give: Callable[[], bytes]) -> Source:
    return lambda: (give(),)
