"""Requests under the session: each ends as an answer, a fault in the venue's words, or a failure and who heard it."""

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from venues.errors import Failure, PeerBroke
from venues.http import Http, HttpFailed, HttpReply, HttpRequest, Lane
from venues.matchbook.answers import USER_AGENT, Answerer, age_s, error_answer, errors_text, retry_after_ns
from venues.matchbook.budgets import Budgets, Group
from venues.matchbook.session import Session
from venues.secret import Secret

T = TypeVar("T")

MS = 1_000_000
AUTH_WORDS = ("authentication required", "cannot login")
"""What an error says, under whatever status, when the session is not known. Source: Matchbook's Java SDK."""


class Question(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One request. `group` is whose budget it spends, `answer_ms` how long its answer is waited for.

    `repeats`: it may be sent a second time, under a new session, once the venue said that it did not know the first.
    """

    method: str
    path: str
    group: Group
    read: Answerer[T]
    answer_ms: int
    body: bytes = b""
    lane: Lane = Lane.URGENT
    repeats: bool = True


class Answered(msgspec.Struct, Generic[T], frozen=True):
    """What the venue answered, when the request was written and when the answer came.

    `age_s`: for how long it had lain in a cache before.
    """

    result: T
    sent_ns: int
    received_ns: int
    late: bool = False
    age_s: int = 0


class Faulted(msgspec.Struct, frozen=True):
    """The venue answered with a status that is no success. `words` are its errors; `spoke` is false for a body that
    is not its own language: a page of whatever stands in front of it.
    """

    status: int
    words: str
    sent_ns: int
    received_ns: int
    spoke: bool = True


OnAnswer = Callable[[Answered[T] | Faulted | HttpFailed], None]


class _Parked:
    """A request that the session's end has stopped; it goes once more under the next token."""

    __slots__ = ("send", "fail", "until_ns")

    def __init__(self, send: Callable[[int], None], fail: Callable[[int], None], until_ns: int) -> None:
        self.send = send
        self.fail = fail
        self.until_ns = until_ns


class Api:
    """Writes requests over one pool of connections with the session's token; tells the session when it is unknown."""

    def __init__(self, http: Http, session: Session, budgets: Budgets) -> None:
        self._http = http
        self._session = session
        self.budgets = budgets
        self._parked: list[_Parked] = []

    @property
    def is_ready(self) -> bool:
        """There is a session to ask under."""
        return self._session.token is not None

    def ask(self, question: Question[T], on_answer: OnAnswer[T], now_ns: int, *, always: bool = False) -> None:
        """Send a request in its group's turn; while the group rests only what must go `always`."""
        budget = self.budgets[question.group]

        def go(at_ns: int) -> None:
            if budget.rests(at_ns) and not always:
                why = f"{question.group} requests rest: the venue had too many"
                on_answer(HttpFailed(Failure.NOT_SENT, why, at_ns))
            else:
                self.write(question, on_answer, at_ns)

        if budget.rests(now_ns) and not always:
            go(now_ns)
        elif not budget.go(go, now_ns):
            on_answer(HttpFailed(Failure.NOT_SENT, f"too many {question.group} requests wait", now_ns))

    def write(self, question: Question[T], on_answer: OnAnswer[T], now_ns: int, *, again: bool = False) -> None:
        """Send a request whose budget is spent already. In the ordinary lane it is written now, or not at all."""
        token = self._session.token
        if token is None:
            on_answer(HttpFailed(Failure.NOT_SENT, "not logged in", now_ns))
            return
        self.budgets.gets += question.method == "GET"
        request = HttpRequest(
            question.method,
            question.path,
            _headers(token, question.body),
            question.body,
            now_ns + question.answer_ms * MS,
            now_ns if question.lane is Lane.ORDINARY else 0,
            question.lane,
        )

        def hear(reply: HttpReply | HttpFailed) -> None:
            if isinstance(reply, HttpFailed):
                on_answer(reply)
                return
            said = _understood(reply, question.read)
            if isinstance(said, Faulted):
                if is_session_fault(said):
                    self._session.forget(token, reply.received_ns)
                    if question.repeats and not again and not reply.late:
                        self._repeat(question, on_answer, reply.received_ns)
                        return
                elif said.status == 429:
                    self.budgets.refused(question.group, reply.received_ns, retry_after_ns=retry_after_ns(reply))
            on_answer(said)

        self._http.request(request, hear, now_ns)

    def renewed(self, now_ns: int) -> None:
        """There is a new token: send what waited for one."""
        parked, self._parked = self._parked, []
        for one in parked:
            one.send(now_ns)

    def next_deadline(self) -> int | None:
        """When the first that waits for a token is given up."""
        return min((one.until_ns for one in self._parked), default=None)

    def on_time(self, now_ns: int) -> None:
        """Give up what has waited too long for a token."""
        given_up = [one for one in self._parked if one.until_ns <= now_ns]
        self._parked = [one for one in self._parked if one.until_ns > now_ns]
        for one in given_up:
            one.fail(now_ns)

    # --- leaves ---

    def _repeat(self, question: Question[T], on_answer: OnAnswer[T], now_ns: int) -> None:
        """Once more, now if another request has already brought a new token."""
        if self._session.token is not None:
            self.write(question, on_answer, now_ns, again=True)
            return
        self._parked.append(
            _Parked(
                lambda at_ns: self.write(question, on_answer, at_ns, again=True),
                lambda at_ns: on_answer(HttpFailed(Failure.NOT_SENT, "no new session in time", at_ns)),
                now_ns + question.answer_ms * MS,
            )
        )


def is_session_fault(fault: Faulted) -> bool:
    """Whether a new login may cure this: status 401, or the same said under another status."""
    words = fault.words.lower()
    return fault.status == 401 or any(one in words for one in AUTH_WORDS)


def _understood(reply: HttpReply, read: Answerer[T]) -> Answered[T] | Faulted | HttpFailed:
    """An answer under 200, or under 400 if it lists offers: then the request failed in part only."""
    sent_ns, received_ns = reply.sent_ns, reply.received_ns
    try:
        if reply.status == 200:
            return Answered(read(reply), sent_ns, received_ns, reply.late, age_s(reply))
        said = error_answer(reply)
        if reply.status == 400 and said.has_offers:
            return Answered(read(reply), sent_ns, received_ns, reply.late)
    except PeerBroke as error:
        if reply.status == 200:
            return HttpFailed(Failure.MAYBE_SENT, str(error), received_ns)
        return Faulted(reply.status, "", sent_ns, received_ns, spoke=False)
    spoke = said.errors is not None
    return Faulted(reply.status, errors_text(said.errors or []), sent_ns, received_ns, spoke)


def _headers(token: Secret, body: bytes) -> tuple[tuple[str, str], ...]:
    headers = (
        ("session-token", token.reveal()),
        ("Accept", "application/json"),
        ("Accept-Encoding", "gzip"),
        ("User-Agent", USER_AGENT),
    )
    return (*headers, ("Content-Type", "application/json")) if body else headers
