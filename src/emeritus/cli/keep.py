"""Keep: init, deposit, models, show, restore, audit, drill."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from emeritus.assembly import HouseSite, found_house
from emeritus.assembly.readings import Dossier, ServedAt
from emeritus.cli.output import aligned, columns, day, emit, plain, plural
from emeritus.cli.progress import size
from emeritus.cli.setting import Setting, home_option, json_option, role_option
from emeritus.custody import (
    HELD_ELSEWHERE,
    POLICIES,
    AuditResult,
    DrillResult,
    Receipt,
    restore_model,
)
from emeritus.custody import audit as audit_model
from emeritus.custody import deposit as deposit_model
from emeritus.custody import drill as drill_model
from emeritus.custody.errors import CopyDamaged, DrillFailed
from emeritus.foundation import ModelName


@click.command()
@home_option
@click.option("--steward", default="this steward", show_default=True, help="Who answers for it.")
@click.option(
    "--policy",
    type=click.Choice(list(POLICIES)),
    default="standard",
    show_default=True,
    help="standard wants three verified copies, demonstration one.",
)
@click.option("--contact", default="", help="An address for the steward; it stays private.")
@json_option
def init(home: Path, steward: str, policy: str, contact: str, *, as_json: bool) -> None:
    """Make a new home: keys, a store that explains itself, and the first entries."""
    house = found_house(home, steward=steward, policy=policy, contact=contact)
    emit(
        {"home": str(home), "origin": house.record.log.verifier.name, "vkey": house.vkey},
        [
            f"A new record is at {home}.",
            f"Its ledger is signed by {house.vkey}",
            "Publish that line where people know you: it tells them that the record is yours.",
            f"The private keys lie in {home / 'keys'}; keep a copy with 'emeritus backup FILE'.",
        ],
        as_json=as_json,
    )


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("name")
@click.option("--opaque", is_flag=True, help="Keep the bytes without looking for tensors.")
@click.option(
    "--parent",
    default="",
    metavar="MODEL",
    help="The model that it was made from, a hint; it is looked for anyway.",
)
@role_option
@home_option
@json_option
def deposit(
    path: Path, name: str, *, parent: str, role: str, home: Path, opaque: bool, as_json: bool
) -> None:
    """Take the model at PATH, a file or a folder, into care as NAME."""
    setting = Setting(home)
    house = setting.house()
    receipt = deposit_model(
        house.record,
        path,
        ModelName.parse(name),
        signer=house.require_oms(),
        engine=house.engine,
        actor=role,
        opaque=opaque,
        progress=setting.progress(),
        parent=parent,
    )
    emit(receipt_data(receipt), receipt_lines(receipt), as_json=as_json)


def receipt_data(receipt: Receipt) -> dict[str, Any]:
    """Return a receipt as plain data."""
    return {
        "name": str(receipt.model),
        "identity": str(receipt.identity),
        "manifest": str(receipt.manifest),
        "position": receipt.position,
        "raw_bytes": receipt.raw_bytes,
        "stored_bytes": receipt.stored_bytes,
        "new_bytes": receipt.new_bytes,
        "files": receipt.files,
        "format": receipt.format,
        "skipped": list(receipt.skipped),
        "outside": list(receipt.outside),
        "base": receipt.base,
        "differences": receipt.differences,
    }


def receipt_lines(receipt: Receipt) -> list[str]:
    """Return a receipt in sentences."""
    share = receipt.stored_bytes / receipt.raw_bytes if receipt.raw_bytes else 0
    lines = [
        (
            f"{receipt.model} is in care: {plural(receipt.files, 'file')}, "
            f"{size(receipt.raw_bytes)}, kept in {size(receipt.stored_bytes)} ({share:.1%})."
        ),
        *aligned({"identity": str(receipt.identity), "entry": str(receipt.position)}),
    ]
    if receipt.base:
        pieces = plural(receipt.differences, "piece")
        lines.append(f"{pieces} of it are kept as differences from {receipt.base}.")
    if receipt.skipped:
        lines.append(f"Left out by rule: {', '.join(receipt.skipped[:8])}.")
    if receipt.outside:
        lines.append(f"Links out of the folder, followed: {', '.join(receipt.outside[:8])}.")
    return lines


@click.command()
@home_option
@json_option
def models(home: Path, *, as_json: bool) -> None:
    """List the models of this record."""
    found = HouseSite(Setting(home).house()).models()
    rows = [("NAME", "SERVICE", "CUSTODY", "COPIES", "LAST RAN")]
    rows += [
        (
            one.name,
            one.service,
            one.custody,
            "none here"
            if one.custody == HELD_ELSEWHERE
            else f"{one.copies} of {one.copies_wanted}",
            "not here" if one.custody == HELD_ELSEWHERE else day(one.last_ran_at),
        )
        for one in found
    ]
    text = columns(rows) if found else ["No model is here yet; 'emeritus deposit PATH NAME'."]
    emit([plain(one) for one in found], text, as_json=as_json)


@click.command()
@click.argument("name")
@home_option
@json_option
def show(name: str, home: Path, *, as_json: bool) -> None:
    """Show what the record says of the model NAME."""
    dossier = HouseSite(Setting(home).house()).dossier(name)
    emit(dossier_data(dossier), dossier_lines(dossier), as_json=as_json)


def dossier_data(dossier: Dossier) -> dict[str, Any]:
    """Return a dossier in the stable shape that `show --json` promises."""
    data: dict[str, Any] = plain(dossier)
    footing = data.pop("footing")
    return {**data, "ledger_size": footing["size"], "ledger_origin": footing["origin"]}


def _tally(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def dossier_lines(dossier: Dossier) -> list[str]:
    """Return a dossier for people."""
    if dossier.elsewhere is not None:
        return _elsewhere_lines(dossier, dossier.elsewhere)
    drill = dossier.last_drill
    share = dossier.stored_bytes / dossier.raw_bytes if dossier.raw_bytes else 0
    verified = sum(copy.state == "verified" for copy in dossier.copies)
    ran = f"{day(drill.at)}, {drill.outcome} ({drill.comparison})" if drill else "never"
    return [
        f"{dossier.name}: service {dossier.service}, custody {dossier.custody}.",
        *aligned(
            {
                "identity": dossier.identity,
                "deposited": f"{day(dossier.deposited_at)}, entry {dossier.deposit_position}",
                "copies": f"{verified} verified of {dossier.copies_wanted} "
                f"({dossier.policy} policy)",
                "last drill": ran,
                "problem": drill.problem if drill else "",
                "size": f"{size(dossier.raw_bytes)}, kept in {size(dossier.stored_bytes)} "
                f"({share:.1%})",
                "builds on": f"{dossier.base}: {dossier.differences} pieces differ from its own"
                if dossier.base
                else "",
                "files": f"{len(dossier.files)}: "
                + ", ".join(file.path for file in dossier.files[:5]),
                "interviews": str(dossier.interviews or ""),
                "requests": _tally(dossier.requests),
                "texts": str(dossier.posts or ""),
                "weights": f"for {dossier.weights}" if dossier.weights != "nobody" else "",
                "evidence": dossier.grade,
                "ledger": f"{dossier.footing.size} entries, {dossier.footing.origin}",
            }
        ),
    ]


def _elsewhere_lines(dossier: Dossier, there: ServedAt) -> list[str]:
    return [
        f"{dossier.name}: service {dossier.service}, custody {dossier.custody}.",
        *aligned(
            {
                "held by": there.holder,
                "served at": f"{there.address}, {there.dialect} dialect",
                "called there": there.served_as,
                "identity": f"{dossier.identity} (of this address, not of weights)",
                "entered": f"{day(dossier.deposited_at)}, entry {dossier.deposit_position}",
                "interviews": str(dossier.interviews or ""),
                "requests": _tally(dossier.requests),
                "evidence": dossier.grade,
                "ledger": f"{dossier.footing.size} entries, {dossier.footing.origin}",
            }
        ),
    ]


@click.command()
@click.argument("name")
@click.argument("destination", type=click.Path(path_type=Path))
@click.option("--file", "files", multiple=True, metavar="PATH", help="Only this file; repeatable.")
@home_option
@json_option
def restore(
    name: str, destination: Path, files: tuple[str, ...], home: Path, *, as_json: bool
) -> None:
    """Write the identical files of NAME under DESTINATION, a folder that is new or empty."""
    setting = Setting(home)
    house = setting.house()
    written = restore_model(
        house.record,
        name,
        destination,
        paths=files or None,
        clock=house.clock,
        progress=setting.progress(),
    )
    emit(
        {"name": name, "files": [str(path) for path in written]},
        [f"{name} is back, every byte checked:", *(f"  {path}" for path in written)],
        as_json=as_json,
    )


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
