"""Keep: register, for a model that another party keeps and runs."""

from pathlib import Path

import click

from emeritus.assembly import server_key
from emeritus.cli.output import aligned, emit
from emeritus.cli.setting import Setting, home_option, json_option, role_option
from emeritus.custody import hold_elsewhere
from emeritus.foundation import ModelName
from emeritus.runtime import DIALECTS, Dialect, Endpoint


@click.command()
@click.argument("name")
@click.option("--holder", required=True, help="Who keeps it and runs it.")
@click.option(
    "--address",
    required=True,
    metavar="URL",
    help="Its server: https://HOST/v1 for openai, https://HOST for anthropic.",
)
@click.option(
    "--dialect",
    type=click.Choice(DIALECTS),
    default="openai",
    show_default=True,
    help="How its server is spoken to.",
)
@click.option("--served-as", metavar="ID", help="Its id there, if not NAME.")
@role_option
@home_option
@json_option
def register(
    name: str,
    holder: str,
    address: str,
    dialect: Dialect,
    served_as: str | None,
    *,
    role: str,
    home: Path,
    as_json: bool,
) -> None:
    """Enter NAME, a model that another party keeps and runs, so that it can be asked.

    None of its files come here; 'emeritus deposit' takes a model into care.
    """
    endpoint = Endpoint(dialect, address, served_as or name)
    record = Setting(home).house().record
    there = hold_elsewhere(record, ModelName.parse(name), holder, endpoint, actor=role)
    variable, key = server_key(name)
    emit(
        {
            "name": name,
            "identity": str(there.identity),
            "position": there.position,
            "holder": there.holder,
            "dialect": dialect,
            "address": address,
            "served_as": endpoint.served_as,
            "key_variable": variable,
            "key_is_set": key is not None,
        },
        [
            f"{name} is in the record, held elsewhere: {holder} keeps it and runs it.",
            *aligned(
                {
                    "called at": f"{endpoint.url} as {endpoint.served_as}",
                    "its key": f"{variable}, {'set' if key else 'not set'} in this environment",
                    "entry": str(there.position),
                }
            ),
            f"Its server can be asked now: 'emeritus interview run {name}'.",
        ],
        as_json=as_json,
    )
