"""Arbitrage: back an outcome where it is cheap and lay it where it is dear, when both after fees leave enough.

Or bet all outcomes of a market with one winner: back each where it is cheapest, when a claim of each together costs
less than the one that one of them will pay, or lay each where it is dearest, when they bring more.

It needs no fair value: what one venue asks for a claim and another pays for it is all there is to know. How the two
legs are carried out, in which order, and what happens when not all of them are had, is the plan's business; here
only its ladder is said, with its times, before anything is sent.
"""

from typing import ClassVar

import msgspec

from domain.book import Book
from domain.claims import claims_and_cost_micros
from domain.ids import InstrumentId, MarketId, StrategyName
from domain.intents import Lack, PairIntent, SetIntent, SetLeg, Withheld
from domain.markets import Instrument
from domain.money import FX_SCALE, parse_micros
from domain.net_price import PROBABILITY_SCALE, net_price_ratio
from domain.odds import PriceKind, claim_ratio
from domain.orders import Side
from domain.plans import Rung, RungKind
from domain.portfolio import InstrumentView, MarketView
from strategy.accounts import is_one_book
from strategy.base import NOTHING, Wanted

MS = 1_000_000

MARKETS_REMEMBERED = 4096
"""Of so many markets the time of the last pair is kept; of the rest it is long ago."""


class ArbitrageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a pair is made. Money and claims are decimal text in the base currency, edges probabilities.

    `min_edge` must be left of a claim after both venues' fees and what their bet delays may cost; half of what is left
    beyond it each leg may give up in depth (of a set its part). A pair takes at most `claims_max` claims, brings at
    least `profit_min` whatever happens, and its first leg alone (of a set all but one) can lose no more than
    `naked_max`. If the second leg cannot be had at its price within `follow_ms`, it may bring the pair down to nothing
    for `retry_ms`, then lose `accept_loss` a claim for `accept_ms`; what is uneven then is carried if it can lose no
    more than `carry_max`, else the strategy rests. After a pair the market is left alone for `cooldown_ms`. With
    `sets`, bets on all outcomes are looked for too.
    """

    min_edge: float = 0.004
    claims_max: str = "40"
    profit_min: str = "0.05"
    naked_max: str = "30"
    carry_max: str = "30"
    follow_ms: int = 400
    retry_ms: int = 800
    accept_ms: int = 2_000
    accept_loss: float = 0.02
    cooldown_ms: int = 1_000
    in_play: bool = True
    sets: bool = True

    def __post_init__(self) -> None:
        for name in ("min_edge", "accept_loss"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} is a probability and must lie between 0 and 1, not {getattr(self, name)}")
        for name in ("claims_max", "profit_min", "naked_max", "carry_max"):
            if not parse_micros(getattr(self, name)) > 0:
                raise ValueError(f'{name} must be above 0, written as "10", not {getattr(self, name)!r}')
        for name in ("follow_ms", "retry_ms", "accept_ms", "cooldown_ms"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be 0 or more, not {getattr(self, name)}")

    def ladder(self) -> tuple[Rung, ...]:
        """What is done about an uneven pair, and for how long."""
        loss_e9 = round(self.accept_loss * PROBABILITY_SCALE)
        return (
            Rung(RungKind.FOLLOW, self.follow_ms),
            Rung(RungKind.RETRY, self.retry_ms),
            Rung(RungKind.ACCEPT, self.accept_ms, loss_e9),
        )


class _Best(msgspec.Struct):
    """The best net price of one side of one outcome, in 1e-9, its bet delay borne, and where it is."""

    net_e9: int
    listing: InstrumentView

    def level(self, side: Side) -> tuple[int, int]:
        """Price and size of that price's level, native."""
        book = self.listing.book
        tick, sizes = (book.best_back, book.to_back) if side is Side.BACK else (book.best_lay, book.to_lay)
        return book.ladder.prices[tick], sizes[tick]

    def claims_micros(self, side: Side) -> int:
        """Claims in base that the level is for."""
        claims, _ = claims_and_cost_micros(self.listing.instrument.terms.kind, *self.level(side))
        return claims * self.listing.rate_e8 // FX_SCALE


class _BestPrices(msgspec.Struct):
    """The best prices of a market by outcome; `left_out`: beside them there are some where no message is left."""

    backs: dict[int, _Best]
    lays: dict[int, _Best]
    left_out: bool


class _Found(msgspec.Struct):
    """A pair, or a set `of_all` outcomes, that leaves enough: what a claim of it leaves, in 1e-9, and its legs."""

    edge_e9: int
    legs: tuple[tuple[Side, _Best], ...]
    of_all: bool = False


