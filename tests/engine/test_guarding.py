"""What watches the desk: breakers on a live street, proofs of emptiness, warnings, losses; all of it in the journal."""

from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from domain.breaks import ReconCompleted
from domain.ids import OrderRef, StrategyName
from domain.markets import Market, Result
from domain.messages import (
    BooksChanged,
    BooksDoubted,
    BooksProven,
    CancelOrder,
    InstrumentsListed,
    Journalled,
    MarketSettled,
    OrderFilled,
    OrderRejected,
    PlaceOrder,
    RejectReason,
    RunResumed,
    VenueReported,
)
from domain.money import MICROS
from domain.operators import EVERY_STRATEGY, KillLevel, KillLevelSet, PauseSet, TradingEnabled
from domain.orders import Evidence, Side
from domain.stops import WHOLE_VENUE, AlertRaised, BreakerReset, BreakerTripped, EmptinessProven
from engine.replay import rebuild
from engine.state import State
from strategy.base import NOTHING, Wanted
from strategy.flattening import FLATTEN
from tests.builders import facts, fill, instrument, place
from tests.engine.runs import ODDS, ONE, STARTED, TWO
from tests.engine.streets import CONFIG, Hand, quote, shown, status

STRATEGY = "\n[[strategies]]\nname = 's'\nuses = 'a:B'\n"
T = TypeVar("T")


def desk(folder: Path, more: str = "", limits: str = "") -> Hand:
    """An open desk with more tables and more limits in its configuration."""
    folder.mkdir(exist_ok=True)
    return Hand(folder, CONFIG.replace("[deciding", f"{limits}\n[deciding", 1) + more + STRATEGY).opened()


def said(hand: Hand, kind: type[T]) -> list[T]:
    return [body for body in hand.records() if isinstance(body, kind)]


def cross(hand: Hand, times: int) -> None:
    """The book crosses and is right again, each seen by the engine."""
    for _ in range(times):
        hand.tell(shown("2.04:50 | 2.02:50"))
        hand.later(1_000)
        hand.tell(shown("1.98:50 | 2.04:50"))
        hand.later(1_000)


def test_a_book_that_crosses_again_and_again_has_its_quotes_pulled_for_a_while(tmp_path: Path) -> None:
    hand = desk(tmp_path, "[breakers]\nbad_books_per_minute = 3\nquiet_s = 5\n")
    placed = hand.quoting(quote())
    cross(hand, 2)
    assert said(hand, BreakerTripped) == []
    for ref in [one.ref for one in hand.places() if one.ref != placed.ref]:
        hand.tell(*facts("accept v2", ref))
    cross(hand, 1)
    (tripped,) = said(hand, BreakerTripped)
    assert (tripped.venue, tripped.venue_market, tripped.cause) == (ONE, ODDS.listing.venue_market, "crossed")
    assert hand.street.core.prices.why_not_tradable(ODDS, hand.clock.monotonic_ns()) == "market_breaker"
    orders = len(hand.places())
    hand.later(4_000)
    hand.tell(shown("1.98:40 | 2.04:50"))
    assert len(hand.places()) == orders
    hand.later(3_000)
    (reset,) = said(hand, BreakerReset)
    assert (reset.venue_market, reset.who) == (tripped.venue_market, "desk")
    assert hand.street.core.prices.tripped == frozenset()


AWAY = instrument("one/match/away", outcome=1)


def both(hand: Hand, kind: Market) -> Hand:
    """A second outcome of the same venue market, its book beside the first's."""
    hand.state.markets[kind.id] = kind
    hand.tell(InstrumentsListed(ONE, (AWAY,)), away())
    return hand


def away() -> BooksChanged:
    home = shown("1.98:50 | 2.04:50")
    return msgspec.structs.replace(home, books=[msgspec.structs.replace(home.books[0], instrument=AWAY.id)])


def test_books_of_a_market_that_go_stale_together_do_so_once(tmp_path: Path) -> None:
    """A feed that hangs for a moment is one trouble, in however many of its books we have orders."""
    hand = both(desk(tmp_path, "[breakers]\nbad_books_per_minute = 2\n"), STARTED.markets[0])
    for n, on in enumerate((ODDS, AWAY)):
        hand.street.note(place("BACK 1 @ 2.04", on=on.id, ref=f"o-{n}", strategy="t"))
        hand.tell(*facts(f"accept v{n}", f"o-{n}"))
    assert len(hand.state.blotter.orders.open_instruments()) == 2
    hand.later(2_500)
    hand.later(500)
    assert said(hand, BreakerTripped) == []


