"""The table of postings: what each event moves between accounts, debit positive, every entry adding up to zero.

Accounts of a venue, each in its own currency: `cash`, `reserved` (behind open orders), `position` (cost of what is
matched, liability for lays), `netting` (what the venue gives back because bets offset each other), `fees`,
`fee_rounding` (what the venue's roundings differ from ours), `pnl` (a profit is a credit) and `suspense` (unexplained).
`bank` and `fx_clearing` belong to the house.
"""

import msgspec

from domain.ids import Currency, VenueName

BANK, FX_CLEARING = "bank", "fx_clearing"

Line = tuple[str, Currency, int]
"""An account, the currency, and the micros that are debited to it (credited if negative)."""


class VenueAccounts(msgspec.Struct, frozen=True):
    """The accounts at one venue in one currency, and the lines of every event that touches them. Amounts are micros."""

    venue: VenueName
    currency: Currency

    def deposit(self, amount: int) -> list[Line]:
        """Money of ours arrives at the venue."""
        return [(BANK, self.currency, -amount), self._debit("cash", amount)]

    def reserve(self, amount: int) -> list[Line]:
        """An order may cost this much; a negative amount gives it back."""
        return [self._debit("cash", -amount), self._debit("reserved", amount)]

    def fill(self, *, cost: int, fee: int) -> list[Line]:
        """Part of an order was matched, paid out of its reserve."""
        return [self._debit("reserved", -cost - fee), self._debit("position", cost), self._debit("fees", fee)]

    def net(self, amount: int) -> list[Line]:
        """The venue gives `-amount` back because bets offset each other."""
        return [self._debit("cash", -amount), self._debit("netting", amount)]

    def void(self, cost: int) -> list[Line]:
        """A matched bet was annulled: its cost comes back."""
        return [self._debit("position", -cost), self._debit("cash", cost)]

    def settle(self, *, cost: int, proceeds: int, commission: int) -> list[Line]:
        """What bets cost comes back as gross proceeds less commission; the difference is profit or loss."""
        return [
            self._debit("position", -cost),
            self._debit("cash", proceeds - commission),
            self._debit("fees", commission),
            self._debit("pnl", cost - proceeds),
        ]

    def rounding(self, amount: int) -> list[Line]:
        """The venue rounded in our favour by this much."""
        return [self._debit("cash", amount), self._debit("fee_rounding", -amount)]

    def unexplained(self, amount: int) -> list[Line]:
        """The venue holds this much more for us than we can explain."""
        return [self._debit("cash", amount), self._debit("suspense", -amount)]

    def exchange(self, amount: int, into: "VenueAccounts", bought: int) -> list[Line]:
        """Money leaves for another currency's account; the two legs meet in clearing, each in its own currency."""
        return [
            self._debit("cash", -amount),
            (FX_CLEARING, self.currency, amount),
            (FX_CLEARING, into.currency, -bought),
            into._debit("cash", bought),
        ]

    def _debit(self, name: str, amount: int) -> Line:
        return f"{name}:{self.venue}", self.currency, amount
