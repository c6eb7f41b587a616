"""Editing offers that rest: other odds, another size, in one request, under the same id.

What is unmatched is stated as it shall be, not the whole; so the odds and the unmatched stake that we know go along as
guards, and an edit that a match overtook is refused. In play an edit that would match at once is held back first: until
a poll shows the new terms either may hold.
Source: Matchbook API reference, "Edit offer"; Matchbook's Python SDK.
"""

from collections.abc import Callable

from domain.amending import AmendAccepted, AmendFact, AmendOrder, AmendRefused, AmendUnanswered
from domain.ids import InstrumentId
from domain.orders import Evidence
from venues.base import Emit
from venues.errors import Failure
from venues.http import HttpFailed, Lane
from venues.matchbook.amounts import micros
from venues.matchbook.answers import errors_text
from venues.matchbook.api import Answered, Api, Faulted, Question
from venues.matchbook.betting import Target
from venues.matchbook.budgets import Group
from venues.matchbook.market_feed import TICK_BY_PRICE
from venues.matchbook.offer_facts import take
from venues.matchbook.offers import OwnOffer, OwnOffers
from venues.matchbook.offers_codec import (
    HELD,
    LIVE,
    OVER,
    EditAnswer,
    EditedOffer,
    Offer,
    edit_answer,
    encode_edit,
    native_odds,
    offer_path,
)
from venues.matchbook.outcomes import fault_text, is_refusal
from venues.matchbook.rules import LOT_MICROS
from venues.matchbook.settings import Settings


class Amending:
    """`target` and `wrote` as in `Betting`."""

    def __init__(
        self,
        settings: Settings,
        api: Api,
        offers: OwnOffers,
        emit: Emit,
        *,
        target: Callable[[InstrumentId], Target | None],
        wrote: Callable[[int], None],
    ) -> None:
        self._settings = settings
        self._api = api
        self._writes = api.budgets[Group.WRITES]
        self._offers = offers
        self._emit = emit
        self._target = target
        self._wrote = wrote

    def amend(self, amend: AmendOrder, now_ns: int) -> None:
        """Send an edit, or say at once why not; then the old terms hold."""
        own = self._offers.offer(amend.ref)
        refusal = self._refusal(amend, own)
        if refusal is None and not self._writes.take(now_ns):
            refusal = "the writes of this moment are used up"
        if refusal is not None:
            self._emit(AmendRefused(amend.ref, amend.request, refusal, Evidence.INFERRED))
            return
        own.amend, own.amend_ns = amend, now_ns
        question = Question(
            method="PUT",
            path=offer_path(own.offer_id),
            group=Group.WRITES,
            read=edit_answer,
            answer_ms=self._settings.answer_ms,
            body=encode_edit(amend),
            lane=Lane.ORDINARY,
            repeats=False,
        )
        self._api.write(question, lambda answer: self._hear(amend, own, answer), now_ns)

    # --- leaves ---

    def _refusal(self, amend: AmendOrder, own: OwnOffer) -> str | None:
        if self._target(amend.instrument) is None:
            return f"{amend.instrument} is not listed"
        if not own.offer_id or own.is_closed:
            return "the offer has ended" if own.is_closed else "its offer id is unknown"
        if amend.successor is not None:
            return "an offer keeps its name here"
        if own.held_until_ns:
            return "the offer is held back in play"
        if amend.price not in TICK_BY_PRICE:
            return f"{amend.price} is off the ladder: the venue would move it"
        if amend.remaining_micros % LOT_MICROS or amend.new_remaining_micros % LOT_MICROS:
            return f"{amend.remaining_micros} is finer than a hundredth"
        return f"{amend.new_remaining_micros} left is nothing" if amend.new_remaining_micros <= 0 else None

    def _hear(self, amend: AmendOrder, own: OwnOffer, answer: Answered[EditAnswer] | Faulted | HttpFailed) -> None:
        if isinstance(answer, Answered):
            offer = answer.result.about(own.offer_id)
            if offer is not None and offer.status:
                self._emit(take(own, offer, self._offers, answer.received_ns))
            fact = edit_fact(amend, own, offer)
        else:
            fact = edit_failed(amend, answer)
        if isinstance(fact, AmendRefused) and own.amend is amend:
            own.amend = None
        self._emit(fact)
        if isinstance(answer, Answered):
            self._wrote(answer.received_ns)


def edit_fact(amend: AmendOrder, own: OwnOffer, offer: EditedOffer | None) -> AmendFact:
    """What the answer to an edit says: made, held back, or turned down."""
    if offer is None:
        return AmendUnanswered(amend.ref, amend.request, "the answer does not list the offer")
    edit = offer.offer_edit
    words = errors_text([*offer.errors, *(() if edit is None else edit.errors)])
    if words or (edit is not None and edit.status == "failed"):
        return AmendRefused(amend.ref, amend.request, words or (edit and edit.failure_reason) or "failed")
    if offer.status == HELD or (edit is not None and edit.status == HELD):
        return AmendUnanswered(amend.ref, amend.request, "held back in play")
    shown = amended(own, offer, asked_ns=own.amend_ns) if own.amend is amend else None
    return shown or AmendUnanswered(amend.ref, amend.request, f"the offer is {offer.status}")


def edit_failed(amend: AmendOrder, failure: Faulted | HttpFailed) -> AmendFact:
    """What an edit without an offer in its answer means."""
    if isinstance(failure, HttpFailed):
        if failure.failure is Failure.NOT_SENT:
            return AmendRefused(amend.ref, amend.request, failure.reason, Evidence.INFERRED)
        return AmendUnanswered(amend.ref, amend.request, failure.reason)
    if is_refusal(failure):
        return AmendRefused(amend.ref, amend.request, fault_text(failure))
    return AmendUnanswered(amend.ref, amend.request, fault_text(failure))


def amended(own: OwnOffer, offer: Offer, *, asked_ns: int) -> AmendAccepted | None:
    """The edit under way, if the offer shows its terms as it rests or as it ended; then it is under way no more.

    What was asked before the edit was sent may show terms that it had before those that it has.
    """
    amend = own.amend
    if amend is None or asked_ns < own.amend_ns or offer.status not in LIVE | OVER:
        return None
    moved = amend.price != amend.old_price
    if native_odds(offer) != amend.price or (not moved and micros(offer.stake) != amend.size_micros):
        return None
    own.amend = None
    if own.print is not None:
        own.print = (*own.print[:2], micros(offer.stake))
    return AmendAccepted(amend.ref, amend.request, amend.price, amend.size_micros, Evidence.PULL)
