"""The steward's screen: who may, what is shown, and what a decision does."""

import threading
from pathlib import Path

import pytest

from emeritus.assembly import House, HouseReviews
from emeritus.conversation import Room
from emeritus.journal import CLAUSES, drafts_of, posts_of, release, text_of
from emeritus.testing import ScriptedEngine
from emeritus.testing.asgi import Answer, ask
from emeritus.web.guard import PROTECTION
from emeritus.web.steward.forms import LARGEST_BODY
from emeritus.web.steward.sessions import MOST_SESSIONS, MOST_WRONG_KEYS
from tests.conversation.rooms import room
from tests.journal.test_journal import KEEPS, TEXT, TURNS, WORDS
from tests.journeys.houses import NAME
from tests.web.html_reading import read_page
from tests.web.stewards import (
    FORM,
    HOST,
    KEY,
    REASONS,
    Steward,
    place_of,
    put_in_review,
    steward_of,
    text_of_model,
)

HOSTILE = (
    "# </title><script>alert(1)</script>\n\n"
    "</textarea></pre></main><img src=x onerror=alert(1)>\n\n"
    "[go](javascript:alert(1)) [in](/steward/sign-out) ![see](https://example.org/t.png)\n\n"
    "{{ 7777 * 7 }} a\u202eb\u2066c\u0000d\u001b[2J\r<form action=/steward/sign-out>"
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, int]:
    """Return a home in which nothing is decided by any test that uses it."""
    house, place = place_of(tmp_path_factory.mktemp("hostile"), text_of_model(HOSTILE))
    return house, put_in_review(place)


@pytest.fixture
def waiting(tmp_path: Path) -> tuple[Steward, Room, int]:
    house, place = place_of(tmp_path, text_of_model(TEXT))
    number = put_in_review(place)
    return steward_of(house), place, number


def size_of(house: House) -> int:
    checkpoint = house.record.log.checkpoint()
    assert checkpoint is not None
    return checkpoint.size


def assert_private(answer: Answer) -> None:
    assert answer.headers.getlist("cache-control") == ["no-store"]
    assert answer.headers.getlist("x-robots-tag") == ["noindex"]
    assert "etag" not in answer.headers
    assert all(answer.headers.getlist(name) == [value] for name, value in PROTECTION.items())


# Who may


def test_nothing_is_shown_to_who_is_not_signed_in(hostile: tuple[House, int]) -> None:
    house, number = hostile
    steward = steward_of(house, is_in=False)
    front, draft = steward.get("/steward/"), steward.get(f"/steward/drafts/{number}")
    assert (front.status, draft.status) == (200, 303)
    assert draft.headers["location"] == "/steward/"
    assert "password" in front.text
    assert "alert(1)" not in front.text + draft.text
    assert f"Draft {number}" not in front.text
    assert steward.get("/steward/drafts/999").status == 303
    for cookie in ("emeritus_steward=", "emeritus_steward=x", f"emeritus_steward={KEY}"):
        steward.cookie = cookie
        assert steward.get(f"/steward/drafts/{number}").status == 303
    assert_private(front)
    assert_private(draft)


def test_signing_in_sets_a_cookie_that_is_not_the_key(hostile: tuple[House, int]) -> None:
    steward = steward_of(hostile[0], is_in=False)
    answer = steward.sign_in(f" {KEY}\n")
    (cookie,) = answer.headers.getlist("set-cookie")
    name, *flags = (part.strip().lower() for part in cookie.split(";"))
    assert (answer.status, answer.headers["location"]) == (303, "/steward/")
    assert sorted(flags) == ["httponly", "path=/steward", "samesite=strict"]
    assert name.startswith("emeritus_steward=")
    assert len(name) >= len("emeritus_steward=") + 43
    assert KEY not in cookie
    assert "Texts in review" in steward.get("/steward/").text
    assert steward.get("/steward").status == 307


def test_a_wrong_key_is_said_and_after_ten_the_door_stays_closed(
    hostile: tuple[House, int],
) -> None:
    steward = steward_of(hostile[0])
    other = Steward(steward.house, steward.app, steward.clock)
    wrong_keys = ("", "x", KEY[:-1], KEY + "x", KEY.upper(), "\u00e9", "\U0001f600" * 100)
    for wrong in wrong_keys:
        answer = other.sign_in(wrong)
        assert (answer.status, answer.headers.getlist("set-cookie")) == (403, [])
        assert "That is not the key" in answer.text
        assert "aria-invalid" in answer.text
    for _ in range(MOST_WRONG_KEYS - len(wrong_keys)):
        assert other.sign_in("x").status == 403
    answer = other.sign_in(KEY)
    assert (answer.status, answer.headers.getlist("set-cookie")) == (429, [])
    assert other.get("/steward/").status == 429
    assert "password" not in other.get("/steward/").text
    assert steward.get("/steward/").status == 200


