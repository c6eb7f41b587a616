"""Turns approved orders into commands and gives each the name that it keeps for life.

A ref is the run's tag and the number of the placement in the run: nothing else decides it, so replay gives the same
one, and it is known before the order is sent. Numbers are counted by the `PlaceOrder` commands of the journal and
never given twice; tags differ between runs, so a ref is never used again on an account either.
"""

import re
from hashlib import blake2b

import msgspec

from domain.amending import AmendOrder
from domain.ids import OrderRef
from domain.messages import PlaceOrder
from domain.orders import Order
from domain.terms import Amends
from oms.amending import change_of
from risk.verdicts import Approved

REF_LENGTH_MAX = 32
"""The shortest of the venues' limits for a ref of ours."""

_TAG = re.compile(r"[A-Za-z0-9]{1,16}", re.ASCII)


def run_tag(run: str) -> str:
    """The tag of a run: 12 characters that two names of runs have in common once in 2**48."""
    return blake2b(run.encode(), digest_size=6).hexdigest()


class Router:
    """Names and writes out what the gate approved; ValueError for a tag with other characters than letters, digits."""

    def __init__(self, tag: str) -> None:
        if _TAG.fullmatch(tag) is None:
            raise ValueError(f"tag must be 1 to 16 letters or digits, not {tag!r}")
        self._tag = tag

    def place(self, approved: Approved, *, placed: int, bet_delay_ms: int = 0) -> PlaceOrder:
        """The command for an approved order; `placed` is how many orders the run has placed before.

        `bet_delay_ms`: how long its venue holds it back now.
        """
        child = approved.child
        ref = OrderRef(f"{self._tag}-{placed + 1}")
        assert len(ref) <= REF_LENGTH_MAX, f"ref {ref} is longer than venues allow"
        return PlaceOrder(
            ref=ref,
            instrument=child.instrument,
            strategy=child.strategy,
            side=child.side,
            price=child.price,
            size_micros=child.size_micros,
            tif=child.tif,
            decision=child.decision,
            market_version=approved.market_version,
            config=approved.config,
            bet_delay_ms=bet_delay_ms,
        )

    def amend(self, approved: Approved, order: Order, how: Amends, *, request: str) -> AmendOrder:
        """The command that gives a resting order the approved terms; the approved size is what shall remain of it."""
        child = approved.child
        whole_micros = order.size_micros - order.remaining_micros + child.size_micros
        change = change_of(order, request, how, price=child.price, size_micros=whole_micros)
        return msgspec.structs.replace(
            change, decision=child.decision, market_version=approved.market_version, config=approved.config
        )
