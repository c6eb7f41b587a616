"""What venues really answered about one order, in every order of arrival, each answer once and twice: one end."""

import json
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from domain.messages import CancelOrder, OrderFact, OrderFilled, OrderReported
from domain.money import parse_micros
from domain.orders import Evidence, Order
from oms.order_states import apply
from tests.builders import REF, bet, facts
from tests.conftest import ROOT
from tests.oms.test_order_states import picture
from tests.vectors.kinds_oms import fact_of, first_places
from tests.venues.betfair.desk import place as betfair_place
from tests.venues.betfair.test_samples import reported, result
from tests.venues.kalshi.desk import place as kalshi_place
from tests.venues.kalshi.test_samples import body, fault
from tests.venues.matchbook.test_samples import read
from venues.betfair import bet_facts
from venues.betfair.betting_codec import cancel_answer, place_answer
from venues.betfair.query_codec import current_answer, current_reported
from venues.kalshi import order_facts, rest_codec
from venues.kalshi.order_codec import fill_of, order_reported
from venues.matchbook import offer_facts
from venues.matchbook.offers_codec import offer_answer, offers_answer

VECTOR_FILE = ROOT / "tests/vectors/mechanics.json"

Said = OrderFact | CancelOrder
CANCEL = CancelOrder(REF, "c1")
MISSING_ANSWERS = [*facts("timeout"), *facts("unanswered c1")]


def ours(told: object) -> OrderFact:
    """A fact about whatever order it was, as one about ours."""
    return replace(told, ref=REF)  # type: ignore[type-var,return-value]  # every order fact has a ref


# ---- Kalshi, a session recorded on 2026-06-11 ----


def kalshi_rows(folder: Path, order_id: str, name: str) -> Iterator[OrderReported]:
    """The rows of an answer that describe the order."""
    answer = json.loads(body(folder, name))
    for row in answer.get("orders") or [answer["order"]]:
        if row["order_id"] == order_id:
            read_row = rest_codec.order_answer.decode(json.dumps({"order": row}).encode()).order
            yield order_reported(read_row, REF, Evidence.PULL, by_us=True)


def kalshi_rested_and_was_cancelled(shared: Path) -> list[Said]:
    """Created, read back, cancelled, read while the venue was still behind, cancelled again, created again, listed."""
    folder, order_id = shared / KALSHI_SESSION, "2597b999-f887-4195-8bac-c3f97a1f2021"
    created = rest_codec.created_answer.decode(body(folder, "orders__create_v2_maker"))
    cancelled = rest_codec.cancelled_answer.decode(body(folder, "orders__cancel_v2"))
    return [
        *order_facts.create_facts(kalshi_place(REF, size_micros=1_000_000), created),  # type: ignore[list-item]
        *kalshi_rows(folder, order_id, "orders__get_after_cancel"),
        order_facts.cancel_fact(CANCEL, order_id, cancelled),  # type: ignore[list-item]
        order_facts.cancel_failed(replace(CANCEL, request="c2"), fault(folder, "orders__cancel_already_canceled")),  # type: ignore[list-item]
        ours(order_facts.create_failed(kalshi_place(REF), fault(folder, "orders__reuse_canceled_client_id"))),
        *kalshi_rows(folder, order_id, "portfolio__orders_list"),
        *facts("timeout"),
    ]


def kalshi_was_matched_at_once(shared: Path) -> list[Said]:
    """Created and matched, told by the answer, by the list of fills and by the list of orders; a cancel came late."""
    folder, order_id = shared / KALSHI_SESSION, "97ec18b7-10d3-4557-9de0-8598aad625f0"
    created = rest_codec.created_answer.decode(body(folder, "orders__create_v2_taker_ioc"))
    fills = rest_codec.fills_answer.decode(body(folder, "fills__after_taker")).fills or ()
    return [
        *order_facts.create_facts(kalshi_place(REF, size_micros=1_000_000, price=5_200), created),  # type: ignore[list-item]
        *(OrderFilled(REF, fill_of(row), Evidence.PULL) for row in fills if row.order_id == order_id),
        *kalshi_rows(folder, order_id, "portfolio__orders_list"),
        order_facts.cancel_failed(CANCEL, fault(folder, "orders__cancel_executed")),  # type: ignore[list-item]
        *facts("timeout"),
    ]


