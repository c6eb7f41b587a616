"""How exchanges follow a recording: the recorded one at once, the others a moment later and in their own way."""

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction

from domain.ids import SelectionId, VenueMarketId
from domain.markets import MarketStatus, Result
from domain.settlement import dead_heat
from venues.sim.accounts import Collateral
from venues.sim.exchange import Exchange
from venues.sim.ground import Ground
from venues.sim.lifecycle import close, remove_selection, reopen, rest_play, suspend, turn_in_play
from venues.sim.listing import Book
from venues.sim.recorded import State
from venues.sim.settling import Payouts, settle

AT_REST = State(MarketStatus.OPEN, in_play=False)
"""How every market is listed."""


def spelled(market: VenueMarketId, selection: SelectionId) -> SelectionId:
    """A selection among several markets that are one question."""
    return SelectionId(f"{market}/{selection}")


def merged(states: dict[VenueMarketId, State]) -> State:
    """The state of a question whose outcomes are markets of their own; closed when all are, open while all are."""
    every = [*states.values()]
    closed = all(one.status is MarketStatus.CLOSED for one in every)
    opened = all(one.status is MarketStatus.OPEN for one in every)
    return State(
        status=MarketStatus.CLOSED if closed else MarketStatus.OPEN if opened else MarketStatus.SUSPENDED,
        in_play=all(one.in_play for one in every),
        delay_ms=max(one.delay_ms for one in every),
        results={
            spelled(market, name): result
            for market, one in states.items()
            for name, result in one.results.items()
            if closed
        },
    )


class Mids:
    """What the recorded books said of each selection, and since when; None while nobody could say."""

    def __init__(self) -> None:
        self._times_ns: dict[tuple[VenueMarketId, SelectionId], list[int]] = {}
        self._chances: dict[tuple[VenueMarketId, SelectionId], list[float | None]] = {}

    def note(self, at_ns: int, market: VenueMarketId, selection: SelectionId, chance: float | None) -> None:
        """Ask in order of time."""
        chances = self._chances.setdefault((market, selection), [])
        if not chances or chances[-1] != chance:
            chances.append(chance)
            self._times_ns.setdefault((market, selection), []).append(at_ns)

    def at(self, at_ns: int, market: VenueMarketId, selection: SelectionId) -> float | None:
        times = self._times_ns.get((market, selection), [])
        n = bisect_right(times, at_ns)
        return self._chances[market, selection][n - 1] if n else None


class LateView:
    """The recorded mid prices as somebody sees them a moment later; all who have it differ by their lag only."""

    def __init__(self, ground: Ground, name: str, lag_ns: int, *, mids: Mids, lead: Sequence[Book]) -> None:
        assert len(lead) == len(ground.books), "the books must follow the recorded ones one by one"
        self._mids = mids
        self._lead = lead
        self._lag_ns = lag_ns

    def chances(self, at_ns: int) -> Sequence[float | None]:
        return [self._mids.at(at_ns - self._lag_ns, book.market, book.selection) for book in self._lead]

    def careful(self, at_ns: int) -> bool:
        return False

    def next_news_ns(self, at_ns: int) -> int | None:
        return None


class Follower:
    """Brings one exchange's markets on one recorded market from each state to the next."""

    def __init__(self, ground: Ground, lead: Sequence[Book], *, winners: int, suspends: bool) -> None:
        self._exchange: Exchange = ground.exchange
        several = len({book.market for book in lead}) > 1
        names = [spelled(book.market, book.selection) if several else book.selection for book in lead]
        self._books = dict(zip(names, ground.books, strict=True))
        self._winners = winners
        self._suspends = suspends
        self._state = AT_REST

    def turn(self, state: State, now_ns: int) -> None:
        """Do everything that leads from the last state to this one."""
        was, self._state = self._state, state
        stops = self._suspends and state.status is MarketStatus.SUSPENDED
        if stops and was.status is not MarketStatus.SUSPENDED:
            for market in self._open_markets():
                suspend(self._exchange, market, now_ns, lapse=was.in_play)
        for selection, factor_ppm in state.removed.items():
            if selection not in was.removed and selection in self._books:
                self._remove(selection, factor_ppm, now_ns)
        if state.in_play and not was.in_play:
            for market in self._open_markets():
                turn_in_play(self._exchange, market, now_ns, lapse=self._suspends)
        if was.in_play and not state.in_play:
            for market in self._open_markets():
                rest_play(self._exchange, market, now_ns)
        if state.status is MarketStatus.OPEN:
            for market in self._open_markets():
                if self._exchange.floor.markets[market].status is MarketStatus.SUSPENDED:
                    reopen(self._exchange, market, now_ns)
        if state.status is MarketStatus.CLOSED:
            self._settle(state, now_ns)

    def _open_markets(self) -> list[VenueMarketId]:
        markets = dict.fromkeys(book.market for book in self._books.values())
        return [m for m in markets if self._exchange.floor.markets[m].status is not MarketStatus.CLOSED]

    def _remove(self, selection: SelectionId, factor_ppm: int, now_ns: int) -> None:
        """Where odds are quoted bets on it are void; a contract on it has lost."""
        book = self._books[selection]
        if self._exchange.options.collateral is Collateral.NET:
            remove_selection(self._exchange, book.market, book.selection, now_ns, factor_ppm=max(1, factor_ppm))
        else:
            close(self._exchange, book.market, now_ns)
            settle(self._exchange, book.market, {book.selection: Fraction(0)}, now_ns)

    def _settle(self, state: State, now_ns: int) -> None:
        """Pay what was recorded; more winners than places share them."""
        won = sum(result is Result.WON for result in state.results.values())
        share = dead_heat(tied=won, places=self._winners).won if won else Fraction(0)
        for market in self._open_markets():
            payouts: Payouts = {}
            for selection, book in self._books.items():
                if book.market == market:
                    result = state.results.get(selection, Result.VOID)
                    lost = Fraction(0) if result is Result.LOST else None
                    payouts[book.selection] = share if result is Result.WON else lost
            close(self._exchange, market, now_ns)
            settle(self._exchange, market, payouts, now_ns)
