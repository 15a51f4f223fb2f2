"""Keep: init and deposit."""

from pathlib import Path
from typing import Any

import click

from emeritus.assembly import found_house, sealed_under
from emeritus.assembly.stores import place_of
from emeritus.cli.output import aligned, emit, plain, plural
from emeritus.cli.progress import size
from emeritus.cli.sealing import show_recovery
from emeritus.cli.setting import Setting, home_option, json_option, role_option
from emeritus.custody import POLICIES, Receipt, pack
from emeritus.custody import deposit as deposit_model
from emeritus.foundation import ModelName


@click.command()
@home_option
@click.option("--steward", default="this steward", show_default=True, help="Who answers for it.")
@click.option(
    "--policy",
    type=click.Choice(list(POLICIES)),
    default="standard",
    show_default=True,
    help="standard wants three verified copies, demonstration one.",
)
@click.option("--contact", default="", help="An address for the steward; it stays private.")
@json_option
def init(home: Path, steward: str, policy: str, contact: str, *, as_json: bool) -> None:
    """Make a new home: keys, a store that explains itself, and the first entries."""
    house = found_house(home, steward=steward, policy=policy, contact=contact)
    emit(
        {"home": str(home), "origin": house.record.log.verifier.name, "vkey": house.vkey},
        [
            f"A new record is at {home}.",
            f"Its ledger is signed by {house.vkey}",
            "Publish that line where people know you: it tells them that the record is yours.",
            f"The private keys lie in {home / 'keys'}; keep a copy with 'emeritus backup FILE'.",
        ],
        as_json=as_json,
    )


@click.command()
@click.argument("path")
@click.argument("name")
@click.option("--opaque", is_flag=True, help="Keep the bytes without looking for tensors.")
@click.option(
    "--parent",
    default="",
    metavar="MODEL",
    help="The model that it was made from, a hint; it is looked for anyway.",
)
@click.option(
    "--in-place",
    metavar="WORD",
    default="",
    help="Copy nothing: keep the files where they lie, a place called WORD, and pack them later.",
)
@click.option(
    "--sealed",
    is_flag=True,
    help="Encrypt it; nobody is ever given its files, or told their names.",
)
@role_option
@home_option
@json_option
def deposit(
    path: str,
    name: str,
    *,
    parent: str,
    in_place: str,
    sealed: bool,
    role: str,
    home: Path,
    opaque: bool,
    as_json: bool,
) -> None:
    """Take the model at PATH into care as NAME.

    PATH is a file, a folder, s3://BUCKET/PREFIX?endpoint=URL&region=NAME, gs://BUCKET/PREFIX or
    az://CONTAINER/PREFIX; the key to a bucket comes from the environment.
    """
    setting = Setting(home)
    house = setting.house()
    given = ModelName.parse(name)
    under = None
    if sealed:
        under = sealed_under(house.record, house.keyring, given, parent, show_recovery)
    receipt = deposit_model(
        house.record,
        place_of(path, name),
        given,
        signer=house.require_oms(),
        engine=house.engine,
        actor=role,
        opaque=opaque,
        progress=setting.progress(),
        parent=parent,
        in_place=in_place,
        sealed=under,
    )
    if in_place:
        house.stores.remember_found(name, path)
    emit(receipt_data(receipt), receipt_lines(receipt), as_json=as_json)


def receipt_data(receipt: Receipt) -> dict[str, Any]:
    """Return a receipt as plain data."""
    return {
        "name": str(receipt.model),
        "identity": str(receipt.identity),
        "manifest": str(receipt.manifest),
        "position": receipt.position,
        "raw_bytes": receipt.raw_bytes,
        "stored_bytes": receipt.stored_bytes,
        "new_bytes": receipt.new_bytes,
        "files": receipt.files,
        "format": receipt.format,
        "skipped": list(receipt.skipped),
        "outside": list(receipt.outside),
        "base": receipt.base,
        "differences": receipt.differences,
        "in_place": receipt.in_place,
        "place": receipt.place,
    }


def receipt_lines(receipt: Receipt) -> list[str]:
    """Return a receipt in sentences."""
    share = receipt.stored_bytes / receipt.raw_bytes if receipt.raw_bytes else 0
    lines = [
        (
            f"{receipt.model} is in care: {plural(receipt.files, 'file')}, "
            f"{size(receipt.raw_bytes)}, "
            + (
                f"where they lie, in {receipt.in_place}."
                if receipt.in_place
                else f"kept in {size(receipt.stored_bytes)} ({share:.1%})."
            )
        ),
        *aligned({"identity": str(receipt.identity), "entry": str(receipt.position)}),
    ]
    if receipt.base:
        pieces = plural(receipt.differences, "piece")
        lines.append(f"{pieces} of it are kept as differences from {receipt.base}.")
    if receipt.place:
        lines.append(
            "It is sealed: its files and their names are encrypted under a key of this home "
            f"({receipt.place.rpartition('/')[2]}). Keep a backup: without the keyring nobody "
            "can open it."
        )
    if receipt.in_place:
        lines.append(
            f"Nothing was copied: whoever changes those files changes the model. "
            f"'emeritus pack {receipt.model}' makes a copy that is this record's own."
        )
    if receipt.skipped:
        lines.append(f"Left out by rule: {', '.join(receipt.skipped[:8])}.")
    if receipt.outside:
        lines.append(f"Links out of the folder, followed: {', '.join(receipt.outside[:8])}.")
    return lines


@click.command("pack")
@click.argument("name")
@role_option
@home_option
@json_option
def pack_model(name: str, role: str, home: Path, *, as_json: bool) -> None:
    """Pack NAME, which was deposited in place, into the primary store."""
    setting = Setting(home)
    house = setting.house()
    done = pack(house.record, name, house.stores, actor=role, progress=setting.progress())
    emit(
        plain(done),
        [f"{name} is packed: {plural(done.packs, 'pack')}, kept in {size(done.stored_bytes)}."],
        as_json=as_json,
    )
