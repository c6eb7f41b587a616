"""placeOrders: all or nothing for a request, held by the in-play delay, de-duplicated for a minute.

Source: Betfair developer docs, "placeOrders".
"""

from collections.abc import Callable
from typing import Any

from domain.ids import VenueMarketId
from domain.markets import MarketStatus
from venues.betfair.fake.bets import Bet
from venues.betfair.fake.books import Books
from venues.betfair.fake.forms import SECOND, amount, iso, size_micros, whole_second
from venues.betfair.fake.instructions import (
    REFERENCE,
    STRATEGY_LETTERS_MAX,
    MarketVersion,
    PlaceInstruction,
    PlaceOrders,
    echo,
    judge,
    overlapping,
)
from venues.betfair.fake.rpc import ApiFault, Later, parse
from venues.sim.accounts import net_lock
from venues.sim.placements import Placement, Refusal, new_order
from venues.sim.queues import SimOrder

DEDUPE_NS = 60 * SECOND
INSTRUCTIONS_MAX = 200
INSTRUCTIONS_A_SECOND_MAX = 1_000
VERSION_DIGITS_MAX = 12

Report = dict[str, Any]


class Intake:
    """What all requests about bets pass first: references seen lately, instructions counted by the second."""

    def __init__(self) -> None:
        self._seen_ns: dict[str, int] = {}
        self._second = 0
        self._instructions = 0

    def admit(self, instructions: int, *, most: int, now_ns: int) -> None:
        """Raise if there are too many instructions in the request, or in this second."""
        if instructions > most:
            raise ApiFault("INVALID_INPUT_DATA", f"at most {most} instructions")
        if now_ns // SECOND != self._second:
            self._second, self._instructions = now_ns // SECOND, 0
        self._instructions += instructions
        if self._instructions > INSTRUCTIONS_A_SECOND_MAX:
            raise ApiFault("TOO_MANY_REQUESTS")

    def repeated(self, reference: str | None, now_ns: int) -> bool:
        """Whether a request with this reference came within the last minute; if not, it has come now."""
        if reference is None:
            return False
        if not REFERENCE.fullmatch(reference):
            raise ApiFault("INVALID_INPUT_DATA", "customerRef")
        while self._seen_ns and next(iter(self._seen_ns.values())) <= now_ns - DEDUPE_NS:
            del self._seen_ns[next(iter(self._seen_ns))]
        if reference in self._seen_ns:
            return True
        self._seen_ns[reference] = now_ns
        return False


class Releases:
    """Answers that wait until the delay of their bets is over."""

    def __init__(self) -> None:
        self._waiting: list[tuple[list[SimOrder], Callable[[], Report], Later]] = []

    def report(self, orders: list[SimOrder], build: Callable[[], Report]) -> Report | Later:
        """The report now, or when none of these orders is held any more."""
        if not any(order.held_until_ns for order in orders):
            return build()
        later = Later()
        self._waiting.append((orders, build, later))
        return later

    def look(self, now_ns: int) -> None:
        """Give every answer that nothing holds back any more."""
        due = [one for one in self._waiting if not any(order.held_until_ns for order in one[0])]
        self._waiting = [one for one in self._waiting if one not in due]
        for _, build, later in due:
            later.give(build(), now_ns)


def closed_word(books: Books, market: VenueMarketId) -> str:
    """Why a market takes no bets now, empty if it does."""
    state = books.markets.get(market)
    if state is None:
        return "INVALID_MARKET_ID"
    if state.status is MarketStatus.OPEN:
        return ""
    return "MARKET_SUSPENDED" if state.status is MarketStatus.SUSPENDED else "MARKET_NOT_OPEN_FOR_BETTING"


def wrong_version(version: MarketVersion | None) -> str:
    return "INVALID_MARKET_VERSION" if version and len(str(version.version)) > VERSION_DIGITS_MAX else ""


def exchange_version(books: Books, market: VenueMarketId, version: MarketVersion | None) -> int:
    """The exchange's version that a request names, 0 for any."""
    return 0 if version is None else books.markets[market].version_named(version.version)


def affordable(books: Books, placements: list[Placement]) -> bool:
    """Whether the account can bear all of these together, on top of everything open in their market."""
    floor, account = books.exchange.floor, books.exchange.floor.accounts[books.options.account]
    market = floor.markets[placements[0].market]
    wanted = [new_order(placement, number=0, now_ns=0) for placement in placements]
    open_orders = market.open_orders.get(account.name, {}).values()
    lock = net_lock(
        market.position(account.name),
        [*open_orders, *wanted],
        kind=floor.terms.kind,
        index=market.index,
        winners=range(market.spec.winners[0], market.spec.winners[1] + 1),
    )
    return account.available_micros + account.locked_micros.get(market.spec.id, 0) >= lock


