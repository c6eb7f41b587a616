"""The gate refuses each cause by its own name, and never approves what passes a cap."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.book import Book
from domain.ids import EventId, OrderRef
from domain.markets import Instrument, MarketStatus
from domain.messages import Levels
from domain.money import parse_micros
from domain.odds import ladder
from domain.operators import KillLevel
from domain.orders import Order, Side, TimeInForce
from risk.checks import Context, PositionRoom, crosses, position_room
from risk.exposure import Exposure, Position
from risk.gate import Gate
from risk.limits import Limits
from risk.refusals import MEANINGS
from risk.verdicts import Approved, Passing, RefusalReason, Refused
from tests.risk.builders import PAR, child, instrument, market, order, taking

GAME = EventId("game")
UNIT = 1_000_000
SECOND = 1_000_000_000
WIDE = 10**15
LIMITS = Limits(
    cap_order_micros=WIDE,
    cap_market_micros=WIDE,
    cap_event_micros=WIDE,
    cap_total_micros=WIDE,
    cap_day_micros=WIDE,
    collar_fair_e9=100_000_000,
    collar_book_e9=50_000_000,
    orders_per_second=3,
    open_orders_max=10,
)
ON = instrument("a", 0)


def book(*, back: str = "2.00", lay: str = "2.04", on: Instrument = ON) -> Book:
    """A fresh book with one level a side; an empty text is an empty side."""
    ours = Book(ladder(on.terms.kind, on.terms.bands))

    def level(text: str) -> list[tuple[int, int]]:
        return [(ours.ladder.tick_by_price[parse_micros(text) // 10_000], 50 * UNIT)] if text else []

    ours.apply(Levels(on.id, level(back), level(lay), image=True), 10 * SECOND)
    return ours


def context(**changes: Any) -> Context:
    return Context(
        **{
            "instrument": ON,
            "book": book(),
            "status": MarketStatus.OPEN,
            "in_play": False,
            "selection_removed": False,
            "market_version": 5,
            "session_proven": True,
            "breaker_open": False,
            "kill": KillLevel.NONE,
            "proven_ns": 10 * SECOND,
            "stale_after_ns": SECOND,
            "rate_e8": PAR,
            "fair_e9": 500_000_000,
            "resting": (),
            "available_micros": WIDE,
            "tokens": 1,
            "open_orders": 0,
            "sent_ns": (),
            "day_loss_micros": 0,
            "now_ns": 10 * SECOND,
            **changes,
        }
    )


def judged(
    text: str,
    *,
    holding: tuple[Order, ...] = (),
    limits: dict[str, Any] | None = None,
    tif: TimeInForce = TimeInForce.REST,
    **changes: Any,
) -> str:
    """The reason of a refusal, "approved" if there is none."""
    exposure = Exposure([market()])
    for held in holding:
        exposure.update(None, held, ON, PAR)
    asked = msgspec.structs.replace(child(text, ON), tif=tif)
    verdict = Gate(msgspec.structs.replace(LIMITS, **limits or {}), exposure).judge(asked, context(**changes))
    return verdict.reason if isinstance(verdict, Refused) else "approved"


LONG = (order("BACK 100 @ 2.00", ON, matched="100"),)
LATE = (10 * SECOND,) * 3
DOUBTED = book()
DOUBTED.doubt()
EMPTY = book(back="", lay="")
SOLD = OrderRef("sold")


@pytest.mark.parametrize(
    ("text", "situation", "reason"),
    [
        ("BACK 10 @ 2.00", {}, "approved"),
        ("BACK 10 @ 2.00", {"kill": KillLevel.NO_NEW_RISK}, RefusalReason.KILL_NO_NEW_RISK),
        ("LAY 10 @ 2.00", {"kill": KillLevel.NO_NEW_RISK, "holding": LONG}, "approved"),
        ("LAY 300 @ 2.00", {"kill": KillLevel.NO_NEW_RISK, "holding": LONG}, RefusalReason.KILL_NO_NEW_RISK),
        ("LAY 10 @ 2.00", {"kill": KillLevel.REDUCE_ONLY, "holding": LONG}, "approved"),
        ("LAY 200 @ 2.00", {"kill": KillLevel.NO_NEW_RISK, "holding": LONG}, "approved"),
        ("LAY 200 @ 2.00", {"kill": KillLevel.REDUCE_ONLY, "holding": LONG}, RefusalReason.KILL_REDUCE_ONLY),
        ("BACK 10 @ 2.00", {"kill": KillLevel.REDUCE_ONLY, "holding": LONG}, RefusalReason.KILL_REDUCE_ONLY),
        ("LAY 10 @ 2.00", {"kill": KillLevel.CANCEL_ALL, "holding": LONG}, RefusalReason.KILL_CANCEL_ALL),
        ("LAY 10 @ 2.00", {"kill": KillLevel.FLATTEN, "holding": LONG}, "approved"),
        ("BACK 10 @ 2.00", {"kill": KillLevel.FLATTEN}, RefusalReason.KILL_REDUCE_ONLY),
        ("BACK 10 @ 2.00", {"breaker_open": True}, RefusalReason.VENUE_BREAKER),
        ("BACK 10 @ 2.00", {"session_proven": False}, RefusalReason.SESSION_UNPROVEN),
        ("BACK 10 @ 2.00", {"status": MarketStatus.SUSPENDED}, RefusalReason.MARKET_NOT_OPEN),
        ("BACK 10 @ 2.00", {"status": MarketStatus.INACTIVE}, RefusalReason.MARKET_NOT_OPEN),
        ("BACK 10 @ 2.00", {"status": MarketStatus.CLOSED}, RefusalReason.MARKET_NOT_OPEN),
        ("BACK 10 @ 2.00", {"selection_removed": True}, RefusalReason.SELECTION_REMOVED),
        ("BACK 10 @ 2.00", {"in_play": True}, "approved"),
        ("BACK 10 @ 2.00", {"in_play": True, "limits": {"in_play": False}}, RefusalReason.IN_PLAY),
        ("BACK 10 @ 2.00", {"book": DOUBTED}, RefusalReason.BOOK_DOUBTED),
        ("BACK 10 @ 2.00", {"now_ns": 11 * SECOND}, "approved"),
        ("BACK 10 @ 2.00", {"now_ns": 11 * SECOND + 1}, RefusalReason.BOOK_STALE),
        ("BACK 10 @ 2.00", {"book": book(back="2.02", lay="2.02")}, RefusalReason.BOOK_CROSSED),
        ("BACK 10 @ 2.01", {}, RefusalReason.PRICE_OFF_LADDER),
        ("BACK 10.005 @ 2.00", {}, RefusalReason.SIZE_OFF_LOT),
        ("BACK 10 @ 2.00", {"tif": TimeInForce.STARTING_PRICE}, RefusalReason.NO_STARTING_PRICE),
        ("BACK 0.99 @ 2.00", {}, RefusalReason.SIZE_BELOW_MINIMUM),
        ("BACK 0 @ 2.00", {}, RefusalReason.SIZE_BELOW_MINIMUM),
        ("BACK 10 @ 1.67", {"limits": {"collar_book_e9": 10**9}}, "approved"),
        ("BACK 10 @ 1.66", {}, RefusalReason.COLLAR_FAIR_VALUE),
        ("BACK 10 @ 2.50", {}, "approved"),
        ("BACK 10 @ 2.52", {}, RefusalReason.COLLAR_FAIR_VALUE),
        ("BACK 10 @ 1.82", {"fair_e9": None}, "approved"),
        ("BACK 10 @ 1.81", {"fair_e9": None}, RefusalReason.COLLAR_BOOK),
        ("BACK 10 @ 1000", {"fair_e9": None}, "approved"),
        ("LAY 10 @ 2.26", {"fair_e9": None}, "approved"),
        ("LAY 10 @ 2.28", {"fair_e9": None}, RefusalReason.COLLAR_BOOK),
        ("LAY 10 @ 1.01", {"fair_e9": None}, "approved"),
        ("BACK 10 @ 1.86", {"fair_e9": None, "book": book(back="")}, "approved"),
        ("BACK 10 @ 1.85", {"fair_e9": None, "book": book(back="")}, RefusalReason.COLLAR_BOOK),
        ("BACK 10 @ 2.00", {"fair_e9": None, "book": EMPTY}, RefusalReason.COLLAR_UNREFERENCED),
        ("BACK 10 @ 2.00", {"book": EMPTY}, "approved"),
        ("BACK 10 @ 2.00", {"resting": (order("LAY 5 @ 2.00", ON),)}, RefusalReason.SELF_MATCH),
        ("BACK 10 @ 2.02", {"resting": (order("LAY 5 @ 2.00", ON),)}, "approved"),
        ("BACK 10 @ 2.00", {"resting": (order("LAY 5 @ 2.00", ON, rejected=True),)}, "approved"),
        ("BACK 10 @ 2.00", {"resting": (order("LAY 5 @ 2.00", ON, unknown=True),)}, RefusalReason.SELF_MATCH),
        ("BACK 10 @ 2.00", {"opposite": SOLD}, RefusalReason.OPPOSITE_TRADE),
        ("BACK 10 @ 2.02", {"opposite": SOLD}, "approved"),  # it rests: the book has 2.00 for it
        ("BACK 10 @ 2.02", {"opposite": SOLD, "tif": TimeInForce.IMMEDIATE}, RefusalReason.OPPOSITE_TRADE),
        ("LAY 10 @ 2.04", {"opposite": SOLD}, RefusalReason.OPPOSITE_TRADE),
        ("LAY 10 @ 2.02", {"opposite": SOLD}, "approved"),
        ("LAY 10 @ 2.04", {"opposite": SOLD, "holding": LONG}, "approved"),
        ("BACK 10 @ 2.00", {"opposite": SOLD, "book": EMPTY}, "approved"),
        ("BACK 10 @ 2.00", {"open_orders": 10}, RefusalReason.OPEN_ORDERS),
        ("BACK 10 @ 2.00", {"sent_ns": (9 * SECOND + 1,) * 3}, RefusalReason.ORDER_RATE),
        ("BACK 10 @ 2.00", {"sent_ns": (9 * SECOND, 10 * SECOND, 10 * SECOND)}, "approved"),
        ("BACK 10 @ 2.00", {"tokens": 0}, RefusalReason.VENUE_BUDGET),
        ("BACK 10 @ 2.00", {"limits": {"position_claims_micros": 20 * UNIT}}, "approved"),
        ("BACK 10.01 @ 2.00", {"limits": {"position_claims_micros": 20 * UNIT}}, RefusalReason.POSITION_LIMIT),
        ("BACK 10 @ 2.00", {"available_micros": 10 * UNIT}, "approved"),
        ("BACK 10 @ 2.00", {"available_micros": 10 * UNIT - 1}, RefusalReason.BALANCE),
        ("LAY 10 @ 2.02", {"available_micros": 10 * UNIT}, RefusalReason.BALANCE),
        ("BACK 10 @ 2.00", {"limits": {"cap_order_micros": 10 * UNIT}}, "approved"),
        ("BACK 10 @ 2.00", {"limits": {"cap_order_micros": 10 * UNIT - 1}}, RefusalReason.CAP_ORDER),
        ("BACK 10 @ 2.00", {"limits": {"cap_market_micros": 10 * UNIT - 1}}, RefusalReason.CAP_MARKET),
        ("BACK 10 @ 2.00", {"limits": {"cap_event_micros": 10 * UNIT - 1}}, RefusalReason.CAP_EVENT),
        ("BACK 10 @ 2.00", {"limits": {"cap_total_micros": 10 * UNIT - 1}}, RefusalReason.CAP_TOTAL),
        ("BACK 10 @ 2.00", {"limits": {"cap_day_micros": 12 * UNIT}, "day_loss_micros": 2 * UNIT}, "approved"),
        ("BACK 10 @ 2.00", {"limits": {"cap_day_micros": 12 * UNIT}, "day_loss_micros": 3 * UNIT}, "cap_day"),
        ("BACK 10 @ 2.00", {"limits": {"cap_day_micros": 9 * UNIT}, "day_loss_micros": -5 * UNIT}, "cap_day"),
        ("BACK 10 @ 2.00", {"market_breaker": "stale 5 times"}, RefusalReason.MARKET_BREAKER),
        ("BACK 10 @ 2.00", {"order_unproven": True}, RefusalReason.ORDER_UNPROVEN),
        ("BACK 10 @ 2.00", {"enabled": False}, RefusalReason.NOT_ENABLED),
        ("BACK 10 @ 2.00", {"forbidden": RefusalReason.JURISDICTION}, RefusalReason.JURISDICTION),
        ("BACK 10 @ 2.00", {"forbidden": RefusalReason.RULES_CHANGED}, RefusalReason.RULES_CHANGED),
        ("BACK 10 @ 2.00", {"forbidden": RefusalReason.CATEGORY}, RefusalReason.CATEGORY),
        ("BACK 10 @ 2.00", {"forbidden": RefusalReason.RESTRICTED}, RefusalReason.RESTRICTED),
        ("BACK 10 @ 2.00", {"forbidden": RefusalReason.CLOSE_ONLY}, RefusalReason.CLOSE_ONLY),
        ("BACK 10 @ 2.00", {"limits": {"size_claims_micros": 20 * UNIT}}, "approved"),
        ("BACK 10 @ 2.00", {"limits": {"size_claims_micros": 20 * UNIT - 1}}, RefusalReason.SIZE_ABOVE_MAXIMUM),
        ("BACK 10 @ 2.00", {"limits": {"orders_per_intent": 2}, "intent_orders": 1}, "approved"),
        ("BACK 10 @ 2.00", {"limits": {"orders_per_intent": 2}, "intent_orders": 2}, RefusalReason.INTENT_ORDERS),
        ("BACK 10 @ 2.00", {"limits": {"market_orders_per_minute": 3}, "market_sent_ns": LATE}, "market_rate"),
        ("BACK 10 @ 2.00", {"limits": {"market_orders_per_minute": 4}, "market_sent_ns": LATE}, "approved"),
        ("BACK 10 @ 2.00", {"limits": {"turnover_day_micros": 50 * UNIT}, "turnover_micros": 40 * UNIT}, "approved"),
        ("BACK 10 @ 2.00", {"limits": {"turnover_day_micros": 50 * UNIT}, "turnover_micros": 41 * UNIT}, "turnover"),
        ("BACK 10 @ 2.00", {"limits": {"loss_minute_micros": 5}, "minute_loss_micros": 5}, "approved"),
        ("BACK 10 @ 2.00", {"limits": {"loss_minute_micros": 5}, "minute_loss_micros": 6}, RefusalReason.LOSS_MINUTE),
        ("LAY 10 @ 2.00", {"holding": LONG, "limits": {"cap_event_micros": UNIT}}, "approved"),
        ("LAY 10 @ 2.00", {"holding": LONG, "limits": {"cap_order_micros": UNIT}}, "approved"),
    ],
)
def test_each_rule_refuses_by_its_own_name(text: str, situation: dict[str, Any], reason: str) -> None:
    assert judged(text, **situation) == reason


BY_NAME = {
    RefusalReason.CAP_LEAGUE,
    RefusalReason.CAP_SPORT,
    RefusalReason.CAP_MODEL,
    RefusalReason.CAP_VENUE,
    RefusalReason.CAP_STRATEGY,
}
"""Refused in `test_rollups`; quotes that cross are in `tests/engine/test_changing.py`."""


def test_every_reason_is_refused_by_the_table_above() -> None:
    (table,) = [mark.args[1] for mark in test_each_rule_refuses_by_its_own_name.pytestmark]
    assert {reason for _, _, reason in table} - {"approved"} == set(RefusalReason) - BY_NAME - {
        RefusalReason.QUOTES_CROSS
    }


OVER: dict[str, Any] = {
    "enabled": False,
    "breaker_open": True,
    "market_breaker": "stale 5 times",
    "order_unproven": True,
    "in_play": True,
    "open_orders": 10,
    "intent_orders": 9,
    "sent_ns": LATE,
    "market_sent_ns": LATE,
    "turnover_micros": 100 * UNIT,
    "minute_loss_micros": 100 * UNIT,
    "day_loss_micros": 100 * UNIT,
    "limits": {
        "size_claims_micros": UNIT,
        "orders_per_intent": 1,
        "market_orders_per_minute": 1,
        "turnover_day_micros": UNIT,
        "loss_minute_micros": UNIT,
        "in_play": False,
        "cap_order_micros": UNIT,
        "cap_market_micros": UNIT,
        "cap_event_micros": UNIT,
        "cap_total_micros": UNIT,
        "cap_day_micros": UNIT,
    },
}
"""Every ceiling of our own reached at once."""


def test_a_reducing_order_passes_every_ceiling_of_ours_at_once() -> None:
    assert judged("LAY 10 @ 2.00", holding=LONG, **OVER) == "approved"
    assert judged("LAY 10 @ 2.00", holding=LONG, **OVER, forbidden=RefusalReason.CLOSE_ONLY) == "approved"
    assert judged("LAY 199 @ 2.00", holding=LONG, **OVER) == "approved"
    assert judged("BACK 10 @ 2.00", holding=LONG, **OVER) != "approved"
    assert judged("LAY 201 @ 2.00", holding=LONG, **OVER) != "approved"


@pytest.mark.parametrize("kill", [KillLevel.NONE, KillLevel.NO_NEW_RISK, KillLevel.REDUCE_ONLY, KillLevel.FLATTEN])
def test_a_reducing_order_passes_at_a_venue_whose_coin_of_commission_was_not_counted_yet(kill: KillLevel) -> None:
    """Two of three win: what stands at a second venue may cost a coin, and what it hedges is far more."""
    here, there = instrument("a", 0, taking("5")), instrument("b", 0, taking("2"))
    exposure = Exposure([market(winners=2)])
    exposure.update(None, order("BACK 100 @ 2.00", here, matched="100"), here, PAR)
    limits = msgspec.structs.replace(LIMITS, **OVER["limits"])
    at = context(**{name: over for name, over in OVER.items() if name != "limits"}, instrument=there, kill=kill)
    verdict = Gate(limits, exposure).judge(child("LAY 50 @ 2.00", there), at)
    assert isinstance(verdict, Approved)
    more = Gate(limits, exposure).judge(child("LAY 250 @ 2.00", there), at)
    assert isinstance(more, Refused)


@pytest.mark.parametrize(
    "hard",
    [
        {"session_proven": False},
        {"status": MarketStatus.SUSPENDED},
        {"book": DOUBTED},
        {"tokens": 0},
        {"available_micros": -100 * UNIT},
        {"kill": KillLevel.CANCEL_ALL},
        {"forbidden": RefusalReason.JURISDICTION},
        {"forbidden": RefusalReason.RESTRICTED},
        {"fair_e9": 900_000_000},
        {"resting": (order("BACK 5 @ 2.00", ON),)},
    ],
)
def test_what_is_not_ours_to_bend_stops_a_reducing_order_too(hard: dict[str, Any]) -> None:
    assert judged("LAY 10 @ 2.00", holding=LONG, **hard) not in ("approved", RefusalReason.CAP_EVENT)


def test_money_set_aside_for_orders_that_cannot_all_lose_is_there_for_one_more() -> None:
    """All of 100 is behind a back. A lay that closes half rests: its 50 are set aside, and no venue asks for them."""
    closing = (*LONG, order("LAY 50 @ 2.00", ON))
    assert judged("LAY 10 @ 2.00", holding=closing, available_micros=-50 * UNIT) == "approved"
    assert judged("BACK 10 @ 2.00", holding=closing, available_micros=-50 * UNIT) == RefusalReason.BALANCE


def test_who_passes_all_the_same_is_what_the_page_says() -> None:
    (table,) = [mark.args[1] for mark in test_each_rule_refuses_by_its_own_name.pytestmark]
    for text, situation, reason in table:
        if reason == "approved" or text.startswith("LAY") or "holding" in situation:
            continue
        lay = judged("LAY 10 @ 2.00", holding=LONG, **situation)
        if MEANINGS[RefusalReason(reason)].passing is not Passing.NOTHING:
            assert lay == "approved", (text, situation)


def test_a_payout_large_enough_excuses_a_small_stake() -> None:
    terms = msgspec.structs.replace(ON.terms, payout_min_micros=10 * UNIT)
    on = msgspec.structs.replace(ON, terms=terms)
    gate = Gate(LIMITS, Exposure([market()]))
    wide = {"instrument": on, "fair_e9": None}
    assert isinstance(gate.judge(child("BACK 0.50 @ 20", on), context(**wide)), Approved)
    small = gate.judge(child("BACK 0.49 @ 20", on), context(**wide))
    assert isinstance(small, Refused)
    assert small.reason is RefusalReason.SIZE_BELOW_MINIMUM


def test_a_size_of_nothing_is_refused_even_without_a_minimum() -> None:
    on = msgspec.structs.replace(ON, terms=msgspec.structs.replace(ON.terms, size_min_micros=0))
    verdict = Gate(LIMITS, Exposure([market()])).judge(child("BACK 0 @ 2.00", on), context(instrument=on))
    assert isinstance(verdict, Refused)
    assert verdict.reason is RefusalReason.SIZE_BELOW_MINIMUM


def test_an_approval_says_what_it_was_judged_on() -> None:
    verdict = Gate(LIMITS, Exposure([market()])).judge(child("BACK 10 @ 2.00", ON), context())
    assert verdict == Approved(child("BACK 10 @ 2.00", ON), 5, 0, 10 * UNIT)
    named = Gate(LIMITS, Exposure([market()]), config="c0ffee").judge(child("BACK 10 @ 2.00", ON), context())
    assert isinstance(named, Approved)
    assert named.config == "c0ffee"


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.sampled_from(["BACK", "LAY"]), st.integers(1, 60), st.integers(0, 2), st.sampled_from("ab")),
        min_size=1,
        max_size=25,
    )
)
def test_what_is_approved_one_after_the_other_never_passes_the_cap_together(wanted: list[Any]) -> None:
    cap = 100 * UNIT
    exposure = Exposure([market()])
    gate = Gate(msgspec.structs.replace(LIMITS, cap_event_micros=cap), exposure)
    for side, size, outcome, venue in wanted:
        on = instrument(venue, outcome)
        text = f"{side} {size} @ 2.00"
        verdict = gate.judge(child(text, on), context(instrument=on, book=book(on=on)))
        if isinstance(verdict, Approved):
            exposure.update(None, order(text, on), on, PAR)
            assert verdict.event_after_micros == exposure.worst_loss_micros(GAME)
        assert exposure.worst_loss_micros(GAME) <= cap


@pytest.mark.parametrize(
    ("side", "price", "other_side", "other_price", "meet"),
    [
        (Side.BACK, (54, 100), Side.LAY, (55, 100), False),
        (Side.BACK, (55, 100), Side.LAY, (55, 100), True),
        (Side.LAY, (100, 200), Side.BACK, (1, 2), True),
        (Side.LAY, (51, 100), Side.BACK, (1, 2), False),
        (Side.BACK, (99, 100), Side.BACK, (1, 100), False),
    ],
)
def test_two_orders_meet_when_the_back_pays_what_the_lay_asks(side, price, other_side, other_price, meet) -> None:
    assert crosses(side, price, other_side, other_price) is meet
    assert crosses(other_side, other_price, side, price) is meet


@pytest.mark.parametrize(
    ("side", "held", "room"),
    [
        (Side.BACK, 18_000, PositionRoom(26_000, False, 2_000)),
        (Side.BACK, 17_000, PositionRoom(25_000, True, 3_000)),
        (Side.BACK, 30_000, PositionRoom(38_000, False, 0)),
        (Side.LAY, -20_000, PositionRoom(-25_000, True, 3_000)),
        (Side.LAY, -20_001, PositionRoom(-25_001, False, 2_999)),
        (Side.LAY, 18_000, PositionRoom(13_000, True, 41_000)),
    ],
)
def test_room_for_a_position_counts_open_orders_of_the_same_side(side: Side, held: int, room: PositionRoom) -> None:
    position = Position(held, open_back_micros=5_000, open_lay_micros=2_000)
    assert position_room(side, position=position, size=3_000, limit=25_000) == room
