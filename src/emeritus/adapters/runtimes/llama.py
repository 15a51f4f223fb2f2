"""llama.cpp, through the `xllamacpp` wheel: runs GGUF files, one process a model."""

import contextlib
import glob
import http.client
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from emeritus.adapters.runtimes.gguf_facts import MAGIC, GgufFacts, read_gguf_facts
from emeritus.adapters.runtimes.installed_files import installed_identity
from emeritus.adapters.runtimes.llama_process import WorkerProcess
from emeritus.adapters.runtimes.unix_http import request_json, stream_json
from emeritus.foundation import UserError
from emeritus.runtime.errors import EngineCannotRun, NotNumbers, WorkerDied
from emeritus.runtime.ports import (
    Candidate,
    EngineIdentity,
    Mode,
    Piece,
    RunSettings,
    Sampling,
    WorkerFacts,
)

_OK, _BAD_REQUEST = 200, 400
_MOST_CANDIDATES = 4096
_SPARE_BYTES = 512 << 20
_CERTAIN = 1e9
_PART = re.compile(r"(.*)-[0-9]{5}-of-([0-9]{5})\.gguf")
_FINISHES = {"eos": "end", "limit": "length", "word": "stop"}
# The texts that llama.cpp takes as ends of a text when they are control tokens (llama-vocab.cpp).
_END_TEXTS = (
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|flush|>",
    "<|calls|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eom_id|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<end_of_utterance>",
    "<eos>",
    "</s>",
)


class LlamaEngine:
    """The `Engine` for GGUF files.

    A worker may map its own code, twice the model file (the engine repacks some quantised
    weights beside the mapped ones), the context, and 512 MB.

    Args:
        work: a folder for the workers' sockets; made when it is missing.
        start_seconds: how long a model may take to load.
        call_seconds: how long the engine may be silent during a call.
    """

    def __init__(
        self, work: Path, *, start_seconds: float = 600.0, call_seconds: float = 600.0
    ) -> None:
        self._work = work
        self._start_seconds = start_seconds
        self._call_seconds = call_seconds

    def identity(self) -> EngineIdentity:
        """Say which program this is, from its installed bytes; see `installed_identity`."""
        return installed_identity("xllamacpp")

    def runs(self, file: Path) -> bool:
        """Say whether the file begins as a GGUF file does."""
        try:
            with file.open("rb") as stream:
                return stream.read(len(MAGIC)) == MAGIC
        except OSError:
            return False

    @contextlib.contextmanager
    def start(self, file: Path, settings: RunSettings) -> Iterator["LlamaWorker"]:
        """Start a fresh worker process; leaving the context ends it.

        The engine's files are checked before they run. While the child loads the library, we read
        what the file says of itself.
        """
        file = file.resolve()
        if not self.runs(file):
            raise EngineCannotRun(
                f"expected a GGUF file, which begins with {MAGIC.decode()}; found another "
                f"in {file.name}",
                about=str(file),
            )
        identity = self.identity()
        process = WorkerProcess(self._work, file)
        try:
            told = read_gguf_facts(file)
            ready = process.load(_child_settings(file, settings, told), self._start_seconds)
            call = _Calls(process, self._call_seconds)
            yield LlamaWorker(call, _facts(call, identity, settings, told, ready["isolated"]))
        finally:
            process.close()


class _Calls:
    """Requests to one worker process; a failure becomes an error of the runtime."""

    def __init__(self, process: WorkerProcess, seconds: float) -> None:
        self.process = process
        self._seconds = seconds

    def __call__(self, target: str, body: Any = None) -> Any:
        if self.process.is_closed:
            raise WorkerDied("the worker was closed; start another")
        try:
            status, answer = request_json(self.process.socket, target, body, timeout=self._seconds)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise self.process.died(problem, self._seconds) from problem
        return self._checked(target, status, answer)

    def stream(self, body: dict[str, Any]) -> Iterator[Piece]:
        """Ask for a completion and yield it as it comes."""
        if self.process.is_closed:
            raise WorkerDied("the worker was closed; start another")
        tokens = 0
        try:
            events = stream_json(self.process.socket, "/completion", body, timeout=self._seconds)
            with contextlib.closing(events):
                for status, event in events:
                    told = self._checked("/completion", status, event)
                    tokens += len(told.get("tokens") or ())
                    tokens = max(tokens, int(told.get("tokens_predicted") or 0))
                    finish = _FINISHES.get(told.get("stop_type", "")) if told.get("stop") else None
                    yield Piece(str(told.get("content", "")), tokens, finish)
                    if finish is not None:
                        return
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise self.process.died(problem, self._seconds) from problem
        raise self.process.died(ConnectionError("the answer broke off"), self._seconds)

    def _checked(self, target: str, status: int, answer: Any) -> Any:
        if status == _OK:
            return answer
        said = answer.get("error", {}).get("message", answer)
        if status == _BAD_REQUEST:
            raise UserError(f"the engine cannot use the request: {said}")
        raise EngineCannotRun(f"the engine answered {target} with status {status}: {said}")


