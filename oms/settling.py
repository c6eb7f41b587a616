"""What venues' statements do to the ledger, and how far what they settle is paid.

A settlement follows from a venue's statement and our fills, whichever of them came first: a late fill takes the
standing settlement back and books it anew. Of two statements of one market the venue's later one stands, in whatever
order they came; the earlier is taken back by a reversing entry.
"""

from collections.abc import Mapping

import msgspec

from domain.fees import CENT
from domain.ids import VenueMarketId, VenueName
from domain.markets import Listing
from domain.messages import MarketSettled
from domain.terms import Capabilities
from domain.treasury import PaymentsProven, SuspenseWrittenOff
from oms.entries import Entries
from oms.positions import Positions
from oms.postings import Line, VenueAccounts, What
from oms.suspense import Suspense, item_of
from oms.wallets import Wallets


class Settlement(msgspec.Struct, frozen=True):
    """A venue market as settled: our profit from fills (None: a result is missing) against the venue's, gross.

    `rounding_max_micros` is one smallest coin for each bet: what the venue's roundings may explain. `corrects` is the
    statement that stood before. `again`: the statement stood already, a late match changed our side of it.
    """

    statement: MarketSettled
    expected_micros: int | None
    rounding_max_micros: int
    corrects: str = ""
    again: bool = False

    @property
    def difference_micros(self) -> int:
        """What the venue paid beyond our own figure."""
        return 0 if self.expected_micros is None else self.statement.profit_micros - self.expected_micros

    @property
    def explained(self) -> bool:
        """Whether roundings can account for the difference."""
        return self.expected_micros is not None and abs(self.difference_micros) <= self.rounding_max_micros


class Stake:
    """What one venue market holds of the position and netting accounts, and what its standing statement moved.

    `statements` are all that were ever heard, `proven` those that a balance has shown as paid; `reversed` is the one
    that was taken back last, `corrects` the one in whose place the standing one came.
    """

    def __init__(self, wallet: VenueAccounts) -> None:
        self.wallet = wallet
        self.position = 0
        self.netting = 0
        self.statements: tuple[str, ...] = ()
        self.proven: tuple[str, ...] = ()
        self.standing: MarketSettled | None = None
        self.reversed = ""
        self.corrects = ""
        self.settled_position = 0
        self.settled_netting = 0
        self.lines: tuple[Line, ...] = ()

    @property
    def paid(self) -> bool:
        """Whether the venue's own balance has shown what the standing statement paid."""
        return self.standing is not None and self.standing.statement in self.proven

    def outdates(self, fact: MarketSettled) -> bool:
        """Whether the venue made this statement before the one that stands, and it was only late."""
        return self.standing is not None and 0 < fact.settled_ms < self.standing.settled_ms


