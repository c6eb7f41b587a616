"""The accounts that a configuration names: each venue's table as settings with its secrets read, and its adapter."""

from collections.abc import Sequence
from typing import Any

import msgspec

from domain.clock import Clock
from domain.ids import VenueName, exchange_of
from domain.markets import Listing
from engine.clock import system_chance
from engine.config import ConfigError, Loaded
from venues.base import Emit, Network, Venue
from venues.credentials import read_settings
from venues.registry import CONSTRUCTORS


def account_settings(loaded: Loaded, venue: VenueName) -> Any:  # noqa: ANN401 each venue has its own
    """What a venue's table says. ConfigError names the key and the fix; no secret is ever in it."""
    try:
        settings = read_settings(loaded.config.venues[venue], CONSTRUCTORS[exchange_of(venue)][1])
    except ValueError as error:
        raise ConfigError(f"[venues.{venue}] {error}") from None
    return settings if settings.venue == venue else msgspec.structs.replace(settings, venue=venue)


def open_account(
    venue: VenueName,
    settings: Any,  # noqa: ANN401 the venue's own
    listings: Sequence[Listing],
    network: Network,
    emit: Emit,
    clock: Clock,
) -> Venue:
    """The adapter of a real account, not started. ConfigError for settings or a mapping that it cannot be run with."""
    own = tuple(one for one in listings if one.venue == venue)
    constructor = CONSTRUCTORS[exchange_of(venue)][0]
    try:
        return constructor(settings, own, network, emit, wall_ns=clock.wall_ns, chance=system_chance)
    except ValueError as error:
        raise ConfigError(f"[venues.{venue}] {error}") from None
