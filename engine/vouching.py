"""People's words about single orders: who may say what, whose word waits for a second, and what it settles.

Where money is real a word counts once two different people have said the same; until then it only stands in the
journal. What was said of one order last waits, and nothing else of it.
"""

from domain.ids import OrderRef
from domain.orders import OrderState
from domain.people import person
from domain.vouching import OrderVouched
from engine.state import State
from oms.order_states import state_of
from oms.vouching import misfit, price_misfit, priced, says_nothing_new
from risk.breakers import NOBODY


def with_price(fact: OrderVouched, state: State) -> OrderVouched:
    """The word with what it comes to in claims and cost, where we know the order."""
    order = state.blotter.orders.get(fact.ref)
    return fact if order is None else priced(fact, state.instruments[order.instrument].terms.kind)


def objection(fact: OrderVouched, state: State) -> str:
    """Why a person's word about an order must not be taken, empty if it may; names field, value and fix."""
    order = state.blotter.orders.get(fact.ref)
    if order is None:
        return f"order = {fact.ref!r}: unknown; name it by our ref, as /v1/view/orders and `orders` have it"
    if person(fact.who) in NOBODY:
        return f"who = {fact.who!r}: only a named person can have been told"
    if state_of(order) is OrderState.PENDING_NEW:
        return f"order = {fact.ref!r}: the answer to its placement may still come; wait until it is UNKNOWN"
    kind = state.instruments[order.instrument].terms.kind
    fact = priced(fact, kind)
    if reason := price_misfit(fact, kind) or misfit(order, fact):
        return reason
    if says_nothing_new(order, fact) and not _has_break(fact.ref, state):
        return f"order = {fact.ref!r}: that is what we know of it, and nothing of it is in doubt"
    return state.vouching.objection(fact)


def _has_break(ref: OrderRef, state: State) -> bool:
    return any(key == ref for _, key, _ in state.breaks.standing)