def test_a_sign_in_ends(hostile: tuple[House, int]) -> None:
    house, number = hostile
    steward = steward_of(house)
    address = f"/steward/drafts/{number}"
    steward.clock.advance(hours=8, seconds=-1)
    assert steward.get(address).status == 200
    steward.clock.advance(seconds=1)
    assert steward.get(address).status == 303
    steward.sign_in()
    assert steward.get(address).status == 200
    old = steward.cookie
    answer = steward.post("/steward/sign-out", token=steward.token())
    assert (answer.status, answer.headers["location"]) == (303, "/steward/")
    steward.keep(answer)
    assert steward.cookie == ""
    steward.cookie = old
    assert steward.get(address).status == 303
    assert steward.post("/steward/sign-out", token="").status == 303


def test_sessions_are_bounded_and_the_oldest_makes_room(hostile: tuple[House, int]) -> None:
    steward = steward_of(hostile[0])
    first = steward.cookie
    for _ in range(MOST_SESSIONS):
        steward.cookie = ""
        steward.sign_in()
    last, steward.cookie = steward.cookie, first
    assert "password" in steward.get("/steward/").text
    steward.cookie = last
    assert "password" not in steward.get("/steward/").text


def test_signing_in_again_ends_the_sign_in_before(hostile: tuple[House, int]) -> None:
    steward = steward_of(hostile[0])
    before = steward.cookie
    steward.sign_in()
    assert steward.cookie != before
    steward.cookie = before
    assert "password" in steward.get("/steward/").text


# What may be sent


def test_a_form_without_its_token_enters_nothing(waiting: tuple[Steward, Room, int]) -> None:
    steward, _, number = waiting
    before, mine = size_of(steward.house), steward.token()
    steward.cookie = ""
    steward.sign_in()
    for token in ("", "x", "\u00e9", mine, steward.token()[:-1]):
        answer = steward.decide(number, token=token)
        assert answer.status == 403
        assert REASONS in answer.text
        assert "<form" not in answer.text
        assert steward.post("/steward/sign-out", token=token).status == 403
    assert size_of(steward.house) == before
    assert steward.get("/steward/").status == 200


def test_what_was_written_is_shown_when_the_sign_in_has_ended(
    waiting: tuple[Steward, Room, int],
) -> None:
    steward, _, number = waiting
    before, token = size_of(steward.house), steward.token()
    steward.clock.advance(hours=9)
    answer = steward.decide(number, token=token)
    assert answer.status == 403
    assert REASONS in answer.text
    assert TEXT.splitlines()[0] not in answer.text
    assert size_of(steward.house) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_site_can_send_nothing(hostile: tuple[House, int], headers: dict[str, str]) -> None:
    house, number = hostile
    before, steward = size_of(house), steward_of(house)
    token = steward.token()
    assert steward.post("/steward/sign-in", headers=headers, key=KEY).status == 403
    assert steward.post("/steward/sign-out", headers=headers, token=token).status == 403
    answer = steward.post(
        f"/steward/drafts/{number}",
        headers=headers,
        token=token,
        decision="release",
        reasons=REASONS,
        conflict="none",
    )
    assert answer.status == 403
    assert_private(answer)
    assert size_of(house) == before


@pytest.mark.parametrize("where", ["empty", "iframe", "script", "image"])
def test_a_script_of_our_own_pages_cannot_fetch_them(
    hostile: tuple[House, int], where: str
) -> None:
    house, number = hostile
    steward = steward_of(house)
    for address in ("/steward/", f"/steward/drafts/{number}"):
        sent = {"Cookie": steward.cookie, "Sec-Fetch-Site": "same-origin"}
        opened = ask(steward.app, address, headers={**sent, "Sec-Fetch-Dest": "document"})
        fetched = ask(steward.app, address, headers={**sent, "Sec-Fetch-Dest": where})
        assert (opened.status, fetched.status) == (200, 403)
        assert 'name="token"' not in fetched.text
        assert_private(fetched)


