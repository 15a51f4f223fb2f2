"""Open: access."""

from pathlib import Path
from typing import Any, get_args

import click

from emeritus.access import access_of, review_safety, safety_review_of, set_access
from emeritus.access.entries import Callers, Outcome
from emeritus.catalogue import find_model
from emeritus.cli.output import Commands, aligned, day, emit, plain
from emeritus.cli.setting import Setting, home_option, json_option, role_option

_CALLERS = get_args(Callers)


@click.group(cls=Commands)
def access() -> None:
    """Say who may do what with a model; what is not granted is denied."""


@access.command("set")
@click.argument("name")
@click.option("--call", type=click.Choice(_CALLERS), required=True, help="Who may call it.")
@click.option("--logprobs", type=click.Choice(_CALLERS), default="nobody", show_default=True)
@click.option("--weights", type=click.Choice(_CALLERS), default="nobody", show_default=True)
@click.option("--transcripts", type=click.Choice(_CALLERS), default="nobody", show_default=True)
@role_option
@home_option
@json_option
def set_rights(name: str, role: str, home: Path, *, as_json: bool, **rights: Callers) -> None:
    """Say who may call NAME, and have its weights, from now on."""
    set_access(Setting(home).house().record, name, **rights, actor=role)
    _show(home, name, as_json=as_json)


@access.command()
@click.argument("name")
@click.option("--finding", type=click.Choice(get_args(Outcome)), required=True, help="What it is.")
@click.option("--words", required=True, help="The reasons, in a sentence or more.")
@click.option("--reviewer", default="safety", show_default=True, help="In which role.")
@role_option
@home_option
@json_option
def review(
    name: str, finding: Outcome, words: str, reviewer: str, role: str, home: Path, *, as_json: bool
) -> None:
    """Enter a safety review of NAME: a dated act of a named role."""
    record = Setting(home).house().record
    review_safety(record, name, role=reviewer, finding=finding, words=words, actor=role)
    _show(home, name, as_json=as_json)


@access.command()
@click.argument("name")
@home_option
@json_option
def show(name: str, home: Path, *, as_json: bool) -> None:
    """Show who may do what with NAME."""
    _show(home, name, as_json=as_json)


def _show(home: Path, name: str, *, as_json: bool) -> None:
    with Setting(home).house().record.read() as index:
        known = find_model(index, name)
        rights, safety = access_of(index, known.name), safety_review_of(index, known.name)
    data: dict[str, Any] = {
        "name": str(known.name),
        "service": known.service,
        "access": plain(rights) if rights else None,
        "safety_review": plain(safety) if safety else None,
    }
    lines = [f"{known.name}: nobody said yet who may do what."]
    if rights is not None:
        lines = [f"{known.name}, since {day(rights.at)}:"]
        lines += aligned(
            {
                "call": rights.call,
                "log-probabilities": rights.logprobs,
                "weights": rights.weights,
                "closed transcripts": rights.transcripts,
            }
        )
    if safety is not None:
        lines.append(f"Safety review of {day(safety.at)}, by {safety.role}: {safety.finding}.")
    emit(data, lines, as_json=as_json)
