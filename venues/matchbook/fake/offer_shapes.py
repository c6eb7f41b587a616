"""Offers, their matched bets and their edits as answers write them.

Source: Matchbook API docs, "Submit offers", "Get offers", "Edit offers"; recorded answers.
"""

from fractions import Fraction
from typing import Any

from domain.fees import NetWinFee
from venues.matchbook.fake.books import Books
from venues.matchbook.fake.forms import amount, iso, number
from venues.matchbook.fake.markets import MarketState
from venues.matchbook.fake.odds_types import shown
from venues.matchbook.fake.offers import Edit, MatchedBet, Offer
from venues.matchbook.fake.replies import Body


def envelope(books: Books, rows: list[Body], *, name: str = "offers", odds_type: str = "DECIMAL") -> Body:
    """What stands around a list of offers or bets."""
    return {
        "language": "en",
        "currency": books.currency,
        "exchange-type": "back-lay",
        "odds-type": odds_type,
        name: rows,
    }


def runner_names(state: MarketState, selection: Any) -> Body:  # noqa: ANN401 an order's own selection
    """Which runner of which market of which event."""
    runner = state.runners[selection]
    return {
        "event-id": state.event.id,
        "event-name": state.event.name,
        "market-id": state.id,
        "market-name": state.details.name,
        "market-type": state.details.market_type,
        "runner-id": runner.id,
        "runner-name": runner.name,
    }


def odds_in(hundredths: int, odds_type: str) -> Body:
    """Odds in the spelling that is asked for, and decimal ones."""
    decimal = Fraction(hundredths, 100)
    return {"odds": number(shown(decimal, odds_type)), "odds-type": odds_type, "decimal-odds": number(decimal)}


def stakes(*, is_back: bool, price: int, size_micros: int, prefix: str = "") -> Body:
    """What a stake can win, or what it makes a layer liable for."""
    name = "potential-profit" if is_back else "potential-liability"
    return {f"{prefix}{name}": amount(size_micros * (price - 100) // 100)}


def offer_body(
    books: Books, offer: Offer, *, odds_type: str = "DECIMAL", listed: bool = False, with_edits: bool = False
) -> Body:
    """One offer, whole.

    In lists a fully matched one keeps its stake as what remains; asked for alone it has nothing left. Source:
    recorded answers, which disagree so.
    """
    order, state = offer.order, books.market_of(offer)
    status = offer.status
    remaining = order.size_micros if listed and status == "matched" else offer.remaining_micros
    body: Body = {"id": offer.id} | runner_names(state, order.selection)
    body["sport-id"] = state.event.sport_id
    if order.client_ref:
        body["temp-id"] = order.client_ref
    body |= {"exchange-type": "back-lay", "side": order.side.value} | odds_in(order.price, odds_type)
    body |= {"stake": amount(order.size_micros), "remaining": amount(remaining)}
    for prefix, size in (("", order.size_micros), ("remaining-", remaining)):
        body |= stakes(is_back=offer.is_back, price=order.price, size_micros=size, prefix=prefix)
    body |= {
        **commission(books),
        "commission-reserve": 0,
        "currency": books.currency,
        "created-at": iso(offer.created_ms),
        "status": status,
        "in-play": offer.in_play,
        "keep-in-play": order.persist,
    }
    if offer.delay_seconds:
        body["delay"] = offer.delay_seconds
    if offer.bets:
        body["matched-bets"] = [bet_body(books, offer, bet, odds_type=odds_type) for bet in offer.bets.values()]
    if with_edits and offer.edits:
        body["offer-edits"] = [edit_body(offer, edit, odds_type=odds_type) for edit in offer.edits]
    if status == "failed":
        body["errors"] = [{"messages": ["The market was suspended before the offer could be placed."]}]
    return body


def commission(books: Books) -> Body:
    """What the account is charged. Source: Matchbook commission type NET_WIN."""
    fee = books.exchange.options.terms.fee
    assert isinstance(fee, NetWinFee), "this venue takes a share of what a market won"
    rate = fee.rate_ppm / 1_000_000
    return {"commission-type": "NET_WIN", "originator-commission-rate": rate, "acceptor-commission-rate": rate}


def bet_body(books: Books, offer: Offer, bet: MatchedBet, *, odds_type: str = "DECIMAL") -> Body:
    """One matched bet."""
    return (
        {"id": bet.id, "offer-id": offer.id}
        | odds_in(bet.price, odds_type)
        | {"stake": amount(bet.size_micros)}
        | stakes(is_back=offer.is_back, price=bet.price, size_micros=bet.size_micros)
        | {
            "commission": 0,
            "currency": books.currency,
            "created-at": iso(bet.matched_ms),
            "in-play": bet.in_play,
            "block-trade-id": 0,
            "status": "cancelled" if bet.voided else "open",
        }
    )


def edit_body(offer: Offer, edit: Edit, *, odds_type: str = "DECIMAL") -> Body:
    """One edit."""
    body: Body = {"id": edit.id, "offer-id": offer.id, "runner-id": int(offer.order.selection), "odds-type": odds_type}
    for when, price in (("before", edit.price_before), ("after", edit.price_after)):
        decimal = Fraction(price, 100)
        body |= {f"odds-{when}": number(shown(decimal, odds_type)), f"decimal-odds-{when}": number(decimal)}
    body |= {
        "stake-before": amount(edit.stake_before_micros),
        "stake-after": amount(edit.stake_after_micros),
        "status": edit.status,
        "edit-time": iso(edit.edited_ms),
    }
    body |= {"failure-reason": edit.failure_reason} if edit.failure_reason else {}
    return body | ({"delay": edit.delay_seconds} if edit.delay_seconds else {})
