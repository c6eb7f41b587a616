"""A recording that a backtest can read as one that drives a demo's world: the same moments, told as frames.

What the facts say of books, prints and states is played as it stands. A question whose outcomes are markets of their
own at the venue is one market here, which is closed when all of them are.
"""

from collections import Counter
from collections.abc import Iterator

from domain.ids import InstrumentId, MarketId, SelectionId, VenueMarketId
from domain.markets import Event, Instrument, Listing, MarketStatus
from domain.messages import BooksChanged, InstrumentsListed, Levels
from domain.odds import Band, ladder
from domain.orders import Side
from venues.sim import backtest_tape, recorded

MARKETS_MAX = 12
"""Of a recording of many markets, so many of the busiest are played."""
PPM_PER_CENT = 10_000


def recording_of(tape: backtest_tape.Tape, *, bands: tuple[Band, ...]) -> recorded.Recording:
    """The markets of a tape that the simulated exchange, whose prices are `bands`, can show. ValueError if none."""
    busy: Counter[VenueMarketId] = Counter()
    places: dict[InstrumentId, VenueMarketId] = {}
    refused: dict[MarketId, str] = {}
    settled: set[VenueMarketId] = set()
    for moment in tape.moments():
        settled.update(turn.market for turn in moment.turns if turn.results)
        for fact in moment.facts:
            if isinstance(fact, InstrumentsListed):
                for one in fact.instruments:
                    if one.terms.bands != bands:
                        refused[one.listing.market] = "its price grid is not the simulated exchange's"
                    places[one.id] = one.listing.venue_market
                    busy[one.listing.venue_market] += 1
            elif isinstance(fact, BooksChanged):
                busy.update(places[levels.instrument] for levels in fact.books)
    skipped = tuple(tape.skipped)
    markets = []
    for market in tape.markets:
        listings = sorted((one for one in tape.listings if one.market == market.id), key=lambda one: one.outcome)
        if not any(busy[one.venue_market] for one in listings):
            refused.setdefault(market.id, "the recording says nothing of it")
        elif len(listings) <= market.winners:
            refused.setdefault(market.id, "too few of its outcomes are mapped")
        if market.id not in refused:
            title = next(one for one in tape.events if one.id == market.event)
            markets.append(
                recorded.RecordedMarket(
                    id=listings[0].venue_market,
                    event=f"{title.name} {market.kind}",
                    kind=market.kind,
                    starts_ms=title.starts_ms,
                    selections=tuple(one.selection for one in listings),
                    names=tuple(_name(title, market.outcomes[one.outcome]) for one in listings),
                    winners=market.winners,
                    places=tuple(one.venue_market for one in listings),
                )
            )
    if not markets:
        why = "; ".join(f"{name}: {reason}" for name, reason in refused.items()) or "no market of it is mapped"
        raise ValueError(f"nothing of this recording can drive a demo: {why}")
    markets.sort(key=lambda one: -sum(busy[place] for place in set(one.places)))
    chosen = tuple(markets[:MARKETS_MAX])
    wanted = frozenset(place for market in chosen for place in market.places)
    return recorded.Recording(
        chosen,
        lambda: _frames(tape, wanted),
        double_counted=False,
        skipped=skipped,
        unsettled=sum(not settled.issuperset(one.places) for one in chosen),
    )


def _name(event: Event, outcome: str) -> str:
    """What a selection is called where nobody knows who is at home: by the side's own name."""
    home, versus, away = event.name.partition(" v ")
    sides = {"home": home, "draw": "The Draw", "away": away} if versus else {}
    return sides.get(outcome, outcome)


def _frames(tape: backtest_tape.Tape, wanted: frozenset[VenueMarketId]) -> Iterator[recorded.Frame]:
    known: dict[InstrumentId, Instrument] = {}
    for moment in tape.moments():
        levels: dict[VenueMarketId, list[recorded.Level]] = {}
        prints: dict[VenueMarketId, list[recorded.Print]] = {}
        images: dict[VenueMarketId, list[SelectionId]] = {}
        for fact in moment.facts:
            if isinstance(fact, InstrumentsListed):
                known |= {one.id: one for one in fact.instruments}
            elif isinstance(fact, BooksChanged):
                for one in fact.books:
                    listing = known[one.instrument].listing
                    levels.setdefault(listing.venue_market, []).extend(_levels(one, known[one.instrument]))
                    if one.image:
                        images.setdefault(listing.venue_market, []).append(listing.selection)
        for instrument, price, size in moment.prints:
            listing = known[instrument].listing
            prints.setdefault(listing.venue_market, []).append(recorded.Print(listing.selection, price, size))
        states = {turn.market: _state(turn) for turn in moment.turns}
        for market in dict.fromkeys([*prints, *states, *levels]):
            if market in wanted:
                yield recorded.Frame(
                    moment.at_ms,
                    market,
                    tuple(levels.get(market, ())),
                    tuple(prints.get(market, ())),
                    states.get(market),
                    tuple(images.get(market, ())),
                )


def _levels(told: Levels, instrument: Instrument) -> Iterator[recorded.Level]:
    """What can be backed rests as lays, and the other way round."""
    listing: Listing = instrument.listing
    prices = ladder(instrument.terms.kind, instrument.terms.bands).prices
    for side, rows in ((Side.LAY, told.to_back), (Side.BACK, told.to_lay)):
        for tick, size in rows:
            yield recorded.Level(listing.selection, side, prices[tick], size)


def _state(turn: backtest_tape.Turn) -> recorded.State:
    """A market that does not trade is suspended as long as its world goes on."""
    return recorded.State(
        status=MarketStatus.SUSPENDED if turn.status is MarketStatus.INACTIVE else turn.status,
        in_play=turn.in_play,
        delay_ms=turn.delay_ms,
        removed={name: int(factor * PPM_PER_CENT) for name, factor in turn.removed.items()},
        results=turn.results,
    )
