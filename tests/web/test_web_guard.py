"""The door: who may ask, how, and what every answer carries."""

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from emeritus.testing.asgi import Answer, ask
from emeritus.web.guard import LONGEST_PATH, LONGEST_QUERY, PROTECTION
from tests.web.test_web_pages import HOST, site_of

EXAMPLES = {
    "/models/{name}": ("/models/sample-smollm-135m", "/models/nobody"),
    "/ledger/{position}": ("/ledger/0", "/ledger/9999", "/ledger/x", "/ledger/" + "9" * 400),
    "/log/{name:path}": ("/log/checkpoint", "/log/tile/0/000", "/log/%2e%2e/keys"),
    "/static/{name}": ("/static/nothing.css",),
    "/find": ("/find", "/find?q=x", "/find?q=" + "x" * 300),
    "/ledger": ("/ledger", "/ledger?before=2", "/ledger?before=-1"),
}


def addresses(app: Starlette) -> list[str]:
    routes = [route.path for route in app.routes if isinstance(route, Route)]
    named = [address for path in routes for address in EXAMPLES.get(path, (path,))]
    assert not [address for address in named if "{" in address], "a new route needs examples"
    return [*named, "/nowhere", "/models/", "/" + "x" * 2000]


def is_protected(answer: Answer) -> bool:
    return all(answer.headers.getlist(name) == [value] for name, value in PROTECTION.items())


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "X"])
def test_every_answer_is_protected_whatever_was_asked(method: str) -> None:
    app = site_of()
    for address in addresses(app):
        answer = ask(app, address, method=method)
        assert is_protected(answer), address
        assert (answer.status == 405) == (method not in {"GET", "HEAD"}), address


def test_the_policy_allows_no_script_and_no_other_site() -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in PROTECTION["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert "script-src" not in policy
    assert set(policy.values()) == {"'none'", "'self'"}


def test_what_may_not_be_done_says_what_may() -> None:
    assert ask(site_of(), "/", method="POST").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "localhost",
        "localhost:80",
        "localhost:8400.evil.example",
        "evil.example:8400",
        "localhost:8400@evil.example",
        "xlocalhost:8400",
        " localhost:8400",
        "127.0.0.1:8400",
        "[::1]",
    ],
)
def test_only_exact_names_are_answered(host: str | None) -> None:
    answer = ask(site_of(), "/", host=host)
    assert answer.status == 400
    assert is_protected(answer)
    assert "sample-smollm" not in answer.text


def test_a_name_may_be_written_in_capitals() -> None:
    assert ask(site_of(), "/", host="LocalHost:8400").status == 200


def test_two_names_are_refused() -> None:
    answer = ask(site_of(), "/", headers={"Host": "evil.example"})
    assert answer.status == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:8400.evil.example"}, 403),
        ({"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}, 405),
        ({}, 405),
    ],
)
def test_other_sites_may_send_nothing(headers: dict[str, str], status: int) -> None:
    assert ask(site_of(), "/find", method="POST", headers=headers).status == status


def test_addresses_have_a_longest_length() -> None:
    app = site_of()
    assert ask(app, "/" + "x" * LONGEST_PATH).status == 414
    assert ask(app, "/" + "x" * (LONGEST_PATH - 1)).status == 404
    assert ask(app, "/check?" + "x" * (LONGEST_QUERY + 1)).status == 414
    assert ask(app, "/check?" + "x" * LONGEST_QUERY).status == 200


def test_web_sockets_are_closed() -> None:
    sent: list[Any] = []

    async def connect() -> None:
        async def receive() -> dict[str, str]:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "websocket", "path": "/", "headers": [], "query_string": b""}
        await site_of()(scope, receive, send)

    asyncio.run(connect())
    assert sent == [{"type": "websocket.close", "code": 1008}]
