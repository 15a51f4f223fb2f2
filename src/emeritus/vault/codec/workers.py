"""Threads that do the same to many pieces, in order.

Encoding takes as long as everything beside it, so it has a thread for each core. Decoding takes
little more than the SHA-256 that follows in a thread of its own (`following`), so it has one thread
fewer: on two cores the caller decodes by itself. Decoding alone takes 0.62 s of the processor a
gigabyte there, and 0.8 to 1.1 in two threads, since Python's lock passes from one to the other
several times a piece; of a whole restore the difference is within the noise (measured 2026-11).
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")
R = TypeVar("R")

WINDOW = 4
"""Results under way for each thread: bounds memory whatever the model's size."""


class Workers(AbstractContextManager["Workers"]):
    """Does the same to many things, in order; leaving the context ends its threads.

    Args:
        beside: cores of this process that are left to other threads. With one core or none that is
            free, the caller works by itself.
    """

    def __init__(self, *, beside: int) -> None:
        self._count = len(os.sched_getaffinity(0)) - beside
        self._pool = ThreadPoolExecutor(self._count, "piece") if self._count > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def each(self, work: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
        """Yield `work(thing)` for each thing, in order; a bounded number is under way."""
        if self._pool is None:
            yield from map(work, things)
            return
        waiting: deque[Future[R]] = deque()
        for thing in things:
            waiting.append(self._pool.submit(work, thing))
            if len(waiting) >= WINDOW * self._count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
