"""A backtest's tape that drives a demo's world: frames, questions of several markets, what cannot be shown."""

from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from domain.fees import QuadraticFee
from domain.ids import Currency, EventId, MarketId, SelectionId, VenueMarketId, VenueName, instrument_id
from domain.markets import Event, Instrument, Listing, Market, MarketStatus, Result
from domain.messages import BooksChanged, InstrumentsListed, Levels
from domain.odds import PriceKind
from domain.orders import Side
from domain.terms import Terms
from tests.venues.sim.recordings import START_MS
from venues.betfair.demo import BetfairDemo
from venues.kalshi.demo import KalshiDemo
from venues.sim.backtest_tape import Moment, Tape, Turn
from venues.sim.recorded import Frame, Level, Print, State
from venues.sim.recorded_world import RecordedOptions, RecordedWorld
from venues.sim.taped import recording_of

KALSHI, YES, WINNER = VenueName("kalshi"), SelectionId("yes"), MarketId("m")
BANDS = ((100, 9_900, 100),)
TERMS = Terms(PriceKind.CONTRACT, BANDS, Currency("USD"), 10_000, 10_000, QuadraticFee(taker_ppm=70_000))
A, B = (Listing(KALSHI, VenueMarketId(f"KXG-{one}"), YES, WINNER, n) for n, one in enumerate("AB"))
SECOND_MS, SECOND_NS = 1_000, 10**9


def on(listing: Listing) -> Any:
    return instrument_id(KALSHI, venue_market=listing.venue_market, selection=YES)


def listed(*listings: Listing, terms: Terms = TERMS) -> Moment:
    facts = [InstrumentsListed(KALSHI, tuple(Instrument(on(one), one, terms) for one in listings))]
    return Moment(0, [*facts], [], [turn(one, MarketStatus.OPEN) for one in listings])


def turn(listing: Listing, status: MarketStatus, result: Result | None = None, **more: Any) -> Turn:
    return Turn(listing.venue_market, status, False, results={} if result is None else {YES: result}, **more)


def shown(at_s: int, listing: Listing, asks: dict[int, int], bids: dict[int, int], *, image: bool = True) -> Moment:
    backs, lays = ([(cents - 1, size * 10**6) for cents, size in rows.items()] for rows in (asks, bids))
    return Moment(at_s * SECOND_MS, [BooksChanged(KALSHI, 0, [Levels(on(listing), backs, lays, image=image)])], [], [])


def turned(at_s: int, *turns: Turn) -> Moment:
    return Moment(at_s * SECOND_MS, [], [], [*turns])


def tape(*moments: Moment, listings: tuple[Listing, ...] = (A, B)) -> Tape:
    return Tape(
        venue=KALSHI,
        currency=Currency("USD"),
        found=(),
        events=(Event(EventId("e"), "Calder v Ravenna", 60_000),),
        markets=(Market(WINNER, EventId("e"), "winner", ("home", "away"), 1),),
        listings=listings,
        moments=lambda: iter(moments),
        skipped=[],
    )


BOOKS = shown(1, A, {60: 10}, {58: 20}), shown(2, B, {42: 10}, {40: 20})
ENDING = turned(9, turn(A, MarketStatus.CLOSED, Result.WON)), turned(11, turn(B, MarketStatus.CLOSED, Result.LOST))


def test_moments_become_frames_of_each_market_at_the_venue() -> None:
    traded = Moment(3_000, [], [(on(A), 6_000, 4_000_000)], [])
    paused = turned(4, turn(A, MarketStatus.INACTIVE, delay_ms=5, removed={YES: Fraction(5, 2)}))
    recording = recording_of(tape(listed(A, B), BOOKS[0], traded, paused), bands=BANDS)
    [market] = recording.markets
    assert (market.names, market.venue_markets) == (("Calder", "Ravenna"), (A.venue_market, B.venue_market))
    assert not recording.double_counted
    assert recording.unsettled == 1
    assert list(recording.frames())[2:] == [
        Frame(
            1_000,
            A.venue_market,
            (Level(YES, Side.LAY, 6_000, 10_000_000), Level(YES, Side.BACK, 5_800, 20_000_000)),
            images=(YES,),
        ),
        Frame(3_000, A.venue_market, prints=(Print(YES, 6_000, 4_000_000),)),
        Frame(4_000, A.venue_market, state=State(MarketStatus.SUSPENDED, False, 5, {YES: 25_000})),
    ]


@pytest.mark.parametrize(
    ("moments", "listings", "said"),
    [
        ([listed(A, B, terms=replace(TERMS, bands=((1, 9_999, 1),)))], (A, B), "price grid"),
        ([], (A, B), "says nothing"),
        ([listed(A)], (A,), "too few of its outcomes"),
        ([listed(A)], (), "m: the recording says nothing"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_line(moments, listings, said) -> None:
    with pytest.raises(ValueError, match=said):
        recording_of(tape(*moments, listings=listings), bands=BANDS)


def test_the_others_hear_of_a_question_once_all_its_markets_have_ended() -> None:
    recording = recording_of(tape(listed(A, B), *BOOKS, *ENDING), bands=BANDS)
    assert recording.unsettled == 0
    venues = KalshiDemo().options, BetfairDemo().options
    world = RecordedWorld(RecordedOptions(seed=3), recording, venues, start_ns=0, start_ms=START_MS)
    lead, other = world.exchanges.values()
    [follows] = other.floor.markets.values()
    now_ns = 0
    seen: list[tuple[bool, bool, bool]] = []
    while world.next_deadline() is not None and now_ns < 60 * SECOND_NS:
        now_ns += SECOND_NS // 10
        world.on_time(now_ns)
        ended = lead.floor.markets[A.venue_market].settled, lead.floor.markets[B.venue_market].settled, follows.settled
        if not seen or seen[-1] != ended:
            seen.append(ended)
    assert seen == [(False, False, False), (True, False, False), (True, True, False), (True, True, True)]
    assert [sold.result for sold in follows.selections.values()] == [Result.WON, Result.LOST]
    assert lead.floor.markets[B.venue_market].selections[YES].result is Result.LOST
