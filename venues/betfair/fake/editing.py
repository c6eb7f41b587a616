"""cancelOrders, replaceOrders and updateOrders: what may be done to a bet that rests.

Source: Betfair developer docs, "cancelOrders", "replaceOrders", "updateOrders".
"""

from fractions import Fraction
from typing import Any

from domain.ids import VenueMarketId
from domain.money import MICROS
from domain.settlement import profit_ratio
from venues.betfair.fake.bets import Bet
from venues.betfair.fake.books import Books
from venues.betfair.fake.forms import amount, iso, native_odds, order_number, size_micros
from venues.betfair.fake.instructions import (
    CancelInstruction,
    CancelOrders,
    ReplaceOrders,
    UpdateInstruction,
    UpdateOrders,
    plain,
)
from venues.betfair.fake.options import runner_of
from venues.betfair.fake.placing import (
    Intake,
    Releases,
    Report,
    affordable,
    book_bet,
    closed_word,
    exchange_version,
    placed_part,
    wrong_version,
)
from venues.betfair.fake.rpc import ApiFault, Later, parse
from venues.sim.faults import Dice
from venues.sim.notices import Cause
from venues.sim.placements import Placement, Refusal, refusal

INSTRUCTIONS_MAX = 60


def cancel_orders(books: Books, intake: Intake, dice: Dice, raw: bytes, now_ns: int) -> Report:
    """Carry out one cancelOrders request. Without instructions it cancels everything it can see: so does the venue."""
    request = parse(raw, CancelOrders)
    instructions = request.instructions or []
    intake.admit(len(instructions), most=INSTRUCTIONS_MAX, now_ns=now_ns)
    books.exchange.on_time(now_ns)
    market = VenueMarketId(request.market_id) if request.market_id else None
    head = _head(request.customer_ref, request.market_id)
    if market is None and instructions:
        raise ApiFault("INVALID_INPUT_DATA", "marketId")
    if market is not None and market not in books.markets:
        return head | {"status": "FAILURE", "errorCode": "INVALID_MARKET_ID"}
    if intake.repeated(request.customer_ref, now_ns):
        return head | {"status": "FAILURE", "errorCode": "DUPLICATE_TRANSACTION"}
    if len({one.bet_id for one in instructions}) < len(instructions):
        return head | {"status": "FAILURE", "errorCode": "DUPLICATE_BETIDS"}
    if not instructions:
        instructions = [CancelInstruction(bet.id) for bet in resting(books, market)]
    now_ms = books.wall_ms(now_ns)
    reports = [_cancelled(one, _cancel(books, one, market, now_ns), now_ms) for one in instructions]
    head |= _status(reports, dice)
    return head if market is None else head | {"instructionReports": reports}


def resting(books: Books, market: VenueMarketId | None) -> list[Bet]:
    """Our bets that rest, of one market or of all."""
    chosen = books.bets.bets.values() if market is None else books.bets.of(market)
    return [bet for bet in chosen if bet.order.resting]


def cancel_all(books: Books, now_ns: int, cause: Cause) -> int:
    """Take every bet of the account out of the book; how many there were."""
    bets = resting(books, None)
    for bet in bets:
        books.exchange.cancel(bet.order.number, account=books.options.account, now_ns=now_ns, cause=cause)
    return len(bets)


def _cancelled(instruction: CancelInstruction, outcome: int | str, now_ms: int) -> Report:
    """One instruction's report, from the size taken out or the code of why none was."""
    said: dict[str, Any] = {"betId": instruction.bet_id}
    if instruction.size_reduction is not None:
        said["sizeReduction"] = plain(instruction.size_reduction)
    if isinstance(outcome, str):
        return {"status": "FAILURE", "errorCode": outcome, "instruction": said}
    cancelled = {"sizeCancelled": amount(outcome), "cancelledDate": iso(now_ms)}
    return {"status": "SUCCESS", "instruction": said} | cancelled


