"""A world made of a recording: its exchange shows the recorded books, the others follow with a lag and a spread.

    world = RecordedWorld(RecordedOptions(seed=7, speed=1.0), recording, (lead, *others), start_ns=..., start_ms=...)

The first venue is the recorded one; its naming is not asked, for its markets keep their recorded names. Otherwise
the world is used like `venues.sim.world.World`: `exchanges`, `mapping`, `matches`, `next_deadline`, `on_time`.
"""

from collections import deque
from collections.abc import Iterator
from functools import partial

import msgspec

from domain.ids import SelectionId, VenueMarketId, VenueName
from domain.markets import Mapping, MarketStatus
from venues.sim.accounts import Collateral
from venues.sim.bettors import Bettors
from venues.sim.chance import Stream
from venues.sim.clockwork import Clockwork
from venues.sim.exchange import Exchange
from venues.sim.following import AT_REST, Follower, LateView, Mids, merged
from venues.sim.football import SECOND, Match
from venues.sim.ground import Ground
from venues.sim.listing import Book, Naming, books, mapping, market_specs
from venues.sim.makers import Maker
from venues.sim.queue import Bound
from venues.sim.recorded import NANOS_PER_MS, Frame, PlayTime, RecordedMarket, Recording, State, span
from venues.sim.tape import Tape
from venues.sim.world import DESK, VenueOptions, open_exchange

BEFORE = 1.0
"""What is played of the time before the start are its last and liveliest minutes."""

RULES = "as the recorded market was settled"


class RecordedOptions(msgspec.Struct, frozen=True):
    """`from_ms` begins somewhere else than usual; `bound` guesses whose cancels they were in the recorded queues."""

    seed: int
    speed: float = 1.0
    from_ms: int | None = None
    bound: Bound = Bound.CENTRAL
    makers: int = 2
    pace: float = 1.0


class Echo:
    """A market's states as they reach a venue that follows, each a moment later."""

    def __init__(self, follower: Follower, lag_ns: int) -> None:
        self._follower = follower
        self._lag_ns = lag_ns
        self._heard: deque[tuple[int, State]] = deque()

    @property
    def due_ns(self) -> int | None:
        return self._heard[0][0] if self._heard else None

    def hear(self, at_ns: int, state: State) -> None:
        """Something was recorded now."""
        self._heard.append((at_ns + self._lag_ns, state))

    def act(self, at_ns: int, now_ns: int) -> None:
        """It has arrived."""
        self._follower.turn(self._heard.popleft()[1], now_ns)


class Play(msgspec.Struct, frozen=True):
    """One recorded market while it is played: its books, who runs it where it was recorded, and who hears of it.

    `states` are the last ones of its markets at the venue, where each of its outcomes is one.
    """

    books: tuple[Book, ...]
    leads: dict[VenueMarketId, Follower]
    echoes: list[tuple[int, Echo]]
    states: dict[VenueMarketId, State]

    def whole(self, market: VenueMarketId, state: State) -> State:
        """What has become of the whole question now that one of its markets is in this state."""
        self.states[market] = state
        return state if len(self.leads) == 1 else merged(self.states)


