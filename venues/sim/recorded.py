"""A recording as the world reads it, whatever venue it came from: frames of levels, prints and states, and their time.

Whoever decodes a venue's file makes a `Recording` of it. Times in a recording are Unix milliseconds. Its world
begins ten minutes before the first market turns in-play, else before the last suspension, unless told otherwise; of a
gap without frames longer than two seconds, two seconds are left, also of those in the ten minutes.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

import msgspec

from domain.ids import SelectionId, VenueMarketId
from domain.markets import MarketStatus, Result
from domain.orders import Side

LEAD_IN_MS = 600_000
GAP_MAX_MS = 2_000
NANOS_PER_MS = 1_000_000


class Level(msgspec.Struct, frozen=True):
    """What is displayed at one price from now on, 0 for nothing. `side` is the side of the resting orders."""

    selection: SelectionId
    side: Side
    price: int
    size_micros: int


class Print(msgspec.Struct, frozen=True):
    """New volume traded at one price, counted as the recording counts (see `Recording.double_counted`)."""

    selection: SelectionId
    price: int
    size_micros: int


class State(msgspec.Struct, frozen=True):
    """A market's state from now on. `removed` holds reduction factors in millionths, `results` only when CLOSED."""

    status: MarketStatus
    in_play: bool
    delay_ms: int = 0
    removed: dict[SelectionId, int] = {}
    results: dict[SelectionId, Result] = {}


class Frame(msgspec.Struct, frozen=True):
    """One message of one market, applied whole. The books of the selections in `images` are replaced."""

    at_ms: int
    market: VenueMarketId
    levels: tuple[Level, ...] = ()
    prints: tuple[Print, ...] = ()
    state: State | None = None
    images: tuple[SelectionId, ...] = ()


class RecordedMarket(msgspec.Struct, frozen=True):
    """A market of a recording; `names` are those of the selections in order, `starts_ms` is the scheduled start.

    What a recording says of other selections is not played. `places`: the venue's market of each selection, where an
    outcome is a market of its own; without them all are in `id`.
    """

    id: VenueMarketId
    event: str
    kind: str
    starts_ms: int
    selections: tuple[SelectionId, ...]
    names: tuple[str, ...]
    winners: int = 1
    places: tuple[VenueMarketId, ...] = ()

    @property
    def venue_markets(self) -> tuple[VenueMarketId, ...]:
        """Every market that it is at the venue, each once."""
        return tuple(dict.fromkeys(self.places)) or (self.id,)


class Recording(msgspec.Struct, frozen=True):
    """Some markets of one venue and everything that happened in them. `frames` begins anew with each call.

    `double_counted`: prints hold the volume of both sides of each match. `skipped`: lines that could not be read and
    are not played, by their number. `unsettled`: so many of the markets have no result in it, and stay open at its end.
    """

    markets: tuple[RecordedMarket, ...]
    frames: Callable[[], Iterator[Frame]]
    double_counted: bool
    skipped: tuple[tuple[int, str], ...] = ()
    unsettled: int = 0


class Span(msgspec.Struct, frozen=True):
    """The part of a recording that is played: where it begins, how long it takes, and when events are to start."""

    from_ms: int
    length_ns: int
    starts_ns: dict[VenueMarketId, int]


def span(recording: Recording, *, from_ms: int | None = None) -> Span:
    """Read the recording once to find out where to begin and how long it will last. ValueError if it is empty."""
    times: list[int] = []
    in_play_ms = suspended_ms = None
    statuses: dict[VenueMarketId, MarketStatus] = {}
    for frame in recording.frames():
        times.append(frame.at_ms)
        if frame.state is None:
            continue
        if frame.state.in_play and in_play_ms is None:
            in_play_ms = frame.at_ms
        if frame.state.status is MarketStatus.SUSPENDED is not statuses.get(frame.market):
            suspended_ms = frame.at_ms
        statuses[frame.market] = frame.state.status
    if not times:
        raise ValueError("the recording holds no frame: is it a recording of these markets?")
    turn_ms = in_play_ms if in_play_ms is not None else suspended_ms
    if from_ms is None:
        from_ms = times[0] if turn_ms is None else _led_in(times, turn_ms)
    clock = PlayTime(from_ms)
    played = [(at_ms, clock.world_ns(at_ms)) for at_ms in times]
    starts_ns = {
        market.id: next((at_ns for at_ms, at_ns in played if at_ms >= market.starts_ms), played[-1][1])
        for market in recording.markets
    }
    return Span(from_ms, played[-1][1], starts_ns)


def _led_in(times: Sequence[int], turn_ms: int) -> int:
    """The moment from which what is played up to the turn takes ten minutes, if there is so much."""
    later_ms, left_ms = turn_ms, LEAD_IN_MS
    for at_ms in reversed(times[: bisect_left(times, turn_ms)]):
        gap_ms = min(later_ms - at_ms, GAP_MAX_MS)
        if gap_ms >= left_ms:
            return max(at_ms, later_ms - left_ms)
        later_ms, left_ms = at_ms, left_ms - gap_ms
    return times[0]


class PlayTime:
    """From the recording's time to world time: 0 at the beginning, quiet gaps cut short. Ask in order."""

    def __init__(self, from_ms: int) -> None:
        self._last_ms = from_ms
        self._world_ns = 0

    def world_ns(self, at_ms: int) -> int:
        """World time of a frame; 0 for everything before the beginning."""
        if at_ms > self._last_ms:
            self._world_ns += min(at_ms - self._last_ms, GAP_MAX_MS) * NANOS_PER_MS
            self._last_ms = at_ms
        return self._world_ns
