"""An answer under way, between the model's thread and the event loop."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor

from emeritus.api.dialects import Dialect, Usage
from emeritus.api.ports import Gateway
from emeritus.api.requests import Call
from emeritus.foundation import EmeritusError
from emeritus.runtime import Piece

WAKING_SECONDS = 1.0

Told = int | Piece | EmeritusError | None


class Answers:
    """Runs models in threads of their own, so that neither loop nor pages wait for them.

    Args:
        gateway: lends models.
        threads: how many calls may wait or run at once.
    """

    def __init__(self, gateway: Gateway, threads: int = 32) -> None:
        self.gateway = gateway
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="model")

    async def told(self, call: Call) -> AsyncIterator[Told]:
        """Yield the size of the prompt, then pieces; an error ends it; None while it wakes.

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

    def _run(self, call: Call, tell: Callable[[Told], None], gone: threading.Event) -> None:
        try:
            with self.gateway.answer(call.model, call.turns, call.prompt, call.sampling) as made:
                tell(made.prompt_tokens)
                for piece in made.pieces:
                    tell(piece)
                    if gone.is_set():
                        return
        except EmeritusError as problem:
            tell(problem)


async def whole(answers: Answers, call: Call, dialect: Dialect) -> dict[str, object]:
    """Wait for the whole answer.

    Raises:
        EmeritusError: what the model or the gateway said.
    """
    text, prompt, finish, count = "", 0, "end", 0
    async for one in answers.told(call):
        if isinstance(one, EmeritusError):
            raise one
        if isinstance(one, int):
            prompt = one
        elif one is not None:
            text, count = text + one.text, one.tokens
            finish = one.finish or finish
    return dialect.whole(text, finish, Usage(prompt, count))


async def events(answers: Answers, call: Call, dialect: Dialect) -> AsyncIterator[bytes]:
    """Yield the answer as events; comments or pings while the model wakes."""
    prompt = 0
    async for one in answers.told(call):
        if one is None:
            yield dialect.waking()
        elif isinstance(one, EmeritusError):
            yield dialect.broke(one)
        elif isinstance(one, int):
            prompt = one
            yield dialect.begin(prompt)
        else:
            if one.text:
                yield dialect.piece(one.text)
            if one.finish:
                yield dialect.end(one.finish, Usage(prompt, one.tokens))