class Settling:
    """Books statements; what each market holds is told by `move`."""

    def __init__(
        self,
        book: Entries,
        wallets: Wallets,
        suspense: Suspense,
        positions: Positions,
        capabilities: Mapping[VenueName, Capabilities],
        moved_ns: dict[VenueName, int],
    ) -> None:
        self.stakes: dict[tuple[VenueName, VenueMarketId], Stake] = {}
        self._unpaid: dict[tuple[VenueName, VenueMarketId], None] = {}
        self._book = book
        self._wallets = wallets
        self._suspense = suspense
        self._positions = positions
        self._capabilities = capabilities
        self._moved_ns = moved_ns

    def has_booked(self, fact: MarketSettled) -> bool:
        """Whether this very statement was booked before."""
        stake = self.stakes.get((fact.venue, fact.venue_market))
        return stake is not None and fact.statement in stake.statements

    def standing(self, venue: VenueName, venue_market: VenueMarketId) -> MarketSettled | None:
        """The statement that stands for a market."""
        stake = self.stakes.get((venue, venue_market))
        return None if stake is None else stake.standing

    def unpaid(self, venue: VenueName) -> tuple[tuple[VenueMarketId, str], ...]:
        """The standing statements of a venue that no balance of its own has shown as paid: market and statement."""
        standing = [(market, self.stakes[at, market].standing) for at, market in self._unpaid if at == venue]
        return tuple((market, fact.statement) for market, fact in standing if fact is not None)

    def move(
        self, listing: Listing, wallet: VenueAccounts, *, cost: int, net: int, seq: int, now_ns: int
    ) -> Settlement | None:
        """A market holds more or less than before; one that is settled is settled anew."""
        stake = self._stake(listing.venue, listing.venue_market, wallet)
        stake.position += cost
        stake.netting += net
        if stake.standing is None:
            return None
        fact = stake.standing
        self._reverse(stake, seq)
        return self._book_statement(stake, fact, seq, now_ns, again=True)

    def unsettle(self, fact: MarketSettled, seq: int, now_ns: int) -> None:
        """Take a market's standing settlement back, before a new statement says what was annulled and paid."""
        stake = self.stakes.get((fact.venue, fact.venue_market))
        if stake is not None and stake.standing is not None and not stake.outdates(fact):
            self._reverse(stake, seq)
            self._moved_ns[fact.venue] = now_ns

    def settle(self, fact: MarketSettled, seq: int, now_ns: int) -> Settlement | None:
        """Post a venue's statement that was not booked before. A new one for the same market reverses the old.

        None for one that is older than what stands: it is remembered, and moves nothing.
        """
        assert not self.has_booked(fact), f"statement {fact.statement} is posted once"
        stake = self._stake(fact.venue, fact.venue_market, self._wallet(fact.venue))
        stake.statements += (fact.statement,)
        if stake.outdates(fact):
            return None
        if stake.standing is not None:
            self._reverse(stake, seq)
        stake.corrects = stake.reversed
        self._unpaid.pop((fact.venue, fact.venue_market), None)
        if fact.statement not in stake.proven:
            self._unpaid[fact.venue, fact.venue_market] = None
        return self._book_statement(stake, fact, seq, now_ns)

    def prove(self, fact: PaymentsProven) -> None:
        """A balance has shown what statements paid, also those that we hear of later."""
        for market, statement in fact.statements:
            stake = self._stake(fact.venue, market, self._wallet(fact.venue))
            if statement not in stake.proven:
                stake.proven += (statement,)
            if stake.paid:
                self._unpaid.pop((fact.venue, market), None)

    def write_off(self, fact: SuspenseWrittenOff, seq: int, now_ns: int) -> bool:
        """Leave a difference as it is; false, and nothing posted, where it is not there as it was signed."""
        stake = next((one for (venue, market), one in self.stakes.items() if item_of(venue, market) == fact.item), None)
        entry = self._suspense.write_off(fact, None if stake is None else stake.wallet, seq, now_ns)
        if stake is not None and entry is not None:
            stake.lines += entry.lines  # a later statement takes it back with all else
        return entry is not None

    def _wallet(self, venue: VenueName) -> VenueAccounts:
        return self._wallets.of(venue, self._capabilities[venue].currency)

    def _stake(self, venue: VenueName, market: VenueMarketId, wallet: VenueAccounts) -> Stake:
        found = self.stakes.get((venue, market))
        if found is None:
            found = self.stakes[venue, market] = Stake(wallet)
        return found

    def _book_statement(
        self, stake: Stake, fact: MarketSettled, seq: int, now_ns: int, *, again: bool = False
    ) -> Settlement:
        """What the venue paid, in place of what the market held; the difference to our own figure gets a name."""
        held = self._positions.in_venue_market(fact.venue, fact.venue_market)
        settlement = Settlement(
            fact,
            self._positions.expected_profit_micros(fact.venue, fact.venue_market, fact.results, fact.parts),
            sum(position.bets for position in held.values()) * CENT,
            stake.corrects,
            again,
        )
        wallet, difference = stake.wallet, settlement.difference_micros
        proceeds = stake.position + fact.profit_micros - difference
        lines = wallet.settle(cost=stake.position, proceeds=proceeds, commission=fact.commission_micros)
        lines += wallet.net(-stake.netting)
        lines += wallet.rounding(difference) if settlement.explained else wallet.unexplained(difference)
        entry = self._book.post(seq, f"statement {fact.statement}", lines, What.SETTLE)
        item = item_of(fact.venue, fact.venue_market)
        self._suspense.put(item, wallet, 0 if settlement.explained else difference, seq, now_ns)
        stake.standing = fact
        stake.settled_position, stake.settled_netting = stake.position, stake.netting
        stake.position = stake.netting = 0
        stake.lines = entry.lines if entry else ()
        self._moved_ns[fact.venue] = now_ns
        return settlement

    def _reverse(self, stake: Stake, seq: int) -> None:
        """Take the standing settlement of a market back."""
        assert stake.standing is not None, "only what stands can be taken back"
        stake.reversed = stake.standing.statement
        reversing = [(account, currency, -micros) for account, currency, micros in stake.lines]
        self._book.post(seq, f"reversal of statement {stake.reversed}", reversing, What.REVERSAL)
        stake.position += stake.settled_position
        stake.netting += stake.settled_netting
        stake.standing, stake.lines = None, ()
