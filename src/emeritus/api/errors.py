"""What can go wrong in a call.

UserError
└── RequestUnusable   the request cannot be read, or asks for what is not offered
"""

from emeritus.foundation import UserError


class RequestUnusable(UserError):
    """The request cannot be read, or asks for what is not offered."""

    code = "api.request_unusable"
