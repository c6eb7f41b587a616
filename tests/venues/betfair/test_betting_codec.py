"""Bytes of placements, cancels and replacements, and what must never be written."""

import json
from typing import Any

import msgspec
import pytest

from domain.orders import Side, TimeInForce
from tests.venues.betfair.desk import place
from venues.betfair.betting_codec import (
    BetRequest,
    encode_cancel,
    encode_place,
    encode_replace,
    is_ref,
    replace_answer,
)

BET = BetRequest("1.100", 11, 0.0, 1_000_000)


def placed(bet: BetRequest = BET, **changes: Any) -> dict[str, Any]:
    return json.loads(encode_place(place(**changes), bet, strategy_ref="house"))


def test_a_resting_bet_is_a_limit_bet_that_lapses() -> None:
    assert placed(ref="r-1", side=Side.LAY, price=202, size_micros=10_500_000) == {
        "marketId": "1.100",
        "customerRef": "r-1",
        "customerStrategyRef": "house",
        "instructions": [
            {
                "orderType": "LIMIT",
                "selectionId": 11,
                "handicap": 0,
                "side": "LAY",
                "customerOrderRef": "r-1",
                "limitOrder": {"size": 10.5, "price": 2.02, "persistenceType": "LAPSE"},
            }
        ],
    }


def test_odds_and_sizes_are_written_as_decimals_not_as_floats() -> None:
    text = encode_place(place(price=100_000, size_micros=70_000), BET, strategy_ref="s").decode()
    assert '"size":0.07,"price":1000.00' in text


def test_an_immediate_bet_fills_what_it_can_down_to_the_least_allowed() -> None:
    limit = placed(tif=TimeInForce.IMMEDIATE)["instructions"][0]["limitOrder"]
    assert (limit["timeInForce"], limit["minFillSize"]) == ("FILL_OR_KILL", 1.0)


def test_an_immediate_bet_below_the_least_size_is_all_or_nothing() -> None:
    limit = placed(tif=TimeInForce.IMMEDIATE, size_micros=500_000, price=2_000)["instructions"][0]["limitOrder"]
    assert limit["timeInForce"] == "FILL_OR_KILL"
    assert "minFillSize" not in limit


def test_a_market_version_is_named_if_there_is_one() -> None:
    assert placed(market_version=123)["marketVersion"] == {"version": 123}
    assert "marketVersion" not in placed()


def test_a_handicap_is_named() -> None:
    assert placed(BetRequest("1.100", 11, -0.25, 1_000_000))["instructions"][0]["handicap"] == -0.25


@pytest.mark.parametrize("ref", ["a", "A-z.0_9+*:;~", "x" * 32])
def test_refs_that_the_venue_takes(ref: str) -> None:
    assert is_ref(ref)


@pytest.mark.parametrize("ref", ["", "x" * 33, 'a"b', "a b", "a/b", "é", "a\n"])
def test_refs_that_the_venue_refuses(ref: str) -> None:
    assert not is_ref(ref)


def test_a_cancel_names_its_bets() -> None:
    assert json.loads(encode_cancel("1.100", ["b1", "b2"])) == {
        "marketId": "1.100",
        "instructions": [{"betId": "b1"}, {"betId": "b2"}],
    }


@pytest.mark.parametrize(("market", "bets"), [("1.100", []), ("", ["b1"]), ("1.100", [""]), ("1.100", ["b1", ""])])
def test_a_cancel_of_everything_cannot_be_written(market: str, bets: list[str]) -> None:
    with pytest.raises(AssertionError, match="a cancel names"):
        encode_cancel(market, bets)


def test_a_replacement_names_its_bets_and_their_new_odds() -> None:
    assert json.loads(encode_replace("1.100", {"b1": 202, "b2": 2_100}, request_ref="q", market_version=5)) == {
        "marketId": "1.100",
        "customerRef": "q",
        "marketVersion": {"version": 5},
        "instructions": [{"betId": "b1", "newPrice": 2.02}, {"betId": "b2", "newPrice": 21.0}],
    }
    with pytest.raises(AssertionError, match="names its bets"):
        encode_replace("1.100", {}, request_ref="q")


def test_both_halves_of_a_replacement_are_read() -> None:
    body = {
        "result": {
            "status": "FAILURE",
            "errorCode": "BET_ACTION_ERROR",
            "instructionReports": [
                {
                    "status": "FAILURE",
                    "errorCode": "CANCELLED_NOT_PLACED",
                    "cancelInstructionReport": {
                        "status": "SUCCESS",
                        "instruction": {"betId": "b1"},
                        "sizeCancelled": 5.0,
                    },
                    "placeInstructionReport": {"status": "FAILURE", "errorCode": "INVALID_ODDS"},
                }
            ],
        }
    }
    report = replace_answer.decode(msgspec.json.encode(body)).result
    assert report is not None
    assert report.instruction_reports is not None
    (one,) = report.instruction_reports
    assert one.cancel_instruction_report is not None
    assert one.place_instruction_report is not None
    assert one.cancel_instruction_report.size_cancelled == 5.0
    assert one.place_instruction_report.error_code == "INVALID_ODDS"