@pytest.mark.parametrize(
    ("outcomes", "bets", "causes"),
    [
        (2, "home BACK, away LAY, home BACK", ["one_side"]),
        (2, "home BACK, away BACK, home BACK", []),
        (2, "away LAY, home BACK, away LAY", ["one_side"]),
        (3, "home BACK, away LAY, home BACK", []),
        (3, "home BACK, away BACK, home BACK, home BACK", ["one_side"]),
    ],
)
def test_of_two_outcomes_a_lay_of_one_leans_like_a_back_of_the_other(
    tmp_path: Path, outcomes: int, bets: str, causes: list[str]
) -> None:
    kind = msgspec.structs.replace(STARTED.markets[0], outcomes=STARTED.markets[0].outcomes[:outcomes])
    hand = both(desk(tmp_path, "[breakers]\none_side_fills = 3\n"), kind)
    for n, bet in enumerate(bets.split(", ")):
        name, side = bet.split()
        ref, on = f"o-{n}", ODDS if name == "home" else AWAY
        hand.street.note(place(f"{side} 1 @ 2.04", on=on.id, ref=ref))
        hand.tell(*facts(f"accept v{n}; fill f{n} 1 at 5", ref))
    hand.later(1_000)
    assert [one.cause for one in said(hand, BreakerTripped)] == causes


def test_what_is_open_is_open_after_a_restart(tmp_path: Path) -> None:
    hand = desk(tmp_path, "[breakers]\nbad_books_per_minute = 1\n")
    hand.quoting(quote())
    cross(hand, 1)
    assert said(hand, BreakerTripped)
    state, _ = rebuild(hand.folder)
    assert state.breakers.open_in(ONE, ODDS.listing.venue_market) == "crossed"


@pytest.mark.parametrize("level", [KillLevel.CANCEL_ALL, KillLevel.FLATTEN])
def test_a_venue_is_proven_empty_by_its_own_list_asked_for_after_the_last_cancel(
    tmp_path: Path, level: KillLevel
) -> None:
    hand = desk(tmp_path)
    placed = hand.quoting(quote())
    hand.wishes.wanted = NOTHING
    asked_ns = hand.clock.monotonic_ns()
    hand.tell(KillLevelSet(level, "ann", "drill"))
    (cancel,) = [one for one in hand.one.told if isinstance(one, CancelOrder)]
    hand.later(500)
    hand.tell(VenueReported(TWO, hand.clock.monotonic_ns(), ()))
    assert [one.venue for one in said(hand, EmptinessProven)] == [TWO]
    hand.tell(*facts(f"cancelled {cancel.request} 10", placed.ref))
    hand.tell(VenueReported(ONE, asked_ns, ()))
    assert [one.venue for one in said(hand, EmptinessProven)] == [TWO]
    hand.later(500)
    now_ns = hand.clock.monotonic_ns()
    hand.tell(VenueReported(ONE, now_ns, ()))
    assert said(hand, EmptinessProven)[1:] == [EmptinessProven(ONE, int(level), now_ns)]
    hand.later(100)
    hand.tell(VenueReported(ONE, hand.clock.monotonic_ns(), ()))
    assert len(said(hand, EmptinessProven)) == 2


