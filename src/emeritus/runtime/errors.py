"""What can go wrong when a model runs.

Unavailable
├── WorkerDied        the process that ran the model ended; the message says why
├── WorkerNotReady    it did not start; the engine's own words are in the message
├── CoresBusy         every core slot is taken by a worker that is generating
└── ServerSilent      a server that runs a model elsewhere does not answer
Refused
├── EngineCannotRun   no engine here runs this format
└── ServerRefuses     a server that runs a model elsewhere does not take the request or the key
IntegrityError
├── NotNumbers         the model computed NaN: its weights are damaged
└── FingerprintBroken  bytes that should be a fingerprint are not
"""

from emeritus.foundation import IntegrityError, Refused, Unavailable


class WorkerDied(Unavailable):
    """The process that ran the model ended while it was needed."""

    code = "runtime.worker_died"


class WorkerNotReady(Unavailable):
    """The engine did not start; its own words are in the message."""

    code = "runtime.worker_not_ready"


class CoresBusy(Unavailable):
    """Every core slot is taken by a worker that is generating now."""

    code = "runtime.cores_busy"


class ServerSilent(Unavailable):
    """A server that runs a model elsewhere does not answer, or answers what is no answer."""

    code = "runtime.server_silent"


class ServerRefuses(Refused):
    """A server that runs a model elsewhere does not take the request or the key."""

    code = "runtime.server_refuses"


class EngineCannotRun(Refused):
    """No engine here runs this format."""

    code = "runtime.engine_cannot_run"


class NotNumbers(IntegrityError):
    """The model computed what is not a number: its weights are damaged, or the engine errs."""

    code = "runtime.not_numbers"


class FingerprintBroken(IntegrityError):
    """Bytes that should be a fingerprint are not."""

    code = "runtime.fingerprint_broken"
