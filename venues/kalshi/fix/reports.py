"""Orders out and execution reports in: what the messages of order entry hold, in our integers.

A session that is logged on with the flags below prices in dollars, tells every cancel, keeps the ordered quantity as it
was, leaves pending states out and tells an acceptance before the first match. Prices are of YES, whatever the side.
Source: Kalshi docs, FIX "Order Entry", "Session Management" (logon flags), "Subpenny Pricing".
"""

from fractions import Fraction

import msgspec

from domain.messages import PlaceOrder
from domain.money import half_up_to
from domain.orders import Side, TimeInForce
from venues.errors import PeerBroke
from venues.kalshi.amounts import count_text, micros, native, price_text
from venues.kalshi.fix import tags
from venues.kalshi.fix.clock import sending_time
from venues.kalshi.fix.codec import Field, Group, Message, entries
from venues.kalshi.rest_targets import Place

FLAGS: tuple[Field, ...] = tuple(
    (tag, "Y")
    for tag in (
        tags.USE_DOLLARS,
        tags.IOC_CANCEL_REPORT,
        tags.ORIGINAL_QTY,
        tags.SKIP_PENDING,
        tags.USE_EXPIRED,
        tags.NEW_BEFORE_TRADE,
    )
)
"""What every session that hears of orders asks for at its logon."""

PENDING, OPEN, OVER = frozenset("A6E"), frozenset("015"), frozenset("24C8")
"""States of an order (field 39), and the pending types of a report (field 150)."""

ACCEPTED, TRADE, CANCELLED, REPLACED, REJECTED, EXPIRED = "0", "F", "4", "5", "8", "C"
"""Types of a report that say something."""

FEES = Group(
    tags.NO_MISC_FEES,
    tags.MISC_FEE_AMT,
    frozenset({tags.MISC_FEE_AMT, tags.MISC_FEE_CURR, tags.MISC_FEE_TYPE, tags.MISC_FEE_BASIS}),
)
COLLATERAL = Group(
    tags.NO_COLLATERAL, tags.COLLATERAL_CHANGE, frozenset({tags.COLLATERAL_CHANGE, tags.COLLATERAL_TYPE})
)

SIDES = {Side.BACK: "1", Side.LAY: "2"}
LIMIT = "2"
LIVES = {TimeInForce.REST: "1", TimeInForce.IMMEDIATE: "3"}
UNTIL = "6"
TAKER_AT_CROSS = "1"


class Report(msgspec.Struct, frozen=True):
    """One execution report. `client_id` is of the last message that changed the order, `original_id` of the one before.

    Sizes and money in millionths, `last_price` native; `fee_micros` is of this match alone.
    """

    kind: str
    status: str
    order_id: str
    client_id: str
    original_id: str
    exec_id: str
    ticker: str
    side: Side
    size_micros: int
    matched_micros: int
    open_micros: int
    average: Fraction
    last_micros: int
    last_price: int
    fee_micros: int
    reason: int
    text: str

    @property
    def is_over(self) -> bool:
        """Nothing of the order rests."""
        return self.status in OVER

    @property
    def matched_cost_micros(self) -> int:
        """What the matched contracts cost at their YES prices, by the average that the venue tells."""
        return half_up_to(self.average * self.matched_micros / 1_000_000)


def decode_report(message: Message) -> Report:
    """An execution report; PeerBroke if a field is missing or makes no sense."""
    side = {code: side for side, code in SIDES.items()}.get(message.text(tags.SIDE))
    matched, rest = micros(message.text(tags.CUM_QTY)), micros(message.text(tags.LEAVES_QTY))
    size, last = micros(message.text(tags.ORDER_QTY)), micros(message.get(tags.LAST_QTY) or "0")
    kind = message.text(tags.EXEC_TYPE)
    price = native(message.get(tags.LAST_PX) or "0")
    if side is None or min(matched, rest, size, last) < 0 or matched + rest > size:
        raise PeerBroke(f"a report of {matched} matched and {rest} open of {size}, side {message.get(tags.SIDE)}")
    if price is None or (kind == TRADE and not (0 < price < 10_000 and last > 0)):
        raise PeerBroke(f"a match of {message.get(tags.LAST_QTY)} at {message.get(tags.LAST_PX)}")
    return Report(
        kind=kind,
        status=message.text(tags.ORD_STATUS),
        order_id=message.text(tags.ORDER_ID),
        client_id=message.text(tags.CL_ORD_ID),
        original_id=message.get(tags.ORIG_CL_ORD_ID) or "",
        exec_id=message.text(tags.EXEC_ID),
        ticker=message.text(tags.SYMBOL),
        side=side,
        size_micros=size,
        matched_micros=matched,
        open_micros=rest,
        average=_average(message.text(tags.AVG_PX)),
        last_micros=last,
        last_price=price,
        fee_micros=sum(micros(one.text(tags.MISC_FEE_AMT)) for one in entries(message, FEES)),
        reason=message.number(tags.ORD_REJ_REASON) if message.get(tags.ORD_REJ_REASON) else 0,
        text=message.get(tags.TEXT) or "",
    )


