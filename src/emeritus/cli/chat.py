"""Open: chat."""

from collections.abc import Iterator
from pathlib import Path

import click

from emeritus.access import NotCallable
from emeritus.assembly import HouseGateway
from emeritus.cli.setting import Setting, home_option
from emeritus.foundation import EmeritusError, printable
from emeritus.runtime import Sampling

_LEAVE = frozenset({"/quit", "/exit"})
_HELP = "Ctrl-C stops an answer; /quit, or Ctrl-D, ends the conversation. Nothing of it is kept."

Turns = list[tuple[str, str]]


@click.command()
@click.argument("name")
@click.option("--system", default="", help="What the model reads first.")
@click.option("--most-tokens", type=click.IntRange(1, 32_768), default=400, show_default=True)
@click.option("--temperature", type=click.FloatRange(0, 2), default=0.7, show_default=True)
@home_option
def chat(name: str, system: str, most_tokens: int, temperature: float, home: Path) -> None:
    """Talk with NAME in this terminal; nothing of it is kept."""
    house = Setting(home).house()
    models = house.models()
    gateway = HouseGateway(house, models)
    known = gateway.model(name)
    if known.refusal:
        raise NotCallable(known.refusal, about=known.name)
    click.echo(f"{known.name}, {known.service}. {_HELP}", err=True)
    opening: Turns = [("system", system)] if system else []
    turns: Turns = []
    sampling = Sampling(most_tokens=most_tokens, temperature=temperature)
    try:
        for said in _lines():
            turns.append(("user", said))
            turns = _answer(gateway, known.name, opening, turns, sampling)
    finally:
        models.close()


def _lines() -> Iterator[str]:
    """Yield what a person types, until they have had enough."""
    while True:
        try:
            said = click.prompt("you", prompt_suffix="> ", default="", show_default=False, err=True)
        except click.Abort:
            click.echo(err=True)
            return
        if said.strip() in _LEAVE:
            return
        if said.strip():
            yield said.strip()


def _answer(
    gateway: HouseGateway, name: str, opening: Turns, turns: Turns, sampling: Sampling
) -> Turns:
    """Print the answer as it comes, and return the turns with it; the oldest go when too long."""
    while True:
        try:
            answer = _stream(gateway, name, [*opening, *turns], sampling)
        except EmeritusError as problem:
            if problem.code != "access.prompt_does_not_fit" or len(turns) <= 1:
                raise
            click.echo("(the oldest turns no longer fit, and are left out)", err=True)
            turns = turns[2:]
            continue
        return [*turns, ("assistant", answer)]


def _stream(gateway: HouseGateway, name: str, turns: Turns, sampling: Sampling) -> str:
    answer = ""
    try:
        with gateway.answer(name, turns, "", sampling) as made:
            for piece in made.pieces:
                answer += piece.text
                click.echo(printable(piece.text), nl=False)
    except KeyboardInterrupt:
        click.echo(" (stopped)", nl=False, err=True)
    click.echo()
    return answer
