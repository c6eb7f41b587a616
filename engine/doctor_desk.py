"""The doctor's look through the real adapters: lines up, mapped markets listed, books come, orders and money told.

They are opened disarmed and asked one question that only reads; there is no way in here to an order.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.clock import Clock
from domain.ids import InstrumentId, VenueName, instrument_id
from domain.markets import Listing
from domain.messages import (
    BalanceReported,
    BooksChanged,
    Channel,
    ChannelChanged,
    Fact,
    InstrumentsListed,
    QueryVenue,
    VenueReported,
)
from domain.money import format_micros
from engine.accounts import open_account
from engine.config import ConfigError
from engine.hearing import Hearing
from venues.base import Venue
from venues.checkup import Finding, Verdict

ASK_AGAIN_NS = 5_000_000_000
NAMED = 3
"""So many of what is missing are told by name."""


class Heard:
    """What one adapter has said so far."""

    def __init__(self, venue: VenueName, listings: tuple[Listing, ...]) -> None:
        self.adapter: Venue | None = None
        self._venue = venue
        self._wanted = {
            instrument_id(venue, venue_market=one.venue_market, selection=one.selection): one for one in listings
        }
        self._channels: dict[Channel, ChannelChanged] = {}
        self._listed: set[InstrumentId] = set()
        self._books: set[InstrumentId] = set()
        self._report: VenueReported | None = None
        self._balance: BalanceReported | None = None
        self._asked_ns: int | None = None

    def hear(self, fact: Fact) -> None:
        """Take one fact in."""
        match fact:
            case ChannelChanged(channel=channel):
                self._channels[channel] = fact
            case InstrumentsListed(instruments=instruments):
                self._listed.update(one.id for one in instruments)
            case BooksChanged(books=books):
                self._books.update(one.instrument for one in books)
            case VenueReported():
                self._report = fact
            case BalanceReported():
                self._balance = fact

    def ask(self, now_ns: int) -> None:
        """Have it read orders and money, again if it did not answer."""
        up = self._channels.get(Channel.REQUESTS)
        due = self._asked_ns is None or now_ns >= self._asked_ns + ASK_AGAIN_NS
        if self.adapter is not None and up is not None and up.up and due and not self._is_told:
            self._asked_ns = now_ns
            self.adapter.send(QueryVenue(self._venue), now_ns)

    @property
    def is_complete(self) -> bool:
        """There is nothing more to wait for."""
        up = all(one in self._channels and self._channels[one].up for one in Channel)
        return up and self._is_told and self._listed >= self._wanted.keys() and self._books >= self._listed

    @property
    def _is_told(self) -> bool:
        return self._report is not None and self._balance is not None

    def findings(self) -> Iterator[Finding]:
        """Everything that was heard, and what was not."""
        down = [self._down(one) for one in Channel if one not in self._channels or not self._channels[one].up]
        if down:
            fix = "see what is said above of the hosts and the login"
            yield Finding("lines", Verdict.BAD, "; ".join(down), fix)
        else:
            yield Finding("lines", Verdict.OK, f"{', '.join(one.value for one in Channel)} are up")
        missing = [one for key, one in self._wanted.items() if key not in self._listed]
        said = f"{len(self._wanted) - len(missing)} of {len(self._wanted)} mapped selections are traded there"
        named = ", ".join(f"{one.venue_market} {one.selection}" for one in missing[:NAMED])
        fix = "review the mapping: closed, of another kind than is traded here, or misspelt"
        yield Finding(
            "mapping", Verdict.LOOK if missing else Verdict.OK, f"{said}{'; not ' if named else ''}{named}", fix
        )
        bare = len(self._listed - self._books)
        said = f"{len(self._listed) - bare} of {len(self._listed)} books came"
        yield Finding("books", Verdict.LOOK if bare else Verdict.OK, said, "wait longer with --wait, or look there")
        yield from self._told()

    def _told(self) -> Iterator[Finding]:
        if self._report is None or self._balance is None:
            said = "orders and money were not told in time"
            yield Finding("orders", Verdict.BAD, said, "wait longer with --wait, or ask again")
            return
        working = [one for one in self._report.orders if one.report is None or not one.report.closed]
        foreign = sum(one.ref is None for one in working)
        said = f"{len(working)} open, {foreign} of them without a ref of this program's"
        fix = "they count in exposure; foreign ones are never touched: cancel there what nobody wants"
        yield Finding("orders", Verdict.LOOK if working else Verdict.OK, said, fix)
        money = f"{format_micros(self._balance.balance_micros)} {self._balance.currency} ({self._balance.basis.value})"
        yield Finding("balance", Verdict.OK, money)

    def _down(self, channel: Channel) -> str:
        heard = self._channels.get(channel)
        return f"{channel.value}: {heard.reason if heard is not None else 'nothing came'}"


async def run_desk_checks(
    accounts: Mapping[VenueName, Any], listings: tuple[Listing, ...], clock: Clock, *, seconds: float
) -> dict[VenueName, list[Finding]]:
    """Open the adapters of these settings and listen, until all was heard or the time is over."""
    hearing = Hearing(clock)
    heard = {name: Heard(name, tuple(one for one in listings if one.venue == name)) for name in accounts}
    refused: dict[VenueName, list[Finding]] = {}

    def opened() -> dict[VenueName, Venue]:
        for name, settings in accounts.items():
            one = heard[name]
            try:
                one.adapter = open_account(name, settings, listings, hearing.network, one.hear, clock)
            except ConfigError as error:
                refused[name] = [Finding("adapter", Verdict.BAD, str(error), "mend what it names")]
        return {name: one.adapter for name, one in heard.items() if one.adapter is not None}

    def is_enough(now_ns: int) -> bool:
        for one in heard.values():
            one.ask(now_ns)
        return all(one.is_complete or one.adapter is None for one in heard.values())

    await hearing.run(opened, is_enough, seconds)
    return {name: refused.get(name) or list(one.findings()) for name, one in heard.items()}
