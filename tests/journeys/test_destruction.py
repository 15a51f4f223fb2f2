"""A key is destroyed: never by one, never at once, and with a record of it that anybody checks."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from emeritus.adapters.stores import LocalStore
from emeritus.assembly import CHECKS, House, HouseSite, backup_home, open_house, restore_home
from emeritus.assembly.sealing import KEYRING, SEALING_KEY, HomeKeys
from emeritus.custody import Copy, KeyFact, collect, drill, keys_of, replicate, runnable
from emeritus.custody.copies.holdings import entries_of
from emeritus.custody.errors import ApprovalInvalid, KeyGone, NoSuchKey, NotApproved, NotSealed
from emeritus.custody.sealing.approvers import name_approver, remove_approver
from emeritus.custody.sealing.certificate import (
    NOT_SHOWN,
    is_certificate,
    make_certificate,
    read_certificate,
)
from emeritus.custody.sealing.destroying import Destroyed, destroy, drop
from emeritus.custody.sealing.entries import (
    ApproverNamed,
    DestructionApproved,
    DestructionProposed,
    DestructionWithdrawn,
    KeyDestroyed,
    KeyMade,
)
from emeritus.custody.sealing.proposing import (
    Approval,
    Proposal,
    approval_text,
    approve,
    proposal_of,
    propose,
    withdraw,
)
from emeritus.custody.sealing.rules import rules_of, set_rules
from emeritus.foundation import Conflict, Digest, Silent, UserError
from emeritus.ledger import NoteSigner, NoteVerifier
from emeritus.ledger.errors import NoteInvalid
from emeritus.lifecycle import due
from emeritus.record import Entry, Placed
from emeritus.record.index import dump
from emeritus.testing import FrozenClock
from emeritus.testing.asgi import ask
from emeritus.vault import KeyMissing, get_object, object_name, put_object
from emeritus.vault.closed import Identity
from emeritus.vault.layout import ObjectClass
from emeritus.web.app import build
from tests.journeys.houses import (
    audit,
    deposit,
    deposit_sealed,
    found,
    show,
    tiny_model,
    verify,
    with_fakes,
)
from tests.journeys.houses import drill as drill_once
from tests.journeys.test_sealed import FILE, Terminal, lose_keys, reader, restored, second_store
from tests.vault.test_lineage import bf16, safetensors, tuned, weights
from tests.web.html_reading import read_page

ALICE, BOB = NoteSigner.generate("alice"), NoteSigner.generate("bob")
BASE = weights(1, layers=2, size=200_003)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    for name, tensors in (("base", BASE), ("child", tuned(BASE, 3))):
        (folder / name).mkdir()
        data = safetensors({key: bf16(one) for key, one in tensors.items()})
        (folder / name / FILE).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def pristine(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a home with a sealed base and child, a sealed stranger, and two approvers."""
    folder = tmp_path_factory.mktemp("pristine")
    house = found(folder / "home")
    deposit_sealed(house, files / "base", "base")
    deposit_sealed(house, files / "child", "child", parent="base")
    deposit_sealed(house, tiny_model(folder / "source"), "stranger")
    for signer, role in ((ALICE, "safety"), (BOB, "legal")):
        name_approver(house.record, signer.verifier.vkey, role, actor="steward")
    return house.home


@pytest.fixture
def house(pristine: Path, tmp_path: Path) -> House:
    shutil.copytree(pristine, tmp_path / "home")
    return with_fakes(open_house(tmp_path / "home", FrozenClock()))


def proposed(house: House, name: str = "base") -> Proposal:
    return propose(house.record, name, reason="the licence ended", actor="steward")


def signed(house: House, proposal: Proposal, *signers: NoteSigner) -> Proposal:
    for signer in signers:
        note = signer.sign(approval_text(house.record.log.verifier.name, proposal))
        proposal, _ = approve(house.record, note, actor="steward")
    return proposal


def done(house: House, name: str = "base") -> Destroyed:
    holder, signer = house.key_holder(), house.require_signer()
    return destroy(house.record, name, holder, signer=signer, actor="steward")


