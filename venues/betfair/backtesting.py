"""A recorded file as a backtest's tape: which of its markets can be simulated, and why others cannot."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.ids import Currency, EventId, MarketId, VenueMarketId, VenueName
from domain.markets import Event, Listing, Market
from venues.betfair import rules
from venues.betfair.history import Depth, read_lines
from venues.betfair.lenient import UNREADABLE
from venues.betfair.market_codec import REMOVED, MarketDefinition, selection_id
from venues.betfair.market_feed import MarketFeed
from venues.betfair.played import Player, decode_played
from venues.frames_file import venues_of
from venues.sim.backtest_tape import Moment, Tape, TapeMarket
from venues.sim.mapped_tape import is_mapped, mapped_tape, mapping_beside

RULES = "as the recorded market was settled"
_DEFINITION = b'"marketDefinition"'


class BacktestAccount(msgspec.Struct, frozen=True):
    """What of the venue's own settings a backtest needs: the account's currency and commission."""

    venue: VenueName = VenueName("betfair")
    currency: Currency = Currency("GBP")
    commission: rules.CommissionPlan = rules.CommissionPlan()


def open_tape(path: Path, settings: dict[str, Any]) -> Tape:
    """Read a file whole and say what can be simulated of it. Raises Damaged, ValueError, OSError.

    A recording of ours with its mapping beside it is of the markets as they were mapped.
    """
    account = msgspec.convert(settings, BacktestAccount)
    lines = list(read_lines(path, account.venue))
    opening, closing = _definitions(lines)
    if not opening:
        raise ValueError(f"{path}: no market definition in {len(lines)} messages; is it a stream recording?")
    depth = _depth(lines)
    found, events, markets, listings = [], {}, [], []
    for name, definition in opening.items():
        why_not = f"the file holds {Depth.NONE.value}" if depth is Depth.NONE else _why_not(definition)
        event = _event(definition, closing[name])
        found.append(TapeMarket(VenueMarketId(name), _title(definition, closing[name]), event.name, why_not))
        if not why_not:
            events[event.id] = event
            markets.append(_market(name, event.id, definition, closing[name]))
            listings += _listings(account.venue, name, definition)
    mapping = mapping_beside(path) if venues_of(path) and is_mapped(path) else None
    if mapping is not None:
        open_ones = {one.venue_market for one in listings}
        own = [one for one in mapping.listings if one.venue == account.venue and one.venue_market in open_ones]
        listings, mapping = own, replace(mapping, listings=tuple(own))
    skipped: list[tuple[int, str]] = []

    def moments() -> Iterator[Moment]:
        skipped.clear()
        feed = MarketFeed(account.venue, listings, account.currency, account.commission)
        player = Player(feed, account.venue, listings, best_only=depth is Depth.BEST)
        return player.moments(lines, skipped)

    if mapping is not None:
        tape = mapped_tape(mapping, account.venue, account.currency, moments, skipped)
        return replace(tape, found=(*tape.found, *(one for one in found if one.why_not)))
    return Tape(
        venue=account.venue,
        currency=account.currency,
        found=tuple(found),
        events=tuple(events.values()),
        markets=tuple(markets),
        listings=tuple(listings),
        moments=moments,
        skipped=skipped,
    )


def _definitions(lines: list[bytes]) -> tuple[dict[str, MarketDefinition], dict[str, MarketDefinition]]:
    """Each market as first and as last defined; only lines that hold a definition are decoded."""
    opening: dict[str, MarketDefinition] = {}
    closing: dict[str, MarketDefinition] = {}
    for line in lines:
        if _DEFINITION not in line:
            continue
        try:
            message = decode_played(line)
        except UNREADABLE:
            continue
        for change in (message and message.changes) or ():
            if change.market_definition is not None:
                opening.setdefault(change.id, change.market_definition)
                closing[change.id] = change.market_definition
    return opening, closing


def _depth(lines: list[bytes]) -> Depth:
    best = False
    for line in lines:
        if b'"atb"' in line or b'"atl"' in line:
            return Depth.FULL
        best = best or b'"batb"' in line or b'"batl"' in line
    return Depth.BEST if best else Depth.NONE


def _why_not(definition: MarketDefinition) -> str:
    """Why a market cannot be traded in a backtest, empty if it can."""
    runners = [one for one in definition.runners if one.status not in REMOVED]
    if definition.betting_type != "ODDS":
        return f"its betting type {definition.betting_type} is not played: what its bets are paid no recording says"
    if definition.market_type in rules.MARKET_TYPES_REFUSED:
        return f"its type {definition.market_type} is not traded here"
    if definition.price_ladder_definition.type not in rules.LADDERS:
        return f"its ladder {definition.price_ladder_definition.type} is not traded here"
    if not 0 < definition.number_of_winners < len(runners):
        return f"{definition.number_of_winners} of {len(runners)} runners win"
    return ""


def _event(opening: MarketDefinition, closing: MarketDefinition) -> Event:
    name = opening.event_name or closing.event_name or f"event {opening.event_id}"
    return Event(EventId(opening.event_id or name), name, _unix_ms(opening.market_time))


def _title(opening: MarketDefinition, closing: MarketDefinition) -> str:
    return opening.name or closing.name or re.sub("_", " ", opening.market_type).capitalize() or "market"


def _market(name: str, event: EventId, opening: MarketDefinition, closing: MarketDefinition) -> Market:
    names = {(one.id, one.hc or 0): one.name for one in closing.runners if one.name}
    runners = [one for one in opening.runners if one.status not in REMOVED]
    return Market(
        id=MarketId(name),
        event=event,
        kind=opening.market_type.lower() or "market",
        outcomes=tuple(one.name or names.get((one.id, one.hc or 0)) or f"runner {one.id}" for one in runners),
        winners=opening.number_of_winners,
        rules=RULES,
    )


def _listings(venue: VenueName, name: str, definition: MarketDefinition) -> list[Listing]:
    runners = [one for one in definition.runners if one.status not in REMOVED]
    return [
        Listing(venue, VenueMarketId(name), selection_id(one.id, one.hc), MarketId(name), outcome)
        for outcome, one in enumerate(runners)
    ]


def _unix_ms(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except ValueError:
        return 0