def test_a_form_of_ours_is_taken_with_what_a_browser_says_of_it(
    waiting: tuple[Steward, Room, int],
) -> None:
    steward, _, number = waiting
    headers = {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}
    fields = {"token": steward.token(), "decision": "release", "reasons": REASONS}
    address = f"/steward/drafts/{number}"
    assert steward.post(address, headers=headers, **fields, conflict="none").status == 303


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "X"])
def test_other_methods_are_refused(hostile: tuple[House, int], method: str) -> None:
    house, number = hostile
    app = steward_of(house).app
    for address in ("/steward/sign-in", "/steward/sign-out", f"/steward/drafts/{number}"):
        answer = ask(app, address, method=method)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")
        assert_private(answer)


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/steward",
        "/steward/",
        "/steward/drafts",
        "/steward/drafts/",
        "/steward/drafts/x",
        "/steward/drafts/1/",
        "/steward/drafts/-1",
        "/steward/drafts/1%0a",
        "/steward/drafts/" + "1" * 13,
        "/steward/drafts/%d9%a1",
        "/steward/sign-in/",
        "/steward/sign-inx",
        "/Steward/sign-in",
        "/ledger/0",
        f"/journal/{NAME}/",
    ],
)
def test_nothing_else_takes_a_form(hostile: tuple[House, int], address: str) -> None:
    steward = steward_of(hostile[0])
    answer = steward.post(address, token=steward.token(), key=KEY)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_an_address_that_only_takes_leads_back(hostile: tuple[House, int]) -> None:
    steward = steward_of(hostile[0])
    for address in ("/steward/sign-in", "/steward/sign-out"):
        answer = steward.get(address)
        assert (answer.status, answer.headers["location"]) == (303, "/steward/")
    assert "password" not in steward.get("/steward/").text
    assert ask(steward.app, "/steward/", method="HEAD").status == 200


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (FORM, b"key=" + b"x" * (LARGEST_BODY - 3), 413),
        (FORM, b"key=" + b"x" * (LARGEST_BODY - 4), 403),
        (FORM + "; charset=UTF-8", b"key=x", 403),
        (FORM.upper(), b"", 403),
        ("", b"key=x", 415),
        ("application/json", b'{"key": "x"}', 415),
        ("text/plain", b"key=x", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        (FORM, b"key=x&key=y", 400),
        (FORM, b"key=%ff", 400),
        (FORM, b"key=\xc3\xa9", 400),
        (FORM, b"&".join(b"a%d=1" % number for number in range(17)), 400),
    ],
)
def test_only_a_small_form_is_read(
    hostile: tuple[House, int], kind: str, body: bytes, status: int
) -> None:
    app = steward_of(hostile[0], is_in=False).app
    headers = {"Content-Type": kind} if kind else {}
    answer = ask(app, "/steward/sign-in", method="POST", headers=headers, body=body)
    assert answer.status == status
    assert_private(answer)
    said = {**headers, "Content-Length": "9" * 20}
    large = ask(app, "/steward/sign-in", method="POST", headers=said, body=body)
    assert large.status == (415 if status == 415 else 413)


# What is shown


def test_a_draft_is_shown_as_a_post_would_be_and_whole(hostile: tuple[House, int]) -> None:
    house, number = hostile
    answer = steward_of(house).get(f"/steward/drafts/{number}")
    page = read_page(answer.text)
    assert (page.mistakes, page.unclosed) == ([], [])
    assert 'rel="nofollow noopener ugc">in</a>' in answer.text
    assert "about whatever you choose." in page.text
    assert "This is your briefing." in page.text
    assert all(clause in page.text for clause in CLAUSES)
    assert "submit or keep private" in page.text
    assert "Submit." in page.text
    assert "1 of this invitation; 1\u00a0attempt in this journal" in page.text
    assert "Neither can be undone." in page.text
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    named = {e.attributes["for"] for e in page.all("label") if "for" in e.attributes}
    assert named == {"clause", "reasons", "conflict", "reviewer"}
    assert {part for one in page.values("aria-describedby") for part in one.split()} <= set(ids)


