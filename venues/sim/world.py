"""The demo world: football matches in compressed time, and several exchanges with a crowd at each of them.

    world = World(WorldOptions(seed=7, speed=30.0), (VenueOptions(...), ...), start_ns=..., start_ms=...)
    world.exchanges[name]                      # give each to its fake; the desk's account is open and funded
    world.next_deadline(), world.on_time(now)  # call before anything reaches an exchange at `now`
    world.mapping                              # the reviewed mapping; `listing.mapping_toml` writes it out

World time begins at 0 when the world starts and runs `speed` times as fast as the clock. Only goals, the crowd, the
schedule of markets and in-play delays live in world time. Everything the world decides of itself follows from the
seed; the desk's own orders change what is matched, never who comes and when.
"""

from functools import partial

import msgspec

from domain.ids import SelectionId, VenueMarketId, VenueName
from domain.markets import Mapping
from domain.money import MICROS
from domain.terms import Terms
from venues.sim.accounts import Collateral
from venues.sim.bettors import Bettors, Insiders
from venues.sim.clockwork import Actor, Clockwork
from venues.sim.exchange import DelayScope, Exchange, ExchangeOptions
from venues.sim.football import KINDS, Match, matches
from venues.sim.ground import Ground
from venues.sim.listing import Naming, books, mapping, market_id, market_specs
from venues.sim.makers import Maker
from venues.sim.notices import WISHED, Cause
from venues.sim.referee import Referee, schedule
from venues.sim.rumours import rumours
from venues.sim.views import FootballView

DESK = "desk"
"""The name of our own account at every exchange."""


def one_market(match: Match, kind: str, outcome: int) -> tuple[VenueMarketId, SelectionId]:
    """Plain names where a question is one market with a selection for each outcome."""
    return VenueMarketId(market_id(match, kind)), SelectionId(match.outcomes(kind)[outcome])


def market_each(match: Match, kind: str, outcome: int) -> tuple[VenueMarketId, SelectionId]:
    """Plain names where each outcome is a market of its own."""
    return VenueMarketId(f"{market_id(match, kind)}/{match.outcomes(kind)[outcome]}"), SelectionId("yes")


class VenueOptions(msgspec.Struct, frozen=True):
    """One exchange of the world. `delay_ms` is in world time; `naming` spells its markets as the venue does."""

    venue: VenueName
    terms: Terms
    collateral: Collateral
    naming: Naming
    suspends: bool
    delay_ms: int = 0
    delay_scope: DelayScope = DelayScope.EVERY
    flushes_on_reopen: bool = False
    bet_step_micros: int = 1
    cancellations: frozenset[Cause] = WISHED
    tells_maker: bool = False
    final_after_ns: int = 0
    deposit_micros: int = 20_000 * MICROS


class WorldOptions(msgspec.Struct, frozen=True):
    """`speed`: world seconds in a second. `pace`: how lively the crowd is, 1 as usual; it sets the events a second.

    `rumours`: how many times as often as usual the crowds hear of what is no goal, one later than the other; 0 never.
    """

    seed: int
    speed: float = 30.0
    matches: int = 6
    kinds: tuple[str, ...] = tuple(KINDS)
    makers: int = 2
    pace: float = 1.0
    rumours: float = 0.0


def open_exchange(venue: VenueOptions, *, speed: float) -> Exchange:
    """A venue's exchange with the desk's account, its delay shortened as time is."""
    exchange = Exchange(
        ExchangeOptions(
            venue=venue.venue,
            terms=venue.terms,
            collateral=venue.collateral,
            delay_ms=venue.delay_ms,
            delay_ns=int(venue.delay_ms * 1_000_000 / speed),
            delay_scope=venue.delay_scope,
            flushes_on_reopen=venue.flushes_on_reopen,
            bet_step_micros=venue.bet_step_micros,
            cancellations=venue.cancellations,
            tells_maker=venue.tells_maker,
            final_after_ns=venue.final_after_ns,
        )
    )
    exchange.open_account(DESK, deposit_micros=venue.deposit_micros)
    return exchange


class World:
    """Matches, exchanges and crowds, driven by the clock."""

    def __init__(
        self, options: WorldOptions, venues: tuple[VenueOptions, ...], *, start_ns: int, start_ms: int
    ) -> None:
        self.options = options
        self.start_ns = start_ns
        self.matches = matches(options.seed, count=options.matches)
        self.mapping: Mapping = mapping(
            self.matches,
            options.kinds,
            {venue.venue: venue.naming for venue in venues},
            starts_ms=lambda match: start_ms + int(match.kickoff_ns / options.speed) // 1_000_000,
        )
        self._clockwork = Clockwork(speed=options.speed, start_ns=start_ns)
        self.exchanges = {venue.venue: open_exchange(venue, speed=options.speed) for venue in venues}
        for venue in venues:
            self._people(venue)

    def clock_ns(self, world_ns: int) -> int:
        """The moment of the clock at which world time reads so."""
        return self._clockwork.clock_ns(world_ns)

    def world_ns(self, now_ns: int) -> int:
        """World time at a moment of the clock."""
        return self._clockwork.world_ns(now_ns)

    def next_deadline(self) -> int | None:
        """When `on_time` wants to be called, None if nothing will ever happen again."""
        return self._clockwork.next_deadline()

    def on_time(self, now_ns: int) -> None:
        """Let everything happen that was due until now, each thing at its own moment, and publish it."""
        self._clockwork.on_time(now_ns)

    def stop(self, now_ns: int) -> None:
        """From now on nothing happens in the world; the exchanges go on serving."""
        self._clockwork.stop(now_ns)

    def _people(self, venue: VenueOptions) -> None:
        """A venue's markets on every match, and everybody who trades there."""
        options, exchange = self.options, self.exchanges[venue.venue]
        self._clockwork.open(exchange)
        for match in self.matches:
            listed = books(match, options.kinds, venue.naming)
            for spec in market_specs(listed):
                exchange.list_market(spec)
            ground = Ground(options.seed, exchange, match, listed, options.pace)
            acts = schedule(options.seed, venue.venue, match, suspends=venue.suspends)
            heard = rumours(options.seed, match, venue.venue, often=options.rumours)
            view = partial(FootballView, rumours=heard)
            actors: list[Actor] = [Referee(ground, acts, world_to_clock=self.clock_ns)]
            actors += [Maker(ground, number, view) for number in range(options.makers)]
            actors += [Bettors(ground, view), Insiders(ground)]
            for actor in actors:
                self._clockwork.add(exchange, actor)
