"""Prices of a runner as rows, filtered and written as the query asks for.

Source: Matchbook API docs, "Get prices" and the price filters of every call that embeds prices.
"""

from fractions import Fraction
from typing import Any

import msgspec

from domain.ids import SelectionId
from domain.money import ceil_to
from domain.orders import Side
from venues.matchbook.fake.calls import Query
from venues.matchbook.fake.forms import PLACES, amount, number, places
from venues.matchbook.fake.markets import MarketState
from venues.matchbook.fake.odds_types import ODDS_TYPES, shown
from venues.matchbook.fake.options import FakeOptions
from venues.matchbook.fake.replies import Refused

RACING = (24735152712200, 222109340250019, 241798357140019)
"""Sports in which smaller amounts are shown: horses, horses ante post, greyhounds."""

LIQUIDITY_RACING, LIQUIDITY_ELSEWHERE = 2, 10
"""Levels with less than this are hidden unless the query says otherwise."""

SIDES = {"back": Side.BACK, "win": Side.BACK, "lay": Side.LAY, "lose": Side.LAY}
WORDS = {"back-lay": {Side.BACK: "back", Side.LAY: "lay"}, "binary": {Side.BACK: "win", Side.LAY: "lose"}}


class PriceFilter(msgspec.Struct, frozen=True):
    """What is shown of a runner's prices. `rate` buys the currency; levels with less than `least_micros`, on racing
    `least_racing_micros`, are hidden."""

    included: bool
    depth: int
    sides: tuple[Side, ...]
    exchange_type: str
    odds_type: str
    currency: str
    rate: Fraction
    least_micros: int
    least_racing_micros: int
    mirrored: bool


def price_filter(query: Query, options: FakeOptions, own: str, *, included: bool, depth: str) -> PriceFilter:
    """The query's filter; `own` is the account's currency, `depth` the parameter that limits levels."""
    side = query.text("side")
    if side and side not in SIDES:
        raise Refused(400, f"{side} is not a valid side.", field="side")
    currency = query.text("currency", own)
    rates = {own: 1_000_000, **dict(options.rates_ppm)}
    if currency not in rates:
        raise Refused(400, f"{currency} is not a valid currency.", field="currency")
    query.one_of("price-mode", "expanded", "aggregated")
    rate, liquidity = Fraction(rates[currency], 1_000_000), query.decimal("minimum-liquidity")
    return PriceFilter(
        included=query.flag("include-prices", default=included),
        depth=query.number(depth, 3, least=1),
        sides=(SIDES[side],) if side else (Side.BACK, Side.LAY),
        exchange_type=query.one_of("exchange-type", "back-lay", "binary"),
        odds_type=query.one_of("odds-type", *ODDS_TYPES),
        currency=currency,
        rate=rate,
        least_micros=ceil_to((LIQUIDITY_ELSEWHERE if liquidity is None else liquidity) / rate),
        least_racing_micros=ceil_to((LIQUIDITY_RACING if liquidity is None else liquidity) / rate),
        mirrored=options.mirrors and not query.flag("exclude-mirrored-prices", default=False),
    )


def price_rows(state: MarketState, selection: SelectionId, asked: PriceFilter) -> list[dict[str, Any]]:
    """Rows of one runner: all that can be backed, best first, then all that can be laid."""
    least_micros = asked.least_racing_micros if state.event.sport_id in RACING else asked.least_micros
    rows = []
    for side in asked.sides:
        levels = state.levels(selection, side, mirrored=asked.mirrored)
        shown_levels = [level for level in levels if level[1] >= least_micros]
        rows += [_row(odds, size, side, asked) for odds, size in shown_levels[: asked.depth]]
    return rows


def _row(odds: int, size_micros: int, side: Side, asked: PriceFilter) -> dict[str, Any]:
    decimal = places(odds)
    spelled = decimal if asked.odds_type == "DECIMAL" else number(shown(Fraction(odds, PLACES), asked.odds_type))
    return {
        "available-amount": amount(size_micros if asked.rate == 1 else int(size_micros * asked.rate)),
        "currency": asked.currency,
        "odds-type": asked.odds_type,
        "odds": spelled,
        "decimal-odds": decimal,
        "side": WORDS[asked.exchange_type][side],
        "exchange-type": asked.exchange_type,
    }
