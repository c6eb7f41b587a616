"""The ledger: double entry over all that moves money, by venue, shard, currency and entity, in whole millionths.

Order changes are posted as the difference of two states, so voids, corrections and late fills reverse what they must
without a rule of their own. Cash copies what the venue did; where our fills say otherwise the difference is named.
"""

from collections.abc import Iterable, Mapping

from domain.claims import claims_and_cost_micros, liability
from domain.fees import fee_reserve_micros
from domain.ids import Currency, InstrumentId, MarketId, OrderRef, VenueName
from domain.markets import Instrument, Market
from domain.messages import BalanceReported, MarketSettled
from domain.orders import Order, Side
from domain.terms import BalanceBasis, Capabilities, Terms
from domain.treasury import (
    AccountLinesReported,
    DifferenceSuspended,
    PaymentsProven,
    SuspenseWrittenOff,
    TreasuryFact,
)
from oms.account_lines import AccountLines
from oms.blotter import Change
from oms.entries import Entries, Entry
from oms.netting import Netting
from oms.positions import Positions, locked_micros
from oms.postings import Line, VenueAccounts, What
from oms.settling import Settlement, Settling
from oms.suspense import Suspense
from oms.transfers import Transfers
from oms.wallets import Wallets

FILLS_RESERVED = 20
"""Fills of one order whose fee roundings are reserved for; further ones are paid from cash."""


class Ledger:
    """Books what orders, statements and balances say. Reads positions, which take a change over first."""

    def __init__(
        self,
        instruments: Mapping[InstrumentId, Instrument],
        capabilities: Mapping[VenueName, Capabilities],
        positions: Positions,
        markets: Mapping[MarketId, Market],
    ) -> None:
        self.book = Entries()
        self.balances = self.book.balances
        self.tail = self.book.tail
        self.moved_ns: dict[VenueName, int] = {}  # when our figure for the venue's balance last moved
        self.wallets = Wallets(self.book)
        self.suspense = Suspense(self.book, self.wallets, self.moved_ns)
        self.transfers = Transfers(self.book, self.wallets, self.moved_ns)
        self.lines = AccountLines()
        self.settling = Settling(self.book, self.wallets, self.suspense, positions, capabilities, self.moved_ns)
        self._instruments = instruments
        self._capabilities = capabilities
        self._opened: set[tuple[VenueName, Currency]] = set()
        self._netting = Netting(markets, capabilities, positions)
        self._reserved: dict[OrderRef, int] = {}

    # ---- reading ----

    @property
    def entries(self) -> int:
        """How many entries were booked."""
        return self.book.count

    def balance(self, name: str, venue: VenueName, currency: Currency, *, shard: int | None = None) -> int:
        """One account of the house at a venue, micros, debit positive: of all its shards, or of one."""
        return self.wallets.balance(name, venue, currency, shard=shard)

    def totals(self, name: str) -> dict[Currency, int]:
        """One kind of account of the house over all venues, per currency."""
        return self.book.totals(name)

    def equity_micros(
        self, venue: VenueName, currency: Currency, basis: BalanceBasis, *, shard: int | None = None
    ) -> int:
        """Our figure for what the venue calls our balance, of all its shards or of one."""
        return self.wallets.equity_micros(venue, currency, basis, shard=shard)

    def imbalance(self) -> int:
        """The largest sum of all accounts over the currencies, in micros: zero, or the books are broken."""
        return self.book.imbalance()

    def is_open(self, fact: BalanceReported) -> bool:
        """Whether an earlier balance of this venue was booked as the opening one."""
        return (fact.venue, fact.currency) in self._opened

    def has_booked(self, fact: MarketSettled) -> bool:
        """Whether this very statement was booked before."""
        return self.settling.has_booked(fact)

    # ---- posting ----

    def post(self, seq: int, cause: str, lines: Iterable[Line], what: What | None = None) -> Entry | None:
        """Book one entry; lines that do not balance, or are of more than one entity, are our own error."""
        return self.book.post(seq, cause, lines, what)

    def open(self, fact: BalanceReported, seq: int) -> bool:
        """The first balance of a venue is what we deposited there; later ones are for reconciliation. True if first."""
        if self.is_open(fact):
            return False
        self._opened.add((fact.venue, fact.currency))
        for shard, micros in fact.shards or ((0, fact.balance_micros),):
            missing = micros - self.equity_micros(fact.venue, fact.currency, fact.basis, shard=shard)
            lines = self.wallets.of(fact.venue, fact.currency, shard).deposit(missing)
            self.post(seq, "opening balance", lines, What.OPENING)
        return True

    def apply(self, change: Change, seq: int, now_ns: int) -> Settlement | None:
        """Post what a change of an order did to reserve, position, fees and netting.

        What it changed of a market that is settled is settled with it, anew.
        """
        before, after = change.before, change.after
        instrument = self._instruments[after.instrument]
        listing, terms = instrument.listing, instrument.terms
        reserved = reserve_micros(after, terms)
        reserve = reserved - self._reserved.pop(after.ref, 0)  # what was taken then, by whatever terms
        if reserved:
            self._reserved[after.ref] = reserved
        cost, fee, claims = locked_micros(after), after.fee_micros, after.claims_micros
        if before is not None:
            cost -= locked_micros(before)
            fee -= before.fee_micros
            claims -= before.claims_micros
        net = self._netting.moved_micros(instrument) if cost or claims else 0
        if not (reserve or cost or fee or net or claims):
            return None
        wallet = self.wallets.of(listing.venue, terms.currency, terms.shard)
        if cost or fee or net:
            lines = _lines(wallet, cost=cost, fee=fee, net=net, reserve=reserve)
            self.book.post(seq, after.ref, lines, _what(cost=cost, fee=fee))
        elif reserve:  # most of all entries: a quote comes or goes
            self.book.reserve(seq, after.ref, wallet, reserve)
        left = self.balances.get((wallet.reserved, terms.currency), 0)
        assert left >= 0, f"{listing.venue}: more reserve was released than taken"
        if fee or (cost + net and self._capabilities[listing.venue].balance_basis is not BalanceBasis.WALLET):
            self.moved_ns[listing.venue] = now_ns
        if cost or net or claims:  # a back whose odds were cut cost what it cost, and wins less
            return self.settling.move(listing, wallet, cost=cost, net=net, seq=seq, now_ns=now_ns)
        return None

    def settle(self, fact: MarketSettled, seq: int, now_ns: int) -> Settlement | None:
        """Post a venue's statement that was not booked before, in place of one that stands; None if it is outdated."""
        return self.settling.settle(fact, seq, now_ns)

    def told(self, fact: TreasuryFact, seq: int, now_ns: int) -> None:
        """What was said of money that no order moves."""
        if isinstance(fact, PaymentsProven):
            self.settling.prove(fact)
        elif isinstance(fact, DifferenceSuspended):
            self.suspense.suspend(fact, seq, now_ns)
        elif isinstance(fact, SuspenseWrittenOff):
            self.settling.write_off(fact, seq, now_ns)
            self.lines.left(fact.item)
        elif isinstance(fact, AccountLinesReported):
            self.lines.apply(fact)
        else:
            self.transfers.apply(fact, seq, now_ns)

    def snapshot(self) -> tuple[object, ...]:
        """What the digest covers beside the balances."""
        standing = [(*key, stake.standing is not None, stake.paid) for key, stake in self.settling.stakes.items()]
        told = [self.lines.snapshot()] if self.lines.venues else []  # a run without any keeps the digest it had
        return [*self.suspense.items.values()], [*self.transfers.known.values()], sorted(standing), *told


