"""Emeritus keeps one record per AI model, and what it says can be checked.

The house, from the ground up; imports only go down:

* `emeritus.foundation`: errors, digests, identifiers, canonical JSON, the clock.
* `emeritus.vault`: the storage engine: stores, objects, pieces, packs, packages.
* `emeritus.ledger`: an append-only signed log on a store.
* `emeritus.record`: entry types, the sequencer, the projector, the index.
* `emeritus.catalogue`: which models exist.
* `emeritus.runtime`: what it is to run a model.
* `emeritus.custody`: deposit, audit, restore, drill.
* `emeritus.adapters`: engines behind the ports of the floors below.
* `emeritus.assembly`: settings become objects; the one place that chooses engines.
* `emeritus.web`, `emeritus.cli`: faces; they parse, call one verb, and render.
* `emeritus.testing`: fakes for your own tests; nothing in the product imports it.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
