"""Repairs: every break has an act, none erases evidence, and what does not heal stops the venue."""

import pytest

from domain.breaks import BreakFound
from domain.ids import VenueName
from recon.breaks import SEVERITIES, BreakKind, Severity
from recon.repair import FEE_REVIEW_MICROS, REPAIRS, Act, Stop, needs_person, repair


def test_every_kind_has_a_repair() -> None:
    assert REPAIRS.keys() == set(BreakKind)


@pytest.mark.parametrize("kind", [kind for kind in BreakKind if SEVERITIES[kind] is Severity.CRITICAL])
def test_not_knowing_what_we_own_stops_risk_at_once(kind: BreakKind) -> None:
    assert repair(kind, rounds=0).stop is not Stop.NOTHING


@pytest.mark.parametrize("kind", [kind for kind in BreakKind if REPAIRS[kind].patience_rounds])
def test_what_should_have_healed_and_did_not_stops_the_venue(kind: BreakKind) -> None:
    patience = REPAIRS[kind].patience_rounds
    assert repair(kind, rounds=patience - 1) == REPAIRS[kind]
    late = repair(kind, rounds=patience)
    assert (late.act, late.stop) == (REPAIRS[kind].act, Stop.VENUE)


def test_a_lost_order_of_ours_is_cancelled_and_a_persons_order_is_left_alone() -> None:
    lost = BreakKind.UNKNOWN_AT_VENUE
    assert (repair(lost, rounds=0).act, repair(lost, rounds=0).stop) == (Act.CANCEL, Stop.VENUE)
    theirs = repair(lost, rounds=9, foreign=True)
    assert (theirs.act, theirs.stop) == (Act.LEAVE, Stop.NOTHING)


def test_what_was_booked_too_much_or_paid_wrongly_waits_for_a_person() -> None:
    assert {kind for kind in BreakKind if REPAIRS[kind].act is Act.LEAVE} == {BreakKind.EXTRA_FILL, BreakKind.RESULT}


@pytest.mark.parametrize(
    ("kind", "apart", "venue", "person"),
    [
        (BreakKind.FEE, FEE_REVIEW_MICROS - 1, "one", False),
        (BreakKind.FEE, -FEE_REVIEW_MICROS, "one", True),
        (BreakKind.UNKNOWN_AT_VENUE, 0, "one", True),
        (BreakKind.UNKNOWN_AT_VENUE, 0, "", False),
        (BreakKind.MISSING_FILL, 0, "one", False),
        (BreakKind.RESULT, 5_000_000, "one", False),
    ],
)
def test_agreement_alone_ends_all_but_strangers_and_fees_that_no_rounding_explains(
    kind: BreakKind, apart: int, venue: str, person: bool
) -> None:
    found = BreakFound(VenueName(venue), "r1", kind, "LOW", 1, "", apart_micros=apart)
    assert needs_person(found) is person
