"""What a conversation with the venue is made of: calls, pauses, pages of lists, and how fresh a list is."""

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

import msgspec

from venues.errors import PeerBroke
from venues.kalshi import rest_codec as codec
from venues.kalshi import rest_targets as targets
from venues.kalshi.amounts import unix_us
from venues.kalshi.api import Answered, Faulted
from venues.kalshi.orders import Orders
from venues.kalshi.rules import TICKERS_PER_REQUEST
from venues.kalshi.settings import Settings

T = TypeVar("T")

PAGES_MAX = 100


class Ask(msgspec.Struct, frozen=True):
    """One call that a conversation wants made; with `may_be_missing` a 404 is handed in, not the end of it."""

    target: str
    decoder: codec.Answerer[Any]
    may_be_missing: bool = False


class Pause(msgspec.Struct, frozen=True):
    """The conversation goes on after this long."""

    wait_ns: int


class Unusable(Exception):
    """The answers do not fit together, so nothing may be concluded from them."""


Steps = Generator[Ask | Pause, Answered[Any] | Faulted | None, T]
"""A conversation: it yields what it wants, is sent the answer (None after a pause), and returns what it ended in."""


class Account(msgspec.Struct, frozen=True):
    """Whose orders are asked about, and by which clock. The subaccount is always named: what an answer covers
    without it differs from one list to the other.
    """

    settings: Settings
    orders: Orders
    wall_ns: Callable[[], int]


def one(ask: Ask) -> Steps[Any]:
    """The result of a call that must succeed."""
    answered = yield ask
    assert isinstance(answered, Answered), "a fault ends the conversation"
    return answered.result


def pages(
    target: Callable[[str], str],
    decoder: codec.Answerer[Any],
    rows: Callable[[Any], list[T] | None],
    *,
    is_enough: Callable[[list[T]], bool] = lambda _: False,
) -> Steps[list[T]]:
    """All rows of a list; `target` is given each page's cursor. Unusable if the list goes round or never ends."""
    found: list[T] = []
    cursor = ""
    seen = {cursor}
    while True:
        page = yield from one(Ask(target(cursor), decoder))
        found += rows(page) or ()
        cursor = page.cursor or ""
        if not cursor or is_enough(found):
            return found
        if cursor in seen or len(seen) >= PAGES_MAX:
            raise Unusable(f"pages repeat, or are more than {PAGES_MAX}: {target(cursor)}")
        seen.add(cursor)


def batches(tickers: Sequence[str]) -> list[Sequence[str]]:
    """As many tickers at a time as one request names."""
    return [tickers[first : first + TICKERS_PER_REQUEST] for first in range(0, len(tickers), TICKERS_PER_REQUEST)]


def freshness(account: Account) -> Steps[tuple[int, int]]:
    """When we asked how old lists are, and the moment for which a list read from now on is true at least.

    Monotonic both. The second is told by the venue's clock, and never taken to be later than the question.
    Source: Kalshi docs, "Get User Data Timestamp".
    """
    answered = yield Ask(targets.AS_OF_TARGET, codec.as_of_answer)
    assert isinstance(answered, Answered), "a fault ends the conversation"
    as_of_us = unix_us(answered.result.as_of_time)
    if not as_of_us:
        raise PeerBroke(f"user data as of {answered.result.as_of_time!r}")
    age_ns = max(0, account.wall_ns() - as_of_us * 1_000)
    return answered.sent_ns, min(answered.sent_ns, answered.received_ns - age_ns)
