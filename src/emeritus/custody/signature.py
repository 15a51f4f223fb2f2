"""The check of a package's signature."""

from collections.abc import Iterator

from emeritus.foundation import Digest, IntegrityError, NotFound
from emeritus.vault import (
    PUBLIC,
    Finding,
    Package,
    Seal,
    Store,
    get_object,
    object_name,
    signed_files,
    verify_bundle,
)
from emeritus.vault.errors import KeyUnusable
from emeritus.vault.layout import OMS_KEY_FILE


def check_signature(
    store: Store, package: Package, signature: Digest, seal: Seal | None = None
) -> Iterator[Finding]:
    """Check that the OMS bundle is whole, is by the store's key, and covers these files."""
    name = object_name(signature, PUBLIC if seal is None else seal.place)
    try:
        signed = verify_bundle(get_object(store, signature, seal), store.read(OMS_KEY_FILE))
    except KeyUnusable as problem:
        yield Finding(OMS_KEY_FILE, problem.message)
        return
    except (IntegrityError, NotFound) as problem:
        yield Finding(name, problem.message)
        return
    if signed != signed_files(package.files):
        yield Finding(name, "it signs other files than the manifest lists")
