"""Wishes of different strategies that meet: they are served by each other before any venue sees them.

Trading with oneself at a venue is forbidden and pays its fees twice; refusing the later of two wishes would serve
neither. So what one strategy would take and another would sell, at prices that meet, changes hands between them at the
middle of both prices, within what each of the two may lose, and only the rest becomes orders. Only what is not at a
venue yet can be crossed: an order that rests there may be matched at any moment, so a take stops before its price
(`oms.routes`).

Whoever sums up strategies finds here what they owe each other: claims and money that add up to zero over the desk.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from domain.claims import claims_and_cost_micros
from domain.ids import InstrumentId, MarketId, StrategyName
from domain.inside import CrossedInside
from domain.intents import Intent, QuoteIntent, TakeIntent
from domain.markets import Instrument
from domain.money import FX_SCALE
from domain.net_price import PROBABILITY_SCALE, net_price_ratio
from domain.odds import PriceKind, claim_ratio
from domain.orders import Side
from oms.plans import net_claims_micros

Offer = TakeIntent | QuoteIntent


class Place(msgspec.Struct, frozen=True):
    """What turns a quote's native price and size into claims: the instrument, and base for one unit of its currency."""

    instrument: Instrument
    rate_e8: int


Crosses = Callable[[CrossedInside], bool]
"""Is told of each crossing before it happens; whether it does."""


def cross_inside(
    wishes: Sequence[Intent],
    places: Mapping[InstrumentId, Place],
    crosses: Crosses = lambda _: True,
    *,
    mirrored: bool = False,
) -> tuple[list[Intent], list[CrossedInside]]:
    """The wishes that are left for venues, in their order, and what was crossed. All are about one market.

    Takes are crossed with takes and with quotes; two quotes that meet are two opinions, and neither is in a hurry.
    `mirrored`: one of two outcomes wins, so that whoever backs one would sell to whoever backs the other.
    """
    left: list[Intent] = list(wishes)
    crossed: list[CrossedInside] = []
    for n, wish in enumerate(wishes):
        if isinstance(wish, TakeIntent):
            for m, other in enumerate(wishes):
                if m != n and isinstance(other, TakeIntent | QuoteIntent) and other.strategy != wish.strategy:
                    crossed += _cross(left, n, m, places, crosses, mirrored=mirrored)
    return [wish for wish in left if not _is_served(wish)], crossed


