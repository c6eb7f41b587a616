"""Cancelling offers: many by filters, one by its id, and without a filter everything the account has.

Source: Matchbook API docs, "Cancel offers", "Cancel offer".
"""

from venues.matchbook.fake.books import Books
from venues.matchbook.fake.calls import Call
from venues.matchbook.fake.offer_shapes import envelope, offer_body
from venues.matchbook.fake.offers import Offer
from venues.matchbook.fake.placing import refused
from venues.matchbook.fake.replies import Body, Refused
from venues.sim.notices import Cause
from venues.sim.placements import Refusal


def cancel_many(books: Books, call: Call) -> Body:
    """Cancel what rests and passes all filters; the answer holds what was cancelled, which may be nothing."""
    offers, runners = call.query.ids("offer-ids"), call.query.ids("runner-ids")
    events, markets = call.query.ids("event-ids"), call.query.ids("market-ids")
    chosen = [
        offer
        for offer in resting(books)
        if (not offers or offer.id in offers)
        and (not runners or int(offer.order.selection) in runners)
        and (not markets or books.market_of(offer).id in markets)
        and (not events or books.market_of(offer).event.id in events)
    ]
    for offer in chosen:
        take_out(books, offer, call.now_ns)
    books.exchange.publish(call.now_ns)
    return envelope(books, [offer_body(books, offer) for offer in chosen])


def cancel_one(books: Books, call: Call) -> Body:
    """Cancel one offer; one that is matched, dead or delayed is refused."""
    offer = books.offer(call.ids[0])
    gone = take_out(books, offer, call.now_ns)
    if isinstance(gone, Refusal):
        raise Refused(400, refused(gone).message)
    books.exchange.publish(call.now_ns)
    return offer_body(books, offer)


def cancel_all(books: Books, now_ns: int, cause: Cause) -> None:
    """Take every offer of the account out of the book."""
    books.exchange.on_time(now_ns)
    for offer in resting(books):
        take_out(books, offer, now_ns, cause)
    books.exchange.publish(now_ns)


def resting(books: Books) -> list[Offer]:
    """Our offers that rest in a book."""
    return [offer for offer in books.offers.offers.values() if offer.order.resting]


def take_out(books: Books, offer: Offer, now_ns: int, cause: Cause = Cause.REQUESTED) -> int | Refusal:
    account = books.options.account
    return books.exchange.cancel(offer.order.number, account=account, now_ns=now_ns, cause=cause)
