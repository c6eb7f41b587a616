"""One desk's blotter behind an adapter that talks to its simulated exchange: both must end with the same orders."""

from collections.abc import Mapping
from typing import Any, Protocol, get_args

from domain.amending import AmendOrder, change_name, changed_ref, generation, successor_ref
from domain.ids import InstrumentId, OrderRef, VenueName
from domain.markets import Instrument
from domain.messages import (
    CancelOrder,
    OrderAbsent,
    OrderFact,
    OrderReported,
    PlaceOrder,
    QueryOrder,
    QueryVenue,
    VenueReported,
)
from domain.orders import Evidence, Order
from domain.terms import Capabilities
from oms.addressing import addressed, addressed_list
from oms.amending import change_of
from oms.blotter import Blotter, Change
from oms.order_states import asks, is_open
from risk.exposure import Exposure
from venues.sim.queues import SimOrder

ORDER_FACTS = get_args(OrderFact)


class Pair(Protocol):
    """An adapter and its exchange under one clock; see the `Together` of each venue's tests."""

    @property
    def now(self) -> int: ...

    def send(self, command: Any, ms: int = 100) -> list[Any]: ...

    def run(self, ms: int) -> list[Any]: ...


class Agreeing:
    """Sends commands as the engine would, takes in what is told, and asks about what is in doubt."""

    def __init__(
        self, pair: Pair, instruments: Mapping[InstrumentId, Instrument], capabilities: Capabilities, exposure: Exposure
    ) -> None:
        self.pair = pair
        self.blotter = Blotter(instruments, {capabilities.venue: capabilities})
        self.exposure = exposure
        self.told: list[Any] = []
        self.worst = 0
        self._venue: VenueName = capabilities.venue
        assert capabilities.amends is not None, "the venue changes no orders"
        self._how = capabilities.amends
        self._instruments = instruments
        self._doubted: dict[OrderRef, None] = {}
        self._requests = 0

    def order(self, ref: str = "r1") -> Order:
        order = self.blotter.orders.get(OrderRef(ref))
        assert order is not None, f"no order {ref}"
        return order

    def send(self, command: Any, ms: int = 200) -> list[Any]:
        """Write a command down, send it, and take in what is told of it within so many milliseconds."""
        if isinstance(command, PlaceOrder | CancelOrder | AmendOrder):
            self._change(self.blotter.apply(command, self.pair.now))
        return self._take(self.pair.send(command, ms))

    def run(self, ms: int) -> list[Any]:
        return self._take(self.pair.run(ms))

    def amend(
        self, ref: str = "r1", *, price: int | None = None, size_micros: int | None = None, ms: int = 200
    ) -> list[Any]:
        """Change an order of which both sides know."""
        return self._take(self.pair.send(self.change(ref, price=price, size_micros=size_micros), ms))

    def change(self, ref: str = "r1", *, price: int | None = None, size_micros: int | None = None) -> AmendOrder:
        """The command for that, written down and not sent."""
        order = self.order(ref)
        self._requests += 1
        command = change_of(
            order,
            change_name(OrderRef(ref), self._requests),
            self._how,
            price=order.price if price is None else price,
            size_micros=order.size_micros if size_micros is None else size_micros,
        )
        self._change(self.blotter.apply(command, self.pair.now))
        return command

    def changeable(self) -> list[Order]:
        """Orders that rest as far as we know, with no change or answer outstanding, and never replaced."""
        orders = self.blotter.orders
        return [
            order
            for order in orders.at_stake.values()
            if order.acked
            and order.remaining_micros > 0
            and not (order.amend or order.unknown or order.cancel_pending)
            and orders.get(successor_ref(order.ref)) is None
        ]

    def doubt_all(self) -> None:
        """Have every order asked about once more."""
        self._doubted = {order.ref: None for order in self.blotter.orders.every()}

    def settle_doubts(self, *, rounds: int = 40) -> None:
        """Ask about every order in doubt, and for lists, until nothing is; as late as the venue needs it."""
        doubted: list[OrderRef] = []
        for _ in range(rounds):
            doubted = [ref for ref in self._doubted if is_open(self.order(ref)) or self.order(ref).unknown]
            waits = any(order.amend is not None and is_open(order) for order in self.blotter.orders.at_stake.values())
            if not doubted and not waits:
                return
            for ref in doubted:
                self._take(self.pair.send(QueryOrder(ref), 1_000))
            self._take(self.pair.send(QueryVenue(self._venue), 1_000))
        raise AssertionError(f"still in doubt: {doubted}, {[*self.blotter.orders.at_stake.values()]}")

    def check(self, theirs: Mapping[int, SimOrder], account: str) -> None:
        """Every order there is counted here in full, whatever came between."""
        for root, (remaining, _, _) in _sums(theirs, account).items():
            counted = sum(order.exposed_micros for order in self._chain(root))
            assert counted >= remaining, f"{root}: {remaining} may match there, {counted} is counted"

    def agree(self, theirs: Mapping[int, SimOrder], account: str) -> None:
        """Both sides hold the same to the smallest unit, with nothing in doubt."""
        said = _sums(theirs, account)
        for root in {generation(ref)[0] for ref in self.blotter.orders.at_stake} | said.keys():
            ours = self._chain(root)
            counted = [0, 0, 0]
            for order in ours:
                for k, size in enumerate((order.exposed_micros, order.matched_micros, order.cost_micros)):
                    counted[k] += size
            assert counted == said.get(root, [0, 0, 0]), f"{root}: {ours}"
            assert not any(order.unknown or order.suspect or (order.amend and is_open(order)) for order in ours), ours

    # --- leaves ---

    def _chain(self, root: OrderRef) -> list[Order]:
        return [order for order in self.blotter.orders.every() if generation(order.ref)[0] == root]

    def _take(self, facts: list[Any]) -> list[Any]:
        for fact in facts:
            self.told.append(fact)
            if isinstance(fact, VenueReported):
                self._change(self.blotter.apply(addressed_list(self.blotter.orders, fact), self.pair.now))
            elif isinstance(fact, ORDER_FACTS):
                self._hear(addressed(self.blotter.orders, fact))
        return facts

    def _hear(self, fact: Any) -> None:
        before = self.order(fact.ref)
        self._change(self.blotter.apply(fact, self.pair.now))
        after = self.order(fact.ref)
        if asks(before, after, fact):
            self._doubted[after.ref] = None
        elif (
            isinstance(fact, OrderReported) and fact.evidence >= Evidence.PULL and not (after.unknown or after.disputed)
        ):
            self._doubted.pop(after.ref, None)
        if isinstance(fact, OrderAbsent) and (missing := self.blotter.missing(fact.ref)) is not None:
            self._change(self.blotter.apply(missing, self.pair.now))

    def _change(self, changes: Any) -> None:
        assert isinstance(changes, list), f"nobody placed this: {changes}"
        for change in changes:
            assert isinstance(change, Change)
            self.exposure.update(change.before, change.after, self._instruments[change.after.instrument], 100_000_000)
        self.worst = max(self.worst, self.exposure.total_loss_micros)


def _sums(theirs: Mapping[int, SimOrder], account: str) -> dict[OrderRef, list[int]]:
    """What the exchange has under each name: remaining, matched and cost."""
    sums: dict[OrderRef, list[int]] = {}
    for order in theirs.values():
        if order.account == account:
            said = sums.setdefault(changed_ref(order.client_ref), [0, 0, 0])
            for k, size in enumerate((order.remaining_micros, order.matched_micros, order.cost_micros)):
                said[k] += size
    return sums
