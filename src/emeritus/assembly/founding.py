"""Make a new home: keys, a store that explains itself, and the first entries."""

import secrets
from pathlib import Path

from emeritus.adapters.stores import LocalStore
from emeritus.assembly.errors import HomeExists
from emeritus.assembly.house import House, open_house, wire
from emeritus.assembly.keys import make_ledger_signer, make_oms_signer
from emeritus.assembly.settings import read_settings
from emeritus.custody import POLICIES, PolicySet
from emeritus.foundation import Clock, SystemClock, UserError
from emeritus.record.entries import Opened
from emeritus.vault import describe

_CONTROL = 0x20
_LONGEST_STEWARD = 200


def found_house(
    home: Path, *, steward: str, policy: str, contact: str = "", clock: Clock | None = None
) -> House:
    """Make a home at `home`; safe to run again after it was interrupted.

    Args:
        home: a folder that is new, empty, or left by an interrupted call.
        steward: the organisation or role that answers for the record; it becomes public.
        policy: `standard` or `demonstration`.
        contact: an address for the steward; it stays private.
        clock: what time it is.

    Raises:
        HomeExists: there is a record there already.
        UserError: the policy is unknown, or the steward's name is empty or too long.
    """
    if policy not in POLICIES:
        raise UserError(f"expected a policy of {', '.join(POLICIES)}, found {policy[:40]!r}")
    if not 0 < len(steward.strip()) <= _LONGEST_STEWARD or any(ord(c) < _CONTROL for c in steward):
        raise UserError(
            f"expected a steward's name of 1 to {_LONGEST_STEWARD} characters in one line"
        )
    settings = read_settings(home)
    store = LocalStore(home / settings.store)
    if store.size("log/checkpoint") is not None:
        raise HomeExists(
            f"{home} holds a record already; use it as it is, or name another folder with --home",
            about=str(home),
        )
    home.mkdir(parents=True, exist_ok=True)
    ledger = make_ledger_signer(home, f"emeritus/{secrets.token_hex(4)}")
    oms = make_oms_signer(home)
    vkey, origin = ledger.verifier.vkey, ledger.verifier.name
    files = describe(store, origin=origin, vkey=vkey, oms_pem=oms.public_pem)
    house = wire(home, settings, store, vkey, clock or SystemClock())
    chosen = POLICIES[policy]
    house.record.found(
        "steward",
        Opened(origin, steward.strip(), vkey, oms.public_pem.decode(), files),
        PolicySet(chosen.name, chosen.copies, chosen.drill_days, chosen.places),
    )
    if contact:
        house.private.set_contact("steward", contact)
    return open_house(home, clock)