def key_id(house: House, lineage: str = "base") -> str:
    held = house.keyring.read().keys
    return next(one.place.key_id for one in held if one.lineage == lineage)


def rebuilt(house: House) -> bool:
    with house.record.read() as index:
        before = dump(index)
    house.record.rebuild()
    with house.record.read() as index:
        return bool(dump(index) == before)


def test_the_whole_story(house: House, tmp_path: Path, files: Path) -> None:
    copy = second_store(house, tmp_path / "second")
    replicate(house.record, copy, actor="steward", progress=Silent())
    key = key_id(house)
    proposal = signed(house, proposed(house), ALICE, BOB)
    assert (proposal.body.models, proposal.body.depend) == (("base", "child"), ("child",))
    assert restored(house, "child", tmp_path / "before")
    result = done(house)
    assert result.key == key
    for name in ("base", "child"):
        told = show(house, name)
        assert (told["custody"], told["service"]) == ("destroyed", "destroyed")
        with pytest.raises(KeyGone, match="was destroyed on"):
            restored(house, name, tmp_path / "out")
        with pytest.raises(KeyGone):
            runnable(house.record, name)
        assert not audit(house, name).findings
    with pytest.raises(KeyGone):
        deposit_sealed(house, files / "child", "again", parent="base")
    assert drill_once(house, "stranger").outcome == "good"
    assert verify(house.home / "store").is_whole
    assert replicate(house.record, copy, actor="steward", progress=Silent()).findings == []
    assert verify(tmp_path / "second").is_whole
    assert rebuilt(house)
    note = get_object(house.store, result.certificate)
    assert is_certificate(note)
    said = read_certificate(note, house.record.log.verifier)
    assert (said.key, said.models, said.not_shown) == (key, ("base", "child"), NOT_SHOWN)
    assert [one.approver for one in said.approved] == [one.verifier.vkey for one in (ALICE, BOB)]
    entry = house.record.log.entry(proposal.position)
    assert said.proposal == proposal.entry
    assert Entry.from_bytes(entry, proposal.position).body["reason"] == said.reason
    with pytest.raises(NoteInvalid):
        read_certificate(note.replace(b"licence", b"Licence"), house.record.log.verifier)
    assert done(house).done == ()


def test_its_page_says_what_became_of_it(house: House) -> None:
    app = build(HouseSite(house), allowed_hosts=["localhost:8400"])
    page = ask(app, "/models/child").text
    assert "sealed: encrypted under the key" in page
    assert FILE not in page
    assert read_page(page).mistakes == []
    signed(house, proposed(house), ALICE, BOB)
    done(house)
    page = ask(app, "/models/child").text
    assert "Its key was destroyed, so nobody here can open it again" in page
    assert read_page(page).mistakes == []
    with house.record.read() as index:
        waits = {one.model for one in due(index, house.clock.now()) if "audit" in one.command}
    assert waits == {"stranger"}


def test_it_is_never_one_persons_act(house: House) -> None:
    with pytest.raises(NotApproved, match="nobody proposed"):
        done(house)
    proposal = proposed(house)
    with pytest.raises(NotApproved, match="found 0"):
        done(house)
    proposal = signed(house, proposal, ALICE)
    with pytest.raises(Conflict, match="approved that already"):
        signed(house, proposal, ALICE)
    with pytest.raises(NotApproved, match="expected 2 approvals by different keys, found 1"):
        done(house)
    for stranger in (house.require_signer(), NoteSigner.generate("alice")):
        with pytest.raises(ApprovalInvalid, match="one approver"):
            signed(house, proposal, stranger)
    late = NoteSigner.generate("late")
    name_approver(house.record, late.verifier.vkey, "friend", actor="steward")
    with pytest.raises(ApprovalInvalid, match="named before entry"):
        signed(house, proposal, late)
    same = NoteSigner("other-name", bytes(32)), NoteSigner("third-name", bytes(32))
    name_approver(house.record, same[0].verifier.vkey, "one", actor="steward")
    with pytest.raises(Conflict, match="named before"):
        name_approver(house.record, same[1].verifier.vkey, "two", actor="steward")
    with pytest.raises(UserError, match="key of the ledger"):
        name_approver(house.record, house.vkey, "ledger", actor="steward")
    assert key_id(house)


