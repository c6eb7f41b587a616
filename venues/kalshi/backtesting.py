"""A recording of Kalshi as a backtest's tape: streams and answers become moments of the markets that were mapped."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from domain.ids import Currency, VenueName
from venues.frames_file import read_frames
from venues.kalshi.played import Player
from venues.sim.backtest_tape import Moment, Tape
from venues.sim.mapped_tape import mapped_tape, mapping_beside


class BacktestAccount(msgspec.Struct, frozen=True):
    """What of the venue's own settings a backtest needs."""

    venue: VenueName = VenueName("kalshi")
    is_direct_member: bool = False
    rest_root: str = "/trade-api/v2"


def open_contracts_tape(path: Path, settings: dict[str, Any]) -> Tape:
    """A recording with the mapping beside it. ValueError for what cannot be played, OSError where it cannot be read."""
    account = msgspec.convert(settings, BacktestAccount)
    mapping, currency = mapping_beside(path), Currency("USD")
    skipped: list[tuple[int, str]] = []

    def moments() -> Iterator[Moment]:
        skipped.clear()
        player = Player(
            account.venue,
            currency,
            [one for one in mapping.listings if one.venue == account.venue],
            root=account.rest_root,
            is_direct_member=account.is_direct_member,
        )
        return player.moments(read_frames(path, skipped, account.venue), skipped)

    return mapped_tape(mapping, account.venue, currency, moments, skipped)
