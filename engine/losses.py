"""How much was lost lately, in all and by strategy: results as they were settled, what is open at fair values."""

from collections import Counter, defaultdict

import msgspec

from domain.claims import results
from domain.ids import InstrumentId, StrategyName, VenueMarketId, VenueName
from domain.markets import Result
from domain.messages import MarketSettled
from domain.money import FX_SCALE
from domain.net_price import PROBABILITY_SCALE
from domain.operators import KillLevel, KillLevelSet, PauseSet
from domain.orders import Order, Side
from domain.settlement import in_pieces, settled_micros
from engine.prices import Prices
from engine.scribe import Scribe
from risk.breakers import DESK
from risk.limits import Limits
from risk.windows import Drop

MINUTE_NS = 60_000_000_000
MARKS_NS = 5_000_000_000
"""What is open is marked at fair values once in so long, and only where a limit asks for it."""


class _PaidOut(msgspec.Struct):
    """What a venue's market was paid out by, and on what: claims and cost of each strategy there, signed."""

    said: MarketSettled
    bets: dict[tuple[StrategyName, InstrumentId], tuple[int, int]]


class Losses:
    """Falls of the desk's and of each strategy's result within a minute, before commission, in base millionths.

    A strategy that falls too far is put to rest, and only a person resumes it. When the desk falls too far it sets its
    own kill level to reducing, which takes quotes out that would add, and only a person sets it back.
    """

    def __init__(self, scribe: Scribe, prices: Prices, limits: Limits) -> None:
        self.minute_micros = 0
        self._scribe = scribe
        self._state = scribe.state
        self._prices = prices
        self._desk_max = limits.loss_minute_micros
        self._by_strategy = limits.strategy_loss_minute_micros
        self._looks = self._by_strategy is not None or self._desk_max is not None
        self._looked_ns = 0
        self._realised: Counter[StrategyName] = Counter()
        self._paid_out: dict[tuple[VenueName, VenueMarketId], _PaidOut] = {}
        self._drops: defaultdict[StrategyName, Drop] = defaultdict(lambda: Drop(MINUTE_NS))
        self._drop = Drop(MINUTE_NS)
        self._flattened_from: int | None = None

    def settled(self, before: Order, after: Order, said: MarketSettled) -> None:
        """A bet of ours was paid out as a venue said; or more or less of it than was known."""
        paid = self._paid_out.setdefault((said.venue, said.venue_market), _PaidOut(said, {}))
        self._pay(paid, after, 1)
        if before.settled:
            self._pay(paid, before, -1)

    def stands(self, said: MarketSettled) -> None:
        """What a venue says of its market: whatever was paid out by another word is paid out anew."""
        paid = self._paid_out.get((said.venue, said.venue_market))
        if paid is None or paid.said is said:
            return
        for (strategy, instrument), (claims, cost) in paid.bets.items():
            more = self._gross(instrument, claims, cost, said) - self._gross(instrument, claims, cost, paid.said)
            self._realised[strategy] += self._in_base(instrument, more)
        paid.said = said

    def changed(self, before: Order, after: Order) -> None:
        """An order changed: of one of which all that was matched is void, the fees that were kept are lost."""
        if before.fee_micros or after.fee_micros:
            self._realised[after.strategy] += self._kept(before) - self._kept(after)

    def look(self, now_ns: int) -> bool:
        """Mark what is open when that is due, and stop who lost too much; whether anybody was stopped."""
        if not self._looks or now_ns - self._looked_ns < MARKS_NS:
            return False
        before_ns, self._looked_ns = self._looked_ns, now_ns
        figures = self.figures()
        self.minute_micros = self._drop.look(figures.total(), now_ns)
        stopped = False
        if self._desk_max is not None and self.minute_micros > self._desk_max:
            stopped = self._stop(f"{self.minute_micros} lost within a minute, at most {self._desk_max}")
        if self._by_strategy is not None:
            for strategy, figure in figures.items():
                if before_ns and strategy not in self._drops:  # it had done nothing yet, and may have lost at once
                    self._drops[strategy].look(0, before_ns)
                loss = self._drops[strategy].look(figure, now_ns)
                if loss > self._by_strategy and self._state.breakers.pause_of(strategy) is None:
                    why = f"it lost {loss} within a minute, at most {self._by_strategy}"
                    self._scribe.record(PauseSet(strategy, paused=True, who=DESK, why=why))
                    stopped = True
        return stopped

    def begin_flattening(self) -> None:
        """From here on what flattening costs is counted."""
        self._flattened_from = self.figures().total()

    def flattened_for_micros(self) -> int:
        """What the desk's result has fallen by since flattening began, 0 if it rose."""
        now = self.figures().total()
        if self._flattened_from is None:  # begun by a process before this one
            self._flattened_from = now
        return max(0, self._flattened_from - now)

    def figures(self) -> Counter[StrategyName]:
        """The result of each strategy now."""
        figures = Counter(self._realised)
        for order in self._state.blotter.orders.at_stake.values():
            if order.matched_micros and not order.settled:
                figures[order.strategy] += self._worth(order)
        for (strategy, market, outcome), (claims, paid) in self._state.holding.inside.held.items():
            fair = self._prices.fair.get(market)  # the last one stands for the result
            if fair is not None:
                p_e9 = round(fair.value.probabilities[outcome] * PROBABILITY_SCALE)
                figures[strategy] += claims * p_e9 // PROBABILITY_SCALE - paid
        return figures

    def _stop(self, why: str) -> bool:
        """Let nothing more be added anywhere, unless as much or more is stopped already."""
        if self._state.breakers.level >= KillLevel.REDUCE_ONLY:
            return False
        self._scribe.record(KillLevelSet(KillLevel.REDUCE_ONLY, DESK, why))
        return True

    def _pay(self, paid: _PaidOut, order: Order, sign: int) -> None:
        """Count what an order was paid, or no more if `sign` is below zero, by the word that was paid by so far."""
        side, place = 1 if order.side is Side.BACK else -1, (order.strategy, order.instrument)
        claims, cost = side * order.claims_micros, side * order.cost_micros
        had, had_cost = paid.bets.get(place, (0, 0))
        paid.bets[place] = had + sign * claims, had_cost + sign * cost
        net = self._gross(order.instrument, claims, cost, paid.said) - order.fee_micros
        self._realised[order.strategy] += sign * self._in_base(order.instrument, net)

    def _gross(self, instrument: InstrumentId, claims: int, cost: int, said: MarketSettled) -> int:
        selection = self._state.instruments[instrument].listing.selection
        result = said.results.get(selection, Result.VOID)
        return settled_micros(claims, cost, result, in_pieces(said.parts).get(selection))

    def _kept(self, order: Order) -> int:
        """Fees of matches that are no bet any more, until their market is settled."""
        gone = order.fee_micros and not (order.matched_micros or order.settled)
        return -self._in_base(order.instrument, -order.fee_micros) if gone else 0

    def _worth(self, order: Order) -> int:
        """A bet at the last fair value; at cost where there was none."""
        listing = self._state.instruments[order.instrument].listing
        fair = self._prices.fair.get(listing.market)
        if fair is None:
            return self._in_base(order.instrument, -order.fee_micros)
        p_e9 = round(fair.value.probabilities[listing.outcome] * PROBABILITY_SCALE)
        win, lose = results(order.side, claims=order.claims_micros, cost=order.cost_micros)
        gross = (win * p_e9 + lose * (PROBABILITY_SCALE - p_e9)) // PROBABILITY_SCALE
        return self._in_base(order.instrument, gross - order.fee_micros)

    def _in_base(self, instrument: InstrumentId, net: int) -> int:
        return net * self._state.rate_e8(self._state.instruments[instrument]) // FX_SCALE
