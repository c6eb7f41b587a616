"""The order stream's bets as facts: cumulative sizes, exact claims, and when a bet is over."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import VenueOrderId
from domain.messages import OrderReported
from domain.orders import Evidence
from tests.venues.betfair.desk import R1, bet
from venues.betfair.amounts import claims_micros, json_odds, json_size, money_micros
from venues.betfair.order_codec import StreamBet, bet_reported, bets_of, decode_order_line
from venues.errors import PeerBroke


def told(**changes: Any) -> OrderReported:
    return bet_reported(msgspec.convert(bet("r1", **changes), StreamBet, strict=False), R1, 456)


def test_a_bet_part_matched_tells_claims_and_cost_of_the_matched_part() -> None:
    report = told(id="77", s=10, avp=2.9209199999999997, sm=10, sr=0, status="EC")
    assert report == OrderReported(
        ref=R1,
        venue_order_id=VenueOrderId("77"),
        matched_micros=10_000_000,
        claims_micros=29_209_200,
        cost_micros=10_000_000,
        cancelled_micros=0,
        lapsed_micros=0,
        voided_micros=0,
        closed=True,
        evidence=Evidence.PUSH,
        as_of_ms=456,
    )


def test_noise_in_a_size_is_gone() -> None:
    report = told(sm=1.12, sc=8.879999999999999, sr=0, avp=1.73)
    assert (report.matched_micros, report.cancelled_micros, report.claims_micros) == (1_120_000, 8_880_000, 1_937_600)


def test_a_match_without_its_average_counts_at_the_bets_own_odds() -> None:
    assert told(p=1.1, sm=10, sr=0).claims_micros == 11_000_000


@pytest.mark.parametrize(
    ("changes", "closed"),
    [
        ({"sr": 10}, False),
        ({"sr": 0, "sm": 10}, True),
        ({"status": "EC", "sr": 0, "sc": 10}, True),
        ({"status": "EC", "sr": 5}, True),
        ({"ot": "MOC", "status": "EC", "sr": 0}, False),
        ({"ot": "LOC", "status": "E", "sr": 0}, False),
        ({"ot": "MOC", "status": "EC", "sr": 0, "sm": 2}, True),
        ({"ot": "LOC", "status": "EC", "sr": 0, "sl": 2}, True),
    ],
)
def test_a_limit_bet_is_over_when_nothing_remains_and_a_bet_at_starting_price_when_something_became_of_it(
    changes: dict[str, Any], closed: bool
) -> None:
    assert told(**changes).closed is closed


def test_every_bet_of_a_message_is_found_with_its_market() -> None:
    line = (
        b'{"op":"ocm","id":1,"pt":9,"oc":[{"id":"1.1","orc":[{"id":5,"uo":[{"id":"a","side":"B"}]},{"id":6}]},'
        b'{"id":"1.2","closed":true},{"id":"1.3","orc":[{"id":7,"hc":1.5,"uo":[{"id":"b","side":"L"}]}]}]}'
    )
    message: Any = decode_order_line(line)
    assert [(market, runner.id, one.id) for market, runner, one in bets_of(message.changes)] == [
        ("1.1", 5, "a"),
        ("1.3", 7, "b"),
    ]


def test_numbers_may_come_as_text_and_other_messages_are_passed_over() -> None:
    message: Any = decode_order_line(
        b'{"op":"ocm","id":"1","oc":[{"id":"1.1","orc":[{"id":"5","uo":[{"id":"a","side":"B","sm":"1.5"}]}]}]}'
    )
    assert bets_of(message.changes)[0][2].sm == 1.5
    assert decode_order_line(b'{"op":"mcm"}') is None


@pytest.mark.parametrize(
    "line",
    [
        b"<html>",
        b"{",
        b'{"op":"ocm","oc":7}',
        b'{"op":"ocm","oc":[{"id":"1.1","orc":[{"id":5,"uo":[{"id":"a","side":"X"}]}]}]}',
        b'{"op":"ocm","oc":[{"id":"1.1","orc":[{"id":5,"uo":[{"side":"B"}]}]}]}',
    ],
)
def test_anything_else_breaks_the_peer(line: bytes) -> None:
    with pytest.raises(PeerBroke, match="order stream"):
        decode_order_line(line)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-inf"])
def test_an_amount_that_is_no_number_breaks_the_peer(word: str) -> None:
    for field in ("sm", "sc"):
        with pytest.raises(PeerBroke, match="amount"):
            told(**{field: word})
    with pytest.raises(PeerBroke, match="odds"):
        told(sm=1, avp=word)


# --- amounts ---


@given(st.integers(-(10**13), 10**13))
def test_an_amount_of_hundredths_survives_its_float(hundredths: int) -> None:
    assert money_micros(hundredths / 100) == hundredths * 10_000


@given(st.integers(101, 100_000), st.integers(1, 10**9))
def test_one_match_at_one_price_gives_its_exact_claims(odds: int, stake: int) -> None:
    assert claims_micros(odds / 100, stake * 10_000) == odds * stake * 100


@given(st.integers(1, 10**9), st.integers(101, 100_000))
def test_what_we_write_is_what_we_mean(hundredths: int, odds: int) -> None:
    assert money_micros(float(json_size(hundredths * 10_000))) == hundredths * 10_000
    assert round(float(json_odds(odds)) * 100) == odds


def test_a_size_finer_than_the_lot_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match="finer"):
        json_size(1_000_001)