KALSHI_SESSION = "venues/kalshi/samples/fortuna_demo_2026-06-11"


# ---- Betfair, messages of its order stream and answers of its betting API ----


def betfair_stream(shared: Path, name: str, nth: int = 0) -> list[Said]:
    """Everything that one file of the order stream says about the nth of its bets, and what it leaves unanswered."""
    reports = reported(shared / "venues/betfair/samples/ocm" / f"{name}.json")
    bets = list(dict.fromkeys(report.venue_order_id for report in reports))
    told = [ours(report) for report in reports if report.venue_order_id == bets[nth]]
    return [*told, *facts(f"accept {bets[nth]}"), *MISSING_ANSWERS]


def betfair_reduced(shared: Path) -> list[Said]:
    """A runner was removed: the bet was matched, and its claims were reduced long after it was complete."""
    told = [*betfair_stream(shared, "ocm_runner_removed"), *betfair_stream(shared, "ocm_update")]
    return list(dict.fromkeys(told))


def betfair_was_cancelled(shared: Path) -> list[Said]:
    """Cancelled whole, by the answer, by the stream and by the list of current orders."""
    samples = shared / "venues/betfair/samples"
    answer = result(samples, "betting_cancel_orders_success", cancel_answer)
    (listed,) = result(samples, "list_current_orders_harness_canceled", current_answer).rows
    return [
        bet_facts.cancel_fact(CANCEL, "1", answer),  # type: ignore[list-item]
        *(replace(ours(report), venue_order_id=None) for report in reported(samples / "ocm" / "ocm_cancel.json")),
        ours(replace(current_reported(listed, REF, as_of_ms=1), venue_order_id=None)),
        *MISSING_ANSWERS,
    ]


def betfair_was_refused(shared: Path) -> list[Said]:
    """The placement's answer was a refusal, and our own patience had run out before it came."""
    answer = result(shared / "venues/betfair/samples", "betting_place_order_error", place_answer)
    return [*map(ours, bet_facts.place_facts(betfair_place("O-20210331-202018-001-001-2"), answer)), *MISSING_ANSWERS]


# ---- Matchbook, recorded in 2017 ----


def matchbook_was_matched(shared: Path) -> list[Said]:
    """Taken as open, listed as matched."""
    samples = shared / "venues/matchbook/samples"
    (posted,) = offers_answer(read(samples, "java_sdk/offers_post.json")).offers
    listed = offers_answer(read(samples, "java_sdk/offers_get.json")).offers[0]
    return [offer_facts.reported(posted, REF), offer_facts.reported(listed, REF), *MISSING_ANSWERS]


def matchbook_was_cancelled(shared: Path) -> list[Said]:
    """Taken as open, deleted, and listed as cancelled."""
    samples = shared / "venues/matchbook/samples"
    (posted,) = offers_answer(read(samples, "recorded_2017/offers_post.json")).offers
    deleted = offer_answer(read(samples, "recorded_2017/offer_delete.json"))
    return [
        offer_facts.reported(posted, REF),
        offer_facts.reported(deleted, REF),
        offer_facts.cancel_fact(CANCEL, deleted),  # type: ignore[list-item]
        *MISSING_ANSWERS,
    ]


