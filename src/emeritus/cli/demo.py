"""demo: take a real small model through what Emeritus does."""

import shlex
from pathlib import Path

import click

from emeritus.adapters.stores import LocalStore
from emeritus.assembly import ENTRY_TYPES, House, HouseSite, found_house, open_house
from emeritus.assembly.demonstration import MODEL_NAME, fetch_model
from emeritus.assembly.errors import NoHome
from emeritus.cli import keep
from emeritus.cli.check import store_folder, verification_lines
from emeritus.cli.open import say_closed, say_ready
from emeritus.cli.setting import DEFAULT_PORT, Setting, home_option
from emeritus.custody import NotRunnable, audit, deposit, drill, verify_store
from emeritus.custody.errors import CopyDamaged, DrillFailed
from emeritus.foundation import IntegrityError, ModelName
from emeritus.web.serve import listen
from emeritus.web.serve import serve as serve_site

ACTOR = "demonstration"


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
def demo(model: Path | None, name: str | None, port: int, home: Path, *, serves: bool) -> None:
    """Take a real small model through what Emeritus does, one command at a time."""
    if serves:
        # A port in use is said now, and not after all the work.
        listen("127.0.0.1", port).close()
    setting = Setting(home)
    house = _open_or_found(home)
    chosen = ModelName.parse(name or (MODEL_NAME if model is None else _name_of(model)))
    known = any(line.name == chosen for line in HouseSite(house).models())
    if not known:
        _deposit(setting, house, model, chosen)
    _audit_and_drill(setting, house, chosen)
    _verify(setting, home)
    _step(f"emeritus show {chosen}")
    for line in keep.dossier_lines(HouseSite(house).dossier(chosen)):
        click.echo(line)
    if serves:
        _step(f"emeritus serve --port {port}")
        serve_site(HouseSite(house), "127.0.0.1", port, on_ready=say_ready)
        say_closed()


def _step(command: str) -> None:
    click.echo(f"\n$ {command}")


def _name_of(model: Path) -> str:
    stem = model.name.removesuffix(".gguf").lower()
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in stem)


def _open_or_found(home: Path) -> House:
    try:
        house = open_house(home)
    except NoHome:
        _step(f"emeritus init --policy demonstration --home {home}")
        house = found_house(home, steward="A demonstration of Emeritus", policy=ACTOR)
        click.echo("A new record, with one rule of its own: one verified copy is enough here.")
    return house


def _deposit(setting: Setting, house: House, model: Path | None, name: ModelName) -> None:
    fetched = setting.home / "downloads"
    source = fetch_model(fetched, setting.progress()) if model is None else model
    _step(f"emeritus deposit {shlex.quote(source.name)} {name}")
    receipt = deposit(
        house.record,
        source,
        name,
        signer=house.require_oms(),
        engine=house.engine,
        actor=ACTOR,
        opaque=False,
        progress=setting.progress(),
    )
    for line in keep.receipt_lines(receipt):
        click.echo(line)
    if model is None:
        source.unlink()
        fetched.rmdir()
        click.echo(
            "The fetched file is removed: from here on the model comes from the store alone."
        )


def _audit_and_drill(setting: Setting, house: House, name: ModelName) -> None:
    _step(f"emeritus audit {name}")
    audited = audit(house.record, name, clock=house.clock, actor=ACTOR, progress=setting.progress())
    for line in keep.audit_lines(audited):
        click.echo(line)
    _step(f"emeritus drill {name}")
    try:
        result = drill(
            house.record,
            name,
            engine=house.engine,
            slots=house.slots,
            work=house.work,
            clock=house.clock,
            actor=ACTOR,
            progress=setting.progress(),
        )
    except NotRunnable as problem:
        click.echo(problem.message)
        return
    for line in keep.drill_lines(result):
        click.echo(line)
    if audited.findings:
        raise CopyDamaged(f"the copy of {name} is not what was deposited", about=name)
    if result.outcome != "good":
        raise DrillFailed(
            f"the drill of {name} failed and is entered so; its copy is whole, and stays kept",
            about=name,
        )


def _verify(setting: Setting, home: Path) -> None:
    _step("emeritus verify")
    result = verify_store(
        LocalStore(store_folder(home)), ENTRY_TYPES, vkey=None, progress=setting.progress()
    )
    for line in verification_lines(result, trusted=False):
        click.echo(line)
    if not result.is_whole:
        raise IntegrityError("the demonstration's store is damaged; remove its home and try again")