def test_an_order_that_lands_behind_the_proof_takes_it_back_until_it_is_out(tmp_path: Path) -> None:
    hand = desk(tmp_path)
    hand.wishes.wanted = type(NOTHING)(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (placed,) = hand.places()
    hand.tell(KillLevelSet(KillLevel.CANCEL_ALL, "ann", "drill"), *facts("reject", placed.ref))
    proofs, shown = hand.street.core.guard.emptiness.proven, hand.street.telemetry.lately.emptied

    def listed() -> bool:
        hand.later(500)
        hand.tell(VenueReported(ONE, hand.clock.monotonic_ns(), ()))
        assert (ONE in proofs) == (ONE in shown)
        return ONE in proofs

    assert listed()
    hand.tell(*facts("fill f1 4 at 900", placed.ref))
    assert ONE not in proofs
    assert not listed(), "six may still be matched"
    hand.later(500)
    (cancel,) = [one for one in hand.one.told if isinstance(one, CancelOrder)]
    hand.tell(*facts(f"cancelled {cancel.request} 6", placed.ref))
    assert listed()


def test_nothing_is_proven_while_nothing_has_to_be_out(tmp_path: Path) -> None:
    hand = desk(tmp_path)
    hand.tell(KillLevelSet(KillLevel.REDUCE_ONLY, "ann", "drill"))
    hand.later(500)
    hand.tell(VenueReported(ONE, hand.clock.monotonic_ns(), ()))
    assert said(hand, ReconCompleted)
    assert said(hand, EmptinessProven) == []


def test_a_limit_that_is_nearly_used_up_is_told_once_each_time(tmp_path: Path) -> None:
    hand = desk(tmp_path)  # an event may lose 100 USD; 60 GBP would be 75
    placed = hand.quoting(quote(size="47.9"))
    assert said(hand, AlertRaised) == []
    for n, size in enumerate(("12.2", "12"), 2):
        hand.tell(*facts(f"fill f{n} {'47.9' if n == 2 else '12.2'} at 1", hand.places()[-1].ref))
        hand.wishes.wanted = type(NOTHING)(quotes=(quote(size=size),))
        hand.tell(hand.valued(0.5, sequence=n + 1))
    warned = said(hand, AlertRaised)
    assert [one.about for one in warned] == ["limit_75", "limit_90"]
    assert {one.subject for one in warned} == {"cup"}
    assert placed.ref != hand.places()[-1].ref


def test_an_accountability_level_warns_and_refuses_nothing(tmp_path: Path) -> None:
    hand = desk(tmp_path, limits='accountability_claims = "40"')
    for n, size in enumerate(("15", "3", "2", "5"), 3):  # two claims each
        hand.wishes.wanted = type(NOTHING)(quotes=(quote(size=size),))
        hand.tell(hand.valued(0.5, sequence=n))
        hand.wishes.wanted = NOTHING
        hand.tell(*facts(f"fill f{n} {size} at 1", hand.places()[-1].ref))
    assert [one.size_micros for one in hand.places()] == [15 * MICROS, 3 * MICROS, 2 * MICROS, 5 * MICROS]
    warned = said(hand, AlertRaised)
    assert [one.about for one in warned] == ["accountability_75", "accountability_90", "accountability_100"]
    assert {one.subject for one in warned} == {ODDS.id}


@pytest.mark.parametrize(("caps", "told"), [('{ "n" = "9 USD" }', ["m"]), ('{ "m" = "99 USD" }', []), ('"99 USD"', [])])
def test_a_model_that_no_cap_on_models_names_is_told_once(tmp_path: Path, caps: str, told: list[str]) -> None:
    """A cap of a mistyped model held nobody, and nothing said so: which models there are is known once they price."""
    hand = desk(tmp_path, limits=f"cap_model = {caps}")
    for n in (3, 4):
        hand.wishes.wanted = Wanted(quotes=(quote(),))
        hand.tell(hand.valued(0.5, sequence=n))
        hand.wishes.wanted = NOTHING
        hand.tell(*facts("report 0 lapsed 10 closed", hand.places()[-1].ref))
    assert len(hand.places()) == 2
    assert [one.subject for one in said(hand, AlertRaised) if one.about == "model_uncapped"] == told


def test_a_strategy_that_loses_too_much_within_a_minute_rests_until_a_person_resumes_it(tmp_path: Path) -> None:
    hand = desk(tmp_path, limits='strategy_loss_minute = "5 USD"\nloss_minute = "4 USD"')
    placed = hand.quoting(quote())
    hand.tell(*facts("fill f1 10 at 5", placed.ref))
    hand.later(6_000)
    hand.tell(hand.valued(0.45, sequence=9))  # 20 claims of GBP, 1.25 USD each: 1.25 less for each point
    hand.later(6_000)
    assert said(hand, PauseSet) == []
    hand.tell(hand.valued(0.25, sequence=10))
    hand.later(6_000)
    (pause,) = said(hand, PauseSet)
    assert (pause.strategy, pause.paused, pause.who) == ("s", True, "desk")
    assert "lost 6250000 within a minute, at most 5000000" in pause.why


def test_a_strategy_that_loses_with_its_first_bet_at_once_rests_too(tmp_path: Path) -> None:
    """Nothing of it was looked at before, and nothing is what it had lost by then."""
    hand = desk(tmp_path, limits='strategy_loss_minute = "5 USD"')
    hand.later(6_000)
    hand.tell(shown("1.98:50 | 2.04:50"))
    placed = hand.quoting(quote())
    hand.tell(*facts("fill f1 10 at 5", placed.ref), hand.valued(0.25, sequence=9))
    hand.later(6_000)
    assert [one.strategy for one in said(hand, PauseSet)] == ["s"]


@pytest.mark.parametrize(("parts", "lost"), [((), 12_500_000), ((0, 1, 2), 6_250_000), ((0, 0, 1), 0)])
def test_what_a_settled_bet_lost_is_the_part_of_it_that_was_lost(tmp_path: Path, parts: Any, lost: int) -> None:
    """10 GBP, 1.25 USD each: all of them, half on a line that ended so, or none where the stake came back."""
    hand = desk(tmp_path, limits='strategy_loss_minute = "1 USD"')
    hand.tell(*facts("fill f1 10 at 5", hand.quoting(quote()).ref))
    hand.later(6_000)
    selection = ODDS.listing.selection
    hand.tell(
        MarketSettled(
            venue=ONE,
            venue_market=ODDS.listing.venue_market,
            statement="s1",
            profit_micros=-lost * 100 // 125,
            commission_micros=0,
            results={selection: Result.LOST},
            parts=((selection, *parts),) if parts else (),
        )
    )
    hand.later(6_000)
    assert [one.why for one in said(hand, PauseSet)] == (
        [f"it lost {lost} within a minute, at most 1000000"] if lost else []
    )


@pytest.mark.parametrize("known", ["cancelled c1 10", "fill f0 5 at 4"])
def test_what_a_match_lost_that_is_told_behind_its_statement_is_lost_then(tmp_path: Path, known: str) -> None:
    """5 GBP, 1.25 USD each, beside those that were known to be lost."""
    hand = desk(tmp_path, limits='strategy_loss_minute = "6 USD"')
    ref = hand.quoting(quote()).ref
    hand.tell(*facts(f"accept v1; {known}", ref))
    results = {ODDS.listing.selection: Result.LOST}
    hand.tell(MarketSettled(ONE, ODDS.listing.venue_market, "s1", 0, 0, results))
    hand.later(120_000)
    hand.tell(PauseSet(StrategyName("s"), paused=False, who="ann", why="seen"))
    before = len(said(hand, PauseSet))
    hand.tell(*facts("fill f1 5 at 5", ref))
    hand.later(6_000)
    (pause,) = said(hand, PauseSet)[before:]
    assert pause.why.startswith("it lost 6250000 within a minute")


@pytest.mark.parametrize(("late", "lost"), [("", 25_000_000), ("voided v1 matched 4", 15_000_000)])
def test_what_a_corrected_statement_takes_back_is_lost_then(tmp_path: Path, late: str, lost: int) -> None:
    """10 GBP, 1.25 USD each, of which 4 may be void: what was won goes, and what was staked."""
    hand = desk(tmp_path, limits='strategy_loss_minute = "13 USD"')
    ref = hand.quoting(quote()).ref
    selection, market = ODDS.listing.selection, ODDS.listing.venue_market
    hand.tell(*facts("accept v1; fill f1 10 at 5", ref))
    hand.later(6_000)
    hand.tell(MarketSettled(ONE, market, "s1", 10 * MICROS, 0, {selection: Result.WON}))
    hand.later(120_000)
    if late:
        hand.tell(*facts(late, ref))
        hand.later(120_000)
    assert said(hand, PauseSet) == []
    hand.tell(MarketSettled(ONE, market, "s2", -10 * MICROS, 0, {selection: Result.LOST}))
    hand.later(6_000)
    assert [one.why for one in said(hand, PauseSet)] == [f"it lost {lost} within a minute, at most 13000000"]


@pytest.mark.parametrize("then", ["", "matched again", "settled"])
def test_fees_that_were_kept_of_matches_that_are_void_are_lost_once(tmp_path: Path, then: str) -> None:
    """4 GBP, 1.25 USD each."""
    hand = desk(tmp_path, limits='strategy_loss_minute = "4 USD"')
    ref = hand.quoting(quote()).ref
    hand.tell(*facts("accept v1; fill f1 6 at 5", ref))
    hand.later(6_000)
    hand.tell(OrderFilled(ref, fill("f2", "1", price="1.98", fee="4"), Evidence.PULL))
    hand.tell(*facts("voided v1 matched 7", ref))
    if then == "matched again":
        hand.tell(*facts("fill f3 3 at 9", ref))
    elif then:
        results = {ODDS.listing.selection: Result.LOST}
        hand.tell(MarketSettled(ONE, ODDS.listing.venue_market, "s1", 0, 0, results))
    hand.later(6_000)
    (pause,) = said(hand, PauseSet)
    assert pause.why.startswith("it lost 500"), "the 3 that are matched again are worth a fraction of a cent less"


def test_a_desk_that_loses_too_much_within_a_minute_takes_out_what_would_add_until_a_person_sets_it_back(
    tmp_path: Path,
) -> None:
    hand = desk(tmp_path, limits='loss_minute = "4 USD"')
    placed = hand.quoting(quote())
    hand.tell(*facts("fill f1 10 at 5", placed.ref))
    hand.later(6_000)
    hand.wishes.wanted = type(NOTHING)(quotes=(quote(size="5"),))
    hand.tell(hand.valued(0.45, sequence=9))
    resting = hand.places()[-1]
    hand.tell(*facts("accept v9", resting.ref))
    hand.later(6_000)
    assert said(hand, KillLevelSet) == []
    hand.tell(hand.valued(0.25, sequence=10))
    hand.later(6_000)
    (stop,) = said(hand, KillLevelSet)
    assert (stop.level, stop.who) == (KillLevel.REDUCE_ONLY, "desk")
    assert stop.why == "6250000 lost within a minute, at most 4000000"
    assert [one.ref for one in hand.one.told if isinstance(one, CancelOrder)] == [resting.ref]
    hand.later(120_000)
    assert len(said(hand, KillLevelSet)) == 1


def test_what_was_refused_is_told_in_expected_profit_by_reason(tmp_path: Path) -> None:
    hand = desk(tmp_path, limits='size_claims = "20"')
    hand.wishes.wanted = type(NOTHING)(quotes=(quote(price=220, size="10"),))
    hand.tell(hand.valued(0.5, sequence=2))
    hand.tell(hand.valued(0.5, sequence=3))
    edge: dict[str, Any] = hand.street.telemetry.edge_refused_micros
    # 22 claims at a half for 10 GBP: 1 GBP, once however often it is asked for
    assert edge == {"size_above_maximum": 1_250_000}
    assert hand.street.telemetry.edge_placed_micros == 0
    hand.wishes.wanted = type(NOTHING)(quotes=(quote(price=210, size="9"),))
    hand.tell(hand.valued(0.5, sequence=4))
    assert hand.street.telemetry.edge_placed_micros == 562_500


def test_doubted_books_are_no_trouble_of_the_market(tmp_path: Path) -> None:
    hand = desk(tmp_path, "[breakers]\nbad_books_per_minute = 1\n")
    hand.quoting(quote())
    hand.tell(BooksDoubted(ONE, (), "line"))
    hand.later(1_500)
    assert said(hand, BreakerTripped) == []


def held(hand: Hand) -> None:
    """Ten matched at 2.04, and nothing wanted any more."""
    placed = hand.quoting(quote())
    hand.wishes.wanted = NOTHING
    hand.tell(*facts("fill f1 10 at 5", placed.ref))


def lays(hand: Hand) -> list[PlaceOrder]:
    return [one for one in hand.places() if one.strategy == FLATTEN]


def test_flattening_takes_what_evens_the_position_out_and_nothing_else_is_sent(tmp_path: Path) -> None:
    hand = desk(tmp_path)
    held(hand)
    hand.tell(PauseSet(EVERY_STRATEGY, paused=True, who="ann", why="drill"))
    hand.tell(KillLevelSet(KillLevel.FLATTEN, "ann", "drill"))
    (lay,) = lays(hand)
    assert (lay.side, lay.price, lay.tif) == (Side.LAY, 204, "immediate")
    assert lay.size_micros == 9_800_000  # 20 claims at 2.04, in whole hundredths
    hand.tell(*facts("accept v2", lay.ref))
    hand.later(300)
    assert [one.ref for one in hand.one.told if isinstance(one, CancelOrder)] == []
    hand.wishes.wanted = type(NOTHING)(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=5))
    assert hand.places()[-1] is lay


