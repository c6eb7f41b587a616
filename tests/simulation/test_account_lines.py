"""Venues' account statements in the whole program: payments proven, transfers recognised, and what nobody explains."""

from pathlib import Path

import pytest

from domain.account_lines import LineKind
from domain.breaks import WriteOffSigned
from domain.ids import Currency, OrderRef, VenueName
from domain.messages import MarketSettled
from domain.money import MICROS
from domain.treasury import (
    BANK,
    AccountLinesReported,
    PaymentsProven,
    SuspenseWrittenOff,
    TransferDecided,
    TransferRequested,
    TransferSeen,
)
from oms.account_lines import summed
from oms.transfers import TransferState
from recon.breaks import BreakKind
from recon.statement_lines import paid_micros
from tests.demands.trials import VENUES
from tests.simulation.lies import SETTLING
from tests.simulation.tampering import POLLED, ROUND_S, STREAMING, Tampered
from venues.sim.cashier import move_money
from venues.sim.world import DESK

BETS, CONTRACTS = STREAMING
CURRENCIES = {BETS: Currency("GBP"), CONTRACTS: Currency("USD"), POLLED: Currency("EUR")}
FIFTY = 50 * MICROS


@pytest.fixture
def trial(tmp_path: Path) -> Tampered:
    return Tampered(tmp_path).run(24)


def pay_in(trial: Tampered, venue: VenueName, micros: int = FIFTY) -> None:
    """Somebody moves our money at a venue's own pages."""
    exchange = trial.exchange(venue)
    assert move_money(exchange, DESK, micros, trial.simulation.clock.monotonic_ns())
    trial.publish(venue)
    for books in trial._books(venue):
        if (records := getattr(books, "records", None)) is not None:
            records.remember([], trial.simulation.clock.monotonic_ns())


def approved(trial: Tampered, venue: VenueName, *, out: bool) -> None:
    ends = (venue, BANK) if out else (BANK, venue)
    currency = CURRENCIES[venue]
    trial.street.submit(TransferRequested("t1", *ends, currency, FIFTY, currency, FIFTY, "ann", "season"))
    trial.street.submit(TransferDecided("t1", approved=True, who="bob", why="as agreed"))


@pytest.mark.parametrize("out", [False, True])
@pytest.mark.parametrize("venue", VENUES)
def test_an_approved_transfer_is_posted_once_and_its_line_explains_nothing_else(
    trial: Tampered, venue: VenueName, out: bool
) -> None:
    approved(trial, venue, out=out)
    trial.run(ROUND_S)
    pay_in(trial, venue, -FIFTY if out else FIFTY)
    trial.run(3 * ROUND_S)
    assert trial.state.ledger.transfers.known["t1"].state is TransferState.DONE
    assert trial.state.ledger.balances["bank", CURRENCIES[venue]] == -20_000 * MICROS - (-FIFTY if out else FIFTY)
    assert len([one for one in trial.records() if isinstance(one.body, TransferSeen)]) == 1
    trial.run(2 * ROUND_S)
    assert (trial.state.breaks.standing, trial.state.ledger.suspense.items) == ({}, {})


@pytest.mark.parametrize("venue", VENUES)
def test_money_that_nobody_asked_for_is_set_aside_by_its_line_at_once_until_somebody_explains_it(
    trial: Tampered, venue: VenueName
) -> None:
    pay_in(trial, venue)
    trial.run(2 * ROUND_S)
    (held,) = trial.state.ledger.suspense.items.values()
    assert (held.venue, held.micros) == (venue, FIFTY)
    assert held.item.startswith(f"{venue}/line ")
    assert held.age_ns(trial.simulation.clock.monotonic_ns()) > 0
    ((_, key, kind),) = trial.state.breaks.standing
    assert (key, kind) == (CURRENCIES[venue], BreakKind.BALANCE)
    approved(trial, venue, out=False)
    trial.run(3 * ROUND_S)
    assert trial.state.ledger.transfers.known["t1"].state is TransferState.DONE
    (seen,) = [one.body for one in trial.records() if isinstance(one.body, TransferSeen)]
    assert seen.proof.startswith("line ")
    assert (trial.state.breaks.standing, trial.state.ledger.suspense.items) == ({}, {})


