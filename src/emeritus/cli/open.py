"""Open: serve."""

import secrets
from pathlib import Path

import click

from emeritus.access import Shelf
from emeritus.api import hub_routes
from emeritus.api import routes as api_routes
from emeritus.assembly import (
    House,
    HouseGateway,
    HousePromises,
    HouseReviews,
    HouseSite,
    HouseStories,
)
from emeritus.cli.setting import DEFAULT_PORT, Setting, home_option
from emeritus.web.app import Parts
from emeritus.web.serve import OnReady
from emeritus.web.serve import serve as serve_site
from emeritus.web.steward import Desk, Sessions

_KEY_BYTES = 24


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="0: any free one.",
)
@home_option
def serve(host: str, port: int, home: Path) -> None:
    """Serve the pages of this record and its models on this machine, until Ctrl-C."""
    house = Setting(home).house()
    site = HouseSite(house)
    site.footing()
    models = house.models()
    try:
        gateway = HouseGateway(house, models)
        desk, ready = _desk(house)
        parts = Parts(
            stories=HouseStories(house),
            promises=HousePromises(house),
            catalogue=gateway,
            desk=desk,
            routes=[*api_routes(gateway), *hub_routes(Shelf(house.record, house.clock))],
        )
        serve_site(site, host, port, on_ready=ready, parts=parts)
    finally:
        models.close()
    say_closed()


def _desk(house: House) -> tuple[Desk | None, OnReady]:
    """Return where a steward reviews, with a key of its own, and what says so.

    A home without a signing key has none: nothing can be entered there.
    """
    if house.record.is_read_only:
        return None, say_ready
    key = secrets.token_urlsafe(_KEY_BYTES)

    def ready(url: str) -> None:
        say_ready(url)
        say_key(url, key)

    return Desk(HouseReviews(house), Sessions(key, house.clock)), ready


def say_key(url: str, key: str) -> None:
    """Say where the steward signs in, and with what."""
    click.echo(f"To review what models wrote, sign in at {url}steward/ with this key: {key}")


def say_ready(url: str) -> None:
    """Say where the pages are."""
    click.echo(f"The record is open at {url} (Ctrl-C ends it).")
    click.echo(f"Models are called at {url}v1, in the dialects of OpenAI and Anthropic.")


def say_closed() -> None:
    """Say that they are no longer served, on a line after the `^C` of the terminal."""
    click.echo("\nThe pages are closed. The record is as it was.")