def test_flattening_stops_where_it_has_cost_what_it_may(tmp_path: Path) -> None:
    hand = desk(tmp_path, limits='flatten_loss = "0.1 USD"')
    held(hand)
    hand.tell(hand.valued(0.51, sequence=5))
    hand.tell(KillLevelSet(KillLevel.FLATTEN, "ann", "drill"))
    assert lays(hand) == []  # laying 25 claims of USD at 1/2.04 costs half of one against 0.51


def test_flattening_does_not_take_far_from_the_fair_value(tmp_path: Path) -> None:
    hand = desk(tmp_path)
    held(hand)
    hand.tell(hand.valued(0.75, sequence=5))
    hand.tell(KillLevelSet(KillLevel.FLATTEN, "ann", "drill"))
    assert lays(hand) == []


def test_each_order_says_under_which_configuration_it_was_let_pass(tmp_path: Path) -> None:
    ours, others = desk(tmp_path / "a"), desk(tmp_path / "b", limits='size_claims = "900"')
    hashes = [hand.quoting(quote()).config for hand in (ours, others)]
    assert all(len(one) == 32 for one in hashes)
    assert hashes[0] != hashes[1]


def test_real_money_is_traded_after_the_words_of_two_people_and_after_a_restart_still() -> None:
    """The configuration is part of their word: a run that goes on under another one needs it anew."""
    live = msgspec.structs.replace(STARTED, mode="live")
    state = State(live)
    words = [TradingEnabled(live.config_hash, who, "reviewed") for who in ("ann", "bob")]
    story: list[Journalled] = [live, *words]
    for n, fact in enumerate(story):
        assert not state.breakers.enabled
        state.apply(fact, n)
    assert state.breakers.enabled
    state.apply(RunResumed(live.run, live.config_hash), 5)
    assert state.breakers.enabled
    state.apply(RunResumed(live.run, "another"), 6)
    assert not state.breakers.enabled


