"""Programs that run a model, and the cores that they may use.

* `llama`: `LlamaEngine`, llama.cpp through the `xllamacpp` wheel; runs GGUF files.
  `llama_worker` is the child process, one a model, confined before it loads anything;
  `llama_process` starts and ends it, `unix_http` speaks with it, `gguf_facts` reads the head of
  the file.
* `installed_files`: `installed_identity`, which program that is, from its files on the disk;
  `wheels.toml` names the wheels that they came from, and `wheels` finds or fetches those.
* `http_servers`: `HttpServers`, models that others run, asked over HTTP.
* `plain`: `NumpyExecutor`, one file of Python and numpy that shows how a model computes.
* `core_slots`: `FileCoreSlots`, the machine's cores as locks in a folder.
"""

from emeritus.adapters.runtimes.core_slots import FileCoreSlots
from emeritus.adapters.runtimes.errors import (
    EngineFilesChanged,
    EngineNotInstalled,
    WheelNotFound,
)
from emeritus.adapters.runtimes.http_servers import HttpServers
from emeritus.adapters.runtimes.llama import LlamaEngine
from emeritus.adapters.runtimes.plain import NumpyExecutor
from emeritus.adapters.runtimes.wheels import fetch_wheels, wheels_in

__all__ = [
    "EngineFilesChanged",
    "EngineNotInstalled",
    "FileCoreSlots",
    "HttpServers",
    "LlamaEngine",
    "NumpyExecutor",
    "WheelNotFound",
    "fetch_wheels",
    "wheels_in",
]
