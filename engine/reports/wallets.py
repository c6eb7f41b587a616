"""What each wallet held, what moved in and out of it, and what it earned, posting by posting."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from desk.reports.books import Balance, Movement, StatementLine
from domain.breaks import BalanceCompared, Comparison
from domain.terms import BalanceBasis
from engine.reports.profit import balances_until
from engine.reports.rows import RunRows
from engine.reports.venue_lines import lines_apart_micros
from oms.accounts import HOUSE, Kind, account
from recon.balances import MS, Wallets
from storage.queries import Found

WORTH = frozenset({Kind.CASH, Kind.RESERVED, Kind.POSITION, Kind.NETTING})
"""The accounts whose sum is what a wallet is worth."""

OUTSIDE = frozenset({Kind.BANK, Kind.TRANSIT, Kind.FX_CLEARING, Kind.OWED, Kind.EQUITY})
"""Money that comes from these or goes to them was moved, not earned."""

BALANCE = "BALANCE"

DOUBTS = {
    Comparison.AGREED: "",
    Comparison.APART: "the two are apart",
    Comparison.OVERTAKEN: "our books moved while the venue was asked",
    Comparison.AWAITING: "they are apart, and a statement that may explain it is still to come",
    Comparison.SILENT: "the venue did not answer before the end",
}
"""Why the last comparison of a wallet is not that both agree."""


class Wallet(msgspec.Struct):
    """One venue and currency, as it is told posting by posting; all shards together."""

    venue: str
    currency: str
    held: dict[Kind, int] = {}
    moved: int = 0
    made: int = 0
    most_locked: int = 0
    moved_ns: int = 0

    @property
    def worth(self) -> int:
        """Everything in it, micros."""
        return sum(self.held.get(kind, 0) for kind in WORTH)

    @property
    def locked(self) -> int:
        """What stands behind open orders and matched bets."""
        return self.worth - self.held.get(Kind.CASH, 0)

    def take(self, lines: Sequence[Found]) -> int:
        """Take one entry's lines of this wallet over; what it changed of the worth."""
        before = self.worth
        for row in lines:
            of = account(row["account"])
            if of.kind in WORTH:
                self.held[of.kind] = self.held.get(of.kind, 0) + row["micros"]
        self.most_locked = max(self.most_locked, self.locked)
        if self.worth != before:
            self.moved_ns = lines[0]["wall_ns"]
        return self.worth - before


class Entry(msgspec.Struct, frozen=True):
    """One entry of the ledger: its lines, and whether money came from outside the desk or left it."""

    lines: list[Found]
    outside: bool

    @property
    def first(self) -> Found:
        """What every line says alike: record, time, cause."""
        return self.lines[0]


def entries(rows: RunRows, *, until_ns: int) -> Iterator[Entry]:
    """The house's entries before a moment, in order."""
    for _, lines in groupby(rows.table("postings"), key=lambda row: row["entry"]):
        found = [row for row in lines if account(row["account"]).entity == HOUSE]
        if found and found[0]["wall_ns"] < until_ns:
            yield Entry(found, any(account(row["account"]).kind in OUTSIDE for row in found))


def balances(rows: RunRows, *, since_ns: int, until_ns: int) -> list[Balance]:
    """Each wallet's day."""
    wallets: dict[tuple[str, str], Wallet] = {}
    opened: dict[tuple[str, str], int] = {}
    for entry in entries(rows, until_ns=until_ns):
        of: dict[tuple[str, str], list[Found]] = defaultdict(list)
        for row in entry.lines:
            venue = account(row["account"]).venue
            if venue:
                of[venue, row["currency"]].append(row)
        for key, lines in of.items():
            wallet = wallets.setdefault(key, Wallet(*key))
            in_day = entry.first["wall_ns"] >= since_ns
            if in_day and key not in opened:
                opened[key] = wallet.worth
                wallet.most_locked = wallet.locked
            changed = wallet.take(lines)
            if not in_day:
                wallet.most_locked = 0
            elif entry.outside:
                wallet.moved += changed
            else:
                wallet.made += changed
    return [_balance(rows, wallet, opened.get(key), until_ns) for key, wallet in sorted(wallets.items())]


