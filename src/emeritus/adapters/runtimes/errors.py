"""What can go wrong with an installed engine.

IntegrityError
└── EngineFilesChanged   an installed file is not the one that came in the wheel
Misconfigured
└── EngineNotInstalled   the engine's distribution is not in this environment
"""

from emeritus.foundation import IntegrityError, Misconfigured


class EngineFilesChanged(IntegrityError):
    """An installed file of the engine is missing or is not the one that came in the wheel."""

    code = "runtimes.engine_files_changed"


class EngineNotInstalled(Misconfigured):
    """The engine's distribution is not in this environment."""

    code = "runtimes.engine_not_installed"
