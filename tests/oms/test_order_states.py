"""The order machine: every race in every order, every fact in every state, and venues whose truth must be found."""

from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.messages import CancelOrder, OrderFact, OrderFilled, OrderReported
from domain.money import format_micros, parse_micros
from domain.orders import Evidence, Fill, Order, OrderState
from oms import order_states
from oms.order_states import EFFECTS, agrees, apply, asks, is_open, state_of
from oms.testimony import FILLS_MAX, MESSAGES_MAX
from tests.builders import REF, bet, facts, fill
from tests.oms.matrix import SAYINGS, STATES, after, document, standing


def picture(order: Order) -> str:
    """State, matched/cancelled/lapsed/voided, and the flags that are up."""
    sizes = (order.matched_micros, order.cancelled_micros, order.lapsed_micros, order.voided_micros)
    flags = [name for name in ("unknown", "cancel_pending", "suspect", "disputed") if getattr(order, name)]
    return " ".join([state_of(order), "/".join(format_micros(s).removesuffix(".00") for s in sizes), *flags])


# ---- stories ----

STORIES = {
    "accept": "OPEN 0/0/0/0",
    "reject": "REJECTED 0/0/0/0",
    "timeout": "UNKNOWN 0/0/0/0 unknown",
    "timeout; accept": "OPEN 0/0/0/0",
    "timeout; absent 9": "UNKNOWN 0/0/0/0 unknown",
    "timeout; cancel c1; refused c1": "UNKNOWN 0/0/0/0 unknown",
    "timeout; missing": "CANCELLED 0/10/0/0",
    "accept; cancel c1; refused c1": "OPEN 0/0/0/0",
    "accept; cancel c1; unanswered c1": "OPEN 0/0/0/0",
    "accept; cancel c1; cancel c2; refused c1": "PENDING_CANCEL 0/0/0/0 cancel_pending",
    "accept; cancel c1; cancelled c1 0": "OPEN 0/0/0/0",
    "accept; cancel c1; cancelled c1 3": "OPEN 0/3/0/0",
    "accept; cancel c1; cancelled c1 3; cancel c2; cancelled c2 7": "CANCELLED 0/10/0/0",
    "accept; lapsed l1 10": "LAPSED 0/0/10/0",
    "accept; voided v1 open 10": "VOIDED 0/0/0/10",
    "accept; fill f1 10; voided v1 matched 4": "CLOSED_PARTIAL 6/0/0/4",
    "accept; fill f1 4; fill f2 7": "SUSPECT_OVERFILL 11/0/0/0 disputed",
    "accept; fill f1 13; voided v1 matched 3": "SUSPECT_OVERFILL 10/0/0/3",
    "fill f1 4; report 4 closed": "CLOSED_PARTIAL 4/6/0/0",
    "report 7 closed": "CLOSED_PARTIAL 7/3/0/0",
    "report 4 cancelled 2 lapsed 4 closed; fill f1 6": "CLOSED_PARTIAL 6/0/4/0",
    "report 4; fill f1 4": "PARTIALLY_FILLED 4/0/0/0",
    "report 4 at 50; fill f1 4 at 51": "PARTIALLY_FILLED 8/0/0/0",
    "report 6 at 50; report 4 at 40": "PARTIALLY_FILLED 6/0/0/0",
    "missing; accept": "OPEN 0/0/0/0 suspect",
    "missing; fill f1 4": "PARTIALLY_FILLED 4/0/0/0 suspect",
    "missing; report 0 closed": "CANCELLED 0/10/0/0 suspect",
    "accept; missing": "CANCELLED 0/10/0/0 suspect",
    "accept; missing; accept": "CANCELLED 0/10/0/0 suspect",
    "accept; fill f1 4; missing; fill f1 4": "CLOSED_PARTIAL 4/6/0/0 suspect",
    "accept; missing; fill f1 4": "PARTIALLY_FILLED 4/0/0/0 suspect",
    "timeout; missing; timeout": "CANCELLED 0/10/0/0",
    "fill f1 10; missing": "FILLED 10/0/0/0",
    "accept a; accept b": "OPEN 0/0/0/0 suspect",
}


@pytest.mark.parametrize(("story", "end"), STORIES.items())
def test_each_story_ends_as_told(story: str, end: str) -> None:
    assert picture(after(story)) == end


# ---- races: everything that was said, in every order, said twice ----

