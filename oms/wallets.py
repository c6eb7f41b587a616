"""The wallets that the house has at venues: one for each venue, currency and shard."""

from domain.ids import Currency, VenueName
from domain.terms import BalanceBasis
from oms.entries import Entries
from oms.postings import VenueAccounts

NOWHERE: dict[int, VenueAccounts] = {}


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

    def balance(self, name: str, venue: VenueName, currency: Currency, *, shard: int | None = None) -> int:
        """One account of a wallet by its name there (`cash`), micros, debit positive: of all shards, or of one."""
        wallets = self._found.get((venue, currency), NOWHERE)
        if shard is not None:
            wallet = wallets.get(shard)
            return 0 if wallet is None else self._balances.get((getattr(wallet, name), currency), 0)
        return sum(self._balances.get((getattr(wallet, name), currency), 0) for wallet in wallets.values())

    def equity_micros(
        self, venue: VenueName, currency: Currency, basis: BalanceBasis, *, shard: int | None = None
    ) -> int:
        """Our figure for what the venue calls our balance."""
        names = ("cash", "reserved") if basis is BalanceBasis.CASH else ("cash", "reserved", "position", "netting")
        return sum(self.balance(name, venue, currency, shard=shard) for name in names)
