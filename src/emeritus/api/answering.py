"""An answer under way, between the model's thread and the event loop."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor

from emeritus.access import Answering, Given
from emeritus.api.dialects import Dialect, Usage
from emeritus.api.ports import Gateway
from emeritus.api.requests import Call
from emeritus.foundation import EmeritusError
from emeritus.runtime import Piece

WAKING_SECONDS = 1.0

Told = Answering | Piece | EmeritusError | None

MOST_RECEIPTS = 4096
"""Kept in memory, the newest; a caller fetches its own right after the answer."""


class Answers:
    """Runs models in threads of their own, so that neither loop nor pages wait for them.

    Args:
        gateway: lends models.
        threads: how many calls may wait or run at once.
    """

    def __init__(self, gateway: Gateway, threads: int = 32) -> None:
        self.gateway = gateway
        self.receipts: dict[str, bytes] = {}
        """By the name of an answer, which only its caller knows."""
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="model")

    async def told(self, call: Call) -> AsyncIterator[Told]:
        """Yield what is under way, then pieces; an error ends it; None while it wakes.

        When the caller goes away the model stops.
        """
        loop, queue = asyncio.get_running_loop(), asyncio.Queue[Told]()
        gone = threading.Event()

        def tell(one: Told) -> None:
            if not gone.is_set():
                loop.call_soon_threadsafe(queue.put_nowait, one)

        work = loop.run_in_executor(self._pool, self._run, call, tell, gone)
        try:
            while True:
                try:
                    one = await asyncio.wait_for(queue.get(), WAKING_SECONDS)
                except TimeoutError:
                    yield None
                    continue
                yield one
                if isinstance(one, EmeritusError) or (isinstance(one, Piece) and one.finish):
                    return
        finally:
            gone.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(work)

    async def sign(self, name: str, model: str, given: Given) -> None:
        """Make the receipt of an answer, and keep it for a while."""
        loop = asyncio.get_running_loop()
        note = await loop.run_in_executor(self._pool, self.gateway.receipt, model, given)
        if note is None:
            return
        while len(self.receipts) >= MOST_RECEIPTS:
            del self.receipts[next(iter(self.receipts))]
        self.receipts[name] = note

    def _run(self, call: Call, tell: Callable[[Told], None], gone: threading.Event) -> None:
        try:
            with self.gateway.answer(call.model, call.turns, call.prompt, call.sampling) as made:
                tell(made)
                for piece in made.pieces:
                    tell(piece)
                    if gone.is_set():
                        return
        except EmeritusError as problem:
            tell(problem)


async def whole(answers: Answers, call: Call, body: bytes, dialect: Dialect) -> dict[str, object]:
    """Wait for the whole answer.

    Raises:
        EmeritusError: what the model or the gateway said.
    """
    text, begun, last = "", Answering(0, iter(())), Piece("", 0)
    async for one in answers.told(call):
        if isinstance(one, EmeritusError):
            raise one
        if isinstance(one, Answering):
            begun = one
        elif one is not None:
            text, last = text + one.text, one
    finish, usage = last.finish or "end", Usage(begun.prompt_tokens, last.tokens)
    given = Given(body, text, usage.prompt, usage.answer, finish, begun.engine)
    await answers.sign(dialect.id, call.model, given)
    return dialect.whole(text, finish, usage)


async def events(
    answers: Answers, call: Call, body: bytes, dialect: Dialect
) -> AsyncIterator[bytes]:
    """Yield the answer as events; comments or pings while the model wakes."""
    text, begun = "", Answering(0, iter(()))
    async for one in answers.told(call):
        if one is None:
            yield dialect.waking()
        elif isinstance(one, EmeritusError):
            yield dialect.broke(one)
        elif isinstance(one, Answering):
            begun = one
            yield dialect.begin(begun.prompt_tokens)
        else:
            text += one.text
            if one.text:
                yield dialect.piece(one.text)
            if one.finish:
                usage = Usage(begun.prompt_tokens, one.tokens)
                given = Given(body, text, usage.prompt, usage.answer, one.finish, begun.engine)
                await answers.sign(dialect.id, call.model, given)
                yield dialect.end(one.finish, usage)
