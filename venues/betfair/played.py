"""Recorded stream messages for a backtest: the live codec's facts, and beside them what only a simulation asks for."""

from collections.abc import Iterator
from fractions import Fraction
from math import isfinite
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.ids import InstrumentId, SelectionId, VenueMarketId, VenueName, instrument_id
from domain.markets import Listing, MarketStatus
from domain.messages import BooksChanged, Fact, InstrumentsListed, Levels
from domain.odds import PriceKind, ladder
from domain.settlement import WIN_REDUCTION_MIN_PCT
from venues.betfair import rules
from venues.betfair.amounts import AMOUNT_MAX
from venues.betfair.history import TICKS_1970
from venues.betfair.lenient import UNREADABLE, decode_leniently
from venues.betfair.market_codec import (
    REMOVED,
    RESULTS,
    ConnectionMessage,
    MarketChange,
    MarketDefinition,
    MarketMessage,
    Pairs,
    RunnerChange,
    RunnerDefinition,
    RunnerKey,
    StatusMessage,
    market_status,
    runner_key,
    selection_id,
)
from venues.betfair.market_feed import MarketFeed
from venues.betfair.thread import IMAGE, Thread
from venues.errors import PeerBroke
from venues.sim.backtest_tape import Moment, Print, Turn

PLACE_TYPES = frozenset({"PLACE", "OTHER_PLACE"})
"""Market types where removals reduce what a bet may win, not its whole price."""

Rows = list[tuple[int, float, float]]
PRICE_MAX = 10_000.0


class PlayedRunner(RunnerChange, gc=False):
    """A runner's changed rows with volume traded so far by price, and best levels where only those were recorded."""

    trd: Pairs | None = None
    batb: Rows | None = None
    batl: Rows | None = None


class PlayedRunnerDefinition(RunnerDefinition, rename="camel"):
    """A runner's standing with its reduction factor in per cent and its starting price."""

    adjustment_factor: float | None = None
    bsp: float | None = None


class PlayedDefinition(MarketDefinition, rename="camel"):
    """A definition with what starting prices need."""

    bsp_market: bool = False
    bsp_reconciled: bool = False
    runners: list[PlayedRunnerDefinition] = []  # type: ignore[assignment]  # noqa: RUF012  (a struct copies it)


class PlayedChange(MarketChange, gc=False):
    """One market's change with all of that."""

    rc: list[PlayedRunner] | None = None  # type: ignore[assignment]
    market_definition: PlayedDefinition | None = msgspec.field(default=None, name="marketDefinition")


class PlayedMessage(MarketMessage, tag="mcm", gc=False):
    """A market message with the time at which a recorder received it, if it noted one."""

    changes: list[PlayedChange] | None = msgspec.field(default=None, name="mc")  # type: ignore[assignment]
    rt: int | None = None
    arrival_ms: int | None = msgspec.field(default=None, name="ArrivalTime")


_strict: msgspec.json.Decoder[Any] = msgspec.json.Decoder(PlayedMessage | StatusMessage | ConnectionMessage)


def decode_played(line: bytes) -> PlayedMessage | None:
    """One recorded line; None for what is no market message. Raises one of UNREADABLE for what is not whole."""
    try:
        message = _strict.decode(line)
    except UNREADABLE:
        message = decode_leniently(line, _strict)
    return message if type(message) is PlayedMessage else None


