"""Keep: the keys of what is sealed, and of the home's keyring."""

import sys
from pathlib import Path

import click

from emeritus.assembly import House
from emeritus.assembly.sealing import KEYRING, begin_keyring
from emeritus.cli.output import columns, day, emit
from emeritus.cli.setting import Setting, home_option, json_option
from emeritus.custody import keys_of
from emeritus.foundation import EmeritusError, Misconfigured
from emeritus.vault.closed import Identity


def show_recovery(identity: str) -> None:
    """Show the recovery identity once, on the error stream; it belongs into no file here."""
    click.echo(
        "A keyring was made. This recovery identity is shown now and never again; whoever has it\n"
        "and a copy of the keyring opens everything that is sealed. Write it down on paper:\n\n"
        f"    {identity}\n",
        err=True,
    )


@click.command("list")
@home_option
@json_option
def list_keys(home: Path, *, as_json: bool) -> None:
    """List the keys of this record, and whether this home holds them."""
    house = Setting(home).house()
    with house.record.read() as index:
        known = keys_of(index)
    held = _held(house)
    data = [
        {
            "key": one.key,
            "class": one.object_class,
            "lineage": one.lineage,
            "since": one.at,
            "models": list(one.models),
            "here": one.key in held,
            "state": one.state,
            "gone_at": one.gone_at,
            "certificate": one.certificate,
        }
        for one in known
    ]
    rows = [("KEY", "CLASS", "LINEAGE", "SINCE", "STATE", "HERE", "OPENS")]
    rows += [
        (
            one.key,
            one.object_class,
            one.lineage,
            day(one.at),
            one.state,
            "yes" if one.key in held else "no",
            ", ".join(one.models),
        )
        for one in known
    ]
    text = columns(rows) if known else ["Nothing is sealed; 'emeritus deposit --sealed' begins."]
    text += [
        f"{one.key} was destroyed and is back, from a backup: 'emeritus sealing destroy {one.key}' "
        "takes it out again."
        for one in known
        if one.certificate and one.key in held
    ]
    text += [f"certificate of {one.key}: {one.certificate}" for one in known if one.certificate]
    emit(data, text, as_json=as_json)


def _held(house: House) -> set[str]:
    """Return the ids of the keys that this home can use now."""
    try:
        return {one.place.key_id for one in house.keyring.read().keys}
    except EmeritusError:
        return set()


@click.command()
@click.option(
    "--anew", is_flag=True, help="Though the record has keys in use that this home has lost."
)
@home_option
@json_option
def begin(home: Path, *, anew: bool, as_json: bool) -> None:
    """Make a keyring now, and show its recovery identity once.

    The first sealed deposit does it too.
    """
    house = Setting(home).house()
    was_here = house.keyring.exists
    begin_keyring(house.record, house.keyring, show_recovery, anew=anew)
    said = (
        "A keyring is here already; nothing was changed."
        if was_here
        else "The keyring is in keys/keyring.age."
    )
    emit({"made": not was_here}, [said], as_json=as_json)


@click.command()
@home_option
@json_option
def renew(home: Path, *, as_json: bool) -> None:
    """Make another recovery identity, and show it once.

    The old one opens no keyring that is written from now on, and still opens old copies.
    """
    Setting(home).house().keyring.renew_recovery(show_recovery)
    said = "The old recovery identity opens old copies of the keyring alone."
    emit({"renewed": True}, [said], as_json=as_json)


@click.command()
@click.argument("keyring", required=False, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--identity",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=False),
    help="A file with the recovery identity; without it, it is asked for.",
)
@home_option
@json_option
def recover(keyring: Path | None, identity: Path | None, home: Path, *, as_json: bool) -> None:
    """Bring the keys back from KEYRING, a copy of keys/keyring.age, and the recovery identity.

    Without KEYRING the one in this home is opened, whose own key was lost.
    """
    house = Setting(home).house()
    source = keyring or home / KEYRING
    if not source.exists():
        raise Misconfigured(
            f"expected a keyring at {source}, found none; name a copy of keys/keyring.age, such "
            "as the one in a backup"
        )
    with house.record.read() as index:
        gone = frozenset(one.key for one in keys_of(index) if one.gone_at)
    secret = Identity.from_text(_secret(_asked() if identity is None else identity.read_text()))
    ring = house.keyring.recover(source.read_bytes(), secret, gone)
    said = f"The keyring is back: {len(ring.keys)} keys."
    emit({"keys": [one.place.key_id for one in ring.keys]}, [said], as_json=as_json)


def _asked() -> str:
    """Return what was typed without being shown, or what a program wrote to us."""
    if sys.stdin.isatty():
        return str(click.prompt("Recovery identity", hide_input=True, err=True))
    return sys.stdin.read()


def _secret(text: str) -> str:
    """Return the identity in a file as `age-keygen` writes it, with comments, or alone."""
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line and not line.startswith("#")), "")