def _cancel(books: Books, instruction: CancelInstruction, market: VenueMarketId | None, now_ns: int) -> int | str:
    """Micros taken out, or the code of why none were."""
    bet = books.bets.bets.get(order_number(instruction.bet_id))
    if bet is None or (market is not None and bet.order.market != market):
        return "INVALID_BET_ID"
    reduction: int | None = None
    if instruction.size_reduction is not None:
        reduction = size_micros(instruction.size_reduction)
        if reduction is None:
            return "INVALID_BET_SIZE"
        if not _leaves_good_ratio(bet, reduction):
            return "INVALID_PROFIT_RATIO"
    gone = books.exchange.cancel(bet.order.number, account=books.options.account, now_ns=now_ns, size_micros=reduction)
    return "BET_TAKEN_OR_LAPSED" if isinstance(gone, Refusal) else gone


def _leaves_good_ratio(bet: Bet, reduction: int) -> bool:
    left = bet.order.remaining_micros - reduction
    odds = Fraction(bet.order.price, 100)
    return left <= 0 or profit_ratio(odds=odds, stake=Fraction(left, MICROS)).accepted


def replace_orders(
    books: Books, intake: Intake, releases: Releases, dice: Dice, raw: bytes, now_ns: int
) -> Report | Later:
    """Carry out one replaceOrders request: first all cancels, then all new bets, and no way back between them."""
    request = parse(raw, ReplaceOrders)
    instructions, market = request.instructions, VenueMarketId(request.market_id)
    intake.admit(len(instructions), most=INSTRUCTIONS_MAX, now_ns=now_ns)
    books.exchange.approach(books.options.account, market, now_ns)
    head = _head(request.customer_ref, request.market_id)
    refused = "DUPLICATE_TRANSACTION" if intake.repeated(request.customer_ref, now_ns) else ""
    refused = refused or wrong_version(request.market_version) or closed_word(books, market)
    if not refused and len({one.bet_id for one in instructions}) < len(instructions):
        refused = "DUPLICATE_BETIDS"
    if refused:
        return head | {"status": "FAILURE", "errorCode": refused}
    prices = [native_odds(books.exchange.floor.ladder, one.new_price) for one in instructions]
    if None in prices:
        codes = ["INVALID_ODDS" if price is None else "ERROR_IN_ORDER" for price in prices]
        reports: list[Report] = [{"status": "FAILURE", "errorCode": code} for code in codes]
        return head | {"status": "FAILURE", "errorCode": "BET_ACTION_ERROR", "instructionReports": reports}
    cancels = [CancelInstruction(one.bet_id) for one in instructions]
    outcomes = [_cancel(books, one, market, now_ns) for one in cancels]
    version = exchange_version(books, market, request.market_version)
    placements = [
        _again(books, cancel, price, outcome, version)
        for cancel, price, outcome in zip(cancels, prices, outcomes, strict=True)
    ]
    bets = _placed_again(books, placements, cancels, now_ns)
    books.exchange.publish(now_ns)
    now_ms = books.wall_ms(now_ns)

    def build() -> Report:
        reports = [
            _replaced(_cancelled(cancel, outcome, now_ms), placement, bet)
            for cancel, outcome, placement, bet in zip(cancels, outcomes, placements, bets, strict=True)
        ]
        return head | _status(reports, dice) | {"instructionReports": reports}

    return releases.report([bet.order for bet in bets if bet is not None], build)


def _again(
    books: Books, cancel: CancelInstruction, price: int | None, outcome: int | str, version: int
) -> Placement | None:
    """The cancelled rest of a bet at its new price; None if nothing was cancelled."""
    assert price is not None, "prices are judged before anything is cancelled"
    if isinstance(outcome, str):
        return None
    bet = books.bets.bets[order_number(cancel.bet_id)]
    return Placement(
        account=books.options.account,
        market=bet.order.market,
        selection=bet.order.selection,
        side=bet.order.side,
        price=price,
        size_micros=outcome,
        persist=bet.order.persist,
        version=version,
        client_ref=bet.order_ref,
    )


def _placed_again(
    books: Books, placements: list[Placement | None], cancels: list[CancelInstruction], now_ns: int
) -> list[Bet | None]:
    """The new bets under their old references, all of them or none; None where there is none."""
    wanted = [one for one in placements if one is not None]
    good = all(refusal(books.exchange.floor, one) is None for one in wanted)
    if not wanted or not good or not affordable(books, wanted):
        return [None] * len(placements)
    strategies = [
        books.bets.bets[order_number(one.bet_id)].strategy_ref if placement else ""
        for one, placement in zip(cancels, placements, strict=True)
    ]
    return [
        None if placement is None else book_bet(books, placement, strategy=strategy, now_ns=now_ns)
        for placement, strategy in zip(placements, strategies, strict=True)
    ]


