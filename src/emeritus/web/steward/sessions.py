"""Who is signed in: one key made at start, and sessions that live in memory only."""

import datetime as dt
import hmac
import secrets
import threading

from emeritus.foundation import Clock
from emeritus.web.errors import SignInClosed, WrongKey

MOST_WRONG_KEYS = 10
MOST_SESSIONS = 16
LONGEST_SESSION = dt.timedelta(hours=8)


class Sessions:
    """Knows the key and who showed it; safe for any thread, and gone when the program ends.

    Args:
        key: what a person must show, at least 128 random bits of it.
        clock: what time it is.
    """

    def __init__(self, key: str, clock: Clock) -> None:
        self._key = key.encode()
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._ends: dict[str, dt.datetime] = {}
        self._wrong = 0
        self._change = threading.Lock()

    def check_open(self) -> None:
        """See that a person can sign in; who is signed in already stays so.

        Raises:
            SignInClosed: too many wrong keys were tried.
        """
        if self._wrong >= MOST_WRONG_KEYS:
            raise SignInClosed(
                f"{MOST_WRONG_KEYS} wrong keys were tried, so nobody can sign in until "
                "'emeritus serve' is started again. It makes another key then."
            )

    def sign_in(self, key: str) -> str:
        """Begin a session and return its name, 256 random bits that no one can guess.

        Raises:
            WrongKey: that is not the key.
            SignInClosed: too many wrong keys were tried before.
        """
        with self._change:
            self.check_open()
            if not hmac.compare_digest(key.encode(), self._key):
                self._wrong += 1
                raise WrongKey(
                    "That is not the key. 'emeritus serve' printed it where it was started, and "
                    "makes another at every start."
                )
            return self._begin()

    def _begin(self) -> str:
        now = self._clock.now()
        self._ends = {name: end for name, end in self._ends.items() if now < end}
        while len(self._ends) >= MOST_SESSIONS:
            del self._ends[next(iter(self._ends))]
        name = secrets.token_urlsafe(32)
        self._ends[name] = now + LONGEST_SESSION
        return name

    def holds(self, name: str) -> bool:
        """Tell whether a session of that name is under way."""
        with self._change:
            end = self._ends.get(name)
            return end is not None and self._clock.now() < end

    def sign_out(self, name: str) -> None:
        """End a session; again is harmless."""
        with self._change:
            self._ends.pop(name, None)

    def token(self, name: str) -> str:
        """Return what every form of a session carries; another site cannot know it."""
        return hmac.new(self._secret, name.encode(), "sha256").hexdigest()

    def is_token(self, name: str, said: str) -> bool:
        """Tell whether a form is one of that session's."""
        return hmac.compare_digest(self.token(name).encode(), said.encode())
