"""The ledger: double entry over everything that moves money, per venue and currency, in whole millionths.

Order changes are posted as the difference of two states, so voids, corrections and late fills reverse what they must
without a rule of their own. Cash copies what the venue did; where our fills say otherwise the difference is named.
"""

from collections import deque
from collections.abc import Iterable, Mapping

import msgspec

from domain.claims import claims_and_cost_micros, liability
from domain.fees import CENT, fee_reserve_micros
from domain.ids import Currency, InstrumentId, VenueMarketId, VenueName
from domain.markets import Instrument
from domain.messages import BalanceReported, MarketSettled
from domain.orders import Order, Side
from domain.terms import BalanceBasis, Capabilities, Terms
from oms.blotter import Change
from oms.positions import Positions, locked_micros
from oms.postings import Line, VenueAccounts

TAIL_MAX = 1_000
"""Latest entries kept for people; the journal can make all of them again."""

FILLS_RESERVED = 20
"""Fills of one order whose fee roundings are reserved for; further ones are paid from cash."""


class Entry(msgspec.Struct, frozen=True):
    """One balanced set of lines: `seq` of the record and the order, statement or report that caused it."""

    seq: int
    cause: str
    lines: tuple[Line, ...]


class Settlement(msgspec.Struct, frozen=True):
    """A venue market as settled: our profit from fills (None: a result is missing) against the venue's, gross.

    `rounding_max_micros` is one smallest coin for each bet: what the venue's roundings may explain.
    """

    statement: MarketSettled
    expected_micros: int | None
    rounding_max_micros: int
    corrects: str = ""

    @property
    def difference_micros(self) -> int:
        """What the venue paid beyond our own figure."""
        return 0 if self.expected_micros is None else self.statement.profit_micros - self.expected_micros

    @property
    def explained(self) -> bool:
        """Whether roundings can account for the difference."""
        return self.expected_micros is not None and abs(self.difference_micros) <= self.rounding_max_micros


class _Stake(msgspec.Struct):
    """What one venue market holds of the position and netting accounts, and what its standing statement moved."""

    position: int = 0
    netting: int = 0
    statements: tuple[str, ...] = ()
    settled_position: int = 0
    settled_netting: int = 0
    lines: tuple[Line, ...] = ()


