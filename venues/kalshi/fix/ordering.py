"""Placing and cancelling over FIX, and what the reports say of our orders.

A change of price keeps the venue's id of an order and gives it the name of the change, by which the next request must
call it. What takes some of an order away goes by request, where it counts as cancelled, and so does each change of an
order that ends by itself: here no expiry can be named, and no document says whether the old one stays.

A report tells how much of an order was matched at what cost so far. Which match it was is told by the stream and by the
lists: their names of matches are not documented to be those of FIX. So a report becomes a cumulative fact, and nothing
that comes by both ways is counted twice.

What is not answered is unknown: when the session is lost, or the answer is late. A cancel that the session cannot carry
goes by request, and so do cancels of orders that another process placed.
"""

from collections.abc import Callable

from domain.amending import AmendOrder, AmendUnanswered
from domain.ids import OrderRef
from domain.messages import (
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
)
from domain.orders import Evidence
from venues.base import Emit
from venues.kalshi.amending import Amending, refusal_of
from venues.kalshi.amending import refused_here as amend_refused_here
from venues.kalshi.budgets import Budgets
from venues.kalshi.connection import Access
from venues.kalshi.fix import tags
from venues.kalshi.fix.asked import Asked, Question
from venues.kalshi.fix.changes import Changes
from venues.kalshi.fix.codec import Message
from venues.kalshi.fix.report_facts import facts_of
from venues.kalshi.fix.reports import (
    ACCEPTED,
    CANCELLED,
    EXPIRED,
    REJECTED,
    Report,
    Resting,
    decode_report,
    encode_cancel,
    encode_new,
    encode_replace,
)
from venues.kalshi.fix.tallies import Tallies
from venues.kalshi.fix.verdicts import BUSINESS_CODES, PAUSED_TEXTS, cancel_reason
from venues.kalshi.order_facts import refused_here
from venues.kalshi.ordering import Ordering, Ways
from venues.kalshi.orders import Orders
from venues.kalshi.rest_targets import is_ref

MS = 1_000_000
RESTING_MAX = 20_000


Say = Callable[[str, list[tuple[int, str]], int], int | None]
"""Sends a message; its number, None if the session does not stand."""