def _lines(wallet: VenueAccounts, *, cost: int, fee: int, net: int, reserve: int) -> list[Line]:
    lines = wallet.void(-cost) if cost < 0 else []
    paid = max(0, cost)
    lines += wallet.reserve(reserve + paid + fee)
    if paid or fee:
        lines += wallet.fill(cost=paid, fee=fee)
    if net:
        lines += wallet.net(net)
    return lines


def _what(*, cost: int, fee: int) -> What:
    if cost:
        return What.FILL if cost > 0 else What.VOID
    return What.FEE if fee else What.NET


def reserve_micros(order: Order, terms: Terms) -> int:
    """The most that what may still be matched of an order can take from cash: its liability at the limit, and fees."""
    size = order.exposed_micros
    if not size:
        return 0
    if order.amend is None:
        return _liability_micros(order.side, order.price, size, terms)
    old = _liability_micros(order.side, order.price, max(0, order.remaining_micros), terms)
    return max(old, _liability_micros(order.side, order.amend.price, order.amended_micros, terms))


def _liability_micros(side: Side, price: int, size: int, terms: Terms) -> int:
    claims, cost = claims_and_cost_micros(terms.kind, price, size)
    fees = fee_reserve_micros(terms.fee, claims_micros=claims, cost_micros=cost, fills_max=FILLS_RESERVED)
    return liability(side, claims=claims, cost=cost) + fees
