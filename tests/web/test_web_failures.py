"""When something goes wrong, readers get a calm page and never what is behind it."""

import pytest

from emeritus.assembly.readings import Footing
from emeritus.foundation import EmeritusError
from emeritus.testing.asgi import Answer, ask
from emeritus.testing.site import SampleSite
from emeritus.vault.errors import Damaged, StoreUnavailable
from emeritus.web.app import build
from emeritus.web.guard import PROTECTION
from tests.web.html_reading import read_page
from tests.web.test_web_pages import HOST, site_of

SECRET = "/home/steward/record.sqlite"


class Failing(SampleSite):
    def __init__(self, failure: Exception) -> None:
        super().__init__()
        self._failure = failure

    def footing(self) -> Footing:
        raise self._failure


def failing(failure: Exception) -> Answer:
    return ask(build(Failing(failure), allowed_hosts=[HOST]), "/check")


@pytest.mark.parametrize(
    ("failure", "status", "name"),
    [
        (Damaged(f"{SECRET} is damaged"), 500, "vault.damaged"),
        (StoreUnavailable(f"{SECRET} does not answer"), 503, "vault.store_unavailable"),
        (EmeritusError(SECRET), 500, "emeritus.error"),
    ],
)
def test_a_failure_of_ours_is_named_but_not_described(
    failure: EmeritusError, status: int, name: str
) -> None:
    answer = failing(failure)
    assert answer.status == status
    assert name in answer.text
    assert SECRET not in answer.text


def test_a_defect_shows_no_trace_and_is_protected() -> None:
    answer = failing(RuntimeError(SECRET))
    page = read_page(answer.text)
    assert answer.status == 500
    assert len(page.all("h1")) == 1
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert all(answer.headers[name] == value for name, value in PROTECTION.items())
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/models/nobody", 404, "This record holds no model called nobody."),
        ("/nowhere", 404, "Nothing of that name is here"),
        ("/ledger/9999", 404, "The record has no entry 9999 yet."),
        ("/ledger/-1", 404, "whole number"),
        ("/ledger/%C2%B2", 404, "whole number"),
        ("/ledger?before=x", 400, "whole number"),
        ("/ledger?before=%D9%A3", 400, "whole number"),
        ("/find?q=" + "x" * 201, 400, "at most 200 characters"),
        ("/log/nothing", 404, "no file"),
        ("/static/nothing", 404, "No file of that name"),
    ],
)
def test_a_wrong_address_is_answered_with_a_sentence(address: str, status: int, words: str) -> None:
    answer = ask(site_of(), address)
    assert answer.status == status
    assert words in read_page(answer.text).text
