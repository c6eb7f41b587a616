"""Market making: on every venue a bid and an ask around one reservation price that leans away from what we hold."""

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from domain.ids import InstrumentId, StrategyName
from domain.intents import Lack, QuoteIntent, Withheld
from domain.money import MICROS, parse_micros
from domain.odds import PriceKind
from domain.orders import Order, Side
from domain.portfolio import InstrumentView, MarketView
from strategy.base import Wanted
from strategy.centres import Centre, QuotingSettings, centres, gaps
from strategy.fair_value import GateRules
from strategy.freshness import judged
from strategy.places import Place
from strategy.protection import NOWHERE, Distances, overrun
from strategy.quoting_models import half_spread_floor
from strategy.requote import withheld
from strategy.uncrossed import is_mirrored

Slot = tuple[InstrumentId, Side]
"""One side of one book."""


class _Aim(msgspec.Struct):
    """What is known of one outcome: its fair value, the edge asked for being unsure of it, the centre, what we hold."""

    p: float
    extra_edge: float
    centre: Centre
    held_micros: int
    because: str


class _Target(msgspec.Struct):
    """A price to rest at, before its size; `resting` is the order of ours that stands on that side already."""

    place: Place
    view: InstrumentView
    side: Side
    price: int
    keep_price: int
    resting: Order | None
    unwinds: bool
    because: str


