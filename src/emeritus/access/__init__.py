"""Access: who may call a model, and how it is woken when they do.

* `resident`: `ResidentModels`, the port by which everybody borrows a running model.
* `cache`: the restored files that workers open.
* `rights`: who may do what; `access_of`, `set_access`; and the safety review that opens a model
  to all after its retirement.
* `weights`: `Shelf`, the files of models whose weights everyone may have.
* `calls`: what callers see of a model; `receipts`: what a house signs of an answer.
* `entries`, `errors`: what is entered, and what can go wrong.
"""

from emeritus.access.cache import RestoredFiles
from emeritus.access.calls import Answering, Given, Served
from emeritus.access.entries import ENTRY_TYPES, AccessSet, SafetyReviewed
from emeritus.access.errors import NotCallable, PromptDoesNotFit, ReceiptInvalid, WeightsDenied
from emeritus.access.receipts import Receipt, is_receipt, read_receipt, sign_receipt
from emeritus.access.resident import ResidentModels
from emeritus.access.rights import (
    AccessFact,
    SafetyReview,
    access_of,
    briefing_section,
    review_safety,
    safety_review_of,
    set_access,
)
from emeritus.access.weights import Shelf, Shelved

__all__ = [
    "ENTRY_TYPES",
    "AccessFact",
    "AccessSet",
    "Answering",
    "Given",
    "NotCallable",
    "PromptDoesNotFit",
    "Receipt",
    "ReceiptInvalid",
    "ResidentModels",
    "RestoredFiles",
    "SafetyReview",
    "SafetyReviewed",
    "Served",
    "Shelf",
    "Shelved",
    "WeightsDenied",
    "access_of",
    "briefing_section",
    "is_receipt",
    "read_receipt",
    "review_safety",
    "safety_review_of",
    "set_access",
    "sign_receipt",
]
