"""Markets as a strategy sees them, from small text."""

from collections.abc import Sequence
from typing import Any

from domain.fees import FeeTerms, NetWinFee, QuadraticFee
from domain.ids import EventId, MarketId, StrategyName
from domain.markets import Market
from domain.messages import FairValueReceived
from domain.money import FX_SCALE, MICROS
from domain.odds import ladder
from domain.portfolio import InstrumentView, MarketView
from tests.builders import book, instrument

SECOND = 1_000_000_000
FEES: dict[str, FeeTerms] = {
    "one": NetWinFee(rate_ppm=50_000, discount_ppm=400_000),
    "two": NetWinFee(rate_ppm=20_000),
    "three": QuadraticFee(taker_ppm=70_000, maker_ppm=17_500),
}
RATES_E8 = {"one": 125_000_000, "two": 110_000_000, "three": FX_SCALE}
OUTCOMES = ("home", "draw", "away")
EMPTY = "|"


def listing(name: str, text: str = EMPTY, *, fee: FeeTerms | None = None, **more: Any) -> InstrumentView:
    """`listing("one/home", "2.00:50 | 2.04:20")`: one book, open and fresh; contract prices in cents."""
    venue, outcome = name.split("/")
    of = instrument(f"{venue}/match/{outcome}", fee=fee or FEES[venue], outcome=OUTCOMES.index(outcome))
    seen: dict[str, Any] = {
        "tradable": True, "why_not": "", "in_play": False, "bet_delay_ms": 0, "tokens": 9, "rate_e8": RATES_E8[venue]
    }  # fmt: skip
    shown = book(text, ladder(of.terms.kind, of.terms.bands))
    return InstrumentView(instrument=of, book=shown, **seen | more)


def everywhere(*names: str, **more: Any) -> tuple[InstrumentView, ...]:
    """Empty books of every outcome on every venue, those of one outcome together."""
    return tuple(listing(f"{venue}/{outcome}", **more) for outcome in OUTCOMES for venue in (names or FEES))


def fair_value(*probs: float, **more: Any) -> FairValueReceived:
    """A model's value of the market, seen at epoch 1 and good for two seconds."""
    value: dict[str, Any] = {
        "model": "m", "version": "1", "sequence": 1, "variance_logit": 0.0004, "ttl_ms": 2_000, "state": "1"
    }  # fmt: skip
    return FairValueReceived(MarketId("match"), probabilities=probs, **value | more)


def market_view(listings: Sequence[InstrumentView] = (), **more: Any) -> MarketView:
    """The three-way market a second after its fair value came, nothing held, nothing working; `pnl` in units."""
    pnl = more.pop("pnl", (0, 0, 0))
    seen: dict[str, Any] = {
        "market": Market(MarketId("match"), EventId("event"), "match_odds", OUTCOMES),
        "strategy": StrategyName("s"),
        "fair": fair_value(0.45, 0.27, 0.28),
        "fair_ns": 10 * SECOND,
        "state": "1",
        "listings": tuple(listings),
        "pnl_micros": tuple(int(result * MICROS) for result in pnl),
        "working": (),
        "budget_micros": 250 * MICROS,
        "now_ns": 11 * SECOND,
    }
    return MarketView(**seen | more)
