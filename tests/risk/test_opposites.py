"""What counts as the other side of what we traded: contracts, complements and accounts."""

import msgspec
import pytest

from domain.ids import OrderRef, VenueName
from domain.orders import Side
from risk.opposites import Traded
from tests.risk.builders import instrument, market

REF = OrderRef("r1")
TWO_WAY, THREE_WAY = market(outcomes=2), market(outcomes=3)


@pytest.mark.parametrize(
    ("venue", "outcome", "side", "outcomes", "met"),
    [
        ("a", 0, Side.LAY, 2, True),
        ("a", 0, Side.BACK, 2, False),
        ("a", 1, Side.BACK, 2, True),  # a back of the second of two is a lay of the first
        ("a", 1, Side.LAY, 2, False),
        ("a", 1, Side.BACK, 3, False),
        ("a", 1, Side.LAY, 3, False),
        ("a.second", 0, Side.LAY, 2, True),
        ("a.second", 1, Side.BACK, 2, True),
        ("b", 0, Side.LAY, 2, False),
    ],
)
@pytest.mark.parametrize("own", [False, True])
def test_a_back_of_the_first_outcome_at_one_exchange_was_matched(
    venue: str, outcome: int, side: Side, outcomes: int, met: bool, own: bool
) -> None:
    """Whether each outcome has a venue market of its own makes no difference."""
    question = market(outcomes=outcomes)
    traded = Traded()
    traded.note(REF, Side.BACK, instrument("a", 0, own=own).listing, question, 100)
    asked = instrument(venue, outcome, own=own).listing
    assert traded.against(side, asked, question, since_ns=99) == (REF if met else None)
    assert traded.against(side, asked, question, since_ns=100) is None


def test_two_winners_make_no_complement() -> None:
    both = msgspec.structs.replace(TWO_WAY, winners=2)
    traded = Traded()
    traded.note(REF, Side.BACK, instrument("a", 0).listing, both, 100)
    assert traded.against(Side.BACK, instrument("a", 1).listing, both, since_ns=0) is None


def test_a_settled_market_is_forgotten_at_its_exchange_alone() -> None:
    traded = Traded()
    for venue in ("a", "b"):
        traded.note(REF, Side.BACK, instrument(venue, 2).listing, THREE_WAY, 100)
    traded.forget(VenueName("a.second"), THREE_WAY)
    met = [traded.against(Side.LAY, instrument(venue, 2).listing, THREE_WAY, since_ns=0) for venue in ("a", "b")]
    assert met == [None, REF]
