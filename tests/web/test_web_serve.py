"""Serving on this machine, and stopping."""

import http.client
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from emeritus.testing.serving import running
from emeritus.testing.site import SampleSite
from emeritus.web.errors import AddressUnusable, NotThisMachine, PortTaken
from emeritus.web.guard import PROTECTION
from emeritus.web.serve import listen

PROGRAM = """
from emeritus.testing.site import SampleSite
from emeritus.web import serve
serve(SampleSite(), "localhost", 0, on_ready=lambda address: print(address, flush=True))
print("stopped", flush=True)
"""


def get(address: str, path: str, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_it_serves_on_a_port_of_its_choice_and_heads_have_no_body() -> None:
    with running(SampleSite()) as address:
        page, body = get(address, "/")
        head, nothing = get(address, "/", "HEAD")
        written, refused = get(address, "/", "POST")
    assert address.startswith("http://127.0.0.1:")
    assert (page.status, b"In residence" in body) == (200, True)
    assert (head.status, nothing) == (200, b"")
    assert head.headers["content-length"] == str(len(body))
    assert (written.status, b"for reading" in refused) == (405, True)
    assert page.headers["server"] is None
    assert all(page.headers[name] == value for name, value in PROTECTION.items())


def test_ctrl_c_stops_it_quietly() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        address = process.stdout.readline().strip()
        assert get(address, "/models")[0].status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stdout.read() == "stopped\n"
        assert process.stderr.read() == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", "", "127.0.0.1.x"])
def test_it_serves_no_other_machine(host: str) -> None:
    with pytest.raises(NotThisMachine, match="so it serves only this machine"):
        listen(host, 0)


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_does_not_exist_is_refused(port: int) -> None:
    with pytest.raises(AddressUnusable, match="expected a port from 0 to 65535"):
        listen("127.0.0.1", port)


def test_a_port_in_use_is_told_with_what_to_do() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"port {port} of localhost is in use .* --port 0"):
            listen("localhost", port)


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_ipv6_loopback_is_this_machine_too() -> None:
    try:
        listener = listen("[::1]", 0)
    except PortTaken:
        pytest.skip("this machine's IPv6 is off")
    with listener:
        assert listener.getsockname()[0] == "::1"