RACES = {
    "accept; fill f1 4; fill f2 3; cancelled c1 3": "CLOSED_PARTIAL 7/3/0/0",
    "accept; fill f1 4; cancelled c1 10": "CLOSED_PARTIAL 4/6/0/0",
    "timeout; accept; fill f1 10": "FILLED 10/0/0/0",
    "timeout; reject": "REJECTED 0/0/0/0",
    "timeout; reject; fill f1 4; fill f2 1": "PARTIALLY_FILLED 5/0/0/0 suspect",
    "reject; accept": "OPEN 0/0/0/0 suspect",
    "accept; reject; report 4 cancelled 6 closed": "CLOSED_PARTIAL 4/6/0/0 suspect",
    "accept; fill f1 4; report 4; refused c1": "PARTIALLY_FILLED 4/0/0/0",
    "accept; report 7; fill f1 4; fill f2 3": "PARTIALLY_FILLED 7/0/0/0",
    "report 4 at 50; fill f1 4 at 40; fill f2 3 at 60; unanswered c1": "PARTIALLY_FILLED 7/0/0/0",
    "report 9 at 50; fill f1 4 at 40; fill f2 1 at 60": "FILLED 10/0/0/0",
    "report 2 at 10; report 7 at 50; report 7 at 70; fill f1 2 at 5; fill f2 3 at 60": "PARTIALLY_FILLED 7/0/0/0",
    "report 4 cancelled 6 closed; cancelled c1 6; fill f1 4; timeout": "CLOSED_PARTIAL 4/6/0/0",
    "report 4 closed at 50; fill f1 4 at 40; fill f2 2 at 60": "CLOSED_PARTIAL 6/4/0/0",
    "report 2 at 10; report 4 closed at 50; fill f1 2 at 5": "CLOSED_PARTIAL 4/6/0/0",
    "report 2 lapsed 3; lapsed l1 3; fill f1 2": "PARTIALLY_FILLED 2/0/3/0",
    "report 2 lapsed 3 at 10; report 2 at 5": "PARTIALLY_FILLED 2/0/3/0",
    "report 4 cancelled 2 at 50; cancelled c1 2; fill f1 4 at 40; lapsed l1 4": "CLOSED_PARTIAL 4/2/4/0",
    "fill f1 6; lapsed l1 4; voided v1 matched 6": "VOIDED 0/0/4/6",
    "report 6 at 50; report 0 voided 6 at 70; voided v1 matched 6; fill f1 6 at 40": "OPEN 0/0/0/6",
    "report 6 at 50; report 3 voided 3 at 70; fill f1 2 at 40; fill f2 4 at 45": "PARTIALLY_FILLED 3/0/0/3",
    "fill f1 4; fill f2 9; report 13; cancelled c1 5": "SUSPECT_OVERFILL 13/0/0/0 disputed",
    "fill f1 4; voided v1 open 6; report 4 voided 6 closed": "CLOSED_PARTIAL 4/0/0/6",
    "lapsed l1 10; cancelled c1 10; fill f1 3": "CLOSED_PARTIAL 3/0/7/0",
    "fill f1 4; fill f1 6; fill f1 5": "PARTIALLY_FILLED 6/0/0/0 suspect",
    "cancelled c1 3; cancelled c1 6; lapsed l1 2; lapsed l1 1": "OPEN 0/6/2/0 suspect",
    "report 6 at 50; report 4 at 60": "PARTIALLY_FILLED 6/0/0/0 disputed",
    "report 6 at 50; report 4 at 60; report 6 at 70; fill f1 6 at 40": "PARTIALLY_FILLED 6/0/0/0",
    "report 2 at 30; report 6 at 10; report 4 at 20": "PARTIALLY_FILLED 6/0/0/0 disputed",
    "fill f1 6 at 40; report 4 at 50": "PARTIALLY_FILLED 6/0/0/0 disputed",
    "fill f1 6 at 40; report 4 at 50; report 6 at 60 closed": "CLOSED_PARTIAL 6/4/0/0",
    "report 3 voided 3 at 50; report 6 at 60": "PARTIALLY_FILLED 3/0/0/3 disputed",
    "accept v1; accept v1; accept v1": "OPEN 0/0/0/0",
    "fill f1 4; voided v1 matched 2; voided v1 open 3": "PARTIALLY_FILLED 2/0/0/5",
}


