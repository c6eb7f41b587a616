"""The account's movements: what each settled market paid or cost, and its commission, with the balance after it.

Source: Matchbook API docs, "Get transactions".
"""

from collections.abc import Callable

import msgspec

from venues.matchbook.fake.markets import MarketState
from venues.sim.accounts import Account
from venues.sim.markets import Statement
from venues.sim.notices import MarketSettled, MarketUnsettled


class Transaction(msgspec.Struct, frozen=True):
    """One movement of money; `kind` is the venue's label."""

    id: int
    at_ms: int
    kind: str
    detail: str
    micros: int
    balance_micros: int


class Transactions:
    """Every movement since the account was opened, the oldest first."""

    def __init__(self, account: Account, wall_ms: Callable[[int], int]) -> None:
        self._balance_micros = account.wallet_micros
        self._account = account
        self._wall_ms = wall_ms
        self._moved = 0
        self._standing: dict[int, Statement] = {}
        self.rows: list[Transaction] = []

    def latest(self) -> list[Transaction]:
        """Every movement, what was paid in or out by hand since the last look too."""
        for at_ns, micros in self._account.moved[self._moved :]:
            self._add("Transfer", "Deposit" if micros > 0 else "Withdrawal", micros, self._wall_ms(at_ns))
        self._moved = len(self._account.moved)
        return self.rows

    def settle(self, state: MarketState, account: str, notice: MarketSettled | MarketUnsettled, now_ms: int) -> None:
        """Book a settlement, or take back the one that stood."""
        self.latest()
        before = self._standing.pop(state.id, None)
        if before is not None:
            self._book(state, "Payout", -before.profit_micros, now_ms)
            self._book(state, "Commission", before.commission_micros, now_ms)
        statement = state.sim.statements.get(account) if isinstance(notice, MarketSettled) else None
        if statement is not None:
            self._standing[state.id] = statement
            self._book(state, "Payout", statement.profit_micros, now_ms)
            self._book(state, "Commission", -statement.commission_micros, now_ms)

    def _book(self, state: MarketState, kind: str, micros: int, now_ms: int) -> None:
        if micros:
            self._add(kind, f"{state.event.name}, {state.details.name}", micros, now_ms)

    def _add(self, kind: str, detail: str, micros: int, at_ms: int) -> None:
        self._balance_micros += micros
        self.rows.append(Transaction(len(self.rows) + 1, at_ms, kind, detail, micros, self._balance_micros))
