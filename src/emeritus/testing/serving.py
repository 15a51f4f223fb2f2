"""Serves a site beside a test, on a port of its own."""

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from starlette.routing import Route

from emeritus.web.ports import Site
from emeritus.web.promises import Promises
from emeritus.web.serve import Server, listen
from emeritus.web.story import Stories
from emeritus.web.talking import Catalogue

_PATIENCE_SECONDS = 20


@contextmanager
def running(
    site: Site,
    stories: Stories | None = None,
    promises: Promises | None = None,
    catalogue: Catalogue | None = None,
    routes: Sequence[Route] = (),
) -> Iterator[str]:
    """Serve a site in a thread and yield its address, `http://127.0.0.1:PORT/`."""
    ready: queue.Queue[str] = queue.Queue()
    server = Server(
        site,
        listen("127.0.0.1", 0),
        ready.put,
        stories=stories,
        promises=promises,
        catalogue=catalogue,
        routes=routes,
    )
    thread = threading.Thread(target=server.serve_until_stopped)
    thread.start()
    try:
        yield ready.get(timeout=_PATIENCE_SECONDS)
    finally:
        server.should_exit = True
        thread.join(_PATIENCE_SECONDS)
