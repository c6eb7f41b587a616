"""How far each match has come: traded, confirmed by the venue's own record, settled by its statement, paid.

Nothing is kept for it. The word for a match follows from what was said of its order, from the statement that stands for
its market and from the balances that have shown a payment; so acknowledgements that come late, twice or in another
order lead to the same word. A market's new statement makes its matches settled anew, and paid when a balance shows it.
"""

import enum

import msgspec

from domain.orders import Evidence, Order
from oms.settling import Stake
from oms.testimony import corrected

CONFIRMING = Evidence.PULL
"""From this strength on a word is the venue's own record, and not only its news."""

UNNAMED = ""
"""Stands for what of an order's matched part no match of its own explains."""


class ClearingState(enum.StrEnum):
    """One word for a match, in the order in which they follow each other; VOIDED ends it instead."""

    TRADED = "traded"
    """The venue said so, in an answer or on a stream."""
    CONFIRMED = "confirmed"
    """A list of the venue's, its drop copy or a statement has it too."""
    SETTLED = "settled"
    """A statement of its market stands in the books."""
    PAID = "paid"
    """The venue's balance was seen to agree with the books since."""
    VOIDED = "voided"
    """All that was matched of the order was annulled."""


class Cleared(msgspec.Struct, frozen=True):
    """One match of an order, or what no match explains; all of an order's add up to its matched part."""

    fill: str
    size_micros: int
    claims_micros: int
    cost_micros: int
    fee_micros: int
    venue_ms: int
    evidence: Evidence
    state: ClearingState


def cleared(order: Order, stake: Stake | None) -> tuple[Cleared, ...]:
    """An order's matches, in order of the venue's time; `stake` is what the ledger has of its market."""
    said = corrected(order.testimony)
    vouched_ms = said.reported_ms if said.reported_by >= CONFIRMING and not order.disputed else -1
    size, claims, cost, fee = order.matched_micros, order.claims_micros, order.cost_micros, order.fee_micros
    rows = []
    for fill in said.fills:
        vouched = vouched_ms >= fill.venue_ms > 0
        evidence = max(fill.evidence, said.reported_by) if vouched else fill.evidence
        state = _state(order, stake, evidence)
        figures = fill.size_micros, fill.claims_micros, fill.cost_micros, fill.fee_micros
        rows.append(Cleared(fill.id, *figures, fill.venue_ms, evidence, state))
        size, claims, cost, fee = size - figures[0], claims - figures[1], cost - figures[2], fee - figures[3]
    if size or claims or cost or fee or (order.voided_micros and not rows):
        evidence = said.reported_by if said.vouched is None else Evidence.OPERATOR
        state = _state(order, stake, evidence)
        rows.append(Cleared(UNNAMED, size, claims, cost, fee, said.reported_ms, evidence, state))
    return tuple(rows)


def _state(order: Order, stake: Stake | None, evidence: Evidence) -> ClearingState:
    if not order.matched_micros:
        return ClearingState.VOIDED
    if stake is not None and stake.standing is not None:
        return ClearingState.PAID if stake.paid else ClearingState.SETTLED
    return ClearingState.CONFIRMED if confirms(evidence) else ClearingState.TRADED


def confirms(evidence: Evidence) -> bool:
    """Whether a word is the venue's own record, and not only its news or what a person was told of it."""
    return CONFIRMING <= evidence < Evidence.OPERATOR
