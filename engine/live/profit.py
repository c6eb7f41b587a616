"""Profit so far: settled and marked, in all, by venue, strategy and event, and the points of a small chart.

Every list of rows adds up to the total to the millionth: what is converted to the base currency is the running sum of
a list, never its items, so that no rounding is left over.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from desk.views import POINTS_MAX, PnlPoint, PnlRow
from domain.ids import EventId, StrategyName, VenueName
from domain.markets import Instrument
from domain.money import FX_SCALE
from domain.net_price import PROBABILITY_SCALE
from engine.live.moments import Moments
from engine.prices import Prices
from engine.state import State
from oms.attribution import Attribution, Made

POINT_EVERY_MS = 1_000
TOTAL = "total"
EVENTS_MAX = 40
"""Events with a row of their own, those of which most was won or lost; one more row has the others."""
UNSHARED = "unattributed"
OTHERS = "other events"


class Sum:
    """What one row adds up, base currency."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.settled = 0
        self.marked = 0
        self.fees = 0

    @property
    def net(self) -> int:
        return self.settled + self.marked - self.fees

    def plus(self, other: "Sum") -> None:
        """Take another one in."""
        self.settled += other.settled
        self.marked += other.marked
        self.fees += other.fees

    def row(self, key: str) -> PnlRow:
        """As it is shown."""
        return PnlRow(key, self.name, self.settled, self.marked, self.settled + self.marked, self.fees, self.net)


class Profit:
    """Rows of profit, and its history; `note` is called at the end of each round, watched or not."""

    def __init__(
        self,
        state: State,
        prices: Prices,
        moments: Moments,
        attribution: Attribution,
        strategies: Sequence[StrategyName] = (),
    ) -> None:
        self._state = state
        self._prices = prices
        self._moments = moments
        self._attribution = attribution
        self._strategies = strategies
        self._points: list[PnlPoint] = []
        self._every_ms = POINT_EVERY_MS

    def rows(self) -> Iterator[PnlRow]:
        """The total, then venues, strategies and events, each of them adding up to it."""
        venues = self._by_venue()
        strategies: dict[str, Sum] = {name: Sum(name) for name in self._strategies}
        events = dict[str, Sum]()
        for one in self._state.started.capabilities:
            whole = venues[one.venue]
            made = self._attribution.by_strategy
            _share(strategies, {who: amounts for (at, who), amounts in made.items() if at == one.venue}, *whole[1:])
            by_event = self._attribution.by_event
            _share(events, {what: amounts for (at, what), amounts in by_event.items() if at == one.venue}, *whole[1:])
        self._mark(strategies, events)
        total = Sum("all")
        for venue_sum, *_ in venues.values():
            total.plus(venue_sum)
        yield total.row(TOTAL)
        yield from (venue_sum.row(f"venue/{name}") for name, (venue_sum, *_) in venues.items())
        yield from (found.row(f"strategy/{name}") for name, found in strategies.items())
        yield from self._event_rows(events)

    def net_micros(self) -> int:
        """Net profit, what is open marked at the last fair values."""
        return sum(found.net for found, *_ in self._by_venue().values())

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

    def _by_venue(self) -> dict[VenueName, tuple[Sum, int, int, int]]:
        """Each venue's sum as its ledger has it, with what it is made of: settled, fees and the rate."""
        state, ledger = self._state, self._state.ledger
        found = dict[VenueName, tuple[Sum, int, int, int]]()
        for one in state.started.capabilities:
            rate_e8, account = state.started.rates_e8[one.currency], (one.venue, one.currency)
            settled = -ledger.balance("pnl", *account)
            fees = ledger.balance("fees", *account) + ledger.balance("fee_rounding", *account)
            whole = Sum(one.venue)
            whole.settled, whole.fees = settled * rate_e8 // FX_SCALE, fees * rate_e8 // FX_SCALE
            found[one.venue] = whole, settled, fees, rate_e8
        for instrument, p_e9 in self._held():
            held = state.positions.position(instrument.id)
            worth = _worth(held.if_win_micros, held.if_lose_micros, p_e9)
            found[instrument.listing.venue][0].marked += _base(worth, state.rate_e8(instrument))
        return found

    def _held(self) -> Iterator[tuple[Instrument, int]]:
        """What is held and not settled, where somebody said what it is worth, with that chance in 1e-9."""
        state = self._state
        for market in dict.fromkeys(state.instruments[held].listing.market for held in state.positions.by_instrument):
            fair = self._prices.fair.get(market)
            for instrument, _ in state.positions.in_market(market) if fair is not None else ():
                assert fair is not None, "nothing is gone through where nobody said what it is worth"
                yield instrument, round(fair.value.probabilities[instrument.listing.outcome] * PROBABILITY_SCALE)

    def _mark(self, strategies: dict[str, Sum], events: dict[str, Sum]) -> None:
        """What is open, to its strategy and its event."""
        state = self._state
        for instrument, p_e9 in self._held():
            listing, rate_e8 = instrument.listing, state.rate_e8(instrument)
            event = events.setdefault(state.event_of(instrument.id), Sum(""))
            run = given = 0
            for (who, key), part in self._attribution.parts_of(listing.venue, listing.venue_market).items():
                if key != instrument.id:
                    continue
                run += _worth(part.if_win_micros, part.if_lose_micros, p_e9)
                upto = _base(run, rate_e8)
                strategies.setdefault(who, Sum(who)).marked += upto - given
                event.marked += upto - given
                given = upto

    def _event_rows(self, events: Mapping[str, Sum]) -> Iterator[PnlRow]:
        """Those that moved most money by name, the others in one row."""
        known = self._state.events
        ranked = sorted(events.items(), key=lambda item: (-abs(item[1].net), item[0]))
        for event, found in ranked[:EVENTS_MAX]:
            found.name = known[EventId(event)].name if event in known else event or UNSHARED
            yield found.row(f"event/{event}")
        if left := ranked[EVENTS_MAX:]:
            others = Sum(OTHERS)
            for _, found in left:
                others.plus(found)
            yield others.row("event/")


def _share(into: dict[str, Sum], made: Mapping[str, Made], settled: int, fees: int, rate_e8: int) -> None:
    """Give each what it made at one venue; what nobody is known to have made is told as that."""
    parts: Iterable[tuple[str, int, int]] = [(name, one.settled_micros, one.fees_micros) for name, one in made.items()]
    left = settled - sum(part[1] for part in parts), fees - sum(part[2] for part in parts)
    if any(left):
        parts = [*parts, (UNSHARED, *left)]
    run = given = 0, 0
    for name, one_settled, one_fees in parts:
        run = run[0] + one_settled, run[1] + one_fees
        upto = run[0] * rate_e8 // FX_SCALE, run[1] * rate_e8 // FX_SCALE
        found = into.setdefault(name, Sum(name))
        found.settled += upto[0] - given[0]
        found.fees += upto[1] - given[1]
        given = upto


def _worth(if_win: int, if_lose: int, p_e9: int) -> int:
    """Two results weighed by their chances, in 1e-9 of a millionth."""
    return if_win * p_e9 + if_lose * (PROBABILITY_SCALE - p_e9)


def _base(worth_e9: int, rate_e8: int) -> int:
    return worth_e9 * rate_e8 // (PROBABILITY_SCALE * FX_SCALE)
