"""Conduct that looks like what must not be is told once an hour and market; honest quoting is not."""

import pytest

from domain.ids import MarketId, VenueMarketId, VenueName
from domain.orders import Side
from risk.conduct import HOUR_NS, RESTS_KEPT, Conduct, ConductRules
from risk.opposites import Contract

PLACE = VenueName("a"), VenueMarketId("match")
CUP = VenueName("a"), VenueMarketId("cup")
ON: dict[Side, Contract] = {side: ("a", MarketId("match"), 1, side) for side in Side}
SECOND = 1_000_000_000
RULES = ConductRules(messages_min=10, messages_per_match=5, rest_ms_min=200, layers=3, layering_s=10)


def told(conduct: Conduct) -> list[tuple[str, str]]:
    return [(one.about, one.subject) for one in conduct.alerts()]


def pull(conduct: Conduct, at_s: float, *, side: Side = Side.BACK, rested_s: float = 1.0) -> None:
    conduct.cancelled(PLACE, ON[side], rested_ns=int(rested_s * SECOND), now_ns=int(at_s * SECOND))


def test_many_messages_for_no_match_are_told_once_an_hour() -> None:
    conduct = Conduct(RULES)
    for n in range(9):
        conduct.placed(PLACE, n * SECOND)
        conduct.placed(CUP, n * SECOND)
    assert told(conduct) == []
    conduct.placed(PLACE, 9 * SECOND)
    assert told(conduct) == [("order_to_trade", "match")]
    conduct.placed(PLACE, 10 * SECOND)
    assert told(conduct) == []
    for n in range(10):
        conduct.placed(PLACE, HOUR_NS + n * SECOND)
    assert told(conduct) == [("order_to_trade", "match")]


def test_messages_that_lead_to_matches_are_no_finding() -> None:
    conduct = Conduct(RULES)
    for n in range(40):
        if n % 5 == 0:
            conduct.matched(PLACE, ON[Side.BACK], n * SECOND)
        conduct.placed(PLACE, n * SECOND)
    assert told(conduct) == []


def test_orders_that_hardly_rest_are_told() -> None:
    conduct = Conduct(ConductRules())
    for n in range(RESTS_KEPT):
        pull(conduct, n, rested_s=0.199 if n % 2 else 0.2)
    assert told(conduct) == []
    pull(conduct, RESTS_KEPT + 1, rested_s=0.199)
    assert told(conduct) == [("short_rest", "match")]


def test_a_match_on_one_side_while_fresh_orders_on_the_other_vanish_is_told() -> None:
    conduct = Conduct(RULES)
    conduct.matched(PLACE, ON[Side.LAY], 5 * SECOND)
    for at_s in (6, 7):
        pull(conduct, at_s)
    assert told(conduct) == []
    pull(conduct, 15)
    assert told(conduct) == [("layering", "match")]


def test_the_match_may_come_last() -> None:
    conduct = Conduct(RULES)
    for at_s in (1, 2, 3):
        pull(conduct, at_s)
    conduct.matched(PLACE, ON[Side.LAY], 11 * SECOND)
    assert told(conduct) == [("layering", "match")]


def test_quotes_of_the_same_side_old_ones_and_late_ones_are_no_layers() -> None:
    conduct = Conduct(RULES)
    conduct.matched(PLACE, ON[Side.LAY], 5 * SECOND)
    for at_s in (6, 7, 8):
        pull(conduct, at_s, side=Side.LAY)
        pull(conduct, at_s, rested_s=10.1)
    for at_s in (16, 17, 18):
        pull(conduct, at_s)
    assert told(conduct) == []


def test_a_settled_market_begins_anew_and_no_other_one_does() -> None:
    conduct = Conduct(RULES)
    for n in range(9):
        conduct.placed(PLACE, n * SECOND)
        conduct.placed(CUP, n * SECOND)
    conduct.matched(PLACE, ON[Side.LAY], 9 * SECOND)
    for at_s in (9, 9):
        pull(conduct, at_s)
    assert ("order_to_trade", "match") in told(conduct)
    conduct.forget(PLACE, [ON[Side.BACK]])
    pull(conduct, 10)
    conduct.placed(PLACE, 10 * SECOND)
    assert told(conduct) == []
    conduct.placed(CUP, 10 * SECOND)
    assert told(conduct) == [("order_to_trade", "cup")]


@pytest.mark.parametrize("wrong", [0, 10**30])
def test_a_rule_that_no_counter_holds_is_refused_at_the_start(wrong: int) -> None:
    with pytest.raises(ValueError, match="layers must be at least 1 and at most"):
        ConductRules(layers=wrong)
