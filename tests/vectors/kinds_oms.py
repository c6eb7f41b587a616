"""Vector kinds that the code of `oms/` answers: each parses its inputs, calls one function and prints its result."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from domain.claims import bet_at_odds
from domain.ids import Currency, VenueName
from domain.messages import CancelOrder, OrderFact, OrderFilled
from domain.money import MICROS, format_micros, half_up_to
from domain.orders import Evidence, Fill, Side
from engine.worth import matched_bet
from oms.ledger import Ledger
from oms.order_states import apply, settle, state_of
from oms.positions import Positions
from oms.postings import Line, VenueAccounts
from tests.builders import bet, facts
from tests.vectors.compare import FINER, Adapter, fine, micros, number, word

Inputs = dict[str, Any]
Results = dict[str, Any]


# --- parsing and printing ---


def _units(micros: int) -> Fraction:
    return Fraction(micros, MICROS)


SAYINGS = {
    "ack": "accept",
    "reject": "reject",
    "timeout": "timeout",
    "fill": "fill {n} {q} at {n}",
    "cancel_req": "cancel {n}",
    "cancel_ack": "cancelled {asked} {q}",
    "cancel_reject": "refused {asked}",
    "lapse": "lapsed {n} {q}",
    "void": "voided {n} {part} {q}",
    "snapshot": "report {m} cancelled {c} lapsed {l} voided {v} at {n}",
    "not_found": "missing",
    "replace_ack": "cancelled {n} {rest}",
}
"""Events as `tests.builders.facts` reads them.

What says its id twice is one message. It is known by the place where it first stood, which is its time too: events of
a vector happen as they stand there. An answered cancel is known by the request before it."""

SIZES = ("q", "m", "c", "l", "v")
UNSAID = {"c": "0", "l": "0", "v": "0"}
"""Of what a report need not speak."""


def first_places(events: Sequence[dict[str, Any]]) -> list[int]:
    """Of each event the place, counted from 1, where its message first stood."""
    met: dict[tuple[str, str], int] = {}
    names = (one["id"] if one["t"] == "fill" else one.get("id", f"at {at}") for at, one in enumerate(events, 1))
    return [met.setdefault((one["t"], name), at) for at, (one, name) in enumerate(zip(events, names, strict=True), 1)]


def fact_of(event: dict[str, Any], first: int, *, asked: str, rest_micros: int) -> OrderFact | CancelOrder:
    """What an event says, of a message that first stood at `first`; `asked` is the cancel that it may answer."""
    saying = SAYINGS[event["t"]]
    words: dict[str, Any] = {"n": first, "asked": asked, "rest": format_micros(max(0, rest_micros))}
    words |= {"part": word(event["part"], "matched", "open")} if "{part}" in saying else {}
    for key in SIZES:
        if f"{{{key}}}" in saying:
            size = event[key] if key in event or key not in UNSAID else UNSAID[key]
            words[key] = format_micros(micros(size))
    (fact,) = facts(saying.format(**words))
    return fact


def _accounts(event: dict[str, str], venue: str = "venue", currency: str = "ccy") -> VenueAccounts:
    return VenueAccounts(VenueName(event[venue]), Currency(event[currency]))


def _lines(event: dict[str, str]) -> list[Line]:
    """What one event posts."""
    amount, fee = micros(event["amount"]), micros(event.get("fee", "0"))
    commission = micros(event.get("commission", "0"))
    match event["t"]:
        case "fill":
            return _accounts(event).fill(cost=amount, fee=fee)
        case "release":
            return _accounts(event).reserve(-amount)
        case "settle":
            proceeds = micros(event["proceeds"])
            return _accounts(event).settle(cost=amount, proceeds=proceeds, commission=commission)
        case "fx":
            into = _accounts(event, "to_venue", "to")
            return _accounts(event, currency="from").exchange(amount, into, micros(event["to_amount"]))
        case name:
            row = {"deposit": "deposit", "reserve": "reserve", "void": "void", "unexplained": "unexplained"}[name]
            return getattr(_accounts(event), row)(amount)


# --- the kinds ---


def _order_fsm(i: Inputs) -> Results:
    lives = [bet(f"BACK {format_micros(micros(i['size']))} @ 2.00")]
    for event, first in zip(i["events"], first_places(i["events"]), strict=True):
        order, asked = lives[-1], lives[first - 1].cancel_request or str(first)
        if event["t"] in ("settle", "resettle"):
            lives.append(settle(order))
        else:
            lives.append(apply(order, fact_of(event, first, asked=asked, rest_micros=order.remaining_micros)))
    names = ("matched", "cancelled", "lapsed", "voided", "remaining")
    sizes = {name: _units(getattr(lives[-1], f"{name}_micros")) for name in names}
    return {"states": [state_of(order).value for order in lives[1:]]} | sizes


def _avg_price(i: Inputs) -> Results:
    order = bet("BACK 1000 @ 2.00")
    for place, (odds, stake) in enumerate(i["fills"]):
        one = bet_at_odds(Side.BACK, odds=number(odds), stake=number(stake))
        fill = Fill(f"f{place}", fine(stake), half_up_to(one.claims * FINER), fine(stake))
        order = apply(order, OrderFilled(order.ref, fill, Evidence.PUSH))
    both = matched_bet(order)
    assert both is not None
    sizes = {"total_stake": both.cost / FINER, "contracts": both.claims / FINER}
    return {"avg_odds": both.odds, "avg_probability": both.price} | sizes


def _ledger(i: Inputs) -> Results:
    ledger = Ledger({}, {}, Positions({}), {})
    for seq, event in enumerate(i["events"]):
        ledger.post(seq, event["t"], _lines(event))
    return {"balances": {"|".join(key): _units(micros) for key, micros in ledger.balances.items()}}


KINDS: dict[str, Adapter] = {"order_fsm": _order_fsm, "avg_price": _avg_price, "ledger": _ledger}
