"""Settings become objects: the one place that chooses engines and wires them.

* `settings`: `emeritus.toml` and the environment.
* `keys`: the private keys of a home; `private_files` writes them.
* `sealing`: the keyring, which opens what is sealed, and which key a deposit is under.
* `house`: `House`, a home with its engines; `open_house` wires it.
* `gateway`: `HouseGateway`, who may be called, and how a model is lent to the API.
* `front`: makes the two files anew without which no command begins.
* `stores`: where the stores that follow the record are.
* `founding`: `found_house` makes a new home.
* `entry_types`: every entry type that this version knows.
* `readings`, `site`: the plain facts that faces show, and how they are composed.
* `stories`, `story_site`, `promise_site`: the same for the pages of a model's story, and of
  promises.
* `reviewing`: what the steward's screen shows, and how it decides.
* `backup`: the part of a home that is in no store.
* `demonstration`: fetches the small real model of the demonstration.
"""

from emeritus.assembly.backup import backup_home, restore_home
from emeritus.assembly.entry_types import CHECKS, ENTRY_TYPES, PROMISE_SOURCES
from emeritus.assembly.founding import found_house
from emeritus.assembly.front import mend_front
from emeritus.assembly.gateway import HouseGateway
from emeritus.assembly.house import House, open_house
from emeritus.assembly.promise_site import HousePromises
from emeritus.assembly.reviewing import HouseReviews
from emeritus.assembly.sealing import sealed_under
from emeritus.assembly.settings import default_home, server_key
from emeritus.assembly.site import HouseSite
from emeritus.assembly.story_site import HouseStories

__all__ = [
    "CHECKS",
    "ENTRY_TYPES",
    "PROMISE_SOURCES",
    "House",
    "HouseGateway",
    "HousePromises",
    "HouseReviews",
    "HouseSite",
    "HouseStories",
    "backup_home",
    "default_home",
    "found_house",
    "mend_front",
    "open_house",
    "restore_home",
    "sealed_under",
    "server_key",
]
