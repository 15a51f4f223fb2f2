"""Fakes for tests, yours and ours; nothing in the product imports this package.

* `stores`: `MemoryStore`, a store that forgets.
* `faulty`: `FaultyStore`, which stands before any store and fails at a chosen call.
* `clocks`: `FrozenClock`, which moves only when it is told to.
* `scripted_engine`: `ScriptedEngine`, which runs anything and answers by a rule.
* `scripted_executor`: `ScriptedExecutor`, which says what it was told of any model.
* `weights`: valid tiny GGUF and safetensors files.
* `site`: `SampleSite`, an invented record for the pages.
* `asgi`, `serving`, `chromium`: ask an application, serve a site, look at it in a browser.

Every fake passes the contract suite of its port, so what holds with a fake holds with the engine.
"""

from emeritus.testing.clocks import FrozenClock
from emeritus.testing.faulty import FaultyStore
from emeritus.testing.scripted_engine import ScriptedEngine
from emeritus.testing.scripted_executor import ScriptedExecutor
from emeritus.testing.stores import MemoryStore

__all__ = ["FaultyStore", "FrozenClock", "MemoryStore", "ScriptedEngine", "ScriptedExecutor"]
