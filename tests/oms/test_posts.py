"""What becomes of orders that rest, and the chance that is learnt from it."""

import random
from math import exp

import pytest
from msgspec.structs import replace

from domain.chances import HORIZON_MS, SURE_PPM, UNTRIED, Chance, Queue, in_time_ppm
from domain.ids import OrderRef, StrategyName, VenueName
from domain.intents import QuoteIntent
from domain.money import MICROS
from domain.orders import Order, Side, TimeInForce
from domain.portfolio import queue_at
from oms.blotter import Change
from oms.chances import Chances
from oms.order_states import apply
from oms.posts import Verdict, learnt
from oms.routes import Routed, route_quote
from tests.builders import bet, facts
from tests.oms.test_explained import decided
from tests.oms.test_routes import UNIT, desk, listed

HERE, THERE = VenueName("one"), VenueName("two")
MS = 1_000_000
QUOTE = QuoteIntent(StrategyName("s"), listed("a", "").instrument.id, Side.BACK, 200, 10 * UNIT, "edge")


class Rests:
    """Orders of 10 that rest behind as much as stands against them is times `ahead`, and what is said of them."""

    def __init__(self, chances: Chances | None = None) -> None:
        self.chances = chances or Chances()
        self.orders: dict[str, Order] = {}
        self.now_ms = 0

    def order(self, ref: str, *, ahead: int = 0, tif: TimeInForce = TimeInForce.REST) -> "Rests":
        lay = f"2.00:{ahead}" if ahead else "2.02:100"
        routed = route_quote(QUOTE, desk(listed("a", "1.90:100", to_lay=lay)))
        decision = replace(decided(Routed(routed.children, routed.candidates)), id=len(self.orders) + 1)
        self.chances.decided(decision)
        order = replace(bet("BACK 10 @ 2.00", ref=ref), tif=tif, decision=decision.id, intended_ns=self.now_ms * MS)
        self._hear(None, order)
        return self

    def said(self, ref: str, text: str) -> "Rests":
        for fact in facts(text, ref):
            self._hear(self.orders[ref], apply(self.orders[ref], fact))
        return self

    def later(self, ms: int) -> "Rests":
        self.now_ms += ms
        return self

    def became(self, ref: str, **change: object) -> "Rests":
        self._hear(self.orders[ref], replace(self.orders[ref], **change))
        return self

    @property
    def seen(self) -> Chance:
        return self.chances.of(HERE)

    def _hear(self, before: Order | None, after: Order) -> None:
        self.orders[after.ref] = after
        self.chances.heard(Change(before, after), HERE, self.now_ms * MS)


def test_of_a_venue_where_nothing_rested_yet_the_first_guess_holds() -> None:
    assert [UNTRIED.rest_ppm(guess) for guess in (0, 300_000, SURE_PPM)] == [0, 300_000, SURE_PPM]


def test_an_order_that_was_matched_in_time_moves_the_guess_by_an_eighth() -> None:
    seen = Rests().order("r").said("r", "accept v1").later(9_999).said("r", "fill f1 10").seen
    assert (seen.rest_ppm(200_000), seen.rested) == (300_000, 1)
    assert seen.rest_ppm(SURE_PPM) == SURE_PPM


def test_an_order_that_stood_its_time_unmatched_takes_an_eighth_with_the_next_word_about_any() -> None:
    rests = Rests().order("r").said("r", "accept v1").later(HORIZON_MS)
    assert rests.seen.rested == 0
    rests.order("other")
    assert (rests.seen.rest_ppm(800_000), rests.seen.rested) == (700_000, 1)
    late = rests.said("r", "fill f1 10").seen
    assert late.rest_ppm(800_000) == 700_000, "a match behind its time is none"


def test_a_part_that_was_matched_counts_as_a_part() -> None:
    rests = Rests().order("r").said("r", "accept v1").later(5_000).said("r", "fill f1 4").later(5_000).order("x")
    assert rests.seen.rest_ppm(400_000) == 400_000


def test_an_order_that_was_pulled_counts_for_as_long_as_it_stood() -> None:
    pulled = "cancel c1; cancelled c1 10"
    for stood_ms, left in ((0, 800_000), (1_000, 790_000), (5_000, 750_000)):
        seen = Rests().order("r").said("r", "accept v1").later(stood_ms).said("r", pulled).seen
        assert seen.rest_ppm(800_000) == left


