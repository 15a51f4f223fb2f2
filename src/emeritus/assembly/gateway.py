"""Who may be called, and how a model is lent to the API."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from emeritus.access import (
    Answering,
    Given,
    NotCallable,
    PromptDoesNotFit,
    Receipt,
    Served,
    access_of,
    sign_receipt,
)
from emeritus.assembly.house import House
from emeritus.catalogue import Model, all_models, find_model
from emeritus.custody import elsewhere_of
from emeritus.foundation import printable, sha256, timestamp
from emeritus.lifecycle import life_of
from emeritus.record import Remembered
from emeritus.record.reading import applied_to
from emeritus.runtime import Models, Sampling, Worker, chat_prompt

_SERVED = frozenset({"active", "legacy", "announced", "deprecated", "emeritus"})


class HouseGateway:
    """Implements `api.Gateway` over a house.

    Args:
        house: whose models.
        lent: lends them.
    """

    def __init__(self, house: House, lent: Models) -> None:
        self._house = house
        self._lent = lent
        self._known = Remembered[Served](house.record)

    def models(self) -> tuple[Served, ...]:
        """Return every model, by name."""
        with self._house.record.read() as index:
            return tuple(_served(index, one) for one in all_models(index))

    def model(self, name: str) -> Served:
        """Return one model.

        Raises:
            NoSuchModel: there is none of that name.
        """
        return self._known.get(name, lambda: self._read(name))

    def _read(self, name: str) -> Served:
        with self._house.record.read() as index:
            return _served(index, find_model(index, name))

    @contextmanager
    def answer(
        self, name: str, turns: Sequence[tuple[str, str]], prompt: str, sampling: Sampling
    ) -> Iterator[Answering]:
        """Lend the model and let it answer; see the port."""
        known = self.model(name)
        if known.refusal:
            raise NotCallable(known.refusal, about=known.name)
        with self._lent.lease(known.name) as worker:
            tokens = chat_prompt(worker, turns) if turns else worker.tokenize(prompt, special=False)
            engine = worker.facts.engine
            yield Answering(
                len(tokens),
                worker.complete(tokens, _fitting(worker, tokens, sampling)),
                f"{engine.name} {engine.version}",
            )

    def receipt(self, model: str, given: Given) -> bytes | None:
        """Sign what was answered; see the port."""
        signer = self._house.signer
        if signer is None:
            return None
        with self._house.record.read() as index:
            known, tree = find_model(index, model), applied_to(index)
        receipt = Receipt(
            model=str(known.name),
            weights=str(known.identity),
            request=str(sha256(given.request)),
            answer=str(sha256(given.answer.encode())),
            prompt_tokens=str(given.prompt_tokens),
            answer_tokens=str(given.answer_tokens),
            finish=given.finish,
            engine=printable(given.engine)[:200] or "unknown",
            at=timestamp(self._house.clock.now()),
            ledger=f"{tree.size} {tree.root}",
        )
        return sign_receipt(receipt, signer)


def _fitting(worker: Worker, tokens: Sequence[int], sampling: Sampling) -> Sampling:
    """Return the sampling with no more tokens than the context has room for."""
    context = worker.facts.settings.context_tokens
    room = context - len(tokens)
    if room < 1 or not tokens:
        raise PromptDoesNotFit(
            f"expected a prompt of 1 to {context - 1} tokens, as many as the model's context has "
            f"room for beside an answer; found {len(tokens)}"
        )
    return Sampling(
        min(sampling.most_tokens, room),
        sampling.temperature,
        sampling.top_p,
        sampling.seed,
        sampling.stop,
    )


def _served(index: Connection, model: Model) -> Served:
    life = life_of(index, model.name)
    told = life.announcement
    return Served(
        str(model.name),
        str(model.identity),
        model.service,
        model.registered_at,
        _refusal(index, model),
        told.at if told else None,
        told.retires_on if told else None,
    )


def _refusal(index: Connection, model: Model) -> str:
    """Say why a model may not be called here; empty when everybody may."""
    rights = access_of(index, model.name)
    there = elsewhere_of(index, model.name)
    if there is not None:
        return (
            f"{model.name} is held elsewhere: {there.holder} keeps it and runs it, at "
            f"{there.endpoint.address}; it is not called through here"
        )
    if model.service not in _SERVED:
        return (
            f"{model.name} is {model.service.replace('_', ' ')} and is not called through here; "
            f"/models/{model.name} says what became of it"
        )
    if rights is not None and rights.call != "everyone":
        return f"{model.name} may be called by {rights.call}; ask its steward"
    return ""
