"""A resting quote moves in one act of its venue, where the venue offers it and the gate lets it pass."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from domain.amending import change_name
from domain.ids import OrderRef
from domain.intents import AmendIntent, Child, QuoteIntent
from domain.markets import Instrument
from domain.messages import Command, DecisionTaken, Journalled
from domain.orders import Order, TimeInForce
from domain.portfolio import MarketView
from engine.prices import Prices
from engine.refusing import Refusals
from engine.state import State
from oms.amending import was_made
from oms.router import Router
from oms.routes import Desk, Routed, route_quote
from risk.verdicts import Approved, RefusalReason, Refused

ASKED_KEPT = 1_000

Explain = Callable[[QuoteIntent, Routed, Child, MarketView], DecisionTaken]


class Judge(Protocol):
    """What the gate says of the terms that an order of ours shall have instead of its own."""

    def __call__(
        self, child: Child, instrument: Instrument, view: MarketView, *, instead: Order
    ) -> Approved | Refused: ...


class Changing:
    """Turns a wish for other terms into a command.

    `desk` is what a router may look at beside a view; `sent` counts what goes to a venue, as orders are counted.
    """

    def __init__(
        self,
        state: State,
        prices: Prices,
        router: Router,
        sent: Callable[[Instrument, int], None],
        *,
        desk: Callable[[MarketView], Desk],
        explain: Explain,
        refusals: Refusals,
    ) -> None:
        self._state = state
        self._prices = prices
        self._router = router
        self._sent = sent
        self._desk = desk
        self._explain = explain
        self._refusals = refusals
        self._asked: dict[OrderRef, str] = {}

    def change(
        self,
        intent: AmendIntent,
        view: MarketView,
        judge: Judge,
        record: Callable[[Journalled], object],
        send: Callable[[Command], object],
    ) -> bool:
        """Change the order; whether that is under way, or asked, or the order may stay. If not it is to be cancelled.

        An order whose last change was refused is not changed again, for what refuses it may do so at once and as often
        as it is asked. Nor is one replaced again that has an heir: the venue knows both by one name, and nothing but
        their order tells which is which. A no of our own counts, and says nothing of the order that is asked for once
        this one is gone.
        """
        order = self._state.blotter.orders.at_stake.get(intent.ref)
        if order is None or order.amend is not None or order.cancel_pending or order.unknown:
            return True
        venue = self._state.venue_of(order.instrument)
        how = self._prices.capabilities[venue].amends
        if how is None or not self._prices.reachable(venue) or (how.renames and order.heir is not None):
            return False
        if (last := self._asked.get(order.ref)) is not None and not was_made(order, last):
            return False
        desk = self._desk(view)
        child = Child(
            strategy=intent.strategy,
            instrument=order.instrument,
            side=order.side,
            price=intent.quote.price,
            size_micros=intent.remaining_micros,
            tif=TimeInForce.REST,
            decision=desk.decision,
        )
        instrument = self._state.instruments[order.instrument]
        verdict = judge(child, instrument, view, instead=order)
        if isinstance(verdict, Refused):
            if intent.may_stay and verdict.reason is RefusalReason.VENUE_BUDGET:
                return True
            self._refusals.note(verdict, view, record, again_ns=0)
            return False
        quote = msgspec.structs.replace(intent.quote, size_micros=intent.remaining_micros)
        record(self._explain(quote, route_quote(quote, desk), child, view))
        command = self._router.amend(verdict, order, how, request=change_name(order.ref, self._state.records + 1))
        self._sent(instrument, view.now_ns)
        self._remember(order.ref, command.request)
        record(command)
        send(command)
        return True

    def _remember(self, ref: OrderRef, request: str) -> None:
        if len(self._asked) >= ASKED_KEPT:
            at_stake = self._state.blotter.orders.at_stake
            self._asked = {kept: name for kept, name in self._asked.items() if kept in at_stake}
        self._asked[ref] = request
