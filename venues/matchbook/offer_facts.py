"""Offers as facts: answers to placements and cancels, and every offer that a list shows."""

from domain.ids import OrderRef, VenueMarketId, VenueName, VenueOrderId, instrument_id
from domain.messages import (
    CancelAccepted,
    CancelOrder,
    CancelRefused,
    CancelUnanswered,
    Fact,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
    PlaceOrder,
    RejectReason,
    VenueOrder,
)
from domain.orders import Evidence, Fill, Side
from venues.errors import Failure
from venues.http import HttpFailed
from venues.matchbook.amounts import claims_micros, micros, unix_ms
from venues.matchbook.answers import errors_text
from venues.matchbook.api import Faulted
from venues.matchbook.events_codec import selection_id
from venues.matchbook.offers import OwnOffer, OwnOffers, Print
from venues.matchbook.offers_codec import HELD, LAPSED, LIVE, OVER, SIDES, VOIDED, Offer, figures, native_odds
from venues.matchbook.outcomes import fault_reason, fault_text, is_refusal, reason

MS = 1_000_000
HELD_MS = 10_000
"""How long an offer is taken to be held back where the venue does not say. Source: Insights, "Live delay changes"."""


def refused_here(ref: OrderRef, why: RejectReason, detail: str) -> OrderRejected:
    """Our own no: the order was never sent."""
    return OrderRejected(ref, why, detail, Evidence.INFERRED)


# --- lists ---


def print_of(offer: Offer) -> Print:
    """What an offer looks like."""
    return offer.runner_id, SIDES.get(offer.side), micros(offer.stake)


def owner_of(offer: Offer, offers: OwnOffers) -> OwnOffer | None:
    """Whose an offer of a list is, None if not ours."""
    return offers.owner(
        str(offer.id),
        market_id=str(offer.market_id),
        ref=OrderRef(offer.ref),
        print_=print_of(offer),
        created_ms=unix_ms(offer.created_at),
    )


def reported(offer: Offer, ref: OrderRef) -> OrderReported:
    """An offer's figures as a fact. They carry no time: the venue does not say as of when they are true.

    What ended unmatched was cancelled by us or by the dead-man's switch, or lapsed by the venue's own rules.
    """
    sizes = figures(offer)
    is_over = offer.status in OVER
    return OrderReported(
        ref=ref,
        venue_order_id=VenueOrderId(str(offer.id)),
        matched_micros=sizes.matched,
        claims_micros=sizes.claims,
        cost_micros=sizes.matched,
        cancelled_micros=sizes.left if is_over and offer.status not in LAPSED else 0,
        lapsed_micros=sizes.left if offer.status in LAPSED else 0,
        voided_micros=sizes.voided,
        closed=is_over,
        evidence=Evidence.PULL,
        fills=tuple(
            Fill(
                id=str(bet.id),
                size_micros=micros(bet.stake),
                claims_micros=claims_micros(bet.price, bet.stake),
                cost_micros=micros(bet.stake),
                venue_ms=unix_ms(bet.created_at),
            )
            for bet in offer.matched_bets or ()
            if bet.status != VOIDED
        ),
    )


def take(own: OwnOffer, offer: Offer, offers: OwnOffers, now_ns: int) -> OrderReported:
    """Remember where an offer of ours is now, and give what there is to tell of it."""
    held_until_ns = 0
    if offer.status == HELD:
        held_until_ns = own.held_until_ns or now_ns + (offer.delay_ms or HELD_MS) * MS
    offers.seen(own, is_resting=offer.status in LIVE, held_until_ns=held_until_ns)
    return reported(offer, own.ref)


def venue_order(offer: Offer, ref: OrderRef | None, report: OrderReported | None, venue: VenueName) -> VenueOrder:
    """An offer as the venue's side of a reconciliation; `ref` None for one that is not ours."""
    return VenueOrder(
        ref=ref,
        venue_order_id=VenueOrderId(str(offer.id)),
        instrument=instrument_id(
            venue, venue_market=VenueMarketId(str(offer.market_id)), selection=selection_id(offer.runner_id)
        ),
        side=SIDES.get(offer.side, Side.BACK),
        price=native_odds(offer),
        size_micros=micros(offer.stake),
        report=report,
    )


# --- placements ---


def own_among(rows: list[Offer], ref: OrderRef, print_: Print) -> Offer | None:
    """Our offer among those that an answer lists, in whatever order; None if none, or more than one, can be it."""
    named = [one for one in rows if one.ref == ref]
    nameless = [one for one in rows if not one.ref]
    alike = named or [one for one in nameless if print_of(one) == print_] or nameless
    return alike[0] if len(alike) == 1 else None


def placed_facts(order: PlaceOrder, offer: Offer | None) -> list[Fact]:
    """What the answer to a placement says of it: turned down, taken, or nothing.

    An offer that is held back in play was taken. What was matched, or has ended, already is told with it.
    """
    if offer is None:
        return [OrderUnanswered(order.ref, "the answer does not list the offer")]
    if offer.status == "failed" and not offer.id:
        words = errors_text(offer.errors) or "failed"
        return [OrderRejected(order.ref, reason(words), words, Evidence.PULL)]
    if not offer.id:
        return [OrderUnanswered(order.ref, f"the answer names no offer, only {offer.status!r}")]
    accepted = OrderAccepted(order.ref, VenueOrderId(str(offer.id)), Evidence.PULL)
    report = reported(offer, order.ref)
    return [accepted, report] if report.closed or report.matched_micros or report.voided_micros else [accepted]


def place_failed(order: PlaceOrder, failure: Faulted | HttpFailed) -> Fact:
    """What the lack of an answer on the offer means: never sent, turned down as a whole, or unknown."""
    if isinstance(failure, HttpFailed):
        if failure.failure is Failure.NOT_SENT:
            return refused_here(order.ref, RejectReason.NOT_SENT, failure.reason)
        return OrderUnanswered(order.ref, failure.reason)
    if is_refusal(failure):
        return OrderRejected(order.ref, fault_reason(failure), fault_text(failure), Evidence.PULL)
    return OrderUnanswered(order.ref, fault_text(failure))


# --- cancels ---


def cancel_fact(cancel: CancelOrder, offer: Offer) -> Fact:
    """What the cancelled offer says. Its matched part stands; an offer that still lives was not cancelled after all."""
    if offer.status == "cancelled":
        return CancelAccepted(cancel.ref, cancel.request, figures(offer).left, Evidence.PULL)
    if offer.status in OVER:
        return CancelRefused(cancel.ref, cancel.request, RejectReason.NOT_RESTING, f"the offer is {offer.status}")
    return CancelUnanswered(cancel.ref, cancel.request, f"the offer is {offer.status}")


def cancel_failed(cancel: CancelOrder, failure: Faulted | HttpFailed) -> Fact:
    """What a cancel without an offer in its answer means; an offer that is not open any more answers 400, or is gone.

    Source: Matchbook's Python SDK, single cancel.
    """
    if isinstance(failure, HttpFailed):
        if failure.failure is Failure.NOT_SENT:
            return CancelRefused(cancel.ref, cancel.request, RejectReason.NOT_SENT, failure.reason, Evidence.INFERRED)
        return CancelUnanswered(cancel.ref, cancel.request, failure.reason)
    if not is_refusal(failure):
        return CancelUnanswered(cancel.ref, cancel.request, fault_text(failure))
    why = fault_reason(failure)
    if failure.status in (400, 404) and why is not RejectReason.NOT_AUTHORISED:
        why = RejectReason.NOT_RESTING
    return CancelRefused(cancel.ref, cancel.request, why, fault_text(failure))
