"""The venue's answers to orders and cancels, over REST and over FIX, and what each means."""

from collections.abc import Iterator

from domain.messages import Fact, OrderAccepted, OrderRejected, OrderUnanswered
from domain.orders import Evidence
from venues.errors import Failure
from venues.http import HttpFailed
from venues.kalshi.api import Answered, Faulted
from venues.kalshi.batches import cancelled_each, created_each
from venues.kalshi.fix.verdicts import (
    BUSINESS_CODES,
    CODES,
    LANDED_TEXTS,
    REFUSED_TEXTS,
    UNKNOWN_TEXTS,
    rejected_verdict_of,
)
from venues.kalshi.order_facts import cancel_failed, create_failed
from venues.kalshi.outcomes import LANDED_CODES, REASONS, REFUSING_STATUSES, Verdict
from venues.kalshi.side_codec import CancelledEntries, CancelledEntry, CreatedEntries, CreatedEntry, EntryError
from venues.outcome_table import ANY, CANCEL, LOST, ORDER, UNWRITTEN, Fate, Row, row

PLACE, REMOVE, NEW = "POST orders", "DELETE order", "FIX D"
PLACED_TOGETHER, REMOVED_TOGETHER = "POST orders batched", "DELETE orders batched"
FAILURES = ((UNWRITTEN, Failure.NOT_SENT), (LOST, Failure.MAYBE_SENT))


def outcome_table() -> tuple[Row, ...]:
    """Every row."""
    return (*_rest(), *_batches(), *_fix())


def _rest() -> Iterator[Row]:
    yield Row(PLACE, "2xx with an id", ANY, Fate.ACCEPTED)
    yield Row(REMOVE, "200", ANY, Fate.ACCEPTED)
    answers = [("4xx", 400, code) for code in sorted({*REASONS, *LANDED_CODES})]
    answers += [(str(status), status, ANY) for status in sorted(REFUSING_STATUSES)]
    answers += [("409", 409, ANY), ("any other 4xx", 418, ANY), ("4xx", 400, ""), ("408", 408, ANY)]
    answers += [("5xx", 503, "exchange_unavailable"), ("5xx", 500, ""), ("3xx", 302, "")]
    for word, status, code in answers:
        fault = Faulted(status, code, "", 0)
        shown = code or "none of the venue's"
        yield row(PLACE, word, shown, create_failed(ORDER, fault))
        yield row(REMOVE, word, shown, cancel_failed(CANCEL, fault))
    for word, failure in FAILURES:
        yield row(PLACE, word, ANY, create_failed(ORDER, HttpFailed(failure, "", 0)))
        yield row(REMOVE, word, ANY, cancel_failed(CANCEL, HttpFailed(failure, "", 0)))


def _batches() -> Iterator[Row]:
    """Entries of a batch that was answered; a batch that was not is like each of its entries alone."""
    entries = {
        "a word above": CreatedEntry(error=EntryError("invalid_price")),
        "order_already_exists": CreatedEntry(error=EntryError("order_already_exists")),
        "any other word": CreatedEntry(error=EntryError("internal_error")),
        "no id": CreatedEntry(),
    }
    for shown, entry in entries.items():
        answer = Answered(CreatedEntries([entry]), 0, 0)
        (one,) = created_each([ORDER.ref], answer)
        assert not isinstance(one, Answered), "none of these is an acceptance"
        yield row(PLACED_TOGETHER, "201, entry failed", shown, create_failed(ORDER, one))
    for shown, code in (("a word above", "not_found"), ("any other word", "internal_error")):
        error = EntryError(code)
        (gone,) = cancelled_each([""], Answered(CancelledEntries([CancelledEntry("", error=error)]), 0, 0))
        assert not isinstance(gone, Answered), "none of these is a cancel"
        yield row(REMOVED_TOGETHER, "200, entry failed", shown, cancel_failed(CANCEL, gone))


def _fix() -> Iterator[Row]:
    """Reports that reject by text, then by code; business rejects by theirs."""
    yield Row(NEW, "150=0, F, 4, C", ANY, Fate.ACCEPTED)
    for text in sorted({*REFUSED_TEXTS, *UNKNOWN_TEXTS, *LANDED_TEXTS}):
        yield _rejected(text, 99, f"58={text}")
    for code in sorted(CODES):
        yield _rejected("", code, f"103={code}")
    yield _rejected("", 99, "103=99, unknown text")
    for code, why in sorted(BUSINESS_CODES.items()):
        yield Row(NEW, "35=j", f"380={code}", Fate.REFUSED, why)
    yield Row(NEW, "35=j", "380=0, 4", Fate.MAY_BE_SENT)
    yield Row(NEW, "35=3", ANY, Fate.REFUSED, "other")
    yield Row(NEW, LOST, ANY, Fate.MAY_BE_SENT)


def _rejected(text: str, code: int, shown: str) -> Row:
    verdict, why = rejected_verdict_of(text, code)
    facts: dict[Verdict, Fact] = {
        Verdict.REFUSED: OrderRejected(ORDER.ref, why, "", Evidence.PUSH),
        Verdict.LANDED: OrderAccepted(ORDER.ref, None, Evidence.INFERRED),
        Verdict.UNKNOWN: OrderUnanswered(ORDER.ref, ""),
    }
    return row(NEW, "150=8", shown, facts[verdict])
