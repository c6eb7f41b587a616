"""Turns of events that a feed told of: each is a new epoch, once, and what was valued before it is void."""

from collections.abc import Iterable

import msgspec

from domain.ids import EventId, MarketId
from domain.markets import EventTurned
from engine.prices import Fair, Prices

SECOND_NS = 1_000_000_000
TURNS_KEPT = 1_000
"""So many turns of one event are remembered, to know one that is told again."""


def turn(prices: Prices, fact: EventTurned, markets: Iterable[MarketId], now_ns: int) -> bool:
    """Note that an event turned; true when it is a new epoch of it, false when its source has told of it before.

    A value of its `markets` that names no epoch was made for the one that has passed.
    """
    told, key = prices.turned[fact.event], (fact.source, fact.id)
    if key in told:
        return False
    told[key] = None
    if len(told) > TURNS_KEPT:
        del told[next(iter(told))]
    before = str(prices.epochs[fact.event])
    prices.epochs[fact.event] += 1
    prices.turned_ns[fact.event] = now_ns
    for market in markets:
        fair = prices.fair.get(market)
        if fair is not None and not fair.value.state:
            prices.fair[market] = Fair(msgspec.structs.replace(fair.value, state=before), fair.received_ns)
    return True


def has_just_turned(prices: Prices, event: EventId, now_ns: int, *, within_s: float) -> bool:
    """Whether a feed told of a turn so short a time ago."""
    return event in prices.turned_ns and now_ns - prices.turned_ns[event] < within_s * SECOND_NS