RACES: dict[str, tuple[str, Callable[[Path], list[Said]], str]] = {
    "kalshi rested": ("BACK 1 @ 0.01c", kalshi_rested_and_was_cancelled, "CANCELLED 0/1/0/0"),
    "kalshi taken": ("BACK 1 @ 0.52c", kalshi_was_matched_at_once, "FILLED 1/0/0/0"),
    "betfair fills": (
        "BACK 20 @ 5.00",
        lambda s: betfair_stream(s, "ocm_multiple_fills"),
        "PARTIALLY_FILLED 17.73/0/0/0",
    ),
    "betfair filled": ("BACK 10 @ 1.10", lambda s: betfair_stream(s, "ocm_filled"), "FILLED 10/0/0/0"),
    "betfair reduced": ("BACK 2 @ 12.00", betfair_reduced, "FILLED 2/0/0/0"),
    "betfair duplicate 1": (
        "BACK 10 @ 1.73",
        lambda s: betfair_stream(s, "ocm_duplicate_execution"),
        "CLOSED_PARTIAL 1.12/8.88/0/0",
    ),
    "betfair duplicate 2": (
        "BACK 10 @ 2.90",
        lambda s: betfair_stream(s, "ocm_duplicate_execution", 1),
        "FILLED 10/0/0/0",
    ),
    "betfair error": ("BACK 2 @ 1.50", lambda s: betfair_stream(s, "ocm_error_fill"), "LAPSED 0/0/2/0"),
    "betfair cancelled": ("BACK 10 @ 2.00", betfair_was_cancelled, "CANCELLED 0/10/0/0"),
    "betfair refused": ("BACK 10 @ 2.00", betfair_was_refused, "REJECTED 0/0/0/0"),
    "matchbook matched": ("BACK 5 @ 2.40", matchbook_was_matched, "FILLED 5/0/0/0"),
    "matchbook cancelled": ("LAY 10 @ 1.56", matchbook_was_cancelled, "CANCELLED 0/10/0/0"),
}
"""The order as it was placed, what its venue said of it, and the end that every arrival must come to."""


@pytest.mark.parametrize("race", RACES)
def test_what_a_venue_said_ends_alike_in_every_order_of_arrival_and_said_twice(shared: Path, race: str) -> None:
    text, record, end = RACES[race]
    placed = apply(bet(text), CANCEL)
    said = record(shared)
    assert 3 <= len(said) <= 8
    ends: set[Order] = set()
    for arrival in permutations(said):
        order = placed
        for fact in arrival:
            order = apply(order, fact)
        ends.add(order)
        for fact in arrival:
            order = apply(order, fact)
        ends.add(order)
        if len(ends) > 1:
            break
    assert {picture(order) for order in ends} == {end}
    assert len(ends) == 1, "the orders look alike and differ in what they remember"


# ---- the races of the mechanics file ----

VECTORS = [one for one in json.loads(VECTOR_FILE.read_text())["vectors"] if one["kind"] == "order_fsm"]
OURS_TO_SAY = ("settle", "not_found", "cancel_req")
"""What we do or conclude, and no venue says."""


def vector_facts(events: list[dict[str, str]]) -> list[Said]:
    """What the venue says in a vector, each message under a name of its own, every cancel answered by one request."""
    return [
        fact_of(event, first, asked="c1", rest_micros=0)
        for event, first in zip(events, first_places(events), strict=True)
        if event["t"] not in OURS_TO_SAY
    ]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: one["id"])
def test_the_events_of_a_vector_end_alike_in_every_order_of_arrival(vector: dict[str, Any]) -> None:
    inputs = vector["inputs"]
    order, ends = apply(bet(f"BACK {inputs['size']} @ 2.00"), CANCEL), set()
    for arrival in permutations(vector_facts(inputs["events"])):
        after = order
        for fact in (*arrival, *arrival[::-1]):
            after = apply(after, fact)
        if any(event["t"] == "not_found" for event in inputs["events"]):
            after = apply(after, facts("missing")[0])
        ends.add(after)
    (end,) = ends
    expected = vector["expected"]
    sizes = {name: parse_micros(expected[name]) for name in ("matched", "cancelled", "lapsed", "voided")}
    assert {name: getattr(end, f"{name}_micros") for name in sizes} == sizes
