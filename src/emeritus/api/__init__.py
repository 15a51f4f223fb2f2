"""The API: a retired model is called as it always was.

* `routes`: the addresses under /v1, mounted beside the pages.
* `requests`: what is asked, in the dialects of OpenAI and Anthropic.
* `dialects`: how both want to be answered, whole, in events, and with errors.
* `answering`: an answer under way, between the model's thread and the event loop.
* `hub`: the addresses under /hub, from which the Hub's clients read files.
* `ports`: `Gateway`, who knows the models and lends them; assembly has one.
* `errors`: what can go wrong.

What is not offered and would change the meaning of a call is refused by name.
"""

from emeritus.api.errors import NoSuchFile, NoSuchRevision, RequestUnusable
from emeritus.api.hub import hub_routes
from emeritus.api.ports import Gateway
from emeritus.api.routes import routes

__all__ = ["Gateway", "NoSuchFile", "NoSuchRevision", "RequestUnusable", "hub_routes", "routes"]
