"""Rows of money beside the postings: whose accounts they are, how far matches have come, suspense, transfers."""

from collections.abc import Sequence

from domain.account_lines import AccountLine
from domain.ids import OrderRef
from domain.messages import Record
from domain.treasury import (
    AccountLinesReported,
    PaymentsProven,
    TransferDecided,
    TransferRequested,
    TransferSeen,
)
from engine.state import State
from oms.accounts import account
from oms.blotter import Change
from oms.clearing import Cleared, ClearingState, cleared, confirms
from oms.settling import Settlement, Stake
from oms.suspense import Suspended
from oms.transfers import Transfer
from storage.projector import Amendment, Row, Rows, plain

FIGURES = ("size_micros", "claims_micros", "cost_micros", "fee_micros", "venue_ms")


class MoneyRows:
    """Collects rows record by record; what changed several times in a stretch is there once, as it is now."""

    def __init__(self, state: State | None) -> None:
        self._settled = 0 if state is None else len(state.settled)
        self._suspense = {} if state is None else dict(state.ledger.suspense.items)
        self._matches: dict[tuple[OrderRef, str], Row] = {}
        self._accounts: dict[str, Row] = {}
        self._items: dict[tuple[str, int], Row] = {}
        self._transfers: dict[str, Row] = {}
        self._lines: dict[tuple[str, str], Row] = {}

    def take(self, rows: Rows, record: Record, changes: Sequence[Change], state: State) -> None:
        """Take one applied record over."""
        for change in changes:
            self._take_matches(rows, change, record, state)
        for settlement in state.settled[self._settled :]:
            _amend_settled(rows, settlement, record, state)
        self._settled = len(state.settled)
        body = record.body
        if isinstance(body, PaymentsProven):
            for market, statement in body.statements:
                rows.amended.append(_paid(body.venue, market, statement, record))
        elif isinstance(body, TransferRequested | TransferDecided | TransferSeen):
            known = state.ledger.transfers.known.get(body.transfer)
            if known is not None:
                self._transfers[body.transfer] = _transfer(known)
        elif isinstance(body, AccountLinesReported):
            for line in body.lines:
                self._lines[body.venue, line.id] = _line(body, line, record)
        if state.ledger.suspense.items != self._suspense:
            self._take_suspense(state.ledger.suspense.items, record)

    def posted(self, name: str) -> None:
        """An account was posted to."""
        if name not in self._accounts:
            one = account(name)
            row = {"entity": one.entity, "kind": one.kind.value, "venue": one.venue, "shard": one.shard}
            self._accounts[name] = {"account": name} | row

    def move(self, rows: Rows) -> None:
        """Hand over what was collected since the last time."""
        for name, found in (
            ("accounts", self._accounts),
            ("clearing", self._matches),
            ("suspense", self._items),
            ("transfers", self._transfers),
            ("account_lines", self._lines),
        ):
            if found:
                rows.added[name] = [*found.values()]
                found.clear()

    def _take_matches(self, rows: Rows, change: Change, record: Record, state: State) -> None:
        """The matches that are new or told differently; what statements do to them is told apart."""
        before, after = change.before, change.after
        if before is not None and after.testimony is before.testimony:
            return
        listing = state.instruments[after.instrument].listing
        stake = state.ledger.settling.stakes.get((listing.venue, listing.venue_market))
        was = {} if before is None else {one.fill: one for one in cleared(before, stake)}
        now = {one.fill: one for one in cleared(after, stake)}
        for fill, one in now.items():
            if one != was.get(fill):
                self._put(change, one, stake, record, state)
                if fill in was:
                    _amend_match(rows, after.ref, was[fill], one, record)
        for fill in was.keys() - now.keys():
            self._put(change, _nothing(was[fill]), stake, record, state)

    def _put(self, change: Change, one: Cleared, stake: Stake | None, record: Record, state: State) -> None:
        order, key = change.after, (change.after.ref, one.fill)
        figures = {name: getattr(one, name) for name in FIGURES} | {"evidence": one.evidence.name.lower()}
        known = self._matches.get(key)
        if known is not None:
            known.update(figures)
            return
        instrument = state.instruments[order.instrument]
        step = {"seq": record.seq, "ns": record.wall_ns}
        settled = stake is not None and stake.standing is not None
        self._matches[key] = {
            "ref": plain(order.ref),
            "fill": plain(one.fill),
            "venue": instrument.listing.venue,
            "venue_market": instrument.listing.venue_market,
            "instrument": order.instrument,
            "strategy": order.strategy,
            "side": order.side.value,
            "currency": instrument.terms.currency,
            **figures,
            "state": one.state.value,
            **_stamped("traded", step),
            **_stamped("confirmed", step if confirms(one.evidence) else {}),
            **_stamped("settled", step if settled else {}),
            "statement": plain(stake.standing.statement) if stake is not None and stake.standing is not None else None,
            **_stamped("paid", step if stake is not None and stake.paid else {}),
        }

    def _take_suspense(self, items: dict[str, Suspended], record: Record) -> None:
        for item, held in self._suspense.items():
            now = items.get(item)
            if now is None or now.since_seq != held.since_seq:
                cleared_at = {"cleared_seq": record.seq, "cleared_ns": record.wall_ns}
                self._put_item(held, record, {"micros": 0} | cleared_at)
        for item, held in items.items():
            if held != self._suspense.get(item):
                self._put_item(held, record, {"micros": held.micros, "cleared_seq": None, "cleared_ns": None})
        self._suspense = dict(items)

    def _put_item(self, held: Suspended, record: Record, figures: Row) -> None:
        """`opened_ns` counts where the row is new: an item opens at the record that made it."""
        key = held.item, held.since_seq
        opened_ns = self._items[key]["opened_ns"] if key in self._items else record.wall_ns
        self._items[key] = {
            "item": plain(held.item),
            "opened_seq": held.since_seq,
            "venue": held.venue,
            "currency": held.currency,
            "opened_ns": opened_ns,
            "seq": record.seq,
            "changed_ns": record.wall_ns,
        } | figures


