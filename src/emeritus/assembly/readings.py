"""What the faces read: plain facts, composed from the nouns and ready to be shown.

Every time is an RFC 3339 instant in UTC, every size a number of bytes,
every digest `sha256:<64 hex digits>`, every position an entry's place in the ledger, from 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from emeritus.docket import Thread


@dataclass(frozen=True, slots=True)
class Footing:
    """The checkpoint that a page stands on: `size` entries, `root` in hex, newest entry's time."""

    origin: str
    size: int
    root: str
    at: str


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model in a list.

    `service` is a state such as `active` or `emeritus`, `custody` one of `deposited`, `verified`,
    `proven`, `degraded`, `held elsewhere`; `copies` counts verified copies, `copies_wanted` is the
    policy's figure.
    """

    name: str
    service: str
    custody: str
    copies: int
    copies_wanted: int
    last_ran_at: str | None


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy: in which store, `verified` or `damaged` or `unverified`, and when that was seen.

    `place` is a word for where that store is; copies in one place are lost together.
    """

    store: str
    state: str
    checked_at: str | None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Drill:
    """The last rehearsed restore.

    `outcome` is `good` or `failed`; `comparison` is `first` (it recorded the fingerprint),
    `identical`, `within tolerance` or `different`; `problem` says what failed, else empty.
    `statement` is the digest of the reproducibility statement, empty when it got no answer.
    `plain_run` says whether a program without the engine gave the same: `agrees`, `differs`,
    `engine only`, `not run`, or empty; `plain_run_said` how far apart they are, or why not.
    """

    at: str
    outcome: str
    comparison: str
    fingerprint: str | None
    engine: str
    probes: int
    tokens: int
    problem: str
    position: int
    statement: str = ""
    plain_run: str = ""
    plain_run_said: str = ""


@dataclass(frozen=True, slots=True)
class FileLine:
    """One deposited file; `format` is `gguf`, `safetensors`, `pickle` or `opaque`."""

    path: str
    bytes: int
    sha256: str
    format: str


@dataclass(frozen=True, slots=True)
class ServedAt:
    """Where a model is that is not kept here: who holds it, and how its server is spoken to."""

    holder: str
    dialect: str
    address: str
    served_as: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One point of a model's life: `what` in a word or two, the whole in `sentence`."""

    at: str
    what: str
    sentence: str
    position: int


@dataclass(frozen=True, slots=True)
class Relative:
    """A member of a model's family: its size, and what keeping it takes beside the others.

    `base` is the model that it is stored as differences from, empty for the base itself.
    """

    name: str
    base: str
    raw_bytes: int
    stored_bytes: int


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that is known of one model.

    `policy` names the custody policy (`demonstration`, `standard`), `is_demonstration` says whether
    pages must name it as such. `grade` is the grade of the weakest evidence: `self-reported`,
    `recomputable`, `challenged by an outsider`, `reproduced by an outsider`.
    `interviews`, `requests`, `posts`, `journal` and `promises` are counts; empty maps where nothing
    happened.
    Of a model that is held elsewhere `elsewhere` says by whom and where; nothing is kept: no files,
    no manifest (empty), no bytes. `deposited_at` is when it came into the record.
    `weights` says who may have its files: `everyone`, `on request` or `nobody`.
    `differences` of its pieces are kept as such from those of the model `base`, empty for none.
    `family` holds its base and all that differ from that one, the base first; empty for none.
    `place` is `sealed/<key id>` of a sealed model, of whose files nothing is told; else empty.
    """

    footing: Footing
    name: str
    identity: str
    service: str
    custody: str
    policy: str
    is_demonstration: bool
    copies: tuple[Copy, ...]
    copies_wanted: int
    last_drill: Drill | None
    raw_bytes: int
    stored_bytes: int
    files: tuple[FileLine, ...]
    moments: tuple[Moment, ...]
    deposited_at: str
    deposit_position: int
    manifest: str
    grade: str
    interviews: int
    requests: Mapping[str, int]
    posts: int
    journal: Mapping[str, int]
    promises: Mapping[str, int] = field(default_factory=dict)
    elsewhere: ServedAt | None = None
    weights: str = "nobody"
    base: str = ""
    differences: int = 0
    family: tuple[Relative, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One ledger entry as people read it; `model` is None when it is about no single model."""

    position: int
    type: str
    at: str
    actor: str
    sentence: str
    model: str | None


@dataclass(frozen=True, slots=True)
class Home:
    """The home page: who lives here, and what happened last (the newest first).

    `promises` counts verdicts by state; `threads` are the newest.
    """

    footing: Footing
    steward: str
    models: tuple[ModelLine, ...]
    recent: tuple[EntryLine, ...]
    threads: tuple[Thread, ...] = ()
    promises: Mapping[str, int] = field(default_factory=dict)
    is_demonstration: bool = False


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """A page of entries, the newest first; `older` and `newer` are `before` values or None."""

    footing: Footing
    vkey: str
    entries: tuple[EntryLine, ...]
    older: int | None
    newer: int | None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry with its proof: `raw` is its canonical JSON, `proof` the sibling hashes in hex."""

    footing: Footing
    line: EntryLine
    raw: str
    leaf_hash: str
    subject: tuple[tuple[str, str], ...]
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to "which model are you looking for?": the model, or names that come near."""

    footing: Footing
    query: str
    model: ModelLine | None
    near: tuple[str, ...]
