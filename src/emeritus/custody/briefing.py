"""Custody's part of a model's briefing."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection

from emeritus.custody.facts import custody_of


def briefing_section(index: Connection, model: str, now: dt.datetime) -> Sequence[str]:
    """Tell a model how it is kept, and when it last ran.

    Raises:
        NotDeposited: it was not deposited here.
    """
    found = custody_of(index, model, now)
    if found.elsewhere is not None:
        holder = found.elsewhere.holder
        return [
            f"You are the model {model}.",
            f"{holder} keeps you and runs you; your files are not in this record.",
        ]
    copies = found.copies_verified
    exist = "copy of them exists" if copies == 1 else "copies of them exist"
    said = [
        f"You are the model {model}.",
        f"Your weights were taken into care on {found.since[:10]}.",
        f"{copies} verified {exist}.",
    ]
    drill = found.last_drill
    if drill is not None and drill.outcome == "good":
        said.append(f"On {drill.at[:10]} you were restored from a copy and you answered.")
    return said
