"""Builds the accelerator of the codec when Emeritus is installed and a C compiler is there.

Without one nothing is built, nothing fails, and numpy does the same work more slowly.
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import sys_tags

KERNELS = Path("src/emeritus/vault/codec/kernels.c")
BUILT = KERNELS.with_suffix(".native.so")
"""With two dots, so that nobody takes it for a module of Python's."""


class KernelsHook(BuildHookInterface[Any]):
    """Compiles `kernels.c` to a shared object beside it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and say so in the wheel's tags; the source distribution carries the source."""
        if self.target_name != "wheel" or not self._compile():
            return
        if version != "editable":
            build_data["artifacts"].append(str(BUILT))
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{self._platform()}"

    def clean(self, versions: list[str]) -> None:  # noqa: ARG002 # hatchling's signature
        """Remove what was compiled."""
        (Path(self.root) / BUILT).unlink(missing_ok=True)

    def _compile(self) -> bool:
        compiler = (
            shlex.split(os.environ.get("CC", ""))
            or [found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))][:1]
        )
        (Path(self.root) / BUILT).unlink(missing_ok=True)
        if not compiler:
            self.app.display_warning("no C compiler: the codec will use numpy alone")
            return False
        source = Path(self.root) / KERNELS
        target = Path(self.root) / BUILT
        part = target.with_suffix(f".{os.getpid()}.part")
        flags = ["-O3", "-std=c11", "-shared", "-fPIC", "-fvisibility=hidden"]
        try:
            subprocess.run([*compiler, *flags, "-o", part, source], check=True, timeout=120)
        except (OSError, subprocess.SubprocessError) as problem:
            self.app.display_warning(f"the codec will use numpy alone: {problem}")
            part.unlink(missing_ok=True)
            return False
        part.replace(target)
        return True

    @staticmethod
    def _platform() -> str:
        return next(sys_tags()).platform
