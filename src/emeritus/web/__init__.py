"""The pages: they render the record and rule on nothing.

Start with `app`, which names every address and what answers it.

* `app`: `build` puts the pages together as an ASGI application.
* `ports`: `Site`, what the pages need to know; assembly hands it in.
* `reading`: home, the list of models, a dossier, the find box.
* `record`: the ledger, its entries and raw files, how to check it.
* `story`: threads, interviews, journals, feeds. `manuscript`: a model's text becomes a page.
* `promises`: what is promised, and the Floor. `talking`: the chat page.
* `steward`: the screen on which a person releases a text or holds it back, signed in.
* `guard`: the door: names of this machine only, reading but for the steward's forms and calls,
  protecting headers everywhere.
* `pages`: templates become pages. `answers`: caching and entity tags.
* `assets`: style and fonts under hashed names, from `static/`.
* `words`, `figures`, `sentences`, `citation`: how states, dates and models are put into words.
* `serve`: listens on this machine until Ctrl-C.
* `still`: the same pages as plain files.
* `errors`: what can go wrong between a reader and a page.

No page but the chat carries JavaScript. Every value of the record is text to these pages, whoever
wrote it.
"""

from emeritus.web.app import Parts, build
from emeritus.web.ports import Site
from emeritus.web.serve import serve

__all__ = ["Parts", "Site", "build", "serve"]
