"""A recorded stream as the demo's world plays it: frames of levels, prints and states, market by market."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from domain.ids import SelectionId, VenueMarketId
from domain.markets import MarketStatus
from domain.odds import PriceKind, ladder
from domain.orders import Side
from venues.betfair import rules
from venues.betfair.amounts import AMOUNT_MAX
from venues.betfair.history import Damaged, Depth, Recording, survey
from venues.betfair.lenient import UNREADABLE
from venues.betfair.market_codec import REMOVED, RESULTS, MarketDefinition, Pairs, market_status, selection_id
from venues.sim import recorded

PRICE_MAX = 10_000.0
MARKETS_MAX = 12
"""Of a recording of many markets, so many of the busiest are played."""

Rows = list[tuple[int, float, float]]
"""`[level, price, size]` of the best levels; a size of 0 clears a level."""


class Unplayable(ValueError):
    """The file is a recording, and yet nothing can be traded on it; the text says why."""


class RunnerRows(msgspec.Struct):
    """Changed rows of one runner: ladders, best levels, and volume traded so far by price."""

    id: int
    hc: float | None = None
    atb: Pairs | None = None
    atl: Pairs | None = None
    batb: Rows | None = None
    batl: Rows | None = None
    trd: Pairs | None = None


class RunnerStanding(msgspec.Struct, rename="camel"):
    """A runner in a definition, with what its removal would take off the others' prices, in per cent."""

    id: int
    hc: float | None = None
    status: str = "ACTIVE"
    adjustment_factor: float | None = None


class Standing(msgspec.Struct, rename="camel"):
    """What a definition says of a market's state."""

    status: str
    in_play: bool = False
    bet_delay: int = 0
    runners: list[RunnerStanding] = []


class MarketRows(msgspec.Struct):
    """What changed in one market."""

    id: str
    img: bool | None = None
    rc: list[RunnerRows] | None = None
    definition: Standing | None = msgspec.field(default=None, name="marketDefinition")


class Line(msgspec.Struct):
    """The part of a message that is played."""

    mc: list[MarketRows] | None = None


_lines = msgspec.json.Decoder(Line, strict=False)


def playable(path: Path) -> recorded.Recording:
    """A file as a recording that can be played. Raises Damaged, Unplayable, OSError."""
    recording = Recording(path)
    found = survey(recording)
    skipped = tuple(recording.lines_skipped)
    if found.depth is Depth.NONE:
        raise Unplayable(f"{path}: it holds {Depth.NONE.value}; there is no book to trade on")
    chosen = [name for name, definition in found.opening.items() if not _why_not(definition)]
    if not chosen:
        reasons = dict.fromkeys(_why_not(definition) for definition in found.opening.values())
        raise Unplayable(f"{path}: none of its markets is of a kind that is traded here: {'; '.join(reasons)}")
    if len(chosen) > MARKETS_MAX:
        busy = _changes(path)
        chosen = sorted(chosen, key=lambda name: (-busy.get(name, 0), name))[:MARKETS_MAX]
    markets = tuple(_market(name, found.opening[name], found.closing[name]) for name in chosen)
    wanted = {market.id: frozenset(market.selections) for market in markets}
    return recorded.Recording(markets, lambda: _frames(path, wanted), double_counted=True, skipped=skipped)


def _hundredths(price: float) -> int:
    """A price as the ladder is keyed, 0 for what is none."""
    return round(price * 100) if 0 < price < PRICE_MAX else 0


def _why_not(definition: MarketDefinition) -> str:
    """Why a market cannot be played, empty if it can. A bet that pays each way is two bets in one, not a claim."""
    runners = [one for one in definition.runners if one.status not in REMOVED]
    if definition.betting_type != "ODDS":
        return f"betting type {definition.betting_type}, not odds"
    if definition.market_type in rules.MARKET_TYPES_REFUSED:
        return f"market type {definition.market_type}"
    if definition.price_ladder_definition.type != "CLASSIC":
        return f"price ladder {definition.price_ladder_definition.type}, not the classic one"
    if not 0 < definition.number_of_winners < len(runners):
        return f"{definition.number_of_winners} of {len(runners)} runners win"
    return ""


def _changes(path: Path) -> dict[str, int]:
    """How often each market changed."""
    counts: dict[str, int] = {}
    for _, message in Recording(path).messages():
        for change in message.changes or ():
            counts[change.id] = counts.get(change.id, 0) + 1
    return counts


def _market(name: str, opening: MarketDefinition, closing: MarketDefinition) -> recorded.RecordedMarket:
    names = {(one.id, one.hc or 0): one.name for one in closing.runners if one.name}
    runners = [one for one in opening.runners if one.status not in REMOVED]
    event = opening.event_name or closing.event_name or f"event {opening.event_id}"
    return recorded.RecordedMarket(
        id=VenueMarketId(name),
        event=f"{event} {name}",
        kind=opening.market_type.lower() or "market",
        starts_ms=_unix_ms(opening.market_time),
        selections=tuple(selection_id(one.id, one.hc) for one in runners),
        names=tuple(names.get((one.id, one.hc or 0)) or f"runner {one.id}" for one in runners),
        winners=opening.number_of_winners,
    )


