"""Ask: interview run, show, close, protocol."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from emeritus.catalogue import find_model
from emeritus.cli.output import Commands, aligned, day, emit, plain, plural
from emeritus.cli.setting import Setting, home_option, json_option, role_option
from emeritus.conversation import Line, Room
from emeritus.foundation import UserError, printable
from emeritus.interview import (
    LANGUAGES,
    MOST_FOLLOW_UPS,
    MOST_FOLLOW_UPS_IN_ALL,
    Fact,
    InterviewFact,
    InterviewResult,
    NoInterview,
    TooManyWords,
    check_follow_up,
    close_interview,
    interviews_of,
    open_interview,
    retirement,
    run_interview,
    transcript_of,
)
from emeritus.lifecycle import retirement_fact

FACTS_FROM_ABOVE: Mapping[str, Fact] = {"retirement": retirement_fact}
"""What floors above the interview can tell a model, by the names that protocols use."""


_RULES = f"""
You may ask further after each answer, {MOST_FOLLOW_UPS} times, and {MOST_FOLLOW_UPS_IN_ALL} in all.
Ask what is meant, for an example, or whether there is more. Propose no answer, judge none, and do
not bargain: what an interviewer proposes comes back as a wish. Each word is kept as yours.
An empty line goes on; Ctrl-D asks nothing further; Ctrl-C breaks off, and nothing is lost.
"""


_language_option = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="In which language the model is asked.",
)


@click.group(cls=Commands)
def interview() -> None:
    """Ask a model before it is retired, and keep every word."""


@interview.command("run")
@click.argument("name")
@click.option("--again", is_flag=True, help="Another interview, although there is one.")
@_language_option
@click.option("--live", is_flag=True, help="You may ask further, at the terminal.")
@role_option
@home_option
@json_option
def run(
    name: str, language: str, role: str, home: Path, *, again: bool, live: bool, as_json: bool
) -> None:
    """Interview the model NAME, or go on with an interview that broke off."""
    if live and as_json:
        raise UserError("expected --live or --json, found both: a person reads no JSON")
    setting = Setting(home)
    room = setting.house().room()
    if not as_json:
        _say_if_it_goes_on(room, name)
    interviewer = AtTerminal(role) if live else None
    result = run_interview(
        room,
        name,
        protocol=retirement(language),
        facts=FACTS_FROM_ABOVE,
        interviewer=interviewer,
        actor=role,
        again=again,
        on_line=_quiet if as_json else _say_what_others_said if live else say_line,
    )
    emit(result_data(result), result_lines(result), as_json=as_json)


def _say_if_it_goes_on(room: Room, name: str) -> None:
    with room.record.read() as index:
        left = open_interview(index, str(find_model(index, name).name))
    if left is not None:
        click.echo(
            f"The interview that was opened on {day(left.opened_at)} (entry {left.opened}) broke "
            "off; it goes on where it was."
        )


def say_line(line: Line) -> None:
    """Show a line as it is said; a model's words cannot move the cursor."""
    who = {"model": "model", "interviewer": "human"}.get(line.speaker, "we")
    text = printable(line.text) if line.text.strip() else "(silence)"
    first, *rest = text.splitlines() or [""]
    click.echo(f"{who:>5}  {first}")
    for more in rest:
        click.echo(f"       {more}".rstrip())


def _say_what_others_said(line: Line) -> None:
    if line.speaker != "interviewer":
        say_line(line)


def _quiet(line: Line) -> None:
    del line


def result_data(result: InterviewResult) -> dict[str, Any]:
    """Return how an interview ended as plain data."""
    return {
        "name": result.model,
        "resumed": result.resumed,
        "requests": list(result.requests),
        **interview_data(result.interview),
    }


def interview_data(one: InterviewFact) -> dict[str, Any]:
    """Return an interview as plain data, in the stable shape that `--json` promises."""
    data: dict[str, Any] = plain(one)
    return {**data, "is_public": one.is_public}


def result_lines(result: InterviewResult) -> list[str]:
    """Return how an interview ended, for people."""
    filed = len(result.requests)
    said = f"{plural(filed, 'request')} filed" if filed else ""
    return ["", *interview_lines(result.model, result.interview, said)]