def place_orders(books: Books, intake: Intake, releases: Releases, raw: bytes, now_ns: int) -> Report | Later:
    """Carry out one placeOrders request."""
    request = parse(raw, PlaceOrders)
    market, instructions = VenueMarketId(request.market_id), request.instructions
    if not instructions:
        raise ApiFault("INVALID_INPUT_DATA", "instructions")
    intake.admit(len(instructions), most=INSTRUCTIONS_MAX, now_ns=now_ns)
    books.exchange.approach(books.options.account, market, now_ns)
    refused = "DUPLICATE_TRANSACTION" if intake.repeated(request.customer_ref, now_ns) else ""
    refused = refused or wrong_version(request.market_version) or closed_word(books, market)
    if refused:
        return _refused(request, refused, ["ERROR_IN_ORDER"] * len(instructions))
    strategy = request.customer_strategy_ref or ""
    if len(strategy) > STRATEGY_LETTERS_MAX:
        return _refused(request, "BET_ACTION_ERROR", ["INVALID_CUSTOMER_STRATEGY_REF"] * len(instructions))
    version = exchange_version(books, market, request.market_version)
    judged = [
        judge(books.exchange.floor, books.markets[market], one, account=books.options.account, version=version)
        for one in instructions
    ]
    placements = [one for one in judged if isinstance(one, Placement)]
    if len(placements) < len(judged):
        return _refused(request, *_codes(judged))
    if overlapping(placements):
        return _refused(request, "BET_ACTION_ERROR", ["INVALID_BACK_LAY_COMBINATION"] * len(instructions))
    if not affordable(books, placements):
        return _refused(request, "INSUFFICIENT_FUNDS", ["ERROR_IN_ORDER"] * len(instructions))
    bets = [
        book_bet(books, placement, one, strategy=strategy, now_ns=now_ns)
        for placement, one in zip(placements, instructions, strict=True)
    ]
    books.exchange.publish(now_ns)
    if request.asynchronous:
        return _report(request, [_pending(one, bet) for one, bet in zip(instructions, bets, strict=True)])
    return releases.report(
        [bet.order for bet in bets],
        lambda: _report(request, [_placed(one, bet) for one, bet in zip(instructions, bets, strict=True)]),
    )


def book_bet(
    books: Books, placement: Placement, instruction: PlaceInstruction | None = None, *, strategy: str, now_ns: int
) -> Bet:
    """Place what was judged good, and remember what its owner calls it."""
    wanted = instruction and (instruction.limit_on_close_order or instruction.market_on_close_order)
    if instruction is not None and wanted:
        kind, liability = instruction.order_type, size_micros(wanted.liability) or 0
        waiting = Bet(
            new_order(placement, number=books.exchange.floor.placed + 1, now_ns=now_ns),
            books.wall_ms(now_ns),
            order_ref=placement.client_ref,
            strategy_ref=strategy,
            order_type=kind,
            liability_micros=liability,
        )
        return books.starts.wait(waiting)
    order = books.exchange.place(placement, now_ns)
    assert not isinstance(order, Refusal), f"a placement that was judged good was refused: {order}"
    bet = Bet(order, books.wall_ms(now_ns), order_ref=placement.client_ref, strategy_ref=strategy)
    books.bets.book(bet)
    return bet


def placed_part(bet: Bet) -> Report:
    """What a report says of a bet after its owner's instruction."""
    order = bet.order
    died = order.matched_micros == 0 and bet.lapsed_micros == order.size_micros
    status = "EXECUTION_COMPLETE" if bet.complete else "EXECUTABLE"
    if bet.killed_micros == order.size_micros:
        status = "EXPIRED"
    if bet.order_type != "LIMIT":
        placed = {"betId": bet.id, "placedDate": iso(whole_second(bet.placed_ms))}
        return {"status": "SUCCESS"} | placed | {"averagePriceMatched": 0.0, "sizeMatched": 0.0}
    part: Report = {"status": "FAILURE", "errorCode": "BET_TAKEN_OR_LAPSED"} if died else {"status": "SUCCESS"}
    return part | {
        "betId": bet.id,
        "placedDate": iso(whole_second(bet.placed_ms)),
        "averagePriceMatched": bet.average_odds,
        "sizeMatched": amount(order.matched_micros),
        "orderStatus": status,
    }


def _placed(instruction: PlaceInstruction, bet: Bet) -> Report:
    return {"instruction": echo(instruction)} | placed_part(bet)


def _pending(instruction: PlaceInstruction, bet: Bet) -> Report:
    """An asynchronous answer knows no bet id yet."""
    return {
        "status": "SUCCESS",
        "instruction": echo(instruction),
        "placedDate": iso(whole_second(bet.placed_ms)),
        "averagePriceMatched": 0.0,
        "sizeMatched": 0.0,
        "orderStatus": "PENDING",
    }


def _codes(judged: list[Placement | str]) -> tuple[str, list[str]]:
    """The request's code and those of its instructions: one wrong one fails all."""
    if "INVALID_PROFIT_RATIO" in judged:
        return "INVALID_PROFIT_RATIO", ["ERROR_IN_ORDER"] * len(judged)
    return "BET_ACTION_ERROR", [one if isinstance(one, str) else "ERROR_IN_ORDER" for one in judged]


def _head(request: PlaceOrders, status: str, code: str) -> Report:
    head: Report = {"customerRef": request.customer_ref} if request.customer_ref else {}
    head |= {"status": status, "marketId": request.market_id}
    return head | ({"errorCode": code} if code else {})


def _refused(request: PlaceOrders, code: str, codes: list[str]) -> Report:
    reports = [
        {"status": "FAILURE", "errorCode": one, "instruction": echo(instruction)}
        for one, instruction in zip(codes, request.instructions, strict=True)
    ]
    return _head(request, "FAILURE", code) | {"instructionReports": reports}


def _report(request: PlaceOrders, reports: list[Report]) -> Report:
    """The request's status follows its instructions': a bet that died in the delay is a failure of its own."""
    failures = sum(one["status"] == "FAILURE" for one in reports)
    if not failures:
        status, code = "SUCCESS", ""
    elif failures < len(reports):
        status, code = "PROCESSED_WITH_ERRORS", "PROCESSED_WITH_ERRORS"
    else:
        status, code = "FAILURE", "BET_ACTION_ERROR"
    return _head(request, status, code) | {"instructionReports": reports}