@pytest.mark.parametrize(("race", "end"), RACES.items())
def test_a_race_ends_alike_in_every_order_and_with_every_repetition(race: str, end: str) -> None:
    asked = after("cancel c1") if "c1" in race else bet("BACK 10 @ 2.00")
    ends = set()
    for order_of_arrival in permutations(race.split("; ")):
        once = after("; ".join(order_of_arrival), asked)
        ends |= {once, after("; ".join(order_of_arrival), once)}
        ends.add(after("; ".join(word for said in order_of_arrival for word in (said, said)), asked))
    assert {picture(order) for order in ends} == {end}
    assert len(ends) == 1, "the orders look alike and differ in what they remember"


# ---- every state meets every fact ----


def test_the_walk_visits_every_state_and_every_fact() -> None:
    assert set(STATES) == set(OrderState)
    assert {type(fact) for said in SAYINGS for fact in facts(said)} == set(EFFECTS)


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("said", SAYINGS)
def test_every_fact_is_lawful_in_every_state(state: OrderState, said: str) -> None:
    before = standing(state)
    assert state_of(before) is state
    (fact,) = facts(said)
    now = apply(before, fact)
    gone = now.matched_micros + now.cancelled_micros + now.lapsed_micros + now.voided_micros
    assert now.size_micros == gone + now.remaining_micros
    assert now.matched_micros >= before.matched_micros or now.voided_micros > before.voided_micros
    assert apply(now, fact) == now, "said twice"
    proof = EFFECTS[type(fact)].proves
    ends = proof or said in ("reject", "missing", "vouched gone") or said.startswith("vouched 4")
    if before.unknown and not ends:
        assert state_of(now) is OrderState.UNKNOWN, "only evidence ends it"
    if is_open(before) and not is_open(now):
        assert ends, "ended without evidence"
    if before.settled:
        assert state_of(now) in (OrderState.SETTLED, OrderState.REJECTED)
        assert not now.unknown
    if proof:
        assert now.acked
        assert not now.rejected


def test_the_document_of_states_is_up_to_date(root: Path) -> None:
    written = (root / "docs" / "orders.md").read_text(encoding="utf-8")
    assert written == document(), "write it again: python -m tests.oms.matrix > docs/orders.md"


def test_a_late_fill_is_booked_in_every_state() -> None:
    for state in OrderState:
        before = standing(state)
        (late,) = facts("fill late 3")
        assert apply(before, late).matched_micros == before.matched_micros + 3_000_000, state


# ---- money of the matched part ----


def test_fills_replace_the_average_of_a_report_piece_by_piece() -> None:
    """The report's average says 12 claims for 6; its fills turn out to be worth 12.2."""
    order = after("report 6")
    assert (order.claims_micros, order.unattributed_micros) == (12_000_000, 6_000_000)
    filled = [fill("f1", "2", price="2.10"), fill("f2", "4", price="2.00")]
    for n, match in enumerate(filled):
        order = apply(order, _filled(match))
        assert order.unattributed_micros == (4_000_000, 0)[n]
    assert (order.matched_micros, order.claims_micros, order.cost_micros) == (6_000_000, 12_200_000, 6_000_000)


def test_a_reported_fee_holds_until_fills_go_beyond_it() -> None:
    (report,) = facts("report 4 at 50")
    order = apply(bet("BACK 10 @ 2.00"), _with_fee(report, 70_000))
    order = apply(order, _filled(fill("f1", "4", fee="0.06", at=40)))
    assert order.fee_micros == 70_000
    order = apply(order, _with_fee(report, None))
    assert order.fee_micros == 70_000, "a report that does not repeat the fee does not take it back"
    order = apply(order, _filled(fill("f2", "1", fee="0.02", at=60)))
    assert order.fee_micros == 90_000
    order = apply(order, _filled(fill("f3", "1", fee="0.03", at=45)))
    assert order.fee_micros == 110_000, "the report knew less than the fills: theirs count"


def _told_by(evidence: Evidence, price: str, *, size: str = "4", fee: str = "0") -> OrderFilled:
    return OrderFilled(REF, fill("f1", size, price=price, fee=fee), evidence)


def test_of_two_words_about_one_fill_the_stronger_corrects_the_price_in_whichever_order_they_come() -> None:
    pushed, listed, stated = (
        _told_by(evidence, price, fee=fee)
        for evidence, price, fee in (
            (Evidence.PUSH, "2.20", "0"),
            (Evidence.PULL, "2.20", "0.05"),
            (Evidence.STATEMENT, "2.10", "0.06"),
        )
    )
    ends = set()
    for arrival in permutations([pushed, listed, stated, pushed]):
        order = bet("BACK 10 @ 2.00")
        for fact in arrival:
            order = apply(order, fact)
        ends.add(order)
    (end,) = ends
    assert (end.matched_micros, end.claims_micros, end.fee_micros) == (4_000_000, 8_400_000, 60_000)
    assert end.suspect, "price and size were told twice and differently: the venue is asked"