def _unix_ms(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except ValueError:
        return 0


def _frames(path: Path, wanted: dict[VenueMarketId, frozenset[SelectionId]]) -> Iterator[recorded.Frame]:
    """Every message of the chosen markets as frames, one market at a time, times never going back."""
    players = {name: _Player(name, selections) for name, selections in wanted.items()}
    last_ms = 0
    for line, message in Recording(path).messages():
        last_ms = max(last_ms, message.time_ms)
        try:
            played = _lines.decode(line)
        except UNREADABLE as error:
            raise Damaged(f"{path}: {error}, in {line[:80]!r}") from error
        for change in played.mc or ():
            player = players.get(VenueMarketId(change.id))
            if player is not None:
                yield player.frame(last_ms, change)


class _Player:
    """What must be remembered of one market between messages: traded volume, best levels, removals."""

    def __init__(self, market: VenueMarketId, selections: frozenset[SelectionId]) -> None:
        self._market = market
        self._selections = selections
        self._ticks = ladder(PriceKind.ODDS, rules.LADDERS["CLASSIC"]).tick_by_price
        self._traded: dict[tuple[SelectionId, int], float] = {}
        self._best: dict[tuple[SelectionId, Side], dict[int, tuple[int, int]]] = {}
        self._factors: dict[SelectionId, int] = {}

    def frame(self, at_ms: int, change: MarketRows) -> recorded.Frame:
        """One change as it is played."""
        levels: list[recorded.Level] = []
        prints: list[recorded.Print] = []
        images: list[SelectionId] = []
        if change.img:
            self._traded.clear()
            self._best.clear()
            images += self._selections
        for rows in change.rc or ():
            selection = selection_id(rows.id, rows.hc)
            if selection in self._selections:
                levels += self._ladder(selection, rows)
                levels += self._best_levels(selection, rows, images)
                prints += self._prints(selection, rows.trd or (), silent=bool(change.img))
        return recorded.Frame(
            at_ms=at_ms,
            market=self._market,
            levels=tuple(levels),
            prints=tuple(prints),
            state=None if change.definition is None else self._state(change.definition),
            images=tuple(dict.fromkeys(images)),
        )

    def _ladder(self, selection: SelectionId, rows: RunnerRows) -> Iterator[recorded.Level]:
        """What can be backed are resting lays, what can be laid resting backs."""
        for side, pairs in ((Side.LAY, rows.atb), (Side.BACK, rows.atl)):
            for price, size in pairs or ():
                hundredths = _hundredths(price)
                if hundredths in self._ticks and 0 <= size < AMOUNT_MAX:
                    yield recorded.Level(selection, side, hundredths, round(size * 1_000_000))

    def _best_levels(
        self, selection: SelectionId, rows: RunnerRows, images: list[SelectionId]
    ) -> Iterator[recorded.Level]:
        """Where only the best levels were recorded they are all that is displayed, shown anew with each change."""
        if (rows.atb is not None or rows.atl is not None) or (not rows.batb and not rows.batl):
            return
        for side, told in ((Side.LAY, rows.batb), (Side.BACK, rows.batl)):
            kept = self._best.setdefault((selection, side), {})
            for level, price, size in told or ():
                kept[level] = (_hundredths(price), round(size * 1_000_000) if 0 <= size < AMOUNT_MAX else 0)
        images.append(selection)
        for side in (Side.LAY, Side.BACK):
            shown = dict(self._best.get((selection, side), {}).values())
            for hundredths, size in shown.items():
                if size and hundredths in self._ticks:
                    yield recorded.Level(selection, side, hundredths, size)

    def _prints(self, selection: SelectionId, traded: Pairs | tuple[()], *, silent: bool) -> Iterator[recorded.Print]:
        """New volume; a smaller figure than before is a correction or the clearing at settlement, not a trade."""
        for price, size in traded:
            key = (selection, _hundredths(price))
            if not 0 <= size < AMOUNT_MAX:
                continue
            new = size - self._traded.get(key, 0.0)
            self._traded[key] = size
            if new > 0 and not silent:
                yield recorded.Print(selection, key[1], round(new * 1_000_000))

    def _state(self, standing: Standing) -> recorded.State:
        status = market_status(standing.status)
        removed: dict[SelectionId, int] = {}
        for runner in standing.runners:
            selection = selection_id(runner.id, runner.hc)
            if runner.status not in REMOVED:
                self._factors[selection] = round((runner.adjustment_factor or 0.0) * 10_000)
            elif selection in self._selections:
                removed[selection] = self._factors.get(selection, 0)
        results = {}
        if status is MarketStatus.CLOSED:
            told = ((selection_id(one.id, one.hc), RESULTS.get(one.status)) for one in standing.runners)
            results = {name: result for name, result in told if result is not None and name in self._selections}
        return recorded.State(
            status=status,
            in_play=standing.in_play,
            delay_ms=standing.bet_delay * 1000,
            removed=removed,
            results=results,
        )
