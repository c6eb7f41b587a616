"""The wallets that the house has at venues: one for each venue, currency and shard."""

from domain.ids import Currency, VenueName
from domain.terms import BalanceBasis
from oms.accounts import Kind
from oms.entries import Entries
from oms.postings import VenueAccounts


class Wallets:
    """Finds a wallet's accounts, and reads what is in them."""

    def __init__(self, book: Entries) -> None:
        self._balances = book.balances
        self._found: dict[tuple[VenueName, Currency], dict[int, VenueAccounts]] = {}

    def of(self, venue: VenueName, currency: Currency, shard: int = 0) -> VenueAccounts:
        """The house's accounts of one wallet."""
        shards = self._found.get((venue, currency))
        if shards is None:
            shards = self._found[venue, currency] = {}
        found = shards.get(shard)
        if found is None:
            found = shards[shard] = VenueAccounts(venue, currency, shard=shard)
        return found

    def balance(self, kind: Kind, venue: VenueName, currency: Currency, *, shard: int | None = None) -> int:
        """One kind of account, micros, debit positive: of all shards, or of one."""
        total = 0
        for of, wallet in self._found.get((venue, currency), {}).items():
            if shard is None or of == shard:
                total += self._balances.get((wallet.name(kind), currency), 0)
        return total

    def equity_micros(
        self, venue: VenueName, currency: Currency, basis: BalanceBasis, *, shard: int | None = None
    ) -> int:
        """Our figure for what the venue calls our balance."""
        kinds = [Kind.CASH, Kind.RESERVED]
        if basis is BalanceBasis.WALLET:
            kinds += [Kind.POSITION, Kind.NETTING]
        return sum(self.balance(kind, venue, currency, shard=shard) for kind in kinds)
