"""The calls that only read: catalogue, books' definitions, current and cleared orders, funds."""

from collections.abc import Mapping

import msgspec

from domain.ids import (
    Currency,
    InstrumentId,
    OrderRef,
    SelectionId,
    VenueMarketId,
    VenueName,
    VenueOrderId,
    instrument_id,
)
from domain.markets import Result
from domain.messages import BalanceReported, MarketChanged, OrderReported, VenueOrder
from domain.orders import Evidence, Side
from domain.terms import BalanceBasis
from venues.betfair import rules
from venues.betfair.amounts import Figures, hundredths, money_micros, reported
from venues.betfair.market_codec import (
    Count,
    LadderDefinition,
    MarketDefinition,
    RunnerDefinition,
    runner_key,
    selection_id,
)
from venues.betfair.market_feed import Description, market_changed
from venues.betfair.rpc import answerer
from venues.errors import PeerBroke

CATALOGUE = "SportsAPING/v1.0/listMarketCatalogue"
BOOK = "SportsAPING/v1.0/listMarketBook"
CURRENT = "SportsAPING/v1.0/listCurrentOrders"
CLEARED = "SportsAPING/v1.0/listClearedOrders"
FUNDS = "AccountAPING/v1.0/getAccountFunds"


def _params(**fields: object) -> bytes:
    return msgspec.json.encode({name: value for name, value in fields.items() if value is not None})


def encode_catalogue(market_ids: list[str]) -> bytes:
    """Parameters for the terms and runners of these markets; closed ones are not answered."""
    return _params(
        filter={"marketIds": market_ids},
        marketProjection=["MARKET_DESCRIPTION", "RUNNER_DESCRIPTION", "EVENT", "MARKET_START_TIME"],
        maxResults=len(market_ids),
    )


def encode_book(market_id: str) -> bytes:
    """Parameters for the state of one market and its runners, without prices."""
    return _params(marketIds=[market_id])


def encode_current(
    first: int,
    *,
    refs: list[OrderRef] | None = None,
    market_id: str | None = None,
    bet_ids: list[str] | None = None,
) -> bytes:
    """Parameters for one page of unsettled bets, complete ones included, oldest first."""
    return _params(
        betIds=bet_ids,
        customerOrderRefs=refs,
        marketIds=None if market_id is None else [market_id],
        orderProjection="ALL",
        orderBy="BY_PLACE_TIME",
        sortDir="EARLIEST_TO_LATEST",
        fromRecord=first,
        recordCount=rules.RECORDS_PER_PAGE,
    )


def encode_cleared(
    status: str,
    first: int,
    *,
    refs: list[OrderRef] | None = None,
    market_id: str | None = None,
    strategy_ref: str | None = None,
    group_by: str | None = None,
    bet_ids: list[str] | None = None,
) -> bytes:
    """Parameters for one page of cleared bets of one status: SETTLED, VOIDED, LAPSED or CANCELLED."""
    return _params(
        betStatus=status,
        betIds=bet_ids,
        customerOrderRefs=refs,
        marketIds=None if market_id is None else [market_id],
        customerStrategyRefs=None if strategy_ref is None else [strategy_ref],
        groupBy=group_by,
        fromRecord=first,
        recordCount=rules.RECORDS_PER_PAGE,
    )


# --- answers ---


class MarketDescription(msgspec.Struct, rename="camel"):
    """The terms of a market, as the catalogue writes them."""

    betting_type: str = "ODDS"
    market_type: str = ""
    market_base_rate: float = 5.0
    discount_allowed: bool = True
    rules: str | None = None
    price_ladder_description: LadderDefinition = LadderDefinition()


class CatalogueRunner(msgspec.Struct, rename="camel"):
    """A runner's identity and name."""

    selection_id: int
    runner_name: str = ""
    handicap: float = 0.0


class CatalogueEvent(msgspec.Struct):
    """The event that a market belongs to."""

    id: str | int = ""
    name: str = ""


class MarketCatalogue(msgspec.Struct, rename="camel"):
    """One market of listMarketCatalogue."""

    market_id: str
    market_name: str = ""
    market_start_time: str = ""
    description: MarketDescription = msgspec.field(default_factory=MarketDescription)
    runners: list[CatalogueRunner] = []
    event: CatalogueEvent = msgspec.field(default_factory=CatalogueEvent)


class BookRunner(msgspec.Struct, rename="camel"):
    """A runner's standing."""

    selection_id: int
    handicap: float = 0.0
    status: str = "ACTIVE"


