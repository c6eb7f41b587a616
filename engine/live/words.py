"""What an operator may say: why a word cannot be carried out, in one line that names field, value and fix."""

from collections.abc import Sequence

from domain.breaks import BreakAssigned, BreakResolved, WriteOffSigned
from domain.ids import OrderRef
from domain.markets import EventTurned
from domain.messages import FairValueReceived
from domain.operators import (
    EVERY_ORDER,
    EVERY_STRATEGY,
    CancelsOrdered,
    KillLevelSet,
    OperatorFact,
    PauseSet,
    RoundOrdered,
    TradingEnabled,
)
from domain.people import person
from domain.treasury import BANK, TransferDecided, TransferRequested, TransferWord
from domain.vouching import OrderVouched
from engine import vouching
from engine.state import State
from oms.blotter import ORPHANS
from oms.order_states import is_open, state_of
from oms.transfers import objection as transfer_objection
from risk.breakers import NOBODY, objection

SUM_OFF_MAX = 0.01
"""How far probabilities may be from adding up: rounded to three places they should pass."""


def word_objection(fact: OperatorFact, state: State, strategies: Sequence[str]) -> str:
    """Why an operator's word cannot be carried out, empty if it can."""
    if isinstance(fact, KillLevelSet):
        return objection(state.breakers.level, fact)
    if isinstance(fact, TradingEnabled):
        return state.breakers.enabling_objection(fact)
    if isinstance(fact, BreakAssigned | BreakResolved | WriteOffSigned):
        return state.breaks.objection(fact)
    if isinstance(fact, TransferRequested | TransferDecided):
        return _unmovable(fact, state)
    if isinstance(fact, OrderVouched):
        return vouching.objection(fact, state)
    if isinstance(fact, CancelsOrdered) and fact.ref != EVERY_ORDER:
        return _uncancellable(fact.ref, state)
    if isinstance(fact, CancelsOrdered | RoundOrdered):
        return _unknown("venue", fact.venue, [one.venue for one in state.started.capabilities])
    return _unknown("strategy", fact.strategy, strategies) or _alone(fact, state) or _unspoken(fact)


def value_objection(fact: FairValueReceived | EventTurned, state: State) -> str:
    """Why a fair value, or a turn of an event, cannot be taken, empty if it can."""
    if isinstance(fact, EventTurned):
        return (
            "" if fact.event in state.events else f"event = {fact.event!r}: unknown; GET /v1/view/exposure lists them"
        )
    market = state.markets.get(fact.market)
    if market is None:
        return f"market = {fact.market!r}: unknown; GET /v1/view/markets lists those there are"
    told = f"probabilities = {list(fact.probabilities)}"
    if len(fact.probabilities) != len(market.outcomes):
        return f"{told}: {fact.market} has {len(market.outcomes)} outcomes, give each its own"
    if not all(0 <= p <= 1 for p in fact.probabilities) or abs(sum(fact.probabilities) - market.winners) > SUM_OFF_MAX:
        return f"{told}: each must lie between 0 and 1, and all add up to {market.winners}"
    if not 0 <= fact.variance_logit < float("inf"):
        return f"variance_logit = {fact.variance_logit}: must be 0 or more"
    return "" if fact.ttl_ms > 0 else f"ttl_ms = {fact.ttl_ms}: must be above 0"


def _uncancellable(ref: OrderRef, state: State) -> str:
    """Nothing is left of it to cancel, or it is not ours."""
    order = state.blotter.orders.get(ref)
    if order is None:
        return f"order = {ref!r}: unknown; GET /v1/view/orders lists those that may be matched"
    if order.strategy == ORPHANS:
        return f"order = {ref!r}: we never placed it, so it is not ours to cancel; do it at the venue"
    return "" if is_open(order) else f"order = {ref!r}: it is {state_of(order)}, nothing of it may still be matched"


def _unmovable(fact: TransferWord, state: State) -> str:
    """A transfer that cannot be, or between wallets that we do not have."""
    if isinstance(fact, TransferRequested):
        kept = {one.venue: one.currency for one in state.started.capabilities}
        ends = ("source", fact.source, fact.currency), ("target", fact.target, fact.into_currency)
        for field, venue, currency in ends:
            if venue != BANK and kept.get(venue) != currency:
                wallets = ", ".join(f"{name} in {kept[name]}" for name in sorted(kept))
                return f"{field} = {venue!r} in {currency}: we have no such wallet; name one of {wallets}, or the bank"
    return transfer_objection(fact, state.ledger.transfers.known)


def _alone(fact: PauseSet, state: State) -> str:
    """A strategy cannot go on by itself while everyone rests."""
    everyone = state.breakers.paused.get(EVERY_STRATEGY)
    if fact.paused or fact.strategy == EVERY_STRATEGY or everyone is None:
        return ""
    return f"strategy = {fact.strategy!r}: everyone rests, said {everyone.who}; resume all first, without naming one"


def _unspoken(fact: PauseSet) -> str:
    """What rests, perhaps by the desk's own stop, goes on by a person's word alone."""
    if fact.paused or person(fact.who) not in NOBODY:
        return ""
    return f"who = {fact.who!r}: only a named person lets a strategy go on"


def _unknown(field: str, name: str, known: Sequence[str]) -> str:
    if not name or name in known:
        return ""
    return f"{field} = {name!r}: unknown; name one of {', '.join(known)}, or leave it out for all"
