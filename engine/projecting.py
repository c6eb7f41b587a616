"""From a record that was applied to rows of the tables: what it said, and what it did to orders, money and breaks."""

from collections.abc import Sequence

import msgspec

from domain.ids import Currency, InstrumentId, OrderRef
from domain.messages import Journalled, OrderFilled, OrderReported, Record
from domain.orders import Fill, Order
from engine.keys import DESK, key_of
from engine.limit_uses import LimitUses
from engine.money_rows import MoneyRows
from engine.record_rows import add_said, as_json
from engine.replay import Applied
from engine.state import State
from engine.story import is_news
from oms.blotter import Change
from oms.order_states import is_open, state_of
from storage.projector import Row, Rows, plain

_ORDER_FIGURES = (
    "decision price size_micros matched_micros remaining_micros cancelled_micros lapsed_micros voided_micros "
    "claims_micros cost_micros fee_micros"
).split()


class Projection:
    """Collects the rows of a stretch of a journal. Every record must be handed in once, in order."""

    def __init__(self, state: State | None = None, *, outbox: bool = False) -> None:
        """`state` is what stood before the first record that will be handed in; None at a run's beginning.

        With `outbox` each record also makes a row for whoever captures changes from the database's own log.
        """
        self._state = state
        self._outbox = outbox
        self._entries = 0 if state is None else state.ledger.entries
        self._money = MoneyRows(state)
        self._limits = LimitUses(state)
        self._rows = Rows()
        self._orders: dict[OrderRef, tuple[Order, Record]] = {}
        self._placed: dict[OrderRef, Record] = {}
        self._held: set[InstrumentId] = set()
        self._moved: set[tuple[str, Currency]] = set()

    def take(self, step: Applied) -> None:
        """Take one applied record over."""
        record, self._state = step.record, step.state
        add_said(self._rows, record, step.state)
        if self._outbox:
            self._rows.add("outbox", outbox_row(step))
        changes = _one_for_each(step.changes)
        for change in changes:
            self._take_change(change, record)
        if step.state.ledger.entries > self._entries:
            self._take_postings(record)
        self._money.take(self._rows, record, changes, step.state)
        self._limits.take(step, changes)

    def rows(self) -> Rows:
        """What was collected since the last call; what changed several times is there once, as it is now."""
        rows, self._rows = self._rows, Rows()
        if self._state is None:
            return rows
        for name, found in (
            ("orders", [self._order(order, record, self._state) for order, record in self._orders.values()]),
            ("positions", [self._position(key, self._state) for key in sorted(self._held)]),
            ("balances", [self._balance(key, self._state) for key in sorted(self._moved)]),
        ):
            if found:
                rows.added[name] = found
        if uses := self._limits.rows():
            rows.added["limit_uses"] = uses
        self._money.move(rows)
        for kept in (self._orders, self._placed, self._held, self._moved):
            kept.clear()
        return rows

    # ---- what a record did ----

    def _take_change(self, change: Change, record: Record) -> None:
        before, after = change.before, change.after
        if before is None:
            self._placed[after.ref] = record
        self._orders[after.ref] = after, record
        self._rows.add(
            "order_events",
            {
                "seq": record.seq,
                "ref": plain(after.ref),
                "wall_ns": record.wall_ns,
                "monotonic_ns": record.monotonic_ns,
                "kind": type(record.body).__name__,
                "state_before": "" if before is None else state_of(before).value,
                "state": state_of(after).value,
                "matched_micros": after.matched_micros,
                "remaining_micros": after.remaining_micros,
                "open": is_open(after) or after.within,  # an heir counts within its parent until they part
                "answered": after.acked or after.rejected,
                "news": is_news(change),
            },
        )
        added = _matched(after, before)
        if any(added):
            self._held.add(after.instrument)
            self._rows.add("fills", self._fill(record, after, added))

    def _take_postings(self, record: Record) -> None:
        assert self._state is not None, "a record was applied to no state"
        ledger = self._state.ledger
        new = ledger.entries - self._entries
        assert new <= len(ledger.tail), f"record {record.seq} made {new} entries, more than the ledger remembers"
        for number, entry in enumerate([*ledger.tail][-new:], self._entries + 1):
            for line, (account, currency, micros) in enumerate(entry.lines):
                self._moved.add((account, currency))
                self._money.posted(account)
                self._rows.add(
                    "postings",
                    {
                        "entry": number,
                        "line": line,
                        "seq": record.seq,
                        "wall_ns": record.wall_ns,
                        "cause": plain(entry.cause),
                        "account": account,
                        "currency": currency,
                        "micros": micros,
                        "what": entry.what,
                    },
                )
        self._entries = ledger.entries

    def _fill(self, record: Record, order: Order, added: tuple[int, int, int, int]) -> Row:
        assert self._state is not None, "a record was applied to no state"
        named = _named_fill(record.body)
        instrument = self._state.instruments[order.instrument]
        return {
            "seq": record.seq,
            "ref": plain(order.ref),
            "wall_ns": record.wall_ns,
            "fill": "" if named is None else plain(named.id),
            "venue": instrument.listing.venue,
            "instrument": order.instrument,
            "strategy": order.strategy,
            "side": order.side.value,
            "currency": instrument.terms.currency,
            **dict(zip(("size_micros", "claims_micros", "cost_micros", "fee_micros"), added, strict=True)),
            "maker": None if named is None else named.maker,
        }

    # ---- what stands now ----

    def _order(self, order: Order, record: Record, state: State) -> Row:
        placed = self._placed.get(order.ref)
        listing = state.instruments[order.instrument].listing
        return {
            "ref": plain(order.ref),
            "venue_order_id": None if order.venue_order_id is None else plain(order.venue_order_id),
            "venue": listing.venue,
            "instrument": order.instrument,
            "market": listing.market,
            "event": state.markets[listing.market].event,
            "strategy": order.strategy,
            "side": order.side.value,
            "tif": order.tif.value,
            "state": state_of(order).value,
            **{name: getattr(order, name) for name in _ORDER_FIGURES},
            "placed_seq": 0 if placed is None else placed.seq,
            "placed_ns": 0 if placed is None else placed.wall_ns,
            "seq": record.seq,
            "changed_ns": record.wall_ns,
            "body": as_json(order),
        }

    def _position(self, key: InstrumentId, state: State) -> Row:
        return {"instrument": key, **msgspec.structs.asdict(state.positions.position(key))}

    def _balance(self, key: tuple[str, Currency], state: State) -> Row:
        return {"account": key[0], "currency": key[1], "micros": state.ledger.balances.get(key, 0)}