def _stamped(name: str, step: dict[str, int]) -> Row:
    return {f"{name}_{unit}": step.get(unit) for unit in ("seq", "ns")}


def _nothing(one: Cleared) -> Cleared:
    """What is left of a row that the other rows of its order explain by now."""
    return Cleared(one.fill, 0, 0, 0, 0, one.venue_ms, one.evidence, one.state)


def _amend_match(rows: Rows, ref: OrderRef, was: Cleared, now: Cleared, record: Record) -> None:
    """What a stronger word, or a void, makes of a match that was known."""
    values = {"of_ref": plain(ref), "of_fill": plain(now.fill), "at_seq": record.seq, "at_ns": record.wall_ns}
    if confirms(now.evidence) and not confirms(was.evidence):
        rows.amended.append(Amendment("confirmed", values))
    if ClearingState.VOIDED in (was.state, now.state) and was.state is not now.state:
        rows.amended.append(Amendment("annulled", values | {"to_state": now.state.value}))


def _amend_settled(rows: Rows, settlement: Settlement, record: Record, state: State) -> None:
    fact = settlement.statement
    market = {"of_venue": fact.venue, "of_market": fact.venue_market, "of_statement": plain(fact.statement)}
    if settlement.again:
        ours = {"expected": settlement.expected_micros, "rounding": settlement.rounding_max_micros}
        rows.amended.append(Amendment("held_again", market | ours | {"is_explained": settlement.explained}))
        return
    rows.amended.append(Amendment("settled", market | {"at_seq": record.seq, "at_ns": record.wall_ns}))
    if state.ledger.settling.stakes[fact.venue, fact.venue_market].paid:
        rows.amended.append(_paid(fact.venue, fact.venue_market, fact.statement, record))


def _paid(venue: str, market: str, statement: str, record: Record) -> Amendment:
    values = {"of_venue": venue, "of_market": market, "of_statement": plain(statement)}
    return Amendment("paid", values | {"at_seq": record.seq, "at_ns": record.wall_ns})


def _line(told: AccountLinesReported, line: AccountLine, record: Record) -> Row:
    return {
        "venue": told.venue,
        "line": plain(line.id),
        "kind": line.kind.value,
        "currency": told.currency,
        "micros": line.micros,
        "venue_ms": line.venue_ms,
        "balance_micros": line.balance_micros,
        "venue_market": plain(line.venue_market),
        "venue_order_id": plain(line.venue_order_id or ""),
        "detail": plain(line.detail),
        "seq": record.seq,
        "wall_ns": record.wall_ns,
        "before_us": told.opening,
    }


def _transfer(known: Transfer) -> Row:
    asked, decided = known.asked, known.decided
    return {
        "transfer": plain(asked.transfer),
        "source": asked.source,
        "target": asked.target,
        "currency": asked.currency,
        "into_currency": asked.into_currency,
        "amount_micros": asked.micros,
        "into_micros": asked.into_micros,
        "state": known.state.value,
        "why": plain(asked.why),
        "requested_by": plain(asked.who),
        "decided_by": "" if decided is None else plain(decided.who),
        "requested_seq": known.requested_seq,
        "decided_seq": known.decided_seq or None,
        "sent_seq": known.sent_seq or None,
        "arrived_seq": known.arrived_seq or None,
    }
