"""The steward's screen: a person reads what a model submitted, and releases it or holds it back.

It is the one part of the pages that writes, and the one that asks who is there.

* `ports`: `Reviews`, what the screen needs; assembly hands it in.
* `sessions`: `Sessions`, who is signed in; a key made at start, nothing kept on a disk.
* `forms`: what a browser sends, bounded, and read in one shape only.
* `review`: what a reviewer wrote, and what it still lacks.
* `pages`: `StewardPages`, the addresses under /steward.

There is no field, address or method by which a text could be changed.
"""

from emeritus.web.steward.pages import Desk, StewardPages
from emeritus.web.steward.ports import Reviews
from emeritus.web.steward.sessions import Sessions

__all__ = ["Desk", "Reviews", "Sessions", "StewardPages"]
