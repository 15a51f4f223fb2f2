"""`Record`: where acts happen and facts are read."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import msgspec
from sqlalchemy import Connection

from emeritus.foundation import Clock, Digest, timestamp
from emeritus.ledger import Checkpoint, Log, LogDamaged, LogForked, NoteSigner, check_extends
from emeritus.record.entry import Entry, Subject
from emeritus.record.errors import HomeReadOnly, RecordExists
from emeritus.record.ports import Database, Sequencer
from emeritus.record.projector import (
    Rebuilt,
    make_tables,
    project,
    read_applied,
    rebuild,
)
from emeritus.record.reading import AppliedTo
from emeritus.record.types import EntryTypes
from emeritus.vault import Place, Seal, Store, StoreChanged, put_object
from emeritus.vault.closed import Keys, NoKeys


class Act:
    """One act under way: rules are checked against `index`, then objects and entries are given."""

    def __init__(
        self,
        store: Store,
        types: EntryTypes,
        index: Connection | None,
        size: int,
        stamp: tuple[str, str],
    ) -> None:
        self.entries: list[Entry] = []
        self._store = store
        self._types = types
        self._size = size
        self._index = index
        self._at, self._actor = stamp

    @property
    def index(self) -> Connection:
        """The index as of this act; read only.

        Raises:
            HomeReadOnly: this is the act that founds a record, before there is any index.
        """
        if self._index is None:
            raise HomeReadOnly("a record that is being founded has no index yet")
        return self._index

    def keep(self, data: bytes, seal: Seal | None = None) -> Digest:
        """Make an object durable now, closed under a seal if one is given; return its name."""
        return put_object(self._store, data, seal)

    def enter(self, body: msgspec.Struct, *subjects: tuple[str, Digest]) -> int:
        """Enter something when the act ends well; return the position that it will have.

        Raises:
            EntryInvalid: it breaks a rule of its type, and could not be read again.
        """
        kind = self._types.of(body)
        named = tuple(Subject(str(name), str(digest)) for name, digest in subjects)
        content = kind.content_of(body)
        self.entries.append(Entry(kind.name, self._at, self._actor, named, content))
        return self._size + len(self.entries) - 1


class Record:
    """One record: a store, the log on it, and an index of it.

    Args:
        store: the primary store.
        log: the ledger on it.
        database: where the index lies.
        types: every entry type that may occur.
        sequencer: the right to act.
        clock: what time it is.
        signer: the ledger's key; None makes the record read-only.
        keys: what opens closed objects here; none by default.
    """

    def __init__(
        self,
        store: Store,
        log: Log,
        database: Database,
        types: EntryTypes,
        *,
        sequencer: Sequencer,
        clock: Clock,
        signer: NoteSigner | None,
        keys: Keys | None = None,
    ) -> None:
        self.store = store
        self.log = log
        self.types = types
        self._database = database
        self._sequencer = sequencer
        self._clock = clock
        self._signer = signer
        self._keys = keys or NoKeys()

    def seal(self, place: Place) -> Seal | None:
        """Return what opens a place of a store; None for the public one, which needs nothing.

        Raises:
            KeyMissing: the place is closed, and its key is not here.
        """
        return self._keys.seal(place) if place.is_closed else None

    def now(self) -> dt.datetime:
        """Return the instant, in UTC, at which something is entered now."""
        return self._clock.now()

    @property
    def is_read_only(self) -> bool:
        """True when there is no signing key here."""
        return self._signer is None

    def found(self, actor: str, *bodies: msgspec.Struct) -> None:
        """Enter the first entries of a ledger that has none.

        Raises:
            RecordExists: there are entries already.
            HomeReadOnly: there is no signing key here.
        """
        signer = self._require_signer()
        with self._sequencer.hold():
            if self.log.checkpoint() is not None:
                raise RecordExists("this store has a ledger already; nothing was written")
            at = timestamp(self._clock.now())
            act = Act(self.store, self.types, None, 0, (at, actor))
            for body in bodies:
                act.enter(body)
            self.log.append([entry.to_bytes() for entry in act.entries], signer)
            self._catch_up()

    @contextmanager
    def act(self, actor: str) -> Iterator[Act]:
        """Act in a role, such as `steward`.

        What is entered in the context becomes part of the record when the context ends well,
        all of it under one checkpoint; when it ends with an error, none of it does.

        Raises:
            HomeReadOnly: there is no signing key here.
            SequencerBusy: somebody else is acting.
            IntegrityError: the ledger is not what it must be.
        """
        signer = self._require_signer()
        with self._sequencer.hold():
            self._catch_up()
            checkpoint = self.checkpoint()
            with self._database.read() as index:
                stamp = (timestamp(self._clock.now()), actor)
                act = Act(self.store, self.types, index, checkpoint.size, stamp)
                yield act
            if act.entries:
                self.log.append([entry.to_bytes() for entry in act.entries], signer)
                self._catch_up()

    def sequence(self) -> AbstractContextManager[None]:
        """Keep everybody from acting, without acting.

        Raises:
            SequencerBusy: somebody else is acting.
        """
        return self._sequencer.hold()

    def keeping(self) -> AbstractContextManager[None]:
        """Make bytes durable before the act that enters them; nobody clears them away meanwhile.

        Raises:
            SequencerBusy: somebody is clearing away what no entry speaks of.
        """
        return self._sequencer.share()

    def clearing(self) -> AbstractContextManager[None]:
        """Clear away what no entry speaks of; nobody deposits meanwhile.

        Raises:
            SequencerBusy: somebody deposits, and did not finish in time.
        """
        return self._sequencer.alone()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open the index, after letting it catch up with the ledger.

        Raises:
            IntegrityError: the ledger is not what it must be.
        """
        self._catch_up()
        with self._database.read() as index:
            yield index

    def rebuild(self) -> Rebuilt:
        """Make the index from nothing.

        Raises:
            IntegrityError: the ledger is not what it must be; the old index stays.
        """
        with self._database.write() as connection:
            checkpoint = self.checkpoint()
            everything = enumerate(self.log.entries(0, checkpoint.size))
            return rebuild(connection, self.types, everything, checkpoint)

    def signed_again(self) -> bytes | None:
        """Return the newest checkpoint that the index has seen, signed; None without key or index.

        The signature is the same, byte for byte: Ed25519 has one for a key and a text (RFC 8032).
        It is for the repair of a ledger whose checkpoint was damaged.
        """
        with self._database.read() as connection:
            state = read_applied(connection)
        if state is None or self._signer is None:
            return None
        root = bytes.fromhex(state.root)
        return self._signer.sign(Checkpoint(self.log.verifier.name, state.size, root).text())

    def require_writable(self) -> None:
        """Refuse before long work what the act at its end would refuse.

        Raises:
            HomeReadOnly: there is no signing key here.
        """
        self._require_signer()

    def _require_signer(self) -> NoteSigner:
        if self._signer is None:
            raise HomeReadOnly(
                "this home has no signing key (keys/ledger.key), so it can be read and checked "
                "but not written; act in the home that holds the key"
            )
        return self._signer

    def checkpoint(self) -> Checkpoint:
        """Return the newest checkpoint.

        Raises:
            LogDamaged: there is none, or it is not signed by this ledger's key.
        """
        checkpoint = self.log.checkpoint()
        if checkpoint is None:
            raise LogDamaged(
                "expected a ledger in this store, found no log/checkpoint; "
                "restore the store from a copy",
                about="log/checkpoint",
            )
        return checkpoint

    def _catch_up(self) -> None:
        """Apply what the index has not seen; a log that went back or forked is refused."""
        checkpoint = self.checkpoint()
        with self._database.read() as connection:
            state = read_applied(connection)
        if state == AppliedTo(checkpoint.size, checkpoint.root.hex()):
            return
        with self._database.write() as connection:
            state = read_applied(connection)
            if state is None:
                make_tables(connection)
                state = AppliedTo(0, "")
            if self._signer is not None:
                self._settle()
            # Another process may have appended and projected while we waited for the write lock.
            checkpoint = self.checkpoint()
            self._must_extend(state, checkpoint)
            news = enumerate(self.log.entries(state.size, checkpoint.size), state.size)
            project(connection, self.types, news, checkpoint)

    def _settle(self) -> None:
        # Who appended meanwhile has made a newer checkpoint durable, so there is nothing to do.
        with contextlib.suppress(StoreChanged):
            self.log.settle()

    def _must_extend(self, state: AppliedTo, checkpoint: Checkpoint) -> None:
        if state.size == 0:
            return
        if checkpoint.size < state.size:
            raise LogForked(
                f"the ledger has {checkpoint.size} entries, and this home has seen {state.size}; "
                "the store went back in time: restore it from a newer copy",
                about="log/checkpoint",
            )
        known = Checkpoint(checkpoint.origin, state.size, bytes.fromhex(state.root))
        check_extends(self.log, known)
