"""Lines of account statements against what was booked: of an order's matches, and of a settled market."""

import pytest
from msgspec.structs import replace

from domain.ids import Currency, VenueMarketId, VenueName
from domain.messages import MarketSettled
from domain.orders import Order, Side
from oms.blotter import Blotter
from recon.statement_lines import compare_lines_of_market, compare_lines_of_order
from tests.builders import REF, capabilities, facts, instrument, place

ONE, MATCH, GBP = VenueName("one"), VenueMarketId("match"), Currency("GBP")
HOME = instrument()


def order(story: str) -> Order:
    blotter = Blotter({HOME.id: HOME}, {ONE: capabilities()})
    for body in (place("BACK 10 @ 2.00"), *facts(story)):
        blotter.apply(body, 0)
    found = blotter.orders.get(REF)
    assert found is not None
    return found


def told(ours: Order, lines: int, micros: int) -> list[tuple[str, str, int, int]]:
    found = compare_lines_of_order(ours, venue=ONE, venue_market=MATCH, currency=GBP, lines=lines, theirs_micros=micros)
    return [(one.key, str(one.kind), one.money_micros, one.apart_micros) for one in found]


@pytest.mark.parametrize(
    ("lines", "micros", "kind"),
    [
        (2, 7_000_000, None),
        (1, 4_000_000, "EXTRA_FILL"),
        (0, 0, "EXTRA_FILL"),
        (3, 8_000_000, "MISSING_FILL"),
        (2, 7_000_001, "PRICE"),
    ],
)
def test_lines_of_matches_say_which_way_an_order_s_books_are_wrong(lines: int, micros: int, kind: str | None) -> None:
    apart = micros - 7_000_000
    expected = [] if kind is None else [(f"{REF}/lines", kind, abs(apart), apart)]
    assert told(order("accept v1; fill f1 4; fill f2 3"), lines, micros) == expected


def test_where_not_each_match_is_known_the_money_says_what_is_missing() -> None:
    ours = order("accept v1; fill f1 4; report 7")
    assert told(ours, 2, 7_000_000) == []
    assert told(ours, 2, 9_000_000)[0][1] == "MISSING_FILL"
    assert told(ours, 1, 4_000_000)[0][1] == "EXTRA_FILL"


def test_a_lay_s_matches_cost_what_the_other_side_of_the_contract_costs() -> None:
    lay = replace(order("accept v1; fill f1 4"), side=Side.LAY)
    assert told(lay, 1, lay.claims_micros - lay.cost_micros) == []


def test_lines_of_the_wrong_orders_that_come_to_the_right_sum_are_a_break() -> None:
    posted = MarketSettled(ONE, MATCH, "s1", 5_000_000, 0, {})
    same = {"profit_micros": 5_000_000, "commission_micros": 0}
    assert compare_lines_of_market(posted, **same, currency=GBP, detail="") == []
    (found,) = compare_lines_of_market(
        posted, **same, currency=GBP, detail=", a ours 1, theirs 2", crossed_micros=70_000
    )
    assert (str(found.kind), found.money_micros, found.apart_micros) == ("RESULT", 70_000, 0)