class MarketBook(msgspec.Struct, rename="camel"):
    """One market of listMarketBook. The venue writes `inplay` here and `inPlay` on the stream."""

    market_id: str
    status: str
    inplay: bool = False
    bet_delay: Count = 0
    version: Count = 0
    number_of_winners: int = 0
    runners: list[BookRunner] = []


class PriceSize(msgspec.Struct):
    """A bet's own odds and size."""

    price: float = 0.0
    size: float = 0.0


class CurrentOrder(msgspec.Struct, rename="camel"):
    """A bet on a market that is not settled yet."""

    bet_id: str
    market_id: str
    selection_id: int
    side: str
    status: str
    handicap: float = 0.0
    order_type: str = "LIMIT"
    placed_date: str = ""
    price_size: PriceSize = msgspec.field(default_factory=PriceSize)
    bsp_liability: float = 0.0
    average_price_matched: float = 0.0
    size_matched: float = 0.0
    size_remaining: float = 0.0
    size_lapsed: float = 0.0
    size_cancelled: float = 0.0
    size_voided: float = 0.0
    customer_order_ref: str = ""
    customer_strategy_ref: str = ""


class CurrentOrders(msgspec.Struct, rename="camel"):
    """One page of listCurrentOrders."""

    rows: list[CurrentOrder] = msgspec.field(default_factory=list, name="currentOrders")
    more_available: bool = False


class ClearedOrder(msgspec.Struct, rename="camel"):
    """A bet, or a group of bets, that is over. `commission` is told for groups of whole markets only."""

    bet_id: str = ""
    market_id: str = ""
    selection_id: int = 0
    handicap: float = 0.0
    side: str = ""
    order_type: str = ""
    bet_outcome: str = ""
    price_requested: float = 0.0
    price_matched: float = 0.0
    size_settled: float = 0.0
    size_cancelled: float = 0.0
    price_reduced: bool = False
    profit: float = 0.0
    commission: float = 0.0
    settled_date: str = ""
    placed_date: str = ""
    customer_order_ref: str = ""


class ClearedOrders(msgspec.Struct, rename="camel"):
    """One page of listClearedOrders."""

    rows: list[ClearedOrder] = msgspec.field(default_factory=list, name="clearedOrders")
    more_available: bool = False


class AccountFunds(msgspec.Struct, rename="camel"):
    """getAccountFunds; `exposure` is negative."""

    available_to_bet_balance: float
    exposure: float = 0.0
    retained_commission: float = 0.0


catalogue_answer = answerer(list[MarketCatalogue])
book_answer = answerer(list[MarketBook])
current_answer = answerer(CurrentOrders)
cleared_answer = answerer(ClearedOrders)
funds_answer = answerer(AccountFunds)


# --- answers as facts ---


def catalogue_description(market: MarketCatalogue) -> Description:
    """What the catalogue says of a market's terms."""
    said = market.description
    return Description(
        ladder=said.price_ladder_description.type,
        betting_type=said.betting_type,
        market_type=said.market_type,
        base_rate_percent=said.market_base_rate,
        discount_allowed=said.discount_allowed,
        runners=frozenset(runner_key(runner.selection_id, runner.handicap) for runner in market.runners),
        rules_hash=rules.settled_by(said.rules or "", said.market_type),
    )


def book_changed(venue: VenueName, book: MarketBook) -> MarketChanged:
    """A market's state as a fact, the same as its definition on the stream would make."""
    runners = [RunnerDefinition(runner.selection_id, runner.handicap, runner.status) for runner in book.runners]
    definition = MarketDefinition(
        book.status, in_play=book.inplay, bet_delay=book.bet_delay, version=book.version, runners=runners
    )
    return market_changed(venue, book.market_id, definition)


WON_WORDS, LOST_WORDS = ("WON", "WIN"), ("LOST", "LOSE")


def contradicts(row: ClearedOrder, results: Mapping[SelectionId, Result]) -> bool:
    """Whether a settled bet ended otherwise than these results have it; what they do not name, says nothing."""
    if row.bet_outcome not in (*WON_WORDS, *LOST_WORDS) or row.side not in ("BACK", "LAY"):
        return False
    backed = (row.bet_outcome in WON_WORDS) is (row.side == "BACK")
    result = results.get(selection_id(row.selection_id, row.handicap))
    return result is (Result.LOST if backed else Result.WON)


