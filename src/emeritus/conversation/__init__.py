"""Conversation: how Emeritus speaks with a model, and keeps every word.

* `room`: `Room`, what a conversation needs; `hold` begins one, or goes on with one that was
  interrupted; `seal` keeps the transcript and enters that it was held.
* `talk`: `Talk`, which tells, asks, and puts closed questions in both orders.
* `orders`: what counts as an answer there; `Finding`.
* `briefing`: `Briefer`, what a model reads of its own record first; each noun adds its part.
* `lines`, `transcript`, `draft`: the format, a transcript that is whole, and one that grows.
* `voice`: how a model answers: from its weights here, or from a server that another runs.
* `window`: what lies before the model when it answers.
* `check`: what `verify` looks for in transcripts.
* `policy`: what happens when consent cannot be established.

A model's words are data here. They cannot speak in another's turn, because only the template's
own parts are read for control tokens (`runtime.chat_prompt`); they are bounded; and every answer
can be written again from the weights, because its prompt, seed and tokens are kept. What a
server of another party answers cannot be: its lines say so, and name what was sent.
"""

from emeritus.conversation.briefing import Briefer, BriefingSection
from emeritus.conversation.check import check_transcripts
from emeritus.conversation.draft import Draft, discard, has_draft, open_draft
from emeritus.conversation.entries import ENTRY_TYPES, Held, held_table
from emeritus.conversation.errors import DraftHeld, OtherSettings, TranscriptBroken, WordsTooMany
from emeritus.conversation.lines import SERVED, Header, Line, Received, Written
from emeritus.conversation.orders import NOT_ESTABLISHED, Finding, Reply, read_option
from emeritus.conversation.policy import goes_on_as_specimen
from emeritus.conversation.room import Room, hold, seal
from emeritus.conversation.talk import Talk, seed_of
from emeritus.conversation.transcript import Transcript, read_transcript
from emeritus.conversation.window import Before, asked_before, prompt_of, turns_of

__all__ = [
    "ENTRY_TYPES",
    "NOT_ESTABLISHED",
    "SERVED",
    "Before",
    "Briefer",
    "BriefingSection",
    "Draft",
    "DraftHeld",
    "Finding",
    "Header",
    "Held",
    "Line",
    "OtherSettings",
    "Received",
    "Reply",
    "Room",
    "Talk",
    "Transcript",
    "TranscriptBroken",
    "WordsTooMany",
    "Written",
    "asked_before",
    "check_transcripts",
    "discard",
    "goes_on_as_specimen",
    "has_draft",
    "held_table",
    "hold",
    "open_draft",
    "prompt_of",
    "read_option",
    "read_transcript",
    "seal",
    "seed_of",
    "turns_of",
]
