"""Stops latch, and only those who may go back do."""

import pytest

from domain.breaks import ReconCompleted
from domain.ids import OrderRef, StrategyName, VenueMarketId, VenueName
from domain.messages import OrderAccepted, OrderRejected, RejectReason
from domain.operators import EVERY_STRATEGY, KillLevel, KillLevelSet, PauseSet, TradingEnabled
from domain.orders import Evidence
from domain.stops import WHOLE_VENUE, BreakerCause, BreakerReset, BreakerTripped
from risk.breakers import DESK, ORDINARY, WATCHDOG, BreakerFact, Breakers, objection

A, B = VenueName("a"), VenueName("b")
ACCEPTED = OrderAccepted(OrderRef("r"), None, Evidence.PULL)


def refusal(reason: RejectReason = RejectReason.OTHER) -> OrderRejected:
    return OrderRejected(OrderRef("r"), reason, "", Evidence.PULL)


def after(*facts: BreakerFact, rejects_in_a_row: int = 3) -> Breakers:
    breakers = Breakers(rejects_in_a_row)
    for fact in facts:
        breakers.apply(fact, A)
    return breakers


@pytest.mark.parametrize(
    ("level", "wanted", "who", "why", "allowed"),
    [
        (0, 1, DESK, "", True),
        (1, 4, "", "", True),
        (3, 3, DESK, "again", True),
        (3, 2, DESK, "all is well", False),
        (3, 0, "", "all is well", False),
        (3, 0, WATCHDOG, "it answers again", False),
        (3, 0, "  ", "all is well", False),
        (3, 0, "Desk", "all is well", False),
        (3, 0, "WATCH-DOG", "it answers again", False),
        (3, 0, "\u200b", "all is well", False),
        (3, 0, "ana", "", False),
        (3, 0, "ana", " ", False),
        (3, 0, "ana", "venue is back", True),
    ],
)
def test_only_a_person_with_a_reason_may_lower_the_kill_level(level, wanted, who, why, allowed) -> None:
    assert (objection(KillLevel(level), KillLevelSet(KillLevel(wanted), who, why)) == "") is allowed


def test_the_kill_level_latches() -> None:
    breakers = after(KillLevelSet(KillLevel.CANCEL_ALL, DESK, "clock"), ReconCompleted(A, 0), ACCEPTED)
    assert breakers.level is KillLevel.CANCEL_ALL
    breakers.apply(KillLevelSet(KillLevel.NONE, "ana", "clock is right again"), A)
    assert breakers.level is KillLevel.NONE


def test_a_lowering_that_nobody_may_do_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError, match="named person"):
        after(KillLevelSet(KillLevel.CANCEL_ALL, DESK, ""), KillLevelSet(KillLevel.NONE, DESK, "fine"))


@pytest.mark.parametrize(
    ("facts", "tripped"),
    [
        ([refusal()] * 2, False),
        ([refusal()] * 3, True),
        ([refusal(), refusal(), ACCEPTED, refusal()], False),
        ([refusal(), refusal(RejectReason.MARKET_SUSPENDED), refusal(), refusal()], True),
        ([refusal()] * 3 + [ACCEPTED], True),
        ([refusal()] * 3 + [ReconCompleted(A, 1)], True),
        ([refusal()] * 3 + [ReconCompleted(B, 0)], True),
        ([refusal()] * 3 + [ReconCompleted(A, 0)], False),
        ([refusal()] * 2 + [ReconCompleted(A, 0), refusal()], False),
    ],
)
def test_a_streak_of_refusals_stops_the_venue_until_it_is_reconciled(facts, tripped) -> None:
    breakers = after(*facts)
    assert breakers.tripped(A) is tripped
    assert not breakers.tripped(B)


@pytest.mark.parametrize("reason", sorted(ORDINARY))
def test_what_belongs_to_the_game_stops_nothing(reason: RejectReason) -> None:
    assert not after(*[refusal(reason)] * 10).tripped(A)


def test_the_snapshot_tells_states_apart() -> None:
    plain = after().snapshot()
    assert after(refusal(), ACCEPTED).snapshot() == plain
    assert after(refusal()).snapshot() != plain
    assert after(refusal(), rejects_in_a_row=1).snapshot() != after(refusal()).snapshot()
    assert after(KillLevelSet(KillLevel.NO_NEW_RISK, DESK, "")).snapshot() != plain


@pytest.mark.parametrize("wrong", [0, -1])
def test_a_streak_must_be_above_zero(wrong: int) -> None:
    with pytest.raises(ValueError, match="rejects_in_a_row must be above zero"):
        Breakers(wrong)


