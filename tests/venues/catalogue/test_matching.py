"""Made listings of two seeds: no wrong pair, most right ones found, and nothing that depends on the order of things."""

import random

import pytest

from tests.venues.catalogue.made_listings import made_listings
from tests.venues.catalogue.matching import EMPTY, judged, measured
from venues.catalogue.matching import Standing, match


@pytest.mark.parametrize("seed", [1, 2])
def test_no_wrong_pair_is_made_and_most_right_ones_are(seed: int) -> None:
    told = measured(seed)
    assert told.games > 300
    assert told.wrong == []
    assert told.recall > 0.7
    assert told.right + told.waiting > 0.95 * told.true_pairs


def test_the_order_of_listings_changes_nothing() -> None:
    made = made_listings(3, rounds=1)
    once = match(EMPTY, made.events)
    random.Random(1).shuffle(made.events)
    assert match(EMPTY, made.events) == once


def test_a_measure_that_mixes_two_games_up_says_so() -> None:
    """The judge itself: a market in which the draws of two games stand together is wrong."""
    made = made_listings(3, rounds=1)
    found = match(EMPTY, made.events)
    sure = [pair for pair in found.pairs if pair.standing is Standing.CONFIDENT and pair.venue == "odds"]
    one, other = sure[0], next(pair for pair in sure[1:] if pair.market != sure[0].market)
    keys = {"/".join(key): key for key in made.truth}
    for mine, theirs in zip(one.selections, other.selections, strict=False):
        made.truth[keys[mine]] = made.truth[keys[theirs]]
    assert judged(made, found).wrong