def exec_moment(exec_id: str) -> tuple[int, int, int] | None:
    """Shard, clock and event of a report's name, which rise on each shard; None for a name that none has.

    Source: Kalshi docs, FIX "Order Entry" (ExecID), "Exchange Sharding": the first shard is not named.
    """
    parts = exec_id.split(";")
    if not 2 <= len(parts) <= 3 or not all(part.isascii() and part.isdecimal() and len(part) <= 18 for part in parts):
        return None
    clock, event, *shard = (int(part) for part in parts)
    return (shard[0] if shard else 0), clock, event


# --- what we say ---


def encode_new(order: PlaceOrder, place: Place, *, subaccount: int, group: str = "", expires_s: int = 0) -> list[Field]:
    """A limit order. A resting one is cancelled by the venue when trading pauses; our own resting order stops it.

    `group` is the order group that it goes into, empty for none; `expires_s` its end in Unix time, 0 for none.
    Source: Kalshi docs, FIX "Order Entry" (SecondaryClOrdID, TimeInForce, ExpireTime).
    """
    fields: list[Field] = [
        (tags.CL_ORD_ID, order.ref),
        (tags.ORDER_QTY, count_text(order.size_micros)),
        (tags.ORD_TYPE, LIMIT),
        (tags.PRICE, price_text(order.price)),
        (tags.SIDE, SIDES[order.side]),
        (tags.SYMBOL, place.ticker),
        (tags.TIME_IN_FORCE, UNTIL if expires_s else LIVES[order.tif]),
        (tags.SELF_TRADE, TAKER_AT_CROSS),
    ]
    if order.tif is TimeInForce.REST:
        fields.append((tags.CANCEL_ON_PAUSE, "Y"))
    fields += [(tags.EXPIRE_TIME, sending_time(expires_s * 1_000))] if expires_s else []
    fields += [(tags.ORDER_GROUP, group)] if group else []
    return [*fields, *_addressed(place, subaccount)]


class Resting(msgspec.Struct, frozen=True):
    """An order as a request to change it must name it."""

    client_id: str
    order_id: str
    side: Side
    place: Place


def encode_cancel(request_id: str, order: Resting, *, subaccount: int) -> list[Field]:
    """Take all that is left of an order out of the book."""
    return [(tags.CL_ORD_ID, request_id), *_named(order), *_addressed(order.place, subaccount)]


def encode_replace(request_id: str, order: Resting, *, size_micros: int, price: int, subaccount: int) -> list[Field]:
    """Change an order: `size_micros` is the new total, what was matched included; a native price."""
    fields: list[Field] = [(tags.CL_ORD_ID, request_id), (tags.ORDER_QTY, count_text(size_micros))]
    fields += [(tags.ORD_TYPE, LIMIT), (tags.PRICE, price_text(price))]
    return [*fields, *_named(order), *_addressed(order.place, subaccount)]


# --- leaves ---


def _named(order: Resting) -> list[Field]:
    fields: list[Field] = [(tags.ORDER_ID, order.order_id)] if order.order_id else []
    fields += [(tags.ORIG_CL_ORD_ID, order.client_id), (tags.SIDE, SIDES[order.side])]
    return [*fields, (tags.SYMBOL, order.place.ticker)]


def _addressed(place: Place, subaccount: int) -> list[Field]:
    """The shard, which saves the venue a look-up, and the subaccount."""
    fields: list[Field] = [(tags.ALLOC_ACCOUNT, str(subaccount))] if subaccount else []
    return fields if place.shard is None else [*fields, (tags.EX_DESTINATION, str(place.shard))]


def _average(text: str) -> Fraction:
    """A price of up to eighteen places: an average has no grid."""
    whole, _, places = text.partition(".")
    if not text.isascii() or not (whole + places).isdecimal() or len(text) > 24:
        raise PeerBroke(f"an average price of {text!r}")
    return Fraction(text)
