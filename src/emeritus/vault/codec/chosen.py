"""Which engine cuts planes in this process: the compiled one where it was built, else numpy's."""

from functools import cache

from emeritus.vault.codec.compiled import CompiledPlanes, load_kernels
from emeritus.vault.codec.engine import NumpyPlanes


@cache
def in_use() -> NumpyPlanes:
    """Return the engine of this process; `name` says which it is."""
    kernels = load_kernels()
    return NumpyPlanes() if kernels is None else CompiledPlanes(kernels)


def codec_engine() -> str:
    """Return the name of the engine of this process: `compiled` or `numpy`."""
    return in_use().name
