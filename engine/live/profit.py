"""Profit so far: settled and marked, in all and by venue, and the points of a small chart."""

from collections.abc import Iterator

from desk.views import POINTS_MAX, PnlPoint, PnlRow
from domain.ids import VenueName
from domain.money import FX_SCALE
from domain.net_price import PROBABILITY_SCALE
from engine.live.moments import Moments
from engine.prices import Prices
from engine.state import State

POINT_EVERY_MS = 1_000
TOTAL = "total"


class Profit:
    """Rows of profit, and its history; `note` is called at the end of each round, watched or not."""

    def __init__(self, state: State, prices: Prices, moments: Moments) -> None:
        self._state = state
        self._prices = prices
        self._moments = moments
        self._points: list[PnlPoint] = []
        self._every_ms = POINT_EVERY_MS

    def rows(self) -> Iterator[PnlRow]:
        """The total, then each venue."""
        state, ledger = self._state, self._state.ledger
        marks = self._marks_micros()
        rows = []
        for one in state.started.capabilities:
            rate_e8, account = state.started.rates_e8[one.currency], (one.venue, one.currency)
            settled = -ledger.balance("pnl", *account) * rate_e8 // FX_SCALE
            fees = (ledger.balance("fees", *account) + ledger.balance("fee_rounding", *account)) * rate_e8 // FX_SCALE
            rows.append(_row(f"venue/{one.venue}", one.venue, settled, marks.get(one.venue, 0), fees))
        yield _row(
            TOTAL,
            "all",
            sum(row.settled_micros for row in rows),
            sum(row.open_micros for row in rows),
            sum(row.fees_micros for row in rows),
        )
        yield from rows

    def net_micros(self) -> int:
        """Net profit, what is open marked at the last fair values."""
        return next(self.rows()).net_micros

    def note(self) -> None:
        """Keep a point of the chart; when there are too many, every second one goes and they come half as often."""
        now_ms = self._moments.now_ms()
        if self._points and now_ms - self._points[-1].at_ms < self._every_ms:
            return
        worst = max(map(self._state.exposure.worst_loss_micros, self._state.events), default=0)
        self._points.append(PnlPoint(str(now_ms), now_ms, self.net_micros(), worst))
        if len(self._points) > POINTS_MAX:
            self._points = self._points[::2]
            self._every_ms *= 2

    def history(self) -> tuple[PnlPoint, ...]:
        """The points, oldest first."""
        return tuple(self._points)

    def _marks_micros(self) -> dict[VenueName, int]:
        """What is held and not settled is worth at the last fair values, gross, base currency."""
        state = self._state
        marks: dict[VenueName, int] = {}
        markets = dict.fromkeys(state.instruments[held].listing.market for held in state.positions.by_instrument)
        for market in markets:
            fair = self._prices.fair.get(market)
            if fair is None:
                continue
            for instrument, held in state.positions.in_market(market):
                p_e9 = round(fair.value.probabilities[instrument.listing.outcome] * PROBABILITY_SCALE)
                worth = held.if_win_micros * p_e9 + held.if_lose_micros * (PROBABILITY_SCALE - p_e9)
                base = worth * state.rate_e8(instrument) // (PROBABILITY_SCALE * FX_SCALE)
                venue = instrument.listing.venue
                marks[venue] = marks.get(venue, 0) + base
        return marks


def _row(key: str, name: str, settled: int, marked: int, fees: int) -> PnlRow:
    return PnlRow(key, name, settled, marked, settled + marked, fees, settled + marked - fees)
