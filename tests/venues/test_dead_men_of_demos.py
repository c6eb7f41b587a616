"""What the configuration says of a venue's dead man is what the demo arms: one that is off must not look set."""

import pytest

from domain.ids import MarketId, SelectionId, VenueMarketId, VenueName
from domain.markets import Listing
from tests.venues.hands import HandNetwork
from venues.base import Endpoint
from venues.registry import DEMOS
from venues.sim.demo import Wiring

PORTS = {role: Endpoint(role, 443, True) for role in ("rest", "ws", "fix", "stream", "feed")}
LISTING = Listing(
    VenueName("betfair"), VenueMarketId("1.200000001"), SelectionId("47972"), MarketId("match"), outcome=0
)
KEYS = {"betfair": "dead_man_s", "kalshi": "expires_s", "matchbook": "heartbeat_s"}


def armed(venue: str, **table: object) -> int:
    listings = (LISTING,) if venue == LISTING.venue else ()  # one venue is asked for markets by name
    wiring = Wiring(listings, PORTS, HandNetwork(), lambda _: None, lambda: 0, lambda: 0.5, settings=table)
    return DEMOS[VenueName(venue)]().open_venue(wiring).capabilities.dead_man_s


@pytest.mark.parametrize(("venue", "key"), KEYS.items())
def test_a_demo_arms_what_its_configuration_says(venue: str, key: str) -> None:
    assert [armed(venue, **{key: seconds}) for seconds in (30, 60, 0)] == [30, 60, 0]
    assert armed(venue, **{key: "45"}) == 45, "a command line sets text"


@pytest.mark.parametrize(("venue", "key"), KEYS.items())
def test_what_the_venue_does_not_offer_is_refused(venue: str, key: str) -> None:
    for wrong in (3, -1, "soon"):
        with pytest.raises(ValueError, match=f"{key}|int"):
            armed(venue, **{key: wrong})
