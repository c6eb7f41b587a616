"""Breaks: told once, healed only by a comparison that could see them, in base currency."""

import pytest

from domain.breaks import BreakHealed, ReconCompleted
from domain.ids import Currency, VenueName
from domain.money import FX_SCALE, FxRates
from recon.breaks import SEVERITIES, Break, BreakKind, Severity, only
from recon.queue import OpenBreaks

ONE, TWO = VenueName("one"), VenueName("two")
RATES = FxRates(Currency("USD"), {Currency("GBP"): FX_SCALE * 5 // 4 + 1}, as_of_ns=0, source="test")


def found(key: str = "r1", kind: BreakKind = BreakKind.EXTRA_FILL, venue: VenueName = ONE, money: int = 4) -> Break:
    return Break(venue, key, kind, SEVERITIES[kind], money, Currency("GBP"), "ours 5, theirs 4")


def judges_all(key: str, kind: str) -> bool:
    return True


@pytest.fixture
def breaks() -> OpenBreaks:
    breaks = OpenBreaks()
    breaks.apply(found().fact(RATES))
    return breaks


def test_every_kind_has_a_severity() -> None:
    assert SEVERITIES.keys() == set(BreakKind)


def test_a_break_is_worth_its_money_in_base_currency_rounded_up() -> None:
    fact = found().fact(RATES, now_ms=7)
    assert (fact.money_micros, fact.currency, fact.owner, fact.found_ms) == (6, "GBP", "risk", 7)
    assert (fact.venue, fact.key, fact.kind, fact.severity) == (ONE, "r1", "EXTRA_FILL", "CRITICAL")


def test_a_break_is_told_once(breaks: OpenBreaks) -> None:
    assert breaks.news([found()], RATES, venue=ONE, judged=judges_all) == []
    news = breaks.news([found(), found("r2"), found("r2")], RATES, venue=ONE, judged=judges_all)
    assert news == [found("r2").fact(RATES)]


def test_a_break_that_is_no_longer_seen_is_healed(breaks: OpenBreaks) -> None:
    (healed,) = breaks.news([], RATES, venue=ONE, judged=judges_all)
    assert healed == BreakHealed(ONE, "r1", "EXTRA_FILL", "a later comparison agrees")
    breaks.apply(healed)
    assert not breaks.standing


def test_what_a_comparison_cannot_see_it_does_not_heal(breaks: OpenBreaks) -> None:
    assert breaks.news([], RATES, venue=TWO, judged=judges_all) == []
    assert breaks.news([], RATES, venue=ONE, judged=only(BreakKind.BALANCE)) == []
    assert breaks.news([], RATES, venue=ONE, judged=only(BreakKind.EXTRA_FILL, "r2")) == []
    assert len(breaks.news([], RATES, venue=ONE, judged=only(BreakKind.EXTRA_FILL, "r1"))) == 1
    assert len(breaks.news([], RATES, venue=ONE, judged=only(BreakKind.EXTRA_FILL))) == 1


def test_rounds_of_its_own_venue_make_a_break_older(breaks: OpenBreaks) -> None:
    breaks.apply(ReconCompleted(ONE, 1))
    breaks.apply(ReconCompleted(TWO, 0))
    breaks.apply(found().fact(RATES))
    assert (breaks.rounds(found()), breaks.rounds(found("r2"))) == (1, 0)
    assert Severity.CRITICAL in {standing.fact.severity for standing in breaks.standing.values()}
