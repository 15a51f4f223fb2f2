"""Check: commitments."""

from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from emeritus.assembly import PROMISE_SOURCES, House
from emeritus.catalogue import all_models, find_model
from emeritus.cli.output import Commands, day, emit, plain, plural
from emeritus.cli.setting import Setting, home_option, json_option, role_option
from emeritus.commitments import (
    STATES,
    Check,
    Profile,
    PromiseBroken,
    Verdict,
    check_model,
    essential,
    judge_model,
    last_check,
    parse_profile,
    waive,
)

_MARKS = {"kept": "●", "broken": "✕", "not due": "·", "unverifiable": "○", "waived": "~"}

profile_option = click.option(
    "--profile",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Another list of promises (YAML); without it, essential/1.",
)


@click.group(cls=Commands)
def commitments() -> None:
    """Compare what is promised with what the record shows."""


@commitments.command("list")
@profile_option
@json_option
def list_promises(profile: Path | None, *, as_json: bool) -> None:
    """List the promises, and what makes the evidence of each."""
    known = _profile(profile)
    lines = [f"{known.body.id}: {known.body.title}", ""]
    for one in known.promises:
        lines.append(f"  {one.id:<9}{one.promise}")
        lines.append(f"  {'':<9}by {one.verb.replace('{model}', 'NAME') or one.outside}")
    data = {"id": known.body.id, "digest": str(known.digest), "promises": plain(known.promises)}
    emit(data, lines, as_json=as_json)


@commitments.command()
@click.argument("name", required=False)
@click.option("--dry-run", is_flag=True, help="Judge, and enter nothing.")
@profile_option
@role_option
@home_option
@json_option
def check(
    name: str | None,
    profile: Path | None,
    role: str,
    home: Path,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Judge every promise about NAME, or about every model, and enter the verdicts.

    Exit status 5 when a promise is broken.
    """
    house, known = Setting(home).house(), _profile(profile)
    found: dict[str, tuple[Verdict, ...]] = {}
    entries: dict[str, int | None] = {}
    for model in _names(house, name):
        made = None if dry_run else _checked(house, known, model, role)
        found[model] = made.verdicts if made else _judged(house, known, model)
        entries[model] = made.position if made else None
    data = [_data(model, known, entries[model], verdicts) for model, verdicts in found.items()]
    lines = [line for model, one in found.items() for line in verdict_lines(model, one)]
    emit(data, lines, as_json=as_json)
    broken = [one.promise for each in found.values() for one in each if one.state == "broken"]
    if broken:
        raise PromiseBroken(f"{plural(len(broken), 'promise')} broken: {', '.join(broken)}")


@commitments.command()
@click.argument("name")
@home_option
@json_option
def show(name: str, home: Path, *, as_json: bool) -> None:
    """Show the newest check of the promises about NAME."""
    with Setting(home).house().record.read() as index:
        model = str(find_model(index, name).name)
        found = last_check(index, model)
    if found is None:
        said = f"The promises about {model} were never checked; 'emeritus commitments check' does."
        emit({"name": model, "checked": None}, [said], as_json=as_json)
        return
    data = {"name": model, "checked": plain(found)}
    emit(data, [f"As of {day(found.at)}:", *verdict_lines(model, found.verdicts)], as_json=as_json)


@commitments.command("waive")
@click.argument("name")
@click.argument("promise")
@click.option("--until", required=True, metavar="DATE", help="The last day, YYYY-MM-DD.")
@click.option("--reasons", required=True, help="Why it does not bind.")
@profile_option
@role_option
@home_option
@json_option
def waive_one(
    name: str, promise: str, profile: Path | None, home: Path, *, as_json: bool, **given: str
) -> None:
    """Say in the record that PROMISE does not bind for NAME for a time, and why."""
    house = Setting(home).house()
    until, known = given["until"], _profile(profile)
    entry = waive(
        house.record,
        known,
        name,
        promise,
        until=until,
        reasons=given["reasons"],
        actor=given["role"],
        clock=house.clock,
    )
    data = {"name": name, "promise": promise, "until": until, "entry": entry}
    emit(
        data, [f"{promise} does not bind for {name} until {until}; entry {entry}."], as_json=as_json
    )


def verdict_lines(model: str, verdicts: tuple[Verdict, ...]) -> list[str]:
    """Return the verdicts about a model, a line each, with what would mend or make evidence."""
    counts = [
        f"{number} {state}"
        for state in STATES
        if (number := sum(one.state == state for one in verdicts))
    ]
    lines = [f"{model}: {plural(len(verdicts), 'promise')}, {', '.join(counts)}"]
    for one in verdicts:
        lines.append(f"  {_MARKS[one.state]} {one.promise:<9} {one.state:<13} {_said(one)}")
        lines += [f"{'':28}{said}" for said in _beside(one)]
    return lines


def _said(one: Verdict) -> str:
    return f"{one.sentence} ({one.grade})" if one.state == "kept" else one.sentence


def _beside(one: Verdict) -> list[str]:
    """Say how good the evidence is, or what would make some."""
    if one.state in {"kept", "waived", "not due"}:
        return []
    graded = [f"evidence: {one.grade}"] if one.state == "broken" else []
    return [*graded, *([f"→ {one.verb}"] if one.verb else [])]


def _profile(path: Path | None) -> Profile:
    return essential() if path is None else parse_profile(path.read_bytes())


def _names(house: House, name: str | None) -> list[str]:
    with house.record.read() as index:
        if name is not None:
            return [str(find_model(index, name).name)]
        return [str(one.name) for one in all_models(index)]


def _checked(house: House, profile: Profile, model: str, role: str) -> Check:
    return check_model(house.record, PROMISE_SOURCES, profile, model, actor=role, clock=house.clock)


def _judged(house: House, profile: Profile, model: str) -> tuple[Verdict, ...]:
    with house.record.read() as index:
        return _judge(house, index, profile, model)


def _judge(house: House, index: Connection, profile: Profile, model: str) -> tuple[Verdict, ...]:
    now = house.clock.now()
    return judge_model(house.record, index, PROMISE_SOURCES, profile, model, now)


def _data(
    model: str, profile: Profile, entry: int | None, verdicts: tuple[Verdict, ...]
) -> dict[str, Any]:
    return {
        "name": model,
        "profile": profile.body.id,
        "entry": entry,
        "verdicts": plain(verdicts),
    }
