"""What customers write into the four requests about bets, and what is wrong with one instruction to place.

Source: Betfair developer docs, "placeOrders", "Betting enums", "Additional information"; interface definition.
"""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import msgspec

from domain.messages import RejectReason
from domain.money import MICROS, floor_to
from domain.orders import Side
from domain.settlement import PENNY, profit_ratio
from venues.betfair.fake.forms import native_odds, size_micros
from venues.betfair.fake.markets import MarketState
from venues.betfair.fake.options import selection_of
from venues.sim.floor import Floor
from venues.sim.placements import Life, Placement, refusal

REFERENCE = re.compile(r"[A-Za-z0-9\-._+*:;~]{1,32}", re.ASCII)
STRATEGY_LETTERS_MAX = 15
START_LIABILITY_MIN = 10 * MICROS
"""In pounds. Source: Betfair developer docs, "Currency Parameters"."""


class LimitOrder(msgspec.Struct, frozen=True, rename="camel"):
    price: Decimal
    size: Decimal | None = None
    persistence_type: Literal["LAPSE", "PERSIST", "MARKET_ON_CLOSE"] | None = None
    time_in_force: Literal["FILL_OR_KILL"] | None = None
    min_fill_size: Decimal | None = None
    bet_target_type: Literal["PAYOUT", "BACKERS_PROFIT"] | None = None
    bet_target_size: Decimal | None = None


class LimitOnCloseOrder(msgspec.Struct, frozen=True, rename="camel"):
    liability: Decimal
    price: Decimal


class MarketOnCloseOrder(msgspec.Struct, frozen=True, rename="camel"):
    liability: Decimal


class PlaceInstruction(msgspec.Struct, frozen=True, rename="camel"):
    order_type: Literal["LIMIT", "LIMIT_ON_CLOSE", "MARKET_ON_CLOSE"]
    selection_id: int
    side: Literal["BACK", "LAY"]
    handicap: float | None = None
    limit_order: LimitOrder | None = None
    limit_on_close_order: LimitOnCloseOrder | None = None
    market_on_close_order: MarketOnCloseOrder | None = None
    customer_order_ref: str | None = None


class MarketVersion(msgspec.Struct, frozen=True):
    version: int


class PlaceOrders(msgspec.Struct, frozen=True, rename="camel"):
    market_id: str
    instructions: list[PlaceInstruction]
    customer_ref: str | None = None
    market_version: MarketVersion | None = None
    customer_strategy_ref: str | None = None
    asynchronous: bool | None = msgspec.field(default=None, name="async")


class CancelInstruction(msgspec.Struct, frozen=True, rename="camel"):
    bet_id: str
    size_reduction: Decimal | None = None


class CancelOrders(msgspec.Struct, frozen=True, rename="camel"):
    market_id: str | None = None
    instructions: list[CancelInstruction] | None = None
    customer_ref: str | None = None


class ReplaceInstruction(msgspec.Struct, frozen=True, rename="camel"):
    bet_id: str
    new_price: Decimal


class ReplaceOrders(msgspec.Struct, frozen=True, rename="camel"):
    market_id: str
    instructions: list[ReplaceInstruction]
    customer_ref: str | None = None
    market_version: MarketVersion | None = None
    asynchronous: bool | None = msgspec.field(default=None, name="async")


class UpdateInstruction(msgspec.Struct, frozen=True, rename="camel"):
    bet_id: str
    new_persistence_type: Literal["LAPSE", "PERSIST", "MARKET_ON_CLOSE"]


class UpdateOrders(msgspec.Struct, frozen=True, rename="camel"):
    market_id: str
    instructions: list[UpdateInstruction]
    customer_ref: str | None = None


CAMEL = {
    "limit_order": "limitOrder",
    "limit_on_close_order": "limitOnCloseOrder",
    "market_on_close_order": "marketOnCloseOrder",
}


def echo(instruction: PlaceInstruction) -> dict[str, Any]:
    """An instruction as reports give it back."""
    said: dict[str, Any] = {"selectionId": instruction.selection_id, "handicap": instruction.handicap or 0.0}
    for name in ("limit_order", "limit_on_close_order", "market_on_close_order"):
        if (one := getattr(instruction, name)) is not None:
            order = msgspec.to_builtins(one, builtin_types=(Decimal,))
            said[CAMEL[name]] = {
                field: plain(value) if isinstance(value, Decimal) else value
                for field, value in order.items()
                if value is not None
            }
    if instruction.customer_order_ref is not None:
        said["customerOrderRef"] = instruction.customer_order_ref
    return said | {"orderType": instruction.order_type, "side": instruction.side}


def plain(value: Decimal) -> float | None:
    """A number as reports give it back, None for what is no number."""
    return float(value) if value.is_finite() else None


REFUSED = {
    RejectReason.INVALID_SIZE: "INVALID_BET_SIZE",
    RejectReason.INVALID_PRICE: "INVALID_ODDS",
    RejectReason.SELECTION_REMOVED: "RUNNER_REMOVED",
    RejectReason.OTHER: "INVALID_RUNNER",
}
"""The exchange's reasons that concern one instruction, in this venue's words."""


