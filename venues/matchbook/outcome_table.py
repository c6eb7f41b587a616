"""The venue's answers to offers and cancels, and what each means."""

from collections.abc import Iterator
from decimal import Decimal

from venues.errors import Failure
from venues.http import HttpFailed
from venues.matchbook.answers import Trouble
from venues.matchbook.api import Faulted
from venues.matchbook.offer_facts import cancel_fact, cancel_failed, place_failed, placed_facts
from venues.matchbook.offers_codec import Offer
from venues.matchbook.outcomes import REASONS, REFUSING_STATUSES
from venues.outcome_table import ANY, CANCEL, LOST, ORDER, UNWRITTEN, Row, row

PLACE, REMOVE = "POST offers", "DELETE offer"
PAGE = "a page that is not the venue's"
ODDS, STAKE = Decimal(2), Decimal(1)


def outcome_table() -> tuple[Row, ...]:
    """Every row: by the offer in the answer, by the errors of the whole, by the lack of either."""
    return (*_offers(), *_faults())


def _offers() -> Iterator[Row]:
    for status in ("open", "delayed", "matched", "cancelled", "flushed"):
        offer = Offer(status=status, id=1, odds_type="DECIMAL", odds=ODDS, stake=STAKE)
        yield row(PLACE, "200 or 400", f"offer {status}", placed_facts(ORDER, offer)[0])
        yield row(REMOVE, "200", f"offer {status}", cancel_fact(CANCEL, offer))
    for words, _ in REASONS:
        failed = Offer(status="failed", errors=[Trouble(messages=[words])])
        yield row(PLACE, "200 or 400", f'offer failed, "{words}"', placed_facts(ORDER, failed)[0])
    yield row(PLACE, "200 or 400", "no such offer listed", placed_facts(ORDER, None)[0])


def _faults() -> Iterator[Row]:
    answers = [("400", 400, f'errors, "{words}"', words, True) for words, _ in REASONS]
    answers += [(str(status), status, "errors", "said", True) for status in sorted(REFUSING_STATUSES)]
    answers += [("429", 429, ANY, "", False), ("403", 403, PAGE, "", False), ("5xx", 503, PAGE, "", False)]
    answers += [("any other 4xx", 409, "errors", "said", True)]
    answers += [("500", 500, "errors", "Something unexpected happened on the server.", True)]
    for word, status, shown, words, spoke in answers:
        fault = Faulted(status, words, 0, 0, spoke)
        yield row(PLACE, word, shown, place_failed(ORDER, fault))
        yield row(REMOVE, word, shown, cancel_failed(CANCEL, fault))
    for said, failure in ((UNWRITTEN, Failure.NOT_SENT), (LOST, Failure.MAYBE_SENT)):
        failed = HttpFailed(failure, "", 0)
        yield row(PLACE, said, ANY, place_failed(ORDER, failed))
        yield row(REMOVE, said, ANY, cancel_failed(CANCEL, failed))