class Ledger:
    """Balances by account and currency; zero balances are not kept. Reads positions, which take a change over first."""

    def __init__(
        self,
        instruments: Mapping[InstrumentId, Instrument],
        capabilities: Mapping[VenueName, Capabilities],
        positions: Positions,
    ) -> None:
        self.balances: dict[tuple[str, Currency], int] = {}
        self.tail: deque[Entry] = deque(maxlen=TAIL_MAX)
        self.entries = 0
        self.moved_ns: dict[VenueName, int] = {}  # when our figure for the venue's balance last moved
        self._instruments = instruments
        self._capabilities = capabilities
        self._positions = positions
        self._opened: set[tuple[VenueName, Currency]] = set()
        self._stakes: dict[tuple[VenueName, VenueMarketId], _Stake] = {}
        self._netted: dict[InstrumentId, int] = {}

    # ---- reading ----

    def balance(self, name: str, venue: VenueName, currency: Currency) -> int:
        """One venue account, micros, debit positive."""
        return self.balances.get((f"{name}:{venue}", currency), 0)

    def totals(self, name: str) -> dict[Currency, int]:
        """One kind of account over all venues, per currency."""
        found: dict[Currency, int] = {}
        for (account, currency), micros in self.balances.items():
            if account.partition(":")[0] == name:
                found[currency] = found.get(currency, 0) + micros
        return found

    def equity_micros(self, venue: VenueName, currency: Currency, basis: BalanceBasis) -> int:
        """Our figure for what the venue calls our balance."""
        free = self.balance("cash", venue, currency) + self.balance("reserved", venue, currency)
        if basis is BalanceBasis.CASH:
            return free
        return free + self.balance("position", venue, currency) + self.balance("netting", venue, currency)

    def imbalance(self) -> int:
        """The largest sum of all accounts over the currencies, in micros: zero, or the books are broken."""
        sums: dict[Currency, int] = {}
        for (_, currency), micros in self.balances.items():
            sums[currency] = sums.get(currency, 0) + micros
        return max(map(abs, sums.values()), default=0)

    def is_open(self, fact: BalanceReported) -> bool:
        """Whether an earlier balance of this venue was booked as the opening one."""
        return (fact.venue, fact.currency) in self._opened

    def has_booked(self, fact: MarketSettled) -> bool:
        """Whether this very statement was booked before."""
        stake = self._stakes.get((fact.venue, fact.venue_market))
        return stake is not None and fact.statement in stake.statements

    # ---- posting ----

    def post(self, seq: int, cause: str, lines: Iterable[Line]) -> Entry | None:
        """Book one entry; lines that do not add up to zero in every currency are our own error."""
        moved: dict[tuple[str, Currency], int] = {}
        sums: dict[Currency, int] = {}
        for account, currency, micros in lines:
            moved[account, currency] = moved.get((account, currency), 0) + micros
            sums[currency] = sums.get(currency, 0) + micros
        assert not any(sums.values()), f"{cause}: lines add up to {sums}, not to zero"
        entry = Entry(seq, cause, tuple((*key, micros) for key, micros in moved.items() if micros))
        if not entry.lines:
            return None
        for account, currency, micros in entry.lines:
            total = self.balances.get((account, currency), 0) + micros
            if total:
                self.balances[account, currency] = total
            else:
                del self.balances[account, currency]
        self.entries += 1
        self.tail.append(entry)
        return entry

    def open(self, fact: BalanceReported, seq: int) -> bool:
        """The first balance of a venue is what we deposited there; later ones are for reconciliation. True if first."""
        if self.is_open(fact):
            return False
        self._opened.add((fact.venue, fact.currency))
        missing = fact.balance_micros - self.equity_micros(fact.venue, fact.currency, fact.basis)
        self.post(seq, "opening balance", VenueAccounts(fact.venue, fact.currency).deposit(missing))
        return True

    def apply(self, change: Change, seq: int, now_ns: int) -> None:
        """Post what a change of an order did to reserve, position, fees and netting."""
        before, after = change.before, change.after
        if before is not None and _amounts(before) == _amounts(after):
            return
        instrument = self._instruments[after.instrument]
        venue, currency = instrument.listing.venue, instrument.terms.currency
        reserve = reserve_micros(after, instrument.terms)
        cost, fee = locked_micros(after), after.fee_micros
        if before is not None:
            reserve -= reserve_micros(before, instrument.terms)
            cost -= locked_micros(before)
            fee -= before.fee_micros
        net = self._net_micros(instrument)
        if not (reserve or cost or fee or net):
            return
        accounts = VenueAccounts(venue, currency)
        lines = accounts.void(-cost) if cost < 0 else []
        paid = max(0, cost)
        lines += accounts.reserve(reserve + paid + fee)
        if paid or fee:
            lines += accounts.fill(cost=paid, fee=fee)
        if net:
            lines += accounts.net(net)
        self.post(seq, after.ref, lines)
        assert self.balance("reserved", venue, currency) >= 0, f"{venue}: more reserve was released than taken"
        if cost or net:
            stake = self._stakes.setdefault((venue, instrument.listing.venue_market), _Stake())
            stake.position += cost
            stake.netting += net
        wallet = self._capabilities[venue].balance_basis is BalanceBasis.WALLET
        if fee or (not wallet and cost + net):
            self.moved_ns[venue] = now_ns

    def settle(self, fact: MarketSettled, seq: int, now_ns: int) -> Settlement:
        """Post a venue's statement that was not booked before. A new one for the same market reverses the old."""
        assert not self.has_booked(fact), f"statement {fact.statement} is posted once"
        stake = self._stakes.setdefault((fact.venue, fact.venue_market), _Stake())
        corrects = self._reverse(stake, seq)
        held = self._positions.in_venue_market(fact.venue, fact.venue_market)
        settlement = Settlement(
            fact,
            self._positions.expected_profit_micros(fact.venue, fact.venue_market, fact.results),
            sum(position.bets for position in held.values()) * CENT,
            corrects,
        )
        accounts = VenueAccounts(fact.venue, self._capabilities[fact.venue].currency)
        difference = settlement.difference_micros
        proceeds = stake.position + fact.profit_micros - difference
        lines = accounts.settle(cost=stake.position, proceeds=proceeds, commission=fact.commission_micros)
        lines += accounts.net(-stake.netting)
        lines += accounts.rounding(difference) if settlement.explained else accounts.unexplained(difference)
        entry = self.post(seq, f"statement {fact.statement}", lines)
        stake.statements += (fact.statement,)
        stake.settled_position, stake.settled_netting = stake.position, stake.netting
        stake.position = stake.netting = 0
        stake.lines = entry.lines if entry else ()
        self.moved_ns[fact.venue] = now_ns
        return settlement

    def _reverse(self, stake: _Stake, seq: int) -> str:
        """Take the standing settlement of a venue market back; the statement that it followed, if any."""
        if not stake.statements:
            return ""
        statement = stake.statements[-1]
        reversing = [(account, currency, -micros) for account, currency, micros in stake.lines]
        self.post(seq, f"reversal of statement {statement}", reversing)
        stake.position += stake.settled_position
        stake.netting += stake.settled_netting
        return statement

    def _net_micros(self, instrument: Instrument) -> int:
        """Change of what a venue whose balance is cash gives back for claims both held and given."""
        if self._capabilities[instrument.listing.venue].balance_basis is not BalanceBasis.CASH:
            return 0
        netted = -self._positions.position(instrument.id).pairs_micros
        moved = netted - self._netted.get(instrument.id, 0)
        self._netted[instrument.id] = netted
        return moved


def _amounts(order: Order) -> tuple[object, ...]:
    """Everything about an order that money depends on."""
    exposed, terms = order.exposed_micros, (order.price, order.amend)
    return exposed, exposed and terms, order.claims_micros, order.cost_micros, order.fee_micros


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
