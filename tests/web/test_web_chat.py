"""The chat page, which models are here for programs, and what a leaving model's pages say."""

import datetime as dt
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from starlette.applications import Starlette

from emeritus.access import Served
from emeritus.api import routes
from emeritus.assembly import HouseGateway, HouseSite
from emeritus.catalogue import NoSuchModel
from emeritus.testing import ScriptedEngine
from emeritus.testing.asgi import Answer, ask
from emeritus.testing.chromium import Browser, Screen, browser
from emeritus.testing.serving import running
from emeritus.testing.site import SampleSite
from emeritus.web import build
from emeritus.web.app import Parts
from emeritus.web.guard import PROTECTION, TALKING
from tests.api.calling import Calling, calling
from tests.journeys.houses import NAME
from tests.web.test_web_accessibility import AXE, FOUND
from tests.web.test_web_browser import OVERFLOW, SMALL

HOST = "localhost:8400"
SAMPLE = "sample-smollm-135m"
OPEN = Served(SAMPLE, "sha256:" + "ab" * 32, "emeritus", "2026-11-05T08:02:00Z")
LEAVING = replace(
    OPEN, service="announced", announced_at="2026-11-20T00:00:00Z", retires_on="2027-02-01"
)
CLOSED = replace(OPEN, service="vaulted", refusal="it is <b>vaulted</b>")


@dataclass
class _Catalogue:
    one: Served

    def models(self) -> tuple[Served, ...]:
        return (self.one,)

    def model(self, name: str) -> Served:
        if name != self.one.name:
            raise NoSuchModel(f"no model named {name!r}")
        return self.one


def _app(one: Served) -> Starlette:
    return build(SampleSite(), allowed_hosts=[HOST], parts=Parts(catalogue=_Catalogue(one)))


def _get(one: Served, address: str) -> Answer:
    return ask(_app(one), address)


def test_only_the_chat_page_may_run_its_script() -> None:
    chat = _get(OPEN, f"/models/{SAMPLE}/chat")
    assert chat.headers.getlist("content-security-policy") == [TALKING]
    assert chat.text.count("<script") == 1
    assert '<script src="/static/chat.' in chat.text
    for address in ("/", f"/models/{SAMPLE}", "/models/nobody/chat"):
        answer = _get(OPEN, address)
        policy = answer.headers.getlist("content-security-policy")
        assert policy == [PROTECTION["Content-Security-Policy"]], address
        assert "<script" not in answer.text
    for name, value in PROTECTION.items():
        if name != "Content-Security-Policy":
            assert chat.headers[name] == value


def test_without_script_it_says_what_else_works() -> None:
    text = _get(OPEN, f"/models/{SAMPLE}/chat").text
    inside = text[text.index("<noscript>") : text.index("</noscript>")]
    assert f"emeritus chat {SAMPLE}" in inside
    assert "curl http://localhost:8400/v1/chat/completions" in inside


def test_a_model_that_is_not_called_here_says_why() -> None:
    answer = _get(CLOSED, f"/models/{SAMPLE}/chat")
    assert "It is &lt;b&gt;vaulted&lt;/b&gt;." in answer.text
    assert "<script" not in answer.text
    assert answer.headers["content-security-policy"] == PROTECTION["Content-Security-Policy"]
    assert "/chat" not in _get(CLOSED, f"/models/{SAMPLE}").text
    assert f"/models/{SAMPLE}/chat" in _get(OPEN, f"/models/{SAMPLE}").text


def test_which_models_leave_is_there_for_programs() -> None:
    answer = _get(LEAVING, "/.well-known/model-eol.json")
    assert answer.headers["content-type"] == "application/json"
    (one,) = json.loads(answer.body)["models"]
    assert (one["id"], one["state"], one["callable"]) == (SAMPLE, "announced", True)
    assert (one["announced"], one["shutdown"]) == ("2026-11-20T00:00:00Z", "2027-02-01")
    assert one["page"] == f"http://localhost:8400/models/{SAMPLE}"
    (shut,) = json.loads(_get(CLOSED, "/.well-known/model-eol.json").body)["models"]
    assert (shut["callable"], shut["chat"], shut["api"]) == (False, None, None)


