"""What venues hold beyond our own figures, item by item with its age: set aside, explained later, or written off."""

import msgspec

from domain.ids import Currency, VenueMarketId, VenueName
from domain.treasury import DifferenceSuspended, SuspenseWrittenOff
from oms.entries import Entries, Entry
from oms.postings import VenueAccounts, What
from oms.wallets import Wallets

LINE = "line "
"""Begins the place of an item that stands in a statement; no market and no currency is called so."""


class Suspended(msgspec.Struct, frozen=True):
    """A difference that nobody can explain yet: above zero the venue has more. It ages from its first record."""

    item: str
    venue: VenueName
    currency: Currency
    micros: int
    since_seq: int
    since_ns: int

    def age_ns(self, now_ns: int) -> int:
        """How long it stands, on the clock of the records."""
        return now_ns - self.since_ns


def line_item(venue: VenueName, line: str) -> str:
    """The name of an item that one line of a venue's statement tells of."""
    return f"{venue}/{LINE}{line}"


def item_of(venue: VenueName, place: VenueMarketId | Currency) -> str:
    """The name of an item: a market whose statement differs, or a wallet by its currency."""
    return f"{venue}/{place}"


class Suspense:
    """Keeps the items; those of one venue and currency always add up to what stands in its accounts of suspense."""

    def __init__(self, book: Entries, wallets: Wallets, moved_ns: dict[VenueName, int]) -> None:
        self.items: dict[str, Suspended] = {}
        self._book = book
        self._wallets = wallets
        self._moved_ns = moved_ns

    def put(self, item: str, wallet: VenueAccounts, micros: int, seq: int, now_ns: int) -> None:
        """What an item comes to now, 0 for nothing any more; its age goes on while it stands."""
        held = self.items.get(item)
        if not micros:
            self.items.pop(item, None)
        elif held is None:
            self.items[item] = Suspended(item, wallet.venue, wallet.currency, micros, seq, now_ns)
        else:
            self.items[item] = msgspec.structs.replace(held, micros=micros)

    def suspend(self, fact: DifferenceSuspended, seq: int, now_ns: int) -> None:
        """Have our cash agree with the venue's; what nothing explains of it is in suspense, and ages."""
        item = line_item(fact.venue, fact.line) if fact.line else item_of(fact.venue, fact.currency)
        held = self.items.get(item)
        wallet = self._wallets.of(fact.venue, fact.currency)
        self._book.post(seq, f"difference of {item}", wallet.unexplained(fact.micros), What.SUSPENSE)
        self.put(item, wallet, (held.micros if held else 0) + fact.micros, seq, now_ns)
        self._moved_ns[fact.venue] = now_ns

    def of_lines(self, venue: VenueName, currency: Currency) -> list[Suspended]:
        """The items of one wallet that its venue's statement tells of."""
        place = line_item(venue, "")
        return [one for name, one in self.items.items() if name.startswith(place) and one.currency == currency]

    def write_off(self, fact: SuspenseWrittenOff, wallet: VenueAccounts | None, seq: int, now_ns: int) -> Entry | None:
        """Leave a difference as it is; None, and nothing posted, where it is not there as it was signed.

        `wallet` is that of the market, None for the item of a whole wallet.
        """
        held = self.items.get(fact.item)
        if held is None or held.micros != fact.micros:
            return None
        wallet = wallet or self._wallets.of(held.venue, held.currency)
        self.put(fact.item, wallet, 0, seq, now_ns)
        return self._book.post(seq, f"write-off of {fact.item}", wallet.write_off(held.micros), What.WRITE_OFF)
