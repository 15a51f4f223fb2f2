"""Serves a site beside a test, on a port of its own."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from emeritus.web.app import ALONE, Parts
from emeritus.web.ports import Site
from emeritus.web.serve import Server, listen

_PATIENCE_SECONDS = 20


@contextmanager
def running(site: Site, parts: Parts = ALONE) -> Iterator[str]:
    """Serve a site in a thread and yield its address, `http://127.0.0.1:PORT/`."""
    ready: queue.Queue[str] = queue.Queue()
    server = Server(site, listen("127.0.0.1", 0), ready.put, parts=parts)
    thread = threading.Thread(target=server.serve_until_stopped)
    thread.start()
    try:
        yield ready.get(timeout=_PATIENCE_SECONDS)
    finally:
        server.should_exit = True
        thread.join(_PATIENCE_SECONDS)
