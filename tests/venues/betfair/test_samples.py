"""Real single messages of the venue, each read into the facts that it means."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.ids import Currency, OrderRef
from domain.messages import CancelAccepted, CancelOrder, CancelRefused, OrderAccepted, OrderRejected, OrderReported
from tests.venues.betfair.desk import BETFAIR, place
from venues.betfair.account_codec import details_answer
from venues.betfair.bet_facts import cancel_fact, place_facts
from venues.betfair.betting_codec import cancel_answer, place_answer, replace_answer
from venues.betfair.market_codec import ConnectionMessage, MarketDefinition, MarketMessage, StatusMessage
from venues.betfair.market_codec import decode_market_line as read_market
from venues.betfair.order_codec import OrderMessage, bet_reported, bets_of
from venues.betfair.order_codec import decode_order_line as read_order
from venues.betfair.query_codec import (
    balance_reported,
    catalogue_answer,
    catalogue_description,
    cleared_answer,
    current_answer,
    current_reported,
    funds_answer,
)
from venues.betfair.rpc import Fault, decode_answer
from venues.betfair.session import read_login


@pytest.fixture(scope="module")
def samples(shared: Path) -> Path:
    return shared / "venues" / "betfair" / "samples"


def messages(path: Path) -> list[bytes]:
    """Every message of a sample file, whether it holds one, a list, or one a line; on one line each."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ndjson":
        return [line.encode() for line in text.splitlines() if line]
    found = json.loads(text)
    return [json.dumps(one).encode() for one in (found if isinstance(found, list) else [found])]


def reported(path: Path) -> list[OrderReported]:
    """Every bet of every message of an order sample."""
    found = []
    for line in messages(path):
        message = read_order(line)
        assert isinstance(message, OrderMessage)
        found += [bet_reported(bet, OrderRef(bet.rfo), message.pt) for _, _, bet in bets_of(message.changes or [])]
    return found


def in_units(report: OrderReported) -> tuple[float, ...]:
    """Matched, claims, cancelled, lapsed, voided."""
    micros = (report.matched_micros, report.claims_micros, report.cancelled_micros)
    return tuple(one / 1e6 for one in (*micros, report.lapsed_micros, report.voided_micros))


# --- streams ---

BETS: dict[str, list[Any]] = {
    "ocm_cancel": [((0, 0, 10, 0, 0), True)],
    "ocm_duplicate_execution": [
        ((1.12, 1.9376, 0, 0, 0), False),
        ((1.12, 1.9376, 8.88, 0, 0), True),
        ((1.86, 5.766, 0, 0, 0), False),
        ((10, 29.2092, 0, 0, 0), True),
    ],
    "ocm_empty_image": [],
    "ocm_error_fill": [((0, 0, 0, 2, 0), True)] * 2,
    "ocm_filled": [((10, 11, 0, 0, 0), True)],
    "ocm_filled_different_price": [((20, 24, 0, 0, 0), True)],
    "ocm_full_image": [((2, 4, 0, 0, 0), True)] * 5 + [((5, 10, 0, 0, 0), True)],
    "ocm_full_image_strategy": [],
    "ocm_heartbeat": [],
    "ocm_mixed": [((3, 3.3, 0, 0, 0), False), ((2, 2.2, 3, 0, 0), True)],
    "ocm_multiple_fills": [
        ((16.19, 93.902, 0, 0, 0), False),
        ((16.96, 98.368, 0, 0, 0), False),
        ((17.73, 102.834, 0, 0, 0), False),
    ],
    "ocm_new_full_image": [((4.75, 57, 0, 0, 0), False)],
    "ocm_new_full_image_2": [],
    "ocm_order_update": [((0, 0, 10, 0, 0), True)],
    "ocm_replace_orders_success": [((0, 0, 0, 0, 0), False)] * 2,
    "ocm_runner_removed": [((2, 24, 0, 0, 0), True)],
    "ocm_sub_image": [],
    "ocm_update": [((2, 18.94, 0, 0, 0), True)],
}


def test_every_order_sample_is_expected_here(samples: Path) -> None:
    assert {path.stem for path in (samples / "ocm").iterdir()} == BETS.keys()


@pytest.mark.parametrize("name", BETS)
def test_an_order_sample_means(samples: Path, name: str) -> None:
    found = reported(samples / "ocm" / f"{name}.json")
    assert [(in_units(report), report.closed) for report in found] == BETS[name]


def test_a_reduction_lowers_the_claims_of_a_bet_long_complete(samples: Path) -> None:
    (before,), (after,) = (reported(samples / "ocm" / f"{name}.json") for name in ("ocm_runner_removed", "ocm_update"))
    assert before.venue_order_id == after.venue_order_id
    assert before.as_of_ms < after.as_of_ms
    assert before.claims_micros > after.claims_micros


