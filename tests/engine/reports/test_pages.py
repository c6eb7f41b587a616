"""The pages of reports as a browser gets them: whole, asking nobody, and honest where something is wrong or missing."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from desk.reports.agreement_page import verdict
from desk.reports.books import Agreement, Break, EndOfDay, Statement
from desk.reports.eod_page import judged, up_to
from desk.reports.eod_page import verdict as day_verdict
from engine.reports.agreement import agreement
from engine.reports.day import end_of_day
from engine.reports.packs import Report
from engine.reports.proving import page_of
from engine.reports.rows import EVERY_RECORD, of_journal
from engine.reports.statements import statements
from engine.reports.trail import audit
from tests.builders import place
from tests.desk.reports.test_tear_sheet import Reader
from tests.engine.reports.days import TOLD, Day, day_number, usual
from tests.engine.runs import OPENING, STARTED, TWO


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return usual(tmp_path_factory.mktemp("pages") / "run")


def reports(run: Path) -> list[Report]:
    rows = of_journal(run, wanted=EVERY_RECORD)
    day = day_number()
    return [
        end_of_day(rows, day, TOLD),
        *statements(rows, day, TOLD),
        audit(rows, day, TOLD),
        agreement(rows, day, TOLD),
    ]


def read(report: Report) -> Reader:
    reader = Reader()
    reader.feed(page_of(report))
    assert reader.open == []
    return reader


def test_every_page_is_whole_and_asks_nobody_for_anything(run: Path) -> None:
    for report in reports(run):
        page = read(report)
        assert page.asked == ["data:,"]
        assert "script" not in page.tags
        assert report.about.head in page.text


def test_a_run_in_which_nothing_happened_has_pages_too(tmp_path: Path) -> None:
    day = Day(tmp_path / "run").said(STARTED)
    for report in reports(day.closed()):
        assert "The run had not ended." in read(report).text


STANDING = Break(
    found_seq=3,
    found_ns=0,
    venue="one",
    subject="<b>t-1</b>",
    kind="MISSING_FILL",
    severity="HIGH",
    money_base_micros=12_340_000,
    apart_micros=0,
    currency="",
    owner="trading",
    detail="theirs 5.00, ours 4.00",
    stands=True,
    explained=False,
    age_ns=7_200 * 10**9,
    ended_ns=None,
    resolution="",
    closed_by="",
    proof="",
)


def test_what_stands_is_red_on_top_with_money_and_age(run: Path) -> None:
    pack, *_, agreed = reports(run)
    assert isinstance(pack, EndOfDay)
    assert isinstance(agreed, Agreement)
    wrong = replace(agreed, breaks=(STANDING, replace(STANDING, found_seq=4, severity="LOW")))
    assert verdict(wrong) == "2 breaks stand over 24.68 USD, the worst high, the oldest 2 h old."
    page = read(wrong)
    assert "look" in page.text
    assert "<b>t-1</b>" in page.text  # as text: nothing of a venue becomes markup
    [light] = [one for one in judged(replace(pack, breaks=(STANDING,))) if one.name == "Breaks"]
    assert (light.good, light.said) == (False, "1 stands, 12.34 USD")
    assert "breaks" in day_verdict(replace(pack, breaks=(STANDING,)))


def test_a_venue_that_proved_nothing_today_is_not_called_agreed(run: Path) -> None:
    *_, agreed = reports(run)
    assert isinstance(agreed, Agreement)
    said = "; ".join(f"{one} not compared: no round did so" for one in ("one", "two"))
    assert verdict(agreed) == f"No break stands, but not every wallet is proven: {said}."
    since = tuple(replace(one, agreed_ns=3_600 * 10**9, doubt="it was silent") for one in agreed.balances)
    assert "one not compared since 01:00:00 UTC: it was silent" in verdict(replace(agreed, balances=since))
    assert "not proven" in read(agreed).text


def test_a_wallet_that_was_not_compared_is_amber_at_the_end_of_the_day(run: Path) -> None:
    pack = reports(run)[0]
    assert isinstance(pack, EndOfDay)
    known = tuple(replace(one, agreed_ns=3_600 * 10**9, doubt="") for one in pack.balances)
    for balances, style, said in (
        (pack.balances, "unsure", "one not compared: no round did so"),
        (known, "right", "each venue's figure is ours as of 01:00:00 UTC; what it did later is not in them"),
    ):
        [light] = [one for one in judged(replace(pack, balances=balances)) if one.name == "Balances"]
        assert light.style == style
        assert said in light.said


def test_people_read_names_and_milliseconds(run: Path) -> None:
    pack, statement, *_ = reports(run)
    page = read(pack)
    assert page.text.count("Reds v Blues") >= 3  # by event, of positions, of conduct
    assert isinstance(statement, Statement)
    line = statement.lines[-1]
    assert line.event_name in read(statement).text
    assert f":{line.wall_ns // 10**9 % 60:02d}.{line.wall_ns // 10**6 % 1_000:03d}" in read(statement).text


def test_quotes_that_a_match_moved_are_for_a_person_and_an_alert_is_red(run: Path) -> None:
    pack = reports(run)[0]
    assert isinstance(pack, EndOfDay)
    one = pack.conduct[0]
    for seen, good in ((replace(one, to_judge=1), True), (replace(one, alerts=1), False)):
        [light] = [light for light in judged(replace(pack, conduct=(seen,))) if light.name == "Conduct"]
        assert light.good is good


def test_a_full_limit_is_red_but_for_that_of_one_order(run: Path) -> None:
    pack = reports(run)[0]
    assert isinstance(pack, EndOfDay)
    full = replace(pack.limits[0], used_ppm=900_000)
    for name, good in (("cap_order", True), ("cap_total", False)):
        [light] = [one for one in judged(replace(pack, limits=(replace(full, limit=name),))) if one.name == "Limits"]
        assert light.good is good


def test_how_far_the_market_moved_says_up_to_when_it_was_known() -> None:
    assert up_to([True, True, True, True]) == "60 s"
    assert up_to([True, True, True, False]) == "10 s"
    assert up_to([True, False, False, False]) == "\N{EN DASH}"
    assert up_to([False, True, True, True]) == "\N{EN DASH}"


def test_each_order_of_the_trail_says_who_controls_it_and_what_kept_it_from_meeting_ours(tmp_path: Path) -> None:
    told = tuple(
        replace(one, prevents_self_match="taker_at_cross" if one.venue == TWO else "") for one in STARTED.capabilities
    )
    day = Day(tmp_path / "run").said(replace(STARTED, digest_every=50, capabilities=told), *OPENING[1:])
    day.said(replace(place("BACK 5 @ 2.00", ref="t-1"), config="c0ffee"))
    day.said(replace(place("BACK 5 @ 0.50c", on="two/m2/yes", ref="t-2"), config="c0ffee"))
    known = replace(TOLD, geo_evidence="lease of 2026-01", terms={"one": "2026-05"})
    trail = audit(of_journal(day.closed(), wanted=EVERY_RECORD), day_number(), known).trail
    assert [(one.geo_evidence, one.terms_version) for one in trail] == [
        ("lease of 2026-01", "2026-05"),
        ("lease of 2026-01", ""),
    ]
    assert [one.self_match_prevention for one in trail] == ["gate", "gate, taker_at_cross"]
    assert {one.trader for one in trail} == {"the desk"}
