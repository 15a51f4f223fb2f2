"""Keep: audit and drill."""

from pathlib import Path
from typing import Any

import click

from emeritus.cli.output import aligned, emit, plain, plural
from emeritus.cli.progress import size
from emeritus.cli.setting import Setting, home_option, json_option, role_option
from emeritus.custody import (
    AuditResult,
    DrillResult,
)
from emeritus.custody import audit as audit_model
from emeritus.custody import drill as drill_model
from emeritus.custody.errors import CopyDamaged, DrillFailed


@click.command()
@click.argument("name")
@role_option
@home_option
@json_option
def audit(name: str, role: str, home: Path, *, as_json: bool) -> None:
    """Read back every byte of the copy of NAME, and enter the result."""
    setting = Setting(home)
    house = setting.house()
    result = audit_model(
        house.record, name, clock=house.clock, actor=role, progress=setting.progress()
    )
    emit(audit_data(result), audit_lines(result), as_json=as_json)
    if result.findings:
        first = result.findings[0]
        raise CopyDamaged(
            f"the copy of {name} in {result.store} is damaged: {first}; "
            "restore that file of the store from another copy and audit again",
            about=first.file,
        )


def audit_data(result: AuditResult) -> dict[str, Any]:
    """Return an audit as plain data."""
    data: dict[str, Any] = plain(result)
    return {"name": data.pop("model"), **data}


def audit_lines(result: AuditResult) -> list[str]:
    """Return an audit for people."""
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
@role_option
@home_option
@json_option
def drill(name: str, role: str, home: Path, *, as_json: bool) -> None:
    """Restore NAME into an empty folder, run it there, and compare its answers."""
    setting = Setting(home)
    house = setting.house()
    result = drill_model(
        house.record,
        name,
        engine=house.engine,
        slots=house.slots,
        work=house.work,
        clock=house.clock,
        actor=role,
        progress=setting.progress(),
    )
    emit(drill_data(result), drill_lines(result), as_json=as_json)
    if result.outcome != "good":
        raise DrillFailed(
            f"the drill of {name} failed and is entered so: {result.problem}", about=name
        )


def drill_data(result: DrillResult) -> dict[str, Any]:
    """Return a drill as plain data; `fingerprint` is equal for equal answers on one engine."""
    data: dict[str, Any] = plain(result)
    return {"name": data.pop("model"), **data, "fingerprint": str(result.fingerprint or "")}


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
        *aligned(
            {
                "fingerprint": str(result.fingerprint),
                "engine": result.engine + ("" if result.isolated else ", network not isolated"),
                "entry": str(result.position),
            }
        ),
    ]
