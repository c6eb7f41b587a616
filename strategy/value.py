"""Value taking: cross the spread where a price beats the fair value by enough, or wait where waiting is worth more."""

from math import ceil, floor
from typing import ClassVar

import msgspec

from domain.ids import MarketId, StrategyName
from domain.intents import Lack, QuoteIntent, TakeIntent, Withheld
from domain.messages import FairValueReceived
from domain.money import MICROS, parse_micros
from domain.net_price import PROBABILITY_SCALE
from domain.orders import Side
from domain.plans import Rung, RungKind
from domain.portfolio import InstrumentView, MarketView
from strategy.base import Wanted
from strategy.comparator import Comparison, comparisons
from strategy.fair_value import FairValueVerdict, GateRules
from strategy.freshness import judged
from strategy.places import Place
from strategy.sizing import CappedStake
from strategy.stakes import Bankroll, Held, Sizing, capped_risk, kelly_risks
from strategy.uncertainty import bet_delay_ev
from strategy.waiting import Touch, rest_instead

SECOND_NS = 1_000_000_000

MARKETS_REMEMBERED = 4096
"""Of so many markets the time of the last take is kept; of the rest it is long ago."""


class ValueSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When and how much is taken. Money is decimal text in the base currency, edges are probabilities.

    A price is taken when it beats the fair value, after fees, by `min_edge` plus `sd_multiple` standard deviations
    of it (growing by `sigma_logit` per square root of a second of age), plus what a bet delay costs:
    jumps of `jump_size` come `jump_rate_per_s` against us, and with `not_suspended_prob` the venue does not
    suspend in time.

    `sizing` is one of `strategy.stakes.Sizing`, on `kelly_fraction` of full Kelly with `bankroll`; a bet risks at
    most `stake_max` and `depth_share` of what its price offers, and below `stake_min` none is made. What was not
    matched is sent again, wherever it is best then, for `again_ms`. After a take the market rests for `cooldown_s`:
    with a `depth_share` below 1 the next slice waits so long for the book to fill up again, and is sized anew.
    With `post_fill_prob` above 0, the first guess of the chance that an order at the touch with nobody before it is
    matched in time (`domain.chances`), the strategy rests there when that is worth more than crossing.
    `versions_approved`: model versions that may price, empty for all.
    """

    min_edge: float = 0.01
    sd_multiple: float = 1.0
    sigma_logit: float = 0.01
    sizing: Sizing = "kelly_existing"
    kelly_fraction: float = 0.25
    bankroll: str = "1000"
    stake_max: str = "20"
    stake_min: str = "2"
    depth_share: float = 1.0
    cooldown_s: float = 2.0
    again_ms: int = 0
    in_play: bool = True
    jump_rate_per_s: float = 0.0005
    jump_size: float = 0.25
    not_suspended_prob: float = 0.5
    post_fill_prob: float = 0.0
    versions_approved: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("min_edge", "jump_size", "kelly_fraction", "depth_share"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie above 0 and be at most 1, not {getattr(self, name)}")
        for name in ("not_suspended_prob", "post_fill_prob"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a chance and must lie in [0, 1], not {getattr(self, name)}")
        for name in ("sd_multiple", "sigma_logit", "cooldown_s", "jump_rate_per_s", "again_ms"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be 0 or more, not {getattr(self, name)}")
        for name in ("bankroll", "stake_max", "stake_min"):
            if not parse_micros(getattr(self, name)) > 0:
                raise ValueError(f'{name} must be above 0, written as "10", not {getattr(self, name)!r}')
        if parse_micros(self.stake_min) > parse_micros(self.stake_max):
            raise ValueError(f"stake_min {self.stake_min} must not be above stake_max {self.stake_max}")


class ValueTaker:
    """Takes what is offered too cheap or asked for too dear, one decision at a time in a market.

    While an order of its own there may still be matched it takes nothing more: the next size has to know the
    last one's fill.
    """

    Settings: ClassVar[type[msgspec.Struct]] = ValueSettings

    def __init__(self, name: StrategyName, settings: ValueSettings) -> None:
        self.name = name
        self._settings = settings
        self._rules = GateRules(
            sigma_b=settings.sigma_logit, k=settings.sd_multiple, approved=frozenset(settings.versions_approved)
        )
        self._bankroll = Bankroll(float(settings.bankroll), settings.kelly_fraction)
        self._stake_max_micros = parse_micros(settings.stake_max)
        self._stake_min_micros = parse_micros(settings.stake_min)
        self._ladder = (Rung(RungKind.FOLLOW, settings.again_ms),) if settings.again_ms else ()
        self._taken_ns: dict[MarketId, int] = {}

    def decide(self, view: MarketView) -> Wanted:
        """The takes worth making now, a quote where waiting is worth more, or the reason why nothing is."""
        fair = view.fair
        if fair is None:
            return Wanted(because_not="no fair value")
        verdict = judged(fair, view, self._rules)
        if not verdict.accepted:
            return Wanted(because_not=", ".join(verdict.reasons))
        if self._cooling(view):
            return Wanted(because_not="a take was just made")
        needed = self._edges_needed(view, verdict)
        wanted = [bet for bet in comparisons(view, fair.probabilities, edges_min=needed) if self._worth(bet, needed)]
        if not wanted:
            return Wanted(because_not="no price beats the fair value by enough")
        wanted.sort(key=lambda bet: -bet.ev_per_risk * min(bet.risk, self._stake_max_micros / MICROS))
        reachable = [bet for bet in wanted if bet.listing.tokens > 0]
        if not reachable and not view.working:
            sized, too_little = self._sized(wanted, view, fair.probabilities)
            for bet, capped in sized:
                too_little += self._withheld(bet, view, int(capped.risk), Lack.VENUE_BUDGET)
            return Wanted(because_not="no message is left for any price", withheld=tuple(too_little))
        return self._acted(reachable or wanted, needed, view, fair)

    # --- which prices ---

    def _edges_needed(self, view: MarketView, verdict: FairValueVerdict) -> list[float]:
        """Per outcome: the least edge and the fair value's own doubt; a bet delay costs more where there is one."""
        return [self._settings.min_edge + extra for extra in verdict.extra_edge]

    def _delay_cost(self, listing: InstrumentView) -> float:
        """What the venue's bet delay may cost a claim there now."""
        delay_ms = listing.bet_delay_ms if listing.in_play else 0
        if not delay_ms:
            return 0.0
        settings = self._settings
        left = bet_delay_ev(
            edge=0.0,
            adverse_rate=settings.jump_rate_per_s,
            delay_s=delay_ms / 1000,
            jump=settings.jump_size,
            p_not_suspended=settings.not_suspended_prob,
        )
        return -left.ev

    def _worth(self, bet: Comparison, needed: list[float]) -> bool:
        if bet.listing.in_play and not self._settings.in_play:
            return False
        return bet.edge >= needed[bet.outcome] + self._delay_cost(bet.listing)

    # --- what to do about them ---

    def _acted(
        self, wanted: list[Comparison], needed: list[float], view: MarketView, fair: FairValueReceived
    ) -> Wanted:
        """Takes, or quotes where waiting is worth more; nothing is taken while an order of ours may be matched."""
        probs = fair.probabilities
        quotes: list[QuoteIntent] = []
        takes: list[TakeIntent] = []
        sized, too_little = self._sized(wanted, view, probs)
        for bet, capped in sized:
            p = probs[bet.outcome]
            because = f"fair {p:.4f}, net {bet.net_price:.4f}, size by {', '.join(capped.binding)}"
            guess = self._settings.post_fill_prob
            touch = rest_instead(bet, view, p=p, fill_prob=guess) if guess else None
            if touch is not None:
                quotes += self._resting(touch, bet.side, int(capped.risk), because, view.claims_max_micros)
            elif not view.working:
                takes.append(self._take(bet, view, needed[bet.outcome], int(capped.risk), because))
        if takes:
            self._remember(view.market.id, view.now_ns)
        because_not = "" if quotes or takes else "too small, or an own order is still open"
        return Wanted(tuple(quotes), tuple(takes), because_not, withheld=() if view.working else tuple(too_little))

    def _sized(
        self, wanted: list[Comparison], view: MarketView, probs: tuple[float, ...]
    ) -> tuple[list[tuple[Comparison, CappedStake]], list[Withheld]]:
        """The bets that are large enough, each sized by what the ones before it left of the budget.

        Beside them those that would be large enough if more were left of it.
        """
        held = Held.seen(view, probs)
        budget_micros = max(0, view.budget_micros)
        sized: list[tuple[Comparison, CappedStake]] = []
        too_little: list[Withheld] = []
        for bet, risk in kelly_risks(self._settings.sizing, wanted, self._bankroll, held):
            offered = int(bet.risk * self._settings.depth_share * MICROS)
            caps = {"stake_max": self._stake_max_micros, "offered": offered}
            free = capped_risk(risk, caps=caps, min_micros=self._stake_min_micros)
            capped = capped_risk(risk, caps=caps | {"budget": budget_micros}, min_micros=self._stake_min_micros)
            if capped.placed:
                budget_micros -= int(capped.risk)
                sized.append((bet, capped))
            elif free.placed:
                too_little += self._withheld(bet, view, int(free.risk), Lack.CAP_EVENT)
        return sized, too_little

    def _withheld(self, bet: Comparison, view: MarketView, risk_micros: int, lack: Lack) -> list[Withheld]:
        """The bet as an order that is not asked for, at the best price; none if the venue takes none so small."""
        book, instrument = bet.listing.book, bet.listing.instrument
        price = book.ladder.prices[book.best_back if bet.side is Side.BACK else book.best_lay]
        place = Place(instrument, book.ladder)
        size = place.size_micros(bet.side, price, risk_micros=risk_micros, rate_e8=bet.listing.rate_e8)
        size = place.within_micros(size, price, view.claims_max_micros)
        return [Withheld(self.name, instrument.id, bet.side, price, size, lack)] if size else []

    def _take(self, bet: Comparison, view: MarketView, needed: float, risk_micros: int, because: str) -> TakeIntent:
        """The intent: its limit keeps the whole edge that was asked for, rounded against us, wherever it is routed.

        What a venue's bet delay costs is told beside it, for the router to charge where it is.
        """
        assert view.fair is not None, "a take follows from a fair value"
        p, back = view.fair.probabilities[bet.outcome], bet.side is Side.BACK
        limit = p - needed if back else p + needed
        claims = int(risk_micros / (bet.net_price if back else 1 - bet.net_price))
        return TakeIntent(
            strategy=self.name,
            market=bet.listing.instrument.listing.market,
            outcome=bet.outcome,
            side=bet.side,
            limit_e9=floor(limit * PROBABILITY_SCALE) if back else ceil(limit * PROBABILITY_SCALE),
            claims_micros=claims if view.claims_max_micros is None else min(claims, view.claims_max_micros),
            because=because,
            ladder=self._ladder,
            delay_costs=tuple(
                (listing.bet_delay_ms, ceil(self._delay_cost(listing) * PROBABILITY_SCALE))
                for listing in view.listings
                if listing.in_play and listing.bet_delay_ms and listing.instrument.listing.outcome == bet.outcome
            ),
        )

    def _resting(
        self, touch: Touch, side: Side, risk_micros: int, because: str, claims_max_micros: int | None
    ) -> list[QuoteIntent]:
        instrument = touch.listing.instrument
        place = Place(instrument, touch.listing.book.ladder)
        size = place.size_micros(side, touch.price, risk_micros=risk_micros, rate_e8=touch.listing.rate_e8)
        size = place.within_micros(size, touch.price, claims_max_micros)
        if not size:
            return []
        quote = QuoteIntent(self.name, instrument.id, side, touch.price, size, because, rest_ppm=touch.rest_ppm)
        return [quote]

    # --- memory ---

    def _cooling(self, view: MarketView) -> bool:
        taken_ns = self._taken_ns.get(view.market.id)
        return taken_ns is not None and view.now_ns - taken_ns < self._settings.cooldown_s * SECOND_NS

    def _remember(self, market: MarketId, now_ns: int) -> None:
        self._taken_ns.pop(market, None)
        self._taken_ns[market] = now_ns
        if len(self._taken_ns) > MARKETS_REMEMBERED:
            del self._taken_ns[next(iter(self._taken_ns))]
