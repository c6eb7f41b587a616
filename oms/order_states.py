"""The order machine: what each fact does to an order, and the one word that people use for the result.

A machine that moves from state to state with each arrival ends wherever the last messenger came from, and messengers
of one event arrive late, twice, and in any order. So this one does not move. Quantities come from the merged testimony
(`oms.testimony`), flags from two rules, and the state is read off both. Any interleaving and repetition of replies,
stream events, reports, fills and cancels ends in the same order.

The flags:

- Proof that the venue has the order, or had it, ends UNKNOWN; a missing answer after proof is no news. Every fact
  that names a quantity is proof. Silence, absence and a refused cancel are none.
- A denial (rejected, missing) that meets proof, before or after it, is withdrawn: the order counts in full again and
  is `suspect`, which means that the venue is to be asked. No timer appears here, so none can end an order. Two messages
  under one name that say different things, or a second name, make it suspect too. `disputed` is a suspicion that later
  figures of the venue can end.

One exception to order is OrderMissing. We write it ourselves, after enough late queries found nothing; it closes
what was proven before it, and proof that is news afterwards opens the order again.

A person's word (OrderVouched) is the other: it is held against what was said until then, ends every doubt, and gives
way to what goes past it (`oms.vouching`).

Rows that only the real world explains: a fill after the cancel was confirmed, after a lapse, after a rejection and
after settlement is booked, for the venue will pay it or ask for it. A cancel refused may mean that the order was
filled; a cancel without an answer may have landed. Both end the waiting, change no quantity, and ask.
"""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from domain.amending import AmendAccepted, AmendOrder, AmendRefused, AmendUnanswered
from domain.messages import (
    CancelAccepted,
    CancelOrder,
    CancelRefused,
    CancelUnanswered,
    OrderAbsent,
    OrderAccepted,
    OrderFact,
    OrderFilled,
    OrderMissing,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
)
from domain.orders import Order, OrderState
from domain.venue_acts import OrderLapsed, OrderVoided
from domain.vouching import OrderVouched
from oms import amending, testimony, vouching


class Effect(msgspec.Struct, frozen=True):
    """One row: what a fact does to an order.

    `hear` adds to the testimony. `proves`: the venue has the order, or had it. `denies`: it never had it. `doubts`:
    an answer is missing. `closes`: nothing remains. `answers`: a cancel of ours is answered, well or not.
    """

    hear: Callable[..., Order] | None = None
    proves: bool = False
    denies: bool = False
    doubts: bool = False
    closes: bool = False
    answers: bool = False


def _hear_command(order: Order, command: CancelOrder) -> Order:
    return replace(order, cancel_pending=True, cancel_request=command.request)


def _hear_cancel(order: Order, fact: CancelAccepted) -> Order:
    return testimony.hear_cancel(amending.hear_cancel_answer(order, fact), fact)


EFFECTS: dict[type, Effect] = {
    OrderAccepted: Effect(testimony.hear_acceptance, proves=True),
    OrderRejected: Effect(denies=True),
    OrderUnanswered: Effect(doubts=True),
    OrderFilled: Effect(testimony.hear_fill, proves=True),
    OrderReported: Effect(testimony.hear_report, proves=True),
    OrderAbsent: Effect(),  # one absence proves nothing; the blotter counts them
    OrderMissing: Effect(closes=True),
    CancelOrder: Effect(_hear_command),
    CancelAccepted: Effect(_hear_cancel, proves=True, answers=True),
    CancelRefused: Effect(amending.hear_cancel_answer, answers=True),
    CancelUnanswered: Effect(answers=True),
    AmendOrder: Effect(amending.hear_amend),
    AmendAccepted: Effect(amending.hear_acceptance, proves=True),
    AmendRefused: Effect(amending.hear_refusal, answers=True),
    AmendUnanswered: Effect(answers=True),
    OrderLapsed: Effect(testimony.hear_lapse, proves=True),
    OrderVoided: Effect(testimony.hear_void, proves=True),
    OrderVouched: Effect(vouching.hear),
}


# ---- reading it -----------------------------------------------------------------------------------------


def apply(order: Order, fact: OrderFact | CancelOrder | AmendOrder) -> Order:
    """The order after one more fact; the same object when the fact says nothing new."""
    assert fact.ref == order.ref, f"a fact about {fact.ref} was given to {order.ref}"
    effect = EFFECTS[type(fact)]
    after = order if effect.hear is None else effect.hear(order, fact)
    if effect.proves:
        after = _prove(after, news=after is not order)
    elif effect.denies:
        after = _deny(after)
    elif effect.doubts:
        after = _doubt(after)
    elif effect.closes:
        after = _miss(after)
    if effect.answers and after.cancel_pending and getattr(fact, "request", None) == after.cancel_request:
        after = replace(after, cancel_pending=False)
    if after.testimony.vouched is not None:
        return _weigh_vouched(order, after, fact)
    if (
        after.testimony is not order.testimony
        or after.missing is not order.missing
        or after.amended is not order.amended
    ):
        after = testimony.weigh(after)
        if after.amend is not None and (grown := amending.outgrown(after)) is not after:
            after = testimony.weigh(grown)
    return after


def settle(order: Order) -> Order:
    """The order after its market's statement: nothing is at stake any more, whatever was still unanswered."""
    return order if order.settled else replace(order, settled=True, unknown=False)


