"""Repairs: every break has an act, none erases evidence, and what does not heal stops the venue."""

import pytest
from msgspec.structs import replace

from domain.ids import Currency, VenueName
from recon.breaks import SEVERITIES, Break, BreakKind, Severity
from recon.repair import REPAIRS, Act, Stop, repair


def found(kind: BreakKind) -> Break:
    return Break(VenueName("one"), "r1", kind, SEVERITIES[kind], 1, Currency("GBP"), "")


def test_every_kind_has_a_repair() -> None:
    assert REPAIRS.keys() == set(BreakKind)


@pytest.mark.parametrize("kind", [kind for kind in BreakKind if SEVERITIES[kind] is Severity.CRITICAL])
def test_not_knowing_what_we_own_stops_risk_at_once(kind: BreakKind) -> None:
    assert repair(found(kind), rounds=0).stop is not Stop.NOTHING


@pytest.mark.parametrize("kind", [kind for kind in BreakKind if REPAIRS[kind].patience_rounds])
def test_what_should_have_healed_and_did_not_stops_the_venue(kind: BreakKind) -> None:
    patience = REPAIRS[kind].patience_rounds
    assert repair(found(kind), rounds=patience - 1) == REPAIRS[kind]
    late = repair(found(kind), rounds=patience)
    assert (late.act, late.stop) == (REPAIRS[kind].act, Stop.VENUE)


def test_a_lost_order_of_ours_is_cancelled_and_a_persons_order_is_left_alone() -> None:
    lost = found(BreakKind.UNKNOWN_AT_VENUE)
    assert (repair(lost, rounds=0).act, repair(lost, rounds=0).stop) == (Act.CANCEL, Stop.VENUE)
    theirs = repair(replace(lost, foreign=True), rounds=9)
    assert (theirs.act, theirs.stop) == (Act.LEAVE, Stop.NOTHING)


def test_what_was_booked_too_much_or_paid_wrongly_waits_for_a_person() -> None:
    assert {kind for kind in BreakKind if REPAIRS[kind].act is Act.LEAVE} == {BreakKind.EXTRA_FILL, BreakKind.RESULT}
