"""Vector kinds that the code of `oms/` answers: each parses its inputs, calls one function and prints its result."""

from fractions import Fraction
from typing import Any

from domain.ids import Currency, VenueName
from domain.money import MICROS, parse_micros
from domain.orders import Order
from oms.ledger import Ledger
from oms.order_states import apply, settle, state_of
from oms.positions import Positions
from oms.postings import Line, VenueAccounts
from tests.builders import bet, facts
from tests.vectors.compare import Adapter

Inputs = dict[str, Any]
Results = dict[str, Any]


# --- parsing and printing ---


def _units(micros: int) -> Fraction:
    return Fraction(micros, MICROS)


SAYINGS = {
    "ack": "accept",
    "reject": "reject",
    "timeout": "timeout",
    "fill": "fill {id} {q}",
    "cancel_req": "cancel {n}",
    "cancel_ack": "cancelled {asked} {q}",
    "cancel_reject": "refused {asked}",
    "lapse": "lapsed {n} {q}",
    "void": "voided {n} {part} {q}",
    "snapshot": "report {m} cancelled {c} lapsed {l} voided {v}",
    "not_found": "missing",
    "replace_ack": "cancelled {n} {rest}",
}
"""Events as `tests.builders.facts` reads them; a message without an id of its own is known by its place,
an answered cancel by the request before it."""


def _told(order: Order, place: int, event: dict[str, str]) -> Order:
    if event["t"] == "settle":
        return settle(order)
    rest = f"{order.exposed_micros // MICROS}.{order.exposed_micros % MICROS:06d}"
    words = {"n": place, "asked": order.cancel_request or place, "rest": rest, "m": 0, "c": 0, "l": 0, "v": 0}
    (fact,) = facts(SAYINGS[event["t"]].format(**words | event))
    return apply(order, fact)


def _accounts(event: dict[str, str], venue: str = "venue", currency: str = "ccy") -> VenueAccounts:
    return VenueAccounts(VenueName(event[venue]), Currency(event[currency]))


def _lines(event: dict[str, str]) -> list[Line]:
    """What one event posts."""
    amount, fee = parse_micros(event["amount"]), parse_micros(event.get("fee", "0"))
    commission = parse_micros(event.get("commission", "0"))
    match event["t"]:
        case "fill":
            return _accounts(event).fill(cost=amount, fee=fee)
        case "release":
            return _accounts(event).reserve(-amount)
        case "settle":
            proceeds = parse_micros(event["proceeds"])
            return _accounts(event).settle(cost=amount, proceeds=proceeds, commission=commission)
        case "fx":
            into = _accounts(event, "to_venue", "to")
            return _accounts(event, currency="from").exchange(amount, into, parse_micros(event["to_amount"]))
        case name:
            row = {"deposit": "deposit", "reserve": "reserve", "void": "void", "unexplained": "unexplained"}[name]
            return getattr(_accounts(event), row)(amount)


# --- the kinds ---


def _order_fsm(i: Inputs) -> Results:
    lives = [bet(f"BACK {i['size']} @ 2.00")]
    for place, event in enumerate(i["events"]):
        lives.append(_told(lives[-1], place, event))
    names = ("matched", "cancelled", "lapsed", "voided", "remaining")
    sizes = {name: _units(getattr(lives[-1], f"{name}_micros")) for name in names}
    return {"states": [state_of(order).value for order in lives[1:]]} | sizes


def _ledger(i: Inputs) -> Results:
    ledger = Ledger({}, {}, Positions({}))
    for seq, event in enumerate(i["events"]):
        ledger.post(seq, event["t"], _lines(event))
    return {"balances": {"|".join(key): _units(micros) for key, micros in ledger.balances.items()}}


KINDS: dict[str, Adapter] = {"order_fsm": _order_fsm, "ledger": _ledger}