def test_an_order_behind_a_queue_is_expected_to_get_its_part_alone() -> None:
    unmatched = Rests().order("r", ahead=100).said("r", "accept v1").later(HORIZON_MS).order("x").seen
    assert unmatched.rest_ppm(800_000) == 775_000  # half as much was expected, and half of it is said
    as_expected = learnt(UNTRIED, Verdict(HERE, part_ppm=500_000, matched_ppm=400_000, stood_ppm=SURE_PPM))
    assert as_expected.rest_ppm(800_000) == 800_000


def test_time_runs_from_the_acceptance() -> None:
    rests = Rests().order("r").later(60_000).said("r", "accept v1").later(9_999).said("r", "fill f1 10")
    assert rests.seen.rest_ppm(0) == 125_000


@pytest.mark.parametrize("text", ["reject", "timeout; fill f1 10", "timeout; missing"])
def test_of_an_order_that_nobody_knows_to_have_rested_nothing_is_learnt(text: str) -> None:
    rests = Rests().order("r").said("r", text).later(HORIZON_MS).order("x")
    assert rests.seen.rest_ppm(500_000) == 500_000


def test_what_was_matched_on_arrival_was_matched_in_time() -> None:
    assert Rests().order("r").said("r", "fill f1 10").seen.rest_ppm(500_000) == 562_500


def test_an_order_that_a_process_took_over_says_no_more() -> None:
    standing = Rests().order("r").said("r", "accept v1").became("r", intended_ns=77, unknown=True)
    assert standing.later(HORIZON_MS).order("x").seen.rested == 0
    waiting = Rests().order("r").became("r", intended_ns=77, unknown=True).said("r", "accept v1")
    assert waiting.later(HORIZON_MS).order("x").seen.rested == 0


def test_what_an_heir_rests_has_its_time_by_the_heir_s_own_clock() -> None:
    """The machine began anew: its clock is far behind that of the process before."""
    desk = Rests().later(10**9).order("old").said("old", "accept v1").order("x").became("old", intended_ns=1)
    assert desk.seen.rested == 0
    heir = desk.later(-(10**9)).order("new").said("new", "accept v2")
    assert heir.later(HORIZON_MS).order("y").seen.rested == 1


def test_a_new_price_ends_what_is_learnt_of_an_order_as_if_it_had_been_pulled() -> None:
    rests = Rests().order("r").said("r", "accept v1").later(1_000).became("r", price=202)
    assert rests.seen.rest_ppm(800_000) == 790_000
    assert rests.later(HORIZON_MS).said("r", "fill f1 10").seen.rest_ppm(800_000) == 790_000


def test_orders_that_are_to_be_matched_at_once_and_those_of_no_decision_teach_nothing_of_resting() -> None:
    assert Rests().order("r", tif=TimeInForce.IMMEDIATE).said("r", "accept v1; fill f1 10").seen.rested == 0
    chances, order = Chances(), bet("BACK 10 @ 2.00")
    chances.heard(Change(None, order), HERE, 0)
    chances.heard(Change(order, replace(order, acked=True, matched_micros=10 * UNIT)), HERE, 1)
    assert chances.of(HERE).rested == 0


def test_each_venue_has_its_own() -> None:
    chances = Rests().order("r").said("r", "accept v1; fill f1 10").chances
    assert (chances.of(HERE).rested, chances.of(THERE)) == (1, UNTRIED)


def test_the_estimate_comes_near_what_a_venue_does_however_soon_orders_are_pulled() -> None:
    """Matches that come at a rate; orders are pulled after a while, and stand behind queues of any length."""
    rng = random.Random(7)
    per_ms = 1 / 8_000
    truth = 1 - exp(-per_ms * HORIZON_MS)
    seen, found = UNTRIED, []
    for n in range(6_000):
        part = rng.choice((SURE_PPM, 700_000, 400_000))
        stays_ms = min(HORIZON_MS, rng.expovariate(1 / 3_000))
        comes_ms = rng.expovariate(per_ms * part / SURE_PPM)
        matched = comes_ms < stays_ms
        stood = SURE_PPM if matched else int(stays_ms * SURE_PPM / HORIZON_MS)
        seen = learnt(seen, Verdict(HERE, part, matched * SURE_PPM, stood))
        if n > 200:
            found.append(seen.rest_ppm(900_000))
    assert seen.guess_e9 < 1_000, "nothing is left of the first guess"
    assert abs(sum(found) / len(found) / SURE_PPM - truth) < 0.12


