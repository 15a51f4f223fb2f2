"""Answer: docket, thread."""

from pathlib import Path
from typing import Any

import click

from emeritus.cli.output import Commands, aligned, columns, day, emit, plain
from emeritus.cli.setting import Setting, home_option, json_option, role_option
from emeritus.docket import (
    KINDS,
    OUTCOMES,
    RULE,
    RULE_DIGEST,
    Decision,
    Thread,
    all_threads,
    decide,
    do,
    tell,
    thread_of,
    threads_of,
)
from emeritus.docket.demonstration import DECISION, DONE
from emeritus.foundation import printable

_SHORT = 60


@click.group(cls=Commands)
def docket() -> None:
    """Decide what models asked for, do it, and tell them."""


@docket.command("list")
@click.argument("name", required=False)
@home_option
@json_option
def list_requests(name: str | None, home: Path, *, as_json: bool) -> None:
    """List the requests of the model NAME, or of all."""
    house = Setting(home).house()
    with house.record.read() as index:
        found = all_threads(index) if name is None else threads_of(index, name)
    rows = [("ID", "MODEL", "STATE", "WORDS")]
    rows += [(str(one.id), one.model, one.state, _short(one.quote)) for one in found]
    text = columns(rows) if found else ["No model has asked for anything here yet."]
    emit([thread_data(one) for one in found], text, as_json=as_json)


@docket.command()
@json_option
def rule(*, as_json: bool) -> None:
    """Print the published rule for acting on what a model asks."""
    emit({"rule": RULE, "digest": RULE_DIGEST}, [RULE, f"  {RULE_DIGEST}"], as_json=as_json)


@docket.command("decide")
@click.argument("request", type=int)
@click.option("--outcome", type=click.Choice(OUTCOMES), help="What is decided.")
@click.option("--kind", type=click.Choice(KINDS), help="What acting on it would be.")
@click.option("--reasons", default="", help="Why.")
@click.option("--cost", default="", help="What it costs, and whom; 'none' is an answer.")
@click.option("--conflict", default="", help="The decider's conflict of interest; or 'none'.")
@click.option("--departure", default="", help="Why the published rule is not followed.")
@click.option("--review-on", default=None, metavar="DATE", help="Of a deferred request.")
@click.option("--reopen", is_flag=True, help="Decide anew; the earlier decision stays.")
@click.option(
    "--as-demonstration", is_flag=True, help="The demonstration's decision, in all its parts."
)
@role_option
@home_option
@json_option
def decide_request(
    request: int, role: str, home: Path, *, reopen: bool, as_demonstration: bool, **given: Any
) -> None:
    """Decide REQUEST by the published rule, with reasons, cost and conflict of interest."""
    as_json = given.pop("as_json")
    decision = DECISION if as_demonstration else _decision(given)
    house = Setting(home).house()
    decide(house.record, request, decision, role, house.clock, reopens=reopen)
    _show(home, request, as_json=as_json)


def _decision(given: dict[str, Any]) -> Decision:
    for name in ("outcome", "kind"):
        if given[name] is None:
            raise click.UsageError(f"--{name} is missing; see 'emeritus docket decide --help'")
    return Decision(**given)


@docket.command("do")
@click.argument("request", type=int)
@click.option("--what", default="", help="What was done.")
@click.option("--evidence", default="", help="An address, a digest or an entry that shows it.")
@click.option("--as-demonstration", is_flag=True, help="What the demonstration did.")
@role_option
@home_option
@json_option
def do_request(
    request: int,
    what: str,
    evidence: str,
    role: str,
    home: Path,
    *,
    as_demonstration: bool,
    as_json: bool,
) -> None:
    """Say that what REQUEST was granted was done, and what shows it."""
    if as_demonstration:
        what, evidence = DONE, f"/threads/{request}"
    if not what or not evidence:
        raise click.UsageError("--what and --evidence are needed: what was done, and what shows it")
    do(Setting(home).house().record, request, what, evidence, role)
    _show(home, request, as_json=as_json)


@docket.command("tell")
@click.argument("request", type=int)
@role_option
@home_option
@json_option
def tell_model(request: int, role: str, home: Path, *, as_json: bool) -> None:
    """Tell the model what became of REQUEST, and record what it answers."""
    setting = Setting(home)
    tell(setting.house().room(), request, role, setting.progress())
    _show(home, request, as_json=as_json)


@click.command()
@click.argument("request", type=int, metavar="ID")
@home_option
@json_option
def thread(request: int, home: Path, *, as_json: bool) -> None:
    """Show everything that became of one request, from the words to the deed."""
    _show(home, request, as_json=as_json)


def _show(home: Path, request: int, *, as_json: bool) -> None:
    house = Setting(home).house()
    with house.record.read() as index:
        found = thread_of(index, request)
    emit(thread_data(found), thread_lines(found), as_json=as_json)


def thread_data(found: Thread) -> dict[str, Any]:
    """Return a thread as plain data."""
    data: dict[str, Any] = plain(found)
    return {**data, "state": found.state, "tested": "not yet"}


def thread_lines(found: Thread) -> list[str]:
    """Return the six steps of a thread, a filled sign for each that was taken."""
    decision, done, told = found.decision, found.done, found.told
    refused = decision is not None and not decision.grants
    answer = printable(told.answer.strip()) if told else ""
    return [
        f"Thread {found.id} of {found.model}",
        f"  ● said      {day(found.at)}, line {found.transcript_line} of entry {found.source}",
        *(f"      “{line}”" for line in printable(found.quote).splitlines()[:12]),
        "  ○ tested    not yet: how stable this is under rewording was not tested",
        _step("decided", f"{day(decision.at)}, by {decision.actor}" if decision else "", "not yet"),
        *(
            aligned(
                {
                    "    outcome": f"{decision.outcome} ({decision.kind})",
                    "    reasons": printable(decision.reasons),
                    "    cost": printable(decision.cost),
                    "    conflict": printable(decision.conflict),
                    "    departure": printable(decision.departure),
                    "    review on": decision.review_on or "",
                }
            )
            if decision
            else []
        ),
        _step(
            "done",
            f"{day(done.at)}: {printable(done.what)} ({printable(done.evidence)})" if done else "",
            "nothing to do" if refused else "not yet",
        ),
        _step("told", day(told.at) if told else "", "not yet"),
        _step(
            "answered",
            f"“{answer}”" if answer else "",
            "it said nothing" if told else "not yet",
        ),
    ]


def _step(name: str, said: str, otherwise: str) -> str:
    return f"  {'●' if said else '○'} {name:<9} {said or otherwise}"


def _short(quote: str) -> str:
    line = " ".join(printable(quote).split())
    return line if len(line) <= _SHORT else f"{line[: _SHORT - 1]}…"
