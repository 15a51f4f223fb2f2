"""Keep: restore, whole or in parts."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from emeritus.cli.output import emit, plain, plural
from emeritus.cli.progress import size
from emeritus.cli.setting import Setting, home_option, json_option
from emeritus.custody import KeptFiles, kept_files, restore_model
from emeritus.foundation import UserError
from emeritus.vault import all_tensors, find_tensor, read_tensor, stream_file, write_new

_STREAM = Path("-")


@click.command()
@click.argument("name")
@click.argument("destination", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--file", "files", multiple=True, metavar="PATH", help="Only this file; repeatable.")
@click.option(
    "--store",
    metavar="STORE",
    help="From this copy alone; else from the primary, and from others what is damaged there.",
)
@click.option("--tensor", default="", help="Only the bytes of this tensor, into a new file.")
@home_option
@json_option
def restore(
    name: str,
    destination: Path,
    *,
    files: tuple[str, ...],
    store: str | None,
    tensor: str,
    home: Path,
    as_json: bool,
) -> None:
    """Write the identical files of NAME under DESTINATION, a folder that is new or empty.

    With DESTINATION - one file, or one tensor, goes to standard output.
    """
    setting = Setting(home)
    house = setting.house()
    copies = (house.stores.open(store),) if store else house.copies()
    located = None if store else house.stores
    if tensor or destination == _STREAM:
        kept = kept_files(house.record, name, copies=copies, located=located)
        if tensor:
            _restore_tensor(kept, tensor, files, destination, as_json=as_json)
        else:
            _stream(kept, files)
        return
    done = restore_model(
        house.record,
        name,
        destination,
        paths=files or None,
        progress=setting.progress(),
        copies=copies,
        located=located,
    )
    lines = [f"{name} is back, every byte checked:", *(f"  {path}" for path in done.files)]
    lines += rescued_lines(done.rescued)
    data = {"name": name, "files": [str(path) for path in done.files], "rescued": done.rescued}
    emit(data, lines, as_json=as_json)


def rescued_lines(rescued: Mapping[str, int]) -> list[str]:
    """Say what the primary store did not have whole, and who had it."""
    return [
        f"{plural(count, 'part')} of it came from {source}, since the primary store does not "
        "have it whole: 'emeritus repair' mends that."
        for source, count in rescued.items()
    ]


def _restore_tensor(
    kept: KeptFiles, name: str, files: tuple[str, ...], destination: Path, *, as_json: bool
) -> None:
    found = find_tensor(all_tensors(kept.pieces, kept.package, files), name)
    data = read_tensor(kept.pieces, kept.package, found)
    shape = " x ".join(map(str, found.shape)) or "one number"
    said = f"{found.name}: {found.element}, {shape}, {size(found.bytes)}, from {found.file}."
    if destination == _STREAM:
        _write_out(data)
        click.echo(said, err=True)
        return
    write_new(destination, data)
    emit({**plain(found), "written": str(destination)}, [said], as_json=as_json)


def _stream(kept: KeptFiles, files: tuple[str, ...]) -> None:
    paths = files or tuple(file.path for file in kept.package.files)
    if len(paths) != 1:
        raise UserError(
            f"expected one file for standard output, found {len(paths)}; say which with --file"
        )
    _write_out(stream_file(kept.pieces, kept.package, paths[0]))
    click.echo(f"{paths[0]} is back, every byte checked.", err=True)


def _write_out(chunks: Iterable[bytes]) -> None:
    out = sys.stdout.buffer
    out.writelines(chunks)
    out.flush()
