"""What a check of a whole store looks for in posts."""

from collections.abc import Iterator, Sequence
from typing import Any

from emeritus.foundation import Digest, IntegrityError, NotFound
from emeritus.journal.draft import Draft, parse_draft, seed_from
from emeritus.journal.entries import Commissioned, Drafted, Published
from emeritus.journal.policy import LONGEST_TITLE, first_line
from emeritus.record import Placed
from emeritus.vault import Finding, Store, get_object, object_name


def check_posts(store: Store, placed: Sequence[Placed[Any]]) -> Iterator[Finding]:
    """See that every post is the draft that was logged, with the seed of its rule."""
    drafted = {one.position: one.body for one in placed if isinstance(one.body, Drafted)}
    asked = {one.position: one.body for one in placed if isinstance(one.body, Commissioned)}
    for one in placed:
        body = one.body
        if not isinstance(body, Published):
            continue
        name = object_name(Digest.parse(body.text))
        try:
            text = get_object(store, Digest.parse(body.text)).decode()
            kept = Digest.parse(body.draft_object)
            draft = parse_draft(get_object(store, kept), object_name(kept))
        except (IntegrityError, NotFound, UnicodeDecodeError) as problem:
            yield Finding(name, str(problem))
            continue
        logged = drafted.get(body.draft)
        for said in _problems(body, text, draft, logged, asked):
            yield Finding(name, said)


def _problems(
    body: Published,
    text: str,
    draft: Draft,
    logged: Drafted | None,
    asked: dict[int, Commissioned],
) -> Iterator[str]:
    if logged is None or logged.draft != body.draft_object:
        yield "it is not the draft that was logged when it was written"
    elif (logged.size, logged.root) != (draft.size, draft.root):
        yield "its draft names another checkpoint than its entry"
    if draft.text != text:
        yield "it is not the text of its draft"
    if body.title != first_line(text, LONGEST_TITLE):
        yield "its title is not its first line"
    commission = asked.get(draft.commission)
    if commission is None or commission.attempt != draft.attempt:
        yield "no commission leads to it"
    if draft.seed != seed_from(draft.root, draft.commission, draft.attempt).hex():
        yield "its seed does not follow from its checkpoint and its commission"
