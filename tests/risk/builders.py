"""Markets, venues and orders from small text, so that a test is a picture."""

import re
from itertools import count
from typing import Any

from domain.fees import FeeTerms, NetWinFee, QuadraticFee
from domain.ids import (
    Currency,
    EventId,
    InstrumentId,
    MarketId,
    OrderRef,
    SelectionId,
    StrategyName,
    VenueMarketId,
    VenueName,
    instrument_id,
)
from domain.intents import Child
from domain.markets import Instrument, Listing, Market
from domain.money import FX_SCALE, parse_micros
from domain.odds import CLASSIC, PriceKind
from domain.orders import Order, Side, TimeInForce
from domain.terms import Terms

PAR = FX_SCALE
"""A rate of exchange of one."""

FREE = NetWinFee(rate_ppm=0)
CENTS = ((100, 9_900, 100),)
STRATEGY = StrategyName("s")
_numbers = count(1)


def taking(percent: str) -> NetWinFee:
    """Commission on the net win of a market."""
    return NetWinFee(rate_ppm=parse_micros(percent) // 100)


def market(name: str = "match", outcomes: int = 3, **more: Any) -> Market:
    """A market of outcomes "0", "1", ..."""
    names = tuple(str(k) for k in range(outcomes))
    return Market(MarketId(name), more.pop("event", EventId("game")), "kind", names, **more)


def instrument(
    venue: str, outcome: int, fee: FeeTerms = FREE, *, market: str = "match", own: bool = False
) -> Instrument:
    """One selection at a venue; `own`: in a venue market of its own. A quadratic fee means contract prices."""
    name, selection = VenueName(venue), SelectionId(str(outcome))
    venue_market = VenueMarketId(f"{market}-{outcome}" if own else market)
    contracts = isinstance(fee, QuadraticFee)
    terms = Terms(
        kind=PriceKind.CONTRACT if contracts else PriceKind.ODDS,
        bands=CENTS if contracts else CLASSIC.bands,
        currency=Currency("USD"),
        lot_micros=1_000_000 if contracts else 10_000,
        size_min_micros=1_000_000,
        fee=fee,
    )
    listing = Listing(name, venue_market, selection, MarketId(market), outcome)
    return Instrument(instrument_id(name, venue_market=venue_market, selection=selection), listing, terms)


def _parsed(text: str) -> tuple[Side, int, int]:
    match = re.fullmatch(r"(BACK|LAY) ([0-9.]+) @ ([0-9.]+)(c?)", text)
    assert match, text
    scale = 10_000 if match[4] else 100
    return Side[match[1]], parse_micros(match[2]), parse_micros(match[3]) * scale // 1_000_000


def child(text: str, on: Instrument) -> Child:
    """A wanted order: "BACK 10 @ 2.04", contracts "LAY 10 @ 0.55c"."""
    side, size, price = _parsed(text)
    return Child(STRATEGY, on.id, side, price, size, TimeInForce.REST, decision=1)


def order(text: str, on: Instrument | InstrumentId, *, matched: str = "0", **more: Any) -> Order:
    """An order resting at its limit, with `matched` of its size matched there."""
    side, size, price = _parsed(text)
    done = parse_micros(matched)
    claims, cost = (done, done * price // 10_000) if text.endswith("c") else (done * price // 100, done)
    return Order(
        ref=OrderRef(f"o{next(_numbers)}"),
        instrument=on.id if isinstance(on, Instrument) else on,
        strategy=STRATEGY,
        side=side,
        price=price,
        size_micros=size,
        tif=TimeInForce.REST,
        decision=1,
        intended_ns=0,
        matched_micros=done,
        claims_micros=claims,
        cost_micros=cost,
        **more,
    )
