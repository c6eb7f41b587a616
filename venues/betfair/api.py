"""JSON-RPC calls under the session: each one ends as an answer, a fault, or a failure that says who may have heard."""

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from venues.betfair.outcomes import SESSION_FAULTS
from venues.betfair.rpc import Answerer, Fault, decode_answer, encode_call
from venues.betfair.session import Session
from venues.betfair.settings import Settings
from venues.errors import Failure, PeerBroke
from venues.http import Http, HttpFailed, HttpReply, HttpRequest, Lane
from venues.secret import Secret

T = TypeVar("T")

BETTING_PATH = "/exchange/betting/json-rpc/v1"
ACCOUNT_PATH = "/exchange/account/json-rpc/v1"
PATHS = {
    "SportsAPING": BETTING_PATH,
    "AccountAPING": ACCOUNT_PATH,
    "HeartbeatAPING": "/exchange/heartbeat/json-rpc/v1",
}


class Answered(msgspec.Struct, Generic[T], frozen=True):
    """The call's result, when its request was written and when its answer came."""

    result: T
    sent_ns: int
    received_ns: int


class Faulted(msgspec.Struct, frozen=True):
    """The venue answered that it did not do it, or does not know: `word` is the fault's name."""

    word: str
    received_ns: int


OnAnswer = Callable[[Answered[T] | Faulted | HttpFailed], None]


class Api:
    """Writes calls with the session's token, and reads answers; tells the session when its token is not known."""

    def __init__(self, settings: Settings, http: Http, session: Session) -> None:
        self._settings = settings
        self._http = http
        self._session = session
        self._calls = 0

    def call(
        self,
        method: str,
        params: bytes,
        decoder: Answerer[T],
        on_answer: OnAnswer[T],
        now_ns: int,
        *,
        answer_ms: int,
        lane: Lane = Lane.URGENT,
    ) -> None:
        """Make one call. In the ordinary lane it is written before this returns, or not at all."""
        token = self._session.token
        if token is None:
            on_answer(HttpFailed(Failure.NOT_SENT, "not logged in", now_ns))
            return
        self._calls += 1
        request = HttpRequest(
            "POST",
            PATHS[method.partition("/")[0]],
            self._headers(token),
            encode_call(method, params, self._calls),
            now_ns + answer_ms * 1_000_000,
            now_ns if lane is Lane.ORDINARY else 0,
            lane,
        )
        self._http.request(request, lambda reply: self._hear(reply, decoder, on_answer, token), now_ns)

    def _hear(self, reply: HttpReply | HttpFailed, decoder: Answerer[T], on_answer: OnAnswer[T], token: Secret) -> None:
        if isinstance(reply, HttpFailed):
            on_answer(reply)
            return
        try:
            answer = decode_answer(reply.body, decoder)
        except PeerBroke as error:
            on_answer(HttpFailed(Failure.MAYBE_SENT, f"status {reply.status}, {error}", reply.received_ns))
            return
        if not isinstance(answer, Fault):
            try:
                on_answer(Answered(answer, reply.sent_ns, reply.received_ns))
            except PeerBroke as error:  # figures that mean nothing, though the form was right
                on_answer(HttpFailed(Failure.MAYBE_SENT, f"status {reply.status}, {error}", reply.received_ns))
            return
        if answer.word in SESSION_FAULTS:
            self._session.forget(token, reply.received_ns)
        on_answer(Faulted(answer.word, reply.received_ns))

    def _headers(self, token: Secret) -> tuple[tuple[str, str], ...]:
        return (
            ("X-Application", self._settings.app_key.reveal()),
            ("X-Authentication", token.reveal()),
            ("Content-Type", "application/json"),
            ("Accept", "application/json"),
        )
