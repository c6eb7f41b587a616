"""Hostile input quarantines one session only: a venue that lies stops neither the desk nor its trade elsewhere."""

import pytest

from tests.fuzz.hostile import play
from venues.registry import DEMOS

SEEDS = {"betfair": 3, "kalshi": 24, "matchbook": 4, "lmsr": 2}
"""Those of the first three stopped the desk once: figures of no size in answers, and a price range that was none."""


@pytest.mark.parametrize("liar", DEMOS)
def test_a_venue_that_lies_stops_nobody(liar: str) -> None:
    outcome = play(liar, SEEDS.get(liar, 1), minutes=2.5)
    assert outcome.raised == ""
    assert outcome.lies > 5
    for venue, orders in outcome.orders.items():
        if venue != liar:
            assert orders > 5, venue
