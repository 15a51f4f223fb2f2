"""Keep: models and show."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from emeritus.assembly import HouseSite
from emeritus.assembly.readings import Dossier, ServedAt
from emeritus.cli.keep.checks import plain_run_line
from emeritus.cli.output import aligned, columns, day, emit, plain
from emeritus.cli.progress import size
from emeritus.cli.setting import Setting, home_option, json_option
from emeritus.custody import HELD_ELSEWHERE, kept_files
from emeritus.vault import KeptTensor, all_tensors


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
@click.option("--tensors", is_flag=True, help="List the tensors of its files instead.")
@home_option
@json_option
def show(name: str, home: Path, *, tensors: bool, as_json: bool) -> None:
    """Show what the record says of the model NAME."""
    house = Setting(home).house()
    if tensors:
        kept = kept_files(house.record, name, copies=house.copies(), located=house.stores)
        found = all_tensors(kept.pieces, kept.package)
        told = {"name": name, "tensors": [plain(one) for one in found]}
        emit(told, _tensor_lines(found), as_json=as_json)
        return
    dossier = HouseSite(house).dossier(name)
    emit(dossier_data(dossier), dossier_lines(dossier), as_json=as_json)


def _tensor_lines(tensors: tuple[KeptTensor, ...]) -> list[str]:
    if not tensors:
        return ["Its files are kept as bytes; no tensors are known in them."]
    rows = [("TENSOR", "ELEMENT", "SHAPE", "BYTES", "FILE")]
    rows += [
        (one.name, one.element, " x ".join(map(str, one.shape)), str(one.bytes), one.file)
        for one in tensors
    ]
    return columns(rows)


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
                "runs without us": plain_run_line(drill.plain_run, drill.plain_run_said)
                if drill
                else "",
                "size": f"{size(dossier.raw_bytes)}, kept in {size(dossier.stored_bytes)} "
                f"({share:.1%})",
                "builds on": f"{dossier.base}: {dossier.differences} pieces differ from its own"
                if dossier.base
                else "",
                "family": ", ".join(
                    f"{one.name} {size(one.stored_bytes)}" for one in dossier.family
                ),
                "sealed": f"under key {dossier.place.rpartition('/')[2]}" if dossier.place else "",
                "files": f"{len(dossier.files)}: "
                + ", ".join(file.path for file in dossier.files[:5])
                if dossier.files
                else "",
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
