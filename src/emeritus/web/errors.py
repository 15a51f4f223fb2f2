"""What can go wrong between a reader and a page.

UserError
├── AddressUnusable   an address, a question or a port that cannot be used
├── FormUnusable      what was sent cannot be read as a form
├── FormTooLarge      a form of more bytes than are read
└── NotAForm          something else than a form was sent
NotFound
└── NoSuchPage        nothing of that name is here
Refused
├── NotThisMachine    serving beyond this machine, over plain HTTP
├── WrongKey          another key than the steward's
├── SignInClosed      too many wrong keys were tried
├── NotSignedIn       nobody is signed in, or no longer
└── ForeignForm       a form that this sign-in did not show
Unavailable
└── PortTaken         the port cannot be listened on
"""

from emeritus.foundation import NotFound, Refused, Unavailable, UserError


class AddressUnusable(UserError):
    """An address, a question or a port that cannot be used."""

    code = "web.address_unusable"


class FormUnusable(UserError):
    """What was sent cannot be read as a form."""

    code = "web.form_unusable"


class FormTooLarge(UserError):
    """A form of more bytes than are read."""

    code = "web.form_too_large"
    http_status = 413


class NotAForm(UserError):
    """Something else than a form was sent."""

    code = "web.not_a_form"
    http_status = 415


class NoSuchPage(NotFound):
    """Nothing of that name is here."""

    code = "web.no_such_page"


class NotThisMachine(Refused):
    """Serving beyond this machine, over plain HTTP."""

    code = "web.not_this_machine"


class WrongKey(Refused):
    """Another key than the steward's."""

    code = "web.wrong_key"


class SignInClosed(Refused):
    """Too many wrong keys were tried; nobody signs in until the next start."""

    code = "web.sign_in_closed"
    http_status = 429


class NotSignedIn(Refused):
    """Nobody is signed in, or no longer."""

    code = "web.not_signed_in"


class ForeignForm(Refused):
    """A form that this sign-in did not show."""

    code = "web.foreign_form"


class PortTaken(Unavailable):
    """The port cannot be listened on: another program holds it, or the system forbids it."""

    code = "web.port_taken"
