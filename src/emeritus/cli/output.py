"""How facts are written: sentences and aligned lines for people, JSON for programs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import msgspec

_SENTENCE = 120
"""Characters that the first sentence of a command's help may have."""


class Commands(click.Group):
    """Lists its commands with whole sentences, where click would cut them to one line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the section."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(n, c.get_short_help_str(_SENTENCE)) for n, c in found if c])


def plain(value: Any) -> Any:
    """Return a reading as dicts, lists, strings and numbers."""
    return msgspec.to_builtins(value, enc_hook=str)


def emit(data: Any, lines: Iterable[str], *, as_json: bool) -> None:
    """Write an answer to standard output, in the one form that was asked for."""
    if as_json:
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return
    for line in lines:
        click.echo(line)


def aligned(pairs: Mapping[str, str]) -> list[str]:
    """Return `name  value` lines with the values in one column; empty values are left out."""
    shown = {name: value for name, value in pairs.items() if value}
    width = max(map(len, shown), default=0)
    return [f"  {name:<{width}}  {value}" for name, value in shown.items()]


def columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return rows as text with their columns aligned."""
    if not rows:
        return []
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def day(instant: str | None) -> str:
    """Write an instant as people say it to the minute: `2026-11-23 18:02 UTC`."""
    return "never" if instant is None else f"{instant[:10]} {instant[11:16]} UTC"


def plural(number: int, noun: str, many: str = "") -> str:
    """Write `1 copy`, `2 copies`."""
    return f"{number} {noun if number == 1 else many or noun + 's'}"
