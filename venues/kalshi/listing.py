"""What the account and the markets are: terms, fees, budgets, and whether the exchange trades; each a conversation."""

from collections.abc import Sequence

from domain.fees import QuadraticFee
from venues.kalshi import rest_codec as codec
from venues.kalshi import rest_targets as targets
from venues.kalshi import rules
from venues.kalshi.amounts import unix_ms
from venues.kalshi.api import Answered
from venues.kalshi.talks import Ask, Steps, batches, one

Charged = tuple[codec.MarketRow, QuadraticFee | None]
"""A market and what it charges, None if that cannot be reckoned with."""


def listing_talk(tickers: Sequence[str], *, is_direct_member: bool) -> Steps[list[Charged]]:
    """Markets with what they charge: the fees of their series, unless their event has its own."""
    markets: list[codec.MarketRow] = []
    for some in batches(tickers):
        page: codec.MarketsPage = yield from one(Ask(targets.markets_target(some), codec.markets_answer))
        markets += page.markets or ()
    events = yield from _events(list(dict.fromkeys(market.event_ticker for market in markets if market.event_ticker)))
    series: dict[str, codec.SeriesRow] = {}
    for ticker in dict.fromkeys(event.series_ticker for event in events.values() if event.series_ticker):
        answered = yield Ask(targets.series_target(ticker), codec.series_answer, may_be_missing=True)
        if isinstance(answered, Answered):
            series[ticker] = answered.result.series

    def fee(market: codec.MarketRow) -> QuadraticFee | None:
        event = events.get(market.event_ticker)
        base = series.get(event.series_ticker) if event else None
        return None if event is None or base is None else fee_of(event, base, is_direct_member=is_direct_member)

    return [(market, fee(market)) for market in markets]


def limits_talk() -> Steps[tuple[codec.Limits, codec.Costs]]:
    """What the account may ask for in a second, and what each request costs."""
    limits: codec.Limits = yield from one(Ask(targets.LIMITS_TARGET, codec.limits_answer))
    costs: codec.Costs = yield from one(Ask(targets.COSTS_TARGET, codec.costs_answer))
    return limits, costs


def status_talk() -> Steps[codec.ExchangeStatus]:
    """Whether the exchange trades, shard by shard."""
    status: codec.ExchangeStatus = yield from one(Ask(targets.STATUS_TARGET, codec.status_answer))
    return status


def schedule_talk() -> Steps[tuple[tuple[int, int], ...]]:
    """When the exchange will be maintained: from and until which Unix millisecond, the earliest first."""
    schedule: codec.Schedule = yield from one(Ask(targets.SCHEDULE_TARGET, codec.schedule_answer))
    windows = schedule.schedule.maintenance_windows or ()
    return tuple(sorted((unix_ms(one.start_datetime), unix_ms(one.end_datetime)) for one in windows))


def _events(tickers: Sequence[str]) -> Steps[dict[str, codec.EventRow]]:
    found: dict[str, codec.EventRow] = {}
    for some in batches(tickers):
        page: codec.EventsPage = yield from one(Ask(targets.events_target(some), codec.events_answer))
        found |= {event.event_ticker: event for event in page.events or ()}
    return found


def fee_of(event: codec.EventRow, series: codec.SeriesRow, *, is_direct_member: bool) -> QuadraticFee | None:
    """What the markets of an event are charged, None if that cannot be reckoned with."""
    kind, multiplier = event.fee_type_override, event.fee_multiplier_override
    return rules.fee(
        series.fee_type if kind is None else kind,
        series.fee_multiplier if multiplier is None else multiplier,
        is_direct_member=is_direct_member,
    )
