"""Keep: export and import."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from emeritus.adapters.runtimes import fetch_wheels, wheels_in
from emeritus.adapters.stores import LocalStore
from emeritus.assembly import ENTRY_TYPES, House, open_house
from emeritus.assembly.settings import SETTINGS_FILE, read_settings
from emeritus.cli.keep.site import export_site
from emeritus.cli.output import emit, plural
from emeritus.cli.progress import Bar, size
from emeritus.cli.setting import Setting, home_option, json_option
from emeritus.custody.bundles.bringing import Brought, fill_in, unpack
from emeritus.custody.bundles.contents import Loaded
from emeritus.custody.bundles.export import export, load_bundle, stream, wheels_for
from emeritus.foundation import Conflict, UserError
from emeritus.vault.bundle import Listing, open_bundle
from emeritus.vault.layout import STORE_FILE

_STREAM = Path("-")

_OF_A_HOME = ("keys", "locks", SETTINGS_FILE, "index.sqlite")
"""What may lie in a folder before a record is brought into it, such as keys from a backup."""


@click.command("export")
@click.argument("name", required=False)
@click.argument("file", required=False, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--all", "everything", is_flag=True, help="The whole record, every model of it.")
@click.option("--force", is_flag=True, help="Put the bundle in place of a file that is there.")
@click.option("--wheels", is_flag=True, help="Fetch the engines' wheels with pip, and carry them.")
@click.option(
    "--wheels-from",
    metavar="FOLDER",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Carry the engines' wheels that lie in FOLDER.",
)
@click.option(
    "--site",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Write the pages as plain files under FOLDER, in place of a bundle.",
)
@click.option(
    "--address",
    default="",
    metavar="URL",
    help="With --site: where it will be published; feeds carry whole addresses then.",
)
@home_option
@json_option
def export_bundle(  # noqa: PLR0913 - one argument an option
    name: str | None,
    file: Path | None,
    home: Path,
    *,
    everything: bool,
    force: bool,
    wheels: bool,
    wheels_from: Path | None,
    site: Path | None,
    address: str,
    as_json: bool,
) -> None:
    """Write the record of NAME to FILE, a bundle that opens without Emeritus.

    It holds the whole ledger with its proofs, and what NAME needs: weights, transcripts, posts,
    run-kit, specs and reader. With --all (then FILE alone) it holds every model. With FILE - it
    goes to standard output. With --site FOLDER, and without FILE, the reading pages are written
    as files that need no server.
    """
    model, target = _what(name, file, site, address, everything=everything)
    setting = Setting(home)
    house = setting.house()
    progress = setting.progress()
    if site is not None:
        export_site(house, model, site, address, progress, as_json=as_json)
        return
    with _wheels(house, model, progress, fetch=wheels, folder=wheels_from) as found:
        loaded = load_bundle(house.record, model, copies=house.copies(), wheels=found)
        if target == _STREAM:
            _stream(loaded, progress)
            return
        done = export(loaded, target, over=force, progress=progress)
    data = {"file": str(target), "bytes": done.bytes, **listing_data(done.listing)}
    lines = [f"{target} holds {listing_words(done.listing)}: {size(done.bytes)}."]
    lines += left_out_lines(done.listing)
    lines.append(f"Anybody checks it with 'emeritus verify {target}', and opens it with tar.")
    emit(data, lines, as_json=as_json)


def _what(
    name: str | None, file: Path | None, site: Path | None, address: str, *, everything: bool
) -> tuple[str, Path]:
    """Return the model, empty for the whole record, and where to write."""
    # With --all the only argument is the file.
    model, target = ("", Path(name) if name else None) if everything else (name, file)
    if site is None and address:
        raise UserError("--address says where a site will be published; say --site FOLDER too")
    if address and not address.startswith(("https://", "http://")):
        raise UserError(f"expected an address such as https://example.org/, found {address[:96]!r}")
    if model is not None and (target is None) != (site is None) and not (everything and file):
        return model, target or site or _STREAM
    raise UserError(
        "expected 'emeritus export NAME FILE' or 'emeritus export --all FILE', or --site FOLDER "
        "in place of FILE"
    )


@contextmanager
def _wheels(
    house: House, model: str, progress: Bar, *, fetch: bool, folder: Path | None
) -> Iterator[Mapping[str, Path]]:
    if not fetch and folder is None:
        yield {}
        return
    wanted = wheels_for(house.record, model)
    if folder is not None:
        yield wheels_in(folder, wanted)
        return
    house.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="wheels-", dir=house.work) as scratch:
        yield fetch_wheels(wanted, Path(scratch), progress)


def _stream(loaded: Loaded, progress: Bar) -> None:
    out = sys.stdout.buffer
    out.writelines(stream(loaded, progress))
    out.flush()
    click.echo(f"Written: {listing_words(loaded.listing)}.", err=True)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", metavar="VKEY", help="The ledger's key, from whom you trust.")
@home_option
@json_option
def import_bundle(file: Path, key: str | None, home: Path, *, as_json: bool) -> None:
    """Make a home that can be read from FILE, a bundle; or fill in what a home lacks.

    With --home a folder that is new or empty, the record in FILE becomes a home without keys: its
    pages are read, its models restored, everything checked. With a home of the same record, what
    is missing there is added from FILE, and nothing is replaced.
    """
    setting = Setting(home)
    store = LocalStore(home / read_settings(home).store)
    with open_bundle(file) as bundle:
        is_new = store.size(STORE_FILE) is None
        if is_new:
            _require_room(home, store.root)
            home.mkdir(parents=True, exist_ok=True)
            done = unpack(bundle, store, ENTRY_TYPES, vkey=key, progress=setting.progress())
        else:
            house = open_house(home)
            _require_key(house, key)
            done = fill_in(bundle, house.record, progress=setting.progress())
    here = open_house(home)
    with here.record.read():
        pass  # The index is made at once, so that the home is ready.
    data = {
        "home": str(home),
        "founded": is_new,
        "files": done.files,
        "bytes": done.bytes,
        "there": done.there,
        **listing_data(done.listing) | {"ledger_size": done.size},
    }
    can_write = not here.record.is_read_only
    emit(data, _import_lines(home, done, is_new=is_new, can_write=can_write), as_json=as_json)


def _require_room(home: Path, store: Path) -> None:
    """Refuse a folder that holds other things; what an interrupted import left is no such thing."""
    there = list(home.resolve().iterdir()) if home.is_dir() else []
    if any(path.name not in _OF_A_HOME and not store.is_relative_to(path) for path in there):
        raise Conflict(
            f"{home} holds something already, and no record; name a folder that is new or empty",
            about=str(home),
        )


def _require_key(house: House, key: str | None) -> None:
    if key is not None and key.strip() != house.vkey:
        raise UserError(f"this home's ledger has another key: {house.vkey}")


def _import_lines(home: Path, done: Brought, *, is_new: bool, can_write: bool) -> list[str]:
    added = f"{plural(done.files, 'file')}, {size(done.bytes)}, each read back"
    if is_new:
        lines = [f"{home} holds {listing_words(done.listing)}: {added}."]
        if not can_write:
            said = "It has no keys: it can be read, checked and restored from, and not written."
            lines.append(said)
    elif done.files:
        lines = [f"What was missing is there now: {added}."]
        if can_write:
            lines.append("'emeritus audit NAME' makes a copy count again.")
    else:
        lines = ["Nothing was missing; the home is as it was."]
    return [*lines, *left_out_lines(done.listing)]


def listing_words(listing: Listing) -> str:
    """Say in a few words what a bundle claims to hold."""
    what = f"the record of {listing.model}" if listing.model else "the whole record"
    return f"{what} up to entry {listing.size - 1}"


def left_out_lines(listing: Listing) -> list[str]:
    """Return what a bundle leaves out on purpose, in sentences."""
    lines = []
    if listing.left_out:
        packs = sum("packs/" in name for name in listing.left_out)
        others = len(listing.left_out) - packs
        lines.append(
            f"Left out, since other models need it and not {listing.model}: "
            f"{plural(packs, 'pack')} and {plural(others, 'object')}."
        )
    lines += [
        f"The files of {name} lie outside the store and are not carried; 'emeritus pack {name}' "
        "brings them in."
        for name in listing.in_place
    ]
    if listing.wheels_left_out:
        count = plural(len(listing.wheels_left_out), "wheel")
        lines.append(f"Not carried: {count} of engines, by hash in the list; --wheels adds them.")
    return lines


def listing_data(listing: Listing) -> dict[str, Any]:
    """Return what a bundle says of itself as plain data."""
    return {
        "origin": listing.origin,
        "ledger_size": listing.size,
        "root": listing.root,
        "model": listing.model,
        "models": list(listing.models),
        "members": len(listing.members),
        "left_out": list(listing.left_out),
        "in_place": list(listing.in_place),
        "wheels": [one.name for one in listing.members if one.name.startswith("wheels/")],
        "wheels_left_out": list(listing.wheels_left_out),
    }
