"""Balanced entries and what they lead to: nothing is posted that does not add up, or that is of two entities."""

from collections import deque
from collections.abc import Iterable

import msgspec

from domain.ids import Currency
from oms.accounts import CUSTOMER, entity_of
from oms.postings import Line, VenueAccounts, What

TAIL_MAX = 1_000
"""Latest entries kept for people; the journal can make all of them again."""


class Unbookable(AssertionError):
    """Lines that are our own error; a branch of its own, because money is not mixed where asserts are left out."""


class Entry(msgspec.Struct, frozen=True):
    """One balanced set of lines: `seq` of the record and the order, statement or report that caused it.

    Raises Unbookable for lines of more than one entity: such an entry there cannot be.
    """

    seq: int
    cause: str
    lines: tuple[Line, ...]
    what: str = ""

    def __post_init__(self) -> None:
        for line in self.lines:
            if CUSTOMER in line[0]:  # nearly every entry is the house's, and nothing more is asked of it
                whose = sorted({entity_of(account) for account, _, _ in self.lines})
                if len(whose) > 1:
                    raise Unbookable(f"{self.cause}: an entry is of one entity, not of {' and '.join(whose)}")
                return


class Entries:
    """Balances by account and currency; zero balances are not kept."""

    def __init__(self) -> None:
        self.balances: dict[tuple[str, Currency], int] = {}
        self.tail: deque[Entry] = deque(maxlen=TAIL_MAX)
        self.count = 0

    def post(self, seq: int, cause: str, lines: Iterable[Line], what: What | None = None) -> Entry | None:
        """Book one entry, None where it moves nothing.

        Raises Unbookable, before anything is booked, for lines that do not add up to zero in every currency or are of
        more than one entity.
        """
        moved: dict[tuple[str, Currency], int] = {}
        sums: dict[Currency, int] = {}
        for account, currency, micros in lines:
            moved[account, currency] = moved.get((account, currency), 0) + micros
            sums[currency] = sums.get(currency, 0) + micros
        if any(sums.values()):
            raise Unbookable(f"{cause}: lines add up to {sums}, not to zero")
        entry = Entry(seq, cause, tuple((*key, micros) for key, micros in moved.items() if micros), what or "")
        if not entry.lines:
            return None
        self._book(entry)
        return entry

    def reserve(self, seq: int, cause: str, wallet: VenueAccounts, micros: int) -> None:
        """Book that an order may cost so much more, or less if negative: lines that balance by themselves."""
        what = What.RESERVE if micros > 0 else What.RELEASE
        self._book(Entry(seq, cause, tuple(wallet.reserve(micros)), what))

    def _book(self, entry: Entry) -> None:
        balances = self.balances
        for account, currency, micros in entry.lines:
            key = account, currency
            total = balances.get(key, 0) + micros
            if total:
                balances[key] = total
            else:
                del balances[key]
        self.count += 1
        self.tail.append(entry)

    def totals(self, name: str) -> dict[Currency, int]:
        """One kind of account over all venues, per currency."""
        found: dict[Currency, int] = {}
        for (account, currency), micros in self.balances.items():
            if account.partition(":")[0] == name:
                found[currency] = found.get(currency, 0) + micros
        return found

    def imbalance(self) -> int:
        """The largest sum of all accounts over the currencies, in micros: zero, or the books are broken."""
        sums: dict[Currency, int] = {}
        for (_, currency), micros in self.balances.items():
            sums[currency] = sums.get(currency, 0) + micros
        return max(map(abs, sums.values()), default=0)