@pytest.mark.parametrize(("delay_ms", "causes"), [(0, ["latency"]), (4_000, [])])
def test_answers_that_take_too_long_open_the_venues_breaker_a_bet_delay_apart(
    tmp_path: Path, delay_ms: int, causes: list[str]
) -> None:
    hand = desk(tmp_path, "[breakers]\nanswers = 1\nslow_ms = 500\n")
    hand.tell(status(bet_delay_ms=delay_ms))
    hand.wishes.wanted = type(NOTHING)(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    hand.clock.advance_to(hand.clock.monotonic_ns() + 4_400_000_000)
    hand.tell(*facts("accept v1", hand.places()[0].ref))
    hand.later(1_000)
    assert [one.cause for one in said(hand, BreakerTripped)] == causes


def answered(hand: Hand, sequence: int, answer: OrderRejected, after_ms: int = 0) -> None:
    """Another order, and what comes of it so much later."""
    hand.wishes.wanted = type(NOTHING)(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=sequence))
    hand.wishes.wanted = NOTHING
    ref = hand.places()[-1].ref
    hand.clock.advance_to(hand.clock.monotonic_ns() + after_ms * 1_000_000)
    hand.tell(msgspec.structs.replace(answer, ref=ref))
    hand.later(1_000)
    hand.tell(shown("1.98:50 | 2.04:50"))