def judge(
    floor: Floor, state: MarketState, instruction: PlaceInstruction, *, account: str, version: int
) -> Placement | str:
    """The placement that an instruction asks for, or the code of what is wrong with it."""
    if instruction.customer_order_ref and not REFERENCE.fullmatch(instruction.customer_order_ref):
        return "INVALID_CUSTOMER_ORDER_REF"
    selection = selection_of(instruction.selection_id, instruction.handicap)
    if selection not in state.runners:
        return "INVALID_RUNNER"
    if instruction.order_type != "LIMIT":
        return judge_at_start(floor, state, instruction, account=account)
    order = instruction.limit_order
    if order is None:
        return "INVALID_ORDER_TYPE"
    numbers = _numbers(floor, order)
    if isinstance(numbers, str):
        return numbers
    price, size, least = numbers
    placement = Placement(
        account=account,
        market=state.details.id,
        selection=selection,
        side=Side[instruction.side],
        price=price,
        size_micros=size,
        life=Life.FILL_OR_KILL if order.time_in_force else Life.REST,
        persist=order.persistence_type == "PERSIST" and not order.time_in_force,
        version=version,
        fill_min_micros=least,
        by_average=order.time_in_force is not None,
        client_ref=instruction.customer_order_ref or "",
    )
    refused = refusal(floor, placement)
    if refused is not None:
        return REFUSED[refused.reason]
    return _wrong_ratio(price, size) or placement


def judge_at_start(floor: Floor, state: MarketState, instruction: PlaceInstruction, *, account: str) -> Placement | str:
    """The same of a bet that waits for the starting price: its size is what its liability pays for at its limit."""
    if not state.details.bsp or state.reconciled or state.sim.in_play:
        return "MARKET_NOT_OPEN_FOR_BSP_BETTING"
    limited, side = instruction.limit_on_close_order, Side[instruction.side]
    order = limited or instruction.market_on_close_order
    if order is None:
        return "INVALID_ORDER_TYPE"
    ends = floor.ladder.prices[0], floor.ladder.prices[-1]
    price = ends[side is Side.LAY] if limited is None else native_odds(floor.ladder, limited.price)
    liability = size_micros(order.liability)
    if price is None:
        return "INVALID_ODDS"
    least = START_LIABILITY_MIN if side is Side.LAY else floor.terms.size_min_micros
    if liability is None or liability < least:
        return "INVALID_BET_SIZE"
    selection = selection_of(instruction.selection_id, instruction.handicap)
    if state.sim.selections[selection].removed:
        return "RUNNER_REMOVED"
    return Placement(
        account=account,
        market=state.details.id,
        selection=selection,
        side=side,
        price=price,
        size_micros=liability if side is Side.BACK else -(-liability * 100 // (price - 100)),
        client_ref=instruction.customer_order_ref or "",
    )


def _numbers(floor: Floor, order: LimitOrder) -> tuple[int, int, int] | str:
    """Price, size and least fill, or the code of what is wrong with them."""
    price = native_odds(floor.ladder, order.price)
    if price is None:
        return "INVALID_ODDS"
    wrong = _wrong_terms(order)
    if wrong:
        return wrong
    size = _size(order, price)
    if size is None:
        return "INVALID_BET_SIZE"
    least = _least_fill(order, size, floor.terms.size_min_micros)
    return "INVALID_MIN_FILL_SIZE" if least is None else (price, size, least)


def _wrong_terms(order: LimitOrder) -> str:
    """What contradicts itself, or is not for this market."""
    if order.persistence_type == "MARKET_ON_CLOSE" and not order.time_in_force:
        return "INVALID_PERSISTENCE_TYPE"
    if order.min_fill_size is not None and not order.time_in_force:
        return "UNEXPECTED_MIN_FILL_SIZE"
    return ""


def _size(order: LimitOrder, price: int) -> int | None:
    """Stake in micros; one that is aimed at a payout or a profit is what reaches it at this price."""
    if order.bet_target_type is None:
        return None if order.size is None else size_micros(order.size)
    target = None if order.bet_target_size is None or order.size is not None else size_micros(order.bet_target_size)
    if target is None:
        return None
    odds = Fraction(price, 100) - (order.bet_target_type == "BACKERS_PROFIT")
    return floor_to(Fraction(target, MICROS) / odds, PENNY)


def _least_fill(order: LimitOrder, size: int, size_min: int) -> int | None:
    """The least fill in micros, 0 for all of it; None if it could not be a bet or is above the bet's size."""
    if order.min_fill_size is None or order.bet_target_type is not None:
        return 0
    least = size_micros(order.min_fill_size)
    return least if least is not None and size_min <= least <= size else None


def _wrong_ratio(price: int, size: int) -> str:
    ratio = profit_ratio(odds=Fraction(price, 100), stake=Fraction(size, MICROS))
    return "" if ratio.accepted else "INVALID_PROFIT_RATIO"


def overlapping(placements: list[Placement]) -> bool:
    """Whether a back and a lay of one runner in one request would meet each other."""
    return any(
        back.side is Side.BACK and lay.side is Side.LAY and back.selection == lay.selection and back.price <= lay.price
        for back in placements
        for lay in placements
    )
