"""What can go wrong when a model is called.

Refused
├── NotCallable        this model may not be called here
└── WeightsDenied      not everyone may have its weights
UserError
└── PromptDoesNotFit   the prompt is empty, or longer than the context
IntegrityError
└── ReceiptInvalid     what was signed is no receipt
"""

from emeritus.foundation import IntegrityError, Refused, UserError


class NotCallable(Refused):
    """This model may not be called here."""

    code = "access.not_callable"


class WeightsDenied(Refused):
    """Not everyone may have the weights of this model."""

    code = "access.weights_denied"


class PromptDoesNotFit(UserError):
    """The prompt is empty, or longer than the model's context."""

    code = "access.prompt_does_not_fit"


class ReceiptInvalid(IntegrityError):
    """What was signed is no receipt of a known format."""

    code = "access.receipt_invalid"
