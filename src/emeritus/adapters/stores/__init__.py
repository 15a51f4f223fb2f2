"""Places that hold a copy: engines behind the port `emeritus.vault.ports.Store`.

* `local`: `LocalStore`, a folder on a disk, and what it promises beyond the port.
* `durable`: `DurableWriter`, the one order of system calls that makes a file durable.
* `disk`: `Disk`, those system calls as a port, so that a test can record or spoil them.
* `plain`: reading and listing, which never follow a symbolic link.
* `buckets`: `BucketStore`, a bucket of S3, Google or Azure; imported where it is needed.
* `web`: `WebStore`, files that somebody serves over HTTP, to check them.
* `names`: the rule for names, the same in every kind of store.
* `faults`: one sentence for every failure of a disk.

Every store that can be written passes `tests/contracts/store_contract.py`.
"""

from emeritus.adapters.stores.disk import Disk, OsDisk
from emeritus.adapters.stores.local import LocalStore
from emeritus.adapters.stores.names import check_name, is_name
from emeritus.adapters.stores.web import WebStore

__all__ = ["Disk", "LocalStore", "OsDisk", "WebStore", "check_name", "is_name"]