class FramePlayer:
    """Plays one frame after another on the recorded exchange, and lets the others hear of it."""

    def __init__(self, exchange: Exchange, tape: Tape, plays: dict[VenueMarketId, Play], clockwork: Clockwork) -> None:
        self.mids = Mids()
        self._exchange = exchange
        self._tape = tape
        self._plays = plays
        self._clockwork = clockwork
        self._frames: Iterator[tuple[int, Frame]] = iter(())
        self._next: tuple[int, Frame] | None = None

    @property
    def due_ns(self) -> int | None:
        return self._next[0] if self._next else None

    def begin(self, frames: Iterator[Frame], from_ms: int) -> None:
        """Take over everything up to the beginning at once, without anybody hearing of it."""
        clock = PlayTime(from_ms)
        self._frames = ((clock.world_ns(frame.at_ms), frame) for frame in frames)
        self._next = next(self._frames, None)
        while self._next is not None and self._next[1].at_ms <= from_ms:
            self.act(0, self._clockwork.start_ns)
        for play in self._plays.values():
            for _, echo in play.echoes:
                while echo.due_ns is not None:
                    echo.act(0, self._clockwork.start_ns)

    def act(self, at_ns: int, now_ns: int) -> None:
        """One frame: trades first, then what the market became, then what it showed."""
        assert self._next is not None, "an actor that is not due does not act"
        frame = self._next[1]
        play = self._plays.get(frame.market)
        if play is not None and not self._exchange.floor.markets[frame.market].settled:
            self._tape.play_prints(frame, now_ns)
            if frame.state is not None:
                self._turn(play, frame.market, frame.state, at_ns, now_ns)
            self._tape.play_levels(frame, now_ns)
            self._note_mids(play, frame, at_ns)
        self._next = next(self._frames, None)

    def _turn(self, play: Play, market: VenueMarketId, state: State, at_ns: int, now_ns: int) -> None:
        delay_ns = int(state.delay_ms * NANOS_PER_MS / self._clockwork.speed)
        self._exchange.options = msgspec.structs.replace(
            self._exchange.options, delay_ms=state.delay_ms, delay_ns=delay_ns
        )
        play.leads[market].turn(state, now_ns)
        whole = play.whole(market, state)
        for n, echo in play.echoes:
            echo.hear(at_ns, whole)
            self._clockwork.wake(n)

    def _note_mids(self, play: Play, frame: Frame, at_ns: int) -> None:
        touched = {level.selection for level in frame.levels} | set(frame.images)
        is_open = self._exchange.floor.markets[frame.market].status is MarketStatus.OPEN
        for book in play.books:
            if book.market == frame.market and (frame.state is not None or book.selection in touched):
                mid = self._tape.mid(frame.market, book.selection) if is_open else None
                self.mids.note(at_ns, frame.market, book.selection, mid)


class RecordedWorld:
    """The recorded exchange and those that follow it, driven by the clock."""

    def __init__(
        self,
        options: RecordedOptions,
        recording: Recording,
        venues: tuple[VenueOptions, ...],
        *,
        start_ns: int,
        start_ms: int,
    ) -> None:
        self.options = options
        self.start_ns = start_ns
        played = span(recording, from_ms=options.from_ms)
        self.matches = tuple(
            _event(n, market, starts_ns=played.starts_ns[market.id], length_ns=played.length_ns)
            for n, market in enumerate(recording.markets)
        )
        lead, *others = venues
        self.venues = (msgspec.structs.replace(lead, naming=_recorded_naming(recording)), *others)
        self.mapping = _mapping(self.matches, recording, self.venues, start_ms=start_ms, speed=options.speed)
        self._clockwork = Clockwork(speed=options.speed, start_ns=start_ns)
        self.exchanges: dict[VenueName, Exchange] = {}
        for venue in self.venues:
            self.exchanges[venue.venue] = open_exchange(venue, speed=options.speed)
            self._clockwork.open(self.exchanges[venue.venue])
        self._play(recording, played.from_ms)

    def clock_ns(self, world_ns: int) -> int:
        """The moment of the clock at which world time reads so."""
        return self._clockwork.clock_ns(world_ns)

    def world_ns(self, now_ns: int) -> int:
        """World time at a moment of the clock."""
        return self._clockwork.world_ns(now_ns)

    def next_deadline(self) -> int | None:
        """When `on_time` wants to be called, None if the recording is over and nobody acts any more."""
        return self._clockwork.next_deadline()

    def on_time(self, now_ns: int) -> None:
        """Let everything happen that was due until now, each thing at its own moment, and publish it."""
        self._clockwork.on_time(now_ns)

    def stop(self, now_ns: int) -> None:
        """From now on nothing happens in the world; the exchanges go on serving."""
        self._clockwork.stop(now_ns)

    def _play(self, recording: Recording, from_ms: int) -> None:
        """List every market everywhere, take over its past, and let people in."""
        lead, *others = self.venues
        exchange = self.exchanges[lead.venue]
        tape = Tape(exchange, DESK, double_counted=recording.double_counted, bound=self.options.bound)
        plays: dict[VenueMarketId, Play] = {}
        player = FramePlayer(exchange, tape, plays, self._clockwork)
        for match, market in zip(self.matches, recording.markets, strict=True):
            ground = self._ground(lead, match, market)
            leads = {
                name: Follower(_part(ground, name), _part(ground, name).books, winners=market.winners, suspends=True)
                for name in market.venue_markets
            }
            echoes = [self._follow(venue, match, market, ground.books, player.mids) for venue in others]
            states = dict.fromkeys(leads, AT_REST)
            plays |= dict.fromkeys(leads, Play(ground.books, leads, echoes, states))
        player.begin(recording.frames(), from_ms)
        for name in self.exchanges:
            self.exchanges[name].floor.batch()
        self._clockwork.add(exchange, player)

    def _ground(self, venue: VenueOptions, match: Match, market: RecordedMarket) -> Ground:
        exchange = self.exchanges[venue.venue]
        listed = books(match, (market.kind,), venue.naming)
        for spec in market_specs(listed):
            winners = (market.winners, market.winners) if len(spec.selections) > 1 else spec.winners
            exchange.list_market(msgspec.structs.replace(spec, winners=winners))
        return Ground(self.options.seed, exchange, match, listed, self.options.pace, before=BEFORE)

    def _follow(
        self, venue: VenueOptions, match: Match, market: RecordedMarket, lead: tuple[Book, ...], mids: Mids
    ) -> tuple[int, Echo]:
        """A venue that follows: its markets, a crowd that looks at the recorded prices, and its own lag."""
        ground = self._ground(venue, match, market)
        exchange = ground.exchange
        view = partial(LateView, mids=mids, lead=lead)
        for number in range(self.options.makers):
            self._clockwork.add(exchange, Maker(ground, number, view))
        self._clockwork.add(exchange, Bettors(ground, view))
        lag = Stream(self.options.seed, f"echo/{venue.venue}/{match.number}").uniform(0, 0.3, 1.5)
        follower = Follower(ground, lead, winners=market.winners, suspends=venue.suspends)
        echo = Echo(follower, int(lag * SECOND))
        return self._clockwork.add(exchange, echo), echo


