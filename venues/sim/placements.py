"""Placements: what a customer may send, what is wrong with one, and how one is matched against a book."""

import enum

import msgspec

from domain.ids import SelectionId, VenueMarketId
from domain.markets import MarketStatus
from domain.messages import RejectReason
from domain.orders import OTHER_SIDE, Side
from domain.terms import Terms
from venues.sim.floor import Floor
from venues.sim.markets import SimSelection
from venues.sim.notices import Cause
from venues.sim.queues import SimOrder


class Life(enum.StrEnum):
    """What becomes of size that is not matched at once."""

    REST = "rest"
    IMMEDIATE = "immediate"
    FILL_OR_KILL = "fill_or_kill"
    """All of it at once, or none; with a least fill as much as there is, if it is that."""


class SelfMatch(enum.StrEnum):
    """What happens when an account meets its own resting order."""

    ALLOW = "allow"
    CANCEL_TAKER = "cancel_taker"
    CANCEL_MAKER = "cancel_maker"


class Placement(msgspec.Struct, frozen=True):
    """One order as a customer sends it.

    `persist` keeps it over the turn in-play and over suspensions. `version` is the market version that the customer
    saw, 0 for any: if a material change came since, the order lapses. Of a fill-or-kill, `fill_min_micros` is the
    least fill, 0 for all of it, and with `by_average` its price bounds the mean price of the fill.
    """

    account: str
    market: VenueMarketId
    selection: SelectionId
    side: Side
    price: int
    size_micros: int
    life: Life = Life.REST
    post_only: bool = False
    persist: bool = False
    version: int = 0
    fill_min_micros: int = 0
    by_average: bool = False
    self_match: SelfMatch = SelfMatch.ALLOW
    client_ref: str = ""


class Refusal(msgspec.Struct, frozen=True):
    """The exchange's no, and why."""

    reason: RejectReason
    detail: str


NO_FUNDS = Refusal(RejectReason.INSUFFICIENT_FUNDS, "the worst result would exceed the balance")
NOT_RESTING = Refusal(RejectReason.NOT_RESTING, "no such order in the book")


def other(side: Side) -> Side:
    """The side that this one is matched against."""
    return OTHER_SIDE[side]


def crosses(selection: SimSelection, side: Side, price: int) -> bool:
    """Whether an order would match at once."""
    return selection.books[other(side)].reaches(price)


def refusal(floor: Floor, placement: Placement) -> Refusal | None:
    """Everything that can be wrong with an order before money is looked at."""
    market = floor.markets.get(placement.market)
    if market is None or placement.selection not in market.selections:
        return Refusal(RejectReason.OTHER, "no such market or selection")
    if market.status is MarketStatus.CLOSED:
        return Refusal(RejectReason.MARKET_CLOSED, "the market is closed")
    if market.status is not MarketStatus.OPEN:
        return Refusal(RejectReason.MARKET_SUSPENDED, "the market is suspended")
    selection = market.selections[placement.selection]
    if selection.removed:
        return Refusal(RejectReason.SELECTION_REMOVED, "the selection was removed")
    if floor.ladder.tick(placement.price) is None:
        return Refusal(RejectReason.INVALID_PRICE, f"{placement.price} is not a price of this market")
    if placement.size_micros <= 0 or placement.size_micros % floor.terms.lot_micros:
        return Refusal(RejectReason.INVALID_SIZE, f"the size must be a multiple of {floor.terms.lot_micros}")
    if not _big_enough(floor.terms, placement.price, placement.size_micros):
        return Refusal(RejectReason.INVALID_SIZE, f"the size must be at least {floor.terms.size_min_micros}")
    if placement.post_only and crosses(selection, placement.side, placement.price):
        return Refusal(RejectReason.POST_ONLY, "the order would match at once")
    return None


def stillborn(floor: Floor, order: SimOrder, placement: Placement) -> Cause | None:
    """Why an order that was accepted may not enter the book after all."""
    market = floor.markets[order.market]
    selection = market.selections[order.selection]
    if selection.removed:
        return Cause.SELECTION_REMOVED
    if placement.version and placement.version < market.version:
        return Cause.MARKET_VERSION
    if placement.post_only and crosses(selection, order.side, order.price):
        return Cause.POST_ONLY
    if placement.life is Life.FILL_OR_KILL:
        within, _ = _at_once(floor, order, placement)
        least = placement.fill_min_micros or order.remaining_micros
        return Cause.NOT_MATCHED_AT_ONCE if within < least else None
    return None


def _at_once(floor: Floor, order: SimOrder, placement: Placement) -> tuple[int, int]:
    """What a fill-or-kill finds: size, and the worst price that it meets."""
    opposite = floor.markets[order.market].selections[order.selection].books[other(order.side)]
    return opposite.at_once(
        order.price, order.remaining_micros, by_average=placement.by_average, lot_micros=floor.terms.lot_micros
    )


def match(floor: Floor, order: SimOrder, placement: Placement, now_ns: int) -> Cause | None:
    """Trade against the best resting orders as long as prices meet; a cause if the rest must die.

    Own orders count in the size that a fill-or-kill finds, so one that meets them may keep partial fills.
    """
    opposite = floor.markets[order.market].selections[order.selection].books[other(order.side)]
    limit = order.price
    if placement.life is Life.FILL_OR_KILL:
        within, limit = _at_once(floor, order, placement)
        if within < order.remaining_micros:
            floor.drop(order, order.remaining_micros - within, Cause.NOT_MATCHED_AT_ONCE, now_ns)
    while order.remaining_micros and opposite.reaches(limit):
        maker = opposite.first()
        if maker.account != order.account or placement.self_match is SelfMatch.ALLOW:
            floor.match(order, maker, now_ns)
        elif placement.self_match is SelfMatch.CANCEL_MAKER:
            floor.drop(maker, maker.remaining_micros, Cause.SELF_MATCH, now_ns)
        else:
            return Cause.SELF_MATCH
    return None if placement.life is Life.REST else Cause.NOT_MATCHED_AT_ONCE


def new_order(placement: Placement, *, number: int, now_ns: int) -> SimOrder:
    """The order that a placement becomes."""
    return SimOrder(
        number=number,
        account=placement.account,
        market=placement.market,
        selection=placement.selection,
        side=placement.side,
        price=placement.price,
        size_micros=placement.size_micros,
        placed_ns=now_ns,
        persist=placement.persist,
        client_ref=placement.client_ref,
        changed_ns=now_ns,
    )


def as_placed_anew(order: SimOrder, *, price: int, remaining_micros: int) -> Placement:
    """An amended order as its owner would send it today."""
    return Placement(
        account=order.account,
        market=order.market,
        selection=order.selection,
        side=order.side,
        price=price,
        size_micros=remaining_micros,
        persist=order.persist,
        client_ref=order.client_ref,
    )


def _big_enough(terms: Terms, price: int, size_micros: int) -> bool:
    """A stake below the minimum is good enough at odds at which it pays what the venue asks for."""
    if size_micros >= terms.size_min_micros:
        return True
    return 0 < terms.payout_min_micros <= size_micros * price // 100
