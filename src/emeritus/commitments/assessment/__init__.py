"""A self-assessment, filled in as far as the record's own facts go.

* `facts`: what it is made from, gathered once.
* `point`: one point: shown, not shown, or for a person; `reached`, how far an area comes.
* `ndsa`: the NDSA Levels of Digital Preservation, version 2.
* `coretrustseal`: the CoreTrustSeal requirements of 2023-2025.

It promises nothing and enters nothing, and it never claims more than the entries that it names:
what the record cannot know is left to a person, in words.
"""

from emeritus.commitments.assessment.coretrustseal import coretrustseal
from emeritus.commitments.assessment.facts import Facts, ModelFacts, gather
from emeritus.commitments.assessment.ndsa import AREAS, ndsa
from emeritus.commitments.assessment.point import STATES, Point, Reached, reached

__all__ = [
    "AREAS",
    "STATES",
    "Facts",
    "ModelFacts",
    "Point",
    "Reached",
    "coretrustseal",
    "gather",
    "ndsa",
    "reached",
]
