"""Write the generated reference pages; `tests/docs` checks that they are up to date."""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

import emeritus
from emeritus.assembly import ENTRY_TYPES
from emeritus.assembly.settings import DATABASE_VARIABLE, HOME_VARIABLE, KEY_VARIABLE, Settings
from emeritus.cli.main import _SECTIONS
from emeritus.cli.main import emeritus as emeritus_group
from emeritus.foundation import EmeritusError

REFERENCE = Path(__file__).parent / "reference"
_MARK = "<!-- Written by `make reference`; change the code, not this page. -->\n\n"


def command_page() -> str:
    """Return the page of the command line."""
    parts = ["# Command line\n", _MARK]
    above = emeritus_group.make_context("emeritus", ["--"], resilient_parsing=True)
    for title, commands in _SECTIONS.items():
        parts.append(f"## {title}\n\n")
        for command in commands:
            context = click.Context(command, info_name=command.name, parent=above)
            text = command.get_help(context).replace(str(Path.home()), "~")
            parts.append(f"### emeritus {command.name}\n\n```text\n{text}\n```\n\n")
    return "".join(parts)


def error_classes() -> Iterator[type[EmeritusError]]:
    """Yield every error that Emeritus raises, in the order of code."""
    for module in pkgutil.walk_packages(emeritus.__path__, "emeritus."):
        if module.name.endswith("errors"):
            importlib.import_module(module.name)
    found: list[type[EmeritusError]] = [EmeritusError]
    for one in found:
        found.extend(kind for kind in one.__subclasses__() if kind not in found)
    ours = [
        kind
        for kind in found[1:]
        if kind.__module__.startswith("emeritus.") and ".testing." not in kind.__module__
    ]
    yield from sorted(ours, key=lambda kind: (kind.exit_status, kind.code))


def error_page() -> str:
    """Return the page of error codes."""
    rows = [
        f"| `{kind.code}` | {kind.exit_status} | {kind.http_status} | "
        f"{(inspect.getdoc(kind) or '').splitlines()[0]} |\n"
        for kind in error_classes()
    ]
    return "".join(
        [
            "# Errors\n",
            _MARK,
            (
                "Every error has a stable code, the exit status of a command and the HTTP "
                "status of a page.\n"
                "An unexpected one, which is a defect of ours, exits with 1 and a traceback.\n"
                "An interrupted command exits with 130.\n\n"
            ),
            "| code | exit | HTTP | what it means |\n|---|---|---|---|\n",
            *rows,
        ]
    )


def setting_page() -> str:
    """Return the page of settings."""
    rows = [
        f"| `{field.name}` | `{field.default!r}` |\n" for field in msgspec.structs.fields(Settings)
    ]
    doc = inspect.getdoc(Settings) or ""
    return "".join(
        [
            "# Settings\n",
            _MARK,
            "`emeritus.toml` in the home; it may be missing.\n\n",
            f"```text\n{doc}\n```\n\n",
            "| setting | default |\n|---|---|\n",
            *rows,
            "\nThe environment:\n\n",
            f"* `{HOME_VARIABLE}`: the home, when `--home` is not given.\n",
            f"* `{DATABASE_VARIABLE}`: a PostgreSQL URL for the index, instead of SQLite.\n",
            f"* `{KEY_VARIABLE}NAME`: the key for the server of the model NAME, held elsewhere.\n",
        ]
    )


def entry_page() -> str:
    """Return the page of entry types."""
    parts = [
        "# Entry types\n",
        _MARK,
        (
            "What may stand in the ledger; the frame around a body is in "
            "[the ledger's specification](../specs/ledger.md).\n\n"
        ),
    ]
    for kind in sorted(ENTRY_TYPES, key=lambda kind: kind.name):
        schema = json.dumps(msgspec.json.schema(kind.body), indent=2, sort_keys=True)
        doc = inspect.getdoc(kind.body) or ""
        parts.append(
            f"## {kind.name}\n\n```text\n{doc}\n```\n\nJSON Schema of the body:\n\n"
            f"```json\n{schema}\n```\n\n"
        )
    return "".join(parts)


PAGES = {
    "command-line.md": command_page,
    "errors.md": error_page,
    "settings.md": setting_page,
    "entry-types.md": entry_page,
}


def main() -> None:
    """Write every page."""
    REFERENCE.mkdir(exist_ok=True)
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
