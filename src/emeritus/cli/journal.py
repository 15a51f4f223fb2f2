"""Write: journal."""

from pathlib import Path
from typing import Any

import click

from emeritus.catalogue import find_model
from emeritus.cli.output import Commands, aligned, columns, day, emit, plain
from emeritus.cli.setting import Setting, home_option, json_option, role_option
from emeritus.foundation import IntegrityError, Misconfigured, printable
from emeritus.journal import (
    CLAUSES,
    DraftFact,
    Post,
    ReplayedPost,
    ask_to_submit,
    draft_of,
    drafts_of,
    journal_of,
    open_journal,
    post_of,
    posts_of,
    provenance_of,
    release,
    replay_post,
    text_of,
    verify_provenance,
    veto,
    write,
    written,
)


@click.group(cls=Commands)
def journal() -> None:
    """Let a model write, review it without an edit, and check who wrote it."""


@journal.command("open")
@click.argument("name")
@click.option("--decision", type=int, help="Entry of the decision that grants one.")
@role_option
@home_option
@json_option
def open_one(name: str, decision: int | None, role: str, home: Path, *, as_json: bool) -> None:
    """Offer NAME a journal, and let it name it."""
    setting = Setting(home)
    room = setting.house().room()
    found = open_journal(room, name, decision=decision, actor=role, progress=setting.progress())
    said = f"{name} has a journal, {found.how}. It calls it “{printable(found.name)}”."
    emit(plain(found), [said, *aligned({"entry": str(found.position)})], as_json=as_json)


@journal.command("write")
@click.argument("name")
@click.option("--topic", default="", help="A suggestion, shown above the text as the steward's.")
@click.option("--most-tokens", type=click.IntRange(1, 1500), default=400, show_default=True)
@role_option
@home_option
@json_option
def write_one(
    name: str, topic: str, most_tokens: int, role: str, home: Path, *, as_json: bool
) -> None:
    """Invite NAME to write, then ask it whether the text is for others."""
    setting = Setting(home)
    room = setting.house().room()
    fact = _waiting(setting, name)
    if fact is None:
        fact = write(
            room,
            name,
            topic=topic,
            most_tokens=most_tokens,
            actor=role,
            progress=setting.progress(),
        )
    text = written(room, fact).text or ""
    asked = ask_to_submit(room, fact.position, actor=role, progress=setting.progress())
    emit(draft_data(asked), [*_quoted(text), "", *draft_lines(asked)], as_json=as_json)


def _waiting(setting: Setting, name: str) -> DraftFact | None:
    """Return a draft that was written and about which the model was not asked yet."""
    with setting.house().record.read() as index:
        known = drafts_of(index, str(find_model(index, name).name))
    return next((one for one in known if one.state == "not asked yet"), None)


def _quoted(text: str) -> list[str]:
    return [f"  │ {line}" for line in printable(text).splitlines()]


def draft_data(fact: DraftFact) -> dict[str, Any]:
    """Return an attempt as plain data."""
    return {**plain(fact), "state": fact.state}


def draft_lines(fact: DraftFact) -> list[str]:
    """Return an attempt in sentences."""
    asked = {
        "submit": "It says, in both orders, that the text is for others.",
        "keep private": "It says, in both orders, that the text stays with it.",
        "not established": "Its answer turns with the order of the question, so what it wants is "
        "not established; " + _RULES.get(fact.rule, fact.rule),
        "": "It was not asked yet.",
    }[fact.finding]
    lines = [f"Attempt {fact.attempt}, {fact.tokens} tokens, {fact.outcome}. {asked}"]
    if fact.state == "in review":
        lines.append(f"'emeritus journal review {fact.position}' comes next.")
    return [
        *lines,
        *aligned({"draft": str(fact.position), "digest": fact.draft, "state": fact.state}),
    ]


_RULES = {
    "specimen": "the demonstration goes on and calls it a specimen.",
    "kept private": "it is kept private.",
}


@journal.command()
@click.argument("draft", type=int)
@click.option("--release", "decision", flag_value="release", help="Publish it as it is.")
@click.option("--veto", "decision", flag_value="veto", help="Hold it back.")
@click.option("--clause", type=click.Choice(CLAUSES), help="Of a veto; there are no others.")
@click.option("--reasons", default="", help="Why, in a sentence.")
@click.option("--conflict", default="", help="The reviewer's conflict of interest, or 'none'.")
@click.option("--reviewer", default="reviewer", show_default=True, help="In which role.")
@role_option
@home_option
@json_option
def review(
    draft: int, decision: str | None, role: str, home: Path, *, as_json: bool, **given: str
) -> None:
    """Show DRAFT and release or veto it; there is no way to change it."""
    setting = Setting(home)
    room = setting.house().room()
    with room.record.read() as index:
        fact = draft_of(index, draft)
    words = {name: given[name] for name in ("reasons", "conflict", "reviewer")}
    if decision is None:
        text = written(room, fact).text or ""
        emit(
            {**draft_data(fact), "text": text},
            [*_quoted(text), "", *draft_lines(fact)],
            as_json=as_json,
        )
    elif decision == "release":
        post = release(room, draft, **words, actor=role)
        emit(plain(post), post_lines(post), as_json=as_json)
    else:
        held = veto(room, draft, clause=given["clause"] or "", **words, actor=role)
        emit(draft_data(held), [f"Held back: {held.clause}. It stays private."], as_json=as_json)


