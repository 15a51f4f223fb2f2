"""What breaks the rules of its type is refused before it is entered: it could not be read again."""

import datetime as dt
from pathlib import Path

import pytest

from emeritus.access import review_safety
from emeritus.foundation import UserError
from emeritus.lifecycle import Plan, announce
from emeritus.record import EntryInvalid
from tests.conversation.rooms import house_with_model
from tests.journeys.houses import NAME, verify


def test_words_that_are_too_long_are_refused_and_the_record_stays_readable(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    day = (house.clock.now().date() + dt.timedelta(days=1)).isoformat()
    size = house.record.log.checkpoint()
    plan = Plan("cost", "x" * 8_001, day, "vaulted", "here")
    with pytest.raises(EntryInvalid, match="nothing was entered"):
        announce(house.record, NAME, plan, actor="steward", clock=house.clock)
    for words in ("", "y" * 8_001):
        with pytest.raises(UserError):
            review_safety(
                house.record, NAME, role="safety", finding="passed", words=words, actor="safety"
            )
    assert house.record.log.checkpoint() == size
    assert house.record.rebuild().differing == ()
    assert verify(house.home / "store").is_whole
