"""What can go wrong with an installed engine.

IntegrityError
└── EngineFilesChanged   an installed file is not the one that came in the wheel
Misconfigured
└── EngineNotInstalled   the engine's distribution is not in this environment
Unavailable
└── WheelNotFound        an engine's wheel is not to be had with the hash that a run-kit names
"""

from emeritus.foundation import IntegrityError, Misconfigured, Unavailable


class EngineFilesChanged(IntegrityError):
    """An installed file of the engine is missing or is not the one that came in the wheel."""

    code = "runtimes.engine_files_changed"


class EngineNotInstalled(Misconfigured):
    """The engine's distribution is not in this environment."""

    code = "runtimes.engine_not_installed"


class WheelNotFound(Unavailable):
    """An engine's wheel is not to be had with the hash that a run-kit names."""

    code = "runtimes.wheel_not_found"
