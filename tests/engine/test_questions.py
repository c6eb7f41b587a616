"""What is asked when: the gravest suspicion first inside each venue's budget, rounds in turn, statements in time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.breaks import RoundCause
from domain.ids import OrderRef, SelectionId, VenueMarketId, VenueName, VenueOrderId
from domain.looks import OrderLooks
from domain.messages import QueryOrder, QuerySettlement, QueryVenue
from domain.money import MICROS
from domain.orders import Side
from engine.questions import ASK_AGAIN_NS_MAX, BURST_S, Doubt, Questions, Stake
from tests.engine.runs import ONE, TWO

SECOND = 1_000_000_000
TICK = SECOND // 10
BOTH = {ONE, TWO}
STAKES: dict[str, tuple[VenueName, int]] = {"r": (ONE, 10), "small": (ONE, 1), "large": (ONE, 1_000), "there": (TWO, 1)}
STAKES["nameless"] = (ONE, 1)
"""By ref: where the order stands, and how much money it can cost."""


LOOKS = OrderLooks(SelectionId("yes"), Side.BACK, 200, MICROS)


def asking(*, recon_every_s: int = 5, again_ms: int = 500, per_second: int = 5) -> Questions:
    """Questions about the orders of `STAKES`."""

    def stake_of(ref: OrderRef) -> Stake:
        venue, money = STAKES[ref.split("-")[0]]
        name = "" if ref.startswith("nameless") else f"v-{ref}"
        return Stake(venue, money * MICROS, VenueMarketId(f"m-{ref}"), VenueOrderId(name))

    return Questions(
        recon_every_ns=recon_every_s * SECOND,
        again_ns=again_ms * 1_000_000,
        settlement_every_ns=SECOND,
        stake_of=stake_of,
        looks_of=lambda ref: LOOKS,
        per_second=dict.fromkeys(BOTH, per_second),
    )


@pytest.fixture
def questions() -> Questions:
    return asking()


def asked_at(questions: Questions, kind: type, until_s: float, *, reachable: set = BOTH) -> list[float]:
    """Seconds at which a kind of question is asked, looking ten times a second."""
    return [
        n / 10
        for n in range(int(until_s * 10))
        for command in questions.due(n * TICK, reachable=reachable)
        if isinstance(command, kind)
    ]


def refs_asked(questions: Questions, at_ns: int, *, reachable: set = BOTH) -> list[str]:
    """Orders asked about at one moment, in the order of the questions."""
    return [one.ref for one in questions.due(at_ns, reachable=reachable) if isinstance(one, QueryOrder)]


# ---- one doubt ----


def test_a_doubt_is_asked_at_once_and_then_less_and_less(questions: Questions) -> None:
    questions.doubt(OrderRef("r"), 0)
    assert asked_at(questions, QueryOrder, 16) == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5]
    assert ASK_AGAIN_NS_MAX == 4 * SECOND


def test_a_doubt_that_is_told_again_keeps_its_pace_and_an_answer_ends_it(questions: Questions) -> None:
    questions.doubt(OrderRef("r"), 0)
    asked_at(questions, QueryOrder, 1)
    questions.doubt(OrderRef("r"), SECOND, Doubt.CONTRADICTED)
    assert refs_asked(questions, SECOND) == []
    assert questions.orders[OrderRef("r")].doubt is Doubt.CONTRADICTED, "the graver doubt counts"
    questions.answered(OrderRef("r"))
    questions.answered(OrderRef("r"))
    assert asked_at(questions, QueryOrder, 20) == []


def test_an_order_at_a_venue_that_is_away_is_asked_about_once_it_is_back(questions: Questions) -> None:
    questions.doubt(OrderRef("r"), 0)
    assert refs_asked(questions, 0, reachable={TWO}) == []
    assert refs_asked(questions, SECOND) == ["r"]


# ---- suspicion ----


def test_money_at_risk_decides_who_is_asked_first(questions: Questions) -> None:
    for ref in ("small", "large", "r"):
        questions.doubt(OrderRef(ref), 0)
    assert refs_asked(questions, 0) == ["large", "r", "small"]


@pytest.mark.parametrize("graver", [Doubt.UNANSWERED, Doubt.DIFFERS, Doubt.CONTRADICTED])
def test_of_equal_money_the_graver_doubt_goes_first(questions: Questions, graver: Doubt) -> None:
    questions.doubt(OrderRef("r-1"), 0, Doubt.CANCEL_REFUSED)
    questions.doubt(OrderRef("r-2"), 0, graver)
    assert refs_asked(questions, 0) == ["r-2", "r-1"]


def test_much_money_in_little_doubt_goes_before_little_money_in_much(questions: Questions) -> None:
    questions.doubt(OrderRef("small"), 0, Doubt.CONTRADICTED)
    questions.doubt(OrderRef("large"), 0, Doubt.CANCEL_REFUSED)
    assert refs_asked(questions, 0) == ["large", "small"]


def test_what_waited_long_goes_before_what_came_just_now() -> None:
    questions = asking(per_second=1)
    questions.doubt(OrderRef("r-old"), 0)
    questions.doubt(OrderRef("r-new"), 60 * SECOND, Doubt.CONTRADICTED)
    assert refs_asked(questions, 60 * SECOND) == ["r-old"], "the other token went to the round"


# ---- inside the budget ----


def test_a_venue_is_asked_no_more_than_its_budget_and_the_gravest_are_asked_in_it() -> None:
    questions = asking(recon_every_s=1_000, per_second=3)
    for n in range(100):
        questions.doubt(OrderRef(f"small-{n}"), 0)
        questions.doubt(OrderRef(f"large-{n}"), 0)
    first = refs_asked(questions, 0)
    assert len(first) == 3 * BURST_S - 1, "the round took one"
    assert all(ref.startswith("large") for ref in first)
    assert len(refs_asked(questions, SECOND)) == 3


def test_one_venue_s_flood_of_doubts_takes_nothing_from_another() -> None:
    questions = asking(per_second=1)
    for n in range(50):
        questions.doubt(OrderRef(f"large-{n}"), 0)
    questions.doubt(OrderRef("there"), 0)
    assert "there" in refs_asked(questions, 0)


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["small", "r", "large", "there"]), max_size=60), st.integers(1, 8))
def test_no_doubt_starves_and_no_second_passes_its_budget(stakes: list[str], per_second: int) -> None:
    questions = asking(per_second=per_second, recon_every_s=2)
    waiting = {OrderRef(f"{stake}-{n}") for n, stake in enumerate(stakes)}
    for ref in sorted(waiting):
        questions.doubt(ref, 0)
    questions.market_closed(ONE, VenueMarketId("m"), 0)
    sent: list[int] = []
    for n in range(1_200):
        commands = questions.due(n * SECOND // 2, reachable=BOTH)
        sent.append(len(commands))
        waiting -= {one.ref for one in commands if isinstance(one, QueryOrder)}
    assert not waiting, "each was asked about at least once"
    windows = [sum(sent[n : n + 2]) for n in range(len(sent) - 2)]
    assert max(windows) <= 2 * per_second * (BURST_S + 1), "two venues, a burst and a second's refill each"


def test_a_statement_is_asked_for_in_spite_of_a_flood_of_doubts() -> None:
    questions = asking(recon_every_s=1_000, per_second=2)
    for n in range(200):
        questions.doubt(OrderRef(f"large-{n}"), 0)
    questions.market_closed(ONE, VenueMarketId("m"), 0)
    assert asked_at(questions, QuerySettlement, 4)[0] == 0


# ---- rounds and statements ----


def test_each_venue_has_its_rounds_and_one_that_is_away_has_none(questions: Questions) -> None:
    assert questions.due(0, reachable=BOTH) == [QueryVenue(ONE), QueryVenue(TWO)]
    assert asked_at(questions, QueryVenue, 11, reachable={TWO}) == [5, 10]
    assert questions.due(11 * SECOND, reachable=BOTH) == [QueryVenue(ONE)]


def test_a_round_without_an_answer_is_begun_again_before_the_next_is_due() -> None:
    questions = asking(recon_every_s=60, again_ms=1_000)
    assert asked_at(questions, QueryVenue, 31, reachable={ONE}) == [0, 10, 30]
    questions.reconciled(ONE, 31 * SECOND)
    assert questions.due(90 * SECOND, reachable={ONE}) == []
    assert questions.due(91 * SECOND, reachable={ONE}) == [QueryVenue(ONE)]


def test_a_round_can_be_had_now_and_goes_before_every_doubt(questions: Questions) -> None:
    questions.due(0, reachable=BOTH)
    questions.doubt(OrderRef("there"), SECOND)
    questions.reconcile(TWO, SECOND, RoundCause.ORDERED)
    asked = QueryOrder(OrderRef("there"), VenueMarketId("m-there"), VenueOrderId("v-there"))
    assert questions.due(SECOND, reachable=BOTH) == [QueryVenue(TWO), asked]


def test_of_an_order_that_the_venue_has_not_named_it_is_told_how_it_looks(questions: Questions) -> None:
    questions.doubt(OrderRef("nameless"), 0)
    assert QueryOrder(OrderRef("nameless"), VenueMarketId("m-nameless"), looks=LOOKS) in questions.due(
        0, reachable={ONE}
    )


def test_a_statement_is_asked_for_until_it_comes(questions: Questions) -> None:
    market = VenueMarketId("m")
    questions.market_closed(ONE, market, 0)
    questions.market_closed(ONE, market, SECOND // 2)
    assert questions.awaiting_settlement == 1
    assert asked_at(questions, QuerySettlement, 12) == [0, 1, 3, 7, 11]
    assert asked_at(questions, QuerySettlement, 99, reachable={TWO}) == []
    questions.market_settled(ONE, market)
    assert questions.awaiting_settlement == 0
    assert asked_at(questions, QuerySettlement, 9) == []
