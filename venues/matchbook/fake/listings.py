"""Reading offers and what was matched of them, as long as their markets are not settled.

Source: Matchbook API docs, "Get offers", "Get offer", "Get offer edits", "Get matched bets", "Get positions".
"""

from fractions import Fraction
from functools import partial

from domain.claims import claims_and_cost_micros
from domain.ids import SelectionId
from domain.money import MICROS
from domain.odds import PriceKind
from venues.matchbook.fake.books import Books
from venues.matchbook.fake.calls import Call, Query, page
from venues.matchbook.fake.forms import amount, number
from venues.matchbook.fake.markets import MarketState
from venues.matchbook.fake.odds_types import ODDS_TYPES, shown
from venues.matchbook.fake.offer_shapes import bet_body, edit_body, envelope, offer_body, runner_names
from venues.matchbook.fake.offers import MatchedBet, Offer
from venues.matchbook.fake.replies import Body, Refused

STATUS_WORDS = ("open", "cancelled", "edited", "flushed", "matched", "unmatched")


def get_offers(books: Books, call: Call) -> Body:
    """One page of offers, the oldest first. It knows no filter by the offer's own id."""
    query, now_ms = call.query, books.wall_ms(call.now_ns)
    words = query.words("status")
    if not set(words) <= set(STATUS_WORDS):
        raise Refused(400, "Not a valid status.", field="status")
    interval_ms = 1_000 * query.number("interval", 0)
    since_ms = now_ms - interval_ms if interval_ms else 0
    side, reason = query.text("side"), query.text("cancellation-reason")
    odds_type = query.one_of("odds-type", *ODDS_TYPES)
    found = [
        offer
        for offer in _unsettled(books, query, since_ms)
        if _listed(books, offer, now_ms)
        and (not words or any(_is(offer, word) for word in words))
        and side in ("", offer.order.side.value)
        and reason in ("", offer.cancellation)
    ]
    edits = query.flag("include-edits", default=False)
    shape = partial(offer_body, books, odds_type=odds_type, listed=True, with_edits=edits)
    return envelope(books, [], odds_type=odds_type) | page(query, found, "offers", shape)


def get_offer(books: Books, call: Call) -> Body:
    """One offer, as long as its market is not settled."""
    return offer_body(books, books.offer(call.ids[0]), with_edits=call.query.flag("include-edits", default=False))


def get_edits(books: Books, call: Call) -> Body:
    """One page of an offer's edits."""
    offer = books.offer(call.ids[0])
    return page(call.query, offer.edits, "offer-edits", partial(edit_body, offer))


def get_edit(books: Books, call: Call) -> Body:
    """One edit of an offer."""
    offer = books.offer(call.ids[0])
    for edit in offer.edits:
        if edit.id == call.ids[1]:
            return edit_body(offer, edit)
    raise Refused(404, "The offer edit was not found.")


def mean_odds(bets: list[MatchedBet]) -> Fraction:
    """Decimal odds of several bets, weighted by their stakes."""
    stake = sum(bet.size_micros for bet in bets)
    return Fraction(sum(bet.size_micros * bet.price for bet in bets), 100 * stake)


def _unsettled(books: Books, query: Query, since_ms: int = 0) -> list[Offer]:
    """Offers of markets that are not settled, by the ids of what they are on and by when they last changed."""
    runners, markets = query.ids("runner-ids"), query.ids("market-ids")
    events, sports = query.ids("event-ids"), query.ids("sport-ids")
    found = []
    for offer in books.offers.changed_since(since_ms):
        state = books.market_of(offer)
        if (
            not state.sim.settled
            and (not runners or int(offer.order.selection) in runners)
            and (not markets or state.id in markets)
            and (not events or state.event.id in events)
            and (not sports or state.event.sport_id in sports)
        ):
            found.append(offer)
    return found


