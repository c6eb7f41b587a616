"""The table of postings: what each event moves between accounts, debit positive, every entry adding up to zero.

Accounts of a venue's wallet, each in its own currency: `cash`, `reserved` (behind open orders), `position` (cost of
what is matched, liability for lays), `netting` (what the venue gives back because bets offset each other), `fees`,
`fee_rounding` (what the venue's roundings differ from ours), `pnl` (a profit is a credit), `suspense` (unexplained) and
`adjust` (what people left as it is). `bank`, `transit` and `fx_clearing` belong to the entity, not to a venue.
"""

import enum

from domain.ids import Currency, VenueName
from oms.accounts import AT_VENUES, HOUSE, Account, Entity, Kind

BANK, FX_CLEARING = "bank", "fx_clearing"

Line = tuple[str, Currency, int]
"""An account, the currency, and the micros that are debited to it (credited if negative)."""


class What(enum.StrEnum):
    """What an entry is about; its cause names the order, statement, transfer or report itself."""

    OPENING = "opening"
    """What was at the venue before us counts as deposited."""
    RESERVE = "reserve"
    RELEASE = "release"
    FILL = "fill"
    FEE = "fee"
    """A fee of a match that was known before."""
    NET = "net"
    VOID = "void"
    """Something matched was annulled, or made dearer or cheaper after the match."""
    SETTLE = "settle"
    REVERSAL = "reversal"
    """A settlement is taken back, because another statement or a late match stands in its place."""
    SUSPENSE = "suspense"
    """A venue's balance differs by what nobody can explain yet, or does not any more."""
    WRITE_OFF = "write_off"
    """People left a difference as it is."""
    TRANSFER = "transfer"
    OWED = "owed"
    """House and customer owe each other more or less."""


class VenueAccounts:
    """The accounts of one wallet in one currency, and the lines of every event that touches them, in micros."""

    def __init__(self, venue: VenueName, currency: Currency, *, shard: int = 0, entity: Entity = HOUSE) -> None:
        self.venue = venue
        self.currency = currency
        self.shard = shard
        self.entity = entity
        names = {kind: Account(kind, venue, shard, entity).name for kind in AT_VENUES}
        self.cash, self.reserved = names[Kind.CASH], names[Kind.RESERVED]
        self.position, self.netting = names[Kind.POSITION], names[Kind.NETTING]
        self.fees, self.fee_rounding, self.pnl = names[Kind.FEES], names[Kind.FEE_ROUNDING], names[Kind.PNL]
        self.suspense, self.adjust = names[Kind.SUSPENSE], names[Kind.ADJUST]

    def deposit(self, amount: int) -> list[Line]:
        """Money of its owner arrives at the venue."""
        bank = Account(Kind.BANK, entity=self.entity).name
        return [(bank, self.currency, -amount), (self.cash, self.currency, amount)]

    def reserve(self, amount: int) -> list[Line]:
        """An order may cost this much; a negative amount gives it back."""
        return [(self.cash, self.currency, -amount), (self.reserved, self.currency, amount)]

    def fill(self, *, cost: int, fee: int) -> list[Line]:
        """Part of an order was matched, paid out of its reserve."""
        return [
            (self.reserved, self.currency, -cost - fee),
            (self.position, self.currency, cost),
            (self.fees, self.currency, fee),
        ]

    def net(self, amount: int) -> list[Line]:
        """The venue gives `-amount` back because bets offset each other."""
        return [(self.cash, self.currency, -amount), (self.netting, self.currency, amount)]

    def void(self, cost: int) -> list[Line]:
        """A matched bet was annulled: its cost comes back."""
        return [(self.position, self.currency, -cost), (self.cash, self.currency, cost)]

    def settle(self, *, cost: int, proceeds: int, commission: int) -> list[Line]:
        """What bets cost comes back as gross proceeds less commission; the difference is profit or loss."""
        return [
            (self.position, self.currency, -cost),
            (self.cash, self.currency, proceeds - commission),
            (self.fees, self.currency, commission),
            (self.pnl, self.currency, cost - proceeds),
        ]

    def rounding(self, amount: int) -> list[Line]:
        """The venue rounded in our favour by this much."""
        return [(self.cash, self.currency, amount), (self.fee_rounding, self.currency, -amount)]

    def unexplained(self, amount: int) -> list[Line]:
        """The venue holds this much more for us than we can explain."""
        return [(self.cash, self.currency, amount), (self.suspense, self.currency, -amount)]

    def write_off(self, amount: int) -> list[Line]:
        """People left so much of what the venue holds beyond our figures as it is: it is suspense no more."""
        return [(self.suspense, self.currency, amount), (self.adjust, self.currency, -amount)]

    def send(self, amount: int, into: Currency) -> list[Line]:
        """Money leaves for somewhere else; what is to arrive in another currency is met in clearing."""
        way = Kind.TRANSIT if into == self.currency else Kind.FX_CLEARING
        return [(self.cash, self.currency, -amount), (Account(way, entity=self.entity).name, self.currency, amount)]

    def receive(self, amount: int, out_of: Currency) -> list[Line]:
        """Money that was sent in `out_of` is here."""
        way = Kind.TRANSIT if out_of == self.currency else Kind.FX_CLEARING
        return [(Account(way, entity=self.entity).name, self.currency, -amount), (self.cash, self.currency, amount)]

    def exchange(self, amount: int, into: "VenueAccounts", bought: int) -> list[Line]:
        """Money leaves for another currency's account; the two legs meet in clearing, each in its own currency."""
        return [*self.send(amount, into.currency), *into.receive(bought, self.currency)]


def between(payer: VenueAccounts, payee: VenueAccounts, amount: int) -> tuple[list[Line], list[Line]]:
    """Two entries, one in the books of each: cash of one entity becomes the other's, who owes it.

    Raises ValueError for two currencies.
    """
    if payer.currency != payee.currency:
        raise ValueError(f"{payer.currency} and {payee.currency}: money is lent in one currency, exchange it first")
    owed = [(Account(Kind.OWED, entity=payer.entity, party=payee.entity).name, payer.currency, amount)]
    owing = [(Account(Kind.OWED, entity=payee.entity, party=payer.entity).name, payee.currency, -amount)]
    out, into = (payer.cash, payer.currency, -amount), (payee.cash, payee.currency, amount)
    return [out, *owed], [into, *owing]
