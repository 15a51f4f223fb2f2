import hashlib

import pytest
from blake3 import blake3

from emeritus.vault.codec.following import FollowingHash


def test_hashes_that_follow_are_those_of_all_the_bytes_in_order() -> None:
    data = [bytes([number]) * (number * 1_000) for number in range(100)]
    slow, fast = hashlib.sha256(), blake3()
    with FollowingHash(slow, fast) as following:
        for one in data:
            following.update(memoryview(one))
        following.catch_up()
    assert slow.hexdigest() == hashlib.sha256(b"".join(data)).hexdigest()
    assert fast.hexdigest() == blake3(b"".join(data)).hexdigest()


class Broken:
    def update(self, _data: bytes | memoryview, /) -> None:
        raise OSError(5, "a hash that cannot be")


def test_a_failure_in_the_thread_is_raised_where_the_bytes_come_from() -> None:
    with FollowingHash(Broken()) as following:
        following.update(b"x")
        with pytest.raises(OSError, match="cannot be"):
            following.catch_up()
