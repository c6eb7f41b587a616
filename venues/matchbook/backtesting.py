"""A recording of polls as a backtest's tape: each answer about events is one moment of the markets that were mapped.

The venue tells no trades by price, so there are no prints: what rests is matched by what is displayed where it would
have met it. Nor does it tell who won: what is open at the end is marked at the last prices.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from domain.ids import Currency, VenueMarketId, VenueName
from domain.messages import MarketChanged
from venues.base import Endpoint
from venues.errors import PeerBroke
from venues.frames_file import ANSWER, Frame, read_frames
from venues.http import HttpReply
from venues.matchbook.events_codec import EVENTS_PATH, Event, events_answer, market_answer
from venues.matchbook.market_feed import MarketFeed
from venues.matchbook.rules import CommissionPlan
from venues.matchbook.settings import Settings
from venues.secret import Secret
from venues.sim.backtest_tape import Moment, Tape, Turn
from venues.sim.mapped_tape import mapped_tape, mapping_beside, touched

COMMISSION = "NET_WIN"


class BacktestAccount(msgspec.Struct, frozen=True):
    """What of the venue's own settings a backtest needs."""

    venue: VenueName = VenueName("matchbook")
    currency: Currency = Currency("EUR")
    commission: CommissionPlan = CommissionPlan()
    in_play_delay_ms: int = 6_000


def open_polled_tape(path: Path, settings: dict[str, Any]) -> Tape:
    """A recording with the mapping beside it. ValueError for what cannot be played, OSError where it cannot be read."""
    account = msgspec.convert(settings, BacktestAccount)
    mapping = mapping_beside(path)
    listings = tuple(one for one in mapping.listings if one.venue == account.venue)
    skipped: list[tuple[int, str]] = []

    def moments() -> Iterator[Moment]:
        skipped.clear()
        feed = MarketFeed(_settings(account), listings)
        fee = account.commission.fee(COMMISSION)
        assert fee is not None, "every plan has a rate for net winnings"
        feed.set_fee(fee)
        return _moments(read_frames(path, skipped, account.venue), feed, skipped)

    return mapped_tape(mapping, account.venue, account.currency, moments, skipped)


def _settings(account: BacktestAccount) -> Settings:
    """What the feed needs; there is nobody to dial and nobody to log in as."""
    nobody = Secret("")
    return Settings(
        api=Endpoint("recorded", 0, tls=False),
        username=nobody,
        password=nobody,
        venue=account.venue,
        currency=account.currency,
        commission=account.commission,
        in_play_delay_ms=account.in_play_delay_ms,
    )


def _moments(frames: Iterator[Frame], feed: MarketFeed, skipped: list[tuple[int, str]]) -> Iterator[Moment]:
    states: dict[VenueMarketId, MarketChanged] = {}
    for number, frame in enumerate(frames, 1):
        if frame.kind != ANSWER or not frame.about.startswith(EVENTS_PATH):
            continue
        try:
            events = _events(frame)
        except PeerBroke as error:
            skipped.append((number, str(error)))
            continue
        facts = feed.facts(events, number, priced="include-prices=true" in frame.about)
        turns = [
            Turn(
                market=one.venue_market,
                status=one.status,
                in_play=one.in_play,
                delay_ms=one.bet_delay_ms,
                version=one.version,
            )
            for one in touched(facts, states)
        ]
        yield Moment(frame.at_ms, facts, [], turns)


def _events(frame: Frame) -> list[Event]:
    """The events of an answer, whether it is about several or about one market by itself."""
    target, _, status = frame.about.rpartition(" ")
    reply = HttpReply(int(status) if status.isdecimal() else 0, {}, frame.text.encode(), 0, 0)
    if target.partition("?")[0] == EVENTS_PATH:
        return events_answer(reply).events
    if "/markets/" in target:
        market = market_answer(reply)
        return [Event(market.event_id, [market])]
    return []
