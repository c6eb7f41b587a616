"""A consumer's memory: each event has one effect, and a missing one is noticed."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from storage.stream.broker import Missed, Once
from tests.storage.stream.streams import effects, is_ordered_by_key
from tests.storage.stream.test_schema import EVENT

STREAM = [
    replace(EVENT, seq=seq, id=f"r:{seq}", key=key, previous_seq=previous)
    for seq, key, previous in (
        (1, "desk", 0),
        (2, "cup", 0),
        (3, "cup", 2),
        (4, "league", 0),
        (5, "cup", 3),
        (6, "desk", 1),
    )
]


@given(st.integers(0, 2**32), st.integers(0, 6))
def test_whatever_is_sent_again_each_event_has_one_effect(seed: int, again: int) -> None:
    chance = random.Random(seed)
    delivered = list(STREAM)
    for _ in range(again):
        since = chance.randrange(len(STREAM))
        at = chance.randrange(since + 1, len(delivered) + 1)
        delivered[at:at] = STREAM[: since + 1]
    once = Once()
    try:
        acted = [event.seq for event in delivered if once.takes(event)]
    except Missed:
        pytest.fail("nothing was missing")
    assert sorted(acted) == [1, 2, 3, 4, 5, 6]


def test_a_missing_event_is_noticed() -> None:
    with pytest.raises(Missed, match="event 3 of cup should have come before it"):
        effects([event for event in STREAM if event.seq != 3])


def test_runs_are_told_apart() -> None:
    other = [replace(event, run="other", id=f"other:{event.seq}") for event in STREAM]
    mixed = [event for pair in zip(STREAM, other, strict=True) for event in pair]
    assert effects(mixed) == [seq for seq in range(1, 7) for _ in "ab"]
    assert is_ordered_by_key(STREAM)
    assert not is_ordered_by_key([STREAM[2], STREAM[1]])
