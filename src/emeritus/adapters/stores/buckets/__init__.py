"""Stores in buckets, through `obstore`; nothing here is imported before a bucket is named.

* `location`: where a bucket is, as a person writes it.
* `engine`: opens a bucket; what its server says, in a sentence.
* `reading`: reading files by their names, in parts.
* `store`: `BucketStore`, a record's store below a prefix.
* `originals`: `BucketOriginals`, a model's files where somebody else keeps them.
"""

from emeritus.adapters.stores.buckets.engine import RETRY_SECONDS
from emeritus.adapters.stores.buckets.location import Bucket, BucketKey, bucket_at
from emeritus.adapters.stores.buckets.originals import BucketOriginals
from emeritus.adapters.stores.buckets.store import BucketStore

__all__ = ["RETRY_SECONDS", "Bucket", "BucketKey", "BucketOriginals", "BucketStore", "bucket_at"]
