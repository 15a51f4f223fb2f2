"""Keep: interchange with other archives, as bags and OCFL objects."""

from pathlib import Path

import click

from emeritus.cli.keep.deposit import receipt_data, receipt_lines
from emeritus.cli.keep.restore import rescued_lines
from emeritus.cli.output import Commands, aligned, emit, plain, plural
from emeritus.cli.progress import size
from emeritus.cli.setting import Setting, home_option, json_option, role_option
from emeritus.custody.interchange import (
    Parcel,
    check_free,
    read_bag,
    read_ocfl,
    receive,
    write_bag,
    write_ocfl,
)
from emeritus.foundation import ModelName

_folder = click.Path(path_type=Path)
_opaque_option = click.option(
    "--opaque", is_flag=True, help="Keep the bytes without looking for tensors."
)


@click.group(cls=Commands)
def interchange() -> None:
    """Hand a model to another archive, or take one from it: BagIt and OCFL."""


@interchange.command("to-bag")
@click.argument("name")
@click.argument("folder", type=_folder)
@home_option
@json_option
def to_bag(name: str, folder: Path, home: Path, *, as_json: bool) -> None:
    """Write NAME as a bag (RFC 8493) into FOLDER, which is new, with the proofs of its record."""
    setting = Setting(home)
    house = setting.house()
    done = write_bag(
        house.record,
        name,
        folder,
        progress=setting.progress(),
        copies=house.copies(),
        located=house.stores,
    )
    lines = [
        f"{done.model} is a bag in {folder}: {plural(done.files, 'file')}, {size(done.bytes)}.",
        *aligned({"identity": done.identity}),
        *rescued_lines(done.rescued),
    ]
    emit(plain(done), lines, as_json=as_json)


@interchange.command("from-bag")
@click.argument("folder", type=_folder)
@click.argument("name")
@_opaque_option
@role_option
@home_option
@json_option
def from_bag(
    folder: Path, name: str, role: str, home: Path, *, opaque: bool, as_json: bool
) -> None:
    """Check the bag in FOLDER whole, then take its files into care as NAME."""
    setting = Setting(home)
    check_free(setting.house().record, ModelName.parse(name))
    parcel = read_bag(folder, setting.progress())
    _receive(setting, parcel, name, role, opaque=opaque, as_json=as_json)


@interchange.command("to-ocfl")
@click.argument("name")
@click.argument("root", type=_folder)
@role_option
@home_option
@json_option
def to_ocfl(name: str, root: Path, role: str, home: Path, *, as_json: bool) -> None:
    """Write NAME as an OCFL 1.1 object under ROOT, or add what is new of it as a version.

    ROOT is a storage root, or a folder that is new and becomes one. Doing it twice adds nothing.
    """
    setting = Setting(home)
    house = setting.house()
    done = write_ocfl(
        house.record,
        name,
        root,
        actor=role,
        progress=setting.progress(),
        copies=house.copies(),
        located=house.stores,
    )
    if done.is_new:
        what = f"{plural(done.files, 'file')} of the model, {size(done.bytes)}, written"
        lines = [f"{done.model} has a version {done.version} in {root}: {what}."]
    else:
        held = f"{root} holds all of {done.model} already, as {done.version}"
        lines = [f"{held}; nothing was written."]
    lines += aligned({"object": done.object_id, "folder": str(done.folder)})
    lines += rescued_lines(done.rescued)
    emit(plain(done), lines, as_json=as_json)


@interchange.command("from-ocfl")
@click.argument("place", type=_folder)
@click.argument("name")
@click.option("--object", "object_id", default="", metavar="ID", help="Which, of several.")
@click.option("--version", default="", metavar="vN", help="Which version; the newest without it.")
@_opaque_option
@role_option
@home_option
@json_option
def from_ocfl(
    place: Path,
    name: str,
    object_id: str,
    version: str,
    role: str,
    home: Path,
    *,
    opaque: bool,
    as_json: bool,
) -> None:
    """Check an OCFL object whole, then take the files of one version into care as NAME.

    PLACE is the object's folder, or a storage root.
    """
    setting = Setting(home)
    check_free(setting.house().record, ModelName.parse(name))
    parcel = read_ocfl(place, setting.progress(), object_id=object_id, version=version)
    _receive(setting, parcel, name, role, opaque=opaque, as_json=as_json)


def _receive(
    setting: Setting, parcel: Parcel, name: str, role: str, *, opaque: bool, as_json: bool
) -> None:
    house = setting.house()
    receipt = receive(
        house.record,
        parcel,
        ModelName.parse(name),
        signer=house.require_oms(),
        engine=house.engine,
        actor=role,
        opaque=opaque,
        progress=setting.progress(),
    )
    form = "bag" if parcel.form == "bagit" else "OCFL object"
    lines = receipt_lines(receipt)
    lines.insert(1, f"It matched the digests of the {form}, and what came with it is kept too.")
    data = {
        **receipt_data(receipt),
        "form": parcel.form,
        "version": parcel.version,
        "described": parcel.described,
    }
    emit(data, lines, as_json=as_json)