def test_the_estimate_stays_a_chance_and_whole_numbers_whatever_is_seen() -> None:
    rng = random.Random(3)
    for _ in range(200):
        seen = UNTRIED
        for _ in range(50):
            seen = learnt(seen, Verdict(HERE, *(rng.choice((0, 1, 999, 500_000, SURE_PPM)) for _ in range(3))))
            assert type(seen.shown_e9) is type(seen.guess_e9) is int
            assert seen.shown_e9 >= 0 <= seen.guess_e9
            assert 0 <= seen.rest_ppm(0) <= seen.rest_ppm(SURE_PPM) <= SURE_PPM


# --- the place in the queue ---


def test_a_queue_is_what_waits_at_our_price_or_better_and_what_is_ours_is_not_before_us() -> None:
    book = listed("a", "1.90:30", to_lay="1.98:5 2.00:7 2.02:11")
    ours = [bet("BACK 4 @ 2.00", on="a/m/0", acked=True), bet("LAY 9 @ 2.00", on="a/m/0", ref="r2")]
    behind = {price: queue_at(book, Side.BACK, price, ()).ahead_micros // MICROS for price in (196, 198, 200, 204)}
    assert behind == {196: 0, 198: 5, 200: 12, 204: 23}
    assert queue_at(book, Side.BACK, 200, ours) == Queue(8 * MICROS, 30 * MICROS)
    assert queue_at(book, Side.LAY, 190, ()) == Queue(30 * MICROS, 5 * MICROS)
    assert queue_at(book, Side.LAY, 192, ()).ahead_micros == 0
    contracts = listed("k", "0.50c:30", to_lay="0.48c:7 0.47c:9")
    assert queue_at(contracts, Side.BACK, 4_700, ()) == Queue(16 * MICROS, 30 * MICROS)
    assert queue_at(contracts, Side.BACK, 4_900, ()).ahead_micros == 0
    assert queue_at(contracts, Side.BACK, 10_001, ()) == Queue(0, 0)


def test_half_a_queue_halves_the_chance_and_a_late_arrival_takes_its_part() -> None:
    half = Queue(10, 10)
    assert in_time_ppm(600_000, half, late_us=0) == 300_000
    assert in_time_ppm(600_000, half, late_us=5_000_000) == 150_000
    assert in_time_ppm(600_000, half, late_us=10_000_001) == 0
    assert in_time_ppm(600_000, Queue(0, 0), late_us=0) == 0, "nobody is there to match it"


def test_the_candidate_of_a_quote_holds_its_queue_and_what_was_supposed_of_it() -> None:
    there = listed("a", "1.90:30", to_lay="2.00:90", in_play=True, bet_delay_ms=4_000)
    seen = desk(there, chance=lambda _: Chance(answer_us=1_000_000))
    (plain,) = route_quote(QUOTE, seen).candidates
    assert (plain.queue, plain.rest_ppm) == (Queue(90 * UNIT, 30 * UNIT), 0)
    (asked,) = route_quote(replace(QUOTE, rest_ppm=800_000), seen).candidates
    assert (asked.rest_ppm, asked.fill_ppm) == (800_000, 100_000)
    mine = bet("BACK 60 @ 2.00", on="a/m/0", ref=OrderRef("mine"), acked=True)
    ours = replace(mine, strategy=QUOTE.strategy)
    (stays,) = route_quote(QUOTE, desk(there, resting=lambda _: [ours])).candidates
    assert stays.queue.ahead_micros == 30 * UNIT
    theirs = replace(ours, strategy=StrategyName("z"))
    (beside,) = route_quote(QUOTE, desk(there, resting=lambda _: [theirs])).candidates
    assert beside.queue.ahead_micros == 90 * UNIT
