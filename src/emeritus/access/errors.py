"""What can go wrong when a model is called.

Refused
└── NotCallable        this model may not be called here
UserError
└── PromptDoesNotFit   the prompt is empty, or longer than the context
"""

from emeritus.foundation import Refused, UserError


class NotCallable(Refused):
    """This model may not be called here."""

    code = "access.not_callable"


class PromptDoesNotFit(UserError):
    """The prompt is empty, or longer than the model's context."""

    code = "access.prompt_does_not_fit"
