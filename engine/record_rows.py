"""Rows of what a record says, whatever it did: decisions, refusals, statements, breaks, the run itself."""

from collections.abc import Callable
from typing import Any

import msgspec

from domain.candidates import Candidate
from domain.messages import (
    BalanceReported,
    DecisionTaken,
    InstrumentsListed,
    MarketSettled,
    Record,
    RiskRefused,
    RunEnded,
    RunResumed,
    RunStarted,
)
from domain.net_price import PROBABILITY_SCALE
from engine.recon_rows import BREAK_SAYINGS
from engine.state import State
from storage.projector import Amendment, Row, Rows, plain

_json = msgspec.json.Encoder(order="deterministic")


def add_said(rows: Rows, record: Record, state: State) -> None:
    """Add what a record says, after it was applied to `state`."""
    body = record.body
    rows.add(
        "records",
        {
            "seq": record.seq,
            "wall_ns": record.wall_ns,
            "monotonic_ns": record.monotonic_ns,
            "kind": type(body).__name__,
            "body": as_json(body),
            "ref": getattr(body, "ref", None),
        },
    )
    saying = _SAYINGS.get(type(body))
    if saying is not None:
        saying(rows, body, record, state)


def as_json(value: object) -> str:
    """A value of ours as it stands in a text column; equal values give equal texts."""
    return _json.encode(value).decode()


def _started(rows: Rows, body: RunStarted, record: Record, _: State) -> None:
    rows.add(
        "runs",
        {
            "mode": body.mode,
            "base": body.base,
            "config_hash": body.config_hash,
            "seed": body.seed,
            "cap_base_micros": body.cap_micros,
            "started_ns": record.wall_ns,
            "resumed": 0,
            "ended_ns": None,
            "ended_reason": "",
        },
    )
    for event in body.events:
        rows.add("events", {"event": event.id, "name": plain(event.name), "starts_ms": event.starts_ms})
    for market in body.markets:
        rows.add(
            "markets",
            {
                "market": market.id,
                "event": market.event,
                "kind": market.kind,
                "outcomes": as_json(market.outcomes),
                "rules": plain(market.rules),
                "winners": market.winners,
            },
        )


def _resumed(rows: Rows, _: RunResumed, __: Record, ___: State) -> None:
    rows.amended.append(Amendment("resumed", {}))


def _ended(rows: Rows, body: RunEnded, record: Record, _: State) -> None:
    rows.amended.append(Amendment("ended", {"at_ns": record.wall_ns, "reason": plain(body.reason)}))


def _listed(rows: Rows, body: InstrumentsListed, _: Record, __: State) -> None:
    for one in body.instruments:
        row = {
            "instrument": one.id,
            "venue": one.listing.venue,
            "venue_market": one.listing.venue_market,
            "selection": one.listing.selection,
            "market": one.listing.market,
            "outcome": one.listing.outcome,
            "price_kind": one.terms.kind.value,
            "currency": one.terms.currency,
            "body": as_json(one),
        }
        rows.add("instruments", row)


def _decided(rows: Rows, body: DecisionTaken, record: Record, _: State) -> None:
    rows.add(
        "decisions",
        {
            "seq": record.seq,
            "decision": body.id,
            "wall_ns": record.wall_ns,
            "strategy": body.strategy,
            "market": body.market,
            "outcome": body.outcome,
            "side": body.side.value,
            "probability_e9": body.probability_e9,
            "fair_age_ms": body.fair_age_ms,
            "fair_model": plain(body.fair_model),
            "limit_e9": body.limit_e9,
            "claims_micros": body.claims_micros,
            "worst_before_base_micros": body.worst_before_micros,
            "cap_base_micros": body.cap_micros,
            "because": plain(body.because),
        },
    )
    for place, candidate in enumerate(body.candidates):
        rows.add("candidates", _candidate(candidate, body.id, seq=record.seq, place=place))


def _refused(rows: Rows, body: RiskRefused, record: Record, _: State) -> None:
    row = {"seq": record.seq, "wall_ns": record.wall_ns, **msgspec.structs.asdict(body)}
    order = row.pop("order")
    row |= dict.fromkeys(("side", "price", "size_micros", "against"))
    if order is not None:
        row |= msgspec.structs.asdict(order) | {
            "side": order.side.value,
            "against": " ".join(map(plain, order.against)),
        }
    rows.add("refusals", row)


def _reported(rows: Rows, body: BalanceReported, record: Record, _: State) -> None:
    rows.add(
        "balance_reports",
        {
            "seq": record.seq,
            "wall_ns": record.wall_ns,
            "venue": body.venue,
            "currency": body.currency,
            "basis": body.basis.value,
            "balance_micros": body.balance_micros,
        },
    )


def _settled(rows: Rows, body: MarketSettled, record: Record, state: State) -> None:
    """A statement that the ledger booked; one that it had booked before says nothing new."""
    settled = state.settled
    if not settled or settled[-1].statement is not body:
        return
    rows.add(
        "settlements",
        {
            "seq": record.seq,
            "wall_ns": record.wall_ns,
            "venue": body.venue,
            "venue_market": body.venue_market,
            "statement": plain(body.statement),
            "corrects": plain(settled[-1].corrects),
            "profit_micros": body.profit_micros,
            "commission_micros": body.commission_micros,
            "rounding_max_micros": settled[-1].rounding_max_micros,
            "expected_micros": settled[-1].expected_micros,
            "explained": settled[-1].explained,
            "results": as_json(body.results),
        },
    )


def _candidate(candidate: Candidate, decision: int, *, seq: int, place: int) -> Row:
    part, whole = candidate.net_price
    price, size = candidate.levels[0] if candidate.levels else (0, 0)
    return {
        "seq": seq,
        "place": place,
        "decision": decision,
        "instrument": candidate.instrument,
        "net_e9": part * PROBABILITY_SCALE // whole if whole else None,
        "best_price": price,
        "best_size_micros": size,
        "allotted_micros": sum(size for _, size in candidate.allotted),
        "available_micros": candidate.available_micros,
        "maker": candidate.maker,
        "refused": candidate.refused,
    }


_SAYINGS: dict[type, Callable[[Rows, Any, Record, State], None]] = {
    RunStarted: _started,
    RunResumed: _resumed,
    RunEnded: _ended,
    InstrumentsListed: _listed,
    DecisionTaken: _decided,
    RiskRefused: _refused,
    BalanceReported: _reported,
    MarketSettled: _settled,
    **BREAK_SAYINGS,
}
