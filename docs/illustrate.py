"""Make the pictures of the README: a real run of the demonstration, and its pages.

`make screenshots`. It takes about half a minute, needs Chromium, and leaves nothing behind but
`docs/images` and the transcript in README.md.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from docs.screenshots import IMAGES, draw, pages
from emeritus.assembly import House, HousePromises, HouseSite, HouseStories, open_house
from emeritus.assembly.demonstration import MODEL_NAME
from emeritus.docket import threads_of
from emeritus.interview import interviews_of
from emeritus.journal import posts_of
from emeritus.testing.chromium import browser
from emeritus.testing.serving import running
from emeritus.web.app import Parts

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BEGIN, END = "<!-- transcript -->\n", "<!-- end of transcript -->\n"
FIRST, LAST = 7, 6
"""Lines of an answer that the README shows; the demonstration prints all of them."""

STEPS = ("decide", "do", "tell")
"""What the demonstration does with each request."""

PICTURES = (
    "home",
    "home-phone",
    "dossier",
    "dossier-dark",
    "ledger",
    "thread",
    "thread-phone",
    "interview",
    "post-dark",
    "floor",
    "commitments-phone",
)


def transcript(home: Path) -> str:
    """Run the demonstration in a new home and return what a terminal showed."""
    done = subprocess.run(
        [sys.executable, "-m", "emeritus", "demo", "--no-serve"],
        env={**os.environ, "EMERITUS_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    lines = [line for line in done.stdout.splitlines() if not line.startswith("WARNING: Location")]
    return "\n".join(lines).replace(str(home), "demo-home").strip()


def shortened(text: str) -> str:
    """Return a transcript with the middle of every long answer left out, and marked so."""
    blocks = text.split("\n\n$ ")
    answered = [block for block in blocks if block.startswith("emeritus docket")]
    if len(answered) > len(STEPS):
        # One request is shown whole; the others go the same way.
        more = len(answered) // len(STEPS) - 1
        last = blocks.index(answered[len(STEPS) - 1])
        blocks[last] = _shortened(blocks[last]) + f"\n\n[… the same for {more} more …]"
        blocks = [one for one in blocks if one not in answered[len(STEPS) :]]
    return "\n\n$ ".join(map(_shortened, blocks))


def _shortened(block: str) -> str:
    lines = block.splitlines()
    if len(lines) <= FIRST + LAST + 1:
        return block
    left_out = len(lines) - FIRST - LAST
    return "\n".join([*lines[:FIRST], f"  [… {left_out} more lines …]", *lines[-LAST:]])


def put_into_readme(text: str) -> None:
    """Replace the transcript in the README."""
    readme = README.read_text(encoding="utf-8")
    block = f"{BEGIN}```console\n$ make demo\n\n{shortened(text)}\n```\n{END}"
    found = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    README.write_text(found.sub(lambda _: block, readme), encoding="utf-8")


def story_pages(house: House) -> dict[str, str]:
    """Return the addresses of the newest thread, interview and post; of those that are there."""
    with house.record.read() as index:
        threads = threads_of(index, MODEL_NAME)
        interviews = interviews_of(index, MODEL_NAME)
        posts = posts_of(index, MODEL_NAME)
    shown = {}
    if threads:
        shown["thread"] = f"threads/{threads[0].id}"
    if interviews:
        shown["interview"] = f"models/{MODEL_NAME}/interviews/{interviews[-1].opened}"
    shown |= {"floor": "floor", "commitments": "commitments"}
    if posts:
        shown["post"] = f"journal/{MODEL_NAME}/{posts[0].slug}"
    return shown


def main() -> None:
    """Run, write, draw."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        put_into_readme(transcript(home))
        house = open_house(home)
        parts = Parts(stories=HouseStories(house), promises=HousePromises(house))
        shown = pages(MODEL_NAME) | story_pages(house)
        with (
            browser() as window,
            running(HouseSite(house), parts) as address,
        ):
            draw(window, address, shown, IMAGES, PICTURES)


if __name__ == "__main__":
    main()