def test_a_fee_that_is_told_late_corrects_the_fill_and_raises_no_suspicion() -> None:
    order = apply(bet("BACK 10 @ 2.00"), _told_by(Evidence.PUSH, "2.00"))
    order = apply(order, _told_by(Evidence.PULL, "2.00", fee="0.05"))
    assert (order.fee_micros, order.suspect) == (50_000, False)
    assert order.testimony.fills[0].evidence is Evidence.PULL


def test_no_evidence_makes_a_fill_smaller_only_a_void_does() -> None:
    order = apply(bet("BACK 10 @ 2.00"), _told_by(Evidence.PUSH, "2.00"))
    order = apply(order, _told_by(Evidence.STATEMENT, "2.00", size="3"))
    assert (order.matched_micros, order.suspect) == (4_000_000, True)
    assert apply(order, facts("voided v1 matched 1")[0]).matched_micros == 3_000_000


def test_a_report_is_remembered_with_the_strongest_road_over_which_it_came() -> None:
    (report,) = facts("report 4 at 50")
    assert isinstance(report, OrderReported)
    ends = set()
    for roads in permutations((Evidence.PUSH, Evidence.DROP_COPY, Evidence.PULL)):
        order = bet("BACK 10 @ 2.00")
        for road in roads:
            order = apply(order, replace(report, evidence=road))
        ends.add(order.testimony.reported_by)
    assert ends == {Evidence.DROP_COPY}


def _stated(text: str) -> OrderReported:
    (report,) = facts(text)
    assert isinstance(report, OrderReported)
    return replace(report, evidence=Evidence.STATEMENT)


@pytest.mark.parametrize(
    "words",
    [
        ("report 10 closed at 20", "report 0 voided 10 closed at 15", "stated 10 at 10"),
        ("report 10 closed at 20", "report 0 voided 10 closed at 15", "stated 10 at 10", "stated 10 at 30"),
        ("fill f1 10 at 5", "stated 0 voided 10 at 15", "stated 10 at 30", "report 10 at 20"),
        ("report 6 voided 4 at 40", "stated 0 voided 10 at 15", "stated 10 at 30", "stated 4 voided 6 at 35"),
    ],
)
def test_statements_and_lists_lead_to_the_same_order_however_they_come(words: tuple[str, ...]) -> None:
    ends = set()
    for said in permutations(words):
        order = bet("BACK 10 @ 2.00")
        for one in said:
            stated = one.startswith("stated")
            order = apply(order, _stated(one.replace("stated", "report")) if stated else facts(one)[0])
        ends.add(order)
    assert len(ends) == 1


@pytest.mark.parametrize(
    ("first", "then", "end"),
    [
        ("report 0 voided 10 closed at 50", "report 10 closed at 90", "FILLED 10/0/0/0"),
        ("report 0 voided 10 closed at 50", "report 6 voided 4 closed at 90", "CLOSED_PARTIAL 6/0/0/4"),
        ("report 0 voided 10 closed at 50", "report 10 closed at 50", "VOIDED 0/0/0/10"),
        ("report 0 voided 10 closed at 50", "report 6 closed at 90", "VOIDED 0/0/0/10 disputed"),
        ("report 10 closed at 50", "report 6 closed at 90", "FILLED 10/0/0/0 disputed"),
    ],
)
def test_a_later_statement_takes_a_void_of_an_earlier_one_back_unless_it_loses_sight_of_something(
    first: str, then: str, end: str
) -> None:
    order = apply(apply(after("accept; fill f1 10 at 5"), _stated(first)), _stated(then))
    assert picture(order) == end
    again = apply(order, _stated("report 0 voided 10 closed at 99"))
    assert picture(again) == "VOIDED 0/0/0/10", "and the next one annuls it after all"


def test_a_statement_takes_back_what_only_a_list_had_annulled_before_it() -> None:
    order = after("accept; fill f1 10 at 5; report 0 voided 10 closed at 50")
    assert picture(apply(order, _stated("report 10 closed at 40"))) == "VOIDED 0/0/0/10"
    assert picture(apply(order, _stated("report 10 closed at 90"))) == "FILLED 10/0/0/0"
    assert picture(apply(order, _stated("report 6 closed at 90"))) == "VOIDED 0/0/0/10 disputed"


