"""Keep: restore."""

from pathlib import Path

import click

from emeritus.cli.output import emit, plural
from emeritus.cli.setting import Setting, home_option, json_option
from emeritus.custody import (
    restore_model,
)


@click.command()
@click.argument("name")
@click.argument("destination", type=click.Path(path_type=Path))
@click.option("--file", "files", multiple=True, metavar="PATH", help="Only this file; repeatable.")
@click.option(
    "--store",
    metavar="STORE",
    help="From this copy alone; else from the primary, and from others what is damaged there.",
)
@home_option
@json_option
def restore(
    name: str,
    destination: Path,
    files: tuple[str, ...],
    store: str | None,
    home: Path,
    *,
    as_json: bool,
) -> None:
    """Write the identical files of NAME under DESTINATION, a folder that is new or empty."""
    setting = Setting(home)
    house = setting.house()
    done = restore_model(
        house.record,
        name,
        destination,
        paths=files or None,
        progress=setting.progress(),
        copies=(house.stores.open(store),) if store else house.copies(),
        located=None if store else house.stores,
    )
    lines = [f"{name} is back, every byte checked:", *(f"  {path}" for path in done.files)]
    for source, count in done.rescued.items():
        lines.append(
            f"{plural(count, 'part')} of it came from {source}, since the primary store does not "
            "have it whole: 'emeritus repair' mends that."
        )
    data = {"name": name, "files": [str(path) for path in done.files], "rescued": done.rescued}
    emit(data, lines, as_json=as_json)
