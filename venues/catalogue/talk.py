"""How listings are asked for: a conversation that knows no socket, held by whoever can carry a question to the venue.

    events = hold(venue_talk(window), ask)       # ask: Callable[[Asking], bytes]

Cold: it may take seconds, and belongs on no loop that trades.
"""

from collections.abc import Callable, Generator
from datetime import UTC, datetime

import msgspec

from venues.catalogue.listed import ListedEvent
from venues.errors import PeerBroke

PAGES_MAX = 500


class Asking(msgspec.Struct, frozen=True):
    """One question: a path with its query to GET, or what a venue of calls by name is asked, with its parameters."""

    target: str
    params: bytes = b""


class Window(msgspec.Struct, frozen=True):
    """Events that start from one moment to another, Unix milliseconds, of these sports of ours or of all."""

    from_ms: int
    to_ms: int
    sports: tuple[str, ...] = ()

    def takes(self, event: ListedEvent) -> bool:
        """Whether an event was asked for; one whose start is not told to the minute is if it can be."""
        within_ms = event.starts_within_ms
        starts = self.from_ms - within_ms <= event.starts_ms <= self.to_ms + within_ms
        return starts and (not self.sports or event.sport in self.sports)


ALWAYS = Window(0, 32_503_680_000_000)
"""Whatever there is, to the year 3000."""

Talk = Generator[Asking, bytes, tuple[ListedEvent, ...]]
"""Yields questions, is sent the bytes of the answers, and returns the events. PeerBroke for answers that are none."""


def hold(talk: Talk, ask: Callable[[Asking], bytes]) -> tuple[ListedEvent, ...]:
    """Carry a conversation to its end. Raises what `ask` raises, and PeerBroke."""
    answer: bytes | None = None
    for _ in range(PAGES_MAX):
        try:
            asking = next(talk) if answer is None else talk.send(answer)
        except StopIteration as end:
            events: tuple[ListedEvent, ...] = end.value
            return events
        answer = ask(asking)
    raise PeerBroke(f"listings go on after {PAGES_MAX} pages")


def unix_ms(text: str) -> int | None:
    """An RFC 3339 time in Unix milliseconds, None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
