"""Check: verify, rebuild, backup, doctor."""

import os
import platform
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from emeritus import __version__
from emeritus.adapters.stores import LocalStore
from emeritus.assembly import (
    CHECKS,
    ENTRY_TYPES,
    House,
    HouseSite,
    backup_home,
    open_house,
    restore_home,
)
from emeritus.assembly.demonstration import free_bytes
from emeritus.assembly.settings import read_settings
from emeritus.cli.keep.bundles import listing_data, listing_words
from emeritus.cli.output import aligned, emit, plural
from emeritus.cli.progress import size
from emeritus.cli.served import is_address, verify_address
from emeritus.cli.setting import Setting, home_option, json_option
from emeritus.cli.verifying import verify_file
from emeritus.custody import Verification, verify_store
from emeritus.custody.bundles.checking import unpacked, verify_bundle
from emeritus.foundation import EmeritusError, Misconfigured, UserError
from emeritus.vault import Damaged
from emeritus.vault.bundle import Listing, looks_like_a_bundle, open_bundle
from emeritus.vault.codec.chosen import codec_engine
from emeritus.vault.layout import STORE_FILE


@click.command()
@click.argument("store", required=False)
@click.option("--key", default=None, metavar="VKEY", help="The ledger's key, from whom you trust.")
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="With a receipt: a file with the request or the answer; may be repeated.",
)
@click.option(
    "--no-weights",
    is_flag=True,
    help="The store holds no packs on purpose: the ledger and the small objects are checked.",
)
@home_option
@json_option
def verify(
    store: str | None,
    key: str | None,
    against: tuple[Path, ...],
    home: Path,
    *,
    no_weights: bool,
    as_json: bool,
) -> None:
    """Check everything in STORE (or in this home's store), and say what was found.

    STORE is the folder that holds store.json, or a home with a store in it; or one file: a bundle,
    a transcript, the provenance of a post, the receipt of an answer, or the certificate of a
    destruction: all of that offline. Or an address that serves a record, or a post of it: then
    the ledger, or the post, is read from there.
    """
    progress = Setting(home).progress()
    if store is not None and is_address(store):
        data, lines = verify_address(store, key, progress)
        emit(data, lines, as_json=as_json)
        return
    place = home if store is None else Path(store)
    if place.is_file() and looks_like_a_bundle(place):
        with open_bundle(place) as bundle:
            found = verify_bundle(bundle, ENTRY_TYPES, vkey=key, progress=progress, checks=CHECKS)
            listing = bundle.listing
        _tell(place, found, listing, trusted=key is not None, as_json=as_json)
        return
    if place.is_file():
        data, lines = verify_file(place, key, against)
        emit(data, lines, as_json=as_json)
        return
    folder = store_folder(place)
    local = LocalStore(folder)
    extent, beside = unpacked(local)
    extent = replace(extent, weights=not no_weights)
    result = verify_store(
        local, ENTRY_TYPES, vkey=key, progress=progress, checks=CHECKS, extent=extent
    )
    result.findings.extend(beside)
    _tell(folder, result, None, trusted=key is not None, as_json=as_json)


def _tell(
    place: Path, result: Verification, listing: Listing | None, *, trusted: bool, as_json: bool
) -> None:
    """Say what a check found; of a bundle, what it is.

    Raises:
        Damaged: it found damage, or no signed checkpoint.
    """
    data, lines = verification_data(place, result), verification_lines(result, trusted=trusted)
    if listing is not None:
        data["listing"] = listing_data(listing)
        lines = [f"A bundle: {listing_words(listing)}.", *lines]
    emit(data, lines, as_json=as_json)
    if not result.is_whole:
        first = result.harmful[0] if result.harmful else None
        raise Damaged(
            f"{place} is damaged: {first}" if first else f"{place} has no signed checkpoint",
            about=first.file if first else "log/checkpoint",
        )


def store_folder(path: Path) -> Path:
    """Return the store that `path` is or holds.

    Raises:
        UserError: it is neither a store nor a home.
    """
    inner = path / read_settings(path).store if path.is_dir() else path
    for folder in (path, inner):
        if (folder / STORE_FILE).exists() or (folder / "log").is_dir():
            return folder
    raise UserError(
        f"expected a store or a home at {path}, found neither ({STORE_FILE} is missing); "
        "name the folder that holds store.json"
    )


def verification_data(folder: Path, result: Verification) -> dict[str, Any]:
    """Return a check as plain data."""
    checkpoint = result.checkpoint
    return {
        "store": str(folder),
        "whole": result.is_whole,
        "origin": result.origin,
        "vkey": result.vkey,
        "ledger_size": checkpoint.size if checkpoint else None,
        "root": checkpoint.root.hex() if checkpoint else None,
        "models": result.models,
        "counts": result.counts,
        "left_out": result.left_out,
        "without": result.without,
        "findings": [
            {"file": one.file, "problem": one.problem, "harmful": one.harmful}
            for one in result.findings
        ],
    }


def verification_lines(result: Verification, *, trusted: bool) -> list[str]:
    """Return a check in sentences."""
    counts = result.counts
    lines = [f"  {finding}" for finding in result.harmful[:40]]
    if lines:
        lines.insert(0, f"Damage in {plural(len(result.harmful), 'place')}:")
    elif result.is_whole:
        lines = [
            (
                f"Whole: {plural(counts.get('entries', 0), 'entry', 'entries')}, "
                f"{plural(counts.get('objects', 0), 'object')}, "
                f"{plural(counts.get('packs', 0), 'pack')} "
                f"and {plural(counts.get('files', 0), 'file')} in all match their digests, "
                "and the ledger's signature is good."
            ),
            f"Models: {', '.join(result.models) or 'none yet'}.",
            *_left_out(result),
            *_closed_lines(counts.get("closed", 0)),
            *aligned({"ledger": result.vkey}),
        ]
        if not trusted:
            lines.append(
                "  The key is the store's own; give --key VKEY to check whose record it is."
            )
    return [*lines, *_harmless_lines(result)]