def _balance(rows: RunRows, wallet: Wallet, opened: int | None, until_ns: int) -> Balance:
    breaks = [row for row in rows.table("breaks") if row["venue"] == wallet.venue and row["kind"] == BALANCE]
    standing = [row for row in breaks if row["found_ns"] < until_ns <= (row["healed_ns"] or until_ns)]
    agreed_ns, doubt = _compared(rows, wallet, until_ns)
    basis = next(one.balance_basis for one in rows.started.capabilities if one.venue == wallet.venue)
    free = wallet.held.get(Kind.CASH, 0) + wallet.held.get(Kind.RESERVED, 0)
    held = balances_until(rows, until_ns)
    return Balance(
        venue=wallet.venue,
        account=f"{HOUSE}:{wallet.venue}",
        currency=wallet.currency,
        opened_micros=wallet.worth if opened is None else opened,
        moved_micros=wallet.moved,
        made_micros=wallet.made,
        closed_micros=wallet.worth,
        reserved_micros=wallet.held.get(Kind.RESERVED, 0),
        locked_micros=wallet.held.get(Kind.POSITION, 0) + wallet.held.get(Kind.NETTING, 0),
        most_locked_micros=max(wallet.most_locked, wallet.locked),
        venue_figure_micros=free if basis is BalanceBasis.CASH else wallet.worth,
        apart_micros=sum(row["apart_micros"] for row in standing),
        lines_apart_micros=lines_apart_micros(rows, wallet.venue, wallet.currency, until_ns),
        agreed_ns=agreed_ns,
        doubt=doubt,
        suspense_micros=-held.get((Kind.SUSPENSE, wallet.venue, wallet.currency), 0),
    )


def _compared(rows: RunRows, wallet: Wallet, until_ns: int) -> tuple[int | None, str]:
    """As of when the venue's figure last agreed, and why that is not the last word, empty if it is."""
    wallets, at_ns, last = Wallets(), 0, None
    for row, fact in rows.said(BalanceCompared):
        if (fact.venue, fact.currency) == (wallet.venue, wallet.currency) and row["wall_ns"] < until_ns:
            wallets.apply(fact)
            at_ns, last = row["wall_ns"], fact
    if last is None:
        return None, "no round did so"
    proof = wallets.proofs[last.venue, last.currency]
    agreed_ns = None if proof.agreed_ms is None else proof.agreed_ms * MS
    if proof.stands and wallet.moved_ns > at_ns:
        return agreed_ns, "our books moved after it"
    return agreed_ns, DOUBTS[last.how]


def statement_lines(rows: RunRows, venue: str, currency: str, *, since_ns: int, until_ns: int) -> list[StatementLine]:
    """What changed a wallet's worth in the day, entry by entry."""
    markets = {
        f"statement {row['statement']}": (row["venue"], row["venue_market"]) for row in rows.table("settlements")
    }
    orders = {row["ref"]: row for row in rows.table("orders")}
    wallet, found = Wallet(venue, currency), list[StatementLine]()
    for entry in entries(rows, until_ns=until_ns):
        lines = [row for row in entry.lines if _is_of(row, venue, currency)]
        changed = wallet.take(lines)
        first = entry.first
        if not changed or first["wall_ns"] < since_ns:
            continue
        commission = sum(row["micros"] for row in lines if account(row["account"]).kind is Kind.FEES)
        order = orders.get(first["cause"])
        at = markets.get(first["cause"].removeprefix("reversal of "))
        listed = rows.venue_markets.get(at, []) if at is not None else []
        event = order["event"] if order else rows.event_of(listed[0].id) if listed else ""
        found.append(
            StatementLine(
                wall_ns=first["wall_ns"],
                what=first["what"],
                cause=first["cause"],
                event=event,
                event_name=rows.events[event].name if event else "",
                market=order["market"] if order else listed[0].listing.market if listed else "",
                moved=entry.outside,
                amount_micros=changed,
                fee_micros=commission,
                equity_micros=wallet.worth,
            )
        )
    return found


def movements(rows: RunRows, venue: str, currency: str, *, since_ns: int, until_ns: int) -> list[Movement]:
    """Every posting of a wallet's accounts in the day, each with what its account held then."""
    held: dict[str, int] = defaultdict(int)
    found = []
    for entry in entries(rows, until_ns=until_ns):
        for row in entry.lines:
            if _is_of(row, venue, currency):
                held[row["account"]] += row["micros"]
                if row["wall_ns"] >= since_ns:
                    names = ("entry", "line", "seq", "wall_ns", "what", "cause", "account", "micros")
                    found.append(Movement(balance_micros=held[row["account"]], **{name: row[name] for name in names}))
    return found


def _is_of(row: Found, venue: str, currency: str) -> bool:
    return account(row["account"]).venue == venue and row["currency"] == currency
