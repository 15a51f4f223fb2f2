"""The ground floor: words that every other floor uses, and no input or output.

* `errors`: the one family of errors, each with a code, an exit status and an HTTP status.
* `digests`: `Digest`, a hash that knows its algorithm.
* `canonical`: canonical JSON (RFC 8785), and the check that bytes are canonical.
* `clock`: `Clock`, the port through which time enters; `timestamp` and `parse_timestamp`.
* `identifiers`: `ModelName` and the rule for it.
* `strict_yaml`: YAML in which nothing refers elsewhere or stands twice.
* `text`: `printable`, text from strangers made safe for a terminal.
* `progress`: `Progress`, the port through which long work says how far it is.
"""

from emeritus.foundation.canonical import canonical_json, parse_canonical_json
from emeritus.foundation.clock import Clock, SystemClock, parse_timestamp, timestamp
from emeritus.foundation.digests import Digest, sha256, sha256_hex
from emeritus.foundation.errors import (
    Conflict,
    EmeritusError,
    IntegrityError,
    Misconfigured,
    NotFound,
    Refused,
    Unavailable,
    UserError,
)
from emeritus.foundation.identifiers import ModelName
from emeritus.foundation.progress import Progress, Silent
from emeritus.foundation.strict_yaml import NotYaml, read_yaml
from emeritus.foundation.text import printable

__all__ = [
    "Clock",
    "Conflict",
    "Digest",
    "EmeritusError",
    "IntegrityError",
    "Misconfigured",
    "ModelName",
    "NotFound",
    "NotYaml",
    "Progress",
    "Refused",
    "Silent",
    "SystemClock",
    "Unavailable",
    "UserError",
    "canonical_json",
    "parse_canonical_json",
    "parse_timestamp",
    "printable",
    "read_yaml",
    "sha256",
    "sha256_hex",
    "timestamp",
]
