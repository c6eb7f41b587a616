"""Lines of account statements that no market of ours stands for: ends of transfers, and what nobody can explain."""

from collections import Counter
from collections.abc import Iterable
from itertools import combinations

from domain.account_lines import MOVED_BY_HAND, AccountLine
from domain.ids import Currency, VenueName, VenueOrderId
from domain.messages import BalanceReported
from domain.money import format_micros
from domain.orders import Order
from domain.treasury import AccountLinesReported, DifferenceSuspended, Leg, TransferSeen
from engine.prices import Prices
from engine.recon_notes import Notes
from engine.scribe import Scribe
from oms.suspense import line_item
from recon.breaks import SEVERITIES, Break, BreakKind
from recon.statement_lines import is_line_key, line_key

PATIENCE_ANSWERS = 3
"""So many answers may lack a line, or not be explained, before that is a break."""
TOGETHER_MAX = 3
"""So many lines may together be what a balance moved by."""


class Strays:
    """Remembers which lines were not explained yet, and how many answers did not explain them."""

    def __init__(self, scribe: Scribe, prices: Prices, notes: Notes) -> None:
        self._scribe = scribe
        self._state = scribe.state
        self._ledger = scribe.state.ledger
        self._lines = scribe.state.ledger.lines
        self._prices = prices
        self._notes = notes
        self._open: dict[VenueName, dict[str, AccountLine]] = {}
        self._unexplained: Counter[str] = Counter()

    def heard(self, fact: AccountLinesReported, news: Iterable[AccountLine]) -> None:
        """Lines that are new, or say something else than before."""
        self._open_of(fact.venue).update({line.id: line for line in news})
        self.recognise(fact.venue, fact.currency)

    def explain(self, told: BalanceReported) -> None:
        """Set aside what lines tell of that is in a balance and that nobody can explain."""
        self.recognise(told.venue, told.currency)
        apart = told.balance_micros - self._ledger.equity_micros(told.venue, told.currency, told.basis)
        if not apart:
            return
        free = [line for line in self._unexplained_lines(told.venue) if not self._is_held(told.venue, line)]
        for count in range(1, TOGETHER_MAX + 1):
            for some in combinations(free, count):
                if sum(line.micros for line in some) == apart:
                    for line in some:
                        why = f"line {line.id}, {line.kind}: {line.detail or 'no words'}"
                        self._scribe.record(
                            DifferenceSuspended(told.venue, told.currency, line.micros, why, line=line.id)
                        )
                    return

    def recognise(self, venue: VenueName, currency: Currency) -> None:
        """Ends of approved transfers that lines show, each line for one end; and what explains itself later."""
        for item in self._ledger.suspense.of_lines(venue, currency):
            line = self._line_of(venue, item.item)
            if line is not None and (self._waiting(venue, currency, line) or self.is_ours(venue, line, moved=False)):
                why = f"line {line.id} is explained"
                self._scribe.record(DifferenceSuspended(venue, currency, -item.micros, why, line=line.id))
        for line in self._unclaimed(venue, currency):
            waiting = self._waiting(venue, currency, line)
            if waiting and not self._is_held(venue, line):
                self._scribe.record(TransferSeen(*waiting, f"line {line.id}"))

    def _waiting(self, venue: VenueName, currency: Currency, line: AccountLine) -> tuple[()] | tuple[str, Leg]:
        """The oldest end of an approved transfer that a line can be."""
        if line.kind not in MOVED_BY_HAND:
            return ()
        ends = self._ledger.transfers.explaining(venue, currency, line.micros)
        return ends[0] if len(ends) == 1 else ()

    def _unclaimed(self, venue: VenueName, currency: Currency) -> list[AccountLine]:
        """Lines about money moved by hand that no end of a transfer stands for yet."""
        moved = self._lines.moved_by_hand(venue)
        seen = Counter(self._ledger.transfers.seen_at(venue, currency)) if moved else Counter()
        free = []
        for line in moved:
            if seen[line.micros]:
                seen[line.micros] -= 1
            else:
                free.append(line)
        return free

    def _unexplained_lines(self, venue: VenueName) -> list[AccountLine]:
        """Lines that no order, market or transfer of ours stands for, and that nobody left as they are."""
        still = self._open_of(venue)
        for line in [*still.values()]:
            if self._lines.is_left(venue, line) or self.is_ours(venue, line, moved=False):
                del still[line.id]
        if not still:
            return []
        free = {line.id for line in self._unclaimed(venue, self._prices.capabilities[venue].currency)}
        return [line for line in still.values() if line.kind not in MOVED_BY_HAND or line.id in free]

    def tell(self, fact: AccountLinesReported) -> None:
        """A line that several answers did not explain and that is not set aside: something else is wrong too."""
        found = []
        for line in self._unexplained_lines(fact.venue):
            self._unexplained[line.id] += 1
            if self._unexplained[line.id] >= PATIENCE_ANSWERS and not self._is_held(fact.venue, line):
                found.append(_unexplained(fact, line))
        self._notes.compared(found, fact.venue, lambda key, _: is_line_key(key))

    def _open_of(self, venue: VenueName) -> dict[str, AccountLine]:
        """Lines that were not explained when last looked at; those of an earlier process are looked at anew."""
        if venue not in self._open:
            self._open[venue] = {line.id: line for line in self._lines.of(venue)}
        return self._open[venue]

    def is_ours(self, venue: VenueName, line: AccountLine, *, moved: bool = True) -> bool:
        """Whether a line is about an order of ours, or else about a market in which we have something."""
        if line.kind in MOVED_BY_HAND:
            return moved
        if line.venue_order_id is not None:
            return self.order(venue, line.venue_order_id) is not None
        return bool(line.venue_market) and (venue, line.venue_market) in self._ledger.settling.stakes

    def _is_held(self, venue: VenueName, line: AccountLine) -> bool:
        return line_item(venue, line.id) in self._ledger.suspense.items

    def _line_of(self, venue: VenueName, item: str) -> AccountLine | None:
        return self._lines.find(venue, item.removeprefix(line_item(venue, "")))

    def order(self, venue: VenueName, name: str) -> Order | None:
        return self._state.blotter.orders.get_by_venue_id(venue, VenueOrderId(name))


def _unexplained(fact: AccountLinesReported, line: AccountLine) -> Break:
    return Break(
        venue=fact.venue,
        key=line_key(line.id),
        kind=BreakKind.BALANCE,
        severity=SEVERITIES[BreakKind.BALANCE],
        money_micros=abs(line.micros),
        currency=fact.currency,
        detail=f"nothing explains {format_micros(line.micros)} {fact.currency}, {line.kind}: {line.detail}",
    )
