"""REST calls, signed and within the budgets: each one ends as an answer, a fault, or a failure that says who heard."""

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from venues.errors import Failure, PeerBroke
from venues.http import Http, HttpFailed, HttpReply, HttpRequest, Lane
from venues.kalshi.budgets import Budgets
from venues.kalshi.connection import Access
from venues.kalshi.rest_codec import (
    Amended,
    Answerer,
    Cancelled,
    Created,
    Decreased,
    amended_answer,
    cancelled_answer,
    created_answer,
    decode_answer,
    decreased_answer,
    error_said,
)
from venues.kalshi.rest_targets import CREATE
from venues.kalshi.signed_ahead import SignedAhead
from venues.kalshi.signing import Headers

T = TypeVar("T")

NOTHING = b"{}"
"""What an answer without a body is read as."""
SIGNED_FOR_NS = 4_000_000_000
"""A request that was not written this soon after it was signed is not written: signatures expire.

Ten seconds are taken, thirty refused. Source: recorded and measured answers.
"""


class Answered(msgspec.Struct, Generic[T], frozen=True):
    """The call's result, when its request was written and when its answer came."""

    result: T
    sent_ns: int
    received_ns: int


class Faulted(msgspec.Struct, frozen=True):
    """An answer that is no success; `code` is the venue's word, empty if the body was not the venue's."""

    status: int
    code: str
    detail: str
    received_ns: int


OnAnswer = Callable[[Answered[T] | Faulted | HttpFailed], None]


class Api:
    """Writes requests and reads answers. `on_fault` sees every fault, whoever asked."""

    def __init__(self, access: Access, http: Http, budgets: Budgets, *, on_fault: Callable[[Faulted], None]) -> None:
        self._access = access
        self._http = http
        self._budgets = budgets
        self._on_fault = on_fault
        settings = access.settings
        self.placements = SignedAhead(
            access.signer, "POST", settings.rest_root + CREATE, count=settings.signatures_ahead, wall_ms=access.wall_ms
        )

    def read(
        self,
        target: str,
        decoder: Answerer[T],
        on_answer: OnAnswer[T],
        now_ns: int,
        *,
        cost: int,
        answer_ms: int | None = None,
    ) -> None:
        """Ask; the question waits for its turn in the read budget, then with the usual patience for its answer."""
        patience_ms = self._access.settings.query_ms if answer_ms is None else answer_ms

        def go(at_ns: int) -> None:
            self._call("GET", target, b"", decoder, on_answer, at_ns, answer_ms=patience_ms)

        if not self._budgets.read.pass_on(go, cost, now_ns):
            on_answer(HttpFailed(Failure.NOT_SENT, "too many questions wait", now_ns))

    def create(self, body: bytes, on_answer: OnAnswer[Created], now_ns: int) -> None:
        """Place an order; it is written before this returns, or not at all."""
        answer_ms = self._access.settings.answer_ms
        self._call("POST", CREATE, body, created_answer, on_answer, now_ns, answer_ms=answer_ms, lane=Lane.ORDINARY)

    def write(
        self,
        method: str,
        target: str,
        body: bytes,
        decoder: Answerer[T],
        on_answer: OnAnswer[T],
        now_ns: int,
        *,
        lane: Lane = Lane.URGENT,
    ) -> None:
        """Have something else changed; `ORDINARY` is written before this returns, or not at all."""
        answer_ms = self._access.settings.answer_ms
        self._call(method, target, body, decoder, on_answer, now_ns, answer_ms=answer_ms, lane=lane)

    def cancel(self, target: str, on_answer: OnAnswer[Cancelled], now_ns: int) -> None:
        """Cancel an order."""
        answer_ms = self._access.settings.answer_ms
        self._call("DELETE", target, b"", cancelled_answer, on_answer, now_ns, answer_ms=answer_ms)

    def amend(self, target: str, body: bytes, on_answer: OnAnswer[Amended], now_ns: int) -> None:
        """Change an order; it is written before this returns, or not at all."""
        answer_ms = self._access.settings.answer_ms
        self._call("POST", target, body, amended_answer, on_answer, now_ns, answer_ms=answer_ms, lane=Lane.ORDINARY)

    def decrease(self, target: str, body: bytes, on_answer: OnAnswer[Decreased], now_ns: int) -> None:
        """Make an order smaller; it is written before this returns, or not at all."""
        answer_ms = self._access.settings.answer_ms
        self._call("POST", target, body, decreased_answer, on_answer, now_ns, answer_ms=answer_ms, lane=Lane.ORDINARY)

    # --- leaves ---

    def _call(
        self,
        method: str,
        target: str,
        body: bytes,
        decoder: Answerer[T],
        on_answer: OnAnswer[T],
        now_ns: int,
        *,
        answer_ms: int,
        lane: Lane = Lane.URGENT,
    ) -> None:
        path = self._access.settings.rest_root + target
        request = HttpRequest(
            method,
            path,
            (
                *self._signed(method, target, path),
                ("Content-Type", "application/json"),
                ("Accept", "application/json"),
            ),
            body,
            now_ns + answer_ms * 1_000_000,
            now_ns if lane is Lane.ORDINARY else now_ns + min(SIGNED_FOR_NS, answer_ms * 1_000_000),
            lane,
        )
        is_write = method != "GET"
        self._http.request(request, lambda reply: self._hear(reply, decoder, on_answer, is_write=is_write), now_ns)

    def _signed(self, method: str, target: str, path: str) -> Headers:
        if target is CREATE and method == "POST":
            return self.placements.headers()
        return self._access.signer.headers(method, path, self._access.wall_ms())

    def _hear(
        self, reply: HttpReply | HttpFailed, decoder: Answerer[T], on_answer: OnAnswer[T], *, is_write: bool
    ) -> None:
        if isinstance(reply, HttpFailed):
            on_answer(reply)
            return
        now_ns = reply.received_ns
        if 200 <= reply.status < 300:
            try:
                on_answer(Answered(decode_answer(reply.body or NOTHING, decoder), reply.sent_ns, now_ns))
            except PeerBroke as error:  # another form, or figures that mean nothing
                on_answer(HttpFailed(Failure.MAYBE_SENT, f"status {reply.status}, {error}", now_ns))
            return
        said = error_said(reply.body)
        if reply.status == 429:
            (self._budgets.write if is_write else self._budgets.read).overdrawn(now_ns)
        fault = Faulted(reply.status, said.code, said.detail, now_ns)
        self._on_fault(fault)
        on_answer(fault)
