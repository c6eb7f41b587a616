"""The dead-man switch: the venue takes all offers of the account out when its owner falls silent.

Source: Matchbook API docs, heartbeat; recorded answers.
"""

from functools import partial

import msgspec

from venues.matchbook.fake.books import Books
from venues.matchbook.fake.calls import Call
from venues.matchbook.fake.cancelling import cancel_all
from venues.matchbook.fake.forms import SECOND, iso
from venues.matchbook.fake.replies import Body, Refused
from venues.sim.agenda import Agenda
from venues.sim.notices import Cause

ACTIVATED, TERMINATED, CANCELLED = "HEARTBEAT_ACTIVATED", "HEARTBEAT_TERMINATED", "OFFERS_CANCELLED"


class Beat(msgspec.Struct, frozen=True):
    timeout: int


class DeadMan:
    """The account's one switch: each beat renews it; silence cancels everything, which the next call is told."""

    def __init__(self, books: Books, agenda: Agenda) -> None:
        self._books = books
        self._agenda = agenda
        self._beats = 0
        self._due_ns = 0
        self._expired = False

    def beat(self, call: Call) -> Body:
        """Start or renew; the venue may keep to another timeout than the one that is asked for."""
        asked = call.parse(Beat).timeout
        if asked <= 0:
            raise Refused(400, f"{asked} is not a valid timeout.", field="timeout")
        lowest, highest = self._books.options.heartbeat_seconds
        timeout = min(max(asked, lowest), highest)
        performed = CANCELLED if self._expired else ACTIVATED
        self._expired = False
        self._beats += 1
        self._due_ns = call.now_ns + timeout * SECOND
        self._agenda.at(self._due_ns, partial(self._silent, self._beats))
        return {"action-performed": performed, "actual-timeout": timeout, "timeout-time": self._due()}

    def look(self, call: Call) -> Body:
        """The switch as it stands."""
        if not self._due_ns:
            raise Refused(404, "There is no active heartbeat.")
        return {"action-performed": CANCELLED if self._expired else ACTIVATED, "timeout-time": self._due()}

    def end(self, call: Call) -> Body:
        """Switch it off."""
        if not self._due_ns:
            raise Refused(404, "There is no active heartbeat.")
        self._beats, self._due_ns, self._expired = self._beats + 1, 0, False
        return {"action-performed": TERMINATED}

    def _due(self) -> str:
        return iso(self._books.wall_ms(self._due_ns))

    def _silent(self, beat: int, now_ns: int) -> None:
        """Nobody has spoken since that beat, unless there was a later one."""
        if beat == self._beats:
            self._expired = True
            cancel_all(self._books, now_ns, Cause.DEAD_MAN)
