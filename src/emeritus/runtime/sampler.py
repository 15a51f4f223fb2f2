"""The sampler whose choices anybody can repeat: Gumbel-max with keyed noise.

The token at a position is the one with the largest `logprob / temperature + noise`, where the
noise is a function of seed, position and token alone. Whoever has the weights, the prompt and the
seed can compute the same sum again, and sees by how much another token would have lost.
Method: fixed-seed Gumbel-max sampling, as in Token-DiFR (arXiv 2511.20621).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

from emeritus.foundation import Misconfigured
from emeritus.runtime.ports import Candidate

TOP = 256
"""How many of the likeliest tokens the choice is made from; a part of the sampler's name."""

SAMPLER = "gumbel-chacha20-top256/1"

_SEED_BYTES = 32
_WORD = 8
_HALF = 0.5
_UNIT = 2.0**-53


@dataclass(frozen=True, slots=True)
class Choice:
    """One candidate, with its sum of log-probability and noise."""

    candidate: Candidate
    score: float


@dataclass(frozen=True, slots=True)
class Sampler:
    """Chooses tokens.

    Args:
        seed: 32 bytes, the key of the noise.
        temperature: above 0, at most 2.

    Raises:
        Misconfigured: the seed or the temperature breaks these rules.
    """

    seed: bytes
    temperature: float

    def __post_init__(self) -> None:
        if len(self.seed) != _SEED_BYTES or not 0 < self.temperature <= 2:  # noqa: PLR2004
            raise Misconfigured(
                f"expected a seed of {_SEED_BYTES} bytes and a temperature above 0 and at most 2, "
                f"found {len(self.seed)} bytes and {self.temperature}"
            )

    def rank(self, position: int, candidates: Sequence[Candidate]) -> list[Choice]:
        """Return the candidates by their sums, the chosen one first; ties go to the lower id.

        Args:
            position: the place of the token in the answer, from 0.
            candidates: the likeliest next tokens.
        """
        stream = self._stream(position, max((one.token for one in candidates), default=0))
        choices = [
            Choice(one, one.logprob / self.temperature + _gumbel(stream, one.token))
            for one in candidates
        ]
        return sorted(choices, key=lambda one: (-one.score, one.candidate.token))

    def noise(self, position: int, token: int) -> float:
        """Return the Gumbel noise of a token at a position.

        ChaCha20 (RFC 8439) with the seed as key, the position as nonce (96 bits, big endian);
        the token's eight bytes of the key stream, little endian, are made a number in (0, 1),
        and that one into `-ln(-ln u)`.
        """
        return _gumbel(self._stream(position, token), token)

    def _stream(self, position: int, last: int) -> bytes:
        """Return the key stream of a position, as far as the token `last` reaches."""
        nonce = bytes(4) + position.to_bytes(12, "big")
        cipher = Cipher(ChaCha20(self.seed, nonce), mode=None).encryptor()
        return cipher.update(bytes((last + 1) * _WORD))


def _gumbel(stream: bytes, token: int) -> float:
    word = int.from_bytes(stream[token * _WORD : (token + 1) * _WORD], "little")
    return -math.log(-math.log(((word >> 11) + _HALF) * _UNIT))
