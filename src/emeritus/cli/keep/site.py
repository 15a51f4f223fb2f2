"""Keep: the pages of a record as plain files."""

from pathlib import Path

from emeritus.assembly import House, HouseGateway, HousePromises, HouseSite, HouseStories
from emeritus.cli.output import emit, plain, plural
from emeritus.cli.progress import Bar
from emeritus.web.app import Parts
from emeritus.web.still.writing import write_site


def export_site(
    house: House, model: str, folder: Path, address: str, progress: Bar, *, as_json: bool
) -> None:
    """Write the pages of a model, or of the whole record when it is empty, and say so."""
    models = house.models()
    try:
        parts = Parts(
            stories=HouseStories(house),
            promises=HousePromises(house),
            catalogue=HouseGateway(house, models),
        )
        site = HouseSite(house)
        done = write_site(site, parts, folder, model=model, address=address, progress=progress)
    finally:
        models.close()
    footing = done.footing
    lines = [
        f"{folder} holds {plural(done.pages, 'page')}, {plural(done.files, 'file')} in all.",
        f"Begin at {folder / 'index.html'}; any web server can give them out.",
        f"They show {footing.origin} up to entry {footing.size - 1}, root {footing.root}.",
        "What needs a server of ours is left out: the chat, looking a model up, the steward's.",
    ]
    emit({"folder": str(folder), "model": model, **plain(done)}, lines, as_json=as_json)
