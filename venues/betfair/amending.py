"""Changing bets that rest: new odds by replacing them, a smaller size by cancelling a part. Never both in one act.

A replacement is two acts of the venue with no way back between them: it cancels the bet, and places what it took out at
the new odds under another id. Either may fail alone, so each half is told by its own report. What was matched before
the cancel came is missing from the new bet, and is told as taken out of it.
Source: Betfair developer docs, "replaceOrders", "cancelOrders".
"""

from collections.abc import Callable

from domain.amending import AmendOrder
from domain.ids import InstrumentId, OrderRef
from domain.messages import (
    CancelAccepted,
    Fact,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
)
from venues.base import Emit
from venues.betfair.amend_facts import (
    reduced_facts,
    reduction_failed,
    refused_here,
    replaced_facts,
    replacement_failed,
)
from venues.betfair.api import Answered, Api, Faulted
from venues.betfair.bets import Bet, Bets
from venues.betfair.betting import Betting, Target
from venues.betfair.betting_codec import (
    CANCEL,
    REPLACE,
    CancelExecutionReport,
    ReplaceExecutionReport,
    cancel_answer,
    encode_reduce,
    encode_replace,
    is_ref,
    replace_answer,
)
from venues.betfair.rules import LOT_MICROS
from venues.betfair.settings import Settings
from venues.http import HttpFailed, Lane

ReplaceAnswer = Answered[ReplaceExecutionReport] | Faulted | HttpFailed
ReduceAnswer = Answered[CancelExecutionReport] | Faulted | HttpFailed
"""By name: the annotation of a function within a function is worked out whenever that one is called."""


class Amending:
    """`target` as in `Betting`, whose budgets changes share."""

    def __init__(
        self,
        settings: Settings,
        api: Api,
        bets: Bets,
        betting: Betting,
        emit: Emit,
        *,
        target: Callable[[InstrumentId], Target | str],
    ) -> None:
        self._settings = settings
        self._api = api
        self._bets = bets
        self._betting = betting
        self._emit = emit
        self._target = target

    def amend(self, amend: AmendOrder, now_ns: int) -> None:
        """Send a change, or say at once why not; then the old terms hold."""
        bet, target = self._bets.bet(amend.ref), self._target(amend.instrument)
        refusal = self._refusal(amend, bet, target) or self._betting.spend(
            now_ns, transactions=0 if amend.successor is None else 1
        )
        if refusal is not None or isinstance(target, str):
            self._tell_all(refused_here(amend, refusal or "it is not listed"), now_ns)
        elif amend.successor is None:
            self._reduce(amend, bet, now_ns)
        else:
            self._replace(amend, amend.successor, bet, target, now_ns)

    # --- leaves ---

    def _refusal(self, amend: AmendOrder, bet: Bet, target: Target | str) -> str | None:
        if isinstance(target, str):
            return f"{amend.instrument} {target}"
        if bet.at_start:
            return "a bet at starting price is not changed: its limit could only be made better for the other side"
        if not bet.bet_id or bet.is_closed:
            return "the bet is complete" if bet.is_closed else "its bet id is unknown"
        if amend.is_reduction is (amend.successor is not None) or (
            not amend.is_reduction and amend.size_micros != amend.old_size_micros
        ):
            return "odds and size cannot be changed in one act, and a size only made smaller"
        if amend.size_micros % LOT_MICROS or amend.new_remaining_micros <= 0:
            return f"{amend.new_remaining_micros} left is not a whole number of hundredths above zero"
        if amend.successor is not None and not is_ref(amend.successor):
            return "a ref must be 1 to 32 of A-Z a-z 0-9 - . _ + * : ; ~"
        return None

    def _reduce(self, amend: AmendOrder, bet: Bet, now_ns: int) -> None:
        def hear(answer: ReduceAnswer) -> None:
            fact = (
                reduced_facts(amend, bet.bet_id, answer.result)
                if isinstance(answer, Answered)
                else reduction_failed(amend, answer)
            )
            if not isinstance(fact, CancelAccepted):
                self._betting.failed()
            self._emit(fact)

        params = encode_reduce(bet.market_id, bet.bet_id, amend.old_size_micros - amend.size_micros)
        self._api.call(CANCEL, params, cancel_answer, hear, now_ns, answer_ms=self._settings.answer_ms)

    def _replace(self, amend: AmendOrder, successor: OrderRef, bet: Bet, target: Target, now_ns: int) -> None:
        self._bets.expect(successor)
        heir = self._bets.bet(successor)
        heir.is_asking, heir.market_id, heir.amend = True, bet.market_id, amend

        def hear(answer: ReplaceAnswer) -> None:
            heir.is_asking = False
            heard_ns = answer.failed_ns if isinstance(answer, HttpFailed) else answer.received_ns
            if isinstance(answer, Answered):
                facts = replaced_facts(amend, successor, bet.bet_id, answer.result)
            else:
                facts = replacement_failed(amend, successor, answer)
            self._tell_all(facts, heard_ns)

        params = encode_replace(
            bet.market_id, {bet.bet_id: amend.price}, request_ref=successor, market_version=amend.market_version
        )
        answer_ms = self._settings.answer_ms + target.bet_delay_ms
        self._api.call(REPLACE, params, replace_answer, hear, now_ns, answer_ms=answer_ms, lane=Lane.ORDINARY)

    def _tell_all(self, facts: list[Fact], now_ns: int) -> None:
        """Note what ended and what came to be, tell it, and send what waited for an id."""
        refs: dict[OrderRef, None] = {}
        for fact in facts:
            if isinstance(fact, OrderAccepted | OrderReported | OrderRejected | OrderUnanswered):
                refs[fact.ref] = None
            if isinstance(fact, OrderAccepted) and fact.venue_order_id is not None:
                market_id = self._bets.bet(fact.ref).market_id
                self._bets.named(fact.ref, market_id=market_id, bet_id=fact.venue_order_id)
            if isinstance(fact, OrderRejected) or (isinstance(fact, OrderReported) and fact.closed):
                self._bets.bet(fact.ref).is_closed = True
            self._emit(fact)
        for ref in refs:
            self._betting.learned(ref, now_ns)
