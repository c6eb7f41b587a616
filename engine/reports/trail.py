"""The audit trail: every event of every order with its terms, who wanted it and why, and the record that proves it."""

import hashlib
from collections.abc import Iterator

import msgspec

from desk.reports.trails import Audit, Decree, Refusal, Trail
from domain.amending import AmendAccepted, AmendOrder
from domain.ids import exchange_of
from domain.messages import Journalled, PlaceOrder, RunEnded, RunResumed, RunStarted
from domain.orders import Evidence
from domain.plans import PlanOrdered
from domain.stops import BreakerTripped
from engine.reports.rows import RunRows
from engine.reports.told import Told, about
from oms.accounts import HOUSE
from storage.encoding import DIGEST_SIZE, encode
from storage.queries import Found

UNNAMED = (RunStarted, RunResumed, RunEnded, BreakerTripped)
"""Words that nobody signs and that change what the desk may do."""


class _Terms(msgspec.Struct):
    """What an order asks for, as it was changed so far."""

    price: int
    size_micros: int
    config: str
    replaced: bool = False


def audit(rows: RunRows, day: int, told: Told) -> Audit:
    """The trail of one day; `rows` must hold every record."""
    of = about(rows, "audit", day, told)
    span = {"since_ns": of.since_ns, "until_ns": of.until_ns}
    refusals = (row for row in rows.table("refusals") if of.since_ns <= row["wall_ns"] < of.until_ns)
    return Audit(
        about=of,
        trail=tuple(_trail(rows, told, **span)),
        refusals=tuple(Refusal(**{name: row[name] for name in Refusal.__struct_fields__}) for row in refusals),
        decrees=tuple(_decrees(rows, **span)),
    )


def _trail(rows: RunRows, told: Told, *, since_ns: int, until_ns: int) -> Iterator[Trail]:
    records = {row["seq"]: row for row in rows.table("records")}
    orders = {row["ref"]: row for row in rows.table("orders")}
    models = {row["decision"]: row["fair_model"] for row in rows.table("decisions")}
    reasons = {row["decision"]: row["because"] for row in rows.table("decisions")}
    plans = {body.decision: str(body.id) for _, body in rows.said(PlanOrdered)}
    first = rows.table("records")[0]
    began_ns = first["wall_ns"] - first["monotonic_ns"]
    kept_apart = {one.venue: one.prevents_self_match for one in rows.started.capabilities}
    terms: dict[str, _Terms] = {}
    hashes: dict[int, str] = {}
    for row in rows.table("order_events"):
        record, order = records[row["seq"]], orders[row["ref"]]
        body = rows.body(record)
        asked = _terms(terms, row["ref"], order, body)
        if not since_ns <= row["wall_ns"] < until_ns:
            continue
        if row["seq"] not in hashes:
            hashes = {row["seq"]: record_hash(rows, record)}  # several orders of one record share it
        decision = (body.decision if isinstance(body, AmendOrder) else 0) or order["decision"]
        evidence = getattr(body, "evidence", None)
        yield Trail(
            event_id=f"{row['seq']}/{row['ref']}",
            seq=row["seq"],
            wall_ns=row["wall_ns"],
            clock_offset_ns=row["wall_ns"] - row["monotonic_ns"] - began_ns,
            account=f"{HOUSE}:{order['venue']}",
            legal_entity=told.legal_entity,
            beneficial_owner=told.owner,
            trader=told.controller,
            strategy=order["strategy"],
            decision=decision,
            model_version=models.get(decision, ""),
            client_ref=row["ref"],
            venue_order_id=order["venue_order_id"] or "",
            venue=order["venue"],
            instrument=order["instrument"],
            side=order["side"],
            price=asked.price,
            size_micros=asked.size_micros,
            tif=order["tif"],
            self_match_prevention=", ".join(filter(None, ("gate", kept_apart[order["venue"]]))) if asked.config else "",
            customer_type=told.customer_type,
            geo_evidence=told.geo_evidence,
            terms_version=told.terms.get(order["venue"], told.terms.get(exchange_of(order["venue"]), "")),
            prior_state=row["state_before"],
            new_state=row["state"],
            matched_micros=row["matched_micros"],
            remaining_micros=row["remaining_micros"],
            kind=row["kind"],
            reason=reasons.get(decision, "") if isinstance(body, PlaceOrder | AmendOrder) else _why(body),
            evidence=evidence.name.lower() if isinstance(evidence, Evidence) else "",
            config_hash=asked.config or rows.started.config_hash,
            plan=plans.get(decision, ""),
            record_hash=hashes[row["seq"]],
        )


def _terms(known: dict[str, _Terms], ref: str, order: Found, body: Journalled) -> _Terms:
    """What the order asks for behind this record; an amendment counts once the venue took it."""
    if isinstance(body, PlaceOrder) and body.ref == ref:
        known[ref] = _Terms(body.price, body.size_micros, body.config)
    if isinstance(body, AmendOrder) and body.successor == ref:
        known[ref] = _Terms(body.price, body.new_remaining_micros, body.config)
    terms = known.setdefault(ref, _Terms(order["price"], order["size_micros"], ""))
    if isinstance(body, AmendOrder) and body.ref == ref:
        terms.replaced = body.successor is not None
        return _Terms(body.price, body.size_micros, body.config or terms.config)
    if isinstance(body, AmendAccepted) and body.ref == ref and not terms.replaced:
        terms.price, terms.size_micros = body.price, body.size_micros
    return terms


def _decrees(rows: RunRows, *, since_ns: int, until_ns: int) -> Iterator[Decree]:
    for row in rows.table("records"):
        if not since_ns <= row["wall_ns"] < until_ns:
            continue
        body = rows.body(row)
        who = getattr(body, "who", "")
        if who or isinstance(body, UNNAMED):
            yield Decree(
                seq=row["seq"],
                wall_ns=row["wall_ns"],
                kind=row["kind"],
                who=who or "the engine",
                why=_why(body),
                body=row["body"],
                record_hash=record_hash(rows, row),
            )


def _why(body: Journalled) -> str:
    """The reason that a record gives, and its detail."""
    told = [str(getattr(body, name, "") or "") for name in ("reason", "cause", "why", "detail")]
    return ", ".join(part for part in told if part)


def record_hash(rows: RunRows, row: Found) -> str:
    """The hash of a record's bytes, as they stand in the journal."""
    return hashlib.blake2b(encode(rows.record(row)), digest_size=DIGEST_SIZE).hexdigest()
