"""What every command shares: which home, and whether the answer is for a program."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from emeritus.assembly import House, default_home, open_house
from emeritus.cli.progress import Bar

DEFAULT_PORT = 8420

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(slots=True)
class Setting:
    """The home that a command works on."""

    home: Path

    def house(self) -> House:
        """Wire the home."""
        return open_house(self.home)

    def progress(self) -> Bar:
        """Return what shows long work: on standard error, a bar or plain lines."""
        return Bar.on_stderr()


def home_option(command: Command) -> Command:
    """Give the option --home."""
    return click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        default=default_home,
        show_default="EMERITUS_HOME, or emeritus in your data folder",
        help="The folder of the record.",
    )(command)


def json_option(command: Command) -> Command:
    """Give the option --json."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Answer as JSON, in a stable shape."
    )(command)


def role_option(command: Command) -> Command:
    """Give the option --role: who acts, never a person's name."""
    return click.option(
        "--role",
        default="steward",
        show_default=True,
        metavar="ROLE",
        help="In which role this is done; the record says it, and never a person's name.",
    )(command)


def store_option(command: Command) -> Command:
    """Give the option --store: which copy is meant."""
    return click.option(
        "--store",
        metavar="STORE",
        help="Which copy; 'emeritus stores list' names them. The primary, or where files lie.",
    )(command)