STREAM: dict[str, type] = {
    "connection": ConnectionMessage,
    "status": StatusMessage,
    "status_error": StatusMessage,
    "status_error_alt": StatusMessage,
    "status_no_id": StatusMessage,
    "streaming_503": MarketMessage,
}


@pytest.mark.parametrize("name", ["connection", "status", "status_error", "status_error_alt", "status_no_id"])
def test_both_streams_read_the_frame_alike(samples: Path, name: str) -> None:
    (line,) = messages(samples / "stream" / f"{name}.json")
    assert read_market(line) == read_order(line)


def test_every_stream_sample_is_read(samples: Path) -> None:
    kinds: dict[str, set[type]] = {}
    changes = 0
    for path in sorted((samples / "stream").iterdir()):
        for line in messages(path):
            message = read_market(line)
            kinds.setdefault(path.stem, set()).add(type(message))
            changes += len(message.changes or ()) if isinstance(message, MarketMessage) else 0
    assert {name: kind for name, kind in kinds.items() if kind != {STREAM.get(name, MarketMessage)}} == {}
    assert len(kinds) == 15
    assert changes > 100


def test_the_idle_timeout_is_a_failure_without_an_id(samples: Path) -> None:
    (line,) = messages(samples / "stream" / "status_error.json")
    status = read_market(line)
    assert isinstance(status, StatusMessage)
    assert (status.id, status.status_code, status.error_code) == (None, "FAILURE", "TIMEOUT")


# --- requests ---


def result(samples: Path, name: str, decoder: Any) -> Any:
    return decode_answer((samples / "rest" / f"{name}.json").read_bytes(), decoder)


PLACED = {
    "betting_place_order_success": ("O-20210327-090738-001-001-2", OrderAccepted),
    "betting_place_order_batch_success": ("O-20210327-090738-001-001-1", OrderAccepted),
    "betting_place_order_batch_partial_failure": ("O-20210327-090738-001-001-1", OrderAccepted),
    "betting_place_order_error": ("O-20210331-202018-001-001-2", OrderRejected),
}


@pytest.mark.parametrize("name", PLACED)
def test_a_placement_sample_means(samples: Path, name: str) -> None:
    ref, kind = PLACED[name]
    (fact,) = place_facts(place(ref), result(samples, name, place_answer))
    assert type(fact) is kind


def test_the_failed_half_of_a_batch_is_rejected(samples: Path) -> None:
    report = result(samples, "betting_place_order_batch_partial_failure", place_answer)
    (fact,) = place_facts(place("O-20210327-090738-001-001-2"), report)
    assert isinstance(fact, OrderRejected)
    assert fact.detail == "ERROR_IN_ORDER PROCESSED_WITH_ERRORS"


CANCELLED = {
    "betting_cancel_orders_success": ("1", 10.0),
    "betting_cancel_orders_size_reduction": ("228302937743", 3.0),
    "betting_cancel_orders_batch_success": ("2", 5.0),
    "betting_cancel_orders_batch_partial_failure": ("1", 10.0),
    "betting_cancel_orders_bet_taken_or_lapsed": ("1", None),
    "betting_cancel_orders_error": ("1", None),
    "betting_cancel_orders_result_failure": ("1", None),
}


@pytest.mark.parametrize("name", CANCELLED)
def test_a_cancel_sample_means(samples: Path, name: str) -> None:
    bet_id, taken = CANCELLED[name]
    fact = cancel_fact(CancelOrder(ref="r", request="c"), bet_id, result(samples, name, cancel_answer))  # type: ignore[arg-type]
    if taken is None:
        assert isinstance(fact, CancelRefused)
    else:
        assert isinstance(fact, CancelAccepted)
        assert fact.size_micros == taken * 1e6


def test_a_replacement_sample_has_both_halves(samples: Path) -> None:
    (one,) = result(samples, "betting_replace_orders_success", replace_answer).instruction_reports
    assert one.cancel_instruction_report.size_cancelled == 5.0
    assert one.place_instruction_report.bet_id == "240808766933"


CURRENT = {
    "list_current_orders_empty": [],
    "list_current_orders_executable": [((0, 0, 0, 0, 0), False)] * 2,
    "list_current_orders_execution_complete": [
        ((0, 0, 0, 0, 0), False),
        ((10, 19, 0, 0, 0), True),
        ((10, 19.2, 0, 0, 0), True),
    ],
    "list_current_orders_harness_canceled": [((0, 0, 10, 0, 0), True)],
    "list_current_orders_harness_open": [((0, 0, 0, 0, 0), False)],
    "list_current_orders_lapsed": [((0, 0, 0, 20, 0), True), ((30, 72, 0, 10, 10), True)],
    "list_current_orders_on_close_execution_complete": [((0, 0, 0, 0, 0), False)] * 2,
    "list_current_orders_single": [((0, 0, 0, 0, 0), False)],
}