def _harmless_lines(result: Verification) -> list[str]:
    """Say in whose words what is no damage was found, each kind once."""
    said = Counter(one.problem for one in result.findings if not one.harmful)
    return [f"  No damage, {plural(count, 'file')}: {problem}." for problem, count in said.items()]


def _left_out(result: Verification) -> list[str]:
    """Say what is not there on purpose; whoever reads it decides whether that was the purpose."""
    if not (result.left_out or result.without):
        return []
    packs = sum("packs/" in name for name in result.left_out)
    others = len(result.left_out) - packs
    kinds = [plural(packs, "pack")] if packs else []
    kinds += [plural(others, "object")] if others else []
    said = f" ({' and '.join(kinds)}, of which the ledger gives the digests)" if kinds else ""
    models = ", ".join(result.without) or "no model"
    return [f"Left out on purpose, and so not checked: the weights of {models}{said}."]


def _closed_lines(closed: int) -> list[str]:
    """Say what was checked of files that nobody could open."""
    if not closed:
        return []
    return [
        f"{plural(closed, 'stored file')} sealed or erasable: whole, and opened with a key alone."
    ]


@click.command()
@home_option
@json_option
def rebuild(home: Path, *, as_json: bool) -> None:
    """Make the index from the ledger anew, and say whether it is the same."""
    house = open_house(home)
    done = house.record.rebuild()
    verdict = (
        "There was no index of this shape to compare with."
        if not done.had_index
        else "Every table is as it was."
        if not done.differing
        else f"Not as the ledger says before, and now so: {', '.join(done.differing)}."
    )
    emit(
        {
            "entries": done.entries,
            "rows": done.rows,
            "had_index": done.had_index,
            "differing": list(done.differing),
        },
        [
            f"The index was made anew from {plural(done.entries, 'entry', 'entries')}. {verdict}",
            *aligned({table: str(rows) for table, rows in done.rows.items()}),
        ],
        as_json=as_json,
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--restore", "bring_back", is_flag=True, help="Bring back what FILE holds.")
@home_option
@json_option
def backup(file: Path, home: Path, *, bring_back: bool, as_json: bool) -> None:
    """Write to FILE the part of a home that is in no store: keys, settings, private database."""
    parts = restore_home(home, file) if bring_back else backup_home(home, file)
    done = "Brought back" if bring_back else f"{file} holds"
    lines = [f"{done}: {', '.join(parts) or 'nothing, it was all there'}."]
    if not bring_back:
        lines.append("Whoever has this file can write in the record: keep it as you keep keys.")
    emit({"file": str(file), "parts": list(parts)}, lines, as_json=as_json)


@click.command()
@home_option
@json_option
def doctor(home: Path, *, as_json: bool) -> None:
    """Look at this machine and this home, and say what is missing."""
    checks = [*_machine(home), *_home(home)]
    emit(
        [{"what": what, "ok": ok, "said": said} for what, ok, said in checks],
        [f"  {'ok  ' if ok else 'LOOK'}  {what}: {said}" for what, ok, said in checks],
        as_json=as_json,
    )
    bad = [what for what, ok, _ in checks if not ok]
    if bad:
        raise Misconfigured(
            f"{plural(len(bad), 'thing')} to look at: {', '.join(bad)}; "
            "the lines marked LOOK say what was found"
        )


def _keyring(house: House) -> list[tuple[str, bool, str]]:
    """Say whether what is sealed can be opened here; nothing where nothing is."""
    if not house.keyring.exists:
        return []
    try:
        held = len(house.keyring.read().keys)
    except EmeritusError as problem:
        return [("keyring", False, problem.message)]
    return [("keyring", True, f"{plural(held, 'key')} of what is sealed")]


def _machine(home: Path) -> list[tuple[str, bool, str]]:
    free = free_bytes(home)
    zstd = shutil.which("zstd")
    cores = len(os.sched_getaffinity(0))
    compiled = codec_engine() == "compiled"
    codec = "compiled" if compiled else "numpy alone; slower, until it is installed with a compiler"
    return [
        ("emeritus", True, f"{__version__} on Python {platform.python_version()}"),
        ("cores", True, plural(cores, "core")),
        ("codec", True, codec),
        ("disk", free > 1 << 30, f"{size(free)} free where the home lies"),
        ("zstd", zstd is not None, zstd or "missing; the stand-alone reader needs it"),
    ]


def _home(home: Path) -> list[tuple[str, bool, str]]:
    try:
        house = open_house(home)
        footing = HouseSite(house).footing()
        engine = house.engine.identity()
        steward = house.private.contact("steward")
    except EmeritusError as problem:
        return [("home", False, problem.message)]
    keys = not house.record.is_read_only and house.oms is not None
    return [
        ("home", True, str(home)),
        ("ledger", True, f"{plural(footing.size, 'entry', 'entries')}, {footing.origin}"),
        ("keys", keys, "both are here" if keys else "missing: this home can be read, not written"),
        *_keyring(house),
        ("engine", True, f"{engine.name} {engine.version}, files {engine.files[:16]}…"),
        (
            "contact",
            True,
            "kept"
            if steward
            else "none kept; only 'emeritus init --contact' of a new home keeps one",
        ),
    ]