def current_reported(order: CurrentOrder, ref: OrderRef, *, as_of_ms: int) -> OrderReported:
    """A bet of a current list as a fact; a bet at starting price rests without a size until it is reconciled."""
    is_complete = order.status == "EXECUTION_COMPLETE"
    sizes = order.size_matched + order.size_lapsed + order.size_cancelled + order.size_voided
    figures = Figures(
        order.price_size.price,
        order.average_price_matched,
        matched=order.size_matched,
        cancelled=order.size_cancelled,
        lapsed=order.size_lapsed,
        voided=order.size_voided,
    )
    closed = is_complete and (order.order_type == "LIMIT" or sizes > 0)
    return reported(
        ref,
        order.bet_id,
        figures,
        closed=closed,
        evidence=Evidence.PULL,
        as_of_ms=as_of_ms,
    )


def cleared_reported(ref: OrderRef, by_status: dict[str, list[ClearedOrder]], *, as_of_ms: int) -> OrderReported:
    """One bet's rows under the four cleared statuses as a fact; at least one row must be there.

    A row's settled size was matched, or under VOIDED annulled; its cancelled size was open when it ended.
    Source: interface definition SportsAPING, ClearedOrderSummary.
    """
    rows = [row for status in by_status.values() for row in status]
    settled = by_status.get("SETTLED", [])
    matched = sum(row.size_settled for row in settled)
    stake_odds = sum(row.size_settled * row.price_matched for row in settled)
    figures = Figures(
        rows[0].price_requested,
        stake_odds / matched if matched else None,
        matched=matched,
        cancelled=sum(row.size_cancelled for row in by_status.get("CANCELLED", [])),
        lapsed=sum(row.size_cancelled for row in by_status.get("LAPSED", [])),
        voided=sum(row.size_settled for row in by_status.get("VOIDED", [])),
    )
    return reported(ref, rows[0].bet_id, figures, closed=True, evidence=Evidence.STATEMENT, as_of_ms=as_of_ms)


def is_half(by_status: dict[str, list[ClearedOrder]], size_micros: int) -> bool:
    """Whether a part of a bet with a limit is in none of its rows: it was matched, and is not settled yet.

    What became of the rest is told at once, what was matched by the list of current bets alone. One that came behind
    the read of that list, or shows there late, would seem to have ended without a match.
    """
    rows = [row for status in by_status.values() for row in status]
    if "SETTLED" in by_status or any(row.order_type != "LIMIT" for row in rows):
        return False
    return sum(money_micros(row.size_settled + row.size_cancelled) for row in rows) < size_micros - rules.LOT_MICROS


def venue_order(
    order: CurrentOrder, ref: OrderRef | None, venue: VenueName, report: OrderReported | None
) -> VenueOrder:
    """A bet of a current list as the venue's side of a reconciliation; `ref` None for a bet that is not ours.

    PeerBroke for figures that no bet has.
    """
    side = Side.BACK if order.side == "BACK" else Side.LAY
    price, size_micros = hundredths(order.price_size.price), money_micros(order.price_size.size)
    if order.order_type != "LIMIT" and order.bsp_liability:
        if 0 < price <= 100:
            raise PeerBroke(f"a limit of {order.price_size.price} at the starting price")
        price, size_micros = at_start(side, price, money_micros(order.bsp_liability))
    return VenueOrder(
        ref=ref,
        venue_order_id=VenueOrderId(order.bet_id),
        instrument=bet_instrument(venue, order),
        side=side,
        price=price,
        size_micros=size_micros,
        report=report,
    )


def at_start(side: Side, price: int, liability_micros: int) -> tuple[int, int]:
    """Limit and size of a bet at starting price: without a limit any suits, the worst of all included; its size is what
    its liability pays for there.
    """
    worst = price or (rules.ODDS_MIN if side is Side.BACK else rules.ODDS_MAX)
    return worst, liability_micros if side is Side.BACK else liability_micros * 100 // (worst - 100)


def bet_instrument(venue: VenueName, order: CurrentOrder) -> InstrumentId:
    """The instrument that a bet is on, whether or not we trade it."""
    return instrument_id(
        venue,
        venue_market=VenueMarketId(order.market_id),
        selection=selection_id(order.selection_id, order.handicap),
    )


def balance_reported(funds: AccountFunds, venue: VenueName, currency: Currency, *, asked_ns: int) -> BalanceReported:
    """The wallet: what is free to bet, what is exposed, and commission held back on markets settled in part."""
    available, exposed = money_micros(funds.available_to_bet_balance), money_micros(funds.exposure)
    return BalanceReported(
        venue=venue,
        currency=currency,
        balance_micros=available - exposed + money_micros(funds.retained_commission),
        basis=BalanceBasis.WALLET,
        asked_ns=asked_ns,
    )
