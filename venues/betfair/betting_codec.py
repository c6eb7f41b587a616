"""placeOrders, cancelOrders and replaceOrders: the bytes of their parameters, and their reports as typed values."""

import re
from fractions import Fraction

import msgspec

from domain.messages import PlaceOrder
from domain.money import MICROS, floor_to
from domain.orders import BACK, TimeInForce
from venues.betfair.amounts import json_odds, json_size
from venues.betfair.rpc import answerer
from venues.betfair.rules import LOT_MICROS

PLACE = "SportsAPING/v1.0/placeOrders"
CANCEL = "SportsAPING/v1.0/cancelOrders"
REPLACE = "SportsAPING/v1.0/replaceOrders"

_REF = re.compile(r"[A-Za-z0-9._+*:;~-]{1,32}", re.ASCII)


class BetRequest(msgspec.Struct, frozen=True):
    """Where a bet goes: the venue's market and runner, the least that an immediate bet may fill, the ladder's ends."""

    market_id: str
    runner: int
    handicap: float
    size_min_micros: int
    odds_min: int = 0
    odds_max: int = 0


def is_ref(text: str) -> bool:
    """Whether the venue takes this as a customer reference.

    Source: Betfair developer docs, "placeOrders", customerRef and customerOrderRef.
    """
    return _REF.fullmatch(text) is not None


def encode_place(order: PlaceOrder, bet: BetRequest, *, strategy_ref: str, at_once: bool = False) -> bytes:
    """Parameters of a placement of one limit bet that lapses when the market turns in-play.

    The request carries the ref twice: once so that the venue drops a copy of it within a minute, once to be stored
    with the bet. An immediate bet is FILL_OR_KILL with the least fill that the venue allows: without one it would
    be all or nothing. A size that is good by its payout only cannot name a least fill. With a market version the
    bet lapses if the market has materially changed since. `at_once`: it is answered before it is judged.
    Source: Betfair developer docs, "placeOrders", "FillOrKill", "marketVersion".
    """
    limit = f'"size":{json_size(order.size_micros)},"price":{json_odds(order.price)},"persistenceType":"LAPSE"'
    if order.tif is TimeInForce.IMMEDIATE:
        limit += ',"timeInForce":"FILL_OR_KILL"'
        if order.size_micros >= bet.size_min_micros:
            limit += f',"minFillSize":{json_size(bet.size_min_micros)}'
    return _placement(order, bet, strategy_ref, "LIMIT", f'"limitOrder":{{{limit}}}', at_once=at_once)


def _placement(order: PlaceOrder, bet: BetRequest, strategy_ref: str, kind: str, terms: str, *, at_once: bool) -> bytes:
    version = f',"marketVersion":{{"version":{order.market_version}}}' if order.market_version else ""
    version += ',"async":true' if at_once else ""
    side = "BACK" if order.side is BACK else "LAY"
    return (
        f'{{"marketId":"{bet.market_id}","customerRef":"{order.ref}","customerStrategyRef":"{strategy_ref}"{version},'
        f'"instructions":[{{"orderType":"{kind}","selectionId":{bet.runner},"handicap":{bet.handicap:g},'
        f'"side":"{side}","customerOrderRef":"{order.ref}",{terms}}}]}}'
    ).encode()


def encode_start(order: PlaceOrder, bet: BetRequest, *, strategy_ref: str, at_once: bool = False) -> bytes:
    """Parameters of a placement of one bet that waits for the starting price.

    Its size at its limit is what it may lose: a back's stake, a lay's liability. A limit at the end of the ladder suits
    every starting price, so such a bet is sent without one.
    Source: Betfair developer docs, "placeOrders", LimitOnCloseOrder, MarketOnCloseOrder.
    """
    liability = json_size(start_liability_micros(order))
    kind, terms = "LIMIT_ON_CLOSE", f'"limitOnCloseOrder":{{"liability":{liability},"price":{json_odds(order.price)}}}'
    if order.price == (bet.odds_min if order.side is BACK else bet.odds_max):
        kind, terms = "MARKET_ON_CLOSE", f'"marketOnCloseOrder":{{"liability":{liability}}}'
    return _placement(order, bet, strategy_ref, kind, terms, at_once=at_once)


