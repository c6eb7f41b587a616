"""Execution reports as facts: each kind, matches that come twice or were missed, and refusals by their words."""

from typing import Any

import pytest

from domain.ids import OrderRef
from domain.messages import (
    CancelAccepted,
    CancelOrder,
    Channel,
    ChannelChanged,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
    RejectReason,
)
from domain.orders import Evidence
from tests.venues.kalshi.desk import KALSHI
from venues.errors import PeerBroke
from venues.kalshi.fix.codec import Message
from venues.kalshi.fix.joint import Joint
from venues.kalshi.fix.report_facts import facts_of
from venues.kalshi.fix.reports import Report, decode_report
from venues.kalshi.fix.tallies import Tallies
from venues.kalshi.fix.verdicts import cancel_reason

R1 = OrderRef("abc-1")
SOUND = {
    37: "id",
    11: R1,
    17: "1;1",
    150: "0",
    39: "0",
    54: "1",
    55: "T",
    151: "10.00",
    14: "0.00",
    6: "0",
    38: "10.00",
}
FEE = {136: "1", 137: "0.0175", 138: "USD", 139: "4", 891: "0"}


def report(**changes: str) -> Report:
    fields = SOUND | {int(tag[1:]): said for tag, said in changes.items()}
    return decode_report(Message("8", tuple(fields.items())))


def trade(exec_id: str, last: str, price: str, cum: str, average: str, rest: str) -> Report:
    status = "2" if rest == "0" else "1"
    fee = {f"t{tag}": value for tag, value in FEE.items()}
    figures = {"t17": exec_id, "t150": "F", "t39": status, "t32": last, "t31": price, "t14": cum, "t6": average}
    return report(**figures, t151=rest, **fee)


def facts(one: Report, tallies: Tallies | None = None, *, by_us: bool = False, cancels: Any = ()) -> list[Any]:
    return facts_of(one, R1, tallies or Tallies(), evidence=Evidence.PUSH, by_us=by_us, cancels=cancels)


def test_an_acceptance_names_the_order() -> None:
    (fact,) = facts(report())
    assert fact == OrderAccepted(R1, "id", Evidence.PUSH)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["A", "6", "E"])
def test_what_is_pending_says_nothing(kind: str) -> None:
    assert facts(report(t150=kind, t39=kind)) == []


def test_matches_add_up_and_none_counts_twice() -> None:
    tallies = Tallies()
    first, second = trade("1;2", "4", "0.47", "4", "0.47", "6"), trade("1;3", "3", "0.4611", "7", "0.466185", "3")
    found = [facts(one, tallies)[0] for one in (first, first, second, first, second)]
    assert [(one.matched_micros, one.cost_micros, one.fee_micros) for one in found] == [
        (4_000_000, 1_880_000, 17_500),
        (4_000_000, 1_880_000, 17_500),
        (7_000_000, 3_263_300, 35_000),
        (4_000_000, 1_880_000, None),
        (7_000_000, 3_263_300, 35_000),
    ]


def test_a_match_that_was_missed_costs_the_average_and_tells_no_fee() -> None:
    (fact,) = facts(trade("1;3", "3", "0.46", "7", "0.465714", "3"))
    assert (fact.matched_micros, fact.cost_micros, fact.fee_micros) == (7_000_000, 3_259_998, None)


@pytest.mark.parametrize(("kind", "by_us", "figures"), [("4", True, (6, 0)), ("4", False, (0, 6)), ("C", True, (0, 6))])
def test_an_end_is_ours_or_the_venue_s(kind: str, by_us: bool, figures: tuple[int, int]) -> None:
    ended = report(t150=kind, t39=kind, t14="4", t6="0.47", t151="0")
    (fact,) = facts(ended, by_us=by_us)
    assert isinstance(fact, OrderReported)
    assert (fact.closed, fact.cancelled_micros, fact.lapsed_micros) == (True, *(n * 1_000_000 for n in figures))


def test_an_end_answers_every_cancel_that_waits() -> None:
    cancels = [CancelOrder(R1, "c1"), CancelOrder(R1, "c2")]
    told = facts(report(t150="4", t39="4", t14="4", t6="0.47", t151="0"), by_us=True, cancels=cancels)
    answers = [fact for fact in told if isinstance(fact, CancelAccepted)]
    assert [(one.request, one.size_micros) for one in answers] == [("c1", 6_000_000), ("c2", 6_000_000)]


