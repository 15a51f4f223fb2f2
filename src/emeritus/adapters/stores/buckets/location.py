"""Where a bucket is, read from what a person types; never the key to it."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from emeritus.adapters.stores.names import is_name
from emeritus.foundation import UserError

SCHEMES: Final = ("s3", "gs", "az")
"""Amazon S3 and what speaks like it, Google Cloud Storage, Azure Blob Storage."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a store is, without the key to it.

    Attributes:
        name: of the bucket, Azure's container; it must exist.
        prefix: before every name; empty for none.
        endpoint: URL of the server; empty for the vendor's own.
        region: of the bucket; S3 alone has one.
        scheme: one of `SCHEMES`.
    """

    name: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    scheme: str = "s3"


@dataclass(frozen=True, slots=True)
class BucketKey:
    """What opens a bucket; empty ones let the environment's usual places be looked at.

    Attributes:
        key_id: S3's access key id, Azure's account; Google's has none.
        secret: S3's secret key, Azure's account key, the JSON of Google's service account.
    """

    key_id: str = ""
    secret: str = ""


def bucket_at(location: str) -> Bucket:
    """Read a location: `s3://BUCKET/PREFIX?endpoint=URL&region=NAME`, or with `gs:` or `az:`.

    Only S3's has a region.

    Raises:
        UserError: it is no such location, or it holds a key, which must not be written down there.
    """
    parts = urlsplit(location)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.username or parts.password or "@" in parts.netloc:
        raise UserError("a key was in the location of a bucket; give it by the environment instead")
    endpoint = asked.pop("endpoint", "")
    region = asked.pop("region", "us-east-1") if parts.scheme == "s3" else ""
    if parts.scheme not in SCHEMES or not parts.hostname or asked or parts.fragment:
        raise UserError(
            "expected a bucket as s3://BUCKET/PREFIX?endpoint=URL&region=NAME, "
            f"gs://BUCKET/PREFIX or az://CONTAINER/PREFIX, found {location[:120]!r}"
        )
    if endpoint and urlsplit(endpoint).scheme not in ("http", "https"):
        raise UserError(f"expected an endpoint with http:// or https://, found {endpoint[:90]!r}")
    prefix = parts.path.strip("/")
    if prefix and not is_name(prefix):
        raise UserError(f"expected a prefix of plain names, found {prefix[:90]!r}")
    return Bucket(parts.netloc, prefix, endpoint, region, parts.scheme)
