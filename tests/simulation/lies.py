"""What venues' own records can say wrong: for each class of break and each venue a lie, and how it is taken back.

A lie stands in what the fake answers, as in `tests.simulation.tampering`; each is one that the real venue could tell.
`FAULTS` has one for every class at every venue.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.ids import OrderRef, VenueName
from recon.breaks import BreakKind
from tests.demands.trials import VENUES
from tests.simulation.tampering import OLD_S, POLLED, STREAMING, Tampered
from venues.betfair.fake.statement import AccountStatement, Item
from venues.kalshi.fake.records import OwnOrder
from venues.matchbook.fake.offers import Offer
from venues.sim.queues import SimOrder
from venues.sim.world import DESK

BETS, CONTRACTS = STREAMING
SETTLING: dict[str, Any] = {
    "matches": 2,
    "speed": 60.0,
    "pace": 0.2,
    "model_ms": 2_000,
    "tick_ms": 200,
    "look_again_ms": 1_000,
}
"""Matches that end soon, one of them while the other goes on."""
QUIET_S = 11
"""So long after a match its order is judged again, and rests still: the smallest match moves no quote for a while."""
MONEY = 7_000_000

Undo = Callable[[], Any]


class Fault(msgspec.Struct, frozen=True):
    """One lie. `tell` begins it and gives what takes it back; `words` say it for people.

    `heals`: it is over although the venue still tells it. `signed`: a person has to have looked at it. `options` are
    those of the trial.
    """

    words: str
    tell: Callable[[Tampered], Undo]
    heals: bool = False
    signed: bool = False
    matches: int = 1
    options: dict[str, Any] = {}


def nothing() -> None:
    """The lie stays."""


# ---- orders and matches ----


def matched(trial: Tampered, venue: VenueName) -> SimOrder:
    """An order of ours of which something was matched and told a while ago.

    The rest of it is in the book, but where orders that are over are listed too.
    """
    order = trial.resting(venue)
    trial.take(order, trial.half(order) if venue == BETS else trial.exchange(venue).floor.terms.lot_micros)
    trial.publish(venue)
    trial.run(OLD_S if venue == BETS else QUIET_S)
    assert trial.orders()[OrderRef(order.client_ref)].matched_micros == order.matched_micros > 0
    return order


def offer_of(trial: Tampered, order: SimOrder) -> Offer:
    (books,) = trial._books(POLLED)
    found: Offer = books.offers.offers[order.number]
    return found


def own_of(trial: Tampered, order: SimOrder) -> OwnOrder:
    (books,) = trial._books(CONTRACTS)
    found: OwnOrder = books.records._by_number[order.number]
    return found


def unmoved(trial: Tampered, order: SimOrder) -> None:
    """The list of what changed does not have it."""
    (books,) = trial._books(POLLED)
    offer = books.offers._changed.pop(order.number)
    offer.changed_ms = 0
    books.offers._changed = {order.number: offer, **books.offers._changed}


def lost_order(venue: VenueName) -> Callable[[Tampered], Undo]:
    def tell(trial: Tampered) -> Undo:
        order = trial.resting(venue)
        with trial.silence(venue):
            trial.lose(order)
        if venue == POLLED:
            unmoved(trial, order)
        for books in trial._books(venue) if venue == BETS else ():
            books.bets.markets[order.market].bets.pop(order.number)
        return nothing

    return tell


def strange_order(venue: VenueName) -> Callable[[Tampered], Undo]:
    def tell(trial: Tampered) -> Undo:
        with trial.silence(venue):
            placed = trial.place_for_us(trial.resting(venue), "")
        return lambda: trial.exchange(venue).cancel(placed.number, account=DESK, now_ns=trial._now_ns())

    return tell


def lost_match(venue: VenueName) -> Callable[[Tampered], Undo]:
    def tell(trial: Tampered) -> Undo:
        order = trial.resting(venue)
        with trial.silence(venue):
            trial.take(order, trial.half(order))
        if venue == POLLED:
            unmoved(trial, order)
        return nothing

    return tell


def revived(venue: VenueName) -> Callable[[Tampered], Undo]:
    def tell(trial: Tampered) -> Undo:
        order = trial.resting(venue)
        gone = trial.exchange(venue).cancel(order.number, account=DESK, now_ns=trial._now_ns())
        assert isinstance(gone, int)
        trial.publish(venue)
        trial.run(OLD_S)
        with trial.silence(venue):
            trial.revive(order, gone)
        if venue == CONTRACTS:
            (books,) = trial._books(venue)
            books.records._live[order.number] = own = own_of(trial, order)
            own.images.put(own.image(), trial._now_ns())
        return nothing

    return tell


def match_is_gone_at_bets(trial: Tampered) -> Undo:
    order = matched(trial, BETS)
    names = ("size_micros", "matched_micros", "claims_micros", "cost_micros")
    before = {name: getattr(order, name) for name in names}

    def say(figures: dict[str, int]) -> None:
        with trial.silence(BETS):
            for name, value in figures.items():
                setattr(order, name, value)
            trial.restate(order)

    say(dict.fromkeys(names, 0) | {"size_micros": order.remaining_micros})
    return lambda: say(before)


def match_is_gone_at_contracts(trial: Tampered) -> Undo:
    order = matched(trial, CONTRACTS)
    own, lied = own_of(trial, order), dict.fromkeys(("filled_micros", "maker_cost_micros", "maker_fees_micros"), 0)
    own.image = lambda: replace(OwnOrder.image(own), **lied)  # type: ignore[method-assign]

    def take_back() -> None:
        lied.clear()
        own.images.put(own.image(), trial._now_ns())

    own.images.put(own.image(), trial._now_ns())
    return take_back


def match_is_gone_at_polled(trial: Tampered) -> Undo:
    offer = offer_of(trial, matched(trial, POLLED))
    (name, offer.hidden), *_ = offer.bets.items()
    del offer.bets[name]
    (books,) = trial._books(POLLED)
    return lambda: books.offers.reveal(offer.order.number, offer.changed_ms)


def price_moved_at_bets(trial: Tampered) -> Undo:
    order = matched(trial, BETS)
    with trial.silence(BETS):
        order.claims_micros += order.claims_micros // 100
        trial.restate(order)
    return nothing


def price_moved_at_contracts(trial: Tampered) -> Undo:
    order = matched(trial, CONTRACTS)
    (books,) = trial._books(CONTRACTS)
    for place, fill in enumerate(books.records.fills):
        if fill.order.order is order:
            cost = fill.cost_micros + fill.size_micros // 100
            books.records.fills[place] = replace(fill, price=fill.price + 100, cost_micros=cost)
    return nothing


def price_moved_at_polled(trial: Tampered) -> Undo:
    for bet in offer_of(trial, matched(trial, POLLED)).bets.values():
        bet.price += 5
    return nothing


# ---- money ----


def fee_of_an_order(trial: Tampered) -> Undo:
    order = trial.resting(CONTRACTS)
    trial.take(order, trial.half(order))
    trial.charge(order, 20_000)
    return nothing


def commission_at_bets(trial: Tampered) -> Undo:
    (statement,) = {
        id(owner): owner
        for listener in trial.exchange(BETS)._listeners
        if isinstance(owner := getattr(listener, "__self__", None), AccountStatement)
    }.values()
    book, dear = statement._book, list[Item]()

    def dearer(state: Any, of: Any, at_ms: int, *, sign: int) -> None:
        book(state, of, at_ms, sign=sign)
        if of.commission_micros:
            last = statement._settled[-1]
            statement._settled[-1] = Item(last.at_ms, last.micros - 60_000, last.ref, last.legacy)
            dear.append(statement._settled[-1])

    def correct() -> None:
        """Lines are not changed: another one gives the money back."""
        statement._book = book  # type: ignore[method-assign]
        at_ms = statement._books.wall_ms(trial._now_ns()) // 1_000 * 1_000
        for item in dear:
            about = item.legacy | {"transactionType": "ACCOUNT_CREDIT", "winLose": "COMMISSION_REVERSAL"}
            statement._settled.append(Item(at_ms, 60_000, item.ref, about))

    statement._book = dearer  # type: ignore[assignment, method-assign]
    return correct


def commission_at_polled(trial: Tampered) -> Undo:
    (books,) = trial._books(POLLED)
    lines, add = books.transactions, books.transactions._add

    def dearer(kind: str, detail: str, micros: int, at_ms: int) -> None:
        add(kind, detail, micros - 60_000 if kind == "Commission" else micros, at_ms)

    def correct() -> None:
        lines._add = add
        for place, row in enumerate(lines.rows):
            if row.kind == "Commission":
                lines.rows[place] = replace(row, micros=row.micros + 60_000)

    lines._add = dearer
    return correct


def misstated(venue: VenueName) -> Callable[[Tampered], Undo]:
    def tell(trial: Tampered) -> Undo:
        said = trial.misstate(venue, MONEY)
        return lambda: trial.correct(said, -MONEY)

    return tell


def misstated_at_contracts(trial: Tampered) -> Undo:
    (books,) = trial._books(CONTRACTS)
    records = books.records
    pay = records.pay

    def wrong(market: Any, *, result: str, value: int, now_ns: int) -> None:
        count = len(records.settlements)
        pay(market, result=result, value=value, now_ns=now_ns)
        if len(records.settlements) == count:
            return
        trial.exchange(CONTRACTS).floor.accounts[DESK].wallet_micros += MONEY
        last = records.settlements[-1]
        records.settlements[-1] = replace(last, revenue_micros=last.revenue_micros + MONEY)

    def correct() -> None:
        records.pay = pay
        for place, one in enumerate(records.settlements):
            trial.exchange(CONTRACTS).floor.accounts[DESK].wallet_micros -= MONEY
            records.settlements[place] = replace(one, revenue_micros=one.revenue_micros - MONEY)
        records.remember([], trial._now_ns())

    records.pay = wrong
    return correct


def money_went(venue: VenueName) -> Callable[[Tampered], Undo]:
    def tell(trial: Tampered) -> Undo:
        trial.pay_out(venue, MONEY)
        return lambda: trial.pay_out(venue, -MONEY)

    return tell


# ---- all of them ----

_LAPSED = "an order lapses, the stream does not say so"
_COMMISSION = "the account's line takes more commission than the market's statement"
FAULTS: dict[BreakKind, dict[VenueName, Fault]] = {
    BreakKind.MISSING_AT_VENUE: {
        BETS: Fault(f"{_LAPSED}, and no list has it any more", lost_order(BETS), heals=True),
        CONTRACTS: Fault(f"{_LAPSED}, and what rests is listed without it", lost_order(CONTRACTS), heals=True),
        POLLED: Fault("an offer is flushed, and what changed is listed without it", lost_order(POLLED), heals=True),
    },
    BreakKind.UNKNOWN_AT_VENUE: {
        venue: Fault("somebody bets by hand on our account", strange_order(venue), heals=True, signed=True)
        for venue in VENUES
    },
    BreakKind.MISSING_FILL: {
        BETS: Fault("the stream does not tell a match", lost_match(BETS), heals=True),
        CONTRACTS: Fault("the stream does not tell a match", lost_match(CONTRACTS), heals=True),
        POLLED: Fault("what changed is listed without an offer that was matched", lost_match(POLLED), heals=True),
    },
    BreakKind.EXTRA_FILL: {
        BETS: Fault("current bets are listed without a match that was told", match_is_gone_at_bets),
        CONTRACTS: Fault("an order is listed without a match that was told", match_is_gone_at_contracts),
        POLLED: Fault("an offer is listed without a bet that was told", match_is_gone_at_polled),
    },
    BreakKind.PRICE: {
        BETS: Fault("current bets are listed at another average than was told", price_moved_at_bets, heals=True),
        CONTRACTS: Fault("fills are listed at another price than was told", price_moved_at_contracts, heals=True),
        POLLED: Fault("a matched bet is listed at other odds than before", price_moved_at_polled, heals=True),
    },
    BreakKind.FEE: {
        BETS: Fault(_COMMISSION, commission_at_bets, signed=True, options=SETTLING | {"seed": 4}),
        CONTRACTS: Fault("an order costs more than its fills were charged", fee_of_an_order, heals=True, matches=2),
        POLLED: Fault(_COMMISSION, commission_at_polled, signed=True, options=SETTLING),
    },
    BreakKind.RESULT: {
        BETS: Fault("cleared bets pay more than they won", misstated(BETS), options=SETTLING),
        CONTRACTS: Fault("a settlement pays more than its contracts did", misstated_at_contracts, options=SETTLING),
        POLLED: Fault("settled bets pay more than they won", misstated(POLLED), options=SETTLING),
    },
    BreakKind.STATUS: {
        venue: Fault("an order is listed as resting long after its cancel was confirmed", revived(venue), heals=True)
        for venue in VENUES
    },
    BreakKind.BALANCE: {
        venue: Fault("money leaves the account, and no line says so", money_went(venue)) for venue in VENUES
    },
}
