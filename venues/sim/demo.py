"""How a venue joins the demo's street: what its exchange is like, how its fake opens, and how its adapter finds it."""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from domain.markets import Listing
from venues.base import Emit, Endpoint, Network, Server, Venue
from venues.catalogue.listed import ListedEvent
from venues.http import Http
from venues.sim.exchange import Exchange
from venues.sim.faults import Faults
from venues.sim.football import Match
from venues.sim.listing import Naming
from venues.sim.world import VenueOptions

Chance = Callable[[], float]


class Ports(msgspec.Struct, frozen=True):
    """An opened fake: one `Server` for each port of the venue, by the port's role.

    `listed` tells what the venue lists at a moment, in the house's words: made of the bytes that its port would answer
    whoever asks, without the port's troubles. None where it lists the world's matches under the world's own names.
    """

    servers: dict[str, Server]
    listed: Callable[[int], tuple[ListedEvent, ...]] | None = None


class Guide(msgspec.Struct, frozen=True):
    """What a customer of the simulated exchange is told: where, and as whom.

    `urls` has scheme and path by the port's role; `login` what each credential is called and what it is. None of them
    opens anything but a simulated exchange.
    """

    urls: dict[str, tuple[str, str]]
    login: dict[str, str]


class Staging(msgspec.Struct, frozen=True):
    """What a fake is opened over.

    `epoch_ns` is the Unix time at monotonic zero. `matches` say which questions they are asked; `naming` spells the
    venue's markets, which are its own in a made world and the recorded ones where a recording of it is played.
    """

    exchange: Exchange
    matches: tuple[Match, ...]
    kinds: tuple[str, ...]
    naming: Naming
    faults: Faults
    epoch_ns: int
    seed: int
    speed: float
    start_ms: int


def untapped(settings: Any, network: Network) -> tuple[Any, Network]:  # noqa: ANN401 each venue has its own
    """Nobody listens."""
    return settings, network


class Wiring(msgspec.Struct, frozen=True):
    """What an adapter is built from: its own listings, the ports of the fake by role, and what the engine gives it.

    `cold_http` makes a client for calls where a millisecond does not matter; without one the adapter's own serves.
    `patience` is how many times as long as in the demo it waits before it polls again or looks for a sign of life.
    `settings` is the venue's own table of the configuration; ValueError for what the demo cannot run with. `tap` lets
    somebody listen: settings and network go through it before the adapter has them.
    """

    listings: tuple[Listing, ...]
    ports: dict[str, Endpoint]
    network: Network
    emit: Emit
    wall_ns: Callable[[], int]
    chance: Chance
    cold_http: Callable[[Endpoint], Http] | None = None
    patience: int = 1
    settings: dict[str, Any] = {}
    tap: Callable[[Any, Network], tuple[Any, Network]] = untapped


class DemoVenue(Protocol):
    """One venue's part of the demo."""

    options: VenueOptions
    guide: Guide

    def open_fake(self, staging: Staging) -> Ports: ...

    def open_venue(self, wiring: Wiring) -> Venue: ...
