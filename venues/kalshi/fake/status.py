"""What the exchange says of itself: whether it trades, when it does, how old its lists are.

Source: Kalshi OpenAPI 3.28, exchange.
"""

from datetime import datetime, timedelta, timezone

from venues.kalshi.fake.books import Books
from venues.kalshi.fake.forms import rfc3339
from venues.kalshi.fake.questions import Body

SECOND_NS = 1_000_000_000
EASTERN = timezone(timedelta(hours=-5))
THURSDAY, WEEK, MAINTAINED = 3, timedelta(weeks=1), timedelta(hours=2)


def status(books: Books) -> Body:
    """Whether orders and cancels are taken, on the whole and on the one shard."""
    figures = {"exchange_active": books.exchange_active, "trading_active": books.trading_active}
    shard = {"exchange_index": books.options.shard, "description": "Event contracts"}
    moves = {"intra_exchange_transfers_active": books.exchange_active}
    return figures | moves | {"exchange_index_statuses": [shard | figures | moves]}


def schedule(books: Books, now_ns: int) -> Body:
    """Open around the clock, but for the weekly maintenance, of which the next two are announced.

    Source: Kalshi docs, "Maintenance and pauses": Thursdays from 3 to 5 of the eastern night.
    """
    now = datetime.fromtimestamp(books.unix_ns(now_ns) // SECOND_NS, EASTERN)
    thursday = (now + timedelta(days=(THURSDAY - now.weekday()) % 7)).replace(hour=3, minute=0, second=0)
    if thursday + MAINTAINED <= now:
        thursday += WEEK
    windows = [
        {"start_datetime": begins.isoformat(), "end_datetime": (begins + MAINTAINED).isoformat()}
        for begins in (thursday, thursday + WEEK)
    ]
    day = [{"open_time": "00:00", "close_time": "24:00"}]
    days = "monday tuesday wednesday thursday friday saturday sunday".split()
    hours = {"start_time": "2024-01-01T00:00:00Z", "end_time": "2034-01-01T00:00:00Z"}
    return {"schedule": {"standard_hours": [hours | dict.fromkeys(days, day)], "maintenance_windows": windows}}


def user_data_timestamp(books: Books, now_ns: int) -> Body:
    """The moment of which the portfolio's reads tell."""
    return {"as_of_time": rfc3339(books.unix_ns(books.records.as_of_ns(now_ns)))}
