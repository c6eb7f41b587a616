"""What a subscription shows: images and changes since a stamp, of markets and of our orders, as the stream writes them.

Source: Betfair Exchange Stream API, "Market subscription", "Order subscription"; its Swagger schema.
"""

from collections.abc import Collection
from typing import Any, Protocol

import msgspec

from domain.ids import SelectionId, VenueMarketId
from domain.markets import MarketStatus
from domain.orders import Side
from venues.betfair.fake.bets import Bet, MarketBets
from venues.betfair.fake.books import Books
from venues.betfair.fake.forms import amount, short, short_amount, short_odds, truncated, whole_second
from venues.betfair.fake.markets import LEVELS_MAX, MarketState, RunnerState, runner_key
from venues.betfair.fake.stamps import Stamped

Change = dict[str, Any]

FIELDS = (
    "EX_BEST_OFFERS_DISP EX_BEST_OFFERS EX_ALL_OFFERS EX_TRADED EX_TRADED_VOL EX_LTP EX_MARKET_DEF "
    "SP_TRADED SP_PROJECTED"
).split()


class Feed(Protocol):
    """What is shown to one subscriber; changes are by market, and since 0 means an image."""

    op: str
    key: str
    criteria: Any

    def known(self) -> list[VenueMarketId]:
        """Every market that there ever was something to tell of."""

    def shown(self) -> list[VenueMarketId]:
        """Every market that an image holds."""

    def change(self, market: VenueMarketId, since: int) -> Change | None:
        """What happened in a market after a stamp, None for nothing that this subscriber sees."""


class MarketFilter(msgspec.Struct, frozen=True, rename="camel"):
    """Which markets a subscriber wants; what is not given does not narrow."""

    market_ids: list[str] | None = None
    bsp_market: bool | None = None
    betting_types: list[str] | None = None
    event_type_ids: list[str] | None = None
    event_ids: list[str] | None = None
    turn_in_play_enabled: bool | None = None
    market_types: list[str] | None = None
    venues: list[str] | None = None
    country_codes: list[str] | None = None
    race_types: list[str] | None = None

    def takes(self, state: MarketState) -> bool:
        details = state.details
        wanted = (
            (self.market_ids, details.id),
            (self.betting_types, details.betting_type),
            (self.event_type_ids, details.event_type_id),
            (self.event_ids, details.event_id),
            (self.market_types, details.market_type),
            (self.venues, details.venue),
            (self.country_codes, details.country),
            (self.race_types, ""),
        )
        flags = ((self.bsp_market, details.bsp), (self.turn_in_play_enabled, details.turns_in_play))
        return all(not many or one in many for many, one in wanted) and all(
            flag is None or flag is is_so for flag, is_so in flags
        )


class MarketDataFilter(msgspec.Struct, frozen=True, rename="camel"):
    """Which data of a market a subscriber wants; without `fields` all of them."""

    ladder_levels: int | None = None
    fields: list[str] | None = None


class MarketFeed:
    """The market stream."""

    op = "mcm"
    key = "mc"

    def __init__(self, books: Books, wanted: MarketFilter, data: MarketDataFilter) -> None:
        self.criteria = (wanted, data)
        self._books = books
        self._wanted = wanted
        self._fields = frozenset(FIELDS if data.fields is None else data.fields)
        self._levels = min(data.ladder_levels or LEVELS_MAX, LEVELS_MAX)

    def known(self) -> list[VenueMarketId]:
        return list(self._books.markets)

    def shown(self) -> list[VenueMarketId]:
        return [
            market
            for market, state in self._books.markets.items()
            if state.status is not MarketStatus.CLOSED and self._wanted.takes(state)
        ]

    def change(self, market: VenueMarketId, since: int) -> Change | None:
        state = self._books.markets.get(market)
        if state is None or not self._wanted.takes(state) or state.stamp <= since:
            return None
        if state.born > since:
            since = 0
        change: Change = {"id": market}
        if state.defined > since and "EX_MARKET_DEF" in self._fields:
            change["marketDefinition"] = state.definition()
            self._books.exchange.showed(market, suspended=state.status is MarketStatus.SUSPENDED)
        runners = [one for runner in state.runners.values() if (one := self._runner(runner, since))]
        if runners:
            change["rc"] = runners
        if "EX_TRADED_VOL" in self._fields and any(runner.traded.stamp > since for runner in state.runners.values()):
            change["tv"] = truncated(state.traded_micros)
        if not since:
            change["img"] = True
        return change if len(change) > 1 else None

    def _runner(self, runner: RunnerState, since: int) -> Change | None:
        if runner.stamp <= since:
            return None
        change: Change = {}
        if "EX_ALL_OFFERS" in self._fields:
            _add(change, "atb", _prices(runner.to_back, since))
            _add(change, "atl", _prices(runner.to_lay, since))
        if "EX_TRADED" in self._fields:
            _add(change, "trd", _prices(runner.traded, since))
        for field, backs, lays in (("EX_BEST_OFFERS", "batb", "batl"), ("EX_BEST_OFFERS_DISP", "bdatb", "bdatl")):
            if field in self._fields:
                _add(change, backs, self._ranks(runner.best_back, since))
                _add(change, lays, self._ranks(runner.best_lay, since))
        if runner.traded.stamp > since:
            if "EX_LTP" in self._fields and runner.last_price:
                change["ltp"] = short_odds(runner.last_price)
            if "EX_TRADED_VOL" in self._fields:
                change["tv"] = truncated(runner.traded_micros)
        return change | runner.key if change else None

    def _ranks(self, levels: Stamped[tuple[int, int]], since: int) -> list[list[Any]]:
        return [
            [level, short_odds(price), short_amount(size)]
            for level, (price, size) in levels.since(since)
            if level < self._levels
        ]


