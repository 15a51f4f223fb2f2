"""The record: what happened, entered once, and the index that is projected from it.

* `entry`: `Entry`, one thing that happened, as canonical JSON.
* `types`: `EntryType`, declared by the nouns above; `EntryTypes`, all that a program knows.
* `ports`: `Database` (an index lies in one) and `Sequencer` (one writer at a time).
* `index`: the tables that the record itself projects.
* `projector`: applies entries to the index; the only code that writes it.
* `record`: `Record`, where acts happen and facts are read.
* `remembered`: `Remembered`, what was read, kept until the ledger grows.
* `private`: the second database, for what people may ask us to forget.

An act takes the sequencer, lets the index catch up, checks the rules, makes its objects durable,
appends its entries under one signed checkpoint, and projects them.
It is acknowledged when the checkpoint is durable; a crash after that loses nothing,
because whoever comes next lets the index catch up.
"""

from emeritus.record.entry import Entry, Placed, Subject
from emeritus.record.errors import (
    DatabaseUnavailable,
    EntryInvalid,
    EntryUnknown,
    HomeReadOnly,
    RecordExists,
    SequencerBusy,
)
from emeritus.record.index import metadata
from emeritus.record.ports import Database, Sequencer
from emeritus.record.private import PrivateFacts
from emeritus.record.projector import Rebuilt
from emeritus.record.record import Act, Record
from emeritus.record.remembered import Remembered
from emeritus.record.types import EntryType, EntryTypes

__all__ = [
    "Act",
    "Database",
    "DatabaseUnavailable",
    "Entry",
    "EntryInvalid",
    "EntryType",
    "EntryTypes",
    "EntryUnknown",
    "HomeReadOnly",
    "Placed",
    "PrivateFacts",
    "Rebuilt",
    "Record",
    "RecordExists",
    "Remembered",
    "Sequencer",
    "SequencerBusy",
    "Subject",
    "metadata",
]