def test_an_approval_is_of_one_proposal(house: House) -> None:
    origin = house.record.log.verifier.name
    first = proposed(house)
    note = BOB.sign(approval_text(origin, first))
    with pytest.raises(ApprovalInvalid, match="signed text of an open proposal"):
        approve(house.record, note.replace(b"opens base", b"opens nase"), actor="steward")
    withdraw(house.record, "base", reason="not now", actor="steward")
    proposed(house)
    with pytest.raises(ApprovalInvalid):
        approve(house.record, note, actor="steward")
    with pytest.raises(Conflict, match="proposes that already"):
        proposed(house)
    with pytest.raises(UserError):
        approve(house.record, b"\xff", actor="steward")


def test_an_approver_who_was_removed_counts_no_longer(house: House) -> None:
    signed(house, proposed(house), ALICE, BOB)
    remove_approver(house.record, BOB.verifier.vkey, reason="left", actor="steward")
    with pytest.raises(NotApproved, match="found 1"):
        done(house)
    with pytest.raises(ApprovalInvalid):
        remove_approver(house.record, BOB.verifier.vkey, reason="again", actor="steward")


def test_what_came_after_the_approval_is_not_covered_by_it(house: House, files: Path) -> None:
    signed(house, proposed(house), ALICE, BOB)
    deposit_sealed(house, files / "child", "late-child", parent="base")
    with pytest.raises(NotApproved, match="opens more models"):
        done(house)


def test_there_is_time_to_object(files: Path, tmp_path: Path) -> None:
    clock = FrozenClock()
    founded = found(tmp_path / "home", policy="standard")
    deposit_sealed(founded, files / "base", "base")
    for signer in (ALICE, BOB):
        name_approver(founded.record, signer.verifier.vkey, "safety", actor="steward")
    with founded.record.read() as index:
        assert (rules_of(index).quorum, rules_of(index).wait_days) == (2, 7)
    for quorum, days in ((1, 7), (2, 0)):
        with pytest.raises(UserError, match="never one person"):
            set_rules(founded.record, quorum=quorum, wait_days=days, actor="steward")
    set_rules(founded.record, quorum=2, wait_days=3, actor="steward")
    proposal = signed(founded, proposed(founded), ALICE, BOB)
    set_rules(founded.record, quorum=2, wait_days=1, actor="steward")
    with pytest.raises(NotApproved, match="wait is not over"):
        done(founded)
    clock.advance(days=2, hours=23)
    early = with_fakes(open_house(founded.home, clock))
    with pytest.raises(NotApproved, match="wait is not over"):
        done(early)
    clock.advance(hours=1)
    assert done(early).key == proposal.body.key
    assert verify(founded.home / "store").is_whole


def test_what_is_public_has_nothing_to_destroy(house: House, files: Path) -> None:
    deposit(house, files / "base", "public")
    with pytest.raises(NotSealed, match="is public"):
        proposed(house, "public")
    for unknown in ("nobody", "0" * 32):
        with pytest.raises(NoSuchKey):
            proposed(house, unknown)


def test_who_does_not_hold_the_key_cannot_say_that_it_is_gone(house: House) -> None:
    signed(house, proposed(house), ALICE, BOB)
    lose_keys(house.home)
    with pytest.raises(KeyMissing):
        done(open_house(house.home))
    with house.record.read() as index:
        assert proposal_of(index, proposal_key(house), "open") is not None


def proposal_key(house: House) -> str:
    return str(show(house, "base")["place"]).partition("/")[2]


class Broken(Exception):
    """The power went."""