def test_a_pause_holds_until_it_is_lifted_by_name_or_for_all() -> None:
    maker, taker = StrategyName("maker"), StrategyName("taker")
    rests = PauseSet(maker, paused=True, who="ana", why="odd quotes")
    breakers = after(rests)
    assert breakers.pause_of(maker) == rests
    assert breakers.pause_of(taker) is None
    assert breakers.snapshot().paused == (maker,)
    breakers.apply(PauseSet(EVERY_STRATEGY, paused=True, who="ben", why="lunch"), A)
    assert breakers.pause_of(taker) is not None
    breakers.apply(PauseSet(maker, paused=False, who="ana", why=""), A)
    assert breakers.pause_of(maker) is not None, "everyone still rests"
    breakers.apply(rests, A)
    breakers.apply(PauseSet(EVERY_STRATEGY, paused=False, who="ana", why=""), A)
    assert breakers.snapshot() == after().snapshot()


STALE = BreakerTripped(A, VenueMarketId("m"), BreakerCause.STALE, "6 times within a minute")
SLOW = BreakerTripped(A, WHOLE_VENUE, BreakerCause.LATENCY, "11 of 20")


def test_a_markets_breaker_is_of_that_market_alone() -> None:
    breakers = after(STALE)
    assert breakers.open_in(A, VenueMarketId("m")) == "stale"
    assert not breakers.open_in(A, VenueMarketId("n"))
    assert not breakers.open_in(B, VenueMarketId("m"))
    assert not breakers.tripped(A)


def test_a_venues_breaker_closes_when_every_cause_is_gone() -> None:
    breakers = after(SLOW, BreakerTripped(A, WHOLE_VENUE, BreakerCause.REJECTS, "11 of 20"))
    assert breakers.tripped(A)
    assert not breakers.tripped(B)
    breakers.apply(BreakerReset(A, WHOLE_VENUE, BreakerCause.LATENCY, DESK, "quiet"), A)
    assert breakers.tripped(A)
    breakers.apply(BreakerReset(A, WHOLE_VENUE, BreakerCause.REJECTS, "ann", "it is well"), A)
    assert not breakers.tripped(A)


def test_what_is_open_is_in_the_digest() -> None:
    assert (
        after(STALE).snapshot() != after().snapshot() == after(STALE, BreakerReset(*_key(STALE), DESK, "")).snapshot()
    )


def _key(tripped: BreakerTripped) -> tuple[VenueName, VenueMarketId, BreakerCause]:
    return tripped.venue, tripped.venue_market, tripped.cause


def enabled(*facts: BreakerFact, config_hash: str = "c0ffee") -> bool:
    breakers = Breakers(3, config_hash=config_hash)
    for fact in facts:
        breakers.apply(fact, A)
    return breakers.enabled


def said(who: str, config_hash: str = "c0ffee") -> TradingEnabled:
    return TradingEnabled(config_hash, who, "reviewed")


@pytest.mark.parametrize(
    ("facts", "good"),
    [
        ([], False),
        ([said("ann")], False),
        ([said("ann"), said("ann")], False),
        ([said("ann"), said(" Ann ")], False),
        ([said("ann lee"), said("Ann.Lee")], False),
        ([said("ann"), said(" ")], False),
        ([said("ann"), said("Desk")], False),
        ([said("ann"), said("\u200b")], False),
        ([said("ann"), said("bob", "another")], False),
        ([said("ann"), said("bob")], True),
        ([said("ann"), said("bob"), KillLevelSet(KillLevel.NO_NEW_RISK, "cyd", "drill")], True),
        ([said("ann"), said("bob"), KillLevelSet(KillLevel.NO_NEW_RISK, DESK, "loss")], False),
        ([said("ann"), said("bob"), KillLevelSet(KillLevel.NO_NEW_RISK, "Desk", "loss")], False),
        ([said("ann"), said("bob"), KillLevelSet(KillLevel.CANCEL_ALL, WATCHDOG, "wedged")], False),
    ],
)
def test_real_money_needs_two_different_people_and_ends_with_a_stop_of_our_own(facts, good: bool) -> None:
    assert enabled(*facts) is good


def test_nobody_need_enable_what_is_not_real_money() -> None:
    assert enabled(config_hash="")


def test_another_configuration_must_be_enabled_anew() -> None:
    breakers = Breakers(3, config_hash="c0ffee")
    for who in ("ann", "bob"):
        breakers.apply(said(who), A)
    breakers.configured("c0ffee")
    assert breakers.enabled
    breakers.configured("decaf")
    assert not breakers.enabled
    for who in ("ann", "bob"):
        breakers.apply(said(who, "decaf"), A)
    assert breakers.enabled


@pytest.mark.parametrize(
    ("config_hash", "asked", "objection"),
    [
        ("", said("bob"), "nothing here is real money"),
        ("c0ffee", said("bob", "decaf"), "the configuration in force is c0ffee"),
        ("c0ffee", said(" ANN "), "has enabled it already"),
        ("c0ffee", said("Watchdog"), "names nobody"),
        ("c0ffee", said("bob"), ""),
    ],
)
def test_a_word_that_enables_nothing_is_objected_to(config_hash: str, asked: TradingEnabled, objection: str) -> None:
    breakers = Breakers(3, config_hash=config_hash)
    breakers.apply(said("ann"), A)
    assert objection in breakers.enabling_objection(asked)
    assert bool(breakers.enabling_objection(asked)) is bool(objection)
