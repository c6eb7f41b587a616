"""What the account is charged and bets in, read once: an account that is not as configured is not traded on."""

from collections.abc import Callable

from domain.fees import FeeTerms
from venues.http import HttpFailed
from venues.matchbook.account_codec import ACCOUNT_PATH, Account, account_answer
from venues.matchbook.api import Answered, Api, Faulted, Question
from venues.matchbook.budgets import Group
from venues.matchbook.settings import Settings

RETRY_NS = 5_000_000_000


class AccountTerms:
    """Asks until the account has answered. `on_fee` gets what it is charged, `on_misfit` why it will not do.

    `fee` is what it is charged, None until that is known.
    """

    def __init__(
        self,
        settings: Settings,
        api: Api,
        *,
        on_fee: Callable[[FeeTerms, int], None],
        on_misfit: Callable[[str], None],
    ) -> None:
        self.fee: FeeTerms | None = None
        self._settings = settings
        self._api = api
        self._on_fee = on_fee
        self._on_misfit = on_misfit
        self._due_ns: int | None = None

    def begin(self, now_ns: int) -> None:
        """There is a session: ask."""
        self._due_ns = now_ns
        self.on_time(now_ns)

    def next_deadline(self) -> int | None:
        """When to ask again."""
        return self._due_ns

    def on_time(self, now_ns: int) -> None:
        """Ask if it is time to."""
        if self._due_ns is None or now_ns < self._due_ns:
            return
        self._due_ns = None
        question = Question(
            method="GET",
            path=ACCOUNT_PATH,
            group=Group.ACCOUNT,
            read=account_answer,
            answer_ms=self._settings.query_ms,
        )
        self._api.ask(question, self._hear, now_ns)

    def _hear(self, answer: Answered[Account] | Faulted | HttpFailed) -> None:
        if isinstance(answer, Answered):
            account, fee = answer.result, self._settings.commission.fee(answer.result.commission_type)
            if account.currency != self._settings.currency or fee is None:
                said = f"{account.currency}, {account.commission_type}"
                self._on_misfit(f"an account that is not as configured: {said}")
                return
            self.fee = fee
            self._on_fee(fee, answer.received_ns)
        else:
            failed_ns = answer.failed_ns if isinstance(answer, HttpFailed) else answer.received_ns
            self._due_ns = failed_ns + RETRY_NS
