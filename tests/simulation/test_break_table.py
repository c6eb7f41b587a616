"""Every class of break at every venue: made by a lie of the fake's, found within a round, and ended as the table says.

The lies are those of `tests.simulation.lies`; the classes and their ends are those of MECHANICS 9.2.
"""

from pathlib import Path

import pytest

from domain.breaks import BreakFact, BreakFound, BreakResolved, ReconCompleted
from domain.ids import Currency, VenueName
from domain.messages import MarketSettled
from domain.operators import EVERY_VENUE, RoundOrdered
from recon.breaks import SEVERITIES, BreakKind
from recon.queue import Standing
from tests.conftest import ROOT
from tests.demands.trials import VENUES
from tests.simulation.lies import FAULTS, Fault
from tests.simulation.tampering import ROUND_S, Tampered

ANSWERS = 4
"""Rounds that a market's lines are given before they are called a break, and the one in which they are."""


def standing(trial: Tampered, kind: BreakKind, venue: VenueName) -> list[Standing]:
    return [one for one in trial.standing(kind) if one.fact.venue == venue]


def currencies(trial: Tampered) -> dict[VenueName, Currency]:
    return {venue: one.currency for venue, one in trial.street.core.prices.capabilities.items()}


def told(trial: Tampered, kind: BreakKind, venue: VenueName) -> list[str]:
    """What was journalled about breaks of one kind at one venue."""
    facts = [one.body for one in trial.records()]
    return [
        type(one).__name__ for one in facts if isinstance(one, BreakFact) and (one.venue, one.kind) == (venue, kind)
    ]


def found(trial: Tampered, kind: BreakKind, venue: VenueName, fault: Fault) -> None:
    """Run until it is found; one that waits for a market's end is found with its statement, or with its lines."""
    rounds = 1 if not fault.options else 60
    for _ in range(rounds * ROUND_S):
        if "BreakFound" in told(trial.run(1), kind, venue):
            break
    facts = [one.body for one in trial.records()]
    first = next((one for one in facts if isinstance(one, BreakFound) and (one.venue, one.kind) == (venue, kind)), None)
    assert first is not None, f"no {kind} at {venue} within {rounds} rounds"
    if fault.options:
        before = facts[: facts.index(first)]
        statement = max(n for n, one in enumerate(before) if isinstance(one, MarketSettled) and one.venue == venue)
        since = [one for one in before[statement:] if isinstance(one, ReconCompleted) and one.venue == venue]
        assert len(since) <= (ANSWERS if kind is BreakKind.FEE else 1)
    assert first.severity == SEVERITIES[kind]
    assert first.money_micros > 0
    assert first.owner
    assert first.currency == currencies(trial)[venue]
    assert first.found_ms


@pytest.mark.parametrize(("kind", "venue"), [(kind, venue) for kind in BreakKind for venue in VENUES])
def test_each_class_is_made_at_each_venue_found_and_ended(tmp_path: Path, kind: BreakKind, venue: VenueName) -> None:
    fault = FAULTS[kind][venue]
    trial = Tampered(tmp_path, **{"matches": fault.matches} | fault.options)
    if not fault.options:
        assert trial.run(24).kinds() == {}
    take_back = fault.tell(trial)
    found(trial, kind, venue, fault)
    if not fault.heals:
        trial.run(2 * ROUND_S)
        assert standing(trial, kind, venue), "it stands while the venue tells it"
        take_back()
        if fault.options:
            trial.street.submit(RoundOrdered(EVERY_VENUE, "cy", "they say that it is corrected", statements=True))
    trial.run(3 * ROUND_S)
    for one in standing(trial, kind, venue) if fault.signed else ():
        assert one.explained
        trial.street.submit(BreakResolved(venue, one.fact.key, kind, "ann", "looked at"))
    assert standing(trial, kind, venue) == []
    ends = {"BreakResolved"} if fault.signed else {"BreakHealed"}
    assert ends <= set(told(trial, kind, venue))
    assert not trial.street.core.prices.quarantined


def test_the_page_about_breaks_says_how_each_class_is_made_at_each_venue() -> None:
    rows = [f"| kind | {' | '.join(VENUES)} |", f"| {' | '.join(['---'] * (1 + len(VENUES)))} |"]
    for kind in BreakKind:
        rows.append(f"| `{kind}` | {' | '.join(FAULTS[kind][venue].words for venue in VENUES)} |")
    page = (ROOT / "docs" / "reconciliation.md").read_text()
    assert "\n".join(rows) in page, "write these rows:\n" + "\n".join(rows)
