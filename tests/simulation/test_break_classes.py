"""Each class of break: made by a fault behind an exchange that speaks its bytes, found in a round, ended as it should.

The faults are those of `tests.simulation.tampering`; the classes and their ends are those of MECHANICS 9.2.
"""

from pathlib import Path

import pytest

from domain.breaks import BreakAssigned, BreakResolved, StatementRepeated, WriteOffSigned
from domain.ids import OrderRef, VenueName
from domain.operators import EVERY_VENUE, RoundOrdered
from domain.treasury import DifferenceSuspended, SuspenseWrittenOff
from oms.blotter import ORPHANS
from recon.breaks import SEVERITIES, BreakKind
from tests.demands.trials import VENUES
from tests.simulation.lies import SETTLING
from tests.simulation.tampering import OLD_S, POLLED, ROUND_S, STREAMING, Tampered
from venues.sim.world import DESK

BETS, CONTRACTS = STREAMING
"""The streaming venue that lists orders which are over, and the one that does not."""


@pytest.fixture
def trial(tmp_path: Path, request: pytest.FixtureRequest) -> Tampered:
    """Quotes have been moved a moment ago and will not be for a while; no break was ever found."""
    trial = Tampered(tmp_path, matches=getattr(request, "param", 1)).run(24)
    assert trial.kinds() == {}
    return trial


def stood(trial: Tampered, kind: BreakKind) -> None:
    """One break of a kind stands, with its severity, its money, its age and somebody whose it is."""
    (found,) = trial.standing(kind)
    assert found.fact.severity == SEVERITIES[kind]
    assert found.fact.money_micros > 0
    assert found.fact.owner
    assert found.fact.found_ms > 0


# ---- what heals by itself ----


@pytest.mark.parametrize("venue", STREAMING)
@pytest.mark.parametrize("part", ["half", "all"])
def test_missing_fill_is_found_and_booked_from_the_venue_s_list(trial: Tampered, venue: VenueName, part: str) -> None:
    order = trial.resting(venue)
    with trial.silence(venue):
        trial.take(order, trial.half(order) if part == "half" else order.remaining_micros)
    assert trial.run(1).orders()[OrderRef(order.client_ref)].matched_micros == 0, "no stream told of it"
    assert trial.run(ROUND_S).orders()[OrderRef(order.client_ref)].matched_micros == order.matched_micros > 0
    trial.run(ROUND_S)
    assert trial.kinds()["MISSING_FILL"] == ["Found", "Healed"]
    assert trial.state.breaks.standing == {}


def test_missing_at_venue_is_asked_about_until_its_end_is_proven(trial: Tampered) -> None:
    order = trial.resting(CONTRACTS)
    with trial.silence(CONTRACTS):
        trial.lose(order)
    assert trial.run(2 * ROUND_S).kinds()["MISSING_AT_VENUE"] == ["Found", "Healed"]
    assert trial.orders()[OrderRef(order.client_ref)].exposed_micros == 0


def test_status_an_order_that_the_venue_brought_to_life_again_is_cancelled(trial: Tampered) -> None:
    order = trial.resting(POLLED)
    gone = trial.exchange(POLLED).cancel(order.number, account=DESK, now_ns=trial.simulation.clock.monotonic_ns())
    assert isinstance(gone, int)
    trial.publish(POLLED)
    trial.run(OLD_S)
    with trial.silence(POLLED):
        trial.revive(order, gone)
    assert trial.run(2 * ROUND_S).kinds()["STATUS"] == ["Found", "Healed"]
    assert order.remaining_micros == 0, "nobody counted it, so it was taken out"


def test_price_is_rebooked_from_the_venue_s_figures(trial: Tampered) -> None:
    order = trial.resting(BETS)
    trial.take(order, trial.half(order))
    trial.publish(BETS)
    trial.run(OLD_S)
    with trial.silence(BETS):
        order.claims_micros += order.claims_micros // 100
        trial.restate(order)
    assert trial.run(3 * ROUND_S).kinds()["PRICE"] == ["Found", "Healed"]
    assert trial.orders()[OrderRef(order.client_ref)].claims_micros == order.claims_micros


@pytest.mark.parametrize("trial", [2], ids=["two matches"], indirect=True)
@pytest.mark.parametrize(("micros", "ended"), [(20_000, "Healed"), (50_000, "Explained")])
def test_fee_is_taken_over_and_one_that_no_rounding_explains_waits_for_a_person(
    trial: Tampered, micros: int, ended: str
) -> None:
    order = trial.resting(CONTRACTS)
    trial.take(order, trial.half(order))
    trial.charge(order, micros)
    assert trial.run(ROUND_S).kinds() == {"FEE": ["Found", ended]}
    if ended == "Explained":
        stood(trial, BreakKind.FEE)
        trial.street.submit(BreakResolved(CONTRACTS, order.client_ref, "FEE", "ann", "the tariff of the day"))
    assert trial.state.breaks.standing == {}


# ---- what a person ends ----


