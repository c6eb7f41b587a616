"""Every page in a real browser: it complains of nothing, asks nobody, fits a screen of 1280 pixels and its paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.reports.tear_sheet import write_tear_sheet
from engine.reports.proving import page_of
from tests.desk.reports.sheets import tear_sheet
from tests.engine.reports.browser import Tab, browsing, found
from tests.engine.reports.days import usual
from tests.engine.reports.test_pages import reports
from tests.storage.conftest import absent

MM = 96 / 25.4
PORTRAIT, LANDSCAPE = int((210 - 2 * 13) * MM), int((297 - 2 * 11) * MM)
"""Pixels between the margins of A4."""


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    program = found()
    if program is None:
        absent("chromium", "its program is not on the path: apt-get install chromium")
        return
    with browsing(program) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each page of a usual day, and a tear sheet."""
    folder = tmp_path_factory.mktemp("pages")
    write_tear_sheet(tear_sheet(), folder / "tear_sheet.html")
    found = {"tear_sheet": folder / "tear_sheet.html"}
    for number, report in enumerate(reports(usual(folder / "run"))):
        name = f"{report.about.report}{number}"
        found[name] = folder / f"{name}.html"
        found[name].write_text(page_of(report))
    return found


def test_every_page_is_quiet_fits_the_screen_and_fits_its_paper(tab: Tab, pages: dict[str, Path]) -> None:
    assert len(pages) == 6
    for name, path in pages.items():
        for dark in (False, True):
            tab.open(path, width=1280, dark=dark)
            assert (name, tab.asked, tab.said, tab.overflowing()) == (name, [], [], [])
        tab.on_paper(LANDSCAPE if "A4 landscape" in path.read_text() else PORTRAIT)
        assert (name, tab.overflowing()) == (name, [])
        assert tab.printed().startswith(b"%PDF-")


def test_a_page_that_asks_complains_or_is_too_wide_would_be_seen(tab: Tab, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<html><body><div class=scroll style='overflow-x:auto'><p style='width:2000px'>wide</p></div>"
        "<img src='http://127.0.0.1:9/a.png'><script>console.error('no'); nothing()</script></body></html>"
    )
    tab.open(page, width=1280)
    assert "http://127.0.0.1:9/a.png" in tab.asked
    assert len(tab.said) >= 2
    assert tab.overflowing()
    tab.asked.clear()
    tab.said.clear()
