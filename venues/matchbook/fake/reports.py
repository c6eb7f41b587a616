"""Reports of what is open and what was matched, nested by market and selection.

Source: Matchbook API docs, "Get current offers", "Get current bets".
"""

from collections.abc import Callable

from venues.matchbook.fake.books import Books
from venues.matchbook.fake.calls import Call, Query, page
from venues.matchbook.fake.forms import amount, iso, number, odds
from venues.matchbook.fake.listings import mean_odds
from venues.matchbook.fake.markets import MarketState
from venues.matchbook.fake.offers import MatchedBet, Offer
from venues.matchbook.fake.replies import Body

Held = list[tuple[Offer, MatchedBet]]
"""Matched bets, each with its offer; all on one runner and one side."""


def get_current_offers(books: Books, call: Call) -> Body:
    """What of our offers is unmatched and may still be matched."""
    wanted, rows = wanted_by(call.query), []
    for state in books.markets.values():
        groups: dict[tuple[str, bool], list[Offer]] = {}
        for offer in books.offers.on(state.details.id):
            if offer.live and wanted(state, offer.created_ms):
                groups.setdefault((offer.order.selection, offer.is_back), []).append(offer)
        if groups:
            rows.append((state, [_open_selection(state, offers) for offers in groups.values()]))
    return _report(books, call, rows)


def get_current_bets(books: Books, call: Call) -> Body:
    """Matched bets of markets that are not settled."""
    wanted, rows = wanted_by(call.query), []
    for state in books.markets.values():
        groups = [] if state.sim.settled else bets_on(books, state, lambda bet: not bet.voided)
        shown = [held for group in groups if (held := [one for one in group if wanted(state, one[1].matched_ms)])]
        if shown:
            rows.append((state, [_held_selection(state, held) for held in shown]))
    return _report(books, call, rows, per_page=50)


def _open_selection(state: MarketState, offers: list[Offer]) -> Body:
    return selection_head(state, offers[0]) | {"offers": [_open_row(offer) for offer in offers]}


def _held_selection(state: MarketState, held: Held) -> Body:
    rows = [_bet_row(offer, bet) for offer, bet in held]
    return selection_head(state, held[0][0]) | summed([bet for _, bet in held]) | {"bets": rows}


def _open_row(offer: Offer) -> Body:
    order = offer.order
    return {
        "id": offer.id,
        "odds": odds(order.price),
        "stake": amount(order.remaining_micros),
        "in-play": offer.in_play,
        "submitted-time": iso(offer.created_ms),
        **_outlook(offer, order.price, order.remaining_micros),
    }


def _bet_row(offer: Offer, bet: MatchedBet) -> Body:
    return {
        "id": bet.id,
        "offer-id": offer.id,
        "odds": odds(bet.price),
        "stake": amount(bet.size_micros),
        "in-play": bet.in_play,
        "matched-time": iso(bet.matched_ms),
        "adjusted": bet.adjusted,
        **_outlook(offer, bet.price, bet.size_micros),
    }


def _outlook(offer: Offer, price: int, size_micros: int) -> Body:
    won = size_micros * (price - 100) // 100
    profit, liability = (won, size_micros) if offer.is_back else (size_micros, won)
    return {"potential-profit": amount(profit), "liability": amount(liability)}


def _report(books: Books, call: Call, rows: list[tuple[MarketState, list[Body]]], *, per_page: int = 20) -> Body:
    """One page of markets with their selections."""
    report = page(
        call.query, rows, "markets", lambda row: market_head(row[0]) | {"selections": row[1]}, per_page=per_page
    )
    return report | {"currency": books.currency, "language": "en", "odds-type": "DECIMAL"}


# --- what the settled report shares ---


Wanted = Callable[[MarketState, int], bool]
"""Whether the filters of a report let something of this market and Unix millisecond pass."""


def wanted_by(query: Query) -> Wanted:
    """The filters that all reports have."""
    sports, events, markets = query.ids("sport-ids"), query.ids("event-ids"), query.ids("market-ids")
    after_ms, before_ms = query.instant_ms("after"), query.instant_ms("before")

    def wanted(state: MarketState, at_ms: int) -> bool:
        return (
            (not sports or state.event.sport_id in sports)
            and (not events or state.event.id in events)
            and (not markets or state.id in markets)
            and (after_ms is None or at_ms >= after_ms)
            and (before_ms is None or at_ms <= before_ms)
        )

    return wanted


def bets_on(books: Books, state: MarketState, chosen: Callable[[MatchedBet], bool]) -> list[Held]:
    """Matched bets of one market by runner and side, in order of their offers."""
    found: dict[tuple[str, bool], Held] = {}
    for offer in books.offers.on(state.details.id):
        for bet in offer.bets.values():
            if chosen(bet):
                found.setdefault((offer.order.selection, offer.is_back), []).append((offer, bet))
    return list(found.values())


def market_head(state: MarketState) -> Body:
    return {
        "id": state.id,
        "name": state.details.name,
        "event-id": state.event.id,
        "event-name": state.event.name,
        "sport-id": state.event.sport_id,
        "start-time": iso(state.event.starts_ms),
    }


def selection_head(state: MarketState, offer: Offer) -> Body:
    runner = state.runners[offer.order.selection]
    return {"runner-id": runner.id, "runner-name": runner.name, "side": offer.order.side.value}


def summed(bets: list[MatchedBet]) -> Body:
    """Mean odds and stake of several bets; voided ones count only if there are no others."""
    counted = [bet for bet in bets if not bet.voided] or bets
    return {"odds": number(mean_odds(counted)), "stake": amount(sum(bet.size_micros for bet in counted))}
