"""Money that the customer paid in or had paid out, as it was a while ago.

Source: Kalshi OpenAPI 3.28, "Get Deposits", "Get Withdrawals".
"""

from venues.kalshi.fake.books import Books
from venues.kalshi.fake.forms import SECOND, cents
from venues.kalshi.fake.questions import Body, Question, page

PER_PAGE_MAX = 500


def moved(books: Books, name: str, question: Question) -> Body:
    """One page of `deposits` or of `withdrawals`, the latest first."""
    then_ns = books.records.as_of_ns(question.now_ns)
    came = name == "deposits"
    rows = (
        (number, _row(books, number, abs(micros), at_ns))
        for number, (at_ns, micros) in reversed(
            [*enumerate(books.exchange.floor.accounts[books.options.account].moved, 1)]
        )
        if at_ns <= then_ns and (micros > 0) is came
    )
    shown, cursor = page(question, rows, most=PER_PAGE_MAX)
    return {name: shown, "cursor": cursor}


def _row(books: Books, number: int, micros: int, at_ns: int) -> Body:
    at_s = books.unix_ns(at_ns) // SECOND
    return {
        "id": f"moved-{number}",
        "status": "applied",
        "type": "wire",
        "amount_cents": cents(micros),
        "fee_cents": 0,
        "created_ts": at_s,
        "finalized_ts": at_s,
    }
