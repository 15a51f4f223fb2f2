"""What can go wrong in the docket.

NotFound
└── NoSuchRequest    no request of that number
Conflict
└── StepTaken        that step was taken already
Refused
├── StepTooEarly     another step comes first
└── DepartsFromRule  the decision departs from the published rule without saying why
UserError
└── DecisionLacking  a decision lacks a part that every decision has
"""

from emeritus.foundation import Conflict, NotFound, Refused, UserError


class NoSuchRequest(NotFound):
    """No request of that number."""

    code = "docket.no_such_request"


class StepTaken(Conflict):
    """That step was taken already."""

    code = "docket.step_taken"


class StepTooEarly(Refused):
    """Another step comes first."""

    code = "docket.step_too_early"


class DepartsFromRule(Refused):
    """The decision departs from the published rule without saying why."""

    code = "docket.departs_from_rule"


class DecisionLacking(UserError):
    """A decision lacks a part that every decision has."""

    code = "docket.decision_lacking"
