"""Custody: taking a model into care, and showing that it is still there.

The verbs, a file each:

* `deposit`: bytes become durable, then an entry says so; yields a package.
* `audit`: every byte of a copy is read back and compared; the result is entered.
* `restore`: the identical files come back, from the store alone.
* `drill`: a rehearsed restore that ends with the model answering; the result is entered.
* `in_place`: a model that was kept where its files lie is packed.
* `elsewhere`: a model whose weights another party keeps and runs enters the record.
* `verify`: anybody checks a whole store, offline, with no home and no key but the one in it.
* `sealing`: keys of what is kept and not shown; `audit_closed` audits that without them.
* `copies`: the stores that follow the first one: added, brought up to date, repaired.
* `bundles`: a record, or one model's part of it, goes out as one file and comes in again.
* `interchange`: a model leaves as a bag or an OCFL object, and comes from one.

And what they share: `policy` (the rules), `entries` and `tables` (what is entered and projected),
`facts` (what the record says of a model), `places` and `ports` (the stores that hold copies),
`sample` (drawing pieces at random), `sources` (the first copy that has a piece whole), `family`
(what is stored as differences from what), `drills` (what a model needs to run).

Two facts are kept apart: how many copies are verified, and when the model last ran.
"""

from emeritus.custody import entries as own_entries
from emeritus.custody.audit import AuditResult, audit
from emeritus.custody.briefing import briefing_section
from emeritus.custody.copies import entries as copies_entries
from emeritus.custody.copies.collect import Collected, collect
from emeritus.custody.copies.protect import Protected, protect
from emeritus.custody.copies.repair import Repairs, repair
from emeritus.custody.copies.replicate import Replication, replicate
from emeritus.custody.copies.stores import add_store, name_place, remove_store
from emeritus.custody.deposit import Receipt, deposit
from emeritus.custody.drills.drill import DrillResult, clear_abandoned, drill
from emeritus.custody.drills.running import Runnable, runnable
from emeritus.custody.elsewhere import Elsewhere, elsewhere_of, hold_elsewhere
from emeritus.custody.entries import PolicySet
from emeritus.custody.errors import (
    CopyDamaged,
    EndpointUnsuitable,
    NotDeposited,
    NotHere,
    NotRunnable,
)
from emeritus.custody.facts import (
    CopyFact,
    Custody,
    DrillFact,
    Kept,
    custody_of,
    kept_of,
    kept_package,
    opening,
    package_of,
    policy_of,
)
from emeritus.custody.family import Member, family_of
from emeritus.custody.in_place import pack
from emeritus.custody.interchange import entries as interchange_entries
from emeritus.custody.places import StoreFact, store_of, stores_of
from emeritus.custody.policy import DESTROYED, HELD_ELSEWHERE, POLICIES, Policy
from emeritus.custody.ports import Copy, Located, Stores
from emeritus.custody.restore import KeptFiles, Restored, kept_files, restore_model
from emeritus.custody.sealing import entries as sealing_entries
from emeritus.custody.sealing.check import check_destructions
from emeritus.custody.sealing.facts import KeyFact, SealedUnder, key_of, keys_of
from emeritus.custody.tables import IN_PLACE, PRIMARY
from emeritus.custody.verify import Verification, verify_store

ENTRY_TYPES = (
    *own_entries.ENTRY_TYPES,
    *copies_entries.ENTRY_TYPES,
    *interchange_entries.ENTRY_TYPES,
    *sealing_entries.ENTRY_TYPES,
)
"""Everything that custody enters."""

__all__ = [
    "DESTROYED",
    "ENTRY_TYPES",
    "HELD_ELSEWHERE",
    "IN_PLACE",
    "POLICIES",
    "PRIMARY",
    "AuditResult",
    "Collected",
    "Copy",
    "CopyDamaged",
    "CopyFact",
    "Custody",
    "DrillFact",
    "DrillResult",
    "Elsewhere",
    "EndpointUnsuitable",
    "Kept",
    "KeptFiles",
    "KeyFact",
    "Located",
    "Member",
    "NotDeposited",
    "NotHere",
    "NotRunnable",
    "Policy",
    "PolicySet",
    "Protected",
    "Receipt",
    "Repairs",
    "Replication",
    "Restored",
    "Runnable",
    "SealedUnder",
    "StoreFact",
    "Stores",
    "Verification",
    "add_store",
    "audit",
    "briefing_section",
    "check_destructions",
    "clear_abandoned",
    "collect",
    "custody_of",
    "deposit",
    "drill",
    "elsewhere_of",
    "family_of",
    "hold_elsewhere",
    "kept_files",
    "kept_of",
    "kept_package",
    "key_of",
    "keys_of",
    "name_place",
    "opening",
    "pack",
    "package_of",
    "policy_of",
    "protect",
    "remove_store",
    "repair",
    "replicate",
    "restore_model",
    "runnable",
    "store_of",
    "stores_of",
    "verify_store",
]
