"""Keep: a key is destroyed, proposed by one and approved by others."""

from pathlib import Path
from typing import Any

import click

from emeritus.assembly import House
from emeritus.assembly.private_files import write_private
from emeritus.cli.output import Commands, aligned, columns, emit, plain, plural
from emeritus.cli.setting import Setting, home_option, json_option, role_option
from emeritus.custody.errors import NotApproved
from emeritus.custody.sealing.approvers import approvers_of, name_approver, remove_approver
from emeritus.custody.sealing.destroying import destroy, drop
from emeritus.custody.sealing.proposing import (
    Proposal,
    approval_text,
    approve,
    find_key,
    proposal_of,
    propose,
    withdraw,
)
from emeritus.custody.sealing.rules import rules_of, set_rules
from emeritus.foundation import Conflict, UserError
from emeritus.ledger import NoteSigner

_SHOWN = 40


@click.group(cls=Commands, invoke_without_command=True)
@click.pass_context
@home_option
@json_option
def approvers(context: click.Context, home: Path, *, as_json: bool) -> None:
    """List who may approve the destruction of a key; or add, remove, or make a key for one."""
    if context.invoked_subcommand is not None:
        return
    with Setting(home).house().record.read() as index:
        known = approvers_of(index)
    rows = [("ROLE", "KEY", "SINCE ENTRY", "MAY APPROVE")]
    rows += [
        (one.role, one.vkey, str(one.position), "no" if one.removed_at else "yes") for one in known
    ]
    text = columns(rows) if known else ["Nobody; 'emeritus sealing approvers add VKEY ROLE'."]
    emit([plain(one) for one in known], text, as_json=as_json)


@approvers.command("make")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("name")
@json_option
def make_key(file: Path, name: str, *, as_json: bool) -> None:
    """Make a signing key for an approver in FILE; to be run on a machine of their own."""
    if file.exists():
        raise Conflict(f"{file} is there already; name a file that is new")
    signer = NoteSigner.generate(name)
    write_private(file, f"{signer.to_text()}\n".encode())
    vkey = signer.verifier.vkey
    said = [f"The key is in {file}; keep it where nobody else can read it. Its public half:", vkey]
    emit({"file": str(file), "vkey": vkey}, said, as_json=as_json)


@approvers.command("add")
@click.argument("vkey")
@click.argument("approver_role", metavar="AS")
@role_option
@home_option
@json_option
def add_approver(vkey: str, approver_role: str, role: str, home: Path, *, as_json: bool) -> None:
    """Name who may approve what is proposed later, by the public key VKEY, in the role AS."""
    made = name_approver(Setting(home).house().record, vkey, approver_role, actor=role)
    said = f"{made.name} may approve as {made.role} what is proposed after entry {made.position}."
    emit(plain(made), [said], as_json=as_json)


@approvers.command("remove")
@click.argument("vkey")
@click.option("--reason", required=True, help="Why, in a sentence.")
@role_option
@home_option
@json_option
def take_approver(vkey: str, reason: str, role: str, home: Path, *, as_json: bool) -> None:
    """Say that who holds VKEY approves no longer."""
    remove_approver(Setting(home).house().record, vkey, reason=reason, actor=role)
    emit({"removed": vkey}, ["They approve no longer."], as_json=as_json)


@click.command()
@click.option("--quorum", type=int, help="Approvals that are needed, at least two.")
@click.option("--wait-days", type=int, help="Days between proposal and deed.")
@role_option
@home_option
@json_option
def rules(
    quorum: int | None, wait_days: int | None, role: str, home: Path, *, as_json: bool
) -> None:
    """Show what destroying a key needs; with options, say what later proposals need."""
    record = Setting(home).house().record
    with record.read() as index:
        now = rules_of(index)
    if quorum is not None or wait_days is not None:
        now = set_rules(
            record,
            quorum=now.quorum if quorum is None else quorum,
            wait_days=now.wait_days if wait_days is None else wait_days,
            actor=role,
        )
    said = f"{now.quorum} approvals by different keys, and {plural(now.wait_days, 'day')} of wait."
    emit(plain(now), [said], as_json=as_json)


@click.command("propose")
@click.argument("key")
@click.option("--reason", required=True, help="Why, in a sentence.")
@role_option
@home_option
@json_option
def propose_one(key: str, reason: str, role: str, home: Path, *, as_json: bool) -> None:
    """Propose to destroy KEY, an id or a model that it opens; nothing is destroyed by that."""
    house = Setting(home).house()
    made = propose(house.record, key, reason=reason, actor=role)
    with house.record.read() as index:
        may = sum(not one.removed_at for one in approvers_of(index))
    lines = [
        *_warning(made),
        (
            f"Entry {made.position} proposes it. {made.body.quorum} approvers sign what "
            f"'emeritus sealing text {made.body.key}' writes."
        ),
    ]
    if may < made.body.quorum:
        lines.append(
            f"It cannot be approved: {may} may approve, and who is named later does not count for "
            f"it. Withdraw it with 'emeritus sealing withdraw {made.body.key}', name approvers, "
            "and propose it again."
        )
    emit(_data(made), lines, as_json=as_json)