class Player:
    """Carries a recording's messages to moments: remembers traded volumes, best levels and removals between them."""

    def __init__(self, feed: MarketFeed, venue: VenueName, listings: list[Listing], *, best_only: bool) -> None:
        self._feed = feed
        self._thread = Thread()
        self._names: dict[str, dict[RunnerKey, InstrumentId]] = {}
        for listing in listings:
            number, _, handicap = listing.selection.partition("@")
            key = runner_key(int(number), float(handicap or 0))
            known = instrument_id(venue, venue_market=listing.venue_market, selection=listing.selection)
            self._names.setdefault(listing.venue_market, {})[key] = known
        self._venue = venue
        self._best_only = best_only
        self._best: dict[InstrumentId, tuple[dict[int, tuple[int, int]], dict[int, tuple[int, int]]]] = {}
        self._traded: dict[str, dict[InstrumentId, dict[float, float]]] = {}
        self._factors: dict[tuple[str, SelectionId], Fraction] = {}
        self._ticks = ladder(PriceKind.ODDS, rules.LADDERS["CLASSIC"]).tick_by_price
        self._starts: dict[str, bool] = {}
        self._known: set[InstrumentId] = set()
        self._last_ms = 0
        self.messages = 0

    def moments(self, lines: list[bytes], skipped: list[tuple[int, str]]) -> Iterator[Moment]:
        """Every message of the lines; those that cannot be read are left out and noted with their number."""
        for number, line in enumerate(lines, 1):
            try:
                message = decode_played(line)
            except UNREADABLE as error:
                skipped.append((number, f"{error}: {line[:60]!r}"))
                continue
            if message is None:
                continue
            try:
                moment = self._moment(message)
            except PeerBroke as error:
                skipped.append((number, f"{error}: {line[:60]!r}"))
                continue
            self.messages += 1
            yield moment

    def _moment(self, message: PlayedMessage) -> Moment:
        at_ms = message.pt
        if message.rt is not None:
            at_ms = (message.rt - TICKS_1970) // 10_000
        elif message.arrival_ms is not None:
            at_ms = message.arrival_ms
        at_ms = max(at_ms, self._last_ms)
        self._last_ms = at_ms
        whole = self._thread.take(message)
        if whole is None or not whole.changes:
            return Moment(at_ms, [], [], [])
        changes: list[PlayedChange] = whole.changes
        prints: list[Print] = []
        turns: list[Turn] = []
        image = whole.ct == IMAGE
        best: list[Levels] = []
        for change in changes:
            names = self._names.get(change.id)
            if names is None:
                continue
            if change.img or image:
                self._traded[change.id] = {}
            if change.rc is not None:
                self._runners(change, names, prints, silent=bool(change.img or image))
                if self._best_only:
                    best += self._best_levels(change, names, image=bool(change.img or image))
            if change.market_definition is not None:
                self._starts[change.id] = change.market_definition.bsp_market
                turns.append(self._turn(change.id, change.market_definition))
        facts = self._feed.facts(changes, whole.pt, image=image)  # type: ignore[arg-type]
        if turns:
            facts = [one for fact in facts for one in self._listed(fact, whole.pt)]
        if best:
            facts = _with_best(facts, BooksChanged(self._venue, whole.pt, best))
        return Moment(at_ms, facts, prints, turns)

    def _runners(
        self, change: PlayedChange, names: dict[RunnerKey, InstrumentId], prints: list[Print], *, silent: bool
    ) -> None:
        """New volume; half of it is each side's. A smaller figure than before says that the rows were rewritten.

        Rewritten are they by a removal, a correction, or the clearing at settlement; what grew in the same message is
        no trade then.
        """
        market = self._traded.setdefault(change.id, {})
        for rc in change.rc or ():
            rows = rc.trd
            if not rows:
                continue
            instrument = names.get((rc.id, rc.hc) if rc.hc else rc.id)
            if instrument is None:
                continue
            known = market.get(instrument)
            if known is None:
                known = market[instrument] = {}
            fresh: list[Print] = []
            rewritten = silent
            for price, size in rows:
                if not (0 < price < PRICE_MAX and 0 <= size < AMOUNT_MAX):
                    raise PeerBroke(f"recorded volume of {size} at {price}")
                new = size - known.get(price, 0.0)
                known[price] = size
                if new > 0:
                    fresh.append((instrument, round(price * 100), round(new * 500_000)))
                elif new < 0:
                    rewritten = True
            if fresh and not rewritten:
                prints += fresh

    def _best_levels(
        self, change: PlayedChange, names: dict[RunnerKey, InstrumentId], *, image: bool
    ) -> Iterator[Levels]:
        """Where only the best levels were recorded they are all that is displayed, shown anew with each change."""
        for rc in change.rc or ():
            instrument = names.get((rc.id, rc.hc) if rc.hc else rc.id)
            if instrument is None or (not rc.batb and not rc.batl):
                continue
            if image:
                self._best.pop(instrument, None)
            kept = self._best.setdefault(instrument, ({}, {}))
            for side, rows in zip(kept, (rc.batb, rc.batl), strict=True):
                for level, price, size in rows or ():
                    if not (0 <= price < PRICE_MAX and 0 <= size < AMOUNT_MAX):
                        raise PeerBroke(f"a recorded level of {size} at {price}")
                    side[level] = (round(price * 100), round(size * 1_000_000))
            shown = [self._shown(side) for side in kept]
            yield Levels(instrument, shown[0], shown[1], image=True)

    def _shown(self, side: dict[int, tuple[int, int]]) -> list[tuple[int, int]]:
        return [(tick, size) for price, size in side.values() if size and (tick := self._ticks.get(price)) is not None]

    def _listed(self, fact: Fact, published_ms: int) -> list[Fact]:
        """New terms, with whether orders may wait for the starting price, which the live adapter does not send yet.

        An official file begins with a market's first message and not with an image: its books were empty before.
        """
        if not isinstance(fact, InstrumentsListed):
            return [fact]
        listed = tuple(
            replace(one, terms=replace(one.terms, starting_price=self._starts.get(one.listing.venue_market, False)))
            for one in fact.instruments
        )
        fresh = [one.id for one in listed if one.id not in self._known]
        self._known.update(fresh)
        empty = BooksChanged(fact.venue, published_ms, [Levels(one, [], [], image=True) for one in fresh])
        return [InstrumentsListed(fact.venue, listed), empty]

    def _turn(self, market: str, definition: PlayedDefinition) -> Turn:
        status = market_status(definition.status)
        removed: dict[SelectionId, Fraction] = {}
        starting: dict[SelectionId, Fraction] = {}
        for runner in definition.runners:
            selection = selection_id(runner.id, runner.hc)
            if runner.status not in REMOVED:
                self._factors[market, selection] = _percent(runner.adjustment_factor)
            else:
                known = self._factors.get((market, selection), Fraction(0))
                removed[selection] = known or _percent(runner.adjustment_factor)
            if definition.bsp_reconciled and runner.bsp is not None and isfinite(runner.bsp) and runner.bsp > 1:
                starting[selection] = Fraction(str(runner.bsp))
        places = definition.market_type in PLACE_TYPES
        results = {}
        if status is MarketStatus.CLOSED:
            told = ((selection_id(one.id, one.hc), RESULTS.get(one.status)) for one in definition.runners)
            results = {name: result for name, result in told if result is not None}
        return Turn(
            market=VenueMarketId(market),
            status=status,
            in_play=definition.in_play,
            delay_ms=definition.bet_delay * 1000,
            version=definition.version,
            winners=definition.number_of_winners,
            removed=removed,
            reduces_from=Fraction(0) if places else WIN_REDUCTION_MIN_PCT,
            place_market=places,
            starting_prices=starting,
            results=results,
        )


def _percent(factor: float | None) -> Fraction:
    return Fraction(str(factor)) if factor is not None and isfinite(factor) else Fraction(0)


def _with_best(facts: list[Fact], best: BooksChanged) -> list[Fact]:
    """The facts with these books where the feed would have put its own."""
    kept = [fact for fact in facts if not isinstance(fact, BooksChanged)]
    last = next((n for n, fact in enumerate(kept) if getattr(fact, "status", None) is MarketStatus.OPEN), len(kept))
    return [*kept[:last], best, *kept[last:]]
