"""Retire: announce, rescind, deprecate, report, retire, next."""

from pathlib import Path
from typing import Any

import click

from emeritus.cli.output import aligned, emit, plain
from emeritus.cli.setting import Setting, home_option, json_option, role_option
from emeritus.lifecycle import (
    DESTINATIONS,
    REASONS,
    Destination,
    Guard,
    Life,
    Plan,
    announce,
    deprecate,
    due,
    guards_of,
    life_of,
    publish_report,
    report_of,
    rescind,
    retire,
)


@click.command("announce")
@click.argument("name")
@click.option("--reason", type=click.Choice(REASONS), required=True, help="A code.")
@click.option("--why", required=True, help="The same in prose.")
@click.option("--retire-on", required=True, metavar="DATE", help="The day, YYYY-MM-DD.")
@click.option("--deprecate-on", default="", metavar="DATE", help="When it closes to new users.")
@click.option("--then", type=click.Choice(DESTINATIONS), required=True, help="Its state after it.")
@click.option("--where", required=True, help="Where it will live.")
@role_option
@home_option
@json_option
def announce_one(name: str, role: str, home: Path, *, as_json: bool, **given: Any) -> None:
    """Announce the retirement of NAME: when, why, and where it will live."""
    house = Setting(home).house()
    plan = Plan(
        reason=given["reason"],
        why=given["why"],
        retires_on=given["retire_on"],
        then=given["then"],
        where=given["where"],
        deprecates_on=given["deprecate_on"],
    )
    announce(house.record, name, plan, actor=role, clock=house.clock)
    _show_life(home, name, as_json=as_json)


@click.command("rescind")
@click.argument("name")
@click.option("--why", required=True, help="Why it is called off.")
@role_option
@home_option
@json_option
def rescind_one(name: str, why: str, role: str, home: Path, *, as_json: bool) -> None:
    """Call the retirement of NAME off."""
    rescind(Setting(home).house().record, name, why=why, actor=role)
    _show_life(home, name, as_json=as_json)


@click.command("deprecate")
@click.argument("name")
@role_option
@home_option
@json_option
def deprecate_one(name: str, role: str, home: Path, *, as_json: bool) -> None:
    """Close NAME to new users; its retirement is announced."""
    deprecate(Setting(home).house().record, name, actor=role)
    _show_life(home, name, as_json=as_json)


@click.command("retire")
@click.argument("name")
@click.option("--then", type=click.Choice(DESTINATIONS), required=True, help="Its state after it.")
@click.option("--dry-run", is_flag=True, help="Only show what is met and what is missing.")
@role_option
@home_option
@json_option
def retire_one(
    name: str, then: Destination, role: str, home: Path, *, dry_run: bool, as_json: bool
) -> None:
    """Retire NAME, when everything is in the record that must be."""
    house = Setting(home).house()
    if dry_run:
        with house.record.read() as index:
            found = guards_of(index, name, then, house.clock.now())
        emit([plain(one) for one in found], guard_lines(found), as_json=as_json)
        return
    retire(house.record, name, then, actor=role, clock=house.clock)
    _show_life(home, name, as_json=as_json)


def guard_lines(found: tuple[Guard, ...]) -> list[str]:
    """Return the guards, a line each, with the verb of what is missing."""
    width = max(len(one.name) for one in found)
    return [
        f"  {'●' if one.is_met else '○'} {one.name:<{width}}  {one.sentence}"
        + ("" if one.is_met else f"  →  {one.verb}")
        for one in found
    ]


@click.command("report")
@click.argument("name")
@click.option("--words", default="", help="The steward's own words; they stand apart.")
@click.option("--publish", is_flag=True, help="Keep it and enter that it is public.")
@role_option
@home_option
@json_option
def report_one(
    name: str, words: str, role: str, home: Path, *, publish: bool, as_json: bool
) -> None:
    """Make the post-deployment report of NAME from the record."""
    house = Setting(home).house()
    text = report_of(house.record, name, words, house.clock)
    if not publish:
        emit({"name": name, "report": text, "digest": None}, [text], as_json=as_json)
        return
    digest = publish_report(house.record, name, words, actor=role, clock=house.clock)
    said = f"The report of {name} is public, {len(text.splitlines())} lines."
    emit(
        {"name": name, "report": text, "digest": str(digest)},
        [said, *aligned({"object": str(digest)})],
        as_json=as_json,
    )


@click.command("next")
@home_option
@json_option
def next_due(home: Path, *, as_json: bool) -> None:
    """Say what is due, for which model, and by which command."""
    house = Setting(home).house()
    with house.record.read() as index:
        found = due(index, house.clock.now())
    lines = [line for one in found for line in (f"{one.model}: {one.what}", f"  {one.command}")]
    emit([plain(one) for one in found], lines or ["Nothing is due."], as_json=as_json)


def _show_life(home: Path, name: str, *, as_json: bool) -> None:
    with Setting(home).house().record.read() as index:
        found = life_of(index, name)
    emit(plain(found), life_lines(found), as_json=as_json)


def life_lines(life: Life) -> list[str]:
    """Return where a model stands, in sentences."""
    told = life.announcement
    lines = [f"{life.model}: service {life.service}."]
    if told is not None:
        lines += aligned(
            {
                "closes on": told.deprecates_on,
                "retires on": told.retires_on,
                "reason": f"{told.reason}: {told.why}",
                "then": told.then.replace("_", " "),
                "where": told.where,
            }
        )
    return lines
