"""The page as a browser gets it: whole, well formed, asking nobody, and honest where figures are bad or missing."""

import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from desk.reports.curves import under_water
from desk.reports.results import QueueResult, TearSheet
from desk.reports.sections import agreements, verdict
from desk.reports.tear_sheet import write_tear_sheet
from tests.desk.reports.sheets import UNIT, queue_result, tear_sheet

VOID = {"meta", "link", "br"}


class Reader(HTMLParser):
    """Keeps what a browser would: open tags, text, and every attribute that could make it ask for something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.asked: list[str] = []
        self.text = ""
        self.tags: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.asked += [value or "" for name, value in attrs if name in {"src", "href", "action", "data", "xlink:href"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.text += data


def read(sheet: TearSheet, folder: Path) -> Reader:
    path = folder / "deep" / "sheet.html"
    write_tear_sheet(sheet, path)
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    assert reader.open == []
    return reader


def changed(result: QueueResult, **fields: object) -> QueueResult:
    return msgspec.structs.replace(result, **fields)


def test_a_whole_sheet_asks_nobody_for_anything_and_runs_no_script(tmp_path: Path) -> None:
    page = read(tear_sheet(), tmp_path)
    assert page.asked == ["data:,"]
    assert "script" not in page.tags
    style = (tmp_path / "deep" / "sheet.html").read_text(encoding="utf-8")
    assert not re.search(r"url\(|@import|https?:", style)


def test_every_part_is_on_the_page_with_its_unit(tmp_path: Path) -> None:
    text = read(tear_sheet(), tmp_path).text
    for told in (
        "Market maker on <three> recordings",
        "Lismore 5 f handicap <win>",
        "no prices in this file: not simulated",
        "Net profit so far in GBP",
        "Worst loss against the cap of 400.00 GBP",
        "Fill rate by stake",
        "Profit by hour of the day (UTC), GBP",
        "across: hysteresis_ticks · down: size_tolerance",
        "20 ms, sd 5 ms",
        "18,529",
        "−0.34\N{NARROW NO-BREAK SPACE}%",
        "promised +13.00, realised +7.00 GBP",
        "failed",
    ):
        assert told in text


@pytest.mark.parametrize(
    "sheet",
    [
        tear_sheet(results=(), grids=()),
        tear_sheet(results=(queue_result(),)),
        tear_sheet(files=(), options=(), caveats=(), grids=()),
        tear_sheet(results=(changed(queue_result(), equity=(), inventory=(), markets=(), hours=(), markouts=()),)),
        tear_sheet(results=(changed(queue_result(), edges=(), placed_micros=0, matched_micros=0),), cap_micros=0),
        tear_sheet(results=(queue_result(points=20_000),)),
    ],
)
def test_a_sheet_with_parts_missing_is_still_a_page(sheet: TearSheet, tmp_path: Path) -> None:
    assert "How to get this page again" in read(sheet, tmp_path).text


def test_long_series_are_thinned_to_what_pixels_show(tmp_path: Path) -> None:
    read(tear_sheet(results=(queue_result(points=20_000),)), tmp_path)
    assert (tmp_path / "deep" / "sheet.html").stat().st_size < 250_000


def test_a_spike_between_two_pixels_survives_the_thinning(tmp_path: Path) -> None:
    flat = [(at * 10, UNIT) for at in range(40_000)]
    flat[17_003] = (flat[17_003][0], -90 * UNIT)
    read(tear_sheet(results=(changed(queue_result(), equity=tuple(flat)),)), tmp_path)
    text = (tmp_path / "deep" / "sheet.html").read_text(encoding="utf-8")
    line = re.search(r'class="line mid" d="([^"]+)"', text)
    assert line is not None
    heights = [float(place) for place in re.findall(r"V([\d.]+)", line[1])]
    assert max(heights) - min(heights) > 200  # of the picture's 276: from +1 down to -90 on an axis to -100


@pytest.mark.parametrize(
    ("nets", "told"),
    [
        ((1, 2, 3), "a profit, whoever stood before us"),
        ((-3, -2, -1), "a loss, whoever stood before us"),
        ((-1, 2, 3), "do not count on one"),
        ((-1, -1, 0), "do not count on one"),
    ],
)
def test_the_sentence_at_the_top_claims_no_more_than_the_least_favourable_queue(nets, told: str) -> None:
    results = tuple(changed(queue_result(name), net_micros=net * UNIT) for name, net in zip("abc", nets, strict=True))
    assert told in verdict(tear_sheet(results=results))


def test_a_run_without_orders_or_fills_says_so() -> None:
    idle = changed(queue_result(), orders=0, fills=0)
    assert "No order was sent" in verdict(tear_sheet(results=(idle,)))
    assert "No order was filled" in verdict(tear_sheet(results=(changed(idle, orders=4),)))
    assert "Nothing was simulated" in verdict(tear_sheet(results=()))


def test_figures_that_agree_are_ticked_and_a_break_of_one_millionth_is_printed() -> None:
    assert all(good for good, _ in agreements(tear_sheet()))
    good = queue_result()
    for broken, said in (
        (changed(good, commission_micros=good.commission_micros + 1), "before commission less commission"),
        (changed(good, hours=good.hours[1:]), "sum over hours"),
        (changed(good, markets=good.markets[1:]), "sum over markets"),
        (changed(good, equity=good.equity[:-1]), "last point of the equity"),
        (changed(good, worst_loss_micros=400 * UNIT + 1), "more than its cap"),
    ):
        [(agrees, told)] = agreements(tear_sheet(results=(broken,)))
        assert not agrees
        assert said in told


def test_drawdown_counts_from_the_best_so_far_and_from_zero() -> None:
    assert under_water(((1, -2), (2, 5), (3, 1), (4, 7))) == ((1, -2), (2, 0), (3, -4), (4, 0))