def _cross(
    left: list[Intent], n: int, m: int, places: Mapping[InstrumentId, Place], crosses: Crosses, *, mirrored: bool
) -> Iterator[CrossedInside]:
    """Serve a take by another wish as far as both still want."""
    take, other = left[n], left[m]
    assert isinstance(take, TakeIntent)
    assert isinstance(other, TakeIntent | QuoteIntent)
    outcome, theirs_e9 = _outcome(other, places), _price_e9(other, places)
    reverse = outcome != take.outcome
    if outcome is None or (reverse and not mirrored) or (other.side is take.side) is not reverse:
        return
    ours, theirs = (take.strategy, take.limit_e9), (other.strategy, theirs_e9)
    if reverse:
        theirs = other.strategy, PROBABILITY_SCALE - theirs_e9
    (buyer, buys_e9), (seller, sells_e9) = (ours, theirs) if take.side is Side.BACK else (theirs, ours)
    claims = min(_claims(take, places), _claims(other, places))
    if claims <= 0 or buys_e9 < sells_e9:
        return
    crossing = CrossedInside(take.market, take.outcome, buyer, seller, claims, (buys_e9 + sells_e9) // 2)
    if crosses(crossing):
        left[n], left[m] = _less(take, claims, places), _less(other, claims, places)
        yield crossing


def _outcome(offer: Offer, places: Mapping[InstrumentId, Place]) -> int | None:
    """What an offer is about; None for a quote of a line, which no claim compares with."""
    if isinstance(offer, TakeIntent):
        return offer.outcome
    instrument = places[offer.instrument].instrument
    return None if instrument.terms.kind is PriceKind.LINE else instrument.listing.outcome


def _price_e9(offer: Offer, places: Mapping[InstrumentId, Place]) -> int:
    """The worst net price of an offer: of a quote what its match would cost or bring as a maker."""
    if isinstance(offer, TakeIntent):
        return offer.limit_e9
    terms = places[offer.instrument].instrument.terms
    part, whole = net_price_ratio(terms.fee, offer.side, claim_ratio(terms.kind, offer.price), maker=True)
    return part * PROBABILITY_SCALE // whole


def _claims(offer: Offer, places: Mapping[InstrumentId, Place]) -> int:
    """Net claims in base that an offer still wants."""
    if isinstance(offer, TakeIntent):
        return offer.claims_micros
    place = places[offer.instrument]
    terms = place.instrument.terms
    gross, cost = claims_and_cost_micros(terms.kind, offer.price, offer.size_micros)
    return net_claims_micros(offer.side, terms.fee, claims=gross, cost=cost) * place.rate_e8 // FX_SCALE


def _less(offer: Offer, claims: int, places: Mapping[InstrumentId, Place]) -> Offer:
    """The offer without so many of its claims; a quote in whole lots, rounded down."""
    if isinstance(offer, TakeIntent):
        return msgspec.structs.replace(offer, claims_micros=offer.claims_micros - claims)
    wanted, lot = _claims(offer, places), places[offer.instrument].instrument.terms.lot_micros
    size = offer.size_micros * (wanted - claims) // wanted // lot * lot
    return msgspec.structs.replace(offer, size_micros=size)


def _is_served(wish: Intent) -> bool:
    if isinstance(wish, TakeIntent):
        return wish.claims_micros <= 0
    return isinstance(wish, QuoteIntent) and wish.size_micros <= 0


Holds = tuple[int, int]
"""Claims bought less sold, and money paid less taken, both in base micros."""


def cost_micros(crossing: CrossedInside) -> int:
    """What the buyer owes the seller."""
    return crossing.claims_micros * crossing.price_e9 // PROBABILITY_SCALE


class InsideBook:
    """What strategies hold of each other: claims bought less sold, and money paid less taken, both in base micros."""

    def __init__(self) -> None:
        self.held: defaultdict[tuple[StrategyName, MarketId, int], Holds] = defaultdict(lambda: (0, 0))

    def holds(self, strategy: StrategyName, market: MarketId, outcome: int) -> Holds:
        """What a strategy has of an outcome."""
        return self.held.get((strategy, market, outcome), (0, 0))

    def results(self, strategy: StrategyName, market: MarketId, outcomes: int) -> tuple[int, ...]:
        """What a strategy's share brings if an outcome alone wins, outcome by outcome."""
        holds = [self.holds(strategy, market, outcome) for outcome in range(outcomes)]
        paid = sum(one[1] for one in holds)  # comes true whoever wins
        return tuple(claims - paid for claims, _ in holds)

    def paid_micros(self, strategy: StrategyName, market: MarketId) -> int:
        """Money paid less taken by a strategy in a market."""
        return sum(paid for (whose, where, _), (_, paid) in self.held.items() if (whose, where) == (strategy, market))

    def apply(self, body: CrossedInside) -> None:
        """Take a crossing over: the buyer has claims and owes their price, the seller the reverse."""
        cost = cost_micros(body)
        for strategy, sign in ((body.buyer, 1), (body.seller, -1)):
            key = strategy, body.market, body.outcome
            claims, paid = self.held[key]
            self.held[key] = claims + sign * body.claims_micros, paid + sign * cost

    def snapshot(self) -> list[tuple[StrategyName, MarketId, int, int, int]]:
        """Everything in plain values, for the digest."""
        return sorted((*key, *held) for key, held in self.held.items())