def outbox_row(step: Applied) -> Row:
    """A record in Debezium's columns: what it is about, what kind it is, and what it says."""
    record, key = step.record, key_of(step)
    return {
        "seq": record.seq,
        "id": f"{step.state.started.run}:{record.seq}",
        "aggregatetype": "desk" if key == DESK else "event",
        "aggregateid": plain(key),
        "type": type(record.body).__name__,
        "payload": as_json(record.body),
    }


def _one_for_each(changes: Sequence[Change]) -> Sequence[Change]:
    """What a record did to each order in one piece: a statement may annul some of a bet and settle the rest."""
    if len(changes) < 2:
        return changes
    whole: dict[OrderRef, Change] = {}
    for change in changes:
        first = whole.get(change.after.ref)
        whole[change.after.ref] = change if first is None else Change(first.before, change.after)
    return [*whole.values()]


def _matched(after: Order, before: Order | None) -> tuple[int, int, int, int]:
    """What was added to the matched part of an order."""
    if before is None:
        return after.matched_micros, after.claims_micros, after.cost_micros, after.fee_micros
    return (
        after.matched_micros - before.matched_micros,
        after.claims_micros - before.claims_micros,
        after.cost_micros - before.cost_micros,
        after.fee_micros - before.fee_micros,
    )


def _named_fill(body: Journalled) -> Fill | None:
    """The match that a record tells of, if it is one and has a name."""
    if isinstance(body, OrderFilled):
        return body.fill
    if isinstance(body, OrderReported) and len(body.fills) == 1:
        return body.fills[0]
    return None
