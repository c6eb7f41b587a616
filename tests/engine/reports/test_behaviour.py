"""Conduct and the audit trail of an order that is replaced: one change, and an heir that lives as any order does."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from desk.reports.trails import Trail
from domain.amending import AmendOrder
from domain.messages import PlaceOrder
from engine.reports.behaviour import lives
from engine.reports.rows import DAY_NS, EVERY_RECORD, RunRows, of_journal
from engine.reports.trail import audit
from tests.builders import facts, place
from tests.engine.reports.days import TOLD, Day, day_number
from tests.engine.runs import ODDS, OPENING, decision


@pytest.fixture
def rows(tmp_path: Path) -> RunRows:
    """An order that goes on under another name for a second decision, and is cancelled two seconds behind."""
    placed = replace(place("BACK 5 @ 2.00", ref="t-1"), config="first")
    (amend,) = facts("amend a1 5 @ 2.10 as t-2", ref="t-1")
    assert isinstance(amend, AmendOrder)
    meant = replace(amend, decision=2, config="second", old_price=200, old_size_micros=5_000_000)
    day = Day(tmp_path / "run").said(*OPENING, decision(), placed, *facts("accept v1; fill f1 1 at 50", ref="t-1"))
    day.said(replace(decision(), id=2, because="dearer", fair_model="goals 3"))
    day.said(replace(meant, remaining_micros=4_000_000, matched_micros=1_000_000))
    day.said(*facts("accept v2; cancel c1; cancelled c1 4", ref="t-2"), *facts("amended a1 4 @ 2.10", ref="t-1"))
    return of_journal(day.closed(), wanted=EVERY_RECORD)


def test_a_replacement_is_one_change_and_its_heir_rests_until_it_is_cancelled(rows: RunRows) -> None:
    since_ns = day_number() * DAY_NS
    found = lives(rows, since_ns=since_ns, until_ns=since_ns + DAY_NS)
    counts = found.counts[ODDS.id]
    assert (counts[PlaceOrder.__name__], counts[AmendOrder.__name__]) == (1, 1)
    assert found.rested_ms[ODDS.id] == [3_000]


def test_the_trail_of_an_heir_begins_with_what_was_approved_for_it(rows: RunRows) -> None:
    def told(row: Trail) -> tuple[object, ...]:
        return (
            row.kind,
            row.price,
            row.size_micros,
            row.decision,
            row.reason,
            row.self_match_prevention,
            row.config_hash,
        )

    trail = audit(rows, day_number(), TOLD).trail
    asked = [told(row) for row in trail if row.client_ref == "t-2"]
    assert asked[0] == ("AmendOrder", 210, 4_000_000, 2, "dearer", "gate", "second")
    assert {row[1:4] + row[5:] for row in asked} == {(210, 4_000_000, 2, "gate", "second")}
