"""The catalogue: which models exist, by name and identity, and the state of their service.

* `entries`: a model is registered.
* `models`: find a model, list them all, say which names come near.
"""

from emeritus.catalogue.entries import ENTRY_TYPES, Registered
from emeritus.catalogue.errors import NameTaken, NoSuchModel
from emeritus.catalogue.models import (
    Model,
    all_models,
    find_model,
    names_near,
    register,
    require_free,
)

__all__ = [
    "ENTRY_TYPES",
    "Model",
    "NameTaken",
    "NoSuchModel",
    "Registered",
    "all_models",
    "find_model",
    "names_near",
    "register",
    "require_free",
]
