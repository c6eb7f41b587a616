"""How a market is run: suspended, reopened, turned in-play, a selection removed, closed."""

from fractions import Fraction

from domain.ids import SelectionId, VenueMarketId
from domain.markets import MarketStatus
from domain.odds import PriceKind
from domain.settlement import reduced_odds
from venues.sim.exchange import Exchange
from venues.sim.markets import SimMarket
from venues.sim.notices import Cause, MarketTurned, OrderRepriced
from venues.sim.settling import restate, void_matches

PPM_PER_CENT = 10_000


def suspend(
    exchange: Exchange, market: VenueMarketId, now_ns: int, *, lapse: bool = True, holder: str = "referee"
) -> None:
    """No new orders, a new version; waiting placements lapse, and with `lapse` whatever was not sent to persist.

    It stays so until every `holder` who suspended it has let it go.
    """
    state = _due(exchange, market, now_ns)
    state.holders.add(holder)
    state.status = MarketStatus.SUSPENDED
    state.version += 1
    _lapse_held(exchange, state, Cause.SUSPENDED, now_ns)
    if lapse:
        _lapse_resting(exchange, state, Cause.SUSPENDED, now_ns, persisting=False)
    exchange.floor.notices.append(MarketTurned(market))


def reopen(exchange: Exchange, market: VenueMarketId, now_ns: int, *, holder: str = "referee") -> None:
    """Trading resumes, on some exchanges with an empty book, unless somebody else keeps the market suspended."""
    state = _due(exchange, market, now_ns)
    assert state.status is MarketStatus.SUSPENDED, f"market {market} is not suspended"
    state.holders.discard(holder)
    if state.holders:
        return
    if exchange.options.flushes_on_reopen:
        _lapse_resting(exchange, state, Cause.REOPENED, now_ns, persisting=True)
    state.status = MarketStatus.OPEN
    exchange.floor.notices.append(MarketTurned(market))


def turn_in_play(exchange: Exchange, market: VenueMarketId, now_ns: int, *, lapse: bool = True) -> None:
    """The event is on: a new version; with `lapse` whatever was not sent to persist is gone."""
    state = _due(exchange, market, now_ns)
    assert not state.in_play, f"market {market} is in play already"
    if lapse:
        _lapse_resting(exchange, state, Cause.IN_PLAY, now_ns, persisting=False)
    state.in_play = True
    state.version += 1
    exchange.floor.notices.append(MarketTurned(market))


def rest_play(exchange: Exchange, market: VenueMarketId, now_ns: int) -> None:
    """Play rests, as between the rounds of a tournament: no delay until it goes on."""
    state = _due(exchange, market, now_ns)
    state.in_play = False
    state.version += 1
    exchange.floor.notices.append(MarketTurned(market))


def remove_selection(
    exchange: Exchange, market: VenueMarketId, selection: SelectionId, now_ns: int, *, factor_ppm: int
) -> None:
    """A selection will not take part: its matches are void, open orders lapse, odds on the others are reduced.

    `factor_ppm` is the reduction factor in millionths (25 % is 250,000). Source: Betfair non-runner rule.
    """
    state = _due(exchange, market, now_ns)
    assert exchange.options.terms.kind is PriceKind.ODDS, "only odds are reduced"
    assert factor_ppm > 0, "a removed selection has a reduction factor"
    state.version += 1
    _lapse_held(exchange, state, Cause.SELECTION_REMOVED, now_ns)
    _lapse_resting(exchange, state, Cause.SELECTION_REMOVED, now_ns, persisting=True)
    state.selections[selection].factor_ppm = factor_ppm
    void_matches(exchange, market, now_ns, chosen=lambda match: match.selection == selection)
    _reduce(exchange, state, Fraction(factor_ppm, PPM_PER_CENT))
    exchange.floor.notices.append(MarketTurned(market))


def close(exchange: Exchange, market: VenueMarketId, now_ns: int) -> None:
    """Trading is over for good; nothing is settled yet."""
    state = _due(exchange, market, now_ns)
    _lapse_held(exchange, state, Cause.CLOSED, now_ns)
    _lapse_resting(exchange, state, Cause.CLOSED, now_ns, persisting=True)
    state.status = MarketStatus.CLOSED
    exchange.floor.notices.append(MarketTurned(market))


def _due(exchange: Exchange, market: VenueMarketId, now_ns: int) -> SimMarket:
    """The market, after everything that was due before this moment."""
    exchange.on_time(now_ns)
    state = exchange.floor.markets[market]
    assert state.status is not MarketStatus.CLOSED, f"market {market} is closed"
    return state


def _lapse_held(exchange: Exchange, state: SimMarket, cause: Cause, now_ns: int) -> None:
    for order in state.held.values():
        order.held_until_ns = 0
        exchange.floor.drop(order, order.remaining_micros, cause, now_ns)
    state.held.clear()


def _lapse_resting(exchange: Exchange, state: SimMarket, cause: Cause, now_ns: int, *, persisting: bool) -> None:
    """Empty the book, orders sent to persist included if `persisting`."""
    for order in [order for order in state.resting() if persisting or not order.persist]:
        exchange.floor.drop(order, order.remaining_micros, cause, now_ns)


def _reduce(exchange: Exchange, state: SimMarket, factor_pct: Fraction) -> None:
    """Cut the odds of every match that stands, and say so to both sides."""
    for match in state.matches:
        price = int(reduced_odds(Fraction(match.price, 100), [factor_pct]).booked * 100)
        if match.voided or price == match.price:
            continue
        match.price = price
        for number in (match.back, match.lay):
            account = exchange.floor.orders[number].account
            exchange.floor.tell(account, OrderRepriced(account, number, match.id, match.price))
    restate(exchange.floor, state)
