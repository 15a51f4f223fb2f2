"""The deed: a key is removed for good, which takes two others' approval and time."""

from dataclasses import dataclass

from emeritus.custody.errors import KeyGone, NotApproved
from emeritus.custody.facts import kept_of
from emeritus.custody.sealing.certificate import make_certificate
from emeritus.custody.sealing.entries import CiphertextDropped, DestructionBegun, KeyDestroyed
from emeritus.custody.sealing.facts import KeyFact
from emeritus.custody.sealing.ports import KeyHolder
from emeritus.custody.sealing.proposing import Proposal, find_key, proposal_of
from emeritus.foundation import Digest, parse_timestamp, timestamp
from emeritus.ledger import NoteSigner
from emeritus.record import Act, Record
from emeritus.vault import object_name
from emeritus.vault.closed import missing


@dataclass(frozen=True, slots=True)
class Destroyed:
    """A key that was destroyed: its id, what it opened, the certificate, and what was done now.

    `done` is empty when it had been destroyed before, and no backup brought it back.
    """

    key: str
    models: tuple[str, ...]
    certificate: Digest
    done: tuple[str, ...]


def destroy(
    record: Record, key: str, holder: KeyHolder, *, signer: NoteSigner, actor: str
) -> Destroyed:
    """Destroy a key that was proposed and approved, and enter its tombstone.

    Three steps, each safe to repeat after a crash: that it begins is entered, with every rule
    checked under the right to act; the key and what was decrypted with it are removed; the
    certificate and the tombstone are entered. After the first it can only be finished.

    Args:
        record: where.
        key: its id, or a model that it opens.
        holder: the home that holds it.
        signer: of the ledger; signs the certificate.
        actor: in which role.

    Raises:
        NoSuchKey: there is none.
        NotSealed: the model is public.
        NotApproved: it was not proposed, or lacks approvals, or the wait is not over, or what it
            opens is not what was approved.
        KeyMissing: this home does not hold the key, so it cannot destroy it.
        Misconfigured: the keyring cannot be opened.
    """
    with record.read() as index:
        known = find_key(index, key)
    with record.read() as index:
        manifests = [kept_of(index, one).manifest for one in known.models]
    if known.certificate:
        # A backup from before may have brought the key back.
        again = holder.forget(known.key, manifests) if holder.holds(known.key) else ()
        return Destroyed(known.key, known.models, Digest.parse(known.certificate), again)
    if not known.gone_at:
        _begin(record, known, holder, actor)
    done = holder.forget(known.key, manifests)
    return _finish(record, known, done, signer, actor)


def _begin(record: Record, known: KeyFact, holder: KeyHolder, actor: str) -> None:
    with record.act(actor) as act:
        proposal = require_approved(act, record, known.key)
        if not holder.holds(known.key):
            raise missing(known.place)
        act.enter(DestructionBegun(known.key, proposal.position))


def require_approved(act: Act, record: Record, key: str) -> Proposal:
    """Return the proposal of a key, if everything that it asks for is there.

    Raises:
        NotApproved: something is not; the message says what.
    """
    proposal = proposal_of(act.index, key, "open")
    if proposal is None:
        raise NotApproved(
            f"nobody proposed to destroy the key {key}; 'emeritus sealing propose {key}' does, and "
            "others must approve it",
            about=key,
        )
    body, approvals = proposal.body, len(proposal.approvals)
    # Models come under a key and never leave it, so as many are the same ones.
    if len(find_key(act.index, key).models) != body.models_total:
        raise NotApproved(
            f"the key {key} opens more models than entry {proposal.position} names, which was "
            "approved; withdraw that and propose again",
            about=key,
        )
    if approvals < body.quorum:
        raise NotApproved(
            f"expected {body.quorum} approvals by different keys, found {approvals}; "
            f"'emeritus sealing text {key}' writes what others sign",
            about=key,
        )
    if record.now() < parse_timestamp(body.not_before):
        raise NotApproved(
            f"the wait is not over before {body.not_before}; until then "
            f"'emeritus sealing withdraw {key}' stops it",
            about=key,
        )
    return proposal


def _finish(
    record: Record, known: KeyFact, done: tuple[str, ...], signer: NoteSigner, actor: str
) -> Destroyed:
    with record.act(actor) as act:
        proposal = proposal_of(act.index, known.key, "begun")
        if proposal is None:
            raise AssertionError(known.key)
        at = timestamp(record.now())
        origin = record.log.verifier.name
        made = make_certificate(origin, known, proposal, at=at, done=done)
        digest = act.keep(signer.sign(made.text()))
        body = KeyDestroyed(known.key, proposal.position, str(digest), len(known.models))
        act.enter(body, (object_name(digest), digest))
    return Destroyed(known.key, known.models, digest, done)


def drop(record: Record, key: str, *, reason: str, actor: str) -> KeyFact:
    """Enter that no store need hold what lay under a destroyed key; nothing is removed by that.

    Raises:
        NoSuchKey: there is none.
        NotSealed: the model is public.
        NotApproved: the key was not destroyed.
        KeyGone: that was entered already.
    """
    with record.act(actor) as act:
        known = find_key(act.index, key)
        if known.state == "dropped":
            raise KeyGone(f"that was entered already for the key {known.key}", about=known.key)
        if known.state != "destroyed":
            raise NotApproved(
                f"the key {known.key} is {known.state}; what it opens is needed until the key was "
                "destroyed",
                about=known.key,
            )
        act.enter(CiphertextDropped(known.key, reason))
    return known
