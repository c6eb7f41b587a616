"""Explain: the journal tells an order's whole story, and its decision can be worked out again from the JSON alone."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from msgspec.structs import replace

from domain.amending import AmendOrder
from domain.breaks import BreakFound, BreakHealed
from domain.ids import OrderRef, VenueOrderId
from domain.messages import (
    CancelOrder,
    DecisionTaken,
    OrderFact,
    OrderFilled,
    OrderMissing,
    OrderReported,
    PlaceOrder,
    RunResumed,
    VenueOrder,
    VenueReported,
)
from domain.odds import PriceKind
from domain.orders import Evidence, OrderState, Side
from domain.stops import AlertRaised
from engine.explain import explain_order, in_words, said
from engine.replay import NotFound
from engine.story import Latency, Story, Told, tell
from oms.explained import recompute
from tests.builders import facts, fill, place
from tests.engine.runs import (
    CONTRACTS,
    ODDS,
    ONE,
    OPENING,
    STORY,
    TWO,
    decision,
    resumed_on_another_machine,
    settlement,
    written,
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The story of runs.py, finished."""
    return written(tmp_path / "run")


def asked(run: Path, order: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `explain ORDER --json` prints."""
    assert explain_order(run, order, as_json=True) == 0
    return json.loads(capsys.readouterr().out)


def words(run: Path, order: str) -> str:
    return "\n".join(in_words(tell(run, order)))


# ---- the decision, from the text alone ----


def test_the_choice_follows_from_the_json_alone(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = msgspec.convert(asked(run, "t-1", capsys)["decision"], DecisionTaken)
    again = recompute(found)
    assert again.differences == ()
    assert [(one.instrument, one.net_price, one.allotted) for one in again.candidates] == [
        (ODDS.id, (50, 99), ((200, 5_000_000),)),
        (CONTRACTS.id, (207, 400), ((5_000, 27_620_000),)),
    ]


@pytest.mark.parametrize(
    ("candidate", "level", "told"),
    [
        (0, [202, 5_000_000], "one/match/home: net_price stored"),
        (0, [200, 4_000_000], "one/match/home: allotted stored"),
        (1, [5_100, 30_000_000], "two/m2/yes: net_price stored"),
    ],
)
def test_one_changed_level_changes_the_answer(
    run: Path, capsys: pytest.CaptureFixture[str], candidate: int, level: list[int], told: str
) -> None:
    changed = asked(run, "t-1", capsys)["decision"]
    changed["candidates"][candidate]["levels"][0] = level
    assert any(told in text for text in recompute(msgspec.convert(changed, DecisionTaken)).differences)


def test_a_decision_that_does_not_follow_is_said_so(tmp_path: Path) -> None:
    best, other = decision().candidates
    dearer = msgspec.structs.replace(best, levels=((198, 5_000_000),))
    touched = msgspec.structs.replace(decision(), candidates=(dearer, other))
    run = written(tmp_path / "run", *OPENING, touched, place("BACK 5 @ 2.00", ref="t-1"))
    assert "worked out again from this record: one/match/home: net_price stored (50, 99), follows" in words(run, "t-1")


# ---- what happened ----


def test_the_story_is_complete_and_in_order(run: Path) -> None:
    story = tell(run, "t-1")
    assert [(type(told.body).__name__, told.after_us, told.state) for told in story.told] == [
        ("PlaceOrder", 1_000, OrderState.PENDING_NEW),
        ("OrderAccepted", 5_000, OrderState.OPEN),
        ("OrderFilled", 7_000, OrderState.PARTIALLY_FILLED),
        ("CancelOrder", 9_000, OrderState.PENDING_CANCEL),
        ("CancelAccepted", 11_000, OrderState.CLOSED_PARTIAL),
        ("MarketSettled", 13_000, OrderState.SETTLED),
    ]
    assert story.latency == Latency(trigger_us=None, intent_us=1_000, answer_us=5_000, fill_us=7_000, end_us=11_000)
    assert [order.ref for order in story.beside] == ["t-2"]
    assert [refused.reason for refused in story.refused] == ["cap_order"]
    assert [settled.statement.statement for settled in story.settlements] == ["s1"]
    assert (story.order.settled, story.event.name) == (True, "Reds v Blues")


def test_what_it_moved_adds_up_to_what_it_brought(run: Path) -> None:
    moved: dict[str, int] = {}
    for told in tell(run, "t-1").told:
        for entry in told.postings:
            for account, _, micros in entry.lines:
                moved[account] = moved.get(account, 0) + micros
    assert {account: micros for account, micros in moved.items() if micros} == {
        "cash:one": 3_900_000,
        "fees:one": 100_000,
        "pnl:one": -4_000_000,
    }


def test_the_venue_s_name_of_the_order_does_as_well(run: Path) -> None:
    assert tell(run, "v1") == tell(run, "t-1")


def test_the_time_since_the_trigger_is_told(tmp_path: Path) -> None:
    seen = msgspec.structs.replace(decision(), trigger_ns=6_400_000)
    run = written(tmp_path / "run", *OPENING, seen, place("BACK 5 @ 2.00", ref="t-1"))
    assert tell(run, "t-1").latency == Latency(
        trigger_us=600, intent_us=1_000, answer_us=None, fill_us=None, end_us=None
    )


def test_of_a_round_only_this_order_is_told(tmp_path: Path) -> None:
    theirs = [
        VenueOrder(None, VenueOrderId(name), ODDS.id, Side.LAY, 300, 2_000_000, None) for name in ("v1", "v8", "v9")
    ]
    run = written(tmp_path / "run", *STORY[:8], VenueReported(ONE, 5, tuple(theirs)), *facts("accept v1", ref="t-1"))
    orphan = tell(run, "one/v8")
    assert orphan.decision is None
    (told,) = orphan.told
    assert isinstance(told.body, VenueReported)
    assert [order.venue_order_id for order in told.body.orders] == ["v8"]
    assert [entry.cause for entry in told.postings] == ["one/v8"]
    assert "No decision of ours led to it: the venue reported it." in words(run, "v8")


def test_a_round_that_only_agrees_is_not_told_again(tmp_path: Path) -> None:
    rounds = []
    for text in ("report 0 at 100", "report 0 at 200", "report 3 at 300", "report 3 at 400"):
        report = facts(text, ref="t-1")[0]
        assert isinstance(report, OrderReported)
        theirs = VenueOrder(OrderRef("t-1"), VenueOrderId("v1"), ODDS.id, Side.BACK, 200, 5_000_000, report)
        rounds.append(VenueReported(ONE, 5, (theirs,)))
    run = written(tmp_path / "run", *STORY[:7], *rounds)
    told = [told for told in tell(run, "t-1").told if isinstance(told.body, VenueReported)]
    assert [(each.state, each.matched_micros) for each in told] == [
        (OrderState.OPEN, 0),
        (OrderState.PARTIALLY_FILLED, 3_000_000),
    ]


def test_a_resumption_and_a_break_belong_to_the_story(tmp_path: Path) -> None:
    gap = (
        BreakFound(TWO, "t-2", "MISSING_AT_VENUE", "CRITICAL", 1, "not in its list"),
        BreakHealed(TWO, "t-2", "MISSING_AT_VENUE", "found"),
    )
    run = written(tmp_path / "run", *STORY[:8], RunResumed("trial", "c0ffee"), *gap, OrderMissing(OrderRef("t-2"), 2))
    text = words(run, "t-2")
    assert "another process took the run over -> UNKNOWN" in text
    assert "a break was found, MISSING_AT_VENUE: not in its list -> UNKNOWN" in text
    assert "2 late queries did not find it: nothing of it is open there [inferred] -> CANCELLED" in text


def test_an_alert_about_an_order_belongs_to_its_story_and_none_about_another(tmp_path: Path) -> None:
    alerts = (
        AlertRaised("late_match", OrderRef(ref), TWO, "4 matched when it was CANCELLED") for ref in ("t-2", "t-1")
    )
    run = written(tmp_path / "run", *STORY[:8], *alerts)
    assert words(run, "t-2").count("an alert was raised, late_match: 4 matched when it was CANCELLED") == 1


def test_what_takes_of_ours_are_on_their_way_to_is_told_beside_what_was_shown(tmp_path: Path) -> None:
    best, other = decision().candidates
    beside = replace(decision(), candidates=(replace(best, under_way_micros=7_500_000), other))
    run = written(tmp_path / "run", *(beside if isinstance(one, DecisionTaken) else one for one in STORY))
    assert "beside 7.50 that takes of ours are on their way to" in words(run, "t-1")
    assert "on their way" not in words(written(tmp_path / "other"), "t-1")


def test_a_settlement_that_was_corrected_is_told_twice(tmp_path: Path) -> None:
    run = written(tmp_path / "run", *STORY[:-1], settlement(3, statement="s2"))
    story = tell(run, "t-1")
    assert [settled.corrects for settled in story.settlements] == ["", "s1"]
    assert "Settled by statement s2, in place of s1 (home won): the whole market brought 3.00 gross" in words(run, "v1")


REPLACED = (
    *STORY[:8],
    *facts("accept v1; fill f1 1 at 50; amend a1 5 @ 2.10 as t-3; fill f2 1 at 60; amended a1 5 @ 2.10", ref="t-1"),
)


def test_an_order_that_another_goes_on_as_was_meant_when_that_was_changed_and_is_not_over(tmp_path: Path) -> None:
    """What goes on of an order that is replaced comes of no placement, and counts for nothing until they part."""
    run = written(tmp_path / "run", *REPLACED, *facts("accept v3; fill f9 2 at 90", ref="t-3"))
    story = tell(run, "t-3")
    assert story.state is OrderState.PARTIALLY_FILLED
    assert story.latency == Latency(trigger_us=None, intent_us=7_000, answer_us=11_000, fill_us=12_000, end_us=None)
    assert tell(run, "t-1").latency.end_us == 9_000
    for ref in ("t-1", "t-3"):
        assert "amend a1 of t-1 to 5.00 @ 2.10, to go on as t-3, written down and sent" in words(run, ref)


def test_an_order_that_came_back_is_not_over(tmp_path: Path) -> None:
    found = facts("missing; accept v2", ref="t-2")
    assert tell(written(tmp_path / "run", *STORY[:8], *found[:1]), "t-2").latency.end_us is not None
    assert tell(written(tmp_path / "again", *STORY[:8], *found), "t-2").latency.end_us is None


def moved(story: Story) -> dict[str, int]:
    """What a story's postings leave in each account."""
    sums: Counter[str] = Counter()
    for entry in (entry for told in story.told for entry in told.postings):
        for account, _, micros in entry.lines:
            sums[account] += micros
    return {account: micros for account, micros in sums.items() if micros}


def test_what_a_corrected_statement_moved_is_told_as_well(tmp_path: Path) -> None:
    run = written(tmp_path / "run", *STORY[:-1], settlement(3, statement="s2"))
    assert moved(tell(run, "t-1")) == {
        "cash:one": 2_900_000,
        "fees:one": 100_000,
        "pnl:one": -4_000_000,
        "suspense:one": 1_000_000,
    }
    assert "its market was settled by statement s2 [statement] -> SETTLED" in words(run, "t-1")


def test_what_a_statement_annulled_of_the_order_is_told(tmp_path: Path) -> None:
    (annulled,) = facts("report 0 voided 4 cancelled 1 closed", ref="t-1")
    assert isinstance(annulled, OrderReported)
    other = replace(annulled, ref=OrderRef("t-9"))
    run = written(tmp_path / "run", *STORY[:-2], replace(settlement(0), annulled=(other, annulled)))
    said_so = "settled by statement s1, of the order reported: matched 0.00, cancelled 1.00, voided 4.00, nothing left"
    assert words(run, "t-1").count(said_so) == 1


def test_a_process_with_another_clock_does_not_turn_time_back(tmp_path: Path) -> None:
    """After a restart of the machine its monotonic clock begins anew."""
    run = resumed_on_another_machine(tmp_path / "run")
    story = tell(run, "t-1")
    assert [told.after_us for told in story.told] == [1_000_000, 2_000_000, 60_000_000, 61_000_000]
    assert story.latency == Latency(
        trigger_us=None, intent_us=1_000_000, answer_us=2_000_000, fill_us=61_000_000, end_us=None
    )


def test_a_break_of_another_venue_s_order_of_the_same_name_is_not_told(tmp_path: Path) -> None:
    both = *facts("accept v1", ref="t-1"), *facts("accept v1", ref="t-2")
    gap = BreakFound(TWO, "v1", "STATUS", "HIGH", 1, "theirs is gone"), BreakHealed(TWO, "v1", "STATUS", "found")
    run = written(tmp_path / "run", *STORY[:8], *both, *gap)
    assert "a break was found" in words(run, "t-2")
    assert "break" not in words(run, "t-1").partition("What happened")[2]


def test_the_decision_of_an_order_that_was_changed_in_place_is_told_with_its_own_terms(tmp_path: Path) -> None:
    change, changed = facts("amend a1 8 @ 2.10; amended a1 8 @ 2.10", ref="t-1")
    assert isinstance(change, AmendOrder)
    heard = *facts("accept v1", ref="t-1"), replace(change, decision=2), changed
    text = words(written(tmp_path / "run", *STORY[:8], *heard), "t-1")
    assert text.startswith("t-1 of run trial: back 8.00 @ 2.10")
    assert "this order: back 5.00 @ 2.00, or 10.00 yes @ 0.50; a first bet there: 0.505051 net" in text
    assert "amend a1 of t-1 to 8.00 @ 2.10 by decision 2 written down and sent" in text


# ---- in words ----


def test_the_words_hold_what_a_desk_asks_for(run: Path) -> None:
    text = words(run, "t-1")
    for line in (
        "t-1 of run trial: back 5.00 @ 2.00, rest",
        "on Reds in Reds v Blues, match_odds, at one/match/home, for s",
        "now SETTLED: matched 4.00 of 5.00",
        "Decision 1 of s at 2023-11-14 22:13:20.007000 UTC, because cheap",
        "fair value 0.55 by goals 2, 3 ms old",
        "wanted: back 40.00 claims at 0.52 net or better",
        "worst loss of the event before: 0.00, cap 1000.00",
        "one/match/home: net 0.505051; given ",
        "two/m2/yes: net 0.5175; given 27.62 @ 0.50",
        "showed 30.00 @ 0.50; fee quadratic taker 7.00 %",
        "its fills together: back 4.00 @ 2.00, or 8.00 yes @ 0.50",
        "slippage of a claim from its fair value: -0.044949 (spread -0.05, depth 0.00, delay 0.00, fee 0.005051)",
        "net prices, best first: one/match/home 0.505051, two/m2/yes 0.5175",
        "this order: back 5.00 @ 2.00, or 10.00 yes @ 0.50; a first bet there: 0.505051 net",
        "with what we held it breaks even at 0.505051; at the fair value it adds 0.445 to what we expect",
        "refused by our own risk: two/m2/yes, cap_order",
        "5.00 ms  accepted as v1 [push] -> OPEN",
        "matched 4.00 @ 2.00, taken, fee 0.00, f1 [push] -> PARTIALLY_FILLED",
        "booked: cash:one 1.00 GBP, reserved:one -1.00 GBP",
        "intent 1.00 ms, answer 5.00 ms, fill 7.00 ms, end 11.00 ms",
        "Settled by statement s1 (home won): the whole market brought 4.00 gross, 4.00 by our own fills, ",
    ):
        assert line in text


def reported(matched_micros: int, claims_micros: int) -> OrderReported:
    """So much of a bet at odds is matched, as the venue says it in sum."""
    (said_so,) = facts(f"report {matched_micros // 1_000_000} at {matched_micros // 1_000_000}", ref="t-1")
    assert isinstance(said_so, OrderReported)
    return msgspec.structs.replace(said_so, claims_micros=claims_micros, cost_micros=matched_micros)


def test_what_was_matched_has_its_price_where_the_venue_told_the_sum_alone(tmp_path: Path) -> None:
    """Betfair's stream and Matchbook's answers say how much is matched and at which average, not each match."""
    some, more = (reported(*sums) for sums in ((1_000_000, 1_900_000), (4_000_000, 9_000_000)))
    run = written(tmp_path / "run", *STORY[:7], *facts("accept v1", ref="t-1"), some, more)
    text = words(run, "t-1")
    assert "its fills together: back 4.00 @ 2.25, or 9.00 yes @ 0.444444" in text
    assert "reported: matched 1.00 @ 1.90, open" in text
    assert "reported: matched 4.00 @ 2.25, open" in text


def test_what_was_matched_is_told_in_full_where_some_matches_alone_were_told(tmp_path: Path) -> None:
    whole = reported(4_000_000, 9_000_000)
    run = written(tmp_path / "run", *STORY[:7], *facts("accept v1; fill f1 1", ref="t-1"), whole)
    assert "its fills together: back 4.00 @ 2.25" in words(run, "t-1")


@pytest.mark.parametrize("kind", [PlaceOrder, CancelOrder, AmendOrder, *get_args(OrderFact)])
def test_whatever_is_said_of_an_order_has_words(kind: type) -> None:
    known = {
        type(body): body
        for body in facts(
            """
        accept; reject; timeout; fill f1 4; report 4 lapsed 2 closed; absent 5; missing; cancel c1; cancelled c1 6;
        refused c1; unanswered c1; lapsed l1 2; voided w1 open 3; amend a1 12 @ 2.10; amended a1 12 @ 2.10;
        amend_refused a1; amend_unanswered a1; vouched gone""".strip()
        )
    }
    body = known.get(kind, place("BACK 10 @ 2.00"))
    assert type(body) is kind
    assert said(Told(1, 0, 0, body, OrderState.OPEN, 0, 0, ()), PriceKind.ODDS)


def test_the_price_of_a_contract_is_what_a_claim_cost() -> None:
    body = OrderFilled(OrderRef("t-1"), fill("f1", "4", price="0.55c"), Evidence.PUSH)
    assert "matched 4.00 @ 0.55" in said(Told(1, 0, 0, body, OrderState.OPEN, 0, 0, ()), PriceKind.CONTRACT)


# ---- the door ----


def test_the_json_comes_back_as_the_story(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain_order(run, "t-1", as_json=True) == 0
    assert msgspec.json.decode(capsys.readouterr().out, type=Story) == tell(run, "t-1")


def test_the_words_are_printed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain_order(run, "t-1", as_json=False) == 0
    assert capsys.readouterr().out.startswith("t-1 of run trial")


def test_an_order_that_nobody_knows_is_said_so(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain_order(run, "t-9", as_json=False) == 2
    assert "has no order 't-9': name our ref of it or the venue's id" in capsys.readouterr().err


def test_a_name_that_two_venues_gave_is_not_guessed(tmp_path: Path) -> None:
    run = written(tmp_path / "run", *STORY[:9], *facts("accept v1", ref="t-1"), *facts("accept v1", ref="t-2"))
    with pytest.raises(NotFound, match="'v1' means 2 orders: name one by our ref, t-1 or t-2"):
        tell(run, "v1")


def test_a_damaged_journal_tells_nothing(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "journal.head").unlink()
    assert explain_order(run, "t-1", as_json=False) == 6
    assert capsys.readouterr().out == ""


def test_the_evidence_of_every_word_about_an_order_is_told(tmp_path: Path) -> None:
    told = facts(
        "timeout; absent 9; missing; accept v1; cancel c1; refused c1; unanswered c1; report 2 at 9", ref="t-1"
    )
    placed = place("BACK 5 @ 2.00", ref="t-1")
    text = words(written(tmp_path / "run", *OPENING, decision(), placed, *told), "t-1")
    ends = [line.split(" -> ")[0].split("[")[-1] for line in text.splitlines() if " -> " in line and "[" in line]
    assert ends == ["inferred]", "pull]", "inferred]", "push]", "pull]", "inferred]", "pull]"]
