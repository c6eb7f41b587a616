"""Sums by league, sport, model, venue and strategy agree with their plain definitions, and their caps hold."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ids import EventId, MarketId, SelectionId, StrategyName, VenueMarketId, VenueName
from domain.markets import Event, Instrument, Result
from domain.orders import Order
from risk.exposure import Exposure
from risk.gate import Gate
from risk.limits import Limits
from risk.rollups import Rollups
from risk.verdicts import Approved, RefusalReason, Refused
from tests.risk.builders import PAR, child, instrument, market, order, taking
from tests.risk.test_gate import LIMITS, book, context

UNIT = 1_000_000
EVENTS = {
    EventId("cup"): Event(EventId("cup"), "A v B", 0, league="First", sport="football"),
    EventId("tie"): Event(EventId("tie"), "C v D", 0, league="Second", sport="football"),
    EventId("set"): Event(EventId("set"), "E v F", 0, league="Open", sport="tennis"),
}
MARKETS = [
    market("cup", event=EventId("cup")),
    market("cup-goals", 2, event=EventId("cup")),
    market("tie", event=EventId("tie")),
    market("set", 4, event=EventId("set"), winners=2),
]
VENUES = (VenueName("a"), VenueName("b"))
DESK = (StrategyName("maker"), StrategyName("taker"))


def limits(**caps: dict[str, int]) -> Limits:
    return msgspec.structs.replace(LIMITS, **{f"cap_{name}_micros": cap for name, cap in caps.items()})


def rollups(exposure: Exposure, chosen: Limits, **more: Any) -> Rollups:
    return Rollups(chosen, exposure, events=EVENTS, markets=MARKETS, venues=VENUES, strategies=DESK, **more)


def on(venue: str, name: str, outcome: int) -> Instrument:
    return instrument(venue, outcome, taking("2") if venue == "a" else taking("5"), market=name)


BETS = st.lists(
    st.tuples(
        st.sampled_from(["BACK", "LAY"]),
        st.integers(1, 90),
        st.sampled_from([one.id for one in MARKETS]),
        st.integers(0, 1),
        st.sampled_from(VENUES),
        st.sampled_from(DESK),
        st.booleans(),
    ),
    max_size=25,
)
EVERY = {name: {"*": 10**15} for name in ("league", "sport", "model", "venue", "strategy")}


def placed(bets: list[Any]) -> list[tuple[Order, Instrument]]:
    found = []
    for side, size, name, outcome, venue, strategy, matched in bets:
        where = on(venue, name, outcome)
        bet = order(f"{side} {size} @ 2.00", where, matched=str(size) if matched else "0")
        found.append((msgspec.structs.replace(bet, strategy=strategy), where))
    return found


def worst(bets: list[tuple[Order, Instrument]]) -> Exposure:
    exposure = Exposure(MARKETS)
    for bet, where in bets:
        exposure.update(None, bet, where, PAR)
    return exposure


@settings(max_examples=60)
@given(BETS, st.sampled_from(["cup", "tie", "set"]), st.integers(0, 25))
def test_every_sum_is_what_its_orders_alone_would_lose(bets: list[Any], asked: str, before: int) -> None:
    """Some orders stand before the sums are followed, as after a restart; others come and go afterwards."""
    orders = placed(bets)
    exposure = worst(orders[:before])
    chosen = limits(**EVERY)
    kept = rollups(exposure, chosen, standing=[(bet, where, PAR) for bet, where in orders[:before]])
    for bet, where in orders[before:]:
        exposure.update(None, bet, where, PAR)
    for name in ("cup", "tie", "set"):
        kept.priced(MarketId(name), "goals")
    kept.priced(MarketId("tie"), "rates")
    added = msgspec.structs.replace(child("BACK 7 @ 2.00", on("a", asked, 0)), strategy=DESK[0])
    extra = msgspec.structs.replace(order("BACK 7 @ 2.00", on("a", asked, 0)), strategy=DESK[0])
    trial = exposure.trial(added, on("a", asked, 0), PAR)
    told = {scope.reason: scope.loss for scope in kept.scopes(added, on("a", asked, 0), PAR, trial)}
    after = worst([*orders, (extra, on("a", asked, 0))])
    event = EVENTS[EventId(asked)]
    same_sport = [one.id for one in EVENTS.values() if one.sport == event.sport]
    model = ["tie"] if asked == "tie" else ["cup", "set"]
    at_venue = worst(
        [(bet, where) for bet, where in orders if where.listing.venue == "a"] + [(extra, on("a", asked, 0))]
    )
    own = worst([(bet, where) for bet, where in orders if bet.strategy == DESK[0]] + [(extra, on("a", asked, 0))])
    assert told == {
        RefusalReason.CAP_LEAGUE: after.worst_loss_micros(event.id),
        RefusalReason.CAP_SPORT: sum(after.worst_loss_micros(one) for one in same_sport),
        RefusalReason.CAP_MODEL: sum(after.market_loss_micros(MarketId(name)) for name in model),
        RefusalReason.CAP_VENUE: at_venue.total_loss_micros,
        RefusalReason.CAP_STRATEGY: own.total_loss_micros,
    }


def test_what_has_settled_is_in_no_sum() -> None:
    exposure = Exposure(MARKETS)
    kept = rollups(exposure, limits(**EVERY))
    where = on("a", "cup", 0)
    bet = msgspec.structs.replace(order("BACK 10 @ 2.00", where, matched="10"), strategy=DESK[0])
    exposure.update(None, bet, where, PAR)
    exposure.settle(VenueName("a"), VenueMarketId("cup"), {SelectionId("0"): Result.LOST})
    added = msgspec.structs.replace(child("BACK 1 @ 2.00", on("a", "tie", 0)), strategy=DESK[0])
    trial = exposure.trial(added, on("a", "tie", 0), PAR)
    told = {scope.reason: scope.loss for scope in kept.scopes(added, on("a", "tie", 0), PAR, trial)}
    assert set(told.values()) == {UNIT}


@pytest.mark.parametrize(
    ("caps", "reason"),
    [
        ({"league": {"First": 20}}, RefusalReason.CAP_LEAGUE),
        ({"league": {"Second": 20}}, None),
        ({"sport": {"*": 30}}, RefusalReason.CAP_SPORT),
        ({"sport": {"*": 35}}, None),
        ({"sport": {"football": 99, "*": 1}}, None),
        ({"model": {"goals": 20}}, RefusalReason.CAP_MODEL),
        ({"model": {"rates": 20}}, None),
        ({"venue": {"a": 20}}, RefusalReason.CAP_VENUE),
        ({"venue": {"b": 20}}, None),
        ({"strategy": {"maker": 20}}, RefusalReason.CAP_STRATEGY),
        ({"strategy": {"taker": 20}}, None),
    ],
)
def test_a_cap_by_name_holds_for_its_name_alone(caps: dict[str, Any], reason: RefusalReason | None) -> None:
    """20 stand in the first league at the first venue, 5 in the second; 10 more are asked for in the first."""
    chosen = limits(**{name: {key: cap * UNIT for key, cap in one.items()} for name, one in caps.items()})
    exposure = Exposure(MARKETS)
    kept = rollups(exposure, chosen)
    kept.priced(MarketId("cup"), "goals")
    for where, size in ((on("a", "cup", 0), 20), (on("b", "tie", 0), 5)):
        exposure.update(
            None, msgspec.structs.replace(order(f"BACK {size} @ 2.00", where), strategy=DESK[0]), where, PAR
        )
    where = on("a", "cup", 0)
    asked = msgspec.structs.replace(child("BACK 10 @ 2.00", where), strategy=DESK[0])
    verdict = Gate(chosen, exposure, rollups=kept).judge(asked, context(instrument=where, book=book(on=where)))
    assert (verdict.reason if isinstance(verdict, Refused) else None) == reason
    hedge = msgspec.structs.replace(asked, side="lay")
    assert isinstance(
        Gate(chosen, exposure, rollups=kept).judge(hedge, context(instrument=where, book=book(on=where))), Approved
    )