def test_a_list_that_repeats_a_corrected_statement_later_takes_nothing_of_the_correction_back() -> None:
    words = "stated 6 voided 4 closed at 50", "stated 10 closed at 90", "report 10 closed at 99"
    ends = set()
    for said in permutations(words):
        order = after("accept; fill f1 10 at 5")
        for one in said:
            stated = one.startswith("stated")
            order = apply(order, _stated(one.replace("stated", "report")) if stated else facts(one)[0])
        ends.add((picture(order), order.testimony))
    assert {picture for picture, _ in ends} == {"FILLED 10/0/0/0"}
    assert len(ends) == 1


def test_a_list_does_not_take_back_what_a_statement_annulled() -> None:
    order = apply(after("accept; fill f1 10 at 5"), _stated("report 0 voided 10 closed at 50"))
    assert picture(apply(order, facts("report 10 closed at 90")[0])) == "VOIDED 0/0/0/10 disputed"


@pytest.mark.parametrize(
    ("before", "said", "contradicts"),
    [
        ("accept; reject", "reject", True),
        ("accept a; accept b", "accept c", True),
        ("fill f1 4; fill f1 5", "fill f1 4", True),
        ("cancelled c1 4; cancelled c1 5", "cancelled c1 4", True),
        ("accept; reject", "accept", False),
        ("accept; reject", "fill f1 4", False),
        ("fill f1 4; fill f1 5", "fill f1 5", False),
        ("accept", "timeout", False),
    ],
)
def test_a_contradiction_is_known_as_one_also_where_the_order_is_suspect_already(
    before: str, said: str, contradicts: bool
) -> None:
    (fact,) = facts(said)
    assert order_states.contradicts(after(before), fact) is contradicts


def test_a_partial_void_takes_claims_and_cost_in_proportion() -> None:
    order = apply(bet("BACK 10 @ 2.00"), _filled(fill("f1", "3", price="3.35", fee="0.01")))
    order = apply(order, facts("voided v1 matched 1")[0])
    assert (order.matched_micros, order.claims_micros, order.cost_micros) == (2_000_000, 6_700_000, 2_000_000)
    assert order.fee_micros == 10_000


def _filled(match: Fill) -> OrderFilled:
    return OrderFilled(REF, match, Evidence.PUSH)


def _with_fee(report: OrderFact | CancelOrder, fee: int | None) -> OrderReported:
    assert isinstance(report, OrderReported)
    return replace(report, fee_micros=fee)


# ---- when to ask ----


@pytest.mark.parametrize(
    ("before", "said", "asked"),
    [
        ("cancel c1", "timeout", True),
        ("accept", "timeout", False),
        ("accept; cancel c1", "refused c1", True),
        ("accept; cancel c1", "unanswered c1", True),
        ("accept; cancel c1", "cancelled c1 10", False),
        ("accept; cancel c1", "cancelled c1 4", True),
        ("fill f1 10", "refused c1", False),
        ("accept", "reject", True),
        ("accept v1; reject", "accept v1", False),
        ("accept", "fill f1 4", False),
        ("report 6 at 50", "report 4 at 60", True),
        ("report 6 at 50; report 4 at 60", "report 6 at 70", False),
        ("fill f1 4", "fill f1 5", True),
        ("cancel c1", "accept", True),
        ("cancel c1", "accept v1", False),
        ("fill f1 10", "accept", False),
    ],
)
def test_a_question_is_asked_once_for_each_doubt(before: str, said: str, asked: bool) -> None:
    order = after(before)
    (fact,) = facts(said)
    assert asks(order, apply(order, fact), fact) is asked


# ---- bounds ----


def test_past_the_bound_of_fills_only_reports_count() -> None:
    order = after("; ".join(f"fill f{n} 0.001" for n in range(FILLS_MAX)))
    assert (order.matched_micros, order.suspect) == (1_000_000, False)
    order = after("fill one-more 0.001; fill one-more 0.001", order)
    assert (order.matched_micros, order.suspect, len(order.fill_ids)) == (1_000_000, True, FILLS_MAX)
    assert after("report 1.001", order).matched_micros == 1_001_000


def test_past_the_bound_of_messages_only_reports_count() -> None:
    order = after("; ".join(f"cancelled c{n} 0.01" for n in range(MESSAGES_MAX)))
    assert (order.cancelled_micros, order.suspect) == (2_000_000, False)
    order = after("cancelled one-more 0.01", order)
    assert (order.cancelled_micros, order.suspect) == (2_000_000, True)
    assert after("report 0 cancelled 2.01", order).cancelled_micros == 2_010_000