class Interrupted(HomeKeys):
    """A home whose power goes before or after the key is gone."""

    after = False

    def forget(self, key_id: str, manifests: object) -> tuple[str, ...]:
        if self.after:
            super().forget(key_id, manifests)  # type: ignore[arg-type]
        raise Broken


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_in_the_middle_is_finished_by_the_next_one(
    house: House, files: Path, *, after: bool
) -> None:
    signed(house, proposed(house), ALICE, BOB)
    holder = Interrupted(house.home, house.keyring)
    holder.after = after
    with pytest.raises(Broken):
        destroy(house.record, "base", holder, signer=house.require_signer(), actor="steward")
    assert show(house, "base")["custody"] == "destroyed"
    with pytest.raises(KeyGone):
        deposit_sealed(house, files / "child", "meanwhile", parent="base")
    with pytest.raises(NotApproved):
        withdraw(house.record, "base", reason="too late", actor="steward")
    result = done(open_house(house.home))
    assert ("were overwritten" in result.done[0]) is not after
    assert ("interrupted" in result.done[0]) is after
    assert verify(house.home / "store").is_whole
    assert rebuilt(house)


def test_the_certificate_claims_no_removal_that_nobody_saw(house: House) -> None:
    signed(house, proposed(house), ALICE, BOB)
    holder, signer = Interrupted(house.home, house.keyring), house.require_signer()
    with pytest.raises(Broken):
        destroy(house.record, "base", holder, signer=signer, actor="steward")
    lose_keys(house.home)
    said = done(house).done
    assert "was not seen" in said[0]
    assert not any("taken out" in one for one in said)


def test_who_is_removed_while_it_is_done_had_approved_it(house: House) -> None:
    signed(house, proposed(house), ALICE, BOB)
    holder, signer = Interrupted(house.home, house.keyring), house.require_signer()
    with pytest.raises(Broken):
        destroy(house.record, "base", holder, signer=signer, actor="steward")
    remove_approver(house.record, BOB.verifier.vkey, reason="left", actor="steward")
    certificate = get_object(house.store, done(house).certificate)
    said = read_certificate(certificate, house.record.log.verifier)
    assert [one.approver for one in said.approved] == [ALICE.verifier.vkey, BOB.verifier.vkey]
    assert verify(house.home / "store").is_whole
    assert rebuilt(house)


def test_the_bytes_that_held_the_key_are_overwritten(house: House) -> None:
    secret = next(one for one in house.keyring.read().keys if one.lineage == "base")
    links = []
    for part in (KEYRING, SEALING_KEY):
        link = house.home / f"{part}.held"
        link.hardlink_to(house.home / part)
        links.append(link)
    # As a change of the keyring leaves it that is killed before its new file has a name.
    killed = house.home / "keys/.keyring.age.0011223344556677.partial"
    killed.write_bytes((house.home / KEYRING).read_bytes())
    links.append(house.home / "partial.held")
    links[-1].hardlink_to(killed)
    signed(house, proposed(house), ALICE, BOB)
    done(house)
    assert not killed.exists()
    assert all(set(link.read_bytes()) == {0} for link in links)
    text = house.keyring.read().to_text()
    assert secret.identity.to_text() not in text
    assert [one.lineage for one in house.keyring.read().keys] == ["stranger"]


