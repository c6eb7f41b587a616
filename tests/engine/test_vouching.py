"""What a venue told somebody of one order: its market goes on by that, the journal keeps it, and proof undoes it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.breaks import BreakFound, BreakHealed
from domain.messages import Journalled, PlaceOrder, QueryOrder, RunResumed
from domain.money import MICROS
from domain.operators import TradingEnabled
from domain.orders import Order, OrderState
from domain.stops import AlertRaised
from domain.vouching import Finding, OrderVouched
from engine.explain import in_words
from engine.replay import rebuild
from engine.state import State
from engine.story import tell
from engine.vouching import objection
from oms.order_states import state_of
from recon.breaks import BreakKind
from strategy.base import Wanted
from tests.builders import facts
from tests.desk.desks import TOKEN, Watched, typed, watched
from tests.desk.test_control_callers import OPERATORS, sent
from tests.engine.runs import ONE, STARTED
from tests.engine.streets import Hand, quote
from tests.engine.test_suspicion import queries, why_not

WHY = ["--who", "ann", "--why", "Jo of their desk, by telephone"]
LIVE = replace(STARTED, mode="live")


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    return Hand(tmp_path).opened()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path) as desk:
        yield desk


def unanswered(hand: Hand) -> PlaceOrder:
    """An order whose placement nobody answers."""
    hand.wishes.once, hand.wishes.wanted = True, Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (placed,) = hand.places()
    hand.tell(*facts("timeout", placed.ref))
    return placed


def order_of(hand: Hand, placed: PlaceOrder) -> Order:
    order = hand.state.blotter.orders.get(placed.ref)
    assert order is not None
    return order


def of(hand: Hand, kind: type) -> list[Journalled]:
    return [body for body in hand.records() if isinstance(body, kind)]


def gone(placed: PlaceOrder, who: str = "ann", why: str = "they rang back") -> OrderVouched:
    return OrderVouched(placed.ref, Finding.GONE, who, why)


def figures(placed: PlaceOrder, who: str = "ann", **sizes: int) -> OrderVouched:
    """Sizes in whole units, matches at odds of 2.10."""
    told = {f"{name}_micros": size * MICROS for name, size in sizes.items()}
    price = 2_100_000 if sizes.get("matched") else 0
    return replace(OrderVouched(placed.ref, Finding.FIGURES, who, "they rang back"), price_micros=price, **told)


# ---- what it frees ----


def test_an_order_that_its_venue_never_answers_for_is_over_by_a_word_and_its_reserve_is_free(hand: Hand) -> None:
    placed = unanswered(hand)
    hand.later(100)
    assert (queries(hand), hand.state.ledger.balance("reserved", ONE, STARTED.capabilities[0].currency)) == (
        [placed.ref],
        10 * MICROS,
    )
    hand.tell(gone(placed))
    assert state_of(order_of(hand, placed)) is OrderState.CANCELLED
    assert hand.state.ledger.balance("reserved", ONE, STARTED.capabilities[0].currency) == 0
    assert hand.state.exposure.worst_loss_micros(STARTED.events[0].id) == 0
    asked = len(queries(hand))
    hand.later(60_000)
    assert len(queries(hand)) == asked, "nobody asks any more"
    assert of(hand, OrderVouched) == [gone(placed)]


def test_what_a_person_says_was_matched_is_booked_at_its_price(hand: Hand) -> None:
    placed = unanswered(hand)
    hand.tell(figures(placed, matched=4, cancelled=6))
    order = order_of(hand, placed)
    assert (order.matched_micros, order.claims_micros, order.cancelled_micros) == (4 * MICROS, 8_400_000, 6 * MICROS)
    assert hand.state.exposure.worst_loss_micros(STARTED.events[0].id) == 5 * MICROS, "four pounds"


@pytest.mark.parametrize(("finding", "matched"), [(Finding.KEPT, 13), (Finding.VOIDED, 10)])
def test_a_market_that_an_overfill_shut_goes_on_by_a_word_and_its_break_is_healed(
    hand: Hand, finding: Finding, matched: int
) -> None:
    placed = hand.quoting(quote())
    hand.tell(*facts("fill f1 10 at 50; fill f2 3 at 60; report 13 closed at 70", placed.ref))
    assert why_not(hand) == "order_unproven"
    hand.tell(OrderVouched(placed.ref, finding, "ann", "Jo of their desk"))
    assert (why_not(hand), hand.state.breaks.standing) == ("", {})
    assert order_of(hand, placed).matched_micros == matched * MICROS
    (healed,) = of(hand, BreakHealed)
    assert isinstance(healed, BreakHealed)
    assert (healed.kind, healed.proof) == (BreakKind.EXTRA_FILL, "ann was told by the venue: Jo of their desk")


def test_a_match_behind_an_end_is_told_and_shuts_nothing_where_a_person_tells_it(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.wishes.wanted = Wanted()
    hand.tell(*facts("cancelled c9 10", placed.ref), figures(placed, matched=4, cancelled=6))
    (told,) = of(hand, AlertRaised)
    assert isinstance(told, AlertRaised)
    assert (told.about, why_not(hand)) == ("late_match", "")


# ---- what undoes it ----


@pytest.mark.parametrize("proof", ["accept v1", "fill f1 4", "report 0", "report 10 closed"])
def test_proof_that_a_person_was_told_wrong_counts_the_order_again_asks_and_shuts_its_market(
    hand: Hand, proof: str
) -> None:
    placed = unanswered(hand)
    hand.tell(gone(placed), *facts(proof, placed.ref))
    order = order_of(hand, placed)
    assert order.suspect
    assert hand.state.exposure.worst_loss_micros(STARTED.events[0].id) == 12_500_000
    (found,) = of(hand, BreakFound)
    assert isinstance(found, BreakFound)
    assert (found.kind, found.key) == (BreakKind.STATUS, placed.ref)
    hand.later(100)
    assert placed.ref in queries(hand)
    if not proof.startswith("report"):  # which is the venue's own answer, and settles what it says
        assert why_not(hand) == "order_unproven"


# ---- what may not be said ----


def test_what_may_not_be_said_changes_nothing_and_is_not_written_down(hand: Hand) -> None:
    placed = hand.quoting(quote())
    before = order_of(hand, placed)
    records = len(hand.records())
    hand.tell(
        figures(placed, matched=4, cancelled=5),
        figures(placed, remaining=10),
        OrderVouched(placed.ref, Finding.KEPT, "ann", "x"),
        gone(placed, who="desk"),
        gone(replace(placed, ref="nobodys")),
    )
    assert order_of(hand, placed) is before
    assert len(hand.records()) == records


# ---- the journal ----


def test_a_run_is_the_same_again_from_its_journal_and_for_who_takes_it_over(tmp_path: Path, hand: Hand) -> None:
    placed = unanswered(hand)
    hand.tell(figures(placed, matched=4, cancelled=6))
    hand.journal.close()
    state = rebuild(hand.folder)[0]
    assert state.digest() == hand.state.digest()
    state.apply(RunResumed("trial", "c0ffee"), 9)
    order = state.blotter.orders.get(placed.ref)
    assert order is not None
    assert (state_of(order), order.matched_micros) == (OrderState.CLOSED_PARTIAL, 4 * MICROS)
    (fill,) = facts("fill f1 5", placed.ref)
    (change,) = state.apply(fill, 10)
    assert change.after.suspect


def test_the_story_of_an_order_says_who_was_told_what_and_by_whom(hand: Hand) -> None:
    placed = unanswered(hand)
    hand.tell(figures(placed, matched=4, cancelled=6))
    hand.journal.close()
    said = "ann was told by the venue that of it are 4.00 matched @ 2.10, 6.00 cancelled: they rang back [operator]"
    assert any(said in line for line in in_words(tell(hand.folder, placed.ref)))


# ---- two people ----


def test_where_money_is_real_two_different_people_say_the_same_before_it_counts(tmp_path: Path) -> None:
    hand = Hand(tmp_path, state=State(LIVE))
    hand.street.note(LIVE)
    hand.opened()
    hand.tell(*(TradingEnabled(LIVE.config_hash, who, "reviewed") for who in ("ann", "bob")))
    placed = unanswered(hand)
    hand.tell(gone(placed), gone(placed, who="ANN ", why="again"), figures(placed, who="bob", cancelled=10))
    assert state_of(order_of(hand, placed)) is OrderState.UNKNOWN
    assert len(of(hand, OrderVouched)) == 2, "one person's second word is none"
    digest = hand.state.digest()
    hand.tell(gone(placed, who="cy"))
    assert hand.state.digest() != digest
    hand.tell(gone(placed, who="ann"))
    assert state_of(order_of(hand, placed)) is OrderState.CANCELLED
    assert not hand.state.vouching.waiting


def test_a_first_word_waits_for_the_second_over_a_restart(tmp_path: Path) -> None:
    hand = Hand(tmp_path, state=State(LIVE))
    hand.street.note(LIVE)
    hand.opened()
    hand.tell(*(TradingEnabled(LIVE.config_hash, who, "reviewed") for who in ("ann", "bob")))
    placed = unanswered(hand)
    hand.tell(gone(placed))
    hand.journal.close()
    state = rebuild(hand.folder)[0]
    assert (state.digest(), state.vouching.waits(placed.ref)) == (hand.state.digest(), True)
    state.apply(RunResumed("trial", "c0ffee"), 9)
    assert "has said so already; a different person" in objection(gone(placed), state)
    assert objection(gone(placed, who="bob"), state) == ""
    (change,) = state.apply(gone(placed, who="bob"), 10)
    assert state_of(change.after) is OrderState.CANCELLED


# ---- as it is typed ----


async def test_a_word_is_typed_answered_and_shown(desk: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    placed = unanswered(desk)
    assert await typed(desk, "vouch", placed.ref, "--matched", "4", "--price", "2.1", "--lapsed", "6", *WHY) == 0
    assert json.loads(capsys.readouterr().out) == {"order": placed.ref, "state": "CLOSED_PARTIAL", "waiting": False}
    _, tape = await desk.fetch("/v1/view/alerts")
    said = f"order {placed.ref}: ann was told that of it are 4.00 matched @ 2.10, 6.00 lapsed: Jo of their desk"
    assert any(row["text"].startswith(said) for row in tape)
    _, orders = await desk.fetch("/v1/view/orders")
    assert [row["evidence"] for row in orders if row["id"] == placed.ref] == ["operator"]


@pytest.mark.parametrize("operators", [None, OPERATORS])
async def test_two_names_of_one_token_are_not_two_people(tmp_path: Path, operators: dict[str, str] | None) -> None:
    async with watched(tmp_path, operators, mode="live") as desk:
        desk.tell(*(TradingEnabled("c0ffee", who, "reviewed") for who in ("ann", "bob")))
        placed = unanswered(desk)
        for who, waiting in (("ann", True), ("bob", False)):
            word = {"order": placed.ref, "finding": "gone", "who": who, "why": "a letter"}
            status, text = await sent(desk, OPERATORS[who] if operators else TOKEN, word, "/v1/orders/vouch")
            assert status == (200 if operators else 403)
            assert ("[control] operators" in text) is not bool(operators)
            assert not operators or json.loads(text)["waiting"] is waiting
        assert state_of(order_of(desk, placed)) is (OrderState.CANCELLED if operators else OrderState.UNKNOWN)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobodys", "--gone", *WHY], "order = 'nobodys': unknown; name it by our ref"),
        (["REF", "--gone", "--who", "ann"], "--why"),
        (["REF", "--gone", "--who", "ann", "--why", " "], "$.why = ' ': must not be empty"),
        (["REF", "--gone", "--who", "desk", "--why", "x"], "who = 'desk': only a named person can have been told"),
        (["REF", *WHY], "say --gone, --overfill kept or voided, or its parts: --matched"),
        (["REF", "--gone", "--matched", "4", *WHY], "$.matched = '4': gone goes without figures; leave it out"),
        (["REF", "--gone", "--overfill", "kept", *WHY], "not allowed with"),
        (["REF", "--overfill", "lost", *WHY], "invalid choice: 'lost'"),
        (["REF", "--matched", "4,5", *WHY], "$.matched = '4,5'"),
        (
            ["REF", "--matched", "4", "--price", "2.1", *WHY],
            "matched = 4.00: 4.00 in all, but the order is for 10.00",
        ),
        (["REF", "--matched", "10", *WHY], "price = 0.00: more was matched than we knew; tell its average price"),
        (["REF", "--matched", "10", "--price", "0.5", *WHY], "price = 0.50: odds lie above 1"),
        (["REF", "--overfill", "voided", *WHY], "finding = 'voided': no more was matched than was ordered"),
    ],
)
async def test_what_cannot_be_said_is_one_line_and_code_two(
    desk: Watched, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    placed = unanswered(desk)
    records = len(desk.records())
    assert await typed(desk, "vouch", *(placed.ref if word == "REF" else word for word in words)) == 2
    complaint = capsys.readouterr().err
    assert said in complaint
    assert complaint.count("\n") == 1
    assert (len(desk.records()), state_of(order_of(desk, placed))) == (records, OrderState.UNKNOWN)


async def test_an_order_on_its_way_is_not_yet_for_people_to_tell(
    desk: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.wishes.wanted = Wanted(quotes=(quote(),))
    desk.tell(desk.valued(0.5, sequence=2))
    (placed,) = desk.places()
    assert await typed(desk, "vouch", placed.ref, "--gone", *WHY) == 2
    assert "the answer to its placement may still come; wait until it is UNKNOWN" in capsys.readouterr().err


async def test_what_is_known_beyond_doubt_is_not_said_again_but_where_a_break_stands(
    desk: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    placed = desk.quoting(quote())
    desk.wishes.wanted = Wanted()
    desk.tell(*facts("fill f1 4 at 5; cancelled c9 6", placed.ref))
    words = ["vouch", placed.ref, "--matched", "4", "--cancelled", "6", *WHY]
    assert await typed(desk, *words) == 2
    assert "that is what we know of it, and nothing of it is in doubt" in capsys.readouterr().err
    desk.street.note(BreakFound(ONE, placed.ref, "EXTRA_FILL", "CRITICAL", 5, "theirs 3"))
    assert await typed(desk, *words) == 0
    assert not desk.state.breaks.standing
    assert not any(isinstance(command, QueryOrder) for command in desk.one.told)