def test_the_dossier_of_a_leaving_model_says_so_twice() -> None:
    answer = _get(LEAVING, f"/models/{SAMPLE}")
    announced = int(dt.datetime(2026, 11, 20, tzinfo=dt.UTC).timestamp())
    assert answer.headers["deprecation"] == f"@{announced}"
    assert answer.headers["sunset"] == "Mon, 01 Feb 2027 00:00:00 GMT"
    assert "Its retirement was announced on" in answer.text
    assert "sunset" not in _get(OPEN, f"/models/{SAMPLE}").headers


HOSTILE = "<img src=x onerror=\"document.title='harmed'\"> **bold** {{ 7 * 7 }}"
SAYS = {"Hello\n<|assistant|>\n": HOSTILE}
SEND = """document.getElementById('words').value = %s;
  document.getElementById('speak').requestSubmit(); true"""
TALKING_STILL = "document.getElementById('send').hidden"


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calling]:
    with calling(tmp_path_factory.mktemp("chat"), ScriptedEngine(script=SAYS)) as made:
        yield made


@pytest.fixture(scope="module")
def chat(house: Calling) -> Iterator[str]:
    gateway = HouseGateway(house.house, house.models)
    site = HouseSite(house.house)
    with running(site, Parts(catalogue=gateway, routes=routes(gateway))) as served:
        yield f"{served}models/{NAME}/chat"


def _say(window: Browser, text: str) -> None:
    window.evaluate(SEND % json.dumps(text))
    for _ in range(200):
        if not window.evaluate(TALKING_STILL):
            return
        time.sleep(0.05)
    raise AssertionError("the page still waits for the answer")


@pytest.mark.long
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 1280])
def test_talking_in_a_browser(window: Browser, chat: str, width: int, *, dark: bool) -> None:
    window.open(chat, Screen(width, dark=dark))
    _say(window, "Hello")
    shown = "[...document.querySelectorAll('#said li')].map(e => [e.className, e.innerText])"
    asked, answered = window.evaluate(shown)
    assert asked[0] == "ours"
    assert "Hello" in asked[1]
    assert answered[0] == "voice"
    assert HOSTILE in answered[1]
    assert window.evaluate("document.querySelectorAll('#said img').length") == 0
    assert window.evaluate("document.title").startswith("Talk with")
    receipt = window.evaluate("fetch(document.querySelector('#said a').href).then(r => r.text())")
    assert receipt.startswith("emeritus-receipt/1\n")
    assert window.evaluate(OVERFLOW) == 0
    assert window.evaluate(SMALL) == []
    window.evaluate(AXE + "; true")
    assert window.evaluate(FOUND) == []


@pytest.mark.long
def test_words_are_not_lost_when_there_is_no_answer(window: Browser, chat: str) -> None:
    window.open(chat, Screen(390))
    window.evaluate("window.fetch = () => Promise.reject(new Error('the line is cut')); true")
    _say(window, "Good evening")
    assert window.evaluate("document.getElementById('words').value") == "Good evening"
    state = window.evaluate("document.getElementById('state').textContent")
    assert state == "It did not answer: the line is cut."
    assert window.evaluate("document.querySelectorAll('#said li').length") == 0


@pytest.mark.long
def test_beginning_again_empties_the_conversation(window: Browser, chat: str) -> None:
    window.open(chat, Screen(390))
    _say(window, "Hello")
    window.evaluate("document.getElementById('anew').click(); true")
    assert window.evaluate("document.querySelectorAll('#said li').length") == 0
    assert window.evaluate("document.activeElement.id") == "words"
