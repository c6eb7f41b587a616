"""Editing offers: other odds, another unmatched stake, on the same offer.

Source: Matchbook API docs, "Edit offers", "Edit offer".
"""

from decimal import Decimal

import msgspec

from domain.messages import RejectReason
from venues.matchbook.fake.books import Books
from venues.matchbook.fake.calls import Call
from venues.matchbook.fake.forms import edit_id
from venues.matchbook.fake.offer_shapes import edit_body, envelope, offer_body
from venues.matchbook.fake.offers import Edit, Offer
from venues.matchbook.fake.placing import Wrong, plain, refused, runner_number, snapped, stake_micros
from venues.matchbook.fake.replies import Body, Refused, Reply
from venues.sim.placements import NOT_RESTING, Refusal

MARKET_STATUS = (RejectReason.MARKET_SUSPENDED, RejectReason.MARKET_CLOSED)


class EditOffer(msgspec.Struct, frozen=True, rename="kebab"):
    """One edit: `current` values are guards that must still hold, `new_stake` is what shall be unmatched after it."""

    id: int | str = 0
    current_odds: Decimal | None = None
    new_odds: Decimal | None = None
    current_stake: Decimal | None = None
    new_stake: Decimal | None = None


class EditOffers(msgspec.Struct, frozen=True, rename="kebab"):
    offers: list[EditOffer]


def edit_many(books: Books, call: Call) -> Reply:
    """Carry out each edit that is good; if any is not, the status is 400."""
    request = call.parse(EditOffers)
    outcomes = [(one, _edit(books, one, runner_number(one.id), call.now_ns)) for one in request.offers]
    books.exchange.publish(call.now_ns)
    rows: list[Body] = [
        {"id": str(one.id), "offer-edit": {"errors": outcome.errors}}
        if isinstance(outcome, Wrong)
        else _edited(books, outcome)
        for one, outcome in outcomes
    ]
    failed = any(isinstance(outcome, Wrong) for _, outcome in outcomes)
    return Reply(400 if failed else 200, envelope(books, rows))


def edit_one(books: Books, call: Call) -> Body:
    """Carry out one edit."""
    request = call.parse(EditOffer)
    outcome = _edit(books, request, call.ids[0], call.now_ns)
    books.exchange.publish(call.now_ns)
    if isinstance(outcome, Wrong):
        raise Refused(400, outcome.message, field=outcome.field)
    return _edited(books, outcome)


def _edited(books: Books, offer: Offer) -> Body:
    return offer_body(books, offer) | {"offer-edit": edit_body(offer, offer.edits[-1])}


def _edit(books: Books, one: EditOffer, number: int, now_ns: int) -> Offer | Wrong:
    try:
        offer = books.offer(number)
    except Refused:
        return Wrong("id", "The offer was not found.")
    order = offer.order
    if not order.resting:
        return refused(NOT_RESTING)
    if one.current_odds is not None and one.current_odds * 100 != order.price:
        return Wrong("odds", "The current odds have changed.")
    if one.current_stake is not None and stake_micros(one.current_stake) != order.remaining_micros:
        return Wrong("stake", "The current stake has changed.")
    price = order.price if one.new_odds is None else snapped(books, order.side, one.new_odds, "DECIMAL")
    if price is None:
        return Wrong("odds", f"Invalid new odds value of {plain(one.new_odds or Decimal(0))}")
    remaining = order.remaining_micros if one.new_stake is None else stake_micros(one.new_stake)
    if remaining is None or remaining < books.exchange.options.terms.size_min_micros:
        return Wrong("stake", f"Invalid new stake value of {plain(one.new_stake or Decimal(0))}")
    return _amend(books, offer, price=price, remaining_micros=remaining, now_ns=now_ns)


def _amend(books: Books, offer: Offer, *, price: int, remaining_micros: int, now_ns: int) -> Offer | Wrong:
    """Ask the exchange, and remember the edit unless it means nothing to an offer that is gone."""
    order, account = offer.order, books.options.account
    edit = Edit(
        id=edit_id(books.offers.next_edit()),
        edited_ms=books.wall_ms(now_ns),
        price_before=order.price,
        price_after=price,
        stake_before_micros=order.remaining_micros,
        stake_after_micros=remaining_micros,
    )
    outcome = books.exchange.amend(
        order.number, account=account, price=price, remaining_micros=remaining_micros, now_ns=now_ns
    )
    if isinstance(outcome, Refusal):
        if outcome.reason in MARKET_STATUS:
            edit.status, edit.failure_reason = "failed", "market_status"
            offer.edits.append(edit)
        return refused(outcome)
    if books.offers.wait(offer):
        edit.status, edit.delay_seconds = "delayed", offer.delay_seconds
    offer.edits.append(edit)
    return offer
