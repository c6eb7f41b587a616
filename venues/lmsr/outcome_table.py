"""The venue's answers to orders and cancels, and what each means."""

from collections.abc import Iterator

from domain.messages import CancelRefused, CancelUnanswered, Fact, OrderRejected, OrderUnanswered
from domain.orders import Evidence
from venues.lmsr.outcomes import REASONS, reason
from venues.outcome_table import ANY, CANCEL, LOST, ORDER, Fate, Row, row


def outcome_table() -> tuple[Row, ...]:
    """Every row."""
    return tuple(_rows())


def _rows() -> Iterator[Row]:
    for endpoint in ("place", "cancel"):
        yield Row(endpoint, "order", ANY, Fate.ACCEPTED)
        for word in (*REASONS, "unsure", ANY):
            yield row(endpoint, "refused", word, _fact(endpoint, word))
        yield Row(endpoint, LOST, ANY, Fate.MAY_BE_SENT)


def _fact(endpoint: str, word: str) -> Fact:
    why = reason(word)
    if endpoint == "place":
        return OrderUnanswered(ORDER.ref, word) if why is None else OrderRejected(ORDER.ref, why, word, Evidence.PULL)
    if why is None:
        return CancelUnanswered(CANCEL.ref, CANCEL.request, word)
    return CancelRefused(CANCEL.ref, CANCEL.request, why, word)
