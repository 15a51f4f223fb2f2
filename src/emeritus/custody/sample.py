"""Drawing pieces at random, so that a large copy can be looked at often.

With a fraction f of the pieces damaged, m pieces drawn with replacement show it with probability
1 - (1 - f)^m (Juels and Kaliski, "PORs: Proofs of Retrievability", CCS 2007, use the same odds).
The draw follows from the ledger's newest root: whoever audits cannot choose the pieces, and
whoever has the ledger can draw them again.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

from emeritus.ledger import Checkpoint

T = TypeVar("T")

SHOWN_FRACTIONS = (0.01, 0.001)
"""Of damage, for which an audit says its odds: one piece in a hundred, one in a thousand."""


def seed_of(checkpoint: Checkpoint, store: str, model: str) -> str:
    """Return from what an audit draws: `<entries>:<root in hex>:<store>:<model>`."""
    return f"{checkpoint.size}:{checkpoint.root.hex()}:{store}:{model}"


def draw(population: Sequence[T], count: int, seed: str) -> list[T]:
    """Draw `count` members with replacement, and return the different ones in their order.

    Draw i takes the member at SHA-256(seed, ":", i), read as a big-endian number, modulo their
    count.
    """
    drawn = {
        int.from_bytes(hashlib.sha256(f"{seed}:{number}".encode()).digest()) % len(population)
        for number in range(count if population else 0)
    }
    return [population[place] for place in sorted(drawn)]


def detection(count: int, fraction: float) -> float:
    """Return the probability that `count` draws meet a damaged piece, when `fraction` are."""
    return 1.0 - (1.0 - fraction) ** count
