"""What every `PlainExecutor` must do; the adapter and the scripted fake run it."""

from pathlib import Path

import pytest

from emeritus.runtime import Fingerprint, PlainExecutor, PlainRun, PlainWord

MOST_LETTERS = 300


class ExecutorContract:
    """Subclass it with the fixtures `executor`, `model`, and the `taken` fingerprint of that."""

    @pytest.fixture(scope="class")
    @classmethod
    def shown(cls, executor: PlainExecutor, model: Path, taken: Fingerprint) -> PlainRun:
        return executor.run(model, taken)

    def test_a_model_agrees_with_its_own_fingerprint(
        self, shown: PlainRun, taken: Fingerprint
    ) -> None:
        assert (shown.word, shown.program != b"") == (PlainWord.AGREES, True)
        assert shown.figures is not None
        assert shown.figures.tokens == len(taken.answers[0].steps)
        assert 0 < shown.figures.same <= shown.figures.tokens
        assert f"{shown.figures.same} of {shown.figures.tokens} tokens" in shown.said

    def test_what_is_no_model_is_not_run(
        self, executor: PlainExecutor, taken: Fingerprint, tmp_path: Path
    ) -> None:
        (tmp_path / "noise").write_bytes(bytes(range(256)) * 9)
        (tmp_path / "empty").write_bytes(b"")
        for name in ("noise", "empty", "absent"):
            shown = executor.run(tmp_path / name, taken)
            assert (shown.word, shown.figures) == (PlainWord.NOT_RUN, None), name
            assert 0 < len(shown.said) <= MOST_LETTERS
            assert "\n" not in shown.said