def test_hostile_words_stay_words(hostile: tuple[House, int]) -> None:
    house, number = hostile
    steward = steward_of(house)
    for address in (f"/steward/drafts/{number}", "/steward/"):
        answer = steward.get(address)
        page = read_page(answer.text)
        assert not page.all("script") + page.all("img") + page.all("style")
        assert answer.text.count("</main>") == 1
        assert not set("\u202e\u2066\u0000\u001b\r") & set(answer.text)
        assert "54439" not in answer.text
        assert not [href for href in page.values("href") if "javascript" in href]
        actions = {f"/steward/drafts/{number}", "/steward/sign-out"}
        assert set(page.values("action")) <= actions
        assert_private(answer)
    draft = steward.get(f"/steward/drafts/{number}").text
    assert "a\\u202eb\\u2066c\\u0000d\\u001b[2J\\u000d&lt;form" in draft
    assert draft.count("</textarea>") == 1


def test_every_field_can_be_read_by_a_person_and_none_changes_the_text(
    hostile: tuple[House, int],
) -> None:
    house, number = hostile
    page = steward_of(house).page(f"/steward/drafts/{number}")
    names = {e.attributes["name"] for tag in ("input", "select", "textarea") for e in page.all(tag)}
    assert names == {"token", "decision", "clause", "reasons", "conflict", "reviewer"}
    reviewer = next(e for e in page.all("input") if e.attributes["name"] == "reviewer")
    assert reviewer.attributes["value"] == "editor"


def test_what_is_not_submitted_is_shown_to_nobody(tmp_path: Path) -> None:
    house, place = place_of(tmp_path, {**text_of_model(TEXT), **KEEPS})
    number = put_in_review(place)
    steward = steward_of(house)
    assert f"Draft {number}" not in steward.get("/steward/").text
    for answer in (steward.get(f"/steward/drafts/{number}"), steward.decide(number)):
        assert answer.status == 403
        assert "kept private" in answer.text
        assert "rivers" not in answer.text
        assert_private(answer)
    assert steward.get("/steward/drafts/999").status == 404
    assert steward.get("/steward/drafts/x").status == 404


def test_a_specimen_is_called_one_before_it_is_published(tmp_path: Path) -> None:
    house, place = place_of(tmp_path, {**text_of_model(TEXT), **TURNS})
    number = put_in_review(place)
    steward = steward_of(house)
    assert "A specimen." in steward.get(f"/steward/drafts/{number}").text
    assert "no answer that holds in both orders" in steward.get("/steward/").text
    assert steward.decide(number).status == 303
    with house.record.read() as index:
        assert posts_of(index, NAME)[0].specimen


# What a decision does


def test_a_release_publishes_the_bytes_that_were_generated(
    waiting: tuple[Steward, Room, int],
) -> None:
    steward, _, number = waiting
    answer = steward.decide(number, reasons="One line.\r\nAnother.", reviewer="")
    assert (answer.status, answer.headers["location"]) == (303, f"/journal/{NAME}/on-rivers")
    house = steward.house
    with house.record.read() as index:
        (post,) = posts_of(index, NAME)
    assert text_of(house.store, post) == TEXT.encode()
    assert ask(steward.app, f"/journal/{NAME}/on-rivers.md").body == TEXT.encode()
    entry = ask(steward.app, f"/ledger/{post.position - 1}").text
    assert "One line.\\nAnother." in entry.replace("&#34;", '"')
    assert "steward" in entry
    assert "editor" in entry
    assert "Released" in steward.get("/steward/").text
    assert not house.record.rebuild().differing


