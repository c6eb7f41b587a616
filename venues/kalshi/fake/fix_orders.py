"""Order entry over FIX: requests carried out by the same hands as those over REST, refusals in FIX's own words.

Source: Kalshi docs, FIX "Order Entry", "Error Handling".
"""

from typing import Any

import msgspec

from domain.orders import Side
from venues.kalshi.fake.books import Books
from venues.kalshi.fake.editing import Editing
from venues.kalshi.fake.fix_reports import CANCELLED, NO_EXEC_ID, REPLACED, Chronicle, rejection
from venues.kalshi.fake.forms import price, unique_id
from venues.kalshi.fake.placing import Placing
from venues.kalshi.fake.questions import Question
from venues.kalshi.fake.records import OwnOrder
from venues.kalshi.fake.refusals import Refused
from venues.kalshi.fix import tags
from venues.kalshi.fix.clock import unix_ms
from venues.kalshi.fix.codec import Field, FieldFault, Message

SIDES = {"1": "bid", "2": "ask"}
SIDE_OF = {"1": Side.BACK, "2": Side.LAY}
LIVES = {"0": "good_till_canceled", "1": "good_till_canceled", "6": "good_till_canceled"} | {
    "3": "immediate_or_cancel",
    "4": "fill_or_kill",
}
SELF_MATCHES = {"": "taker_at_cross", "1": "taker_at_cross", "2": "maker"}
POST_ONLY = UNTIL = "6"

REFUSALS = {
    "order_already_exists": (6, "ORDER_ALREADY_EXISTS"),
    "market_not_found": (1, "MARKET_NOT_FOUND"),
    "trading_is_paused": (2, "TRADING_PAUSED"),
    "exchange_is_paused": (2, "EXCHANGE_PAUSED"),
    "MARKET_INACTIVE": (2, "MARKET_INACTIVE"),
    "insufficient_balance": (3, "INSUFFICIENT_BALANCE"),
    "invalid_price": (99, "INVALID_PRICE"),
    "invalid_order_size": (13, ""),
    "permission_denied": (15, "PERMISSION_DENIED_FOR_CUSTOMER_ACCOUNT"),
    "order_group_not_found": (11, "ORDER_GROUP_NOT_FOUND"),
    "exceeded_order_group_risk_limit": (3, "EXCEEDED_ORDER_GROUP_RISK_LIMIT"),
}
TOO_LATE, UNKNOWN_ORDER, BROKER, DUPLICATE, SELF_CROSS, OTHER = 0, 1, 2, 6, 18, 99
"""Codes of field 102."""

CANCEL_REFUSALS = {
    "invalid_order_size": (BROKER, "INVALID_AMEND_QTY_FOR_ORDER"),
    "order_already_exists": (DUPLICATE, ""),
    "invalid_order": (SELF_CROSS, "SELF_CROSS_ATTEMPT"),
    "invalid_price": (OTHER, "INVALID_PRICE"),
    "MARKET_INACTIVE": (OTHER, "MARKET_INACTIVE"),
    "exchange_is_paused": (OTHER, "EXCHANGE_PAUSED"),
    "trading_is_paused": (OTHER, "TRADING_PAUSED"),
}

Said = list[tuple[str, list[Field]]]
"""What is answered at once: types and fields."""


