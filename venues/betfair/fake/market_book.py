"""listMarketBook: the books of some markets as they are now, without our own orders in them.

Source: Betfair developer docs, "listMarketBook", "Market data request limits".
"""

from typing import Any, Literal

import msgspec

from domain.ids import SelectionId, VenueMarketId
from domain.markets import MarketStatus
from venues.betfair.fake.books import Books
from venues.betfair.fake.forms import amount, iso, truncated
from venues.betfair.fake.markets import MarketState, RunnerState, number_of_winners
from venues.betfair.fake.rpc import ApiFault, parse
from venues.betfair.fake.stamps import Stamped

PriceData = Literal["SP_AVAILABLE", "SP_TRADED", "EX_BEST_OFFERS", "EX_ALL_OFFERS", "EX_TRADED"]

NO_DATA_WEIGHT = 2
WEIGHTS = {"SP_AVAILABLE": 3, "SP_TRADED": 7, "EX_BEST_OFFERS": 5, "EX_ALL_OFFERS": 17, "EX_TRADED": 17}
TOGETHER_WITH_TRADED = {"EX_BEST_OFFERS": 20, "EX_ALL_OFFERS": 32}
"""Offers and trades asked for together weigh less than their sum."""

WEIGHT_MAX = 200
DEPTH = 3
DEPTH_MAX = 10
EVERYTHING = 10_000
"""More levels than any ladder has."""


class ExBestOffersOverrides(msgspec.Struct, frozen=True, rename="camel"):
    best_prices_depth: int = DEPTH


class PriceProjection(msgspec.Struct, frozen=True, rename="camel"):
    price_data: list[PriceData] = []
    ex_best_offers_overrides: ExBestOffersOverrides = ExBestOffersOverrides()

    @property
    def depth(self) -> int:
        """Levels of the best offers, or all of them."""
        if "EX_ALL_OFFERS" in self.price_data:
            return EVERYTHING
        return min(self.ex_best_offers_overrides.best_prices_depth, DEPTH_MAX)

    @property
    def weight(self) -> float:
        """What one market costs in this projection; best offers by how many levels of them are wanted."""
        wanted = set(self.price_data)
        offers = "EX_ALL_OFFERS" if "EX_ALL_OFFERS" in wanted else "EX_BEST_OFFERS"
        if {"EX_TRADED", offers} <= wanted:
            prices: float = TOGETHER_WITH_TRADED[offers]
        else:
            prices = max((WEIGHTS[one] for one in wanted if one.startswith("EX_")), default=0)
        if offers == "EX_BEST_OFFERS" and offers in wanted:
            prices *= self.depth / DEPTH
        return prices + sum(WEIGHTS[one] for one in wanted if one.startswith("SP_")) or NO_DATA_WEIGHT


class ListMarketBook(msgspec.Struct, frozen=True, rename="camel"):
    market_ids: list[str]
    price_projection: PriceProjection = PriceProjection()


def list_market_book(books: Books, raw: bytes) -> list[dict[str, Any]]:
    """The markets that exist; of open and closed ones asked for together only the open ones."""
    request = parse(raw, ListMarketBook)
    if len(request.market_ids) * request.price_projection.weight > WEIGHT_MAX:
        raise ApiFault("TOO_MUCH_DATA")
    found = [books.markets[market] for one in request.market_ids if (market := VenueMarketId(one)) in books.markets]
    still_open = [state for state in found if state.status is not MarketStatus.CLOSED]
    return [_book(state, request.price_projection) for state in still_open or found]


def _book(state: MarketState, projection: PriceProjection) -> dict[str, Any]:
    book: dict[str, Any] = {
        "marketId": state.details.id,
        "isMarketDataDelayed": False,
        "status": state.status.name,
        "betDelay": state.delay_seconds,
        "bspReconciled": state.reconciled,
        "complete": True,
        "inplay": state.sim.in_play,
        "numberOfWinners": number_of_winners(state),
        "numberOfRunners": len(state.runners),
        "numberOfActiveRunners": state.active_runners,
        "totalMatched": float(truncated(state.traded_micros)),
        "totalAvailable": amount(sum(_available(runner) for runner in state.runners.values())),
        "crossMatching": False,
        "runnersVoidable": False,
        "version": state.version,
        "runners": [_runner(state, selection, projection) for selection in state.runners],
    }
    if state.traded_ms:
        book["lastMatchTime"] = iso(state.traded_ms)
    return book


def _runner(state: MarketState, selection: SelectionId, projection: PriceProjection) -> dict[str, Any]:
    runner, sim = state.runners[selection], state.sim.selections[selection]
    entry: dict[str, Any] = {
        "selectionId": runner.id,
        "handicap": runner.handicap,
        "status": state.runner_status(selection),
        "adjustmentFactor": sim.factor_ppm / 10_000,
        "totalMatched": float(truncated(runner.traded_micros)),
    }
    if runner.last_price:
        entry["lastPriceTraded"] = runner.last_price / 100
    if runner.removed_ms:
        entry["removalDate"] = iso(runner.removed_ms)
    wanted = set(projection.price_data)
    offers = projection.depth if {"EX_BEST_OFFERS", "EX_ALL_OFFERS"} & wanted else 0
    trades = EVERYTHING if "EX_TRADED" in wanted else 0
    if offers or trades:
        entry["ex"] = {
            "availableToBack": _levels(runner.to_back, offers, best_is_high=True),
            "availableToLay": _levels(runner.to_lay, offers, best_is_high=False),
            "tradedVolume": _levels(runner.traded, trades, best_is_high=False),
        }
    return entry


def _levels(ladder: Stamped[int], depth: int, *, best_is_high: bool) -> list[dict[str, float]]:
    ranked = sorted(ladder.since(0), reverse=best_is_high)[:depth]
    return [{"price": price / 100, "size": amount(size)} for price, size in ranked]


def _available(runner: RunnerState) -> int:
    return sum(size for ladder in (runner.to_back, runner.to_lay) for _, size in ladder.since(0))
