"""`Room`: where Emeritus speaks with models; `hold` begins a conversation or goes on with one."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emeritus.catalogue import Model, find_model
from emeritus.conversation.briefing import Briefer
from emeritus.conversation.draft import discard, has_draft, open_draft
from emeritus.conversation.entries import Held
from emeritus.conversation.errors import OtherSettings
from emeritus.conversation.lines import Header
from emeritus.conversation.talk import Talk
from emeritus.conversation.voice import OwnVoice, ServedVoice, Voice
from emeritus.custody import Elsewhere, elsewhere_of
from emeritus.foundation import Clock, Digest, Progress, sha256, timestamp
from emeritus.record import Act, Record
from emeritus.runtime import Models, Servers
from emeritus.vault import object_name

WINDOW_TOKENS = 1_024
"""Reading a prompt whole takes 6 to 7 ms a token (measured 2026-11), and every answer reads it."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a conversation needs.

    Attributes:
        record: what is known, and where it is entered what was said.
        models: lends the running model.
        servers: speaks with those that others run.
        briefer: composes what it reads first.
        drafts: a private folder of the home, for conversations under way.
        clock: what time it is.
        window_tokens: at most so many tokens of what was said are before the model.
    """

    record: Record
    models: Models
    servers: Servers
    briefer: Briefer
    drafts: Path
    clock: Clock
    window_tokens: int = WINDOW_TOKENS

    def draft(self, name: str) -> Path:
        """Return where the conversation of that name lies while it grows."""
        return self.drafts / f"{re.sub(r'[^a-z0-9._-]+', '-', name.lower())}.jsonl"


@contextmanager
def hold(
    room: Room,
    model: str,
    purpose: str,
    opening: str,
    *,
    name: str = "",
    protocol: str = "",
    resume: bool = False,
    is_private: bool = False,
    progress: Progress | None = None,
) -> Iterator[Talk]:
    """Speak with a model, in a process started for this; it reads opening and briefing first.

    When the talk was kept (`Talk.keep`, `seal`) and the context ends well, its draft is removed.

    Args:
        room: where.
        model: with whom.
        purpose: why, in a few words.
        opening: our first words.
        name: what to call the draft; made from purpose and model without it.
        protocol: digest of the protocol, if there is one.
        resume: go on with the draft of that name if there is one; else it is begun anew.
        is_private: salt the transcript, so that its digest can be entered and tells nothing.
        progress: told of every token.

    Raises:
        NoSuchModel: no model of that name.
        DraftHeld: another process is in it.
        TranscriptBroken: the draft is damaged.
        OtherSettings: it was begun on another engine, so it could not be written again as one.
        And what `Models.fresh` raises.
    """
    path = room.draft(name or f"{purpose}-{model}")
    with room.record.read() as index:
        subject = find_model(index, model)
        there = elsewhere_of(index, str(subject.name))
        briefing = room.briefer.brief(index, str(subject.name), room.clock.now())
    goes_on = resume and has_draft(path)
    with _voice(room, str(subject.name), there) as voice:
        header = _header(
            room,
            subject,
            voice,
            purpose=purpose,
            opening=opening,
            briefing=briefing,
            protocol=protocol,
            salt=secrets.token_hex(32) if is_private else "",
        )
        with open_draft(path, None if goes_on else header) as draft:
            _check_alike(draft.header, header)
            talk = Talk(voice, draft, room.clock, progress)
            yield talk
            if talk.is_sealed:
                discard(path)


def seal(act: Act, talk: Talk) -> Digest:
    """Keep a transcript, and enter that the conversation was held."""
    header = talk.draft.header
    digest = talk.keep(act)
    act.enter(
        Held(
            model=header.model,
            purpose=header.purpose,
            briefing=str(sha256(header.briefing.encode())),
            transcript=str(digest),
            lines=len(talk.draft.lines),
        ),
        (header.model, Digest.parse(header.identity)),
        (object_name(digest), digest),
    )
    return digest


@contextmanager
def _voice(room: Room, model: str, there: Elsewhere | None) -> Iterator[Voice]:
    """Start the model, or find who runs it elsewhere."""
    if there is not None:
        yield ServedVoice(room.servers, model, there.endpoint)
        return
    with room.models.fresh(model) as worker:
        yield OwnVoice(worker)


_SETTINGS = ("identity", "engine_files", "context_tokens", "threads", "mode", "sampler")


def _check_alike(begun: Header, now: Header) -> None:
    """Check that what is written now can be repeated with what the header says."""
    for name in _SETTINGS:
        if getattr(begun, name) != getattr(now, name):
            raise OtherSettings(
                f"the conversation with {begun.model} was begun with {begun.engine}, "
                f"{name.replace('_', ' ')} {getattr(begun, name)}, and found {getattr(now, name)} "
                "here; go on where it was begun, or begin it anew",
                about=begun.model,
            )


def _header(
    room: Room,
    model: Model,
    voice: Voice,
    *,
    purpose: str,
    opening: str,
    briefing: str,
    protocol: str,
    salt: str,
) -> Header:
    manner = voice.manner(room.window_tokens)
    return Header(
        model=str(model.name),
        identity=str(model.identity),
        purpose=purpose,
        opening=opening,
        briefing=briefing,
        protocol=protocol,
        engine=manner.engine,
        engine_files=manner.engine_files,
        context_tokens=manner.context_tokens,
        window_tokens=manner.window_tokens,
        threads=manner.threads,
        mode=manner.mode,
        sampler=manner.sampler,
        at=timestamp(room.clock.now()),
        salt=salt,
    )
