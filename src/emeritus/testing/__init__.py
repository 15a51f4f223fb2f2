"""Fakes for tests, yours and ours; nothing in the product imports this package.

* `stores`: `MemoryStore`, a store that forgets.
* `faulty`: `FaultyStore`, which stands before any store and fails at a chosen call.
* `clocks`: `FrozenClock`, which moves only when it is told to.

Every fake passes the contract suite of its port, so what holds with a fake holds with the engine.
"""

from emeritus.testing.clocks import FrozenClock
from emeritus.testing.faulty import FaultyStore
from emeritus.testing.stores import MemoryStore

__all__ = ["FaultyStore", "FrozenClock", "MemoryStore"]
