"""Serves the pages on this machine until somebody says stop."""

import contextlib
import errno
import ipaddress
import socket
from collections.abc import Callable

import uvicorn

from emeritus.web.app import ALONE, Parts, build
from emeritus.web.errors import AddressUnusable, NotThisMachine, PortTaken
from emeritus.web.ports import Site

_HIGHEST_PORT = 65_535
_HTTP_PORT = 80
_GRACE_SECONDS = 3
_IDLE_SECONDS = 15

OnReady = Callable[[str], None]


class Server(uvicorn.Server):
    """A uvicorn server that says when it answers, and prints nothing about it.

    Args:
        site: knows what the pages show.
        listener: what `listen` returned; closed when the server stops.
        on_ready: called once with the address, `http://127.0.0.1:8400/`, when it answers.
        parts: what else is shown.
    """

    def __init__(
        self,
        site: Site,
        listener: socket.socket,
        on_ready: OnReady,
        *,
        parts: Parts = ALONE,
    ) -> None:
        self._listener = listener
        self._on_ready = on_ready
        super().__init__(
            uvicorn.Config(
                build(site, allowed_hosts=_names(listener), parts=parts),
                access_log=False,
                http="h11",
                lifespan="off",
                log_config=None,
                log_level="error",
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
                timeout_keep_alive=_IDLE_SECONDS,
                ws="none",
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say so."""
        await super().startup(sockets)
        self._on_ready(f"http://{_names(self._listener)[0]}/")

    def serve_until_stopped(self) -> None:
        """Serve until Ctrl-C or until `should_exit` is set; requests in progress are finished."""
        # uvicorn finishes its work on Ctrl-C and then raises the signal again.
        with contextlib.suppress(KeyboardInterrupt):
            self.run(sockets=[self._listener])


def serve(
    site: Site,
    host: str,
    port: int,
    *,
    on_ready: OnReady,
    parts: Parts = ALONE,
) -> None:
    """Serve the pages until Ctrl-C.

    Args:
        site: knows what the pages show.
        host: a loopback name or address: `127.0.0.1`, `localhost`, `::1`.
        port: 1 to 65535, or 0 for any free one.
        on_ready: called once with the address when it answers.
        parts: what else is shown.

    Raises:
        NotThisMachine: the host is not this machine's loopback.
        AddressUnusable: there is no such port.
        PortTaken: the port is in use, or the system forbids it.
    """
    listener = listen(host, port)
    Server(site, listener, on_ready, parts=parts).serve_until_stopped()


def listen(host: str, port: int) -> socket.socket:
    """Take a port on the loopback of this machine; arguments and errors as for `serve`."""
    if not 0 <= port <= _HIGHEST_PORT:
        raise AddressUnusable(f"expected a port from 0 to {_HIGHEST_PORT}, found {port}")
    address = _loopback(host)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET  # noqa: PLR2004 - IPv6
    try:
        return socket.create_server((str(address), port), family=family)
    except OSError as problem:
        raise PortTaken(_why_not(host, port, problem)) from problem


def _loopback(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    name = host.strip("[]").lower()
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address("127.0.0.1" if name == "localhost" else name)
        if address.is_loopback:
            return address
    raise NotThisMachine(
        "Emeritus speaks plain HTTP, on which a steward's key could be read, so it serves only "
        "this machine: "
        f"expected 127.0.0.1, localhost or ::1, found {host[:60]!r}. "
        "To read from elsewhere, forward the port over a connection that you trust, "
        "such as `ssh -L`."
    )


def _why_not(host: str, port: int, problem: OSError) -> str:
    if problem.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {host} is in use by another program; "
            "choose another with --port, or let the system choose one with --port 0"
        )
    reason = problem.strerror or str(problem)
    return f"port {port} of {host} cannot be listened on ({reason}); choose another with --port"


def _names(listener: socket.socket) -> list[str]:
    """Return every `host[:port]` that leads to a listener, its own address first."""
    address, port = listener.getsockname()[:2]
    own = f"[{address}]" if listener.family == socket.AF_INET6 else address
    hosts = [own, *(name for name in ("localhost", "127.0.0.1", "[::1]") if name != own)]
    bare = hosts if port == _HTTP_PORT else []
    return [f"{host}:{port}" for host in hosts] + bare