def test_a_backup_does_not_bring_a_destroyed_key_back_unseen(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []
    house.keyring.renew_recovery(shown.append)
    ring = (house.home / KEYRING).read_bytes()
    backup_home(house.home, tmp_path / "old.tar")
    signed(house, proposed(house), ALICE, BOB)
    key = done(house).key
    gone = frozenset({key})
    back = house.keyring.recover(ring, Identity.from_text(shown[0]), gone)
    assert [one.lineage for one in back.keys] == ["stranger"]
    lose_keys(house.home)
    restore_home(house.home, tmp_path / "old.tar")
    run = Terminal(house.home, capsys)
    assert run("sealing", "list") == 0
    assert f"{key} was destroyed and is back, from a backup" in run.said
    with pytest.raises(KeyGone):
        restored(house, "base", tmp_path / "out")
    assert run("sealing", "destroy", key) == 0
    assert not house.key_holder().holds(key)


def test_stores_may_give_up_what_nobody_can_open(house: House, tmp_path: Path) -> None:
    copy = second_store(house, tmp_path / "second")
    replicate(house.record, copy, actor="steward", progress=Silent())
    with pytest.raises(NotApproved):
        drop(house.record, "base", reason="room", actor="steward")
    signed(house, proposed(house), ALICE, BOB)
    key = done(house).key
    primary = Copy("primary", house.store)
    assert collect(house.record, primary, remove=True).files == ()
    drop(house.record, "base", reason="room", actor="steward")
    assert verify(house.home / "store").is_whole
    left = collect(house.record, primary, remove=True).files
    assert left
    assert all(name.startswith(f"closed/sealed/{key}/") for name in left)
    assert verify(house.home / "store").is_whole
    assert replicate(house.record, copy, actor="steward", progress=Silent()).findings == []
    assert collect(house.record, copy, remove=True).files == left
    assert verify(tmp_path / "second").is_whole
    with pytest.raises(KeyGone, match="given up"):
        audit(house, "base")
    assert not audit(house, "stranger").findings
    assert (
        drill(
            house.record,
            "stranger",
            engine=house.engine,
            slots=house.slots,
            work=house.work,
            actor="steward",
            progress=Silent(),
            copy=copy,
        ).outcome
        == "good"
    )
    assert rebuilt(house)
    for store in (house.home / "store", tmp_path / "second"):
        checked = reader(store, "verify")
        assert checked.returncode == 0, checked.stderr
        assert "base cannot be opened: its key was destroyed" in checked.stdout
    assert f"destroyed: its key {key} is gone" in reader(house.home / "store", "list").stdout


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: [one for one in entries if one.type != "custody.destruction_approved"],
        lambda entries: [one for one in entries if one.type != "custody.approver_named"],
        lambda entries: [one for one in entries if one.type != "custody.destruction_begun"],
    ],
)
def test_a_check_of_a_store_sees_a_destruction_that_lacks_something(
    house: House, change: Callable[[list[Entry]], list[Entry]]
) -> None:
    """Of the entries that a dishonest steward could leave out, none goes unnoticed."""
    signed(house, proposed(house), ALICE, BOB)
    done(house)
    record = house.record
    size = record.checkpoint().size
    entries = [Entry.from_bytes(record.log.entry(at), at) for at in range(size)]
    kept = {id(one) for one in change(entries)}
    placed = [
        record.types.place(at, one.to_bytes())[1]
        for at, one in enumerate(entries)
        if id(one) in kept or not one.type.startswith("custody.")
    ]
    whole = [record.types.place(at, one.to_bytes())[1] for at, one in enumerate(entries)]
    check = CHECKS[-1]
    assert list(check(house.store, whole)) == []
    beside = [one for one in whole if one.position not in (1, 2)]
    assert list(check(house.store, beside)) == []  # As of a bundle, which leaves others out.
    hollow = [one if one in placed else whole[0] for one in whole]
    assert list(check(house.store, hollow))


