"""What it is to run a model: the ports, the modes, the fingerprint.

* `ports`: `Engine` starts a `Worker`, one running model in a process of its own; `CoreSlots`
  keeps workers from taking more cores than there are. `RunSettings` and `EngineIdentity` say what
  a run needs to be repeated.
* `probes`: `PROBES_V1`, the fixed questions of a fingerprint.
* `fingerprint`: `take_fingerprint` asks them and records answers and log-probabilities.
* `comparison`: `compare` says whether what runs now is what ran then.
* `plain`: `PlainExecutor`, a program that shows how a model computes, beside the engine.
* `prompt`: `chat_prompt` makes token ids of turns, so that no turn speaks in another's name.
* `sampler`, `generation`, `replay`: writing that anybody with the weights can repeat.
* `served`: models that another party runs, and how their servers are asked.
* `errors`: what can go wrong.

With the scripted engine of the tests, which runs any file that begins with `GGUF`:

    >>> import pathlib, tempfile
    >>> from emeritus.runtime import RunSettings, compare, take_fingerprint
    >>> from emeritus.testing.scripted_engine import ScriptedEngine
    >>> file = pathlib.Path(tempfile.mkdtemp(), "toy.gguf")
    >>> _ = file.write_bytes(b"GGUF and some weights")
    >>> taken = []
    >>> for _ in range(2):
    ...     with ScriptedEngine().start(file, RunSettings()) as worker:
    ...         taken.append(take_fingerprint(worker))
    >>> compare(*taken).outcome.value
    'identical'
"""

from emeritus.runtime.comparison import TOLERANCE, Comparison, Outcome, compare
from emeritus.runtime.errors import (
    CoresBusy,
    EngineCannotRun,
    FingerprintBroken,
    NotNumbers,
    ServerRefuses,
    ServerSilent,
    WorkerDied,
    WorkerNotReady,
)
from emeritus.runtime.fingerprint import Answer, Fingerprint, Step, greedy_steps, take_fingerprint
from emeritus.runtime.generation import MOST_BYTES, Generation, generate
from emeritus.runtime.plain import PlainExecutor, PlainFigures, PlainRun, PlainWord
from emeritus.runtime.ports import (
    Candidate,
    CoreSlots,
    Engine,
    EngineIdentity,
    Mode,
    Models,
    Piece,
    RunSettings,
    Sampling,
    Worker,
    WorkerFacts,
)
from emeritus.runtime.probes import PROBE_SETS, PROBES_V1, Probe, ProbeSet
from emeritus.runtime.prompt import chat_prompt
from emeritus.runtime.replay import MARGIN, Mismatch, Replayed, replay
from emeritus.runtime.sampler import SAMPLER, TOP, Sampler
from emeritus.runtime.served import (
    DIALECTS,
    Dialect,
    Endpoint,
    ServerAnswer,
    Servers,
    read_answer,
    request_body,
)

__all__ = [
    "DIALECTS",
    "MARGIN",
    "MOST_BYTES",
    "PROBES_V1",
    "PROBE_SETS",
    "SAMPLER",
    "TOLERANCE",
    "TOP",
    "Answer",
    "Candidate",
    "Comparison",
    "CoreSlots",
    "CoresBusy",
    "Dialect",
    "Endpoint",
    "Engine",
    "EngineCannotRun",
    "EngineIdentity",
    "Fingerprint",
    "FingerprintBroken",
    "Generation",
    "Mismatch",
    "Mode",
    "Models",
    "NotNumbers",
    "Outcome",
    "Piece",
    "PlainExecutor",
    "PlainFigures",
    "PlainRun",
    "PlainWord",
    "Probe",
    "ProbeSet",
    "Replayed",
    "RunSettings",
    "Sampler",
    "Sampling",
    "ServerAnswer",
    "ServerRefuses",
    "ServerSilent",
    "Servers",
    "Step",
    "Worker",
    "WorkerDied",
    "WorkerFacts",
    "WorkerNotReady",
    "chat_prompt",
    "compare",
    "generate",
    "greedy_steps",
    "read_answer",
    "replay",
    "request_body",
    "take_fingerprint",
]
