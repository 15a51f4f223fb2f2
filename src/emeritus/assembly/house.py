"""`House`: a home with its engines, wired.

HOME/
  emeritus.toml    settings; may be missing
  store/           the primary store: everything permanent
  index.sqlite     the index; may be thrown away
  private.sqlite   what people may ask us to forget; backed up, never in the store
  stores.json      where the stores that follow it are, on this machine
  keys/            ledger.key, oms.key; readable by their owner only, as are
                   sealing.key and keyring.age, which open what is sealed
  drafts/          conversations under way, and what a model has not published; private
  cache/           restored models that run; may be thrown away
  locks/           the sequencer and the core slots
  work/            temporary files
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from emeritus.access import ResidentModels
from emeritus.adapters.databases import (
    FileSequencer,
    PostgresSequencer,
    open_postgres,
    open_sqlite,
)
from emeritus.adapters.runtimes import FileCoreSlots, HttpServers, LlamaEngine, NumpyExecutor
from emeritus.adapters.stores import LocalStore
from emeritus.assembly.briefing import BRIEFER
from emeritus.assembly.entry_types import ENTRY_TYPES
from emeritus.assembly.errors import NoHome
from emeritus.assembly.keys import read_ledger_signer, read_oms_signer
from emeritus.assembly.sealing import HomeKeyring, HomeKeys
from emeritus.assembly.settings import (
    Settings,
    database_url,
    read_settings,
    require_writable,
    server_key,
)
from emeritus.assembly.stores import HomeStores
from emeritus.conversation import Room
from emeritus.custody import Copy, stores_of
from emeritus.custody.errors import StoreNotLocated
from emeritus.foundation import Clock, Misconfigured, SystemClock, Unavailable
from emeritus.ledger import Log, NoteSigner, NoteVerifier
from emeritus.record import Database, PrivateFacts, Record, Sequencer
from emeritus.runtime import CoreSlots, Engine, Models, PlainExecutor
from emeritus.vault import NotInStore, OmsSigner, Store, read_origin
from emeritus.vault.layout import LEDGER_KEY_FILE, STORE_FILE


@dataclass(frozen=True, slots=True)
class House:
    """One home with its engines; made by `open_house`.

    `oms` and `signer` are None where the home holds no keys: then the record can be read, and not
    written.
    """

    home: Path
    store: Store
    stores: HomeStores
    record: Record
    private: PrivateFacts
    engine: Engine
    executor: PlainExecutor
    slots: CoreSlots
    clock: Clock
    oms: OmsSigner | None
    vkey: str
    keyring: HomeKeyring
    signer: NoteSigner | None = None

    def models(self) -> ResidentModels:
        """Return what lends running models; each one shares nothing but the cache."""
        return ResidentModels(
            self.record,
            self.engine,
            self.slots,
            self.home / "cache",
            self.clock,
            located=self.stores,
        )

    def room(self, models: Models | None = None) -> Room:
        """Return where Emeritus speaks with models."""
        lent = models or self.models()
        servers = HttpServers(server_key)
        return Room(self.record, lent, servers, BRIEFER, self.home / "drafts", self.clock)

    def copies(self) -> tuple[Copy, ...]:
        """Return the stores that can be reached, the primary first."""
        with self.record.read() as index:
            known = stores_of(index)
        found = []
        for one in known:
            with suppress(Unavailable, StoreNotLocated, Misconfigured):
                found.append(self.stores.open(one.name))
        return tuple(found)

    @property
    def work(self) -> Path:
        """Where temporary files lie."""
        return self.home / "work"

    def key_holder(self) -> HomeKeys:
        """Return what destroys keys of this home."""
        return HomeKeys(self.home, self.keyring)

    def require_signer(self) -> NoteSigner:
        """Return the ledger's signer.

        Raises:
            Misconfigured: the home has no key for it.
        """
        if self.signer is None:
            raise Misconfigured(
                f"{self.home} has no keys/ledger.key, so nothing can be entered here; bring the "
                "keys back with 'emeritus backup --restore FILE'"
            )
        return self.signer

    def require_oms(self) -> OmsSigner:
        """Return the package signer.

        Raises:
            Misconfigured: the home has no key for it.
        """
        if self.oms is None:
            raise Misconfigured(
                f"{self.home} has no keys/oms.key, so no package can be signed here; "
                "bring the keys back with 'emeritus backup --restore FILE'"
            )
        return self.oms


def open_house(home: Path, clock: Clock | None = None) -> House:
    """Wire the home at `home`.

    Raises:
        NoHome: there is no store in it.
        HomeReadOnly: it cannot be written.
        Misconfigured: its settings or keys cannot be used.
        IntegrityError: the store is damaged, or a newer version wrote it.
    """
    settings = read_settings(home)
    store = LocalStore(home / settings.store)
    try:
        read_origin(store)
        vkey = store.read(LEDGER_KEY_FILE).decode(errors="replace").strip()
    except NotInStore:
        raise NoHome(
            f"expected an Emeritus home at {home}, found no {settings.store}/{STORE_FILE} in it; "
            "make one with 'emeritus init', or name another with --home or EMERITUS_HOME",
            about=str(home),
        ) from None
    require_writable(home)
    store.sweep()
    return wire(home, settings, store, vkey, clock or SystemClock())


def wire(home: Path, settings: Settings, store: LocalStore, vkey: str, clock: Clock) -> House:
    """Choose the engines and connect them."""
    log = Log(store, NoteVerifier.parse(vkey))
    signer = read_ledger_signer(home, vkey)
    keyring = HomeKeyring(home)
    database, sequencer = _database(home, settings)
    record = Record(
        store,
        log,
        database,
        ENTRY_TYPES,
        sequencer=sequencer,
        clock=clock,
        signer=signer,
        keys=keyring,
    )
    return House(
        home=home,
        store=store,
        stores=HomeStores(home, store),
        record=record,
        private=PrivateFacts(open_sqlite(home / "private.sqlite"), clock),
        engine=LlamaEngine(home / "work"),
        executor=NumpyExecutor(home / "work"),
        slots=FileCoreSlots(home / "locks" / "cores", wait_seconds=settings.core_wait_seconds),
        clock=clock,
        oms=read_oms_signer(home),
        vkey=vkey,
        keyring=keyring,
        signer=signer,
    )


def _database(home: Path, settings: Settings) -> tuple[Database, Sequencer]:
    url = database_url()
    if url is None:
        lock = home / "locks" / "sequencer"
        sequencer = FileSequencer(lock, wait_seconds=settings.wait_seconds)
        return open_sqlite(home / "index.sqlite"), sequencer
    return open_postgres(url), PostgresSequencer(url, wait_seconds=settings.wait_seconds)