def test_a_check_of_a_store_sees_a_destruction_of_what_was_not_approved(house: House) -> None:
    """Approvals of one key say nothing of another, nor does a signature under other words."""
    signed(house, proposed(house), ALICE, BOB)
    other, result = key_id(house, "stranger"), done(house)
    signer, record = house.require_signer(), house.record
    said = read_certificate(get_object(house.store, result.certificate), signer.verifier)
    forged = put_object(house.store, signer.sign(msgspec.structs.replace(said, key=other).text()))
    placed: list[Placed[Any]] = list(entries_of(record.log, record.types))

    def changed(kind: type[Any], **values: object) -> list[str]:
        entries = [
            replace(one, body=msgspec.structs.replace(one.body, **values))
            if isinstance(one.body, kind)
            else one
            for one in placed
        ]
        return [one.problem for one in CHECKS[-1](house.store, entries)]

    assert changed(KeyDestroyed) == []
    (problem,) = changed(KeyDestroyed, key=other, certificate=str(forged))
    assert problem == "a key was destroyed that nobody proposed to destroy"
    proposal = said.proposed
    refusal = BOB.sign(f"I refuse.\nentry {proposal} {said.proposal}\n").decode()
    counted = changed(DestructionApproved, approver=BOB.verifier.vkey, note=refusal)
    assert counted[0] == "0 approvals hold, of 2"
    withdrawn = DestructionWithdrawn(result.key, proposal, "not now")
    placed = [
        replace(one, body=withdrawn) if isinstance(one.body, ApproverNamed) else one
        for one in placed
    ]
    assert "its proposal had been withdrawn" in changed(KeyDestroyed)


