"""Every state before every fact: `python -m tests.oms.matrix > docs/orders.md` writes the result as a document."""

import sys

from domain.money import MICROS
from domain.orders import Order, OrderState
from oms.order_states import apply, settle, state_of
from tests.builders import bet, facts

STATES = {
    OrderState.PENDING_NEW: ("", "placed"),
    OrderState.REJECTED: ("reject", "rejected"),
    OrderState.UNKNOWN: ("timeout", "placement unanswered"),
    OrderState.OPEN: ("accept", "accepted"),
    OrderState.PARTIALLY_FILLED: ("fill f0 4", "filled 4"),
    OrderState.PENDING_CANCEL: ("fill f0 4; cancel c1", "filled 4, cancel sent"),
    OrderState.FILLED: ("fill f0 10", "filled 10"),
    OrderState.CLOSED_PARTIAL: ("fill f0 4; cancelled c0 6", "filled 4, cancel accepted, 6"),
    OrderState.CANCELLED: ("cancelled c0 10", "cancel accepted, 10"),
    OrderState.LAPSED: ("lapsed l0 10", "lapsed 10"),
    OrderState.VOIDED: ("fill f0 10; voided v0 matched 10", "filled 10, voided 10"),
    OrderState.SUSPECT_OVERFILL: ("fill f0 11", "filled 11"),
    OrderState.SETTLED: ("timeout", "placement unanswered, market settled"),
}
"""For each state a way that leads there, and how people say it."""

SAYINGS = {
    "accept v1": "accepted",
    "reject": "rejected",
    "timeout": "placement unanswered",
    "fill f1 3": "filled 3",
    "report 5": "reported, 5 matched",
    "report 5 closed": "reported, 5 matched, closed",
    "absent 9": "absent from an answer",
    "missing": "missing",
    "cancel c2": "cancel sent",
    "cancelled c1 6": "cancel accepted, 6",
    "refused c1": "cancel refused",
    "unanswered c1": "cancel unanswered",
    "amend a1 12 @ 2.10": "amend sent, to 12",
    "amended a1 12 @ 2.10": "amend accepted, to 12",
    "amend_refused a1": "amend refused",
    "amend_unanswered a1": "amend unanswered",
    "lapsed l1 6": "lapsed 6",
    "voided v1 matched 3": "voided 3 of the matched",
    "voided v1 open 6": "voided 6 of the open",
    "vouched gone": "a person was told that it is gone",
    "vouched 4 cancelled 6": "a person was told that 4 were matched and 6 cancelled",
    "vouched 4 remaining 6": "a person was told that 4 were matched and 6 rest",
    "vouched kept": "a person was told that what was matched too much is kept",
    "vouched voided": "a person was told that what was matched too much is voided",
}
"""One fact of each kind, and how people say it."""

WHOLE = 10 * MICROS
"""The size of every order here when it is placed."""

HEAD = """# Orders: every state before every fact

Written by `python -m tests.oms.matrix > docs/orders.md` from the code itself; the reasons stand at the head of
`oms/order_states.py` and `oms/testimony.py`. Sizes are matched/cancelled/lapsed/voided of an order of 10. `=` means
that nothing changes, `?` that the order became suspect: the venue is asked. `of 12` is another whole size, `of 10 or
12` one that is asked for: the dearer of both terms is counted until it is answered.
"""


def after(text: str, order: Order | None = None) -> Order:
    order = order or bet("BACK 10 @ 2.00")
    for fact in facts(text):
        order = apply(order, fact)
    return order


def standing(state: OrderState) -> Order:
    story, _ = STATES[state]
    order = after(story) if story else bet("BACK 10 @ 2.00")
    return settle(order) if state is OrderState.SETTLED else order


def sizes(order: Order) -> str:
    """Matched, cancelled, lapsed and voided size in whole units."""
    found = (order.matched_micros, order.cancelled_micros, order.lapsed_micros, order.voided_micros)
    return "/".join(str(size // 1_000_000) for size in found)


def outcome(before: Order, said: str) -> str:
    """What one fact makes of an order."""
    (fact,) = facts(said)
    now = apply(before, fact)
    word = f"{state_of(now)} {sizes(now)}{_terms(now)}{' ?' * now.suspect}"
    return "=" if word == f"{state_of(before)} {sizes(before)}" else word


def _terms(order: Order) -> str:
    """Another whole size than at first, or one that is asked for."""
    if order.amend is not None:
        return f" of {WHOLE // MICROS} or {order.amend.size_micros // MICROS}"
    return f" of {order.size_micros // MICROS}" if order.size_micros != WHOLE else ""


def document() -> str:
    """Where the states come from, then one table for each fact."""
    lines = [HEAD, "| state | how an order comes there | sizes |", "| --- | --- | --- |"]
    lines += [f"| {state} | {words} | {sizes(standing(state))} |" for state, (_, words) in STATES.items()]
    for said, words in SAYINGS.items():
        lines += ["", f"## {words.capitalize()}", "", "| before | after |", "| --- | --- |"]
        lines += [f"| {state} | {outcome(standing(state), said)} |" for state in STATES]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