def _replaced(cancel: Report, placement: Placement | None, bet: Bet | None) -> Report:
    """Both halves of one instruction; the second is missing if the first failed."""
    if placement is None:
        return {"status": "FAILURE", "errorCode": cancel["errorCode"], "cancelInstructionReport": cancel}
    runner, handicap = runner_of(placement.selection)
    said = {
        "selectionId": runner,
        **({"handicap": handicap} if handicap else {}),
        "limitOrder": {
            "size": amount(placement.size_micros),
            "price": placement.price / 100,
            "persistenceType": "PERSIST" if placement.persist else "LAPSE",
        },
        "orderType": "LIMIT",
        "side": placement.side.name,
    }
    place: Report = {"instruction": said}
    if bet is None:
        place |= {"status": "FAILURE", "errorCode": "ERROR_IN_ORDER"}
        code = "CANCELLED_NOT_PLACED"
    else:
        place |= placed_part(bet)
        code = str(place.get("errorCode", ""))
    halves = {"cancelInstructionReport": cancel, "placeInstructionReport": place}
    return ({"status": "FAILURE", "errorCode": code} if code else {"status": "SUCCESS"}) | halves


def update_orders(books: Books, intake: Intake, dice: Dice, raw: bytes, now_ns: int) -> Report:
    """Carry out one updateOrders request: whether bets survive the turn in-play."""
    request = parse(raw, UpdateOrders)
    intake.admit(len(request.instructions), most=INSTRUCTIONS_MAX, now_ns=now_ns)
    books.exchange.on_time(now_ns)
    market = VenueMarketId(request.market_id)
    head = _head(request.customer_ref, request.market_id)
    refused = "DUPLICATE_TRANSACTION" if intake.repeated(request.customer_ref, now_ns) else ""
    refused = refused or closed_word(books, market)
    if refused:
        return head | {"status": "FAILURE", "errorCode": refused}
    reports: list[Report] = []
    for one in request.instructions:
        code = _update(books, one, market, now_ns)
        said = {"betId": one.bet_id, "newPersistenceType": one.new_persistence_type}
        reports.append(
            ({"status": "FAILURE", "errorCode": code} if code else {"status": "SUCCESS"}) | {"instruction": said}
        )
    return head | _status(reports, dice) | {"instructionReports": reports}


def _update(books: Books, instruction: UpdateInstruction, market: VenueMarketId, now_ns: int) -> str:
    """Change one bet; the code of why not, empty if it was done."""
    bet = books.bets.bets.get(order_number(instruction.bet_id))
    if bet is None or bet.order.market != market:
        return "INVALID_BET_ID"
    if not bet.order.resting:
        return "BET_TAKEN_OR_LAPSED"
    if instruction.new_persistence_type == "MARKET_ON_CLOSE":
        return "INVALID_PERSISTENCE_TYPE"
    if instruction.new_persistence_type == bet.persistence:
        return "NO_ACTION_REQUIRED"
    bet.order.persist = not bet.order.persist
    books.touch(bet, now_ns)
    return ""


def _head(reference: str | None, market: str | None) -> Report:
    head: Report = {"customerRef": reference} if reference else {}
    return head | ({"marketId": market} if market else {})


def _status(reports: list[Report], dice: Dice) -> Report:
    """The request's status over its instructions'.

    When all of them failed the venue has been seen to answer SUCCESS as well as FAILURE: nobody may rely on either.
    """
    failures = sum(one["status"] == "FAILURE" for one in reports)
    if not failures:
        return {"status": "SUCCESS"}
    if failures < len(reports):
        return {"status": "PROCESSED_WITH_ERRORS", "errorCode": "PROCESSED_WITH_ERRORS"}
    return {"status": "SUCCESS"} if dice.below(2) else {"status": "FAILURE", "errorCode": "BET_ACTION_ERROR"}
