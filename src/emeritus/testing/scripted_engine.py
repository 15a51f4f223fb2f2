"""An engine that computes nothing: deterministic, instant, and able to fail on purpose."""

import contextlib
import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from emeritus.foundation import UserError, sha256_hex
from emeritus.runtime.errors import EngineCannotRun, WorkerDied, WorkerNotReady
from emeritus.runtime.ports import (
    Candidate,
    EngineIdentity,
    Piece,
    RunSettings,
    Sampling,
    WorkerFacts,
)

END = 256
"""The token that ends a text; the tokens 0 to 255 are the bytes."""

_MOST_CANDIDATES = 4096
_VOCABULARY = 257
_BEGIN_LINE, _END_LINE = "<|{role}|>\n", "\n"
_TEMPLATE = "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}\n{% endfor %}<|assistant|>\n"


class ScriptedEngine:
    """An `Engine` whose models are byte-level and answer from a script, else from a hash.

    A model's answers depend on every byte of its file, so that a changed file shows.

    Args:
        magic: what a file must begin with.
        script: answers by the end of the prompt: after a prompt that ends with the key, the model
            writes the value and ends.
        dies_after: how many calls of `next_token` a worker answers before it dies.
        refuses: why no worker starts; empty when they do.
        start_seconds: how long a start takes.
        drift: added to every log-probability, as another machine would.
        has_template: whether the models have a chat template.
    """

    def __init__(
        self,
        *,
        magic: bytes = b"GGUF",
        script: Mapping[str, str] | None = None,
        dies_after: int | None = None,
        refuses: str = "",
        start_seconds: float = 0.0,
        drift: float = 0.0,
        has_template: bool = True,
    ) -> None:
        self.magic = magic
        self.script = {key.encode(): text.encode() for key, text in (script or {}).items()}
        self.dies_after = dies_after
        self.refuses = refuses
        self.start_seconds = start_seconds
        self.drift = drift
        self.has_template = has_template
        self.started = 0

    def identity(self) -> EngineIdentity:
        """Name the script."""
        return EngineIdentity("scripted", "1", None, sha256_hex(b"scripted"))

    def runs(self, file: Path) -> bool:
        """Say whether the file begins with `magic`."""
        try:
            with file.open("rb") as stream:
                return stream.read(len(self.magic)) == self.magic
        except OSError:
            return False

    @contextlib.contextmanager
    def start(self, file: Path, settings: RunSettings) -> Iterator["ScriptedWorker"]:
        """Start a worker after `start_seconds`, unless the engine refuses."""
        if not self.runs(file):
            raise EngineCannotRun(f"expected a file that begins with {self.magic!r}")
        time.sleep(self.start_seconds)
        if self.refuses:
            raise WorkerNotReady(f"the engine did not load {file.name}: {self.refuses}")
        self.started += 1
        worker = ScriptedWorker(self, hashlib.sha256(file.read_bytes()).digest(), settings)
        try:
            yield worker
        finally:
            worker.close()


class ScriptedWorker:
    """One scripted model; made by `ScriptedEngine.start`."""

    def __init__(self, engine: ScriptedEngine, weights: bytes, settings: RunSettings) -> None:
        self._engine = engine
        self._weights = weights
        self._settings = settings
        self._calls = 0
        self._is_closed = False

    @property
    def facts(self) -> WorkerFacts:
        """What runs here, and how."""
        return WorkerFacts(
            engine=self._engine.identity(),
            settings=self._settings,
            vocabulary=_VOCABULARY,
            end_tokens=(END,),
            isolated=True,
            chat_template=_TEMPLATE if self._engine.has_template else None,
        )

    def tokenize(self, text: str, *, special: bool = True, begin: bool = True) -> list[int]:
        """Return the bytes of the text; there are no control tokens in texts."""
        del special, begin
        self._check_alive()
        return list(text.encode())

    def apply_template(self, messages: Sequence[tuple[str, str]]) -> str:
        """Return the messages, each after a line with its role."""
        self._check_alive()
        if not self._engine.has_template:
            raise EngineCannotRun("the model has no chat template")
        told = [_BEGIN_LINE.format(role=role) + content + _END_LINE for role, content in messages]
        return "".join(told) + _BEGIN_LINE.format(role="assistant")

    def next_token(self, prompt: Sequence[int], top: int) -> list[Candidate]:
        """Return the scripted token, or one of the hash of weights and prompt, then others."""
        if (
            not 1 <= len(prompt) <= self._settings.context_tokens
            or not 1 <= top <= _MOST_CANDIDATES
        ):
            raise UserError(
                f"expected 1 to {self._settings.context_tokens} tokens and 1 to "
                f"{_MOST_CANDIDATES} candidates, found {len(prompt)} and {top}"
            )
        if any(not 0 <= token < _VOCABULARY for token in prompt):
            raise UserError(f"expected token ids below {_VOCABULARY}, found others")
        self._check_alive()
        self._calls += 1
        text = bytes(token for token in prompt if token != END)
        seed = hashlib.sha256(self._weights + text).digest()
        first = self._scripted(text)
        order = [seed[0] if first is None else first]
        order += [token for token in range(_VOCABULARY) if token != order[0]]
        sure = first is not None
        return [
            Candidate(
                token,
                self._logprob(place, seed, sure=sure),
                b"" if token == END else bytes([token]),
            )
            for place, token in enumerate(order[:top])
        ]

    def complete(self, prompt: Sequence[int], sampling: Sampling) -> Iterator[Piece]:
        """Yield the likeliest token each time, as text."""
        tokens, written = list(prompt), b""
        for count in range(1, sampling.most_tokens + 1):
            token = self.next_token(tokens, 1)[0].token
            tokens.append(token)
            if token == END:
                yield Piece("", count, "end")
                return
            written += bytes([token])
            text = written.decode(errors="ignore")
            if any(stop in text for stop in sampling.stop):
                yield Piece("", count, "stop")
                return
            yield Piece(
                bytes([token]).decode("latin-1"),
                count,
                "length" if count == sampling.most_tokens else None,
            )

    def close(self) -> None:
        """End; again is harmless."""
        self._is_closed = True

    def _scripted(self, text: bytes) -> int | None:
        """The next token of a scripted answer that the text is in the middle of."""
        for key, answer in self._engine.script.items():
            at = text.rfind(key)
            written = text[at + len(key) :]
            if at >= 0 and answer.startswith(written):
                return answer[len(written)] if len(written) < len(answer) else END
        return None

    def _logprob(self, place: int, seed: bytes, *, sure: bool) -> float:
        """0.5 for the first token, what is left in halves; a little moved by the weights.

        A scripted token is nearly certain, so that no sampler chooses another.
        """
        if sure:
            return (-60.0 - place if place else -0.001) + self._engine.drift
        return -0.7 * (place + 1) - seed[1] / 2048 + self._engine.drift

    def _check_alive(self) -> None:
        if self._is_closed:
            raise WorkerDied("the worker was closed; start another")
        if self._engine.dies_after is not None and self._calls >= self._engine.dies_after:
            self._is_closed = True
            raise WorkerDied("the scripted worker ended, as its script says")
