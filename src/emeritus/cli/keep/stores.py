"""Keep: the stores that hold copies, and bringing them up to date."""

from pathlib import Path
from typing import Any

import click

from emeritus.assembly import House
from emeritus.assembly.stores import kind_of, place_of
from emeritus.cli.output import Commands, aligned, columns, day, emit, plain, plural
from emeritus.cli.progress import size
from emeritus.cli.setting import Setting, home_option, json_option, role_option
from emeritus.custody import (
    PRIMARY,
    Replication,
    StoreFact,
    add_store,
    collect,
    kept_package,
    name_place,
    protect,
    remove_store,
    replicate,
    store_of,
    stores_of,
)
from emeritus.custody.errors import CopyDamaged, Incomplete
from emeritus.custody.places import verified_in
from emeritus.foundation import Conflict, EmeritusError, NotFound


@click.group(cls=Commands)
def stores() -> None:
    """Places that hold copies of this record: add, list, remove, name a place."""


@stores.command()
@click.argument("name")
@click.argument("location")
@click.option("--place", required=True, metavar="WORD", help="Where it is, such as a town.")
@click.option(
    "--packs",
    type=click.Choice(["all", "none"]),
    default="all",
    show_default=True,
    help="none: the ledger and small objects alone, without weights.",
)
@role_option
@home_option
@json_option
def add(
    name: str, location: str, place: str, packs: Any, role: str, home: Path, *, as_json: bool
) -> None:
    """Let the store NAME at LOCATION follow this record.

    LOCATION is a folder, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX.

    Adding it again tells this home where it is now, after its disk or bucket moved.
    """
    house = Setting(home).house()
    copy = house.stores.prepare(name, location)
    kind = kind_of(location)
    added = add_store(house.record, copy, kind=kind, place=place, packs=packs, actor=role)
    house.stores.remember(name, location)
    emit(
        {**plain(added), "location": location},
        [
            f"The store {name} in {place} follows this record. Nothing is in it yet:",
            f"'emeritus replicate {name}' brings it up to date.",
        ]
        if added.replicated_at is None
        else [f"The store {name} is at {location} now."],
        as_json=as_json,
    )


@stores.command("list")
@home_option
@json_option
def list_stores(home: Path, *, as_json: bool) -> None:
    """List the stores, how far each one is, and how many verified copies it holds."""
    house = Setting(home).house()
    with house.record.read() as index:
        known = [(one, verified_in(index, one.name)) for one in stores_of(index)]
    newest = house.record.checkpoint().size
    rows = [("NAME", "PLACE", "KIND", "WHERE", "UP TO", "BROUGHT", "COPIES")]
    data = []
    for one, verified in known:
        where, there = _reached(house, one)
        held = newest if one.name == PRIMARY else one.size
        behind = "everything" if held == newest else f"entry {held} of {newest}"
        if held == 0:
            behind = "nothing yet"
        rows.append(
            (
                one.name,
                one.place,
                one.kind + ("" if one.packs == "all" else ", no weights"),
                where + ("" if there else " (not there)"),
                behind,
                "" if one.name == PRIMARY else day(one.replicated_at),
                f"{verified} verified",
            )
        )
        data.append(
            {**plain(one), "size": held, "location": where, "reached": there, "verified": verified}
        )
    emit(data, columns(rows), as_json=as_json)


def _reached(house: House, one: StoreFact) -> tuple[str, bool]:
    """Return where a store is for this home, and whether it can be reached."""
    if one.name == PRIMARY:
        return str(house.home), True
    where = house.stores.locations().get(one.name, "unknown")
    try:
        house.stores.open(one.name, patience=2).store.size("store.json")
    except EmeritusError:
        return where, False
    return where, True


@stores.command()
@click.argument("name")
@click.option("--reason", default="", help="Why; it becomes part of the record.")
@role_option
@home_option
@json_option
def remove(name: str, reason: str, role: str, home: Path, *, as_json: bool) -> None:
    """Let the store NAME follow no longer; its copies stop counting, and its files stay."""
    house = Setting(home).house()
    lost = remove_store(house.record, name, reason=reason, actor=role)
    house.stores.forget(name)
    emit(
        {"name": name, "verified_copies_removed": lost},
        [
            (
                f"The store {name} follows this record no longer; "
                f"{plural(lost, 'verified copy', 'verified copies')} of models stopped counting."
            ),
            "Its files are where they were. 'emeritus stores add' takes it back.",
        ],
        as_json=as_json,
    )


@stores.command()
@click.argument("word")
@role_option
@home_option
@json_option
def place(word: str, role: str, home: Path, *, as_json: bool) -> None:
    """Say in a WORD where the primary store is; copies in one place are lost together."""
    house = Setting(home).house()
    name_place(house.record, word, actor=role)
    with house.record.read() as index:
        emit(plain(store_of(index, PRIMARY)), [f"The primary store is in {word}."], as_json=as_json)