class MarketMaker:
    """Quotes both sides of every outcome on every venue that may be traded; see `strategy.centres` for the settings.

    One centre per outcome serves all venues, each with its own fee and ladder, so that a fill on one moves the
    quotes on all. Every bid stays below the fair value and every ask above it, after fees: no two of our quotes can
    trade through each other. A quote that would meet what is in the book is left out: we do not pay the taker's
    fee to be picked off.
    """

    Settings: ClassVar[type[msgspec.Struct]] = QuotingSettings

    def __init__(self, name: StrategyName, settings: QuotingSettings) -> None:
        self.name = name
        self._settings = settings
        self._rules = GateRules(
            sigma_b=settings.sigma_logit, k=settings.sd_multiple, approved=frozenset(settings.versions_approved)
        )
        self._jumps = settings.jumps()
        self._stake_micros = parse_micros(settings.stake)
        self._inventory_max_micros = parse_micros(settings.inventory_max)
        self._places: dict[InstrumentId, Place] = {}
        self._protection = settings.protection()
        self._distances = Distances(self._protection)
        centres(settings, probs=(0.5, 0.5), pnl=(0.0, 0.0), held=(0.0, 0.0))  # settings no model can hold fail here

    def decide(self, view: MarketView) -> Wanted:
        """Quotes for one market; none, with the reason, when its fair value may not be priced from."""
        fair = view.fair
        if fair is None:
            return Wanted(because_not="no fair value")
        verdict = judged(fair, view, self._rules)
        if not verdict.accepted:
            return Wanted(because_not=", ".join(verdict.reasons))
        aims = self._aims(fair.probabilities, verdict.extra_edge, view)
        working = {(order.instrument, order.side): order for order in view.working}
        pulled = self._overrun(view) if view.matches else NOWHERE
        targets = [
            target
            for listing in view.listings
            if self._may_quote(listing, aims, view.now_ns)
            for target in self._targets(listing, aims, working)
            if not pulled or (listing.instrument.listing.outcome, target.side) not in pulled
        ]
        return self._sized(targets, view)

    def _overrun(self, view: MarketView) -> frozenset[tuple[int, Side]]:
        return overrun(view.matches, self._protection, view.now_ns, mirrored=is_mirrored(view.market))

    def _may_quote(self, listing: InstrumentView, aims: list[_Aim], now_ns: int) -> bool:
        """Whether a book takes quotes of ours, and lies where the fair value says that it should."""
        instrument = listing.instrument
        if not listing.tradable or instrument.terms.kind is PriceKind.LINE:
            return False
        if listing.in_play and not self._settings.in_play:
            return False
        p = aims[instrument.listing.outcome].p
        return not self._distances.is_away(self._place(listing), listing.book, p, now_ns)

    def _aims(self, probs: tuple[float, ...], extra_edge: tuple[float, ...], view: MarketView) -> list[_Aim]:
        pnl, winners = [result / MICROS for result in view.pnl_micros], view.market.winners
        held = gaps(probs, pnl, winners=winners)
        around = centres(self._settings, probs=probs, pnl=pnl, held=held, winners=winners)
        return [
            _Aim(p, extra, centre, int(gap * MICROS), f"fair {p:.4f}, centre {centre.reservation:.4f}, holds {gap:.2f}")
            for p, extra, centre, gap in zip(probs, extra_edge, around, held, strict=True)
        ]

    # --- prices ---

    def _targets(self, listing: InstrumentView, aims: list[_Aim], working: dict[Slot, Order]) -> Iterator[_Target]:
        """The prices worth resting at on one book; how far one may stray only where an order of ours rests."""
        instrument = listing.instrument
        place = self._places[instrument.id]
        aim = aims[instrument.listing.outcome]
        half = self._net_half(place, aim, in_play=listing.in_play)
        least = self._settings.cancel_edge
        for side, sign, allowed in ((Side.BACK, 1, aim.centre.bid), (Side.LAY, -1, aim.centre.ask)):
            held_micros = sign * aim.held_micros
            if not allowed or held_micros >= self._inventory_max_micros:
                continue
            furthest = sign * aim.p - least  # in the direction of `sign` a higher price is worse for us
            centre = sign * aim.centre.reservation
            tick = place.limit_tick(side, sign * min(centre - half, furthest))
            if tick is None or not place.rests(side, tick, listing.book):
                continue
            resting = working.get((instrument.id, side))
            keep_tick = tick if resting is None else place.limit_tick(side, sign * min(centre - least, furthest))
            if keep_tick is not None:
                prices = place.price(tick), place.price(keep_tick)
                yield _Target(place, listing, side, *prices, resting, held_micros < 0, aim.because)

    def _net_half(self, place: Place, aim: _Aim, *, in_play: bool) -> float:
        """Half-spread to keep after fees: the model's already pays them, the floors come on top of them."""
        fee, tick = place.fee_and_tick(aim.p)
        gross = half_spread_floor(
            model_half=aim.centre.half,
            tick=tick,
            fee=fee,
            sd_p=aim.extra_edge,
            k=1.0,
            min_edge=self._settings.place_edge,
            jumps=self._jumps if in_play else None,
        )
        return gross - fee

    def _place(self, listing: InstrumentView) -> Place:
        """The instrument's constants, computed when it is first seen or its terms have changed."""
        instrument, ladder = listing.instrument, listing.book.ladder
        place = self._places.get(instrument.id)
        if place is None or place.instrument is not instrument or place.ladder is not ladder:
            place = self._places[instrument.id] = Place(instrument, ladder)
        return place

    # --- sizes ---

    def _sized(self, targets: list[_Target], view: MarketView) -> Wanted:
        """The targets with sizes whose losses together stay within the budget, the way back being free of it.

        What rests already has been paid for: it is never asked to shrink, but to what one order may be for. Where the
        budget is what leaves nothing that a venue would take, the quote is withheld.
        """
        opening = sum(not target.unwinds for target in targets)
        share_micros = min(self._stake_micros, max(0, view.budget_micros) // max(1, opening))
        quotes: list[QuoteIntent] = []
        held_back: list[Withheld] = []
        for target in targets:
            size = self._size_micros(target, view, self._stake_micros if target.unwinds else share_micros)
            if size > 0:
                quotes.append(self._quote(target, size))
            elif size := self._size_micros(target, view, self._stake_micros):
                held_back.append(withheld(self._quote(target, size), Lack.CAP_EVENT))
        return Wanted(quotes=tuple(quotes), withheld=tuple(held_back))

    def _size_micros(self, target: _Target, view: MarketView, risk_micros: int) -> int:
        """Native size for so much at risk, not less than what rests, and for no more claims than one order may be."""
        place, price = target.place, target.price
        size = place.size_micros(target.side, price, risk_micros=risk_micros, rate_e8=target.view.rate_e8)
        if target.resting is not None:
            size = max(size, target.resting.remaining_micros)
        return place.within_micros(size, price, view.claims_max_micros)

    def _quote(self, target: _Target, size_micros: int) -> QuoteIntent:
        return QuoteIntent(
            strategy=self.name,
            instrument=target.place.instrument.id,
            side=target.side,
            price=target.price,
            size_micros=size_micros,
            because=target.because,
            keep_price=target.keep_price,
        )
