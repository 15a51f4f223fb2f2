"""`write_site`: a still copy of the pages, from the first to the last, all of them or nothing."""

import asyncio
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from starlette.applications import Starlette

from emeritus.assembly.readings import Footing
from emeritus.foundation import Conflict, IntegrityError, Progress, UserError
from emeritus.ledger.tiles import tiles_of
from emeritus.vault.errors import DestinationUnusable
from emeritus.web.app import Parts, build
from emeritus.web.assets import Assets
from emeritus.web.pages import HTML
from emeritus.web.ports import Site
from emeritus.web.still import feeds, links
from emeritus.web.still.asking import BASE, HOST, Answer, ask
from emeritus.web.still.places import Places, relative

_OK, _OURS = 200, 500
_HTML = HTML.partition(";")[0]
_SEEDS = ("/models", "/floor", "/commitments", "/ledger", "/check", "/keys/ledger.vkey")
_FEEDS = ("/feeds/lifecycle.atom", "/feeds/lifecycle.json", "/.well-known/model-eol.json")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the checkpoint that the pages stand on, how many pages and files."""

    footing: Footing
    pages: int
    files: int


def write_site(
    site: Site,
    parts: Parts,
    folder: Path,
    *,
    model: str = "",
    address: str = "",
    progress: Progress,
) -> Written:
    """Write the pages as files under a folder that is new or empty.

    Args:
        site: knows what the pages show.
        parts: what else is shown; its chat, its desk and its further routes are left out.
        folder: where to.
        model: only what tells of this model; everything when empty.
        address: where the copy will be published, such as `https://example.org/record/`; feeds
            carry whole addresses then.
        progress: told of pages.

    Raises:
        NotFound: there is no model of that name.
        Conflict: the folder holds something, or the record grew meanwhile.
        DestinationUnusable: the folder cannot be written; nothing appears.
        IntegrityError: a page cannot be made, since what it shows is damaged.
    """
    footing = site.footing()
    threads: set[int] = set()
    if model:
        model = site.dossier(model).name
        asked = parts.stories.docket(model).threads if parts.stories else ()
        threads = {thread.id for thread in asked}
    still = replace(parts, desk=None, routes=(), still=True, about=model)
    app = build(site, allowed_hosts=[HOST], parts=still)
    places = Places(model, frozenset(threads))
    with _appearing(folder) as work:
        copy = _Copy(app, places, work, address, progress)
        copy.collect([places.front, *_SEEDS, *_FEEDS, *_assets(), *_ledger(footing)])
        if site.footing() != footing:
            raise Conflict("the record grew while its pages were written; run this again")
        copy.relink()
    return Written(footing, len(copy.pages), len(copy.kinds))


def _assets() -> list[str]:
    """Return style, fonts with their licences, and icon; no script."""
    return [one for one in Assets().addresses.values() if not one.endswith(".js")]


def _ledger(footing: Footing) -> Iterator[str]:
    yield "/log/checkpoint"
    for tile in tiles_of(footing.size):
        yield f"/{tile.name}"


class _Copy:
    """A copy that is being written.

    Attributes:
        kinds: media type of every file, by its place.
    """

    def __init__(
        self, app: Starlette, places: Places, work: Path, address: str, progress: Progress
    ) -> None:
        self._app = app
        self._places = places
        self._work = work
        self._address = address.rstrip("/") + "/" if address else ""
        self._progress = progress
        self.kinds: dict[str, str] = {}

    @property
    def pages(self) -> list[str]:
        """The places of the pages."""
        return [place for place, kind in self.kinds.items() if kind == _HTML]

    def collect(self, seeds: list[str]) -> None:
        """Ask for every address that the seeds lead to, and write what came as it came."""
        asyncio.run(self._collect(seeds))

    async def _collect(self, seeds: list[str]) -> None:
        asked: set[str] = set()
        waiting = seeds[::-1]
        self._progress.begin("writing pages", None, "files")
        while waiting:
            address = waiting.pop()
            place = self._places.of(address)
            if place is None or place in asked:
                continue
            asked.add(place)
            wanted = self._places.front if place == "index.html" else address
            answer = await ask(self._app, wanted)
            if answer.status >= _OURS:
                raise IntegrityError(
                    f"the page {address} cannot be made, so nothing was written; "
                    "'emeritus verify' says what is damaged",
                    about=address,
                )
            if answer.status == _OK:
                self._write(place, answer)
                if answer.kind == _HTML:
                    waiting += links.links_of(answer.body.decode())[::-1]
            self._progress.advance(1)
        self._progress.end()

    def relink(self) -> None:
        """Make every link lead to a file of the copy; what is not there becomes plain text."""
        for place, kind in self.kinds.items():
            path = self._work / place
            if kind == _HTML:
                page = links.rewrite(path.read_text(encoding="utf-8"), self._from(place))
                path.write_text(page, encoding="utf-8", newline="")
            elif kind == "text/css":
                style = links.restyle(path.read_text(encoding="utf-8"))
                path.write_text(style, encoding="utf-8", newline="")
            elif kind in feeds.KINDS and not place.startswith("journal/"):
                path.write_bytes(feeds.relink(kind, path.read_bytes(), self._published(place)))

    def _from(self, place: str) -> links.Resolve:
        def resolve(address: str) -> str | None:
            target = self._places.of(address)
            return relative(place, target) if target in self.kinds and target else None

        return resolve

    def _published(self, place: str) -> feeds.Resolve:
        def resolve(address: str) -> str | None:
            if not address.startswith(BASE):
                return address
            target = self._places.of("/" + address.removeprefix(BASE))
            if target is None or target not in self.kinds:
                return None
            if self._address:
                return self._address + target.removesuffix("index.html")
            return relative(place, target)

        return resolve

    def _write(self, place: str, answer: Answer) -> None:
        path = self._work / place
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(answer.body)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as problem:
            raise UserError(
                f"{place} would be a file and a folder, so these pages cannot be written as files",
                about=place,
            ) from problem
        self.kinds[place] = answer.kind


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """Give a hidden folder that becomes `folder` when the context ends well."""
    if folder.is_symlink() or (folder.exists() and not _is_empty(folder)):
        raise Conflict(f"{folder} holds something already; name a folder that is new or empty")
    folder = folder.absolute()
    work = folder.with_name(f".{folder.name[:60]}.{uuid.uuid4().hex[:8]}.partial")
    try:
        work.mkdir(parents=True)
        yield work
        work.rename(folder)
    except OSError as problem:
        shutil.rmtree(work, ignore_errors=True)
        raise DestinationUnusable(
            f"{folder} cannot be written ({problem.strerror or problem}), and nothing appears "
            "there; free some space or name another folder",
            about=str(folder),
        ) from problem
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())