@stores.command()
@click.argument("model")
@click.argument("path")
@home_option
@json_option
def locate(model: str, path: str, home: Path, *, as_json: bool) -> None:
    """Say at which PATH the files of MODEL lie now, which was deposited in place.

    PATH is a file, a folder, or a bucket's prefix as 'emeritus deposit' takes it.
    """
    house = Setting(home).house()
    place = place_of(path, model)
    if isinstance(place, Path) and not place.exists():
        raise NotFound(f"expected files at {path}, found nothing; say where they lie", about=path)
    if kept_package(house.record, model).packed:
        raise Conflict(f"{model} is in packs, so nobody need know where its files were")
    house.stores.remember_found(model, path)
    lines = [f"{model} is at {path} now; 'emeritus audit {model}' shows whether it is the same."]
    emit({"name": model, "path": path}, lines, as_json=as_json)


@stores.command("parity")
@click.option("--store", default=PRIMARY, show_default=True, metavar="STORE", help="Which.")
@home_option
@json_option
def add_parity(store: str, home: Path, *, as_json: bool) -> None:
    """Add some 3 % of parity, by which a damaged pack mends itself where no other copy is."""
    setting = Setting(home)
    house = setting.house()
    made = protect(house.record, house.stores.open(store), progress=setting.progress())
    packs = plural(made.packs, "pack")
    lines = [f"Parity lies beside {packs} in {store}; {size(made.new_bytes)} of it is new."]
    if made.anew:
        lines.append(f"{plural(made.anew, 'parity file')} were damaged and made anew.")
    lines += [f"  {finding}" for finding in made.findings]
    emit(plain(made), lines, as_json=as_json)
    if made.findings:
        first = made.findings[0]
        raise CopyDamaged(
            f"{first}; no parity is made of a damaged pack: "
            f"'emeritus repair --store {store}' first",
            about=first.file,
        )


@stores.command("collect")
@click.option("--store", default=PRIMARY, show_default=True, metavar="STORE", help="Which.")
@click.option("--remove", is_flag=True, help="Take it away, for good; without it, only list.")
@home_option
@json_option
def collect_store(store: str, home: Path, *, remove: bool, as_json: bool) -> None:
    """Find what no entry speaks of, such as the packs of a deposit that was given up."""
    house = Setting(home).house()
    found = collect(house.record, house.stores.open(store), remove=remove)
    what = f"{plural(len(found.files), 'file')} in {store}, {size(found.bytes)}"
    if not found.files:
        lines = [f"The record speaks of everything in {store}."]
    elif remove:
        lines = [f"Removed {what}."]
    else:
        lines = [f"No entry speaks of {what}:", *(f"  {name}" for name in found.files[:20])]
        lines.append("A deposit of the same files would use them; else '--remove' frees the room.")
    emit(plain(found), lines, as_json=as_json)


@click.command("replicate")
@click.argument("names", nargs=-1, metavar="[STORE]...")
@role_option
@home_option
@json_option
def replicate_stores(names: tuple[str, ...], role: str, home: Path, *, as_json: bool) -> None:
    """Bring stores up to date, all or the named ones, and read back what was copied.

    It can be interrupted and run again. A copy of a model counts once every file of it was read
    back from that store and hashed.
    """
    setting = Setting(home)
    house = setting.house()
    with house.record.read() as index:
        known = [one.name for one in stores_of(index) if one.name != PRIMARY]
    if not (names or known):
        raise Conflict(
            "no store follows this record yet; add one with "
            "'emeritus stores add NAME LOCATION --place WORD'"
        )
    done: list[Replication] = []
    missed: list[EmeritusError] = []
    for name in names or known:
        try:
            copy = house.stores.open(name)
            done.append(replicate(house.record, copy, actor=role, progress=setting.progress()))
        except EmeritusError as problem:
            missed.append(problem)
            click.echo(f"  {name}: {problem.message}", err=True)
    emit([plain(one) for one in done], _lines(done), as_json=as_json)
    for one in done:
        if one.findings:
            raise Incomplete(
                f"{one.store} could not be brought up to date: {one.findings[0]}; "
                f"'emeritus repair --store {one.store}' mends it, 'emeritus repair' the primary",
                about=one.findings[0].file,
            )
    if missed:
        raise missed[0]


def _lines(done: list[Replication]) -> list[str]:
    lines = []
    for one in done:
        if one.findings:
            lines.append(f"{one.store}: not up to date.")
            lines += [f"  {finding}" for finding in one.findings[:20]]
        else:
            lines.append(f"{one.store} holds everything up to entry {one.size}.")
        lines += aligned(
            {
                "copied": f"{plural(one.files, 'file')}, {size(one.bytes)}" if one.files else "",
                "read back": ", ".join(one.models),
            }
        )
    return lines
