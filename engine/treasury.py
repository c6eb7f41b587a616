"""Money that no order moves, as venues' balances show it: ends of transfers, and what statements have paid."""

from domain.messages import BalanceReported
from domain.money import format_micros
from domain.treasury import PaymentsProven, TransferSeen, TransferWord
from engine.scribe import Scribe
from oms.transfers import objection


class Treasury:
    """Records what a balance proves, once it can speak of our books."""

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe
        self._ledger = scribe.state.ledger

    def said(self, word: TransferWord) -> None:
        """A person's word about a transfer, unless something speaks against it."""
        if not objection(word, self._ledger.transfers.known):
            self._scribe.record(word)

    def explain(self, fact: BalanceReported) -> None:
        """Post the ends of transfers that are what the venue has beyond our figure."""
        if not self._ledger.transfers.known:
            return
        apart = fact.balance_micros - self._ledger.equity_micros(fact.venue, fact.currency, fact.basis)
        for transfer, leg in self._ledger.transfers.explaining(fact.venue, fact.currency, apart):
            self._scribe.record(TransferSeen(transfer, leg, _balance(fact)))

    def prove(self, fact: BalanceReported) -> None:
        """The balance agrees with our books: what statements said is paid."""
        unpaid = self._ledger.settling.unpaid(fact.venue)
        if unpaid:
            self._scribe.record(PaymentsProven(fact.venue, unpaid, _balance(fact)))


def _balance(fact: BalanceReported) -> str:
    return f"balance {format_micros(fact.balance_micros)} {fact.currency}"
