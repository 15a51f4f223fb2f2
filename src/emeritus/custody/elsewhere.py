"""Enter a model that another party keeps and runs, so that it can be asked and answered here."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from emeritus.catalogue import register, require_free
from emeritus.custody.entries import HeldElsewhere
from emeritus.custody.errors import EndpointUnsuitable
from emeritus.custody.tables import elsewhere_table
from emeritus.foundation import Digest, ModelName, canonical_json, sha256
from emeritus.record import Record
from emeritus.runtime import Endpoint
from emeritus.vault import object_name

ENDPOINT_FORMAT = "emeritus-endpoint/1"
MOST_ADDRESS, MOST_NAME = 200, 96


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """That a model is held elsewhere: by whom and where, as it was entered.

    Attributes:
        model: which.
        position: of the entry.
        at: when.
        holder: who keeps and runs it.
        endpoint: where it is served.
        identity: digest of the object that says this. It names an address, and no weights.
    """

    model: str
    position: int
    at: str
    holder: str
    endpoint: Endpoint
    identity: Digest


def hold_elsewhere(
    record: Record, name: ModelName, holder: str, endpoint: Endpoint, *, actor: str
) -> Elsewhere:
    """Enter a model whose weights are not here; nothing is sent to its server.

    Args:
        record: where.
        name: a name that no model here has yet.
        holder: who keeps and runs it, 1 to 96 characters.
        endpoint: where it is served.
        actor: in which role.

    Raises:
        NameTaken: a model of that name is here.
        EndpointUnsuitable: the address is none that a key may be sent to, or a name is too long.
    """
    check_endpoint(endpoint, holder)
    with record.read() as index:
        require_free(index, name)
    said = {
        "format": ENDPOINT_FORMAT,
        "holder": holder,
        "dialect": endpoint.dialect,
        "address": endpoint.address,
        "served_as": endpoint.served_as,
    }
    data = canonical_json(said)
    identity = sha256(data)
    with record.act(actor) as act:
        register(act, name, identity)
        kept = act.keep(data)
        body = HeldElsewhere(
            model=str(name),
            identity=str(identity),
            holder=holder,
            dialect=endpoint.dialect,
            address=endpoint.address,
            served_as=endpoint.served_as,
        )
        act.enter(body, (name, identity), (object_name(kept), kept))
    with record.read() as index:
        found = elsewhere_of(index, str(name))
    if found is None:
        raise AssertionError(name)
    return found


def elsewhere_of(index: Connection, model: str) -> Elsewhere | None:
    """Return where a model is held, None when its weights were deposited here."""
    wanted = select(elsewhere_table).where(elsewhere_table.c.model == model)
    row = index.execute(wanted).one_or_none()
    if row is None:
        return None
    endpoint = Endpoint(row.dialect, row.address, row.served_as)
    return Elsewhere(
        row.model, row.position, row.at, row.holder, endpoint, Digest.parse(row.identity)
    )


def check_endpoint(endpoint: Endpoint, holder: str) -> None:
    """See that a key may be sent to an address, and that it holds no secret itself.

    Raises:
        EndpointUnsuitable: it may not.
    """
    for what, text, most in (
        ("the holder's name", holder, MOST_NAME),
        ("the model's id there", endpoint.served_as, MOST_NAME),
        ("the address", endpoint.address, MOST_ADDRESS),
    ):
        if not 0 < len(text.strip()) <= most or not text.isprintable():
            raise EndpointUnsuitable(
                f"expected {what} to be 1 to {most} printable characters, found {len(text)}"
            )
    try:
        parts = urlsplit(endpoint.address)
        host, _ = parts.hostname or "", parts.port
    except ValueError as problem:
        raise EndpointUnsuitable(f"the address is no URL: {problem}") from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise EndpointUnsuitable(
            "expected an address without a user name, a query or a fragment, since it becomes "
            "public; a key is given in the environment"
        )
    is_plain = parts.scheme == "http" and _is_this_machine(host)
    if not host or not (parts.scheme == "https" or is_plain) or re.search(r"\s", endpoint.address):
        raise EndpointUnsuitable(
            "expected an https address (http only on this machine), such as "
            f"https://api.example.org/v1; found {endpoint.address[:MOST_ADDRESS]!r}"
        )


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
