"""Every recorded answer and frame decodes, and those that become facts become the right ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain.book import Book
from domain.fees import QuadraticFee, fill_fee_micros
from domain.ids import Currency, OrderRef
from domain.markets import MarketStatus, Result
from domain.messages import (
    CancelAccepted,
    CancelRefused,
    Fact,
    InstrumentsListed,
    MarketChanged,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    RejectReason,
)
from domain.odds import PriceKind, ladder
from domain.orders import Evidence, Side, TimeInForce
from tests.venues.kalshi.desk import KALSHI, YES1, cancel, listing, place
from venues.checkup import Verdict
from venues.kalshi import rest_codec as codec
from venues.kalshi.amounts import micros, native
from venues.kalshi.api import Answered, Faulted
from venues.kalshi.books import Books
from venues.kalshi.budgets import Budgets
from venues.kalshi.checkup import exchange_finding
from venues.kalshi.frames import Subscribed
from venues.kalshi.market_codec import Delta, Snapshot, market_frames
from venues.kalshi.markets import Markets
from venues.kalshi.order_codec import fill_of, order_reported, side_of
from venues.kalshi.order_facts import cancel_answer, cancel_failed, create_facts, create_failed
from venues.kalshi.outcomes import CLOCK_CODES, place_verdict
from venues.kalshi.outcomes import Verdict as Verdicts
from venues.kalshi.rules import YES
from venues.kalshi.statement import matches_answer

TICKER = "KXWTACHALLENGERMATCH-26JUN11JIMLEP-LEP"


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "venues/kalshi/samples/fortuna_demo_2026-06-11"


def body(folder: Path, name: str) -> bytes:
    return (folder / f"{name}.json").read_bytes()


def meta(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"{name}.meta.json").read_text(encoding="utf-8"))
    return found


def fault(folder: Path, name: str) -> Faulted:
    said = codec.error_said(body(folder, name))
    return Faulted(meta(folder, name)["status"], said.code, said.detail, 0)


@pytest.mark.parametrize("name", ["orders__cancel_v2", "cleanup__stp_resting"])
def test_a_recorded_cancel_took_out_the_contract_that_rested(folder: Path, name: str) -> None:
    answer = codec.cancelled_answer.decode(body(folder, name))
    said, asked = cancel_answer(cancel(), answer.order_id, Answered(answer, 0, 0)), cancel()
    assert said == CancelAccepted(asked.ref, asked.request, 1_000_000, Evidence.PULL)


def test_frames_make_the_book_that_was_there(folder: Path) -> None:
    cents = ((100, 9_900, 100),)
    followed, book = Books(KALSHI), Book(ladder(PriceKind.CONTRACT, cents))
    followed.follow(TICKER, YES1, cents)
    kinds, seqs = [], []
    for line in (folder / "ws__orderbook_trade_yes.jsonl").read_bytes().split(b"\n"):
        if not line.strip():
            continue
        message = market_frames.decode(line)
        kinds.append(type(message))
        if isinstance(message, Snapshot | Delta):
            seqs.append(message.seq)
            changed = followed.take(message)
            assert changed is not None
            book.apply(changed.books[0], 0)
    assert kinds == [Subscribed, Subscribed, Snapshot, Delta, Delta]
    assert seqs == [1, 2, 3]
    assert [(book.ladder.price(tick), size) for tick, size in book.levels(to_back=False, depth=5)] == [
        (4_700, 3_000_000)
    ]
    assert [(book.ladder.price(tick), size) for tick, size in book.levels(to_back=True, depth=5)] == [
        (5_200, 2_000_000)
    ]
    assert not book.crossed


def test_every_recorded_frame_is_read(folder: Path) -> None:
    lines = (folder / "ws__orderbook_trade_noleg.jsonl").read_bytes().split(b"\n")
    assert len([market_frames.decode(line) for line in lines if line.strip()]) == 7


@pytest.mark.parametrize(
    ("name", "matched", "closed"),
    [
        ("orders__create_v2_maker", 0, False),
        ("orders__stp_setup", 0, False),
        ("orders__create_v2_taker_ioc", 1_000_000, True),
        ("orders__settlement_seed", 1_000_000, True),
        ("orders__stp_self_cross", 0, True),
    ],
)
def test_recorded_acceptances(folder: Path, name: str, matched: int, closed: bool) -> None:
    asked = meta(folder, name)["request_body"]
    command = place(
        asked["client_order_id"],
        side=Side.BACK if asked["side"] == "bid" else Side.LAY,
        price=native(asked["price"]),
        size_micros=micros(asked["count"]),
        tif=TimeInForce.REST if asked["time_in_force"] == "good_till_canceled" else TimeInForce.IMMEDIATE,
    )
    first, *rest = create_facts(command, codec.created_answer.decode(body(folder, name)))
    assert isinstance(first, OrderAccepted)
    if not matched and not closed:
        assert rest == []
        return
    (said,) = rest
    assert isinstance(said, OrderReported)
    assert (said.matched_micros, said.closed, said.cancelled_micros) == (matched, closed, command.size_micros - matched)
    if matched:
        assert said.cost_micros == 520_000


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("orders__insufficient_balance", RejectReason.INSUFFICIENT_FUNDS),
        ("orders__invalid_price_structure", RejectReason.INVALID_PRICE),
        ("orders__numeric_field_types", RejectReason.OTHER),
        ("orders__post_only_cross", RejectReason.POST_ONLY),
        ("auth__bad_signature", RejectReason.NOT_AUTHORISED),
        ("auth__missing_signature_header", RejectReason.NOT_AUTHORISED),
        ("auth__skew_minus30s", RejectReason.NOT_AUTHORISED),
        ("auth__unknown_key_id", RejectReason.NOT_AUTHORISED),
    ],
)
def test_recorded_refusals(folder: Path, name: str, reason: RejectReason) -> None:
    said = create_failed(place(), fault(folder, name))
    assert isinstance(said, OrderRejected)
    assert said.reason is reason


def test_recorded_skew_is_the_clocks_fault(folder: Path) -> None:
    for name in ("minus30s", "minus5min", "plus5min"):
        assert fault(folder, f"auth__skew_{name}").code in CLOCK_CODES
    assert fault(folder, "auth__bad_signature").code not in CLOCK_CODES


@pytest.mark.parametrize("name", ["orders__duplicate_client_order_id", "orders__reuse_canceled_client_id"])
def test_recorded_repetitions_prove_that_the_order_landed(folder: Path, name: str) -> None:
    assert create_failed(place(), fault(folder, name)) == OrderAccepted(place().ref, None, Evidence.INFERRED)


QUESTIONS = (
    *("orders__cancel_already_canceled", "orders__cancel_executed", "orders__cancel_unknown_id"),
    *("cleanup__leftover_0", "cleanup__leftover_1", "cleanup__leftover_2"),
)


@pytest.mark.parametrize("name", QUESTIONS)
def test_recorded_cancels_of_what_does_not_rest_are_questions(folder: Path, name: str) -> None:
    said = cancel_failed(cancel(), fault(folder, name))
    assert isinstance(said, CancelRefused)
    assert said.reason is RejectReason.NOT_RESTING


def test_recorded_orders_report_what_they_matched_and_lost(folder: Path) -> None:
    rows = codec.orders_answer.decode(body(folder, "portfolio__orders_list")).orders or []
    found = []
    for row in rows:
        said = order_reported(row, OrderRef("r"), Evidence.PULL, by_us=True)
        found.append(
            (row.status, side_of(row), said.matched_micros, said.cost_micros, said.fee_micros, said.cancelled_micros)
        )
        assert said.closed
    assert found[0] == ("executed", Side.BACK, 1_000_000, 520_000, 17_500, 0)
    assert found[1] == ("canceled", Side.BACK, 0, 0, 0, 1_000_000)
    assert ("canceled", Side.LAY, 0, 0, 0, 1_000_000) in found


@pytest.mark.parametrize(
    ("name", "price"),
    [("orders__get_after_create", 100), ("orders__stp_resting_after", 4_800), ("orders__get_after_cancel", 100)],
)
def test_a_recorded_order_rests_whole_even_in_the_read_that_was_still_old(folder: Path, name: str, price: int) -> None:
    row = codec.order_answer.decode(body(folder, name)).order
    said = order_reported(row, OrderRef("r"), Evidence.PULL, by_us=True)
    assert (said.closed, said.matched_micros, said.cancelled_micros) == (False, 0, 0)
    assert (side_of(row), native(row.yes_price_dollars), micros(row.initial_count_fp)) == (Side.BACK, price, 1_000_000)


def test_recorded_matches_and_their_fees_follow_the_formula(folder: Path) -> None:
    fee = QuadraticFee(taker_ppm=70_000)
    fills = [fill_of(row) for row in codec.fills_answer.decode(body(folder, "fills__after_taker")).fills or ()]
    assert [(fill.cost_micros, fill.fee_micros, fill.maker) for fill in fills] == [
        (520_000, 17_500, False),
        (990_000, 700, False),
        (990_000, 700, False),
    ]
    assert fills[0].venue_ms == 1_781_159_370_164
    for fill in fills:
        assert fill_fee_micros(fee, claims_micros=fill.claims_micros, cost_micros=fill.cost_micros) == fill.fee_micros


def test_recorded_matches_and_settlements_are_lines_of_a_statement(folder: Path) -> None:
    rows = matches_answer.decode(body(folder, "fills__after_taker")).fills or ()
    assert [(row.ticker, row.buys_yes, row.order_id[:8]) for row in rows] == [
        (TICKER, True, "97ec18b7"),
        (TICKER, True, "e8051642"),
        (TICKER, True, "99ca79c3"),
    ]
    assert len({fill_of(row).id for row in rows}) == 3
    for name in ("settlements__page", "settlements__end_of_session"):
        page = codec.settlements_answer.decode(body(folder, name))
        assert (page.settlements, page.cursor) == ([], "")


def test_recorded_limits_and_costs_become_budgets(folder: Path) -> None:
    budgets = Budgets(cancel_reserve_pct=20)
    budgets.learn_limits(codec.limits_answer.decode(body(folder, "account__limits")), 0)
    budgets.learn_costs(codec.costs_answer.decode(body(folder, "account__endpoint_costs")), "/trade-api/v2")
    assert (budgets.create_cost, budgets.cancel_cost, budgets.read_cost) == (10, 2, 10)
    assert budgets.creates(0) == 8


@pytest.mark.parametrize("name", ["balance_ok", "balance_alt_host", "skew_minus5s", "skew_plus5s"])
def test_the_recorded_balance_is_read_to_its_last_place(folder: Path, name: str) -> None:
    answer = codec.balance_answer.decode(body(folder, f"auth__{name}"))
    assert micros(answer.balance_dollars) == 98_018_600
    assert [(one.exchange_index, micros(one.balance)) for one in answer.balance_breakdown] == [(0, 98_018_600)]


def test_the_recorded_exchange_trades(folder: Path) -> None:
    assert exchange_finding(codec.status_answer.decode(body(folder, "exchange__status"))).verdict is Verdict.OK


MARKETS: dict[str, list[tuple[str, MarketStatus, Result | None, int]]] = {
    "markets__single": [("JIMLEP-LEP", MarketStatus.OPEN, None, 99)],
    "markets__unauth_single": [("JIMLEP-LEP", MarketStatus.OPEN, None, 99)],
    "markets__single_filter_lastpage": [("JIMLEP-LEP", MarketStatus.OPEN, None, 99)],
    "markets__page1": [
        *((f"AZKMARTE4-{n}", MarketStatus.INACTIVE, None, 99) for n in (4, 3, 2, 1)),
        ("AZGPERDOMO2-3", MarketStatus.INACTIVE, None, 99),
    ],
    "markets__unauth_list": [(f"AZKMARTE4-{n}", MarketStatus.INACTIVE, None, 99) for n in (4, 3)],
    "markets__status_open.first_few": [
        ("EAAA448B85D", MarketStatus.OPEN, None, 999),
        ("EAAA448B85D", MarketStatus.OPEN, None, 999),
        ("CIGEST-EST", MarketStatus.OPEN, None, 99),
        ("CIGEST-CIG", MarketStatus.OPEN, None, 99),
    ],
    "markets__status_closed": [
        ("0220-3", MarketStatus.CLOSED, Result.LOST, 99),
        ("0220-2", MarketStatus.CLOSED, Result.WON, 99),
        ("0210-3", MarketStatus.CLOSED, Result.LOST, 99),
        ("0210-2", MarketStatus.CLOSED, Result.WON, 99),
        ("T91.89", MarketStatus.CLOSED, Result.LOST, 99),
    ],
    "markets__status_settled": [
        ("0876414E15B", MarketStatus.CLOSED, Result.LOST, 999),
        ("0140-3", MarketStatus.CLOSED, Result.LOST, 99),
        ("0140-2", MarketStatus.CLOSED, Result.WON, 99),
        ("0130-3", MarketStatus.CLOSED, Result.LOST, 99),
        ("0130-2", MarketStatus.CLOSED, Result.WON, 99),
    ],
}
"""End of its ticker, state, what YES became, and how many prices it has: each market of each recorded listing."""


@pytest.mark.parametrize("name", MARKETS)
def test_a_recorded_listing_means(folder: Path, name: str) -> None:
    text = body(folder, name)
    is_one = b'"market":' in text
    rows = [codec.market_answer.decode(text).market] if is_one else codec.markets_answer.decode(text).markets or []
    for row, (ending, status, result, prices) in zip(rows, MARKETS[name], strict=True):
        facts: list[Fact] = []
        markets = Markets(KALSHI, Currency("USD"), [listing(row.ticker)], facts.append)
        markets.learn(row, QuadraticFee(taker_ppm=70_000), 1_781_159_000_000)
        listed, changed = facts
        assert isinstance(listed, InstrumentsListed)
        assert isinstance(changed, MarketChanged)
        terms = listed.instruments[0].terms
        assert row.ticker.endswith(ending)
        assert (changed.status, changed.results.get(YES)) == (status, result)
        assert len(ladder(terms.kind, terms.bands)) == prices


def test_a_recorded_page_too_long_is_refused_whole(folder: Path) -> None:
    said = fault(folder, "markets__limit_over_max")
    assert (said.status, place_verdict(said.status, said.code)) == (400, Verdicts.REFUSED)


def test_answers_observed_elsewhere_are_read(shared: Path) -> None:
    codes = []
    for line in (shared / "venues/kalshi/samples/observed_misc.jsonl").read_text(encoding="utf-8").splitlines():
        seen = json.loads(line)
        if isinstance(seen.get("received"), list):
            for frame in seen["received"]:
                assert isinstance(market_frames.decode(json.dumps(frame).encode()), Subscribed)
        elif "error" in seen.get("received", {}):
            codes.append(codec.error_said(json.dumps(seen["received"]).encode()).code)
    assert codes == ["trading_is_paused", "order_already_exists", "deprecated_v1_order_endpoint"]
