"""Open: serve."""

from pathlib import Path

import click

from emeritus.api import routes as api_routes
from emeritus.assembly import HouseGateway, HousePromises, HouseSite, HouseStories
from emeritus.cli.setting import DEFAULT_PORT, Setting, home_option
from emeritus.web.serve import serve as serve_site


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
        stories = HouseStories(house)
        serve_site(
            site,
            host,
            port,
            on_ready=say_ready,
            stories=stories,
            promises=HousePromises(house),
            catalogue=gateway,
            routes=api_routes(gateway),
        )
    finally:
        models.close()
    say_closed()


def say_ready(url: str) -> None:
    """Say where the pages are."""
    click.echo(f"The record is open at {url} (Ctrl-C ends it).")
    click.echo(f"Models are called at {url}v1, in the dialects of OpenAI and Anthropic.")


def say_closed() -> None:
    """Say that they are no longer served, on a line after the `^C` of the terminal."""
    click.echo("\nThe pages are closed. The record is as it was.")