def _warning(proposal: Proposal) -> list[str]:
    """Say plainly what is lost."""
    body = proposal.body
    more = f" and {body.models_total - _SHOWN} more" if body.models_total > _SHOWN else ""
    return [
        f"DESTROYING THE KEY {body.key} CANNOT BE UNDONE.",
        "Nobody will be able to open, restore, run or drill again:",
        *(f"  {name}" for name in body.models[:_SHOWN]),
        *([f"  {more.strip()}"] if more else []),
        f"with {plural(body.files, 'stored file')} that it opens.",
        *(
            [f"Kept as differences from these, and lost with them: {', '.join(body.depend[:40])}."]
            if body.depend
            else []
        ),
        *aligned(
            {
                "reason": body.reason,
                "approved": f"{len(proposal.approvals)} of {body.quorum}",
                "not before": body.not_before,
            }
        ),
    ]


def _data(proposal: Proposal) -> dict[str, Any]:
    data: dict[str, Any] = plain(proposal)
    return {**data.pop("body"), **data}


def _open(house: House, key: str) -> Proposal:
    with house.record.read() as index:
        known = find_key(index, key)
        found = proposal_of(index, known.key, "open", "begun")
    if found is None:
        raise NotApproved(
            f"nobody proposes to destroy the key {known.key}; 'emeritus sealing propose' does",
            about=known.key,
        )
    return found


@click.command()
@click.argument("key")
@home_option
def text(key: str, home: Path) -> None:
    """Write the text that an approver signs; it names the proposal's entry by its digest."""
    house = Setting(home).house()
    click.echo(approval_text(house.record.log.verifier.name, _open(house, key)), nl=False)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="The approver's key, as 'approvers make' wrote it.",
)
def sign(file: Path, key: Path) -> None:
    """Sign the text in FILE, and write the signed note; needs no home and no network."""
    signer = NoteSigner.from_text(key.read_text(encoding="ascii").strip())
    try:
        said = file.read_bytes().decode()
    except UnicodeDecodeError:
        raise UserError(f"expected a text in {file}, found other bytes") from None
    click.echo(signer.sign(said).decode(), nl=False)


@click.command("approve")
@click.argument("note", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@role_option
@home_option
@json_option
def approve_one(note: Path, role: str, home: Path, *, as_json: bool) -> None:
    """Enter an approval: NOTE is the signed text."""
    house = Setting(home).house()
    proposal, approver = approve(house.record, note.read_bytes(), actor=role)
    given = len(proposal.approvals)
    said = f"{approver.name} approved as {approver.role}: {given} of {proposal.body.quorum}."
    emit({**_data(proposal), "approver": plain(approver)}, [said], as_json=as_json)


@click.command("withdraw")
@click.argument("key")
@click.option("--reason", required=True, help="Why, in a sentence.")
@role_option
@home_option
@json_option
def withdraw_one(key: str, reason: str, role: str, home: Path, *, as_json: bool) -> None:
    """Withdraw the proposal to destroy KEY; its approvals count no longer."""
    withdraw(Setting(home).house().record, key, reason=reason, actor=role)
    emit({"withdrawn": key}, ["It is withdrawn."], as_json=as_json)


@click.command("destroy")
@click.argument("key")
@click.option("--for-good", is_flag=True, help="Without this the warning is shown, and no more.")
@role_option
@home_option
@json_option
def destroy_one(key: str, role: str, home: Path, *, for_good: bool, as_json: bool) -> None:
    """Destroy KEY, which was proposed, approved and waited for. It cannot be undone."""
    house = Setting(home).house()
    with house.record.read() as index:
        known = find_key(index, key)
    if not known.certificate:
        proposal = _open(house, key)
        click.echo("\n".join(_warning(proposal)), err=True)
        if not for_good:
            raise NotApproved("nothing was destroyed; say --for-good to do it", about=known.key)
    done = destroy(house.record, key, house.key_holder(), signer=house.require_signer(), actor=role)
    lines = [
        f"The key {done.key} is destroyed."
        if done.done
        else f"The key {done.key} was destroyed before; nothing was to be done.",
        *(f"  {one}." for one in done.done),
        *aligned({"certificate": str(done.certificate)}),
        (
            "Destroy backups of this home from before as well: they hold the key. So does whoever "
            "copied the keyring and has the recovery identity."
        ),
    ]
    emit({**plain(done), "certificate": str(done.certificate)}, lines, as_json=as_json)


@click.command("drop")
@click.argument("key")
@click.option("--reason", required=True, help="Why, in a sentence.")
@role_option
@home_option
@json_option
def drop_one(key: str, reason: str, role: str, home: Path, *, as_json: bool) -> None:
    """Say that no store need hold what lay under KEY, which was destroyed."""
    known = drop(Setting(home).house().record, key, reason=reason, actor=role)
    said = (
        "No store need hold it any longer; 'emeritus stores collect --remove' clears it away, "
        "store by store."
    )
    emit({"key": known.key, "models": list(known.models)}, [said], as_json=as_json)