class _Nets(msgspec.Struct):
    """Net prices of one instrument by tick, as far as they were looked at."""

    instrument: Instrument
    back: dict[int, int]
    lay: dict[int, int]

    def learn(self, side: Side, book: Book, tick: int) -> int:
        """Net price of a claim for a taker, rounded against us; a line costs all and brings nothing."""
        known = self.back if side is Side.BACK else self.lay
        net = known[tick] = _net_e9(self.instrument, side, book.ladder.prices[tick])
        return net


class Arbitrage:
    """Looks at the best prices of every outcome; one pair or set at a time in a market, none while one is under way."""

    Settings: ClassVar[type[msgspec.Struct]] = ArbitrageSettings

    def __init__(self, name: StrategyName, settings: ArbitrageSettings) -> None:
        self.name = name
        self._settings = settings
        self._ladder = settings.ladder()
        self._edge_e9 = round(settings.min_edge * PROBABILITY_SCALE)
        self._nets: dict[InstrumentId, _Nets] = {}
        self._paired_ns: dict[MarketId, int] = {}

    def decide(self, view: MarketView) -> Wanted:
        """The pair that leaves most, if any leaves enough; else the set.

        If none does but one would with venues whose message budget is spent, that one is withheld.
        """
        if view.working or self._rests(view):
            return NOTHING
        best = self._best_prices(view)
        found = self._found(view, best)
        if found is None:
            found = self._found(view, self._best_prices(view, spent=True)) if best.left_out else None
            return NOTHING if found is None or _why_not(view, found) else self._withheld(found)
        if (why_not := _why_not(view, found)) is not None:
            return why_not
        self._remember(view.market.id, view.now_ns)
        return Wanted(pairs=(self._set(view, found) if found.of_all else self._pair(view, found),))

    def _found(self, view: MarketView, best: _BestPrices) -> _Found | None:
        """What leaves enough: a back and a lay of one outcome, else a set."""
        backs, lays = best.backs, best.lays
        pairs = [
            (lays[n].net_e9 - back.net_e9, back, lays[n])
            for n, back in backs.items()
            if n in lays and not is_one_book(back.listing, lays[n].listing)
        ]
        edge_e9, back, lay = max(pairs, key=lambda pair: pair[0], default=(0, None, None))
        if back is None or lay is None or edge_e9 < self._edge_e9:
            return self._set_of_all(view, best)
        return _Found(edge_e9, ((Side.BACK, back), (Side.LAY, lay)))

    def _set_of_all(self, view: MarketView, best: _BestPrices) -> _Found | None:
        """All outcomes backed, or all laid, whichever leaves more, if it leaves enough."""
        count = len(view.market.outcomes)
        if not self._settings.sets or view.market.winners != 1 or max(len(best.backs), len(best.lays)) < count:
            return None
        found = []
        for side, bests in ((Side.BACK, best.backs), (Side.LAY, best.lays)):
            if len(bests) == count:
                left = PROBABILITY_SCALE - sum(one.net_e9 for one in bests.values())
                legs = tuple((side, bests[outcome]) for outcome in sorted(bests))
                found.append(_Found(left if side is Side.BACK else -left, legs, of_all=True))
        most = max(found, key=lambda one: one.edge_e9)
        return most if most.edge_e9 >= self._edge_e9 else None

    def _best_prices(self, view: MarketView, *, spent: bool = False) -> _BestPrices:
        """Per outcome the cheapest back and the dearest lay of all venues, after fees and what a bet delay may cost.

        `spent`: of those too whose message budget is.
        """
        backs: dict[int, _Best] = {}
        lays: dict[int, _Best] = {}
        left_out = False
        for listing in view.listings:
            if not listing.tradable or (listing.in_play and not self._settings.in_play):
                continue
            if listing.tokens <= 0 and not spent:
                left_out = True
                continue
            instrument, book = listing.instrument, listing.book
            nets, outcome = self._nets.get(instrument.id), instrument.listing.outcome
            if nets is None or nets.instrument is not instrument:
                nets = self._nets[instrument.id] = _Nets(instrument, {}, {})
            if (tick := book.best_back) >= 0:
                net, best = nets.back.get(tick) or nets.learn(Side.BACK, book, tick), backs.get(outcome)
                net += listing.delay_e9
                if best is None or net < best.net_e9:
                    backs[outcome] = _Best(net, listing)
            if (tick := book.best_lay) >= 0:
                net, best = nets.lay.get(tick) or nets.learn(Side.LAY, book, tick), lays.get(outcome)
                net -= listing.delay_e9
                if best is None or net > best.net_e9:
                    lays[outcome] = _Best(net, listing)
        return _BestPrices(backs, lays, left_out)

    def _withheld(self, found: _Found) -> Wanted:
        """A pair or set that a spent budget stands against: what its best levels would leave, at the first such leg."""
        claims = min(parse_micros(self._settings.claims_max), *(one.claims_micros(side) for side, one in found.legs))
        edge_micros = claims * found.edge_e9 // PROBABILITY_SCALE
        if edge_micros < parse_micros(self._settings.profit_min):
            return NOTHING
        side, one = next((side, one) for side, one in found.legs if one.listing.tokens <= 0)
        price, size = one.level(side)
        part = size * claims // one.claims_micros(side)
        instrument = one.listing.instrument.id
        wish = Withheld(self.name, instrument, side, price, part, Lack.VENUE_BUDGET, edge_micros=edge_micros)
        return Wanted(withheld=(wish,))

    def _pair(self, view: MarketView, found: _Found) -> PairIntent:
        (_, back), (_, lay) = found.legs
        edge_e9 = found.edge_e9
        settings, slack = self._settings, (edge_e9 - self._edge_e9) // 2
        told = " and ".join(_told(one) for one in (back, lay))
        return PairIntent(
            strategy=self.name,
            market=view.market.id,
            outcome=back.listing.instrument.listing.outcome,
            back=back.listing.instrument.id,
            lay=lay.listing.instrument.id,
            back_limit_e9=back.net_e9 + slack,
            lay_limit_e9=lay.net_e9 - slack,
            claims_micros=parse_micros(settings.claims_max),
            profit_min_micros=parse_micros(settings.profit_min),
            naked_max_micros=parse_micros(settings.naked_max),
            carry_max_micros=parse_micros(settings.carry_max),
            ladder=self._ladder,
            because=f"{told} leave {edge_e9 / PROBABILITY_SCALE:.4f} a claim",
        )

    def _set(self, view: MarketView, found: _Found) -> SetIntent:
        side, edge_e9 = found.legs[0][0], found.edge_e9
        settings, slack = self._settings, (edge_e9 - self._edge_e9) // len(found.legs)
        given = slack if side is Side.BACK else -slack
        told = " and ".join(_told(one) for _, one in found.legs)
        return SetIntent(
            strategy=self.name,
            market=view.market.id,
            side=side,
            legs=tuple(
                SetLeg(one.listing.instrument.id, one.listing.instrument.listing.outcome, one.net_e9 + given)
                for _, one in found.legs
            ),
            claims_micros=parse_micros(settings.claims_max),
            profit_min_micros=parse_micros(settings.profit_min),
            naked_max_micros=parse_micros(settings.naked_max),
            carry_max_micros=parse_micros(settings.carry_max),
            ladder=self._ladder,
            because=f"{side} of all: {told} leave {edge_e9 / PROBABILITY_SCALE:.4f} a claim",
        )

    def _rests(self, view: MarketView) -> bool:
        paired_ns = self._paired_ns.get(view.market.id)
        return paired_ns is not None and view.now_ns - paired_ns < self._settings.cooldown_ms * MS

    def _remember(self, market: MarketId, now_ns: int) -> None:
        self._paired_ns.pop(market, None)
        self._paired_ns[market] = now_ns
        if len(self._paired_ns) > MARKETS_REMEMBERED:
            del self._paired_ns[next(iter(self._paired_ns))]


def _net_e9(instrument: Instrument, side: Side, price: int) -> int:
    kind, back = instrument.terms.kind, side is Side.BACK
    if kind is PriceKind.LINE:
        return PROBABILITY_SCALE if back else 0
    part, whole = net_price_ratio(instrument.terms.fee, side, claim_ratio(kind, price))
    return -(-part * PROBABILITY_SCALE // whole) if back else part * PROBABILITY_SCALE // whole


def _why_not(view: MarketView, found: _Found) -> Wanted | None:
    """Why prices that leave enough are no arbitrage: one venue's own, or claims that one of them may void alone."""
    venues = {one.listing.instrument.listing.venue for _, one in found.legs}
    if len(venues) == 1:
        return Wanted(because_not="one venue's own book is crossed after fees")
    if not venues.isdisjoint(view.market.void_alone):
        return Wanted(because_not="the venues do not settle this outcome alike")
    return None


def _told(best: _Best) -> str:
    return f"{best.listing.instrument.id} {best.net_e9 / PROBABILITY_SCALE:.4f}"
