"""Keep: restore."""

from pathlib import Path

import click

from emeritus.cli.output import emit
from emeritus.cli.setting import Setting, home_option, json_option
from emeritus.custody import (
    restore_model,
)


@click.command()
@click.argument("name")
@click.argument("destination", type=click.Path(path_type=Path))
@click.option("--file", "files", multiple=True, metavar="PATH", help="Only this file; repeatable.")
@home_option
@json_option
def restore(
    name: str, destination: Path, files: tuple[str, ...], home: Path, *, as_json: bool
) -> None:
    """Write the identical files of NAME under DESTINATION, a folder that is new or empty."""
    setting = Setting(home)
    house = setting.house()
    written = restore_model(
        house.record,
        name,
        destination,
        paths=files or None,
        clock=house.clock,
        progress=setting.progress(),
    )
    emit(
        {"name": name, "files": [str(path) for path in written]},
        [f"{name} is back, every byte checked:", *(f"  {path}" for path in written)],
        as_json=as_json,
    )
