"""Keep: sealing, the keys of what is kept and not shown, and how one is destroyed."""

import click

from emeritus.cli.output import Commands
from emeritus.cli.sealing import destroying, keys
from emeritus.cli.sealing.keys import show_recovery

__all__ = ["sealing", "show_recovery"]


@click.group(cls=Commands)
def sealing() -> None:
    """Keep the keys of what is sealed: list them, bring them back, destroy one."""


for _command in (
    keys.list_keys,
    keys.begin,
    keys.renew,
    keys.recover,
    destroying.approvers,
    destroying.rules,
    destroying.propose_one,
    destroying.text,
    destroying.sign,
    destroying.approve_one,
    destroying.withdraw_one,
    destroying.destroy_one,
    destroying.drop_one,
):
    sealing.add_command(_command)