class OrderFilter(msgspec.Struct, frozen=True, rename="camel"):
    """Which of our orders a subscriber wants, and how matched sizes are grouped."""

    include_overall_position: bool | None = None
    account_ids: list[int] | None = None
    customer_strategy_refs: list[str] | None = None
    partition_matched_by_strategy_ref: bool | None = None


class OrderFeed:
    """The order stream."""

    op = "ocm"
    key = "oc"

    def __init__(self, books: Books, wanted: OrderFilter) -> None:
        self.criteria = wanted
        self._books = books
        self._overall = wanted.include_overall_position is not False
        self._partition = bool(wanted.partition_matched_by_strategy_ref)
        self._strategies = wanted.customer_strategy_refs

    def known(self) -> list[VenueMarketId]:
        return list(self._books.bets.markets)

    def shown(self) -> list[VenueMarketId]:
        return [
            market
            for market in self._books.bets.markets
            if market not in self._books.markets or self._books.markets[market].status is not MarketStatus.CLOSED
        ]

    def change(self, market: VenueMarketId, since: int) -> Change | None:
        book, state = self._books.bets.markets.get(market), self._books.markets.get(market)
        if book is None:
            return None
        by_runner: dict[SelectionId, list[Bet]] = {}
        for bet in book.changed(since):
            by_runner.setdefault(bet.order.selection, []).append(bet)
        runners = [one for selection, bets in by_runner.items() if (one := self._runner(book, selection, bets, since))]
        change: Change = {"id": market}
        if not since:
            change["fullImage"] = True
        if runners:
            change["orc"] = runners
        if state is not None and state.status is MarketStatus.CLOSED and state.defined > since:
            change["closed"] = True
        if not since and not runners:
            return None
        return change if len(change) > 1 else None

    def _runner(self, book: MarketBets, selection: SelectionId, bets: list[Bet], since: int) -> Change | None:
        orders = [unmatched_order(bet) for bet in bets if self._shows(bet, since)]
        change: Change = {"uo": orders} if orders else {}
        if self._overall:
            change |= _ladders(book, selection, None, since)
        if self._partition:
            strategies = {
                strategy: ladders
                for strategy in sorted({bet.strategy_ref for bet in bets})
                if (not self._strategies or strategy in self._strategies)
                and (ladders := _ladders(book, selection, strategy, since))
            }
            if strategies:
                change["smc"] = strategies
        if not change:
            return None
        return ({"fullImage": True} if not since else {}) | runner_key(selection) | change

    def _shows(self, bet: Bet, since: int) -> bool:
        """Images hold executable orders only; changes tell of every order that changed, its completion included."""
        if bet.order.held_until_ns or (self._strategies and bet.strategy_ref not in self._strategies):
            return False
        return since > 0 or not (bet.complete or bet.waits)


def unmatched_order(bet: Bet) -> Change:
    """An order, always whole. What remains is worked out in floats, noise included, as the venue does."""
    order = bet.order
    size, matched, voided = amount(order.size_micros), amount(order.matched_micros), amount(order.voided_micros)
    lapsed, cancelled = amount(bet.lapsed_micros), amount(bet.cancelled_micros)
    change: Change = {
        "id": bet.id,
        "p": short_odds(order.price),
        "s": 0 if bet.waits else short(size),
        "side": "B" if order.side is Side.BACK else "L",
        "status": "EC" if bet.complete or bet.waits else "E",
        "pt": "P" if order.persist else "L",
        "ot": "L",
        "pd": whole_second(bet.placed_ms),
    }
    if order.matched_micros:
        change |= {"md": whole_second(bet.matched_ms), "avp": short(bet.average_odds)}
    change |= {
        "sm": short(matched),
        "sr": 0 if bet.complete or bet.waits else short(size - matched - lapsed - cancelled - voided),
        "sl": short(lapsed),
        "sc": short(cancelled),
        "sv": short(voided),
        "rac": "",
        "rc": "REG_LGA",
        "rfo": bet.order_ref,
        "rfs": bet.strategy_ref,
    }
    if bet.order_type != "LIMIT":
        change |= {"ot": {"LIMIT_ON_CLOSE": "LOC", "MARKET_ON_CLOSE": "MOC"}[bet.order_type]}
        change["bsp"] = short_amount(bet.liability_micros)
        del change["pt"]
        if bet.order_type == "MARKET_ON_CLOSE":
            del change["p"]
    if bet.cancelled_ms:
        change["cd"] = bet.cancelled_ms
    if bet.lapsed_ms:
        change["ld"] = bet.lapsed_ms
    if bet.lapse_reason:
        change["lsrc"] = bet.lapse_reason
    return change


def _ladders(book: MarketBets, selection: SelectionId, strategy: str | None, since: int) -> Change:
    change: Change = {}
    for side, name in ((Side.BACK, "mb"), (Side.LAY, "ml")):
        ladder = book.matched.get((selection, side, strategy))
        if ladder is not None:
            _add(change, name, _prices(ladder, since))
    return change


def _prices(ladder: Stamped[int], since: int) -> list[list[Any]]:
    return [[short_odds(price), short_amount(size)] for price, size in ladder.since(since)]


def _add(change: Change, name: str, cells: Collection[Any]) -> None:
    if cells:
        change[name] = cells
