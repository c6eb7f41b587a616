"""A read that is asked once more where its answer is lost or slow. It changes nothing, so that asking twice is safe."""

from collections.abc import Callable
from typing import TypeVar

A = TypeVar("A")

Reader = Callable[[Callable[[A], None], int, int], None]
"""Asks once: who hears the answer, when it is asked, and for how many milliseconds the answer is waited for."""


def read_again(
    reader: Reader[A],
    hear: Callable[[A], None],
    now_ns: int,
    *,
    hasty_ms: int,
    patience_ms: int,
    lost_ns: Callable[[A], int | None],
) -> None:
    """Read with little patience first, then once more with all of it; `hear` is given one answer.

    A good answer counts whichever of the two reads it is to, for it is as true as when it was asked for. `lost_ns` says
    of an answer that is none when it failed, if the next read may do better, else None.
    """
    latest, is_over = 0, False

    def ask(at_ns: int, answer_ms: int, *, last: bool) -> None:
        nonlocal latest
        latest += 1
        mine = latest

        def heard(answer: A) -> None:
            nonlocal is_over
            failed_ns = lost_ns(answer)
            if is_over or (failed_ns is not None and mine != latest):
                return
            if failed_ns is not None and not last:
                ask(failed_ns, patience_ms, last=True)
                return
            is_over = True
            hear(answer)

        reader(heard, at_ns, answer_ms)

    ask(now_ns, hasty_ms, last=False)