def agrees(order: Order, report: OrderReported | None) -> bool:
    """Whether a report, or its absence in a list that holds the order, only repeats what we know beyond doubt.

    What was matched is known beyond doubt once the venue's own record has it, and not its news alone.
    """
    if (
        not order.acked
        or order.amend is not None
        or order.unknown
        or order.suspect
        or order.disputed
        or order.rejected
        or order.missing
    ):
        return False
    if report is None:
        return True
    return (
        report.closed != is_open(order)
        and (report.matched_micros, report.claims_micros) == (order.matched_micros, order.claims_micros)
        and (report.cost_micros, report.voided_micros) == (order.cost_micros, order.voided_micros)
        and report.cancelled_micros <= order.cancelled_micros
        and report.lapsed_micros <= order.lapsed_micros
        and report.fee_micros in (None, order.fee_micros)
        and all(fill.id in order.fill_ids for fill in report.fills)
        and (not report.matched_micros or report.evidence <= order.testimony.reported_by)
    )


def asks(before: Order, after: Order, fact: OrderFact | CancelOrder | AmendOrder) -> bool:
    """Whether the venue is to be queried about an order, now that `fact` led from `before` to `after`.

    True once for each missing answer, for each answered cancel that left the order open, for an acceptance without a
    name, and when it turns suspect or disputed.
    """
    effect = EFFECTS[type(fact)]
    if (after.suspect and not before.suspect) or (after.disputed and not before.disputed):
        return True
    if type(fact) is OrderAccepted and after.venue_order_id is None and is_open(after):
        return True
    return (effect.doubts and is_unheard(after)) or (effect.answers and is_open(after))


def contradicts(order: Order, fact: OrderFact | CancelOrder | AmendOrder) -> bool:
    """Whether a fact by itself makes an order suspect, also where it is suspect already: such a fact is kept."""
    return apply(replace(order, suspect=False), fact).suspect


def _weigh_vouched(before: Order, after: Order, fact: OrderFact | CancelOrder | AmendOrder) -> Order:
    """The same where a person's word stands; what a venue repeats may say something against that."""
    after = vouching.weighed(after, fact)
    if after.amend is not None and (grown := amending.outgrown(after)) is not after:
        after = vouching.weighed(grown, fact)
    return before if after == before else after


def _prove(order: Order, *, news: bool) -> Order:
    denied = order.rejected or order.missing
    if order.acked and not order.unknown and not (denied and news):
        return order
    return replace(order, acked=True, unknown=False, rejected=False, missing=False, suspect=order.suspect or denied)


def _deny(order: Order) -> Order:
    if order.acked:
        return order if order.suspect else replace(order, suspect=True)
    return order if order.rejected else replace(order, rejected=True, unknown=False)


def _doubt(order: Order) -> Order:
    return replace(order, unknown=True) if is_unheard(order) and not (order.settled or order.unknown) else order


def _miss(order: Order) -> Order:
    if order.rejected or order.remaining_micros <= 0 or order.missing or (order.settled and order.acked):
        return order
    return replace(order, missing=True, unknown=False, suspect=order.suspect or order.acked)


# ---- one word for an order ------------------------------------------------------------------------------


def _is_explained(order: Order) -> bool:
    """More may be matched than was ordered: by its terms, or by what a person was told of it."""
    return testimony.grows(order) or order.testimony.vouched is not None


STATES: tuple[tuple[OrderState, Callable[[Order], bool]], ...] = (
    (OrderState.REJECTED, lambda o: o.rejected),
    (OrderState.SETTLED, lambda o: o.settled),
    (OrderState.UNKNOWN, lambda o: o.unknown),
    (OrderState.PENDING_NEW, lambda o: not o.acked and not o.missing),
    (OrderState.SUSPECT_OVERFILL, lambda o: o.remaining_micros < 0 and not _is_explained(o)),
    (OrderState.VOIDED, lambda o: o.remaining_micros <= 0 and o.voided_micros > 0 and o.matched_micros == 0),
    (OrderState.FILLED, lambda o: o.matched_micros == o.size_micros or o.remaining_micros < 0),
    (OrderState.CLOSED_PARTIAL, lambda o: o.remaining_micros == 0 and o.matched_micros > 0),
    (OrderState.LAPSED, lambda o: o.remaining_micros == 0 and o.lapsed_micros > 0 and o.cancelled_micros == 0),
    (OrderState.CANCELLED, lambda o: o.remaining_micros == 0),
    (OrderState.PENDING_CANCEL, lambda o: o.cancel_pending),
    (OrderState.PARTIALLY_FILLED, lambda o: o.matched_micros > 0),
    (OrderState.OPEN, lambda _: True),
)
"""The first condition that holds names the state."""


def state_of(order: Order) -> OrderState:
    """One word for people, and for the question which commands still make sense; the quantities are the truth."""
    return next(state for state, holds in STATES if holds(order))


def is_open(order: Order) -> bool:
    """It may still be matched, as far as we can prove."""
    return order.exposed_micros > 0


def is_unheard(order: Order) -> bool:
    """No word of the venue says whether it ever had the order; the statement of its market is no such word."""
    return not (order.acked or order.rejected or order.missing)
