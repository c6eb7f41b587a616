"""The exposure from scratch: all orders and what plans hold back counted once, beside what is kept step by step."""

from collections.abc import Iterable, Iterator, Mapping

from domain.ids import MarketId
from domain.markets import Instrument, Market
from domain.money import FX_SCALE
from domain.orders import Order
from engine.inside_bets import standing as inside_bets
from engine.state import State
from risk.exposure import Exposure

Bet = tuple[Order, Instrument, int]
"""An order, where it stands, and the rate of its currency."""


def miscounted(state: State) -> Iterator[str]:
    """Where what the state keeps of an unsettled market or of an order's book is not what its orders come to."""
    over = {
        state.instruments[one].listing.market
        for settlement in state.settled
        for one in state.listed_in(settlement.statement.venue, settlement.statement.venue_market)
    }
    markets = {key: market for key, market in state.markets.items() if key not in over}
    plans = (*state.plans.live.values(), *state.plans.over.values())
    known = state.instruments
    standing = [
        (order, known[order.instrument], state.rate_e8(known[order.instrument]))
        for order in (*state.blotter.orders.at_stake.values(), *(held for plan in plans for held in plan.held))
        if known[order.instrument].listing.market in markets
    ]
    kept, fresh = state.exposure, _counted(markets, standing)
    yield from _differences("in all", kept, fresh, markets)
    for instrument in sorted({on.id for _, on, _ in standing}):
        if kept.position(instrument) != fresh.position(instrument):
            yield f"{instrument} is kept as {kept.position(instrument)}, from scratch {fresh.position(instrument)}"
    inside = [(bet, on, FX_SCALE) for bet, on in inside_bets(state.holding.inside) if on.listing.market in markets]
    for strategy, own in kept.strategies.items():
        alone = _counted(markets, (bet for bet in (*standing, *inside) if bet[0].strategy == strategy))
        yield from _differences(f"of {strategy}", own, alone, markets)


def _counted(markets: Mapping[MarketId, Market], bets: Iterable[Bet]) -> Exposure:
    exposure = Exposure(markets.values())
    for order, instrument, rate_e8 in bets:
        exposure.update(None, order, instrument, rate_e8)
    return exposure


def _differences(whose: str, kept: Exposure, fresh: Exposure, markets: Iterable[MarketId]) -> Iterator[str]:
    for market in markets:
        for what, ours, scratch in (
            ("may come to", kept.worst_by_outcome_micros(market), fresh.worst_by_outcome_micros(market)),
            ("has come to", kept.pnl_micros(market), fresh.pnl_micros(market)),
        ):
            if ours != scratch:
                yield f"{market} {what} {ours} {whose} as kept, {scratch} from scratch"
