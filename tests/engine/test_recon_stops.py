"""What stops after a restart: the markets of breaks that stand, and nothing else; they go on when the break ends."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.breaks import BreakFound, BreakHealed, ReconCompleted
from domain.ids import VenueMarketId
from domain.money import MICROS
from engine.recon_drift import DRIFT
from engine.recon_stops import Stops
from engine.replay import rebuild
from recon.breaks import BreakKind
from recon.positions import position_key
from tests.builders import facts
from tests.engine.runs import ODDS, ONE, TWO
from tests.engine.streets import Hand, quote

MATCH = ODDS.listing.venue_market


def found(kind: BreakKind, key: str = "r9", market: VenueMarketId = MATCH) -> BreakFound:
    return BreakFound(ONE, key, kind, "CRITICAL", 5, "ours 5, theirs 4", venue_market=market)


def risen(folder: Path, *bodies: BreakFound | BreakHealed) -> Hand:
    """A desk whose first process wrote these and died; the second has heard nothing yet."""
    first = Hand(folder / "first").opened()
    for body in bodies:
        first.street.note(body)
    first.journal.close()
    state, _ = rebuild(first.folder)
    return Hand(folder / "second", state=state)


def test_a_break_of_the_process_before_shuts_its_market_and_not_the_desk(tmp_path: Path) -> None:
    first = Hand(tmp_path / "first").opened()
    placed = first.quoting(quote())
    first.tell(*facts("fill f1 10 at 5", placed.ref))
    first.street.note(found(BreakKind.EXTRA_FILL, placed.ref))
    first.journal.close()
    state, _ = rebuild(first.folder)
    hand = Hand(tmp_path / "second", state=state).opened()  # a round with each venue proves it
    prices = hand.street.core.prices
    assert prices.why_not_tradable(ODDS, hand.clock.monotonic_ns()) == "quarantined"
    assert [prices.why_venue_not_tradable(venue) for venue in (ONE, TWO)] == ["", ""]
    hand.street.core._answers._reconciling.notes.heal(BreakHealed(ONE, placed.ref, "EXTRA_FILL", "they agree"))
    assert prices.why_not_tradable(ODDS, hand.clock.monotonic_ns()) == ""


@pytest.mark.parametrize(
    ("kind", "market", "venues", "markets"),
    [
        (BreakKind.UNKNOWN_AT_VENUE, MATCH, {ONE}, set()),
        (BreakKind.EXTRA_FILL, MATCH, set(), {(ONE, MATCH)}),
        (BreakKind.EXTRA_FILL, VenueMarketId(""), {ONE}, set()),
        (BreakKind.RESULT, MATCH, set(), {(ONE, MATCH)}),
        (BreakKind.STATUS, MATCH, set(), set()),
        (BreakKind.BALANCE, VenueMarketId(""), set(), set()),
        (BreakKind.MISSING_FILL, MATCH, set(), set()),
    ],
)
def test_each_kind_stops_its_market_and_a_venue_only_where_none_can_be_named_or_an_order_of_ours_was_lost(
    tmp_path: Path, kind: BreakKind, market: VenueMarketId, venues: set[str], markets: set[tuple[str, str]]
) -> None:
    prices = risen(tmp_path, found(kind, market=market)).street.core.prices
    assert {venue for venue, session in prices.sessions.items() if session.stopped} == venues
    assert prices.quarantined == markets
    assert prices.unproven == ({(ONE, MATCH)} if kind is BreakKind.STATUS else set())


def test_a_repair_that_does_not_come_stops_its_venue_after_so_many_rounds(tmp_path: Path) -> None:
    hand = risen(tmp_path, found(BreakKind.PRICE))
    prices, stopped = hand.street.core.prices, []
    for _ in range(6):
        Stops(hand.state.breaks, prices, DRIFT.hard_micros)
        stopped.append(prices.sessions[ONE].stopped)
        hand.state.apply(ReconCompleted(ONE, 1), 0)
    assert stopped == [False] * 5 + [True]
    assert prices.sessions[TWO].stopped is False


@pytest.mark.parametrize(("apart", "stopped"), [(1_000, False), (1_001, True), (-1_001, True)])
def test_a_position_that_is_further_apart_than_any_grace_stops_its_venue_after_a_restart_too(
    tmp_path: Path, apart: int, stopped: bool
) -> None:
    one = replace(found(BreakKind.EXTRA_FILL, position_key(MATCH)), apart_micros=apart * MICROS)
    prices = risen(tmp_path, one).street.core.prices
    assert prices.sessions[ONE].stopped is stopped
    assert prices.sessions[TWO].stopped is False
    assert prices.quarantined == (set() if stopped else {(ONE, MATCH)})