OURS = OrderRejected(OrderRef(""), RejectReason.NOT_SENT, "the line is down", Evidence.INFERRED)
OURS_TOO = OrderRejected(OrderRef(""), RejectReason.RATE_LIMIT, "too many wait here", Evidence.INFERRED)
THEIRS = OrderRejected(OrderRef(""), RejectReason.OTHER, "no", Evidence.PUSH)


@pytest.mark.parametrize("ours", [OURS, OURS_TOO])
def test_only_what_the_venue_said_counts_as_its_answer(tmp_path: Path, ours: OrderRejected) -> None:
    """A no of ours is quick, and would hide that half of the venue's answers are slow, or all of them refusals."""
    hand = desk(tmp_path / "slow", "[breakers]\nanswers = 4\nslow_ms = 500\n")
    for n in range(2, 6):
        answered(hand, 4 * n, THEIRS, after_ms=600)
        for more in (1, 2, 3):
            answered(hand, 4 * n + more, ours)
    assert [one.cause for one in said(hand, BreakerTripped)] == ["rejects"]
    hand = desk(tmp_path / "ours", "[breakers]\nanswers = 4\n")
    for n in range(2, 9):
        answered(hand, n, ours)
    assert said(hand, BreakerTripped) == []
    assert not hand.state.breakers.tripped(ONE)
    assert hand.state.breakers.refusals_left(ONE) == 5
    for n in range(9, 14):
        answered(hand, 2 * n, ours)
        answered(hand, 2 * n + 1, THEIRS)
    assert hand.state.breakers.tripped(ONE), "nor do ours in between break the venue's streak"