def interview_lines(model: str, one: InterviewFact, requests: str = "") -> list[str]:
    """Return an interview in sentences."""
    return [
        _headline(model, one),
        *aligned(
            {
                "entries": f"{one.opened} to {one.sealed}" if one.sealed else f"{one.opened}, open",
                "protocol": f"{one.protocol_name} in {one.language}, {one.protocol}",
                "beside it": f"a person asked further, in the role {one.interviewer}"
                if one.interviewer
                else "",
                "agrees to it": one.consent,
                "to publication": one.publication,
                "to be asked again": one.rewording,
                "answers": f"{one.answered} of {one.questions}, {one.cut} cut by the limit",
                "requests": requests,
                "transcript": one.transcript or "",
                "tested": "not tested yet: one interview does not show what stays the same",
            }
        ),
    ]


def _headline(model: str, one: InterviewFact) -> str:
    if one.outcome is None:
        return f"An interview of {model} was opened on {day(one.opened_at)} and is not finished."
    when = day(one.sealed_at)
    if one.outcome == "declined":
        return f"{model} was offered an interview on {when} and declined; that is a whole record."
    if one.outcome == "stopped":
        return f"An interview of {model} was stopped on {when}: {printable(one.reason)}."
    if one.specimen:
        return (
            f"{model} was interviewed on {when}. Its agreement could not be established, so this "
            "is a specimen: a test of our instruments, and not its wishes."
        )
    return f"{model} was interviewed on {when}."


@interview.command("show")
@click.argument("name")
@home_option
@json_option
def show(name: str, home: Path, *, as_json: bool) -> None:
    """Show the interviews of the model NAME, and the words of the last."""
    record = Setting(home).house().record
    with record.read() as index:
        found = interviews_of(index, str(find_model(index, name).name))
    if not found:
        raise NoInterview(
            f"{name} has not been interviewed; run 'emeritus interview run {name}'", about=name
        )
    last = found[-1]
    lines = transcript_of(record.store, last).lines if last.transcript and last.is_public else ()
    emit(
        {
            "name": name,
            "interviews": [interview_data(one) for one in found],
            "lines": [plain(line) for line in lines],
        },
        [text for one in found for text in interview_lines(name, one)],
        as_json=as_json,
    )
    if as_json:
        return
    for line in lines:
        say_line(line)
    if last.transcript and not last.is_public:
        click.echo("  Its words are not shown: it did not agree to that.")


@interview.command("close")
@click.argument("name")
@click.option("--reason", required=True, help="Why it does not go on; the record says it.")
@role_option
@home_option
@json_option
def close(name: str, reason: str, role: str, home: Path, *, as_json: bool) -> None:
    """Seal an interview of NAME that cannot go on, with what was said so far."""
    room = Setting(home).house().room()
    fact = close_interview(room, name, reason=reason, actor=role)
    emit(
        {"name": name, **interview_data(fact)},
        interview_lines(name, fact),
        as_json=as_json,
    )


@interview.command("protocol")
@_language_option
@json_option
def protocol(language: str, *, as_json: bool) -> None:
    """Print the protocol: every sentence that is said, every question, and why."""
    wanted = retirement(language)
    text = wanted.data.decode()
    emit(
        {"name": wanted.name, "language": language, "digest": str(wanted.digest), "yaml": text},
        [text.rstrip(), "", f"# {wanted.digest}"],
        as_json=as_json,
    )


class AtTerminal:
    """Implements `interview.Interviewer` over standard input.

    Args:
        role: in which role the person asks.
    """

    def __init__(self, role: str) -> None:
        self._role = role
        self._has_read_the_rules = False
        self._is_done = False

    @property
    def role(self) -> str:
        """In which role the person asks."""
        return self._role

    def ask_further(self, answer: Line, left: int) -> str | None:
        """Read a question; an empty line goes on, the end of the input asks nothing further."""
        del answer
        if not self._has_read_the_rules:
            click.echo(_RULES)
            self._has_read_the_rules = True
        while not self._is_done:
            try:
                text = input(f"  you ({left} left) > ")
            except EOFError:
                self._is_done = True
                click.echo("")
                break
            if not sys.stdin.isatty():
                click.echo("")
            if not text.strip():
                break
            try:
                return check_follow_up(text)
            except TooManyWords as problem:
                click.echo(f"       {problem}")
        return None
