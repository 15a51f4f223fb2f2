"""What can go wrong in a call.

UserError
└── RequestUnusable   the request cannot be read, or asks for what is not offered
NotFound
├── NoSuchRevision    a model has no revision of that name
└── NoSuchFile        a model has no file of that path
"""

from emeritus.foundation import NotFound, UserError


class RequestUnusable(UserError):
    """The request cannot be read, or asks for what is not offered."""

    code = "api.request_unusable"


class NoSuchRevision(NotFound):
    """A model has no revision of that name."""

    code = "api.no_such_revision"


class NoSuchFile(NotFound):
    """A model has no file of that path."""

    code = "api.no_such_file"
