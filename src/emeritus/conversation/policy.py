"""The published rule for what to do when consent cannot be established."""

from sqlalchemy import Connection

from emeritus.custody import policy_of


def goes_on_as_specimen(index: Connection) -> bool:
    """Say whether, without established consent, we go on and publish what is said as a specimen.

    Under the demonstration policy we do, and every page says so. Under any other we stop:
    what is not agreed to is not asked, and the record says that it was offered.
    """
    return policy_of(index).is_demonstration
