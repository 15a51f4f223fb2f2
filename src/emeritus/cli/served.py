"""Check what somebody serves at an address: a record's ledger, or a post."""

import re
from typing import Any
from urllib.parse import urlsplit

from emeritus.adapters.stores import WebStore
from emeritus.assembly import ENTRY_TYPES
from emeritus.cli.output import aligned, plural
from emeritus.foundation import IntegrityError, Progress, sha256
from emeritus.journal import parse_statement, verify_provenance
from emeritus.ledger import Log, NoteVerifier
from emeritus.vault.layout import LEDGER_KEY_FILE

_POST = re.compile(r"(?:.*/)?journal/[^/]+/[^/]+")
_TRUST = "The key is the one that this address shows; give --key VKEY to check whose record it is."


def is_address(given: str) -> bool:
    """Tell whether what was given is an address on the web."""
    return given.startswith(("http://", "https://"))


def verify_address(
    address: str, vkey: str | None, progress: Progress
) -> tuple[dict[str, Any], list[str]]:
    """Check what an address serves, and return what was found as data and in sentences.

    Raises:
        StoreUnavailable: it does not answer.
        IntegrityError: it does not hold.
    """
    parts = urlsplit(address)
    site = WebStore(f"{parts.scheme}://{parts.netloc}/")
    key = vkey or site.read(LEDGER_KEY_FILE).decode(errors="replace").strip()
    path = parts.path.strip("/")
    if _POST.fullmatch(path):
        data, lines = _post(site, path.removesuffix(".md").removesuffix(".json"), key)
    else:
        data, lines = _ledger(site, key, progress)
    trust = [] if vkey else [_TRUST]
    return {"address": address, "vkey": key, **data}, [*lines, *aligned({"ledger": key}), *trust]


def _post(site: WebStore, path: str, vkey: str) -> tuple[dict[str, Any], list[str]]:
    text, proof = site.get(path + ".md"), site.get(path + ".json")
    problems = list(verify_provenance(proof, vkey))
    if not problems:
        digest = parse_statement(proof).subject[0].digest.get("sha256")
        if digest != sha256(text).hex:
            problems.append("the text that is served is not the one that the proof is of")
    if problems:
        raise IntegrityError(f"{site.address}{path} does not hold: {problems[0]}", about=path)
    said = f"It holds: the {plural(len(text), 'byte')} that are served are those that were logged."
    shown = "Whether the weights choose these tokens is shown by a replay, which needs the model."
    return {"kind": "post", "text": str(sha256(text)), "problems": []}, [said, shown]


def _ledger(site: WebStore, vkey: str, progress: Progress) -> tuple[dict[str, Any], list[str]]:
    log = Log(site, NoteVerifier.parse(vkey))
    checkpoint = log.checkpoint()
    if checkpoint is None:
        raise IntegrityError(f"{site.address} serves no signed checkpoint", about="log/checkpoint")
    progress.begin("reading the log", checkpoint.size, "entries")
    for position, data in enumerate(log.entries()):
        ENTRY_TYPES.place(position, data)
        progress.advance(1)
    progress.end()
    said = (
        f"The ledger holds: {plural(checkpoint.size, 'entry', 'entries')}, each under the signed "
        "root. Objects were not read; 'emeritus verify STORE' reads a copy whole."
    )
    found = {"kind": "ledger", "ledger_size": checkpoint.size, "root": checkpoint.root.hex()}
    return found, [said]
