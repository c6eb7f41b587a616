"""Money on its way between our wallets: asked for, approved by another, posted once venues' balances show it.

A wallet's end of a transfer is posted when the venue's own balance has moved by it, never before; so our figures agree
with the venue's at every moment. Between the two ends money of one currency stands in `transit`, and what is exchanged
in `fx_clearing`, each end in its own currency. The bank shows us no balance: its end is posted with the other one.
"""

import enum
from collections.abc import Iterator
from itertools import combinations

import msgspec

from domain.ids import Currency, VenueName
from domain.people import person
from domain.treasury import BANK, Leg, TransferDecided, TransferRequested, TransferSeen
from oms.accounts import Account, Kind
from oms.entries import Entries
from oms.postings import Line, What
from oms.wallets import Wallets

TOGETHER_MAX = 3
"""So many ends of transfers may together be what a balance moved by; more are looked at by people."""


class TransferState(enum.StrEnum):
    """How far a transfer has come."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    SENT = "sent"
    """One end is seen, the other not yet."""
    DONE = "done"


class Transfer(msgspec.Struct):
    """One transfer, and the records that moved it on; 0 for what did not happen yet."""

    asked: TransferRequested
    requested_seq: int
    decided: TransferDecided | None = None
    decided_seq: int = 0
    sent_seq: int = 0
    arrived_seq: int = 0

    @property
    def state(self) -> TransferState:
        """One word for it."""
        if self.decided is None:
            return TransferState.REQUESTED
        if not self.decided.approved:
            return TransferState.REFUSED
        if self.sent_seq and self.arrived_seq:
            return TransferState.DONE
        return TransferState.SENT if self.sent_seq or self.arrived_seq else TransferState.APPROVED

    def is_seen(self, leg: Leg) -> bool:
        """Whether one end was posted."""
        return bool(self.sent_seq if leg is Leg.SENT else self.arrived_seq)

    def at(self, leg: Leg) -> tuple[VenueName, Currency, int]:
        """Where one end is, in which currency, and by how much it moves the balance there."""
        asked = self.asked
        if leg is Leg.SENT:
            return asked.source, asked.currency, -asked.micros
        return asked.target, asked.into_currency, asked.into_micros


def objection(fact: TransferRequested | TransferDecided, known: dict[str, Transfer]) -> str:
    """Why a word about a transfer cannot be taken; empty if it can. The text names the field, the value and the fix."""
    held = known.get(fact.transfer)
    if isinstance(fact, TransferDecided):
        if held is None:
            return f"transfer = {fact.transfer!r}: nobody asked for it; name one that was requested"
        if held.decided is not None:
            return f"transfer = {fact.transfer!r}: {held.decided.who} decided it already"
        if fact.approved and person(fact.who) == person(held.asked.who):
            return f"who = {fact.who!r}: asked for it; a second person has to approve it"
        return ""
    if held is not None:
        return f"transfer = {fact.transfer!r}: is another's name; choose one that was never used"
    for field, micros in (("micros", fact.micros), ("into_micros", fact.into_micros)):
        if micros <= 0:
            return f"{field} = {micros}: an amount is above 0"
    if (fact.source, fact.source_shard) == (fact.target, fact.target_shard):
        return f"target = {fact.target!r}: is where the money is; name another wallet"
    if fact.currency == fact.into_currency and fact.micros != fact.into_micros:
        return f"into_micros = {fact.into_micros}: in one currency as much arrives as was sent, {fact.micros}"
    return ""


class Transfers:
    """Every transfer of a run, changed by journalled facts alone."""

    def __init__(self, book: Entries, wallets: Wallets, moved_ns: dict[VenueName, int]) -> None:
        self.known: dict[str, Transfer] = {}
        self._book = book
        self._wallets = wallets
        self._moved_ns = moved_ns

    def apply(self, fact: TransferRequested | TransferDecided | TransferSeen, seq: int, now_ns: int) -> None:
        """Take one record over; a word that was not to be taken, or was taken before, changes nothing."""
        if isinstance(fact, TransferSeen):
            self._see(fact, seq, now_ns)
        elif not objection(fact, self.known):
            if isinstance(fact, TransferRequested):
                self.known[fact.transfer] = Transfer(fact, seq)
            else:
                held = self.known[fact.transfer]
                held.decided, held.decided_seq = fact, seq

    def explaining(self, venue: VenueName, currency: Currency, apart_micros: int) -> tuple[tuple[str, Leg], ...]:
        """The fewest ends of approved transfers that are what a venue's balance has beyond ours; none if no ends are.

        Older ones go first where several would do.
        """
        waiting = [(name, leg, moved) for name, leg, at, moved in self._waiting() if at == (venue, currency)]
        for count in range(1, TOGETHER_MAX + 1):
            for some in combinations(waiting, count):
                if sum(moved for _, _, moved in some) == apart_micros:
                    return tuple((name, leg) for name, leg, _ in some)
        return ()

    def seen_at(self, venue: VenueName, currency: Currency) -> Iterator[int]:
        """By how much each end that was posted at a wallet moved it."""
        for transfer in self.known.values():
            for leg in Leg:
                at, of, moved = transfer.at(leg)
                if (at, of) == (venue, currency) and transfer.is_seen(leg):
                    yield moved

    def _waiting(self) -> Iterator[tuple[str, Leg, tuple[VenueName, Currency], int]]:
        for name, transfer in self.known.items():
            if transfer.state in (TransferState.APPROVED, TransferState.SENT):
                for leg in Leg:
                    venue, currency, moved = transfer.at(leg)
                    if venue != BANK and not transfer.is_seen(leg):
                        yield name, leg, (venue, currency), moved

    def _see(self, fact: TransferSeen, seq: int, now_ns: int) -> None:
        transfer = self.known.get(fact.transfer)
        if transfer is None or transfer.decided is None or not transfer.decided.approved or transfer.is_seen(fact.leg):
            return
        venue, _, _ = transfer.at(fact.leg)
        self._post(transfer, fact.leg, seq)
        self._moved_ns[venue] = now_ns
        other = Leg.ARRIVED if fact.leg is Leg.SENT else Leg.SENT
        if transfer.at(other)[0] == BANK:
            self._post(transfer, other, seq)

    def _post(self, transfer: Transfer, leg: Leg, seq: int) -> None:
        if leg is Leg.SENT:
            transfer.sent_seq = seq
        else:
            transfer.arrived_seq = seq
        cause = f"transfer {transfer.asked.transfer} {leg}"
        self._book.post(seq, cause, self._lines(transfer, leg), What.TRANSFER)

    def _lines(self, transfer: Transfer, leg: Leg) -> list[Line]:
        asked = transfer.asked
        venue, currency, moved = transfer.at(leg)
        if venue == BANK:
            way = Kind.TRANSIT if asked.currency == asked.into_currency else Kind.FX_CLEARING
            return [(Account(Kind.BANK).name, currency, moved), (Account(way).name, currency, -moved)]
        if leg is Leg.SENT:
            return self._wallets.of(venue, currency, asked.source_shard).send(asked.micros, asked.into_currency)
        return self._wallets.of(venue, currency, asked.target_shard).receive(asked.into_micros, asked.currency)