class FixOrdering:
    """`say` sends over the session; `by_request` and `amends` are the ways of orders without one."""

    def __init__(
        self,
        access: Access,
        budgets: Budgets,
        orders: Orders,
        emit: Emit,
        *,
        say: Say,
        by_request: Ordering,
        amends: Amending,
        ways: Ways,
    ) -> None:
        self._access = access
        self._budgets = budgets
        self._orders = orders
        self._emit = emit
        self._say = say
        self._by_request = by_request
        self._amends = amends
        self._changes = Changes()
        self._ways = ways
        self._asked = Asked()
        self._tallies = Tallies()
        self._resting: dict[OrderRef, Resting] = {}
        self.seen: Callable[[str], None] = lambda _: None
        """Told the name of each report that has one."""

    def place(self, order: PlaceOrder, now_ns: int) -> None:
        """Send an order, or say at once why not."""
        admitted = self._by_request.admit(order, now_ns)
        if admitted is None:
            return
        settings, place, ends_s = self._access.settings, admitted.place, admitted.expires_s
        fields = encode_new(order, place, subaccount=settings.subaccount, group=admitted.group, expires_s=ends_s)
        seq = self._say(tags.NEW_ORDER, fields, now_ns)
        if seq is None:
            self._emit(refused_here(order.ref, RejectReason.NOT_SENT, "the session is down"))
            return
        if ends_s:
            self._by_request.guards.renewing.watch(order.ref, now_ns)
        if len(self._resting) >= RESTING_MAX:
            del self._resting[next(iter(self._resting))]
        self._resting[order.ref] = Resting(order.ref, "", order.side, place)
        self._asked.put(Question(order.ref, order, seq, now_ns + settings.answer_ms * MS))

    def cancel(self, cancel: CancelOrder, now_ns: int) -> None:
        """Send a cancel in its turn; it needs no id of the venue's, so it may follow its order at once."""
        kept, resting = self._orders.kept(cancel.ref), self._resting.get(cancel.ref)
        if kept.is_closed or resting is None or not is_ref(cancel.request):
            self._by_request.cancel(cancel, now_ns)
        elif not self._budgets.write.pass_on(
            lambda at_ns: self._send_cancel(cancel, resting, at_ns), self._budgets.cancel_cost, now_ns
        ):
            self._emit(CancelRefused(cancel.ref, cancel.request, RejectReason.RATE_LIMIT, "too many cancels wait"))

    def amend(self, amend: AmendOrder, now_ns: int) -> None:
        """Send a change, or say at once why not."""
        kept, resting = self._orders.kept(amend.ref), self._resting.get(amend.ref)
        if amend.cancels or kept.expires_ms or resting is None or not is_ref(amend.request):
            self._amends.amend(amend, now_ns)
            return
        refusal = refusal_of(amend, kept, self._ways.target(amend.instrument))
        if refusal is None and not self._budgets.write.take(self._budgets.create_cost, now_ns):
            refusal = "the write budget is used up"
        settings, seq = self._access.settings, None
        if refusal is None:
            size_micros = amend.matched_micros + amend.new_remaining_micros
            fields = encode_replace(
                amend.request, resting, size_micros=size_micros, price=amend.price, subaccount=settings.subaccount
            )
            seq = self._say(tags.REPLACE_REQUEST, fields, now_ns)
        if seq is None:
            self._emit(amend_refused_here(amend, refusal or "the session is down"))
            return
        kept.amends(amend)
        self._changes.put(amend)
        self._asked.put(Question(amend.request, amend, seq, now_ns + settings.answer_ms * MS))

    def hear(self, message: Message, now_ns: int) -> None:
        """Something of the session's that is about orders. PeerBroke if it cannot be read."""
        if message.type == tags.EXECUTION_REPORT:
            self._hear_report(decode_report(message), now_ns)
        elif message.type == tags.CANCEL_REJECT:
            self._hear_cancel_reject(message)
        elif message.type == tags.REJECT:
            said = message.get(tags.TEXT) or f"rejected, {message.get(tags.REJECT_REASON)}"
            self._hear_refusal(message.number(tags.REF_SEQ_NUM), RejectReason.OTHER, said)
        elif message.type == tags.BUSINESS_REJECT and message.get(tags.REF_SEQ_NUM):
            why = BUSINESS_CODES.get(message.number(tags.BUSINESS_REASON))
            said = message.get(tags.TEXT) or f"refused, {message.get(tags.BUSINESS_REASON)}"
            if why is RejectReason.RATE_LIMIT:
                self._budgets.write.overdrawn(now_ns)
            self._hear_refusal(message.number(tags.REF_SEQ_NUM), why, said)

    def lost(self, reason: str) -> None:
        """The session is gone, and nobody will answer."""
        for question in self._asked.all():
            self._doubt(question, reason)

    def next_deadline(self) -> int | None:
        """When an answer is overdue."""
        return self._asked.next_deadline()

    def on_time(self, now_ns: int) -> None:
        """Give up what is overdue; an answer that comes still counts."""
        for question in self._asked.overdue(now_ns):
            self._doubt(question, "no answer in time")

    def hear_copy(self, report: Report, now_ns: int) -> None:
        """A report out of the venue's record; an acceptance in it is no news."""
        ref = None if report.kind in (REJECTED, ACCEPTED) else _ref_of(report, self._orders)
        if ref is not None:
            by_us = self._orders.kept(ref).is_ending
            for fact in facts_of(report, ref, self._tallies, evidence=Evidence.DROP_COPY, by_us=by_us):
                self._tell(fact, now_ns)
            for change in self._changes.told(report, ref, self._resting, Evidence.DROP_COPY):
                self._emit(change)

    # --- what is heard ---

    def _hear_report(self, report: Report, now_ns: int) -> None:
        self.seen(report.exec_id)
        ref = _ref_of(report, self._orders)
        cancels = self._asked.cancels(ref) if ref is not None and report.kind in (CANCELLED, EXPIRED) else []
        self._asked.take(report.client_id)
        if ref is None:
            return
        resting = self._resting.get(ref)
        if resting is not None and not resting.order_id and report.kind != REJECTED:
            self._resting[ref] = Resting(ref, report.order_id, resting.side, resting.place)
        kept = self._orders.kept(ref)
        if report.kind == REJECTED:
            self._by_request.guards.groups.refused(report.text.lower(), (kept.place and kept.place.shard) or 0, now_ns)
            if report.text in PAUSED_TEXTS:
                self._ways.halted(report.ticker, now_ns)  # told first: the refusal makes the engine look at the market
        by_us = kept.is_ending
        for fact in facts_of(report, ref, self._tallies, evidence=Evidence.PUSH, by_us=by_us, cancels=cancels):
            self._tell(fact, now_ns)
        for change in self._changes.told(report, ref, self._resting, Evidence.PUSH):
            self._emit(change)
        if report.is_over:
            self._resting.pop(ref, None)
        for cancel in cancels:
            self._asked.take(cancel.request)
        self._by_request.learned(ref, now_ns)

    def _hear_cancel_reject(self, message: Message) -> None:
        """A question, not an answer about the order: it may be filled, gone, or elsewhere."""
        question = self._asked.take(message.text(tags.CL_ORD_ID))
        if question is None or isinstance(question.what, PlaceOrder):
            return
        text = message.get(tags.TEXT) or ""
        code = message.number(tags.CXL_REJ_REASON) if message.get(tags.CXL_REJ_REASON) else 99
        why, what, said = cancel_reason(code, text), question.what, f"{code} {text}".strip()
        if why is None:
            self._doubt(question, text)
        elif isinstance(what, AmendOrder):
            self._emit(self._changes.refused(what, said))
        else:
            self._emit(CancelRefused(what.ref, what.request, why, said))

    def _hear_refusal(self, seq: int, why: RejectReason | None, said: str) -> None:
        """One of our messages was refused as such, by its number; without a reason it may have been carried out."""
        question = self._asked.take_number(seq)
        if question is None:
            return
        if why is None:
            self._doubt(question, said)
        elif isinstance(question.what, CancelOrder):
            self._emit(CancelRefused(question.what.ref, question.what.request, why, said))
        elif isinstance(question.what, AmendOrder):
            self._emit(self._changes.refused(question.what, said))
        else:
            refused = OrderRejected(question.what.ref, why, said, Evidence.PUSH)
            self._orders.note(refused)
            self._emit(refused)

    # --- leaves ---

    def _tell(self, fact: Fact, now_ns: int) -> None:
        if isinstance(fact, OrderRejected | OrderReported):
            self._orders.note(fact)
        self._emit(fact)
        if isinstance(fact, OrderAccepted) and fact.venue_order_id is None:
            self._ways.ask(fact.ref, now_ns)

    def _send_cancel(self, cancel: CancelOrder, resting: Resting, now_ns: int) -> None:
        resting = self._resting.get(cancel.ref, resting)
        settings = self._access.settings
        fields = encode_cancel(cancel.request, resting, subaccount=settings.subaccount)
        seq = self._say(tags.CANCEL_REQUEST, fields, now_ns)
        if seq is None:
            self._by_request.cancel(cancel, now_ns)
            return
        self._orders.kept(cancel.ref).is_ending = True
        self._asked.put(Question(cancel.request, cancel, seq, now_ns + settings.answer_ms * MS))

    def _doubt(self, question: Question, reason: str) -> None:
        """Nobody knows what became of it."""
        what = question.what
        if isinstance(what, CancelOrder):
            self._emit(CancelUnanswered(what.ref, what.request, reason))
        elif isinstance(what, AmendOrder):
            self._resting.pop(what.ref, None)  # nobody knows its name: what follows goes by the venue's own id
            self._emit(AmendUnanswered(what.ref, what.request, reason))
        else:
            self._emit(OrderUnanswered(what.ref, reason))


def _ref_of(report: Report, orders: Orders) -> OrderRef | None:
    """Whose report this is; a refused order has no id of the venue's."""
    if report.kind == REJECTED:
        return orders.ours(report.client_id)
    ref = orders.bind(report.original_id or report.client_id, report.order_id)
    return ref or orders.bind(report.client_id, report.order_id)