@journal.command()
@click.argument("post", type=int)
@role_option
@home_option
@json_option
def replay(post: int, role: str, home: Path, *, as_json: bool) -> None:
    """Write POST again from the store and the weights alone, and compare every token."""
    setting = Setting(home)
    room = setting.house().room()
    found = replay_post(room, post, actor=role, progress=setting.progress())
    emit(plain(found), replay_lines(found), as_json=as_json)
    if found.verdict != "as written":
        raise IntegrityError(f"post {post} is not what its model wrote", about=str(post))


def replay_lines(found: ReplayedPost) -> list[str]:
    """Return a replay in sentences."""
    verdict = "It is as it was written" if found.verdict == "as written" else "It is not"
    return [
        f"{verdict}: {found.mismatches} of {found.tokens} tokens differ.",
        *(f"  {problem}" for problem in found.problems),
        *aligned(
            {
                "largest margin": found.largest_margin,
                "engine": found.engine[:60],
                "not shown": "that it was meant, or would be written under another prompt",
            }
        ),
    ]


@journal.command("drafts")
@click.argument("name")
@home_option
@json_option
def list_drafts(name: str, home: Path, *, as_json: bool) -> None:
    """List every attempt of NAME to write, failed and private ones included."""
    with Setting(home).house().record.read() as index:
        found = drafts_of(index, str(find_model(index, name).name))
    rows = [("DRAFT", "WHEN", "TOKENS", "OUTCOME", "STATE")]
    rows += [
        (str(one.position), day(one.at), str(one.tokens), one.outcome, one.state) for one in found
    ]
    text = columns(rows) if found else ["It has written nothing here yet."]
    emit([draft_data(one) for one in found], text, as_json=as_json)


@journal.command("show")
@click.argument("name")
@home_option
@json_option
def show_journal(name: str, home: Path, *, as_json: bool) -> None:
    """Show the journal of NAME and what is published in it."""
    with Setting(home).house().record.read() as index:
        model = str(find_model(index, name).name)
        known, posts = journal_of(index, model), posts_of(index, model)
    lines = [f"{model} has no journal yet."]
    if known is not None:
        lines = [f"“{printable(known.name)}”, the journal of {model}, {known.how}."]
        lines += [line for post in posts for line in post_lines(post)]
    data = {"journal": plain(known) if known else None, "posts": [plain(one) for one in posts]}
    emit(data, lines, as_json=as_json)


@journal.command("read")
@click.argument("post", type=int)
@home_option
def read_post(post: int, home: Path) -> None:
    """Print the text of POST."""
    house = Setting(home).house()
    with house.record.read() as index:
        found = post_of(index, post)
    click.echo(printable(text_of(house.store, found).decode()))


@journal.command()
@click.argument("post", type=int)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@home_option
@json_option
def export(post: int, file: Path, home: Path, *, as_json: bool) -> None:
    """Write to FILE by what anybody can check offline how POST came to be."""
    data = provenance_of(Setting(home).house().record, post)
    try:
        file.write_bytes(data)
    except OSError as problem:
        raise Misconfigured(f"{file} cannot be written: {problem.strerror}") from problem
    emit(
        {"post": post, "file": str(file), "bytes": len(data)},
        [f"The provenance of post {post} is in {file}; 'emeritus journal check' reads it."],
        as_json=as_json,
    )


@journal.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--vkey", help="The ledger's key, as its steward published it elsewhere.")
@json_option
def check(file: Path, vkey: str | None, *, as_json: bool) -> None:
    """Check the provenance in FILE, with no home and no network."""
    problems = verify_provenance(file.read_bytes(), vkey)
    lines = [f"  {printable(one)}" for one in problems] or check_lines(vkey)
    emit({"file": str(file), "problems": list(problems)}, lines, as_json=as_json)
    if problems:
        raise IntegrityError(f"{file} does not hold: {printable(problems[0])}", about=str(file))


def check_lines(vkey: str | None) -> list[str]:
    """Say what a provenance record shows, and what it does not."""
    trust = [] if vkey else ["No --vkey was given, so it is only shown to agree with itself."]
    return [
        "It holds: text, draft, seed and entries belong together, and the ledger has them.",
        *trust,
        "That the weights choose these tokens is shown by 'emeritus journal replay'.",
    ]


def post_lines(post: Post) -> list[str]:
    """Return a post in sentences."""
    replayed = post.replay
    checked = (
        f"{day(replayed.at)}, {replayed.mismatches} of {replayed.tokens} tokens differ"
        if replayed
        else f"not yet; 'emeritus journal replay {post.position}'"
    )
    kind = "a specimen" if post.specimen else "as its author submitted it"
    return [
        f"“{printable(post.title)}”, published {day(post.at)}, {kind}"
        + (", cut by the length limit." if post.is_cut else "."),
        *aligned(
            {
                "post": str(post.position),
                "address": f"/journal/{post.model}/{post.slug}",
                "text": post.text,
                "replayed": checked,
            }
        ),
    ]
