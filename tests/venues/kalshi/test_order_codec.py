"""Orders and matches as facts: sides in all their words, costs, what is gone, and figures that cannot be."""

import json
from typing import Any

import msgspec
import pytest

from domain.messages import OrderReported
from domain.orders import Evidence, Side
from tests.venues.kalshi.desk import R1, match, order
from venues.errors import PeerBroke
from venues.kalshi.order_codec import (
    FillRow,
    OrderRow,
    UserFill,
    UserOrder,
    fill_of,
    order_frames,
    order_reported,
    side_of,
)


def row(**changes: Any) -> OrderRow:
    return msgspec.convert(order(**changes), OrderRow)


def fill(**changes: Any) -> FillRow:
    return msgspec.convert(match(**changes), FillRow)


def reported(by_us: bool = True, **changes: Any) -> OrderReported:
    return order_reported(row(**changes), R1, Evidence.PUSH, by_us=by_us)


@pytest.mark.parametrize(
    ("words", "side"),
    [
        ({"book_side": "bid"}, Side.BACK),
        ({"book_side": "ask", "outcome_side": "no"}, Side.LAY),
        ({"outcome_side": "yes"}, Side.BACK),
        ({"outcome_side": "no"}, Side.LAY),
        ({"action": "buy", "side": "yes"}, Side.BACK),
        ({"action": "sell", "side": "yes"}, Side.LAY),
        ({"action": "buy", "side": "no"}, Side.LAY),
        ({"action": "sell", "side": "no"}, Side.BACK),
    ],
)
def test_a_side_is_known_in_every_wording(words: dict[str, str], side: Side) -> None:
    assert side_of(OrderRow("v1", "T", "resting", **words)) is side


def test_an_order_without_a_side_breaks_the_peer() -> None:
    with pytest.raises(PeerBroke, match="side"):
        side_of(OrderRow("v1", "T", "resting"))


def test_a_match_is_contracts_at_the_yes_price_with_the_fee_that_was_charged() -> None:
    found = fill_of(fill(count_fp="4.00", yes_price_dollars="0.5200", fee_cost="0.0699", is_taker=True))
    assert (found.id, found.size_micros, found.claims_micros, found.cost_micros) == (
        "t1",
        4_000_000,
        4_000_000,
        2_080_000,
    )
    assert (found.fee_micros, found.maker, found.venue_ms) == (69_900, False, 1_781_159_000_500)


def test_a_list_names_a_match_and_its_time_in_other_words() -> None:
    found = fill_of(fill(name="", fill_id="t1", ts_ms=0, created_time="2026-06-11T06:29:30.164956Z"))
    assert (found.id, found.venue_ms) == ("t1", 1_781_159_370_164)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"count_fp": "0.00"},
        {"count_fp": "-1.00"},
        {"yes_price_dollars": "1.0000"},
        {"yes_price_dollars": "0.47005"},
    ],
)
def test_a_match_that_cannot_be_breaks_the_peer(changes: dict[str, Any]) -> None:
    with pytest.raises(PeerBroke, match="fill"):
        fill_of(fill(**changes))


def test_a_resting_order_reports_what_is_matched_and_nothing_gone() -> None:
    said = reported(
        fill_count_fp="4.00", remaining_count_fp="6.00", maker_fill_cost_dollars="1.88", maker_fees_dollars="0.0175"
    )
    assert (said.matched_micros, said.claims_micros, said.cost_micros, said.fee_micros) == (
        4_000_000,
        4_000_000,
        1_880_000,
        17_500,
    )
    assert (said.cancelled_micros, said.lapsed_micros, said.closed, said.venue_order_id) == (0, 0, False, "v1")


def test_a_report_has_no_time_so_that_no_match_counts_twice() -> None:
    assert reported().as_of_ms == 0


@pytest.mark.parametrize(("by_us", "cancelled", "lapsed"), [(True, 6_000_000, 0), (False, 0, 6_000_000)])
@pytest.mark.parametrize("remaining", ["0.00", "6.00"])
def test_what_is_gone_of_a_cancelled_order_is_initial_less_matched(by_us, cancelled, lapsed, remaining) -> None:
    said = reported(by_us, status="canceled", fill_count_fp="4.00", remaining_count_fp=remaining)
    assert (said.cancelled_micros, said.lapsed_micros, said.closed) == (cancelled, lapsed, True)


def test_an_order_that_was_made_smaller_lost_the_difference() -> None:
    said = reported(fill_count_fp="1.00", remaining_count_fp="6.00")
    assert (said.matched_micros, said.cancelled_micros, said.closed) == (1_000_000, 3_000_000, False)


def test_an_order_that_was_matched_for_more_than_its_initial_count_says_so() -> None:
    said = reported(fill_count_fp="11.00", remaining_count_fp="0.00", status="executed")
    assert (said.matched_micros, said.cancelled_micros, said.closed) == (11_000_000, 0, True)


def test_a_bid_costs_what_the_venue_says() -> None:
    said = reported(
        yes_price_dollars="0.9900",
        fill_count_fp="1.00",
        remaining_count_fp="0.00",
        initial_count_fp="1.00",
        status="executed",
        taker_fill_cost_dollars="0.520000",
        taker_fees_dollars="0.017500",
    )
    assert (said.cost_micros, said.fee_micros, said.closed) == (520_000, 17_500, True)


@pytest.mark.parametrize("venue_cost", ["5.000000", "3.000000"])
def test_an_ask_is_taken_at_its_limit_until_its_matches_are_told(venue_cost: str) -> None:
    ask = row(
        book_side="ask",
        yes_price_dollars="0.4000",
        fill_count_fp="8.00",
        remaining_count_fp="2.00",
        taker_fill_cost_dollars=venue_cost,
    )
    assert order_reported(ask, R1, Evidence.PULL, by_us=True).cost_micros == 3_200_000
    matches = (fill_of(fill(count_fp="8.00", yes_price_dollars="0.4500")),)
    assert order_reported(ask, R1, Evidence.PULL, by_us=True, fills=matches).cost_micros == 3_600_000


def test_a_missing_fee_is_no_statement_of_no_fee() -> None:
    assert reported(taker_fees_dollars=None, maker_fees_dollars=None).fee_micros is None


@pytest.mark.parametrize(
    "changes", [{"fill_count_fp": "-1.00"}, {"remaining_count_fp": "-1.00"}, {"initial_count_fp": "-1.00"}]
)
def test_figures_that_cannot_be_break_the_peer(changes: dict[str, Any]) -> None:
    with pytest.raises(PeerBroke, match="order v1"):
        reported(**changes)


def test_messages_carry_numbers_as_text_too() -> None:
    text = json.dumps({"type": "user_order", "sid": "2", "seq": "7", "msg": order()}).encode()
    found = order_frames.decode(text)
    assert isinstance(found, UserOrder)
    assert (found.sid, found.seq) == (2, 7)


def test_the_venues_own_examples_are_read(shared) -> None:
    yaml = pytest.importorskip("yaml")
    spec = yaml.safe_load((shared / "venues/kalshi/asyncapi-2026-08-22.yaml").read_text(encoding="utf-8"))
    kinds = {"fill": UserFill, "userOrder": UserOrder}
    for name, kind in kinds.items():
        for example in spec["components"]["messages"][name]["examples"]:
            found = order_frames.decode(json.dumps(example["payload"]).encode())
            assert isinstance(found, kind)
            if isinstance(found, UserOrder):
                order_reported(found.msg, R1, Evidence.PUSH, by_us=True)
            else:
                assert fill_of(found.msg).id == example["payload"]["msg"]["trade_id"]
