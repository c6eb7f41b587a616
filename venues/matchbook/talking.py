"""Questions that take several requests, each written as one conversation that asks, is answered, and has a result."""

from collections.abc import Callable, Generator
from typing import Any, TypeVar

import msgspec

from venues.errors import Failure, PeerBroke
from venues.http import HttpFailed
from venues.matchbook.api import Answered, Api, Faulted, OnAnswer, Question
from venues.reading_again import read_again

T = TypeVar("T")

SERVER_FAULT = 500
HASTE = 4
"""The first try of a question is waited for a quarter of the patience."""

Steps = Generator[Question[Any], Answered[Any] | Faulted, T]
"""Yields what it wants asked, is sent what the venue said, and returns its result."""


class Unusable(Exception):
    """The answers do not fit together, so nothing may be concluded from them."""


class Talker:
    """Leads one conversation at a time.

    One that is not answered to its end has no result: half a list proves nothing. With `again` a question whose answer
    was lost or is slow, or that broke at the venue, is asked once more before its conversation ends over it. An answer
    that comes after its deadline finds the conversation gone.
    """

    def __init__(self, api: Api, *, again: bool = False) -> None:
        self.failed = 0
        self._api = api
        self._again = again
        self._talk: Steps[Any] | None = None
        self._asked = 0

    @property
    def is_busy(self) -> bool:
        """A conversation is going on."""
        return self._talk is not None

    def begin(self, talk: Steps[T], on_end: Callable[[T | None, str, int], None], now_ns: int) -> None:
        """Lead a conversation; `on_end` gets its result, or None and why there is none, and the time."""
        assert self._talk is None, "one conversation at a time"
        self._talk = talk
        self._step(talk, None, on_end, now_ns)

    def _step(
        self,
        talk: Steps[T],
        said: Answered[Any] | Faulted | None,
        on_end: Callable[[T | None, str, int], None],
        now_ns: int,
    ) -> None:
        """Take the conversation to its next question, or to its end."""
        try:
            question = next(talk) if said is None else talk.send(said)
        except StopIteration as end:
            self._talk = None
            on_end(end.value, "", now_ns)
            return
        except (Unusable, PeerBroke) as error:
            self._end(on_end, str(error), now_ns)
            return
        self._asked += 1
        asked = self._asked

        def hear(answer: Answered[Any] | Faulted | HttpFailed) -> None:
            if asked != self._asked or self._talk is not talk:
                return
            if isinstance(answer, HttpFailed):
                self._end(on_end, answer.reason, answer.failed_ns)
            else:
                self._step(talk, answer, on_end, answer.received_ns)

        def ask(heard: OnAnswer[Any], at_ns: int, answer_ms: int) -> None:
            self._api.ask(msgspec.structs.replace(question, answer_ms=answer_ms), heard, at_ns)

        if self._again:
            patience = question.answer_ms
            read_again(ask, hear, now_ns, hasty_ms=patience // HASTE, patience_ms=patience, lost_ns=_lost_ns)
        else:
            self._api.ask(question, hear, now_ns)

    def _end(self, on_end: Callable[[T | None, str, int], None], reason: str, now_ns: int) -> None:
        self._talk = None
        self.failed += 1
        on_end(None, reason, now_ns)


def _lost_ns(answer: Answered[Any] | Faulted | HttpFailed) -> int | None:
    """When an answer failed that the same question may get at the next try; None for any other."""
    if isinstance(answer, HttpFailed):
        return None if answer.failure is Failure.NOT_SENT else answer.failed_ns
    return answer.received_ns if isinstance(answer, Faulted) and answer.status >= SERVER_FAULT else None
