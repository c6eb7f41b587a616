"""Differences of money that nothing explains: set aside in suspense after a while, written off by two people's word."""

from domain.breaks import BreakFound, WriteOffSigned
from domain.fees import CENT
from domain.ids import Currency, VenueMarketId
from domain.messages import BalanceReported
from domain.money import format_micros
from domain.treasury import DifferenceSuspended, SuspenseWrittenOff
from engine.scribe import Scribe
from oms.suspense import item_of
from recon.breaks import BreakKind

PATIENCE_ROUNDS = 12
"""So many rounds may statements, matches and transfers take to explain a difference before it is set aside."""


class Aside:
    """Moves differences into suspense and out of it; the break of each stands until it is explained or written off."""

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe
        self._suspense = scribe.state.ledger.suspense

    def held_micros(self, told: BalanceReported) -> int:
        """What stands in suspense for a venue's wallet."""
        held = self._suspense.items.get(item_of(told.venue, told.currency))
        of_lines = sum(one.micros for one in self._suspense.of_lines(told.venue, told.currency))
        return of_lines + (held.micros if held else 0)

    def settle(self, told: BalanceReported, apart_micros: int, *, rounds: int) -> None:
        """Set a difference aside that stood for so many rounds; take back what is explained by now."""
        item = self._suspense.items.get(item_of(told.venue, told.currency))
        held = item.micros if item else 0
        if not apart_micros:
            return
        if held and abs(held + apart_micros) <= CENT:
            why = "the venue's balance agrees again with what was booked"
        elif rounds >= PATIENCE_ROUNDS:
            why = f"nothing explained it in {rounds} rounds"
        else:
            return
        self._scribe.record(DifferenceSuspended(told.venue, told.currency, apart_micros, why))

    def write_off(self, found: BreakFound, first: str, word: WriteOffSigned) -> None:
        """Two people left a difference as it is: what is in suspense for it, or is now, is written off."""
        balance = found.kind == BreakKind.BALANCE
        item = item_of(found.venue, Currency(found.key) if balance else VenueMarketId(found.key))
        told = self._suspense.of_lines(found.venue, found.currency) if found.key == found.currency else []
        held = self._suspense.items.get(item)
        missing = found.apart_micros - sum(one.micros for one in told) - (held.micros if held else 0)
        if balance and missing:
            why = f"{format_micros(missing)} {found.key} are written off at once"
            self._scribe.record(DifferenceSuspended(found.venue, found.currency, missing, why))
            held = self._suspense.items.get(item)
        for one in [*told, *([held] if held is not None else [])]:
            self._scribe.record(SuspenseWrittenOff(one.item, one.micros, first, word.who, word.why))
