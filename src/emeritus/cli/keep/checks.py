"""Keep: audit and drill."""

from pathlib import Path
from typing import Any

import click

from emeritus.cli.output import aligned, emit, plain, plural
from emeritus.cli.progress import size
from emeritus.cli.setting import Setting, home_option, json_option, role_option, store_option
from emeritus.custody import (
    IN_PLACE,
    PRIMARY,
    AuditResult,
    DrillResult,
    kept_package,
)
from emeritus.custody import audit as audit_model
from emeritus.custody import drill as drill_model
from emeritus.custody.errors import CopyDamaged, DrillFailed
from emeritus.custody.sample import SHOWN_FRACTIONS, detection


@click.command()
@click.argument("name")
@store_option
@click.option(
    "--sample",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Draw N pieces at random instead of reading everything; says the odds.",
)
@role_option
@home_option
@json_option
def audit(
    name: str, store: str | None, sample: int, role: str, home: Path, *, as_json: bool
) -> None:
    """Read back a copy of NAME, every byte or a sample of it, and enter the result."""
    setting = Setting(home)
    house = setting.house()
    unpacked = store is None and not kept_package(house.record, name).packed
    result = audit_model(
        house.record,
        name,
        actor=role,
        progress=setting.progress(),
        copy=house.stores.open(store or PRIMARY),
        sample=sample,
        found=house.stores.found(name) if unpacked or store == IN_PLACE else None,
    )
    emit(audit_data(result), audit_lines(result), as_json=as_json)
    if result.findings:
        first = result.findings[0]
        mends = f"'emeritus repair --store {result.store}' makes it anew from another copy"
        if result.store == IN_PLACE:
            mends = "nothing here writes where its files lie, so bring them back as they were"
        raise CopyDamaged(
            f"the copy of {name} in {result.store} is damaged: {first}; {mends}", about=first.file
        )


def audit_data(result: AuditResult) -> dict[str, Any]:
    """Return an audit as plain data."""
    data: dict[str, Any] = plain(result)
    return {"name": data.pop("model"), **data}


def audit_lines(result: AuditResult) -> list[str]:
    """Return an audit for people."""
    if not result.findings and result.sampled:
        return [
            (
                f"{plural(result.sampled, 'draw')} from the {plural(result.pieces, 'piece')} of "
                f"{result.model} in {result.store}, {size(result.bytes)} read: all match."
            ),
            *(
                f"  Were one in {round(1 / share)} pieces bad, it would have been found with a "
                f"probability of {detection(result.sampled, share):.1%}."
                for share in SHOWN_FRACTIONS
            ),
            "  Only an audit of everything makes a copy count as verified.",
            *aligned({"entry": str(result.position)}),
        ]
    if not result.findings:
        return [
            (
                f"The copy of {result.model} in {result.store} is whole: "
                f"{plural(result.pieces, 'piece')} in {plural(result.packs, 'pack')}, "
                f"{size(result.bytes)} read and compared."
            ),
            *aligned({"entry": str(result.position)}),
        ]
    return [f"The copy of {result.model} in {result.store} is damaged:"] + [
        f"  {finding}" for finding in result.findings[:20]
    ]


@click.command()
@click.argument("name")
@store_option
@role_option
@home_option
@json_option
def drill(name: str, store: str | None, role: str, home: Path, *, as_json: bool) -> None:
    """Restore NAME into an empty folder, run it there, and compare its answers."""
    setting = Setting(home)
    house = setting.house()
    result = drill_model(
        house.record,
        name,
        engine=house.engine,
        slots=house.slots,
        work=house.work,
        actor=role,
        progress=setting.progress(),
        copy=None if store is None else house.stores.open(store),
        located=house.stores,
        executor=house.executor,
    )
    emit(drill_data(result), drill_lines(result), as_json=as_json)
    if result.outcome != "good":
        raise DrillFailed(
            f"the drill of {name} failed and is entered so: {result.problem}", about=name
        )


def drill_data(result: DrillResult) -> dict[str, Any]:
    """Return a drill as plain data; `fingerprint` is equal for equal answers on one engine."""
    data: dict[str, Any] = plain(result)
    return {
        "name": data.pop("model"),
        **data,
        "fingerprint": str(result.fingerprint or ""),
        "statement": str(result.statement or ""),
    }


def plain_run_line(word: str, said: str) -> str:
    """Return in a line whether a program without the engine gave the same; empty when not tried."""
    shown = word.upper() if word == "differs" else word
    return f"{shown}: {said}" if said else shown


def drill_lines(result: DrillResult) -> list[str]:
    """Return a drill for people."""
    if result.fingerprint is None:
        return [f"{result.model} did not answer: {result.problem}"]
    said = {
        "first": "Its answers are recorded; later drills are compared with them.",
        "identical": "It answered exactly as recorded, bit for bit.",
        "within tolerance": "It answered with the same words as recorded; "
        f"log-probabilities differ by at most {result.largest_difference:.4f}.",
        "different": f"It answered otherwise than recorded: {result.problem}.",
    }
    return [
        (
            f"{result.model} was restored and ran: {plural(result.probes, 'probe')}, "
            f"{plural(result.tokens, 'token')}. {said[result.comparison]}"
        ),
        *(
            ["Its files were copied into the home's work folder for it, and removed after."]
            if result.store == IN_PLACE
            else []
        ),
        *aligned(
            {
                "runs without us": plain_run_line(result.plain_run, result.plain_run_said),
                "fingerprint": str(result.fingerprint),
                "cite": str(result.statement or ""),
                "engine": result.engine + ("" if result.isolated else ", network not isolated"),
                "entry": str(result.position),
            }
        ),
    ]