def test_in_a_terminal(files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "home"
    house = found(home)
    deposit_sealed(house, files / "base", "base")
    deposit_sealed(house, files / "child", "child", parent="base")
    run, alone = Terminal(home, capsys), Terminal(None, capsys)
    assert run("sealing", "propose", "base", "--reason", "too early") == 0
    assert "It cannot be approved: 0 may approve" in run.said
    assert run("sealing", "withdraw", "base", "--reason", "nobody could approve") == 0
    for name, role in (("alice", "safety"), ("bob", "legal")):
        assert alone("sealing", "approvers", "make", tmp_path / name, name) == 0
        vkey = NoteSigner.from_text((tmp_path / name).read_text().strip()).verifier.vkey
        assert run("sealing", "approvers", "add", vkey, role) == 0
    assert run("sealing", "approvers") == 0
    assert "safety" in run.said
    assert run("sealing", "rules", "--quorum", "2") == 0
    assert run("sealing", "destroy", "base", "--for-good") == 5
    assert run("sealing", "propose", "base", "--reason", "the licence ended") == 0
    assert "CANNOT BE UNDONE" in run.said
    assert "lost with them: child" in run.said
    assert "cannot be approved" not in run.said
    assert run("sealing", "text", "base") == 0
    (tmp_path / "text").write_text(run.said)
    for name in ("alice", "bob"):
        assert alone("sealing", "sign", tmp_path / "text", "--key", tmp_path / name) == 0
        (tmp_path / f"{name}.note").write_text(alone.said)
        assert run("sealing", "approve", tmp_path / f"{name}.note") == 0
    assert "2 of 2" in run.said
    assert run("sealing", "destroy", "base") == 5
    assert "CANNOT BE UNDONE" in run.shown
    assert "nothing was destroyed" in run.shown
    assert run("sealing", "destroy", "base", "--for-good", "--json") == 0
    told = json.loads(run.said)
    assert run("restore", "base", tmp_path / "out") == 5
    assert "was destroyed on" in run.shown
    assert run("show", "base") == 0
    assert "custody destroyed" in run.said
    assert run("models") == 0
    digest = Digest.parse(told["certificate"])
    (tmp_path / "certificate").write_bytes(get_object(LocalStore(home / "store"), digest))
    assert alone("verify", tmp_path / "certificate", "--key", house.vkey) == 0
    assert "does not show" in alone.said
    assert run("sealing", "drop", "base", "--reason", "room") == 0
    assert run("sealing", "list") == 0
    assert told["certificate"] in run.said
    assert run("verify") == 0
    assert run("rebuild", "--json") == 0
    assert json.loads(run.said)["differing"] == []


def test_one_life_from_the_first_command_to_the_last(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    run, alone = Terminal(home, capsys), Terminal(None, capsys)
    assert run("init", "--policy", "demonstration") == 0
    assert run("deposit", files / "base", "base", "--sealed") == 0
    (paper,) = re.findall("AGE-SECRET-KEY-1[A-Z0-9]+", run.shown)
    assert run("audit", "base") == 0
    assert run("stores", "add", "second", tmp_path / "second", "--place", "cellar") == 0
    assert run("replicate") == 0
    assert run("restore", "base", out / "first", "--store", "second") == 0
    ring = tmp_path / "ring.age"
    ring.write_bytes(lose_keys(home))
    assert run("restore", "base", out / "none") == 5
    (tmp_path / "paper").write_text(paper)
    assert run("sealing", "recover", ring, "--identity", tmp_path / "paper") == 0
    assert run("restore", "base", out / "second") == 0
    for each in ("first", "second"):
        assert (out / each / FILE).read_bytes() == (files / "base" / FILE).read_bytes()
    for name in ("alice", "bob"):
        assert alone("sealing", "approvers", "make", tmp_path / name, name) == 0
        assert run("sealing", "approvers", "add", alone.said.split()[-1], "safety") == 0
    assert run("sealing", "propose", "base", "--reason", "it must go") == 0
    assert run("sealing", "text", "base") == 0
    (tmp_path / "text").write_text(run.said)
    for name in ("alice", "bob"):
        assert alone("sealing", "sign", tmp_path / "text", "--key", tmp_path / name) == 0
        (tmp_path / "note").write_text(alone.said)
        assert run("sealing", "approve", tmp_path / "note") == 0
    assert run("sealing", "destroy", "base", "--for-good") == 0
    assert run("restore", "base", out / "third") == 5
    assert "was destroyed on" in run.shown
    assert run("verify") == 0
    assert run("rebuild", "--json") == 0
    assert json.loads(run.said)["differing"] == []


def test_what_is_signed_is_spelled_as_it_was_in_2026() -> None:
    """Approvals and certificates are checked by their exact text, so it must never change."""
    body = DestructionProposed(
        key="0123456789abcdef" * 2,
        object_class="sealed",
        lineage="base",
        reason="the licence ended",
        models=("base", "child"),
        models_total=2,
        depend=("child",),
        files=9,
        quorum=2,
        not_before="2026-11-30T18:02:00Z",
    )
    given = (Approval(6, "2026-11-24T08:00:00Z", "a+1+k"), Approval(7, "2026-11-25T08:00:00Z", "b"))
    entry = f"sha256:{'5' * 64}"
    proposal = Proposal(5, "2026-11-23T18:02:00Z", entry, "begun", body, given)
    key = KeyFact(body.key, "sealed", "base", 1, "", (), "being destroyed", "", "")
    made = make_certificate(
        "example.org/log", key, proposal, at="2026-12-01T08:00:00Z", done=("it",)
    )
    folder = Path(__file__).parents[1] / "golden/custody"
    assert approval_text("example.org/log", proposal) == (folder / "approval.txt").read_text()
    assert made.text() == (folder / "certificate.json").read_text()


def test_an_erasable_object_goes_with_its_key(house: House) -> None:
    """What a model was shown of people's words can be made unreadable, and nothing else with it."""
    seal = house.keyring.key_for("comments", ObjectClass.ERASABLE)
    with house.record.act("steward") as act:
        digest = act.keep(b"what somebody wrote", seal)
        body = KeyMade(seal.place.key_id, "erasable", "comments")
        act.enter(body, (object_name(digest, seal.place), digest))
    assert get_object(house.store, digest, house.record.seal(seal.place)) == b"what somebody wrote"
    assert verify(house.home / "store").is_whole
    proposal = signed(house, proposed(house, seal.place.key_id), ALICE, BOB)
    assert (proposal.body.models, proposal.body.files) == ((), 1)
    assert done(house, seal.place.key_id).models == ()
    with pytest.raises(KeyMissing):
        house.record.seal(seal.place)
    with house.record.read() as index:
        assert [one.state for one in keys_of(index)] == ["in use", "in use", "destroyed"]
    assert restored(house, "base", house.home.parent / "out")
    assert verify(house.home / "store").is_whole
    assert rebuilt(house)


def test_a_vkey_is_read_as_it_is_published() -> None:
    assert NoteVerifier.parse(ALICE.verifier.vkey) == ALICE.verifier
