"""Classes of break by venue: each is made at every venue where a round can meet it, and elsewhere the table says why.

Made in `test_break_classes` and here; `TABLE` is checked against what both of them make.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain.ids import VenueName
from recon.breaks import BreakKind
from tests.demands.trials import VENUES
from tests.simulation.tampering import POLLED, STREAMING, Tampered
from tests.simulation.test_break_classes import SETTLING, stood
from venues.betfair.fake.statement import AccountStatement, Item

BETS, CONTRACTS = STREAMING

NO_STREAM = "there is no stream that could keep a match to itself: every match comes from a list"
OVER_IS_LISTED = "orders that are over stay on the list, with the part that was cancelled: nothing is ever missing"
FILLS_ARE_NAMED = (
    "resting orders are told with the sum of matches whose names we have; the list of matches is append-only, and a "
    "report below it is kept and never believed"
)
ONLY_RESTING = (
    "only what rests is listed, and our quotes are replaced within a second of a match: what is wrong with one of an "
    "order that is over shows when its market is settled, as RESULT"
)
BY_HISTORY = "what rests is told by an id that never rests again once it is over: it is a new order, UNKNOWN_AT_VENUE"
FROM_MATCHES = "its statement is made of the matches that are booked already: what it pays beyond them is BALANCE"

MADE = "made"
TABLE: dict[BreakKind, dict[VenueName, str]] = {
    BreakKind.MISSING_AT_VENUE: {BETS: OVER_IS_LISTED, CONTRACTS: MADE, POLLED: OVER_IS_LISTED},
    BreakKind.UNKNOWN_AT_VENUE: dict.fromkeys(VENUES, MADE),
    BreakKind.MISSING_FILL: {BETS: MADE, CONTRACTS: MADE, POLLED: NO_STREAM},
    BreakKind.EXTRA_FILL: {BETS: MADE, CONTRACTS: FILLS_ARE_NAMED, POLLED: ONLY_RESTING},
    BreakKind.PRICE: {BETS: MADE, CONTRACTS: FILLS_ARE_NAMED, POLLED: ONLY_RESTING},
    BreakKind.FEE: dict.fromkeys(VENUES, MADE),
    BreakKind.RESULT: {BETS: MADE, CONTRACTS: FROM_MATCHES, POLLED: MADE},
    BreakKind.STATUS: {BETS: BY_HISTORY, CONTRACTS: BY_HISTORY, POLLED: MADE},
    BreakKind.BALANCE: dict.fromkeys(VENUES, MADE),
}
"""MADE, or why no round meets it there."""


def test_every_class_is_made_at_each_venue_or_has_its_reason() -> None:
    assert set(TABLE) == set(BreakKind)
    assert all(set(row) == set(VENUES) and all(row.values()) for row in TABLE.values())


def more_commission_at_bets(trial: Tampered, micros: int) -> None:
    book: Callable[..., None] = AccountStatement._book

    def dearer(self: AccountStatement, state: Any, statement: Any, at_ms: int, *, sign: int) -> None:
        book(self, state, statement, at_ms, sign=sign)
        last = self._settled[-1]
        if statement.commission_micros:
            self._settled[-1] = Item(last.at_ms, last.micros - sign * micros, last.ref, last.legacy)

    for statement in trial.simulation.exchanges.world.exchanges[BETS]._listeners:
        owner = getattr(statement, "__self__", None)
        if isinstance(owner, AccountStatement):
            owner._book = dearer.__get__(owner)  # type: ignore[method-assign]


def more_commission_at_polled(trial: Tampered, micros: int) -> None:
    (books,) = trial._books(POLLED)
    add = books.transactions._add

    def dearer(kind: str, detail: str, amount: int, at_ms: int) -> None:
        add(kind, detail, amount - micros if kind == "Commission" else amount, at_ms)

    books.transactions._add = dearer


@pytest.mark.parametrize(
    ("venue", "seed", "tamper"),
    [(BETS, 4, more_commission_at_bets), (POLLED, 1, more_commission_at_polled)],
    ids=[BETS, POLLED],
)
def test_fee_of_a_market_that_its_own_line_contradicts_is_found(
    tmp_path: Path, venue: VenueName, seed: int, tamper: Callable[[Tampered, int], None]
) -> None:
    """The seeds are of matches in which something is won there."""
    trial = Tampered(tmp_path, seed=seed, **SETTLING)
    tamper(trial, 60_000)
    for _ in range(30):
        if trial.run(10).standing(BreakKind.FEE):
            break
    stood(trial, BreakKind.FEE)
    found = trial.standing(BreakKind.FEE)[0].fact
    assert (found.venue, found.apart_micros) == (venue, 60_000)
    assert found.key == f"{found.venue_market}/lines"


def test_result_that_the_polled_venue_misstates_stands_with_its_money(tmp_path: Path) -> None:
    trial = Tampered(tmp_path, **SETTLING)
    trial.misstate(POLLED, 5_000_000)
    for _ in range(30):
        if trial.run(10).standing(BreakKind.RESULT):
            break
    found = trial.standing(BreakKind.RESULT)
    assert {(one.fact.venue, one.fact.severity) for one in found} == {(POLLED, "HIGH")}
    assert all(one.fact.owner and one.fact.found_ms and one.fact.money_micros >= 5_000_000 for one in found)
