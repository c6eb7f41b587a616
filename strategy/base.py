"""The interface of a strategy: a view goes in, what it would like to have working comes out."""

from typing import ClassVar, Protocol

import msgspec

from domain.ids import StrategyName
from domain.intents import PairIntent, QuoteIntent, SetIntent, TakeIntent, Withheld
from domain.portfolio import MarketView


class Wanted(msgspec.Struct, frozen=True):
    """What a strategy would like: the quotes that should be resting now, what to take at once, and pairs or sets.

    A quote of the strategy that is working and not among `quotes` is cancelled. `because_not` tells why nothing
    is wanted, for the desk; `withheld` is what would be asked for as well if there were room, so that it counts as
    refused.
    """

    quotes: tuple[QuoteIntent, ...] = ()
    takes: tuple[TakeIntent, ...] = ()
    because_not: str = ""
    pairs: tuple[PairIntent | SetIntent, ...] = ()
    withheld: tuple[Withheld, ...] = ()


NOTHING = Wanted()


class Strategy(Protocol):
    """Called with every change of a market; keeps no order state of its own.

    A class with `looks_at_best_only = True` sees of a book its best prices and nothing else; where all strategies of
    a backtest do, and no consensus is made, none is called for what changed behind them, nor because time went on.

    What it wants is compared with the view (`strategy.wishes`): who asks for what cannot be meant rests, and the
    journal says which field of which wish it was. So does one that raises; the alert `strategy_raised` says where.

    `Settings` is the struct that the strategy's `settings` table of the configuration is decoded to. A class given as
    `module:Class` is constructed as `Class(name, settings)`.
    """

    Settings: ClassVar[type[msgspec.Struct]]
    name: StrategyName

    def __init__(self, name: StrategyName, settings: msgspec.Struct) -> None: ...

    def decide(self, view: MarketView) -> Wanted: ...
