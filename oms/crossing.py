"""Orders of ours that would trade with each other through another outcome of the same market.

An exchange that cross-matches takes backs of all outcomes of a market together when their chances by price reach one,
and lays of all when they do not pass it. Our own orders on the other outcomes therefore stand, unseen, in the book of
this one; trading with oneself is forbidden however it comes about. Whether a venue really cross-matches is not asked:
two bets of ours that would meet there are worth less together than neither.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from msgspec.structs import replace

from domain.ids import InstrumentId, OrderRef
from domain.intents import Child
from domain.odds import CLASSIC, NATIVE_SCALE, Band, PriceKind, ladder
from domain.orders import Order, Side
from domain.synthetic import cross_match, two_runner_virtual

ODDS_SCALE = NATIVE_SCALE[PriceKind.ODDS]

CERTAIN = 10**9
NEARLY = CERTAIN // 20
"""Farther than this from certainty chances by price need no exact arithmetic, whatever a tick rounds."""


def met_across(
    child: Child, others: Sequence[InstrumentId], working: Iterable[Order], bands: tuple[Band, ...] = CLASSIC.bands
) -> tuple[OrderRef, ...]:
    """Orders of ours on the other outcomes that the child would be matched with, none if it would not.

    `others` are the instruments of all other outcomes, `bands` of the ladder that all of them are bet on; `working`
    our orders there.
    """
    nearest: dict[InstrumentId, Order] = {}
    for order in working:
        if order.side is not child.side or not order.exposed_micros or order.instrument not in others:
            continue
        for price in order.prices:
            known = nearest.get(order.instrument)
            if known is None or (price < known.price) is (child.side is Side.BACK):
                nearest[order.instrument] = order if price == order.price else replace(order, price=price)
    if not others or len(nearest) < len(others):
        return ()
    book = sum((_chance(order.price) for order in nearest.values()), _chance(child.price))
    if abs(book - CERTAIN) > NEARLY and (book > CERTAIN) is not (child.side is Side.BACK):
        return ()  # far from it, as almost always
    met = _meets_mirror(child, nearest[others[0]], bands) if len(others) == 1 else _meets_all(child, nearest.values())
    return tuple(order.ref for order in nearest.values()) if met else ()


def _chance(price: int) -> int:
    """The chance by price, in 1e-9."""
    return CERTAIN * ODDS_SCALE // price


def _meets_mirror(child: Child, order: Order, bands: tuple[Band, ...]) -> bool:
    """Of two outcomes each is the other's reverse: the order shows in the child's book at one price."""
    shown = two_runner_virtual(order.side, order.price, ladder(PriceKind.ODDS, bands))
    if shown is None:
        return False
    return child.price <= shown[1] if child.side is Side.BACK else child.price >= shown[1]


def _meets_all(child: Child, orders: Iterable[Order]) -> bool:
    """Of several outcomes the others together make a price for this one."""
    made = cross_match({order.ref: Fraction(order.price, ODDS_SCALE) for order in orders}, payout=Fraction(1))
    if made is None:
        return child.side is Side.BACK
    odds = Fraction(child.price, ODDS_SCALE)
    return odds <= made.odds if child.side is Side.BACK else odds >= made.odds
