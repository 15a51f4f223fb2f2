"""A plain executor that computes nothing: of any GGUF file it says what it was told to say."""

from pathlib import Path

from emeritus.runtime import Fingerprint, PlainFigures, PlainRun, PlainWord

_PROGRAM = b"# a program that was never run\n"


class ScriptedExecutor:
    """The `PlainExecutor` of tests.

    Args:
        word: how every plain run of a GGUF file ends.
    """

    def __init__(self, word: PlainWord = PlainWord.AGREES) -> None:
        self._word = word

    def run(self, file: Path, fingerprint: Fingerprint) -> PlainRun:
        """Say the word, with figures where it has some; see the port."""
        try:
            with file.open("rb") as stream:
                known = stream.read(4) == b"GGUF"
        except OSError:
            known = False
        if not known:
            return PlainRun(PlainWord.NOT_RUN, "it is no GGUF file", _PROGRAM)
        if self._word not in (PlainWord.AGREES, PlainWord.DIFFERS):
            return PlainRun(self._word, "as the script says", _PROGRAM)
        tokens = len(fingerprint.answers[0].steps)
        same = tokens if self._word is PlainWord.AGREES else 0
        said = f"{same} of {tokens} tokens are the same"
        return PlainRun(self._word, said, _PROGRAM, PlainFigures(tokens, same, 0.0))
