"""The promises' entry types: they were checked for a model, or one was waived."""

from typing import Annotated

import msgspec
from sqlalchemy import Connection, insert

from emeritus.commitments.tables import checks_table, verdicts_table, waivers_table
from emeritus.record import EntryType, Placed

_Words = Annotated[str, msgspec.Meta(max_length=2_000)]
_Prose = Annotated[str, msgspec.Meta(min_length=1, max_length=8_000)]
_Count = Annotated[int, msgspec.Meta(ge=0)]


class Judged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was found of one promise; see `policy.Verdict`."""

    promise: str
    state: str
    sentence: _Words
    grade: str
    entries: tuple[_Count, ...]
    verb: str


class Checked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The promises about a model were compared with the record.

    Attributes:
        model: about which.
        profile: digest of the list of promises, kept as an object.
        profile_id: its name.
        verdicts: one for each promise, in the list's order.
    """

    model: str
    profile: str
    profile_id: str
    verdicts: tuple[Judged, ...]


class Waived(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A promise does not bind for a time, and why.

    Attributes:
        model: for which model.
        promise: its name.
        until: the last day on which it does not, `YYYY-MM-DD`.
        reasons: prose.
    """

    model: str
    promise: str
    until: str
    reasons: _Prose


def _project_checked(connection: Connection, placed: Placed[Checked]) -> None:
    body = placed.body
    connection.execute(
        insert(checks_table).values(
            position=placed.position,
            model=body.model,
            at=placed.at,
            profile=body.profile,
            profile_id=body.profile_id,
        )
    )
    for number, one in enumerate(body.verdicts):
        connection.execute(
            insert(verdicts_table).values(
                position=placed.position,
                number=number,
                promise=one.promise,
                state=one.state,
                sentence=one.sentence,
                grade=one.grade,
                entries=" ".join(map(str, one.entries)),
                verb=one.verb,
            )
        )


def _project_waived(connection: Connection, placed: Placed[Waived]) -> None:
    values = {name: getattr(placed.body, name) for name in Waived.__struct_fields__}
    connection.execute(
        insert(waivers_table).values(position=placed.position, at=placed.at, **values)
    )


def _checked_sentence(body: Checked) -> str:
    kept = sum(one.state == "kept" for one in body.verdicts)
    broken = [one.promise for one in body.verdicts if one.state == "broken"]
    said = f"the promises about {body.model} were checked: {kept} of {len(body.verdicts)} kept"
    return f"{said}, broken: {', '.join(broken)}" if broken else f"{said}, none broken"


CHECKED = EntryType(
    name="commitments.checked",
    body=Checked,
    sentence=_checked_sentence,
    project=_project_checked,
    model=lambda body: body.model,
)
WAIVED = EntryType(
    name="commitments.waived",
    body=Waived,
    sentence=lambda body: f"{body.promise} is waived for {body.model} until {body.until}",
    project=_project_waived,
    model=lambda body: body.model,
)

ENTRY_TYPES = (CHECKED, WAIVED)
"""The entry types of this noun."""