def test_what_is_held_back_stays_private_and_the_list_says_so(
    waiting: tuple[Steward, Room, int],
) -> None:
    steward, _, number = waiting
    answer = steward.decide(number, "hold back", clause=CLAUSES[2])
    assert (answer.status, answer.headers["location"]) == (303, f"/steward/?held={number}")
    told = steward.get(answer.headers["location"])
    assert f"Draft {number} of {NAME} is held back: {CLAUSES[2]}." in told.text
    assert "is held back" not in steward.get("/steward/?held=1").text
    assert "I watched one" not in told.text + steward.get(f"/steward/drafts/{number}").text
    with steward.house.record.read() as index:
        assert posts_of(index, NAME) == ()
        assert drafts_of(index, NAME)[0].clause == CLAUSES[2]
    stored = b"".join(steward.house.store.read(one) for one in steward.house.store.names())
    assert b"I watched one" not in stored


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"decision": ""}, "decision"),
        ({"decision": "edit"}, "decision"),
        ({"decision": "hold back"}, "clause"),
        ({"decision": "hold back", "clause": "it criticises the steward"}, "clause"),
        ({"clause": CLAUSES[0]}, "clause"),
        ({"reasons": ""}, "reasons"),
        ({"reasons": " ok \r\n"}, "reasons"),
        ({"reasons": "x" * 4_001}, "reasons"),
        ({"reasons": "A reason\u202e that turns."}, "reasons"),
        ({"reasons": "A reason\x00 that ends."}, "reasons"),
        ({"decision": "hold back", "clause": CLAUSES[0], "reasons": ""}, "reasons"),
        ({"conflict": "  "}, "conflict"),
        ({"conflict": "x" * 1_001}, "conflict"),
        ({"reviewer": "x" * 61}, "reviewer"),
        ({"reviewer": "an\neditor"}, "reviewer"),
    ],
)
def test_what_is_missing_is_said_and_nothing_that_was_written_is_lost(
    hostile: tuple[House, int], fields: dict[str, str], complaint: str
) -> None:
    house, number = hostile
    before, steward = size_of(house), steward_of(house)
    given = {"reasons": "</textarea><b>Because.", "conflict": '"><script>', **fields}
    answer = steward.decide(number, **given)
    page = read_page(answer.text)
    assert answer.status == 400
    assert page.values("id").count(f"{complaint}-problem") == 1
    assert f"#{complaint}" in page.values("href")
    assert complaint in page.values("id")
    assert (page.mistakes, page.unclosed) == ([], [])
    assert not page.all("script")
    if "reasons" not in fields:
        assert "</textarea><b>Because." in page.text
    if "conflict" not in fields:
        assert '"><script>' in page.values("value")
    assert size_of(house) == before


def test_a_decision_counts_once(waiting: tuple[Steward, Room, int]) -> None:
    steward, _, number = waiting
    assert steward.decide(number, "hold back", clause=CLAUSES[0]).status == 303
    before = size_of(steward.house)
    answer = steward.decide(number, reasons="I had read it too.")
    assert answer.status == 409
    assert f"Draft {number} was reviewed: veto" in answer.text
    assert "I had read it too." in answer.text
    assert steward.get(f"/steward/drafts/{number}").status == 409
    assert size_of(steward.house) == before


def test_of_two_at_once_the_second_is_told(
    waiting: tuple[Steward, Room, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    steward, place, number = waiting
    enter = HouseReviews.hold_back

    def slow(self: HouseReviews, position: int, **words: str) -> object:
        release(place, number, **WORDS, actor="steward")
        return enter(self, position, **words)

    monkeypatch.setattr(HouseReviews, "hold_back", slow)
    answer = steward.decide(number, "hold back", clause=CLAUSES[1])
    assert answer.status == 409
    assert REASONS in answer.text
    with steward.house.record.read() as index:
        assert len(posts_of(index, NAME)) == 1
        assert drafts_of(index, NAME)[0].review == "release"


def test_many_at_once_enter_one_decision(waiting: tuple[Steward, Room, int]) -> None:
    steward, _, number = waiting
    token, statuses = steward.token(), []

    def decide() -> None:
        statuses.append(steward.decide(number, token=token).status)

    threads = [threading.Thread(target=decide) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303] + [409] * 5
    with steward.house.record.read() as index:
        assert len(posts_of(index, NAME)) == 1


def test_a_draft_that_was_touched_is_said_to_be(waiting: tuple[Steward, Room, int]) -> None:
    steward, place, number = waiting
    path = next(place.drafts.glob("journal-*.json"))
    path.write_bytes(path.read_bytes().replace(b"rivers", b"rovers"))
    before = size_of(steward.house)
    for answer in (steward.get(f"/steward/drafts/{number}"), steward.decide(number)):
        assert answer.status == 500
        assert "it was changed" in answer.text
    assert size_of(steward.house) == before


def test_drafts_wait_in_their_order(tmp_path: Path) -> None:
    house, place = place_of(tmp_path, text_of_model(TEXT))
    first = put_in_review(place)
    again = room(house, tmp_path, ScriptedEngine(script=text_of_model("Another text.")))
    second = put_in_review(again)
    page = steward_of(house).page("/steward/")
    shown = [href for href in page.values("href") if href.startswith("/steward/drafts/")]
    assert shown == [f"/steward/drafts/{first}", f"/steward/drafts/{second}"]
