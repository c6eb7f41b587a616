"""Several cancels in one request, named by their offers' ids: an emptying takes as many writes as it has fifties.

The answer lists what was cancelled, and nothing of what had ended before: an offer that it leaves out is a question.
A list of ids is always there; the bare path would cancel the whole account.
Source: Matchbook API docs, "Cancel offers"; Matchbook's Python SDK.
"""

from collections.abc import Callable, Sequence

from domain.ids import OrderRef
from domain.messages import CancelOrder, CancelUnanswered
from venues.base import Emit
from venues.http import HttpFailed
from venues.matchbook.api import Answered, Api, Faulted, Question
from venues.matchbook.budgets import Group
from venues.matchbook.offer_facts import cancel_fact, cancel_failed, take
from venues.matchbook.offers import OwnOffer, OwnOffers
from venues.matchbook.offers_codec import OffersAnswer, cancels_path, offers_answer
from venues.matchbook.outcomes import fault_text
from venues.matchbook.settings import Settings

IDS_MAX = 50
"""How many are named in one request; the venue publishes no limit."""
THROTTLED = 429


class Emptying:
    """`one` cancels a single offer; `ask` queries one order; `learned` and `wrote` as `Betting` has them."""

    def __init__(
        self,
        settings: Settings,
        api: Api,
        offers: OwnOffers,
        emit: Emit,
        *,
        one: Callable[[CancelOrder, int], None],
        ask: Callable[[OrderRef, int], None],
        learned: Callable[[OwnOffer, int], None],
    ) -> None:
        self._settings = settings
        self._api = api
        self._offers = offers
        self._emit = emit
        self._one = one
        self._ask = ask
        self._learned = learned

    def cancel(self, cancels: Sequence[CancelOrder], now_ns: int) -> None:
        """Cancel offers of known ids together; what else there is goes by itself."""
        named: dict[str, CancelOrder] = {}
        for cancel in cancels:
            own = self._offers.offer(cancel.ref)
            if own.offer_id and not own.is_closed and own.offer_id not in named:
                named[own.offer_id] = cancel
            else:
                self._one(cancel, now_ns)
        ids = list(named)
        for first in range(0, len(ids), IDS_MAX):
            self._send({offer_id: named[offer_id] for offer_id in ids[first : first + IDS_MAX]}, now_ns)

    # --- leaves ---

    def _send(self, named: dict[str, CancelOrder], now_ns: int) -> None:
        if len(named) == 1:
            self._one(next(iter(named.values())), now_ns)
            return
        question = Question(
            method="DELETE",
            path=cancels_path(list(named)),
            group=Group.WRITES,
            read=offers_answer,
            answer_ms=self._settings.answer_ms,
        )
        self._api.ask(question, lambda answer: self._hear(named, answer), now_ns, always=True)

    def _hear(self, named: dict[str, CancelOrder], answer: Answered[OffersAnswer] | Faulted | HttpFailed) -> None:
        if isinstance(answer, HttpFailed) or (isinstance(answer, Faulted) and answer.status == THROTTLED):
            for cancel in named.values():
                self._emit(cancel_failed(cancel, answer))
            return
        if isinstance(answer, Faulted):
            self._doubt(list(named.values()), fault_text(answer), answer.received_ns)
            return
        left = dict(named)
        for offer in answer.result.offers:
            found = left.pop(str(offer.id), None) if offer.status else None
            if found is not None:
                own = self._offers.offer(found.ref)
                self._emit(take(own, offer, self._offers, answer.received_ns))
                self._emit(cancel_fact(found, offer))
                self._learned(own, answer.received_ns)
        self._doubt(list(left.values()), "the answer does not list the offer", answer.received_ns)

    def _doubt(self, cancels: list[CancelOrder], why: str, now_ns: int) -> None:
        for cancel in cancels:
            self._emit(CancelUnanswered(cancel.ref, cancel.request, why))
            self._ask(cancel.ref, now_ns)