@pytest.mark.parametrize("venue", VENUES)
def test_unknown_at_venue_a_person_s_order_is_adopted_counted_and_left_alone(trial: Tampered, venue: VenueName) -> None:
    with trial.silence(venue):
        placed = trial.place_for_us(trial.resting(venue), "")
        trial.take(placed, trial.half(placed))
    trial.run(2 * ROUND_S)
    assert trial.kinds() == {"UNKNOWN_AT_VENUE": ["Found", "Explained"]}
    stood(trial, BreakKind.UNKNOWN_AT_VENUE)
    (adopted,) = [order for order in trial.orders().values() if order.strategy == ORPHANS]
    assert adopted.exposed_micros == placed.remaining_micros > 0
    figures = (adopted.matched_micros, adopted.claims_micros, adopted.cost_micros)
    assert figures == (placed.matched_micros, placed.claims_micros, placed.cost_micros)
    assert placed.matched_micros > 0
    ((_, key, kind),) = trial.state.breaks.standing
    trial.street.submit(BreakResolved(venue, key, kind, "ann", "I placed it by hand"))
    assert trial.state.breaks.standing == {}


@pytest.mark.parametrize("venue", [CONTRACTS, POLLED])
def test_unknown_at_venue_an_order_under_a_ref_of_ours_is_adopted_and_cancelled(
    trial: Tampered, venue: VenueName
) -> None:
    like = trial.resting(venue)
    with trial.silence(venue):
        placed = trial.place_for_us(like, f"{like.client_ref.rpartition('-')[0]}-9999")
    trial.run(2 * ROUND_S)
    assert trial.kinds()["UNKNOWN_AT_VENUE"][-2:] == ["Found", "Explained"]
    assert placed.remaining_micros == 0, "nobody of ours wants it"
    stood(trial, BreakKind.UNKNOWN_AT_VENUE)


def test_extra_fill_halts_its_market_is_never_reversed_and_ends_when_the_venue_s_figures_agree(trial: Tampered) -> None:
    order = trial.resting(BETS)
    trial.take(order, trial.half(order))
    trial.publish(BETS)
    trial.run(OLD_S)
    figures = order.size_micros, order.matched_micros, order.claims_micros, order.cost_micros
    with trial.silence(BETS):
        order.size_micros -= order.matched_micros
        order.matched_micros = order.claims_micros = order.cost_micros = 0
        trial.restate(order)
    trial.run(2 * ROUND_S)
    stood(trial, BreakKind.EXTRA_FILL)
    prices, ours = trial.street.core.prices, trial.orders()[OrderRef(order.client_ref)]
    assert prices.quarantined == {(BETS, order.market)}
    assert not any(session.stopped for venue, session in prices.sessions.items() if venue != BETS)
    assert ours.matched_micros == figures[1]
    with trial.silence(BETS):
        order.size_micros, order.matched_micros, order.claims_micros, order.cost_micros = figures
        trial.restate(order)
    trial.run(2 * ROUND_S)
    assert trial.state.breaks.standing == {}
    assert prices.quarantined == set()


@pytest.mark.parametrize("venue", VENUES)
def test_balance_is_set_aside_when_nothing_explains_it_and_two_people_write_it_off(
    trial: Tampered, venue: VenueName
) -> None:
    trial.pay_out(venue, 7_000_000)
    trial.run(ROUND_S)
    stood(trial, BreakKind.BALANCE)
    trial.run(13 * ROUND_S)
    ((_, key, _),) = trial.state.breaks.standing
    assert [one.body for one in trial.records() if isinstance(one.body, DifferenceSuspended)] != []
    assert trial.street.core.prices.sessions[venue].stopped is False
    money = trial.standing(BreakKind.BALANCE)[0].fact.money_micros
    for who in ("ann", "ann", "bob"):
        trial.street.submit(WriteOffSigned(venue, key, "BALANCE", money, who, "a withdrawal that nobody told us of"))
    trial.run(3 * ROUND_S)
    assert trial.state.breaks.standing == {}
    assert trial.state.ledger.suspense.items == {}
    assert [one.body.second for one in trial.records() if isinstance(one.body, SuspenseWrittenOff)] == ["bob"]


def test_balance_that_comes_back_is_taken_out_of_suspense_and_heals(trial: Tampered) -> None:
    trial.pay_out(POLLED, 7_000_000)
    trial.run(14 * ROUND_S)
    assert trial.state.ledger.suspense.items != {}
    trial.pay_out(POLLED, -7_000_000)
    trial.run(3 * ROUND_S)
    assert (trial.state.breaks.standing, trial.state.ledger.suspense.items) == ({}, {})


def test_result_stands_until_a_corrected_statement_is_the_second_source(tmp_path: Path) -> None:
    trial = Tampered(tmp_path, **SETTLING)
    said = trial.misstate(BETS, 5_000_000)
    while not trial.standing(BreakKind.RESULT):
        trial.run(10)
    stood(trial, BreakKind.RESULT)
    (found,) = trial.standing(BreakKind.RESULT)
    assert found.fact.apart_micros == 5_000_000
    trial.street.submit(BreakAssigned(BETS, found.fact.key, "RESULT", "cy", "ann", "ask the venue"))
    trial.correct(said, -5_000_000)
    trial.street.submit(RoundOrdered(EVERY_VENUE, "cy", "they say that it is corrected", statements=True))
    trial.run(3 * ROUND_S)
    assert trial.standing(BreakKind.RESULT) == []
    assert trial.state.ledger.suspense.items == {}
    asked = {one.body.venue for one in trial.records() if isinstance(one.body, StatementRepeated)}
    assert asked, "the others' statements came once more, and were the same"
