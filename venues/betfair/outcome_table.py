"""The venue's answers to placements and cancels, and what each means."""

from collections.abc import Iterator

from venues.betfair.api import Faulted
from venues.betfair.bet_facts import PENDING, cancel_fact, cancel_failed, place_facts, place_failed
from venues.betfair.betting_codec import (
    CancelExecutionReport,
    CancelReport,
    PlaceExecutionReport,
    PlaceReport,
)
from venues.betfair.outcomes import FAULTS_REFUSED, LANDED_CODES, REFUSED_CODES, UNKNOWN_CODES
from venues.errors import Failure
from venues.http import HttpFailed
from venues.outcome_table import ANY, CANCEL, LOST, ORDER, UNWRITTEN, Row, row

PLACE, REMOVE = "placeOrders", "cancelOrders"


def outcome_table() -> tuple[Row, ...]:
    """Every row: by the report on the instruction, by the fault of the whole call, by the lack of either."""
    return (*_reports(), *_pending(), *_faults())


def _reports() -> Iterator[Row]:
    answers = [("SUCCESS", ""), ("TIMEOUT", "")]
    answers += [("FAILURE", code) for code in sorted({*REFUSED_CODES, *UNKNOWN_CODES, *LANDED_CODES})]
    answers += [("FAILURE", ANY)]
    for status, code in answers:
        placed = PlaceExecutionReport(status, instruction_reports=[PlaceReport(status=status, error_code=code)])
        yield row(PLACE, status, code or ANY, place_facts(ORDER, placed)[-1])
        gone = CancelExecutionReport(status, instruction_reports=[CancelReport(status, code)])
        yield row(REMOVE, status, code or ANY, cancel_fact(CANCEL, "1", gone))


def _pending() -> Iterator[Row]:
    one = PlaceReport(status="SUCCESS", order_status=PENDING)
    report = PlaceExecutionReport("SUCCESS", instruction_reports=[one])
    yield row(PLACE, "SUCCESS", f"orderStatus {PENDING}", place_facts(ORDER, report)[-1])


def _faults() -> Iterator[Row]:
    for word in (*sorted(FAULTS_REFUSED), "UNEXPECTED_ERROR", "SERVICE_BUSY", "TIMEOUT_ERROR", ANY):
        fault = Faulted(word, 0)
        yield row(PLACE, "fault", word, place_failed(ORDER, fault))
        yield row(REMOVE, "fault", word, cancel_failed(CANCEL, fault))
    for said, failure in ((UNWRITTEN, Failure.NOT_SENT), (LOST, Failure.MAYBE_SENT)):
        failed = HttpFailed(failure, "", 0)
        yield row(PLACE, said, ANY, place_failed(ORDER, failed))
        yield row(REMOVE, said, ANY, cancel_failed(CANCEL, failed))
