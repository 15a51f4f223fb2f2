"""Check: a self-assessment for NDSA and CoreTrustSeal, filled in from the record."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from emeritus.cli.output import emit, plain, plural
from emeritus.cli.setting import Setting, home_option, json_option
from emeritus.commitments.assessment import (
    STATES,
    Facts,
    Point,
    Reached,
    coretrustseal,
    gather,
    ndsa,
    reached,
)
from emeritus.foundation import timestamp
from emeritus.vault import write_new

_MARKS = {"shown": "●", "not shown": "✕", "for a person": "○"}
_NDSA = "NDSA Levels of Digital Preservation, version 2 (2019)"
_SEAL = "CoreTrustSeal Requirements 2023-2025"


@click.command()
@click.option(
    "--markdown",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the whole as a page that people complete, into a new file.",
)
@home_option
@json_option
def assess(markdown: Path | None, home: Path, *, as_json: bool) -> None:
    """Fill in a self-assessment (NDSA levels, CoreTrustSeal) as far as the record shows it.

    Each point is shown by entries, not shown, or left for a person to say.
    """
    facts = gather(Setting(home).house().record)
    levels, seal = ndsa(facts), coretrustseal(facts)
    if markdown is not None:
        write_new(markdown, (f"{line}\n".encode() for line in _page(facts, levels, seal)))
    data = {
        "origin": facts.origin,
        "as_of": timestamp(facts.now),
        "ledger_size": facts.size,
        "ndsa": {"levels": plain(reached(levels)), "points": plain(levels)},
        "coretrustseal": {"points": plain(seal)},
    }
    lines = _lines(levels, seal)
    if markdown is not None:
        lines.append(f"The page is {markdown}; people complete what is marked ○.")
    emit(data, lines, as_json=as_json)


def _lines(levels: tuple[Point, ...], seal: tuple[Point, ...]) -> list[str]:
    lines = [_NDSA]
    for area in reached(levels):
        lines.append(f"  {area.area}: {_level(area)}")
        lines += [_line(point) for point in levels if point.area == area.area]
    lines += ["", f"{_SEAL}: {_tally(seal)}"]
    lines += [_line(point) for point in seal]
    return lines


def _line(point: Point) -> str:
    number = point.id.rpartition(" ")[2]
    return f"    {_MARKS[point.state]} {number:<5}{point.asks}: {point.found}"


def _level(area: Reached) -> str:
    if area.shown == area.at_most:
        return f"level {area.shown} is shown, and no more can be"
    return f"level {area.shown} is shown; {area.at_most} if a person confirms the rest"


def _tally(points: Iterable[Point]) -> str:
    states = [point.state for point in points]
    return ", ".join(f"{states.count(state)} {state}" for state in STATES)


def _page(facts: Facts, levels: tuple[Point, ...], seal: tuple[Point, ...]) -> Iterator[str]:
    """Yield the page in Markdown, line by line."""
    yield f"# Self-assessment of {_escaped(facts.steward)}"
    yield ""
    yield (
        f"Filled in by Emeritus as of {timestamp(facts.now)}, from "
        f"{plural(facts.size, 'entry', 'entries')} of the ledger {facts.origin}, "
        f"which keeps {plural(len(facts.models), 'model')}."
    )
    yield "What is *shown* is shown by the entries that are named, and anybody can check them."
    yield "What is *for a person* the record cannot know: complete it, and sign it by name."
    yield "The questions are in our own short words; use the originals beside this page."
    yield ""
    yield f"## {_NDSA}"
    yield ""
    yield "| area | shown by the record | if a person confirms the rest |"
    yield "|---|---|---|"
    for area in reached(levels):
        yield f"| {area.area} | {area.shown} | {area.at_most} |"
    yield from _table(levels)
    yield ""
    yield f"## {_SEAL}"
    yield from _table(seal)


def _table(points: Iterable[Point]) -> Iterator[str]:
    area = ""
    for point in points:
        if point.area != area:
            area = point.area
            yield ""
            yield f"### {area}"
            yield ""
            yield "| | asked | state | what the record shows | entries | for a person |"
            yield "|---|---|---|---|---|---|"
        cells = (
            point.id.rpartition(" ")[2],
            point.asks,
            f"**{point.state}**" if point.state == "not shown" else point.state,
            point.found,
            ", ".join(map(str, point.entries)),
            f"{point.person}: …" if point.person else "",
        )
        yield f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