# ---- a venue with a truth of its own ----


@dataclass
class Truth:
    """A venue's own book of one order of size 10, and every message that it could send about it."""

    sizes: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("matched", "cancelled", "lapsed", "voided"), 0)
    )
    said: list[str] = field(default_factory=list)

    @property
    def rest(self) -> int:
        return 10 - sum(self.sizes.values())

    def happens(self, what: str, size: int, at: int) -> None:
        size = min(size, self.sizes["matched"] if what == "voided" else self.rest)
        if size <= 0:
            return
        self.sizes[what] += size
        if what == "voided":
            self.sizes["matched"] -= size
        messages = {
            "matched": f"fill f{at} {size} at {at}",
            "cancelled": f"cancelled c{at} {size}",
            "lapsed": f"lapsed l{at} {size}",
            "voided": f"voided v{at} matched {size}",
        }
        self.said.append(messages[what])

    def report(self, at: int) -> str:
        sizes = " ".join(f"{name} {size}" for name, size in self.sizes.items() if name != "matched")
        return f"report {self.sizes['matched']} {sizes} {'closed ' if self.rest == 0 else ''}at {at}"

    def picture(self) -> tuple[int, ...]:
        return tuple(self.sizes.values())


@st.composite
def lives(draw: st.DrawFn, *, voids: bool) -> Truth:
    truth = Truth()
    happenings = ["matched", "matched", "cancelled", "lapsed", "report"] + ["voided"] * voids
    for at in range(10, 10 + draw(st.integers(1, 6))):
        what = draw(st.sampled_from(happenings))
        if what == "report":
            truth.said.append(truth.report(at))
        else:
            truth.happens(what, draw(st.integers(1, 7)), at)
    return truth


def sizes(order: Order) -> tuple[int, ...]:
    return tuple(getattr(order, f"{name}_micros") // 1_000_000 for name in ("matched", "cancelled", "lapsed", "voided"))


@given(lives(voids=True), st.randoms(use_true_random=False))
def test_all_messages_in_any_order_lead_to_the_venues_truth(truth: Truth, chance: Any) -> None:
    said = ["accept v1", *truth.said, *truth.said, truth.report(99)]
    chance.shuffle(said)
    assert sizes(after("; ".join(said))) == truth.picture()


@given(lives(voids=True), st.randoms(use_true_random=False))
def test_the_last_report_makes_up_for_messages_that_were_lost(truth: Truth, chance: Any) -> None:
    said = [said for said in truth.said if chance.random() < 0.5] + [truth.report(99)]
    chance.shuffle(said)
    assert sizes(after("; ".join(said))) == truth.picture()


@given(lives(voids=False), st.randoms(use_true_random=False))
def test_matched_size_never_falls_and_never_passes_the_truth(truth: Truth, chance: Any) -> None:
    said = [*truth.said, truth.report(99)] * 2
    chance.shuffle(said)
    order, matched = bet("BACK 10 @ 2.00"), 0
    for word in said:
        order = after(word, order)
        assert matched <= order.matched_micros <= truth.sizes["matched"] * 1_000_000
        matched = order.matched_micros


def test_sizes_finer_than_a_unit_are_kept_exactly() -> None:
    order = after("fill f1 0.000001; cancelled c1 9.999999")
    assert picture(order) == "CLOSED_PARTIAL 0.000001/9.999999/0/0"
    assert order.remaining_micros == 0 == parse_micros("0")


@pytest.mark.parametrize(
    ("known", "said", "repeats"),
    [
        ("accept; report 4 at 100", "report 4 at 200", True),
        ("accept; report 4 at 100", "report 5 at 200", False),
        ("accept; report 4 at 100", "report 4 cancelled 6 closed at 200", False),
        ("accept; report 4 cancelled 6 closed at 100", "report 4 cancelled 6 closed at 200", True),
        ("accept; report 4 cancelled 6 closed at 100", "report 3 voided 1 cancelled 6 closed at 200", False),
        ("timeout", "report 0 at 200", False),
    ],
)
def test_only_a_report_without_news_agrees(known: str, said: str, repeats: bool) -> None:
    [report] = facts(said)
    assert isinstance(report, OrderReported)
    assert agrees(after(known), report) is repeats


def test_a_list_that_holds_an_order_in_doubt_is_news_even_without_figures() -> None:
    assert agrees(after("accept"), None)
    assert not agrees(after("timeout"), None)
