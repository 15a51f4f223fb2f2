"""Keep: repair."""

from pathlib import Path

import click

from emeritus.assembly import House, mend_front
from emeritus.cli.output import emit, plain, plural
from emeritus.cli.setting import Setting, home_option, json_option, role_option
from emeritus.custody import PRIMARY, Copy, Repairs, repair, stores_of
from emeritus.custody.errors import CopyDamaged
from emeritus.foundation import EmeritusError


@click.command("repair")
@click.option("--store", default=PRIMARY, show_default=True, metavar="STORE", help="Which.")
@click.option("--many", is_flag=True, help="However much is damaged.")
@role_option
@home_option
@json_option
def repair_store(store: str, role: str, home: Path, *, many: bool, as_json: bool) -> None:
    """Read every file of a store, and make anew from other copies what is damaged or missing.

    Bad bytes are never deleted: they lie under quarantine/ in the store afterwards.
    """
    setting = Setting(home)
    already = mend_front(home) if store == PRIMARY else []
    house = setting.house()
    done = repair(
        house.record,
        house.stores.open(store),
        _others(house, store),
        actor=role,
        progress=setting.progress(),
        many=many,
        already=already,
    )
    emit(plain(done), _lines(done), as_json=as_json)
    if done.lost:
        first = done.lost[0]
        raise CopyDamaged(
            f"LOST: {first.file} is whole in no store"
            + (
                f", and {', '.join(first.models)} cannot be given back from here"
                if first.models
                else ""
            )
            + "; if any other copy of it exists anywhere, add that as a store and repair again",
            about=first.file,
        )


def _others(house: House, name: str) -> list[Copy]:
    """Return the stores beside one that can be reached; says which cannot."""
    with house.record.read() as index:
        known = [one.name for one in stores_of(index) if one.name != name]
    found = []
    for other in known:
        try:
            found.append(house.stores.open(other))
        except EmeritusError as problem:
            click.echo(f"  {other} is not asked: {problem.message}", err=True)
    return found


def _lines(done: Repairs) -> list[str]:
    files = plural(done.examined, "file")
    if not (done.repaired or done.lost):
        lines = [f"Nothing is damaged in {done.store}: {files} were read back and match."]
    else:
        repaired = plural(len(done.repaired), "file")
        lines = [f"{done.store}: {files} were read back, {repaired} made anew."]
    for one in done.repaired:
        where = f"; what was there is now {one.aside}" if one.aside else "; it was missing"
        lines.append(f"  {one.file} from {one.source}{where}")
    lines += [f"  LOST {one.file}" for one in done.lost]
    if done.models:
        lines.append(f"Copies that count again: {', '.join(done.models)}.")
    return lines
