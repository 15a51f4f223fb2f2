"""What can go wrong between a reader and a page.

UserError
└── AddressUnusable   an address, a question or a port that cannot be used
NotFound
└── NoSuchPage        nothing of that name is here
Refused
└── NotThisMachine    serving beyond this machine, before there is a sign-in
Unavailable
└── PortTaken         the port cannot be listened on
"""

from emeritus.foundation import NotFound, Refused, Unavailable, UserError


class AddressUnusable(UserError):
    """An address, a question or a port that cannot be used."""

    code = "web.address_unusable"


class NoSuchPage(NotFound):
    """Nothing of that name is here."""

    code = "web.no_such_page"


class NotThisMachine(Refused):
    """Serving beyond this machine, before there is a sign-in."""

    code = "web.not_this_machine"


class PortTaken(Unavailable):
    """The port cannot be listened on: another program holds it, or the system forbids it."""

    code = "web.port_taken"