@pytest.mark.parametrize("name", CURRENT)
def test_a_list_of_current_orders_means(samples: Path, name: str) -> None:
    rows = result(samples, name, current_answer).rows
    found = [current_reported(row, row.customer_order_ref, as_of_ms=0) for row in rows]
    assert [(in_units(report), report.closed) for report in found] == CURRENT[name]


def test_the_list_of_cleared_orders_says_what_was_paid(samples: Path) -> None:
    cleared = result(samples, "list_cleared_orders", cleared_answer).rows
    assert [(row.price_matched, row.profit) for row in cleared] == [(5.31, -20.0), (5.3, -20.0), (5.3, -20.0)]


def test_a_replacement_of_two_shows_on_the_stream_as_two_bets_that_rest(samples: Path) -> None:
    body = json.loads((samples / "rest" / "betting_replace_orders_success_multi.json").read_text(encoding="utf-8"))
    message = read_order(json.dumps(body["result"]).encode())
    assert isinstance(message, OrderMessage)
    found = [bet_reported(bet, OrderRef(bet.rfo), message.pt) for _, _, bet in bets_of(message.changes or [])]
    assert [(one.venue_order_id, in_units(one), one.closed) for one in found] == [
        ("228703177738", (0, 0, 0, 0, 0), False),
        ("228703177752", (0, 0, 0, 0, 0), False),
    ]


def test_the_account_is_asked_for_its_currency_and_its_discount(samples: Path) -> None:
    details = result(samples, "account_details", details_answer)
    assert (details.currency_code, details.discount_rate) == ("GBP", 0)


@pytest.mark.parametrize(("name", "rate"), [("betting_list_market_catalogue", 2.5), ("list_market_catalogue", 7.0)])
def test_a_catalogue_describes_its_markets(samples: Path, name: str, rate: float) -> None:
    body = json.loads((samples / "rest" / f"{name}.json").read_text(encoding="utf-8"))
    answer = json.dumps({"result": body if isinstance(body, list) else [body]}).encode()
    markets: Any = decode_answer(answer, catalogue_answer)
    assert len(markets) > 0
    for market in markets:
        said = catalogue_description(market)
        assert (said.ladder, said.betting_type, said.base_rate_percent) == ("CLASSIC", "ODDS", rate)
        assert len(said.runners) == len(market.runners) > 1


@pytest.mark.parametrize(("name", "micros"), [("no_exposure", 1_000_000_000), ("with_exposure", 1_100_000_000)])
def test_funds_are_the_wallet_with_what_is_exposed(samples: Path, name: str, micros: int) -> None:
    funds = result(samples, f"account_funds_{name}", funds_answer)
    assert balance_reported(funds, BETFAIR, Currency("GBP"), asked_ns=1).balance_micros == micros


@pytest.mark.parametrize(
    ("name", "word"), [("account_funds_error", "DSC-0018"), ("get_account_funds_error_no_appkey", "NO_APP_KEY")]
)
def test_faults_have_names(samples: Path, name: str, word: str) -> None:
    fault = result(samples, name, funds_answer)
    assert isinstance(fault, Fault)
    assert fault.word == word


@pytest.mark.parametrize(
    ("name", "word", "token"),
    [
        ("cert_login", "SUCCESS", "xxxsessionTokenxxx="),
        ("login_success", "SUCCESS", "SESSION_TOKEN"),
        ("login_failure", "INPUT_VALIDATION_ERROR", ""),
    ],
)
def test_logins_are_read(samples: Path, name: str, word: str, token: str) -> None:
    answer = read_login((samples / "rest" / f"{name}.json").read_bytes())
    assert (answer.word, answer.given) == (word, token)


@pytest.mark.parametrize(
    ("name", "status", "version", "counts"),
    [
        ("open", "OPEN", 4881874440, {"ACTIVE": 17}),
        ("closed", "CLOSED", 4883105963, {"REMOVED": 3, "WINNER": 3, "LOSER": 11}),
    ],
)
def test_definitions_are_read(samples: Path, name: str, status: str, version: int, counts: dict[str, int]) -> None:
    body = json.loads((samples / "rest" / f"market_definition_{name}.json").read_text(encoding="utf-8"))
    definition = msgspec.convert(body, MarketDefinition)
    assert (definition.status, definition.version, definition.market_type) == (status, version, "PLACE")
    assert Counter(runner.status for runner in definition.runners) == counts
