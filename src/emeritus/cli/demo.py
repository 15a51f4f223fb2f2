"""demo: take a real small model through what Emeritus does, each step a command of its own."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from emeritus.assembly import HouseSite, open_house
from emeritus.assembly.demonstration import MODEL_NAME, fetch_model
from emeritus.assembly.errors import NoHome
from emeritus.cli.setting import DEFAULT_PORT, Setting, home_option
from emeritus.cli.story import Step, story
from emeritus.foundation import ModelName
from emeritus.web.serve import listen

ROLE = "demonstration"

_REMOVED = "The fetched file is removed: from here on the model comes from the store alone."


@click.command()
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="A GGUF file, or a folder with safetensors, instead of the small model.",
)
@click.option(
    "--name", default=None, help="What to call it; without it, made from the file's name."
)
@click.option("--serve/--no-serve", "serves", default=True, help="Serve the pages at the end.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="0: any free one.",
)
@home_option
@click.pass_context
def demo(
    context: click.Context,
    model: Path | None,
    name: str | None,
    port: int,
    home: Path,
    *,
    serves: bool,
) -> None:
    """Take a real small model through what Emeritus does, one command at a time.

    What was done already is not done again, so a second run only checks.
    """
    if serves:
        # A port in use is said now, and not after all the work.
        listen("127.0.0.1", port).close()
    chosen = ModelName.parse(name or (MODEL_NAME if model is None else _name_of(model)))
    run = _runner(context, home)
    _take_in(Setting(home), run, model, chosen)
    for step in story(home, str(chosen), ROLE):
        run(step)
    if serves:
        run(("serve", "--port", str(port)))


def _runner(context: click.Context, home: Path) -> Callable[[Step], None]:
    """Return what shows a command and runs it as if it had been typed."""
    program = context.find_root().command

    def run(step: Step) -> None:
        click.echo(f"\n$ emeritus {shlex.join(step)}")
        program.main([*step, "--home", str(home)], prog_name="emeritus", standalone_mode=False)

    return run


def _name_of(model: Path) -> str:
    stem = model.name.removesuffix(".gguf").lower()
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in stem)


def _take_in(
    setting: Setting, run: Callable[[Step], None], model: Path | None, name: ModelName
) -> None:
    """Make the home and deposit the model, if that was not done before."""
    try:
        known = any(line.name == name for line in HouseSite(open_house(setting.home)).models())
    except NoHome:
        known = False
        run(("init", "--policy", ROLE, "--steward", "A demonstration of Emeritus"))
    if known:
        return
    with _source(setting, model) as source:
        run(("deposit", str(source), str(name), "--role", ROLE))
    if model is None:
        click.echo(_REMOVED)


@contextmanager
def _source(setting: Setting, model: Path | None) -> Iterator[Path]:
    """Lend the file to deposit; the small model is fetched, and removed when it is kept."""
    if model is not None:
        yield model
        return
    fetched = setting.home / "downloads"
    source = fetch_model(fetched, setting.progress())
    yield source
    source.unlink()
    fetched.rmdir()
