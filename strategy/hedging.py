"""Hedging: close what is held beyond a band, at worse and worse prices until it is done or its time is up.

Makers leave inventory behind. While it stays within the band their own skew works it off; beyond, the difference is
taken from the books, as a plan: it is written down first, tried at a price near the fair value, then at what was
accepted beforehand to be lost, and what nobody takes by then is carried if it can lose no more than was said.
"""

from typing import ClassVar

import msgspec

from domain.ids import StrategyName
from domain.intents import TakeIntent
from domain.money import format_micros, parse_micros
from domain.net_price import PROBABILITY_SCALE
from domain.plans import Rung, RungKind
from domain.portfolio import MarketView
from strategy.base import NOTHING, Wanted
from strategy.flattening import ANY_MODEL, evening_out, near_fair_e9
from strategy.freshness import judged


class HedgingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When inventory is closed. Money and claims are decimal text in the base currency, the others probabilities.

    A market whose results differ by more than `band` between two outcomes has them brought back to `keep` apart: for
    `follow_ms` at no more than `slack` from the fair value, then for `accept_ms` at `accept_loss` a claim more. What is
    left is carried if it can lose no more than `carry_max`, else the strategy rests until somebody has looked.
    """

    band: str = "60"
    keep: str = "20"
    slack: float = 0.01
    follow_ms: int = 3_000
    accept_ms: int = 10_000
    accept_loss: float = 0.02
    carry_max: str = "100"
    in_play: bool = True

    def __post_init__(self) -> None:
        for name in ("slack", "accept_loss"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} is a probability and must lie between 0 and 1, not {getattr(self, name)}")
        for name in ("band", "keep", "carry_max"):
            if not parse_micros(getattr(self, name)) > 0:
                raise ValueError(f'{name} must be above 0, written as "10", not {getattr(self, name)!r}')
        for name in ("follow_ms", "accept_ms"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, not {getattr(self, name)}")
        if parse_micros(self.keep) >= parse_micros(self.band):
            raise ValueError(f"keep {self.keep} must be below band {self.band}")


class Hedger:
    """Wants one take at a time in a market: of the outcome whose result is furthest off.

    One that is under way already is not begun a second time; that is seen to where plans are made.
    """

    Settings: ClassVar[type[msgspec.Struct]] = HedgingSettings

    def __init__(self, name: StrategyName, settings: HedgingSettings) -> None:
        self.name = name
        self._settings = settings
        self._band_micros = parse_micros(settings.band)
        self._keep_micros = parse_micros(settings.keep)
        self._slack_e9 = round(settings.slack * PROBABILITY_SCALE)
        self._ladder = (
            Rung(RungKind.FOLLOW, settings.follow_ms),
            Rung(RungKind.ACCEPT, settings.accept_ms, round(settings.accept_loss * PROBABILITY_SCALE)),
        )

    def decide(self, view: MarketView) -> Wanted:
        """The take that brings the market's results together most; nothing while they are within the band."""
        fair, pnl = view.fair, view.left_micros
        if max(pnl) - min(pnl) <= self._band_micros or view.working:
            return NOTHING
        if view.market.winners != 1:
            return Wanted(because_not="several outcomes win")
        if fair is None or not judged(fair, view, ANY_MODEL).accepted:
            return Wanted(because_not="no fair value says what closing it is worth")
        if not self._settings.in_play and any(listing.in_play for listing in view.listings):
            return Wanted(because_not="in running")
        outcome, side, claims = max(evening_out(pnl, self._band_micros), key=lambda leg: leg[2])
        return Wanted(
            takes=(
                TakeIntent(
                    strategy=self.name,
                    market=view.market.id,
                    outcome=outcome,
                    side=side,
                    limit_e9=near_fair_e9(fair.probabilities[outcome], side, self._slack_e9),
                    claims_micros=claims - self._keep_micros,
                    because=f"{format_micros(claims)} claims beyond the others",
                    ladder=self._ladder,
                    carry_max_micros=parse_micros(self._settings.carry_max),
                ),
            )
        )