class LlamaWorker:
    """One running GGUF model; made by `LlamaEngine.start`.

    The texts of control tokens are empty in candidates: such a token stands for itself.
    """

    def __init__(self, call: _Calls, facts: WorkerFacts) -> None:
        self._call = call
        self._facts = facts
        self._evaluated: list[int] = []
        self._harmless = _tokens(call, "a", begin=False, control=False)[-1]

    @property
    def facts(self) -> WorkerFacts:
        """What runs here, and how."""
        return self._facts

    @property
    def pid(self) -> int:
        """The id of the process that runs the model."""
        return self._call.process.pid

    def tokenize(self, text: str, *, special: bool = True, begin: bool = True) -> list[int]:
        """Return the token ids of `text`; see the port."""
        return _tokens(self._call, text, begin=special and begin, control=special)

    def apply_template(self, messages: Sequence[tuple[str, str]]) -> str:
        """Return the prompt text for the messages; see the port."""
        if self._facts.chat_template is None:
            raise EngineCannotRun(
                "the model has no chat template, so it cannot be given messages; give it text"
            )
        told = [{"role": role, "content": content} for role, content in messages]
        return str(self._call("/apply-template", {"messages": told})["prompt"])

    def next_token(self, prompt: Sequence[int], top: int) -> list[Candidate]:
        """Return the likeliest next tokens; see the port.

        The engine reports the plain softmax over the whole vocabulary, before any sampler. But it
        reports nothing when the token that it samples is a part of a character (seen 2026-11). So
        it is made to sample a harmless token every time, which nobody reads.
        """
        tokens = list(prompt)
        if not tokens or not 1 <= top <= _MOST_CANDIDATES:
            raise UserError(
                f"expected at least one token and 1 to {_MOST_CANDIDATES} candidates, "
                f"found {len(tokens)} tokens and {top} candidates"
            )
        grows = bool(self._evaluated) and tokens[:-1] == self._evaluated
        self._evaluated = []
        answer = self._call(
            "/completion",
            {
                "prompt": tokens,
                "n_predict": 1,
                "n_probs": top,
                "cache_prompt": grows and self._facts.settings.mode is Mode.STEPWISE,
                "logit_bias": [[self._harmless, _CERTAIN]],
                "samplers": ["top_k"],
                "top_k": 1,
                "response_fields": ["completion_probabilities"],
            },
        )
        self._evaluated = tokens
        found = answer["completion_probabilities"][0]["top_logprobs"]
        if any(one["logprob"] is None for one in found):
            raise NotNumbers(
                "the model computed something that is not a number; its weights are damaged, or "
                "this engine cannot run them"
            )
        candidates = [Candidate(one["id"], one["logprob"], bytes(one["bytes"])) for one in found]
        return sorted(candidates, key=lambda one: (-one.logprob, one.token))

    def complete(self, prompt: Sequence[int], sampling: Sampling) -> Iterator[Piece]:
        """Yield an answer as it is written; see the port."""
        if not prompt:
            raise UserError("expected a prompt of at least one token, found none")
        self._evaluated = []
        yield from self._call.stream(
            {
                "prompt": list(prompt),
                "n_predict": sampling.most_tokens,
                "temperature": sampling.temperature,
                "top_p": sampling.top_p,
                "top_k": 0,
                "min_p": 0.0,
                "seed": -1 if sampling.seed is None else sampling.seed % (1 << 32),
                "stop": list(sampling.stop),
                "cache_prompt": True,
                "stream": True,
            }
        )

    def close(self) -> None:
        """End the process and wait for it; again is harmless."""
        self._call.process.close()


def _child_settings(file: Path, settings: RunSettings, told: GgufFacts) -> dict[str, Any]:
    context = settings.context_tokens * told.context_bytes_per_token
    return {
        "model": str(file),
        "context_tokens": settings.context_tokens,
        "threads": settings.threads,
        "memory": 2 * _size(file) + context + _SPARE_BYTES,
    }


def _size(file: Path) -> int:
    """Return the bytes of a model; llama.cpp finds the parts of a split one by their names."""
    match = _PART.fullmatch(file.name)
    if match is None:
        return file.stat().st_size
    prefix, count = match.groups()
    parts = file.parent.glob(f"{glob.escape(prefix)}-*-of-{count}.gguf")
    return sum(part.stat().st_size for part in parts)


def _tokens(call: _Calls, text: str, *, begin: bool, control: bool) -> list[int]:
    request = {"content": text, "add_special": begin, "parse_special": control}
    return list(call("/tokenize", request)["tokens"])


def _facts(
    call: _Calls, identity: EngineIdentity, settings: RunSettings, told: GgufFacts, isolated: Any
) -> WorkerFacts:
    return WorkerFacts(
        engine=identity,
        settings=settings,
        vocabulary=int(call("/v1/models")["data"][0]["meta"]["n_vocab"]),
        end_tokens=_end_tokens(call, told),
        isolated=bool(isolated),
        chat_template=told.chat_template,
    )


def _end_tokens(call: _Calls, told: GgufFacts) -> tuple[int, ...]:
    """The ids that the file names, and those that the engine takes for ends by their text."""
    ends = set(told.end_tokens)
    for text in _END_TEXTS:
        tokens = _tokens(call, text, begin=False, control=True)
        if len(tokens) == 1 and tokens != _tokens(call, text, begin=False, control=False):
            ends.update(tokens)
    return tuple(sorted(ends))
