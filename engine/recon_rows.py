"""Rows of breaks and rounds: the queue as it stands, and everything that happened to it."""

from collections.abc import Callable
from typing import Any

from domain.breaks import (
    BreakAssigned,
    BreakExplained,
    BreakFact,
    BreakFound,
    BreakHealed,
    BreakResolved,
    BreakRestated,
    ReconCompleted,
    WriteOffSigned,
)
from domain.messages import Record
from engine.state import State
from storage.projector import Amendment, Row, Rows, plain

WROTE_OFF = "written_off"


def _found(rows: Rows, body: BreakFound, record: Record, _: State) -> None:
    row = {
        "found_seq": record.seq,
        "found_ns": record.wall_ns,
        "venue": body.venue,
        "subject": plain(body.key),
        "kind": body.kind,
        "severity": body.severity,
        "money_base_micros": body.money_micros,
        "detail": plain(body.detail),
        "healed_seq": None,
        "healed_ns": None,
        "proof": None,
        "venue_market": body.venue_market,
        "currency": body.currency,
        "owner": plain(body.owner),
        "signed_by": "",
        "resolution": "",
        "closed_by": "",
        "apart_micros": body.apart_micros,
        "explained_ns": None,
    }
    rows.add("breaks", row)
    _note(rows, body, record, "found", why=body.detail, money_micros=body.money_micros)


def _restated(rows: Rows, body: BreakRestated, record: Record, _: State) -> None:
    values = {
        "money_base_micros": body.money_micros,
        "detail": plain(body.detail),
        "apart_micros": body.apart_micros,
        "explained_ns": None,
        "signed_by": "",
    }
    _change(rows, body, record, "break_restated", values)
    _note(rows, body, record, "restated", why=body.detail, money_micros=body.money_micros)


def _explained(rows: Rows, body: BreakExplained, record: Record, _: State) -> None:
    values = {"explained_ns": record.wall_ns, "proof": plain(body.proof), "signed_by": ""}
    _change(rows, body, record, "break_explained", values)
    _note(rows, body, record, "explained", why=body.proof)


def _assigned(rows: Rows, body: BreakAssigned, record: Record, _: State) -> None:
    _change(rows, body, record, "break_assigned", {"owner": plain(body.owner)})
    _note(rows, body, record, "assigned", who=body.who, why=f"to {body.owner}: {body.why}")


def _signed(rows: Rows, body: WriteOffSigned, record: Record, state: State) -> None:
    """The word of the first person, or of the second, which ends the break."""
    key = body.venue, body.key, body.kind
    standing = state.breaks.standing.get(key)
    if standing is not None:
        _change(rows, body, record, "break_signed", {"signed_by": _names(standing.signed)})
        _note(rows, body, record, "signed", who=body.who, why=body.why, money_micros=body.money_micros)
        return
    _end(rows, body, record, resolution=WROTE_OFF, by=_names(state.breaks.written_off[key].signed), proof=body.why)
    _note(rows, body, record, WROTE_OFF, who=body.who, why=body.why, money_micros=body.money_micros)


def _resolved(rows: Rows, body: BreakResolved, record: Record, _: State) -> None:
    _end(rows, body, record, resolution="resolved", by=body.who, proof=body.why)
    _note(rows, body, record, "resolved", who=body.who, why=body.why)


def _healed(rows: Rows, body: BreakHealed, record: Record, _: State) -> None:
    _end(rows, body, record, resolution="healed", by="", proof=body.proof)
    _note(rows, body, record, "healed", why=body.proof)


def _completed(rows: Rows, body: ReconCompleted, record: Record, _: State) -> None:
    row = {"seq": record.seq, "wall_ns": record.wall_ns, "venue": body.venue}
    rows.add("recon_rounds", row | {"cause": body.cause.value, "breaks": body.breaks})


def _end(rows: Rows, body: BreakFact, record: Record, *, resolution: str, by: str, proof: str) -> None:
    values = {
        "healed_seq": record.seq,
        "healed_ns": record.wall_ns,
        "proof": plain(proof),
        "resolution": resolution,
        "closed_by": plain(by),
    }
    _change(rows, body, record, "break_ended", values)


def _change(rows: Rows, body: BreakFact, record: Record, name: str, values: Row) -> None:
    of = {"of_venue": body.venue, "of_subject": plain(body.key), "of_kind": body.kind, "at_seq": record.seq}
    rows.amended.append(Amendment(name, of | {f"to_{column}": value for column, value in values.items()}))


def _note(
    rows: Rows, body: BreakFact, record: Record, event: str, *, who: str = "", why: str, money_micros: int = 0
) -> None:
    rows.add(
        "break_events",
        {
            "seq": record.seq,
            "wall_ns": record.wall_ns,
            "venue": body.venue,
            "subject": plain(body.key),
            "kind": body.kind,
            "event": event,
            "who": plain(who),
            "why": plain(why),
            "money_base_micros": money_micros,
        },
    )


def _names(signed: tuple[WriteOffSigned, ...]) -> str:
    return plain(", ".join(word.who for word in signed))


BREAK_SAYINGS: dict[type, Callable[[Rows, Any, Record, State], None]] = {
    BreakFound: _found,
    BreakRestated: _restated,
    BreakExplained: _explained,
    BreakAssigned: _assigned,
    WriteOffSigned: _signed,
    BreakResolved: _resolved,
    BreakHealed: _healed,
    ReconCompleted: _completed,
}