def test_a_line_in_suspense_is_written_off_by_two_people_and_never_comes_back(trial: Tampered) -> None:
    pay_in(trial, POLLED)
    trial.run(2 * ROUND_S)
    money = trial.standing(BreakKind.BALANCE)[0].fact.money_micros
    for who in ("ann", "bob"):
        trial.street.submit(WriteOffSigned(POLLED, CURRENCIES[POLLED], "BALANCE", money, who, "a gift of the venue's"))
    trial.run(3 * ROUND_S)
    assert (trial.state.breaks.standing, trial.state.ledger.suspense.items) == ({}, {})
    assert len([one for one in trial.records() if isinstance(one.body, SuspenseWrittenOff)]) == 1


def test_the_lines_of_an_order_s_matches_are_held_against_what_we_booked_for_it(trial: Tampered) -> None:
    """The order's own row stays as it was: nothing but the list of matches says otherwise."""
    (books,) = trial._books(CONTRACTS)
    fills, order = books.records.fills, trial.resting(CONTRACTS)
    trial.take(order, trial.half(order))
    trial.publish(CONTRACTS)
    listed = [*fills]
    fills[:] = [one for one in listed if one.order.order is not order]
    trial.run(2 * ROUND_S)
    (found,) = trial.standing(BreakKind.EXTRA_FILL)
    ours = trial.orders()[OrderRef(order.client_ref)]
    assert found.fact.key == f"{order.client_ref}/lines"
    assert found.fact.apart_micros == -paid_micros(ours) < 0
    assert trial.street.core.prices.quarantined == {(CONTRACTS, order.market)}
    assert ours.matched_micros == order.matched_micros, "nothing is reversed"
    fills[:] = listed
    trial.run(2 * ROUND_S)
    assert trial.state.breaks.standing == {}
    assert trial.street.core.prices.quarantined == set()


def test_every_statement_is_proven_by_its_own_lines_or_where_there_are_none_by_the_balance(tmp_path: Path) -> None:
    trial = Tampered(tmp_path, **SETTLING).run(200)
    ledger = trial.state.ledger
    settled = [one.body for one in trial.records() if isinstance(one.body, MarketSettled)]
    assert {one.venue for one in settled} == set(VENUES)
    for (venue, market), stake in ledger.settling.stakes.items():
        if stake.standing is None:
            continue
        assert stake.paid, (venue, market)
        came = summed(ledger.lines.in_market(venue, market))
        assert (came.profit_micros, came.commission_micros) == (
            stake.standing.profit_micros,
            stake.standing.commission_micros,
        )
    for venue in (BETS, POLLED):
        moved = sum(line.micros for line in ledger.lines.of(venue))
        assert moved == trial.exchange(venue).floor.accounts[DESK].wallet_micros - 20_000 * MICROS
    proofs = {one.body.venue: one.body.proof for one in trial.records() if isinstance(one.body, PaymentsProven)}
    assert "lines" in proofs[BETS]
    assert "lines" in proofs[POLLED]
    assert proofs[CONTRACTS].startswith("balance")
    assert {line.kind for line in ledger.lines.of(CONTRACTS)} == {LineKind.TRADE, LineKind.FEE, LineKind.SETTLEMENT}
    told = [line.id for one in trial.records() if isinstance(one.body, AccountLinesReported) for line in one.body.lines]
    assert len(told) == len(set(told)), "a line is journalled once"
    assert trial.state.breaks.standing == {}


@pytest.mark.parametrize("settled", [False, True])
def test_what_the_first_answer_tells_of_our_own_bets_counts_however_late_it_comes(
    tmp_path: Path, settled: bool
) -> None:
    """In a storm answers may be lost until bets are matched, or until they are settled: all is in one then."""
    trial = Tampered(tmp_path, **SETTLING)
    ledger = trial.state.ledger
    for _ in range(100):
        trial.run(2)
        stakes = ledger.settling.stakes.items()
        if {venue for (venue, _), stake in stakes if stake.standing or not settled} == {*VENUES}:
            break
    assert any(stake.standing for stake in ledger.settling.stakes.values()) is settled
    ledger.lines.venues.clear()  # as if none of them had come
    trial.run(198)
    standing = {place: stake.standing for place, stake in ledger.settling.stakes.items() if stake.standing is not None}
    assert {venue for venue, _ in standing} == {*VENUES}
    for (venue, market), posted in standing.items():
        came = summed(ledger.lines.in_market(venue, market))
        assert (came.profit_micros, came.commission_micros) == (posted.profit_micros, posted.commission_micros), market
    assert trial.state.breaks.standing == {}