def _part(ground: Ground, market: VenueMarketId) -> Ground:
    """The books of one of the venue's markets."""
    return msgspec.structs.replace(ground, books=tuple(one for one in ground.books if one.market == market))


def _event(number: int, market: RecordedMarket, *, starts_ns: int, length_ns: int) -> Match:
    """A recorded market as an event of this world: no goals that anybody knows of."""
    return Match(
        number=number,
        home=market.event,
        away="",
        kickoff_ns=starts_ns,
        whistle_ns=length_ns,
        home_rate=0.0,
        away_rate=0.0,
        goals=(),
        alarms=(),
        questions=((market.kind, market.names),),
    )


def _recorded_naming(recording: Recording) -> Naming:
    """The recorded names, by the number that an event has in this world."""

    def naming(match: Match, _kind: str, outcome: int) -> tuple[VenueMarketId, SelectionId]:
        market = recording.markets[match.number]
        return market.places[outcome] if market.places else market.id, market.selections[outcome]

    return naming


def _mapping(
    matches: tuple[Match, ...], recording: Recording, venues: tuple[VenueOptions, ...], *, start_ms: int, speed: float
) -> Mapping:
    """The reviewed mapping of the recorded markets.

    Where odds are quoted a selection may be void that a contract settles as lost.
    """
    full = any(venue.collateral is Collateral.FULL for venue in venues)
    void_alone = tuple(venue.venue for venue in venues if full and venue.collateral is Collateral.NET)
    plain = mapping(
        matches,
        dict.fromkeys(market.kind for market in recording.markets),
        {venue.venue: venue.naming for venue in venues},
        starts_ms=lambda match: start_ms + int(match.kickoff_ns / speed) // NANOS_PER_MS,
    )
    if len({market.id for market in plain.markets}) < len(plain.markets):
        raise ValueError("two recorded markets have the same event and kind: name their events apart")
    for market in recording.markets:
        places = market.places or (market.id,) * len(market.selections)
        if not 0 < market.winners < len({*zip(places, market.selections, strict=True)}) == len(market.selections):
            raise ValueError(f"market {market.id} cannot be played: it needs fewer winners than selections, not none")
    winners = [market.winners for market in recording.markets]
    markets = tuple(
        msgspec.structs.replace(market, winners=most, rules=RULES, void_alone=void_alone)
        for market, most in zip(plain.markets, winners, strict=True)
    )
    return msgspec.structs.replace(plain, markets=markets)