def start_liability_micros(order: PlaceOrder) -> int:
    """What a bet at starting price may lose, in whole hundredths, never more than was reserved for it."""
    if order.side is BACK:
        return order.size_micros
    return floor_to(Fraction(order.size_micros * (order.price - 100), 100 * MICROS), LOT_MICROS)


def encode_cancel(market_id: str, bet_ids: list[str]) -> bytes:
    """Parameters of a full cancel of these bets of one market.

    An empty list would cancel every bet of the market, and of the account without a market: it is never written.
    Source: Betfair developer docs, "cancelOrders".
    """
    assert market_id, "a cancel names its market"
    assert bet_ids, "a cancel names its bets: an empty list would cancel them all"
    assert all(bet_ids), "a cancel names its bets"
    return msgspec.json.encode({"marketId": market_id, "instructions": [{"betId": bet} for bet in bet_ids]})


def encode_reduce(market_id: str, bet_id: str, reduction_micros: int) -> bytes:
    """Parameters of a cancel of a part of one bet; what remains keeps its place. Source: "cancelOrders"."""
    assert market_id, "a cancel names its market"
    assert bet_id, "a cancel names its bet"
    instruction = f'{{"betId":"{bet_id}","sizeReduction":{json_size(reduction_micros)}}}'
    return f'{{"marketId":"{market_id}","instructions":[{instruction}]}}'.encode()


def encode_replace(market_id: str, new_prices: dict[str, int], *, request_ref: str, market_version: int = 0) -> bytes:
    """Parameters of new odds, in hundredths, for bets of one market; each one is cancelled and placed anew."""
    assert market_id, "a replacement names its market"
    assert new_prices, "a replacement names its bets"
    instructions = ",".join(f'{{"betId":"{bet}","newPrice":{json_odds(odds)}}}' for bet, odds in new_prices.items())
    version = f',"marketVersion":{{"version":{market_version}}}' if market_version else ""
    return (
        f'{{"marketId":"{market_id}","customerRef":"{request_ref}"{version},"instructions":[{instructions}]}}'
    ).encode()


class Instruction(msgspec.Struct, rename="camel"):
    """The echo of what was asked, as far as it says which order is meant."""

    bet_id: str = ""
    customer_order_ref: str = ""


class PlaceReport(msgspec.Struct, rename="camel"):
    """Report on one placement. It does not say what remains; absent is not zero."""

    status: str
    error_code: str = ""
    order_status: str = ""
    bet_id: str | None = None
    average_price_matched: float | None = None
    size_matched: float | None = None
    instruction: Instruction = msgspec.field(default_factory=Instruction)


class PlaceExecutionReport(msgspec.Struct, rename="camel"):
    """Answer to placeOrders."""

    status: str
    error_code: str = ""
    market_id: str = ""
    instruction_reports: list[PlaceReport] | None = None


class CancelReport(msgspec.Struct, rename="camel"):
    """Report on one cancel; the order of reports is not that of the instructions."""

    status: str
    error_code: str = ""
    size_cancelled: float = 0.0
    instruction: Instruction = msgspec.field(default_factory=Instruction)


class CancelExecutionReport(msgspec.Struct, rename="camel"):
    """Answer to cancelOrders."""

    status: str
    error_code: str = ""
    market_id: str = ""
    instruction_reports: list[CancelReport] | None = None


class ReplaceReport(msgspec.Struct, rename="camel"):
    """Report on one replacement: its two halves succeed or fail by themselves."""

    status: str
    error_code: str = ""
    cancel_instruction_report: CancelReport | None = None
    place_instruction_report: PlaceReport | None = None


class ReplaceExecutionReport(msgspec.Struct, rename="camel"):
    """Answer to replaceOrders."""

    status: str
    error_code: str = ""
    market_id: str = ""
    instruction_reports: list[ReplaceReport] | None = None


place_answer = answerer(PlaceExecutionReport)
cancel_answer = answerer(CancelExecutionReport)
replace_answer = answerer(ReplaceExecutionReport)