def _listed(books: Books, offer: Offer, now_ms: int) -> bool:
    """What ended unmatched leaves the list after a while."""
    return offer.live or bool(offer.bets) or now_ms < offer.ended_ms + books.options.unlisted_after_ms


def _is(offer: Offer, word: str) -> bool:
    """Whether a word of the status filter means an offer: two of them ask for what is matched, not for a status."""
    if word == "matched":
        return bool(offer.standing_bets)
    return offer.status in ("open", "edited") if word == "unmatched" else offer.status == word


# --- what was matched ---


def get_matched(books: Books, call: Call) -> Body:
    """Matched bets of each runner and side in one, at their mean odds."""
    odds_type = call.query.one_of("odds-type", *ODDS_TYPES)
    side = call.query.text("side")
    groups: dict[tuple[str, str, bool], list[tuple[Offer, MatchedBet]]] = {}
    for offer in _unsettled(books, call.query):
        if side in ("", offer.order.side.value):
            for bet in offer.standing_bets:
                key = (offer.order.market, offer.order.selection, offer.is_back)
                groups.setdefault(key, []).append((offer, bet))
    rows = [_aggregate(books, members, odds_type) for members in groups.values()]
    return envelope(books, rows, name="matched-bets", odds_type=odds_type) | {"total": len(rows)}


def _aggregate(books: Books, members: list[tuple[Offer, MatchedBet]], odds_type: str) -> Body:
    offer = members[0][0]
    stake = sum(bet.size_micros for _, bet in members)
    decimal = mean_odds([bet for _, bet in members])
    names = runner_names(books.market_of(offer), offer.order.selection)
    del names["market-type"]
    profit = "potential-profit" if offer.is_back else "potential-liability"
    return names | {
        "side": offer.order.side.value,
        "odds": number(shown(decimal, odds_type)),
        "odds-type": odds_type,
        "decimal-odds": number(decimal),
        "stake": amount(stake),
        profit: number(stake * (decimal - 1) / MICROS),
    }


def get_bets(books: Books, call: Call) -> Body:
    """Single matched bets by their status: those that were cancelled tell of voids."""
    status = call.query.one_of("status", "open", "cancelled")
    found = [
        (offer, bet)
        for offer in books.offers.offers.values()
        for bet in offer.bets.values()
        if bet.voided is (status == "cancelled") and (bet.voided or not books.settled(offer))
    ]
    return page(call.query, found, "matched-bets", lambda one: bet_body(books, *one))


def get_positions(books: Books, call: Call) -> Body:
    """What each runner's win would bring or cost, in every market in which something was matched."""
    query, then_ms = call.query, books.wall_ms(call.now_ns)
    runners, markets, events = query.ids("runner-ids"), query.ids("market-ids"), query.ids("event-ids")
    rows: list[Body] = []
    for state in books.markets.values():
        if (markets and state.id not in markets) or (events and state.event.id not in events) or state.sim.settled:
            continue
        for selection, result in _results(books, state, then_ms).items():
            if not runners or int(selection) in runners:
                ids = {"event-id": state.event.id, "market-id": state.id, "runner-id": int(selection)}
                rows.append(ids | {"potential-profit" if result >= 0 else "potential-loss": amount(result)})
    return page(query, rows, "positions", lambda row: row, per_page=200)


def _results(books: Books, state: MarketState, then_ms: int) -> dict[SelectionId, int]:
    """What each runner's win brings by the bets that were matched by then; nothing where there was none."""
    results: dict[SelectionId, int] = {}
    for offer in books.offers.on(state.details.id):
        for bet in offer.bets.values():
            if bet.voided or bet.matched_ms > then_ms:
                continue
            results = results or {SelectionId(name): 0 for name in state.sim.index}
            claims, cost = claims_and_cost_micros(PriceKind.ODDS, bet.price, bet.size_micros)
            for selection in results:
                if_backed = claims - cost if selection == offer.order.selection else -cost
                results[selection] += if_backed if offer.is_back else -if_backed
    return results
