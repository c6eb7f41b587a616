"""Several orders or cancels in one request: what the answer says of each.

A batch is not atomic. Its entries come in its order and mostly with their names; an entry has no status of its own, so
one that failed counts as refused only by a word that we know to be a refusal. A batch that was refused whole did
nothing, one whose answer is lost may have done any part.
Source: Kalshi OpenAPI, BatchCreateOrdersV2, BatchCancelOrdersV2.
"""

from collections.abc import Sequence

from domain.ids import OrderRef
from venues.errors import Failure
from venues.http import HttpFailed
from venues.kalshi.api import Answered, Faulted
from venues.kalshi.outcomes import LANDED_CODES, REASONS
from venues.kalshi.rest_codec import Cancelled, Created
from venues.kalshi.side_codec import CancelledEntries, CreatedEntries, CreatedEntry, EntryError

BAD_REQUEST = 400
REFUSED_CODES = REASONS.keys() | LANDED_CODES | {"invalid_order", "invalid_parameters", "bad_request"}
"""Words of entries that were judged before they reached a book, or that say that an order landed before."""

OneCreated = Answered[Created] | Faulted | HttpFailed
OneCancelled = Answered[Cancelled] | Faulted | HttpFailed


def created_each(refs: Sequence[OrderRef], answer: Answered[CreatedEntries] | Faulted | HttpFailed) -> list[OneCreated]:
    """The answer as if each order had been sent alone."""
    if not isinstance(answer, Answered):
        return [answer] * len(refs)
    entries = answer.result.orders
    named = {entry.client_order_id: entry for entry in entries if entry.client_order_id}
    in_order = len(entries) == len(refs)
    found: list[OneCreated] = []
    for place, ref in enumerate(refs):
        entry = named.get(ref)
        if entry is None and in_order and not entries[place].client_order_id:
            entry = entries[place]
        found.append(_created(entry, answer))
    return found


def cancelled_each(
    order_ids: Sequence[str], answer: Answered[CancelledEntries] | Faulted | HttpFailed
) -> list[OneCancelled]:
    """The answer as if each cancel had been sent alone."""
    if not isinstance(answer, Answered):
        return [answer] * len(order_ids)
    named = {entry.order_id: entry for entry in answer.result.orders}
    found: list[OneCancelled] = []
    for order_id in order_ids:
        entry = named.get(order_id)
        if entry is None:
            found.append(_doubt("the batch does not speak of it", answer.received_ns))
        elif entry.error is not None:
            found.append(_failed(entry.error, answer.received_ns))
        else:
            cancelled = Cancelled(entry.order_id, entry.reduced_by)
            found.append(Answered(cancelled, answer.sent_ns, answer.received_ns))
    return found


def _created(entry: CreatedEntry | None, answer: Answered[CreatedEntries]) -> OneCreated:
    if entry is None:
        return _doubt("the batch does not speak of it", answer.received_ns)
    if entry.error is not None:
        return _failed(entry.error, answer.received_ns)
    if not entry.order_id:
        return _doubt("an entry without an order id", answer.received_ns)
    created = Created(
        entry.order_id, entry.fill_count, entry.remaining_count, entry.client_order_id, entry.average_fill_price
    )
    return Answered(created, answer.sent_ns, answer.received_ns)


def _failed(error: EntryError, now_ns: int) -> Faulted | HttpFailed:
    code = "_".join(error.code.lower().split())
    if code not in REFUSED_CODES:
        return _doubt(f"entry failed: {error.code} {error.message}".strip(), now_ns)
    return Faulted(BAD_REQUEST, code, str(error.details or error.message or error.code), now_ns)


def _doubt(reason: str, now_ns: int) -> HttpFailed:
    return HttpFailed(Failure.MAYBE_SENT, reason, now_ns)
