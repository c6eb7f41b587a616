"""How much a value bet puts at risk: a share of Kelly by one of three roads, and the caps that cut it."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from domain.money import MICROS
from domain.orders import Side
from domain.portfolio import MarketView
from strategy.centres import gaps
from strategy.comparator import Comparison
from strategy.sizing import CappedStake, kelly_binary, kelly_exclusive, kelly_existing, stake_caps

Sizing = Literal["kelly_existing", "kelly_binary", "kelly_exclusive"]
"""With what is held already, as if nothing were held, or backs on several outcomes at once as if nothing were held."""

LOT_MICROS = 10_000
"""Stakes are asked for in whole hundredths; the venues' own lots are the router's business."""


class Bankroll(msgspec.Struct, frozen=True):
    """What Kelly reckons with: `units` of the base currency, and the `fraction` of the full stake that is bet."""

    units: float
    fraction: float


class Held(msgspec.Struct, frozen=True):
    """A market's probabilities and what we hold of it, in units of the base currency.

    `pnl` is our result if an outcome alone wins, `none` if none does, which only counts where several of them win.
    """

    probs: Sequence[float]
    pnl: Sequence[float]
    winners: int = 1
    none: float = 0.0

    @classmethod
    def seen(cls, view: MarketView, probs: Sequence[float]) -> "Held":
        """What a view shows."""
        pnl = [result / MICROS for result in view.pnl_micros]
        return cls(probs, pnl, view.market.winners, view.pnl_none_micros / MICROS)

    def results(self, outcome: int) -> tuple[float, float]:
        """What we expect to make in all if the outcome wins, and if it does not."""
        win = self.pnl[outcome]
        gap = gaps(self.probs, self.pnl, winners=self.winners)[outcome]
        if self.winners > 1:
            p = self.probs[outcome]
            others = sum(q * (result - self.none) for q, result in zip(self.probs, self.pnl, strict=True))
            lost_by_others = win - gap - self.none  # what a place is worth to those who lose it to this outcome
            win += others - p * (win - self.none) - (1 - p) * lost_by_others
        return win, win - gap


def kelly_risks(
    sizing: Sizing, wanted: Sequence[Comparison], bankroll: Bankroll, held: Held
) -> list[tuple[Comparison, float]]:
    """The bets to make and what each puts at risk, in units of the base currency, before caps.

    `wanted` holds bets with enough edge, the best first. Where bets are sized one by one only the best is made,
    because the next would have to know of it; where several outcomes win none excludes another, and so they are.
    """
    if sizing == "kelly_exclusive" and held.winners == 1:
        return _exclusive(wanted, bankroll, held.probs)
    best = wanted[0]
    p = held.probs[best.outcome]
    if sizing == "kelly_binary":
        stake = kelly_binary(
            side=best.side,
            p=p,
            odds=1 / best.net_price,
            commission=0,
            fraction=bankroll.fraction,
            bankroll=bankroll.units,
        )
        return [(best, float(stake.risk_amount))]
    return [(best, bankroll.fraction * _existing(best, bankroll.units, p, held))]


def _existing(best: Comparison, bankroll: float, p: float, held: Held) -> float:
    """Full Kelly on top of what is held; a LAY is a bet on the opposite claim."""
    win, lose = held.results(best.outcome)
    price = best.net_price
    if best.side is Side.LAY:
        p, price, win, lose = 1 - p, 1 - price, lose, win
    return float(kelly_existing(bankroll=bankroll, pnl_if_win=win, pnl_if_lose=lose, p=p, odds=1 / price, commission=0))


def _exclusive(
    wanted: Sequence[Comparison], bankroll: Bankroll, probs: Sequence[float]
) -> list[tuple[Comparison, float]]:
    """Backs on all outcomes that deserve one, at the cheapest net price of each."""
    cheapest: dict[int, Comparison] = {}
    for bet in wanted:
        known = cheapest.get(bet.outcome)
        if bet.side is Side.BACK and (known is None or bet.net_price < known.net_price):
            cheapest[bet.outcome] = bet
    backs = list(cheapest.values())
    kelly = kelly_exclusive(probs=[probs[bet.outcome] for bet in backs], odds=[1 / bet.net_price for bet in backs])
    return [(backs[k], bankroll.fraction * bankroll.units * float(kelly.fractions[k])) for k in kelly.bet_on]


def capped_risk(risk: float, *, caps: Mapping[str, int], min_micros: int) -> CappedStake:
    """The risk in millionths after the caps, 0 below the minimum."""
    return stake_caps(kelly_risk=int(risk * MICROS), caps=caps, lot=LOT_MICROS, min_order=min_micros)
