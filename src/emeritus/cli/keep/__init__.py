"""Keep: the commands that take a model into care, look after its copies and give it back."""

from emeritus.cli.keep.bundles import export_bundle, import_bundle
from emeritus.cli.keep.checks import audit, drill
from emeritus.cli.keep.deposit import deposit, init, pack_model
from emeritus.cli.keep.interchange import interchange
from emeritus.cli.keep.models import models, show
from emeritus.cli.keep.repair import repair_store
from emeritus.cli.keep.restore import restore
from emeritus.cli.keep.stores import replicate_stores, stores

__all__ = [
    "audit",
    "deposit",
    "drill",
    "export_bundle",
    "import_bundle",
    "init",
    "interchange",
    "models",
    "pack_model",
    "repair_store",
    "replicate_stores",
    "restore",
    "show",
    "stores",
]