def stamped(hand: Hand, ahead_ms: int) -> BooksChanged:
    """A book that the venue says it sent so much later than our clock has it."""
    now_ms = hand.clock.wall_ns() // 1_000_000
    return msgspec.structs.replace(shown("1.98:50 | 2.04:50"), published_ms=now_ms + ahead_ms)


def test_a_venue_whose_clock_is_ahead_has_its_quotes_pulled_until_it_is_right_again(tmp_path: Path) -> None:
    hand = desk(tmp_path, "[breakers]\nskew_ms = 2000\n")
    placed = hand.quoting(quote())
    hand.later(1_000)
    hand.tell(stamped(hand, 1_999))
    hand.later(1_000)
    assert said(hand, BreakerTripped) == []
    hand.tell(stamped(hand, 2_001))
    hand.later(1_000)
    (tripped,) = said(hand, BreakerTripped)
    assert (tripped.venue, tripped.venue_market, tripped.cause) == (ONE, WHOLE_VENUE, "clock_skew")
    assert hand.street.core.prices.why_venue_not_tradable(ONE) == "venue_breaker"
    assert [one.ref for one in hand.one.told if isinstance(one, CancelOrder)] == [placed.ref]
    assert hand.street.core.prices.why_venue_not_tradable(TWO) == ""
    hand.tell(stamped(hand, 3))
    hand.later(1_000)
    assert [one.cause for one in said(hand, BreakerReset)] == ["clock_skew"]


def test_a_venue_whose_clock_is_behind_has_its_quotes_pulled_within_a_minute(tmp_path: Path) -> None:
    hand = desk(tmp_path, "[breakers]\nskew_ms = 2000\n")
    hand.quoting(quote())
    for _ in range(59):
        hand.later(1_000)
        hand.tell(stamped(hand, -2_001))
    assert said(hand, BreakerTripped) == []
    for _ in range(3):
        hand.later(1_000)
        hand.tell(stamped(hand, -2_001))
    assert [one.cause for one in said(hand, BreakerTripped)] == ["clock_skew"]


def test_a_feed_that_delivers_what_is_old_is_stale_while_it_does_and_no_clock_is_blamed(tmp_path: Path) -> None:
    """It was held up for ten seconds: a book goes stale after two, however lately its bytes came in."""
    hand = desk(tmp_path, "[breakers]\nskew_ms = 2000\n")
    hand.tell(stamped(hand, -40))
    placed = hand.quoting(quote())
    hand.later(1_000)
    assert hand.street.core.prices.why_not_tradable(ODDS, hand.clock.monotonic_ns()) == ""
    hand.tell(stamped(hand, -10_000))
    hand.later(1_000)
    hand.tell(stamped(hand, -10_000))
    assert hand.street.core.prices.why_not_tradable(ODDS, hand.clock.monotonic_ns()) == "book_stale"
    hand.later(500)
    assert [one.ref for one in hand.one.told if isinstance(one, CancelOrder)] == [placed.ref]
    hand.later(500)
    orders = len(hand.places())
    hand.tell(stamped(hand, -10_000), hand.valued(0.5, sequence=3))
    assert len(hand.places()) == orders
    hand.tell(stamped(hand, -45))
    hand.later(1_000)
    assert hand.street.core.prices.why_not_tradable(ODDS, hand.clock.monotonic_ns()) == ""
    assert said(hand, BreakerTripped) == []


def test_a_late_feed_that_fell_quiet_is_as_old_as_its_proofs_say(tmp_path: Path) -> None:
    hand = desk(tmp_path, "[breakers]\nskew_ms = 2000\n")
    hand.tell(stamped(hand, -40))
    hand.later(1_000)
    hand.tell(stamped(hand, -10_000))
    hand.later(1_000)
    hand.tell(BooksProven(ONE))
    assert hand.street.core.prices.why_not_tradable(ODDS, hand.clock.monotonic_ns()) == "book_stale"
    for _ in range(2):
        hand.later(1_000)
        hand.tell(BooksProven(ONE))
    assert hand.street.core.prices.why_not_tradable(ODDS, hand.clock.monotonic_ns()) == ""
