"""The heartbeat API: the venue takes our bets out of the book when we fall silent.

Source: Betfair developer docs, "Heartbeat API".
"""

from functools import partial
from typing import Any

import msgspec

from venues.betfair.fake.books import Books
from venues.betfair.fake.editing import cancel_all
from venues.betfair.fake.forms import SECOND
from venues.betfair.fake.rpc import ApiFault, parse
from venues.sim.agenda import Agenda
from venues.sim.notices import Cause

TIMEOUT_SECONDS = (10, 300)


class Heartbeat(msgspec.Struct, frozen=True, rename="camel"):
    preferred_timeout_seconds: int


class DeadMan:
    """One registration: every heartbeat renews it, zero seconds end it, silence cancels everything."""

    def __init__(self, books: Books, agenda: Agenda) -> None:
        self._books = books
        self._agenda = agenda
        self._beats = 0
        self._performed = "NONE"

    def heartbeat(self, raw: bytes, now_ns: int) -> dict[str, Any]:
        """Renew; the answer names what was done since the last heartbeat, and the timeout that counts."""
        preferred = parse(raw, Heartbeat).preferred_timeout_seconds
        if preferred < 0:
            raise ApiFault("INVALID_INPUT_DATA", "preferredTimeoutSeconds")
        lowest, highest = TIMEOUT_SECONDS
        timeout = min(max(preferred, lowest), highest) if preferred else 0
        self._beats += 1
        if timeout:
            self._agenda.at(now_ns + timeout * SECOND, partial(self._silent, self._beats))
        performed, self._performed = self._performed, "NONE"
        return {"actionPerformed": performed, "actualTimeoutSeconds": timeout}

    def _silent(self, beat: int, now_ns: int) -> None:
        """Nobody has spoken since that heartbeat, unless there was a later one."""
        if beat == self._beats:
            cancel_all(self._books, now_ns, Cause.DEAD_MAN)
            self._books.exchange.publish(now_ns)
            self._performed = "ALL_BETS_CANCELLED"
