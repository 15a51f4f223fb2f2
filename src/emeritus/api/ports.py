"""The port of the API: `Gateway`, who knows the models and lends them."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from emeritus.access import Answering, Given, Served
from emeritus.runtime import Sampling


class Gateway(Protocol):
    """Answers for models; every method may be called from any thread, and may block."""

    def models(self) -> tuple[Served, ...]:
        """Return every model, by name."""
        ...

    def model(self, name: str) -> Served:
        """Return one model.

        Raises:
            NoSuchModel: there is none of that name.
        """
        ...

    def answer(
        self, name: str, turns: Sequence[tuple[str, str]], prompt: str, sampling: Sampling
    ) -> AbstractContextManager[Answering]:
        """Lend the model and let it answer turns, or go on with a prompt when there are none.

        Leaving the context stops the model.

        Raises:
            NoSuchModel: there is none of that name.
            NotCallable: it may not be called.
            PromptDoesNotFit: turns or prompt do not fit into its context.
            WorkerDied: it ended.
        """
        ...

    def receipt(self, model: str, given: Given) -> bytes | None:
        """Sign what was answered; None where this house holds no key.

        Args:
            model: who answered.
            given: what was asked and answered.
        """
        ...