def test_a_change_tells_the_new_figures() -> None:
    (fact,) = facts(report(t150="5", t39="1", t14="4", t6="0.47", t151="3", t38="7"))
    assert (fact.matched_micros, fact.closed, fact.cancelled_micros, fact.lapsed_micros) == (4_000_000, False, 0, 0)


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("99", "EXCHANGE_UNAVAILABLE", OrderUnanswered),
        ("99", "INTERNAL_ERROR", RejectReason.OTHER),
        ("99", "SOMETHING_NEW", OrderUnanswered),
        ("99", "", OrderUnanswered),
        ("6", "ORDER_ALREADY_EXISTS", OrderAccepted),
        ("6", "", OrderAccepted),
        ("3", "INSUFFICIENT_BALANCE", RejectReason.INSUFFICIENT_FUNDS),
        ("3", "EXCEEDED_ORDER_GROUP_RISK_LIMIT", RejectReason.MARKET_SUSPENDED),
        ("2", "TRADING_PAUSED", RejectReason.MARKET_SUSPENDED),
        ("2", "MARKET_INACTIVE", RejectReason.MARKET_CLOSED),
        ("2", "", RejectReason.MARKET_SUSPENDED),
        ("1", "MARKET_NOT_FOUND", RejectReason.MARKET_CLOSED),
        ("13", "", RejectReason.INVALID_SIZE),
        ("15", "CUSTOMER_ACCOUNT_NOT_FOUND", RejectReason.NOT_AUTHORISED),
        ("11", "INVALID_ORDER", RejectReason.OTHER),
        ("8", "EXPIRED", RejectReason.OTHER),
        ("99", "INVALID_PRICE", RejectReason.INVALID_PRICE),
    ],
)
def test_a_refusal_says_why_or_that_nobody_knows(code: str, text: str, expected: Any) -> None:
    said = {"t58": text} if text else {}
    (fact,) = facts(report(t150="8", t39="8", t37="NONE", t103=code, **said))
    if isinstance(expected, RejectReason):
        assert isinstance(fact, OrderRejected)
        assert fact.reason is expected
    else:
        assert type(fact) is expected


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        (0, "", RejectReason.NOT_RESTING),
        (1, "", RejectReason.NOT_RESTING),
        (6, "", RejectReason.DUPLICATE),
        (99, "EXCHANGE_UNAVAILABLE", None),
        (2, "INVALID_AMEND_QTY_FOR_ORDER", RejectReason.INVALID_SIZE),
        (18, "SELF_CROSS_ATTEMPT", RejectReason.SELF_MATCH),
        (99, "INVALID_PRICE", RejectReason.INVALID_PRICE),
        (99, "", RejectReason.OTHER),
    ],
)
def test_a_cancel_that_was_refused_says_why(code: int, text: str, reason: RejectReason | None) -> None:
    assert cancel_reason(code, text) is reason


@pytest.mark.parametrize(
    "changes",
    [
        {"t54": "7"},
        {"t14": "11"},
        {"t14": "-1"},
        {"t151": "1e1"},
        {"t6": "1/3"},
        {"t6": "0." + "1" * 40},
        {"t150": "F", "t32": "0", "t31": "0.5"},
        {"t150": "F", "t32": "1", "t31": "1.0000"},
        {"t150": "F", "t32": "1", "t31": "0.47001"},
        {"t136": "2", "t137": "1"},
        {"t103": "x"},
    ],
)
def test_figures_that_make_no_sense_are_not_believed(changes: dict[str, str]) -> None:
    with pytest.raises(PeerBroke):
        report(**changes)


def test_several_lines_are_one_channel() -> None:
    told: list[Any] = []
    joint = Joint(Channel.ORDERS, told.append)
    one, other = joint.part("one"), joint.part("other", without=OrderUnanswered)

    def turn(emit: Any, up: bool, channel: Channel = Channel.ORDERS) -> list[Any]:
        told.clear()
        emit(ChannelChanged(KALSHI, channel, up, "" if up else "cut"))
        return [(fact.up, fact.reason) for fact in told]

    assert turn(one, True) == [], "the other is not up yet, and never was"
    assert turn(other, True) == [(True, "")]
    assert turn(other, False) == [(False, "other: cut")]
    assert turn(one, False) == []
    assert turn(other, True) == []
    assert turn(one, True) == [(True, "")]
    assert turn(one, False, Channel.REQUESTS) == [(False, "cut")], "other channels pass"
    told.clear()
    for emit in (one, other):
        emit(OrderUnanswered(R1, "x"))
    assert len(told) == 1


def test_a_line_that_fails_at_first_is_told() -> None:
    told: list[Any] = []
    emit = Joint(Channel.ORDERS, told.append).part("one")
    emit(ChannelChanged(KALSHI, Channel.ORDERS, False, "refused"))
    assert [fact.reason for fact in told] == ["one: refused"]
