"""listMarketCatalogue: what is on offer, under which names and rules.

Source: Betfair developer docs, "listMarketCatalogue", "Market data request limits".
"""

from typing import Any, Literal

import msgspec

from domain.markets import MarketStatus
from venues.betfair.fake.books import Books
from venues.betfair.fake.forms import iso, truncated
from venues.betfair.fake.listings import REGULATOR, TimeRange
from venues.betfair.fake.markets import MarketState
from venues.betfair.fake.rpc import ApiFault, parse

WEIGHTS = {"MARKET_DESCRIPTION": 1, "RUNNER_METADATA": 1}
WEIGHT_MAX = 200
RESULTS_MAX = 1_000

Projection = Literal[
    "COMPETITION",
    "EVENT",
    "EVENT_TYPE",
    "MARKET_START_TIME",
    "MARKET_DESCRIPTION",
    "RUNNER_DESCRIPTION",
    "RUNNER_METADATA",
]
Sort = Literal[
    "MINIMUM_TRADED", "MAXIMUM_TRADED", "MINIMUM_AVAILABLE", "MAXIMUM_AVAILABLE", "FIRST_TO_START", "LAST_TO_START"
]


class MarketFilter(msgspec.Struct, frozen=True, rename="camel"):
    """Which markets are asked for; what is not given does not narrow."""

    text_query: str | None = None
    event_type_ids: list[str] | None = None
    event_ids: list[str] | None = None
    competition_ids: list[str] | None = None
    market_ids: list[str] | None = None
    venues: list[str] | None = None
    bsp_only: bool | None = None
    turn_in_play_enabled: bool | None = None
    in_play_only: bool | None = None
    market_betting_types: list[str] | None = None
    market_countries: list[str] | None = None
    market_type_codes: list[str] | None = None
    market_start_time: TimeRange | None = None

    def takes(self, state: MarketState) -> bool:
        details = state.details
        lists = (
            (self.event_type_ids, details.event_type_id),
            (self.event_ids, details.event_id),
            (self.competition_ids, details.competition_id),
            (self.market_ids, details.id),
            (self.venues, details.venue),
            (self.market_betting_types, details.betting_type),
            (self.market_countries, details.country),
            (self.market_type_codes, details.market_type),
        )
        flags = (
            (self.bsp_only, False),
            (self.turn_in_play_enabled, details.turns_in_play),
            (self.in_play_only, state.sim.in_play),
        )
        words = f"{details.event_name} {details.name} {details.competition_name}".lower()
        return (
            all(not many or one in many for many, one in lists)
            and all(flag is None or flag is is_so for flag, is_so in flags)
            and (self.text_query or "").lower() in words
            and (self.market_start_time is None or self.market_start_time.holds(details.starts_ms))
        )


class ListMarketCatalogue(msgspec.Struct, frozen=True, rename="camel"):
    filter: MarketFilter
    max_results: int
    market_projection: list[Projection] | None = None
    sort: Sort | None = None


def list_market_catalogue(books: Books, raw: bytes) -> list[dict[str, Any]]:
    """Markets that are not closed, as many as were asked for."""
    request = parse(raw, ListMarketCatalogue)
    projection = frozenset(request.market_projection or ())
    if not 1 <= request.max_results <= RESULTS_MAX:
        raise ApiFault("INVALID_INPUT_DATA", "maxResults")
    if request.max_results * sum(WEIGHTS.get(one, 0) for one in projection) > WEIGHT_MAX:
        raise ApiFault("TOO_MUCH_DATA")
    found = [
        state
        for state in books.markets.values()
        if state.status is not MarketStatus.CLOSED and request.filter.takes(state)
    ]
    if request.sort in ("FIRST_TO_START", "LAST_TO_START"):
        found.sort(key=lambda state: state.details.starts_ms, reverse=request.sort == "LAST_TO_START")
    elif request.sort in ("MINIMUM_TRADED", "MAXIMUM_TRADED"):
        found.sort(key=lambda state: state.traded_micros, reverse=request.sort == "MAXIMUM_TRADED")
    return [_entry(state, projection) for state in found[: request.max_results]]


def _entry(state: MarketState, projection: frozenset[str]) -> dict[str, Any]:
    details = state.details
    entry: dict[str, Any] = {"marketId": details.id, "marketName": details.name}
    if "MARKET_START_TIME" in projection:
        entry["marketStartTime"] = iso(details.starts_ms)
    if "MARKET_DESCRIPTION" in projection:
        entry["description"] = _description(state)
    entry["totalMatched"] = float(truncated(state.traded_micros))
    if projection & {"RUNNER_DESCRIPTION", "RUNNER_METADATA"}:
        entry["runners"] = [
            {"selectionId": runner.id, "runnerName": runner.name, "handicap": runner.handicap, "sortPriority": priority}
            | ({"metadata": {"runnerId": str(runner.id)}} if "RUNNER_METADATA" in projection else {})
            for priority, runner in enumerate(state.runners.values(), 1)
        ]
    if "EVENT_TYPE" in projection:
        entry["eventType"] = {"id": details.event_type_id, "name": details.event_type_name}
    if "COMPETITION" in projection:
        entry["competition"] = {"id": details.competition_id, "name": details.competition_name}
    if "EVENT" in projection:
        entry["event"] = {
            "id": details.event_id,
            "name": details.event_name,
            "countryCode": details.country,
            "timezone": "GMT",
            "openDate": iso(details.starts_ms),
        }
    return entry


def _description(state: MarketState) -> dict[str, Any]:
    starts = iso(state.details.starts_ms)
    return {
        "persistenceEnabled": True,
        "bspMarket": False,
        "marketTime": starts,
        "suspendTime": starts,
        "bettingType": state.details.betting_type,
        "turnInPlayEnabled": state.details.turns_in_play,
        "marketType": state.details.market_type,
        "regulator": REGULATOR,
        "marketBaseRate": state.base_rate,
        "discountAllowed": True,
        "wallet": "UK wallet",
        "rules": state.details.rules,
        "rulesHasDate": True,
        "priceLadderDescription": {"type": state.price_ladder},
    }
