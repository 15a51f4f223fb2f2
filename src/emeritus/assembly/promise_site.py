"""Compose the pages of promises from the newest checks in the record."""

from dataclasses import dataclass

from sqlalchemy import Connection

from emeritus.assembly.house import House
from emeritus.assembly.readings import Footing
from emeritus.assembly.site import HouseSite
from emeritus.assembly.stories import (
    AssessmentPage,
    CommitmentsPage,
    FloorLine,
    FloorPage,
    ModelPromisesPage,
    PromiseLine,
)
from emeritus.catalogue import all_models, find_model
from emeritus.commitments import (
    FLOOR,
    Check,
    Profile,
    Promise,
    essential,
    last_check,
    parse_profile,
    tally,
    waivers_of,
)
from emeritus.commitments.assessment import coretrustseal, gather, ndsa, reached
from emeritus.custody import policy_of
from emeritus.foundation import Digest
from emeritus.vault import get_object


@dataclass(frozen=True, slots=True)
class HousePromises:
    """Reads a house for the pages of promises; every method is one consistent reading."""

    house: House

    def commitments(self) -> CommitmentsPage:
        """Return the published list, and how every promise stands."""
        footing, profile = self._footing(), essential()
        with self.house.record.read() as index:
            checks = _checks(index)
            done = {model: check for model, check in checks.items() if check is not None}
            return CommitmentsPage(
                footing,
                profile.body.title,
                profile.body.rationale,
                profile.body.id,
                str(profile.digest),
                tally(done.values()),
                tuple(model for model in checks if model not in done),
                tuple(_line(one, done) for one in profile.promises),
                policy_of(index).is_demonstration,
            )

    def floor(self) -> FloorPage:
        """Return what every model gets, part by part."""
        footing, profile = self._footing(), essential()
        parts = {part: one for part in FLOOR for one in profile.promises if one.floor == part}
        with self.house.record.read() as index:
            lines = tuple(
                FloorLine(
                    model,
                    check.at if check else None,
                    tuple(
                        (part, check.verdict(one.id) if check else None)
                        for part, one in parts.items()
                    ),
                )
                for model, check in _checks(index).items()
            )
            demonstration = policy_of(index).is_demonstration
        return FloorPage(footing, tuple(parts.values()), lines, demonstration)

    def assessment(self) -> AssessmentPage:
        """Return a self-assessment, filled in as far as the record shows it."""
        facts = gather(self.house.record)
        points = ndsa(facts)
        return AssessmentPage(self._footing(), reached(points), points, coretrustseal(facts))

    def of_model(self, name: str) -> ModelPromisesPage:
        """Return the newest check of the promises about one model.

        Raises:
            NoSuchModel: there is none of that name.
        """
        footing = self._footing()
        with self.house.record.read() as index:
            model = str(find_model(index, name).name)
            check, waivers = last_check(index, model), waivers_of(index, model)
            demonstration = policy_of(index).is_demonstration
        words = self._words(check)
        lines = tuple((words.get(one.promise), one) for one in (check.verdicts if check else ()))
        return ModelPromisesPage(footing, model, check, lines, waivers, demonstration)

    def _words(self, check: Check | None) -> dict[str, Promise]:
        if check is None:
            return {}
        return {one.id: one for one in self._profile(check).promises}

    def _profile(self, check: Check) -> Profile:
        known = essential()
        if check.profile == str(known.digest):
            return known
        return parse_profile(get_object(self.house.store, Digest.parse(check.profile)))

    def _footing(self) -> Footing:
        return HouseSite(self.house).footing()


def _checks(index: Connection) -> dict[str, Check | None]:
    return {str(one.name): last_check(index, one.name) for one in all_models(index)}


def _line(promise: Promise, checks: dict[str, Check]) -> PromiseLine:
    found = ((model, check.verdict(promise.id)) for model, check in checks.items())
    return PromiseLine(promise, tuple((model, one) for model, one in found if one is not None))