class OrderRoom:
    """Carries requests out; `origins` holds the key over which each order came."""

    def __init__(self, books: Books, chronicle: Chronicle) -> None:
        self.origins: dict[str, str] = {}
        self._books = books
        self._chronicle = chronicle
        self._placing = Placing(books)
        self._editing = Editing(books, self._placing)

    def new(self, asked: Message, key: str, now_ns: int, *, dollars: bool) -> Said:
        """A new order; its reports follow from what the exchange tells."""
        fields = dict(asked.fields)
        for tag in (tags.CL_ORD_ID, tags.ORDER_QTY, tags.ORD_TYPE, tags.PRICE, tags.SIDE, tags.SYMBOL):
            asked.text(tag)
        self._check(fields)
        body: dict[str, Any] = {
            "ticker": fields[tags.SYMBOL],
            "side": SIDES[fields[tags.SIDE]],
            "count": fields[tags.ORDER_QTY],
            "price": _in_dollars(fields[tags.PRICE], dollars=dollars),
            "time_in_force": LIVES[fields.get(tags.TIME_IN_FORCE, "1")],
            "self_trade_prevention_type": SELF_MATCHES[fields.get(tags.SELF_TRADE, "")],
            "client_order_id": fields[tags.CL_ORD_ID],
            "post_only": fields.get(tags.EXEC_INST) == POST_ONLY,
            "cancel_order_on_pause": fields.get(tags.CANCEL_ON_PAUSE) == "Y",
            "subaccount": int(fields.get(tags.ALLOC_ACCOUNT, "0")),
            "exchange_index": int(fields.get(tags.EX_DESTINATION, "-1")),
        }
        if tags.ORDER_GROUP in fields:
            body["order_group_id"] = fields[tags.ORDER_GROUP]
        if fields.get(tags.TIME_IN_FORCE) == UNTIL:
            body |= self._until(asked, now_ns)
        question = Question("CreateOrderV2", {}, {}, msgspec.json.encode(body), now_ns)
        try:
            placed = self._placing.create(question)
        except Refused as no:
            return [(tags.EXECUTION_REPORT, self._refusal(fields, no, now_ns))]
        self.origins[placed["order_id"]] = key
        return []

    def cancel(self, asked: Message, now_ns: int) -> Said:
        """Take an order out of the book."""
        asked.text(tags.SYMBOL)
        asked.text(tags.SIDE)
        return self._change(asked, CANCELLED, now_ns, {})

    def replace(self, asked: Message, now_ns: int, *, dollars: bool) -> Said:
        """Change an order's total size or price."""
        own = self._find(asked)
        native = price(own.order.price) if own is not None else "0"
        told = asked.get(tags.PRICE)
        body = {
            "ticker": asked.text(tags.SYMBOL),
            "side": SIDES.get(asked.text(tags.SIDE), ""),
            "count": asked.text(tags.ORDER_QTY),
            "price": native if told is None else _in_dollars(told, dollars=dollars),
            "updated_client_order_id": asked.text(tags.CL_ORD_ID),
        }
        return self._change(asked, REPLACED, now_ns, body)

    def cancel_all(self, asked: Message, key: str, now_ns: int) -> Said:
        """Every order that came over this key."""
        answer: list[Field] = [(tags.CL_ORD_ID, asked.text(tags.CL_ORD_ID)), (tags.ORDER_ID, "NONE")]
        if asked.text(tags.MASS_CANCEL_TYPE) != "6":
            refused = [(tags.MASS_CANCEL_RESPONSE, "0"), (tags.MASS_CANCEL_REJECT_REASON, "0")]
            return [(tags.MASS_CANCEL_REPORT, [*answer, *refused])]
        self.withdraw(key, now_ns)
        return [(tags.MASS_CANCEL_REPORT, [*answer, (tags.MASS_CANCEL_RESPONSE, "6")])]

    def withdraw(self, key: str, now_ns: int) -> None:
        """Cancel all that rests of one key."""
        for own in self._books.records.resting():
            if self.origins.get(own.id) == key:
                self._books.exchange.cancel(own.order.number, account=own.order.account, now_ns=now_ns)

    # --- leaves ---

    def _change(self, asked: Message, kind: str, now_ns: int, body: dict[str, str]) -> Said:
        own = self._find(asked)
        name = asked.text(tags.CL_ORD_ID)
        if own is None or SIDE_OF.get(asked.text(tags.SIDE)) is not own.order.side:
            return self._no(asked, kind, None, UNKNOWN_ORDER, "")
        if not own.order.live:
            return self._no(asked, kind, own, TOO_LATE if own.status == "executed" else UNKNOWN_ORDER, "")
        self._chronicle.expect(own, kind, name, asked.text(tags.ORIG_CL_ORD_ID))
        query = {"market_ticker": [str(own.order.market)]}
        question = Question("Change", {"order_id": own.id}, query, msgspec.json.encode(body), now_ns)
        try:
            (self._editing.cancel if kind == CANCELLED else self._editing.amend)(question)
        except Refused as no:
            self._chronicle.forget_cause(own)
            code = str(no.body.get("error", no.body).get("code"))
            return self._no(asked, kind, own, *CANCEL_REFUSALS.get(code, (UNKNOWN_ORDER, "")))
        return []

    def _find(self, asked: Message) -> OwnOrder | None:
        """By the venue's name if it is given, else by the client's; both must fit the market."""
        original = asked.text(tags.ORIG_CL_ORD_ID)
        records, named = self._books.records, asked.get(tags.ORDER_ID)
        found = records.by_id.get(named) if named else None
        if found is None:
            found = next((own for own in reversed(records.by_id.values()) if own.client_id == original), None)
        fits = found is not None and found.client_id == original and found.order.market == asked.get(tags.SYMBOL)
        return found if fits else None

    def _no(self, asked: Message, kind: str, own: OwnOrder | None, code: int, text: str) -> Said:
        fields: list[Field] = [
            (tags.ORDER_ID, own.id if own else "NONE"),
            (tags.CL_ORD_ID, asked.text(tags.CL_ORD_ID)),
            (tags.ORIG_CL_ORD_ID, asked.text(tags.ORIG_CL_ORD_ID)),
            (tags.ORD_STATUS, {"resting": "0", "executed": "2"}.get(own.status, "4") if own else "8"),
            (tags.CXL_REJ_RESPONSE_TO, "1" if kind == CANCELLED else "2"),
            (tags.CXL_REJ_REASON, str(code)),
        ]
        return [(tags.CANCEL_REJECT, fields + ([(tags.TEXT, text)] if text else []))]

    def _refusal(self, fields: dict[int, str], no: Refused, now_ns: int) -> list[Field]:
        inner = no.body.get("error", no.body)
        inner = inner if isinstance(inner, dict) else {}
        if inner.get("details") == "post only cross":
            return self._crossed(fields, now_ns)
        reason, text = REFUSALS.get(str(inner.get("code")), (11, "INVALID_ORDER"))
        return rejection(fields[tags.CL_ORD_ID], fields, NO_EXEC_ID, reason, text)

    def _crossed(self, fields: dict[int, str], now_ns: int) -> list[Field]:
        """A post-only order that would match is told as accepted and gone at once."""
        seed, name = self._books.options.seed, fields[tags.CL_ORD_ID]
        report = dict(rejection(name, fields, self._chronicle.exec_id(now_ns), 0, "POST_ONLY_CROSS"))
        del report[tags.ORD_REJ_REASON]
        report |= {tags.ORDER_ID: unique_id(seed, "crossed", name), tags.EXEC_TYPE: "4", tags.ORD_STATUS: "4"}
        return list(report.items())

    def _until(self, asked: Message, now_ns: int) -> dict[str, Any]:
        """An order with an end; one that lies in the past makes it an immediate one."""
        ends_ms = unix_ms(asked.text(tags.EXPIRE_TIME))
        if ends_ms is None:
            raise FieldFault(tags.EXPIRE_TIME, tags.INCORRECT_FORMAT, "field 126 is no time")
        if ends_ms <= self._books.wall_ms(now_ns):
            return {"time_in_force": "immediate_or_cancel"}
        return {"expiration_time": -(-ends_ms // 1_000)}

    def _check(self, fields: dict[int, str]) -> None:
        """Values that FIX knows and this venue does not take."""
        for tag, known in ((tags.SIDE, SIDES), (tags.TIME_IN_FORCE, LIVES), (tags.SELF_TRADE, SELF_MATCHES)):
            if tag in fields and fields[tag] not in known:
                raise FieldFault(tag, tags.INCORRECT_VALUE, f"field {tag} is {fields[tag]}")
        if fields[tags.ORD_TYPE] != "2":
            raise FieldFault(tags.ORD_TYPE, tags.INCORRECT_VALUE, "only limit orders are taken")
        for tag in (tags.ALLOC_ACCOUNT, tags.EX_DESTINATION):
            if not fields.get(tag, "0").removeprefix("-").isdecimal():
                raise FieldFault(tag, tags.INCORRECT_FORMAT, f"field {tag} is {fields[tag]}")


def _in_dollars(text: str, *, dollars: bool) -> str:
    """A price as REST takes it."""
    if dollars:
        return text
    whole, _, places = text.partition(".")
    digits = whole + places.ljust(2, "0")
    return f"0.{digits.rjust(4, '0')}" if digits.isdecimal() and len(places) <= 2 else text
