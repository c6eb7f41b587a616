"""The table of postings: what each event moves between accounts, debit positive, every entry adding up to zero.

Accounts of a venue's wallet, each in its own currency: `cash`, `reserved` (behind open orders), `position` (cost of
what is matched, liability for lays), `netting` (what the venue gives back because bets offset each other), `fees`,
`fee_rounding` (what the venue's roundings differ from ours), `pnl` (a profit is a credit), `suspense` (unexplained) and
`adjust` (what people left as it is). `bank`, `transit` and `fx_clearing` belong to the entity, not to a venue.
"""

import enum

from domain.ids import Currency, VenueName
from oms.accounts import HOUSE, Account, Entity, Kind

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

    __slots__ = ("_names", "currency", "entity", "shard", "venue")

    def __init__(self, venue: VenueName, currency: Currency, *, shard: int = 0, entity: Entity = HOUSE) -> None:
        self.venue = venue
        self.currency = currency
        self.shard = shard
        self.entity = entity
        self._names: dict[str, str] = {}

    def name(self, kind: Kind) -> str:
        """The wallet's account of one kind."""
        found = self._names.get(kind)
        if found is None:
            found = self._names[kind] = Account(kind, self.venue, self.shard, self.entity).name
        return found

    def deposit(self, amount: int) -> list[Line]:
        """Money of its owner arrives at the venue."""
        return [(Account(Kind.BANK, entity=self.entity).name, self.currency, -amount), self._debit(Kind.CASH, amount)]

    def reserve(self, amount: int) -> list[Line]:
        """An order may cost this much; a negative amount gives it back."""
        return [self._debit(Kind.CASH, -amount), self._debit(Kind.RESERVED, amount)]

    def fill(self, *, cost: int, fee: int) -> list[Line]:
        """Part of an order was matched, paid out of its reserve."""
        return [
            self._debit(Kind.RESERVED, -cost - fee),
            self._debit(Kind.POSITION, cost),
            self._debit(Kind.FEES, fee),
        ]

    def net(self, amount: int) -> list[Line]:
        """The venue gives `-amount` back because bets offset each other."""
        return [self._debit(Kind.CASH, -amount), self._debit(Kind.NETTING, amount)]

    def void(self, cost: int) -> list[Line]:
        """A matched bet was annulled: its cost comes back."""
        return [self._debit(Kind.POSITION, -cost), self._debit(Kind.CASH, cost)]

    def settle(self, *, cost: int, proceeds: int, commission: int) -> list[Line]:
        """What bets cost comes back as gross proceeds less commission; the difference is profit or loss."""
        return [
            self._debit(Kind.POSITION, -cost),
            self._debit(Kind.CASH, proceeds - commission),
            self._debit(Kind.FEES, commission),
            self._debit(Kind.PNL, cost - proceeds),
        ]

    def rounding(self, amount: int) -> list[Line]:
        """The venue rounded in our favour by this much."""
        return [self._debit(Kind.CASH, amount), self._debit(Kind.FEE_ROUNDING, -amount)]

    def unexplained(self, amount: int) -> list[Line]:
        """The venue holds this much more for us than we can explain."""
        return [self._debit(Kind.CASH, amount), self._debit(Kind.SUSPENSE, -amount)]

    def write_off(self, amount: int) -> list[Line]:
        """People left so much of what the venue holds beyond our figures as it is: it is suspense no more."""
        return [self._debit(Kind.SUSPENSE, amount), self._debit(Kind.ADJUST, -amount)]

    def send(self, amount: int, into: Currency) -> list[Line]:
        """Money leaves for somewhere else; what is to arrive in another currency is met in clearing."""
        way = Kind.TRANSIT if into == self.currency else Kind.FX_CLEARING
        return [self._debit(Kind.CASH, -amount), (Account(way, entity=self.entity).name, self.currency, amount)]

    def receive(self, amount: int, out_of: Currency) -> list[Line]:
        """Money that was sent in `out_of` is here."""
        way = Kind.TRANSIT if out_of == self.currency else Kind.FX_CLEARING
        return [(Account(way, entity=self.entity).name, self.currency, -amount), self._debit(Kind.CASH, amount)]

    def exchange(self, amount: int, into: "VenueAccounts", bought: int) -> list[Line]:
        """Money leaves for another currency's account; the two legs meet in clearing, each in its own currency."""
        return [*self.send(amount, into.currency), *into.receive(bought, self.currency)]

    def _debit(self, kind: Kind, amount: int) -> Line:
        return self._names.get(kind) or self.name(kind), self.currency, amount


def between(payer: VenueAccounts, payee: VenueAccounts, amount: int) -> tuple[list[Line], list[Line]]:
    """Two entries, one in the books of each: cash of one entity becomes the other's, who owes it.

    Raises ValueError for two currencies.
    """
    if payer.currency != payee.currency:
        raise ValueError(f"{payer.currency} and {payee.currency}: money is lent in one currency, exchange it first")
    owed = [(Account(Kind.OWED, entity=payer.entity, party=payee.entity).name, payer.currency, amount)]
    owing = [(Account(Kind.OWED, entity=payee.entity, party=payer.entity).name, payee.currency, -amount)]
    out, into = (payer.name(Kind.CASH), payer.currency, -amount), (payee.name(Kind.CASH), payee.currency, amount)
    return [out, *owed], [into, *owing]
