"""What can go wrong in a retirement.

Refused
├── GuardsUnmet   something that must be in the record first is not
└── NotFromHere   the model's state does not lead there
UserError
└── PlanLacking   an announcement lacks a part, or its dates cannot be
"""

from emeritus.foundation import Refused, UserError


class GuardsUnmet(Refused):
    """Something that must be in the record first is not; the message names all of it."""

    code = "lifecycle.guards_unmet"


class NotFromHere(Refused):
    """The model's state of service does not lead there."""

    code = "lifecycle.not_from_here"


class PlanLacking(UserError):
    """An announcement lacks a part, or its dates cannot be."""

    code = "lifecycle.plan_lacking"
