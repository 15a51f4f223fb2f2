"""What a reviewer wrote, and what it still lacks before it can be entered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emeritus.journal import SHORTEST_REASONS
from emeritus.web.figures import shown

RELEASE = "release"
HOLD_BACK = "hold back"

LONGEST = {"reasons": 4_000, "conflict": 1_000, "reviewer": 60}
"""Characters; less than an entry could hold, and than a form may carry."""

REVIEWER = "editor"
"""In which role a person reviews, unless they say another."""


@dataclass(frozen=True, slots=True)
class Review:
    """The fields of the form, as they were written; empty where nothing was."""

    decision: str = ""
    clause: str = ""
    reasons: str = ""
    conflict: str = ""
    reviewer: str = REVIEWER

    @classmethod
    def read(cls, form: Mapping[str, str]) -> "Review":
        """Return the review in a form; line ends are line feeds, and spaces around are gone."""
        said = {name: _plain(form.get(name, "")) for name in cls.__dataclass_fields__}
        return cls(**{**said, "reviewer": said["reviewer"] or REVIEWER})

    def problems(self, clauses: Sequence[str]) -> dict[str, str]:
        """Return a sentence for every field that keeps this from being entered, by its name."""
        found = {}
        if self.decision not in {RELEASE, HOLD_BACK}:
            found["decision"] = "Choose whether it is released or held back."
        if self.decision == HOLD_BACK and self.clause not in clauses:
            found["clause"] = "Choose the clause that it is held back for; there are no others."
        if self.decision == RELEASE and self.clause:
            found["clause"] = "A text that is released has no clause; choose none, or hold it back."
        if len(self.reasons) < SHORTEST_REASONS:
            found["reasons"] = "Give the reasons, in a sentence at least."
        if not self.conflict:
            found["conflict"] = "Say what conflict of interest you have; “none” is an answer."
        return found | self._unusable()

    def _unusable(self) -> dict[str, str]:
        found = {}
        for name, most in LONGEST.items():
            text = getattr(self, name)
            if len(text) > most:
                found[name] = f"Say it in at most {most} characters; these are {len(text)}."
            elif shown(text) != text or (name == "reviewer" and "\n" in text):
                found[name] = "Take out the characters that cannot be seen."
        return found

    def words(self) -> tuple[tuple[str, str], ...]:
        """Return what was written in words, each with its name, for somebody to copy."""
        named = (("Reasons", self.reasons), ("Conflict of interest", self.conflict))
        return tuple((name, text) for name, text in named if text)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
