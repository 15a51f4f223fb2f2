"""The private keys of a home: made once, kept in files that only their owner can read."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from emeritus.assembly.private_files import write_private
from emeritus.foundation import IntegrityError, Misconfigured, UserError
from emeritus.ledger import NoteSigner
from emeritus.vault import OmsSigner

LEDGER_KEY = "keys/ledger.key"
OMS_KEY = "keys/oms.key"

Key = TypeVar("Key")


def read_ledger_signer(home: Path, vkey: str) -> NoteSigner | None:
    """Return the ledger's signer, None where there is no key.

    Raises:
        Misconfigured: the key is not the one that the store's ledger is signed with.
    """
    signer = own_ledger_signer(home)
    if signer is not None and signer.verifier.vkey != vkey:
        raise Misconfigured(
            f"{home / LEDGER_KEY} is not the key of the ledger in this store; "
            "put the right key there, or move this one away to read without writing"
        )
    return signer


def own_ledger_signer(home: Path) -> NoteSigner | None:
    """Return the signer of the home, whatever the store says; None where there is no key."""
    text = _read(home / LEDGER_KEY)
    return None if text is None else _parsed(home / LEDGER_KEY, NoteSigner.from_text, text.strip())


def read_oms_signer(home: Path) -> OmsSigner | None:
    """Return the package signer, None where there is no key."""
    text = _read(home / OMS_KEY)
    return None if text is None else _parsed(home / OMS_KEY, OmsSigner.from_pem, text)


def make_ledger_signer(home: Path, origin: str) -> NoteSigner:
    """Return the signer whose key lies in the home, after making one if there was none."""
    text = _read(home / LEDGER_KEY)
    if text is not None:
        return _parsed(home / LEDGER_KEY, NoteSigner.from_text, text.strip())
    signer = NoteSigner.generate(origin)
    write_private(home / LEDGER_KEY, f"{signer.to_text()}\n".encode())
    return signer


def make_oms_signer(home: Path) -> OmsSigner:
    """Return the package signer of the home, after making a key if there was none."""
    signer = read_oms_signer(home)
    if signer is None:
        signer = OmsSigner.generate()
        write_private(home / OMS_KEY, signer.to_pem().encode())
    return signer


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as problem:
        raise Misconfigured(f"{path} cannot be read: {problem}", about=str(path)) from problem


def _parsed(path: Path, parse: Callable[[str], Key], text: str) -> Key:
    try:
        return parse(text)
    except (UserError, IntegrityError) as problem:
        raise Misconfigured(f"{path} is not a key: {problem.message}", about=str(path)) from problem
