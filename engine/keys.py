"""What each record is about: the key by which an event stream keeps its order."""

from domain.breaks import BreakFound
from domain.ids import OrderRef
from domain.messages import DecisionTaken, MarketSettled, Record, RiskRefused
from engine.replay import Applied
from engine.state import State

DESK = "desk"
"""The key of records that are about no sporting event, or about several."""


def key_of(step: Applied) -> str:
    """The sporting event that a record is about, by the orders it changed or the market it names."""
    state = step.state
    about = {state.event_of(change.after.instrument) for change in step.changes} or _named(step.record, state)
    return next(iter(about)) if len(about) == 1 else DESK


def _named(record: Record, state: State) -> set[str]:
    match record.body:
        case DecisionTaken(market=market):
            return {state.markets[market].event}
        case RiskRefused(instrument=instrument) if instrument in state.instruments:
            return {state.event_of(instrument)}
        case MarketSettled(venue=venue, venue_market=venue_market):
            return {state.event_of(instrument) for instrument in state.listed_in(venue, venue_market)}
        case BreakFound(key=key) if (order := state.blotter.orders.get(OrderRef(key))) is not None:
            return {state.event_of(order.instrument)}
    return set()
