"""The one place that knows `obstore`: a bucket is opened, and what its server says is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from emeritus.adapters.stores.buckets.location import Bucket, BucketKey
from emeritus.foundation import Misconfigured
from emeritus.vault.errors import NotInStore, StoreUnavailable

RETRY_SECONDS = 60
"""A server was not reachable for 25 s after its restart (SeaweedFS 4.48, measured 2026-11)."""


def engine() -> Any:
    """Return the module `obstore`.

    Raises:
        Misconfigured: it is not installed.
    """
    try:
        import obstore  # noqa: PLC0415 - an extra that only buckets need
    except ImportError as problem:
        raise Misconfigured(
            "stores in buckets need the package obstore; install it with pip install 'emeritus[s3]'"
        ) from problem
    return obstore


def open_bucket(bucket: Bucket, key: BucketKey, retry_seconds: float) -> Any:
    """Return the engine's store for a bucket; no word with its server yet.

    Raises:
        Misconfigured: `obstore` is not installed, or the bucket's description is no such thing.
    """
    from obstore import store as engines  # noqa: PLC0415 - an extra that only buckets need

    name, describe = _VENDORS[bucket.scheme]
    try:
        return getattr(engines, name)(
            bucket.name,
            prefix=bucket.prefix or None,
            client_options={"allow_http": bucket.endpoint.startswith("http://")},
            retry_config={
                "max_retries": 1000,
                "retry_timeout": timedelta(seconds=retry_seconds),
                "backoff": {
                    "init_backoff": timedelta(milliseconds=100),
                    "max_backoff": timedelta(seconds=3),
                    "base": 2,
                },
            },
            **describe(bucket, key),
        )
    except (engine().exceptions.BaseError, TypeError, ValueError) as problem:
        raise Misconfigured(
            f"the bucket {bucket.name} cannot be used: {reason(problem)}"
        ) from problem


def _s3(bucket: Bucket, key: BucketKey) -> dict[str, Any]:
    named: dict[str, Any] = {"region": bucket.region, "checksum_algorithm": "SHA256"}
    if bucket.endpoint:
        named["endpoint"] = bucket.endpoint
    if key.key_id:
        named |= {"access_key_id": key.key_id, "secret_access_key": key.secret}
    return named


def _gs(bucket: Bucket, key: BucketKey) -> dict[str, Any]:
    named: dict[str, Any] = {"base_url": bucket.endpoint} if bucket.endpoint else {}
    if key.secret:
        named["service_account_key"] = key.secret
    return named


def _az(bucket: Bucket, key: BucketKey) -> dict[str, Any]:
    named: dict[str, Any] = {"endpoint": bucket.endpoint} if bucket.endpoint else {}
    if key.key_id:
        named |= {"account_name": key.key_id, "account_key": key.secret}
    return named


_VENDORS: Final = {"s3": ("S3Store", _s3), "gs": ("GCSStore", _gs), "az": ("AzureStore", _az)}
"""The engine's class, and how a bucket is described to it."""


def reason(problem: BaseException) -> str:
    """Return what matters of a message that has the whole answer in it."""
    text = str(problem)
    told = {
        "NoSuchBucket": "there is no such bucket",
        "ContainerNotFound": "there is no such container",
        "AuthenticationFailed": "its server refuses the key",
        "AuthorizationFailure": "its server refuses the key",
        "SignatureDoesNotMatch": "its server refuses the key",
        "InvalidAccessKeyId": "its server does not know the key",
        "403 Forbidden": "its server refuses the key, or the key may not do that",
        "AccessDenied": "its server refuses the key, or the key may not do that",
        "InvalidBucketName": "no bucket can have that name",
        "error sending request": "its server does not answer",
    }
    return next((said for mark, said in told.items() if mark in text), text.split("\n", 1)[0][:300])


@contextmanager
def told(bucket: Bucket, doing: str, name: str = "") -> Iterator[None]:
    """Say failures of the network and the server in one sentence.

    Args:
        bucket: which.
        doing: what was being done, for the sentence.
        name: the file whose absence is an error; empty lets `FileNotFoundError` through.

    Raises:
        NotInStore: the named file is not there.
        StoreUnavailable: the server does not answer, or refuses.
    """
    try:
        yield
    except FileNotFoundError as problem:
        if not name:
            raise
        raise missing(name) from problem
    except engine().exceptions.BaseError as problem:
        raise StoreUnavailable(
            f"{doing} in the bucket {bucket.name} failed: {reason(problem)}", about=bucket.name
        ) from problem


def missing(name: str) -> NotInStore:
    """Return the error that says that a file is not there."""
    return NotInStore(f"the store has no file {name}", about=name)
