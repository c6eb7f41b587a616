"""Strategies of the bench, small on purpose: what is measured is the street and not its cleverness."""

from typing import ClassVar

import msgspec

from domain.ids import StrategyName
from domain.intents import QuoteIntent, TakeIntent
from domain.money import MICROS
from domain.orders import Side
from domain.portfolio import InstrumentView, MarketView
from strategy.base import NOTHING, Wanted

NAME = StrategyName("bench")
LIMIT_E9 = 999_000_000
"""Any price will do."""


class NoSettings(msgspec.Struct, frozen=True):
    """Nothing to set."""


class Quoter:
    """Backs the first runners at their best price to lay: one live quote in each, moved whenever the price moves."""

    Settings: ClassVar[type[msgspec.Struct]] = NoSettings
    runners: ClassVar[int] = 1
    looks_at_best_only: ClassVar[bool] = True

    def __init__(self, name: StrategyName = NAME, settings: msgspec.Struct | None = None) -> None:
        self.name = name

    def decide(self, view: MarketView) -> Wanted:
        quotes = tuple(
            self._quote(one) for one in view.listings[: self.runners] if one.tradable and one.book.best_lay >= 0
        )
        return Wanted(quotes=quotes) if quotes else NOTHING

    def _quote(self, one: InstrumentView) -> QuoteIntent:
        price = one.book.ladder.prices[one.book.best_lay]
        return QuoteIntent(self.name, one.instrument.id, Side.BACK, price, 2 * MICROS, "bench")


class ThreeQuotes(Quoter):
    """A quote in each of three runners."""

    runners = 3


class Taker:
    """Takes a little of the first runner at every update; its own match is no update."""

    Settings: ClassVar[type[msgspec.Struct]] = NoSettings

    def __init__(self, name: StrategyName = NAME, settings: msgspec.Struct | None = None) -> None:
        self.name = name
        self._took_ns = 0

    def decide(self, view: MarketView) -> Wanted:
        if view.now_ns == self._took_ns:
            return NOTHING
        self._took_ns = view.now_ns
        take = TakeIntent(self.name, view.market.id, 0, Side.BACK, LIMIT_E9, 20 * MICROS, "bench")
        return Wanted(takes=(take,))
