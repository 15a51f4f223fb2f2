"""Draws the pages with Chromium into docs/images, from an invented record or a running site.

python docs/screenshots.py [--into FOLDER] [--site http://127.0.0.1:8400/ --model NAME]
"""

import argparse
from collections.abc import Collection
from pathlib import Path

from emeritus.testing.chromium import Browser, Screen, browser
from emeritus.testing.serving import running
from emeritus.testing.site import SampleSite

IMAGES = Path(__file__).parent / "images"
SAMPLE = "sample-smollm-135m"
SCREENS = {
    "": Screen(1000),
    "-dark": Screen(1000, dark=True),
    "-phone": Screen(390, 844),
}


def main() -> None:
    """Draw every page on every screen."""
    parser = argparse.ArgumentParser(description="Draw the pages into docs/images.")
    parser.add_argument("--into", type=Path, default=IMAGES, help="folder for the pictures")
    parser.add_argument("--site", help="address of a running site; without it, an invented record")
    parser.add_argument("--model", default=SAMPLE, help="the model whose dossier is drawn")
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    with browser() as window:
        if options.site:
            draw(window, options.site, pages(options.model), options.into)
            return
        with running(SampleSite(audits=2)) as address:
            draw(window, address, pages(options.model), options.into)
        with running(SampleSite(models=0)) as address:
            draw(window, address, {"empty": ""}, options.into)


def pages(model: str) -> dict[str, str]:
    """Return the name of each picture, and the address of what it shows."""
    return {
        "home": "",
        "dossier": f"models/{model}",
        "ledger": "ledger",
        "entry": "ledger/0",
        "check": "check",
        "find": "find?q=sample",
        "not-found": "models/nobody",
    }


def draw(
    window: Browser,
    site: str,
    shown: dict[str, str],
    into: Path,
    only: Collection[str] | None = None,
) -> None:
    """Draw some pages of a site on every screen, or `only` the pictures of those names."""
    for name, path in shown.items():
        for suffix, screen in SCREENS.items():
            if only is not None and f"{name}{suffix}" not in only:
                continue
            window.open(site + path, screen)
            (into / f"{name}{suffix}.png").write_bytes(window.picture())


if __name__ == "__main__":
    main()
