"""`backtest` from the command line: what it leaves, what it complains of, and its exit codes."""

import bz2
import csv
import json
from pathlib import Path

import pytest
from pyarrow import parquet

from desk.reports.results import EdgeResult
from engine.backtest.campaign import load_config
from engine.backtest.grid import chosen, parse_axis
from engine.backtest.report import added_edges
from engine.doors import main
from tests.backtest.made import at, closed, configured, definition, opening
from tests.backtest.scripted import Line

LINES = [Line("11", "BACK 10 @ 3.00", from_ms=1_000)]
MESSAGES = (
    opening(),
    at(1_000, r12={"atb": [[4.0, 31]]}),
    at(60_000, said=definition("SUSPENDED", version=2)),
    at(61_000, said=closed()),
)
TABLES = ("equity", "fills", "hours", "markets", "markouts", "orders")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "1.1.bz2"
    path.write_bytes(bz2.compress(b"\n".join(MESSAGES) + b"\n"))
    return path


def backtest(tmp_path: Path, *arguments: object) -> int:
    config = configured(tmp_path, LINES)
    return main(["backtest", *map(str, arguments), "--config", str(config), "--out", str(tmp_path / "out")])


def test_a_backtest_leaves_tables_a_summary_and_a_tear_sheet(tmp_path: Path, file: Path) -> None:
    assert backtest(tmp_path, file, "--summary", tmp_path / "summary.json") == 0
    out = tmp_path / "out"
    told = json.loads((out / "summary.json").read_bytes())
    assert told["mode"] == "backtest"
    assert told["pnl"] == {"gross": 20_000_000, "fees": 1_000_000, "net": 19_000_000}
    assert told["ledger"]["imbalance"] == 0
    assert set(told["assumptions"]) == {"pessimistic", "central", "optimistic"}
    assert {name: one["pnl"]["net"] for name, one in told["assumptions"].items()} == dict.fromkeys(
        told["assumptions"], 19_000_000
    )
    assert (tmp_path / "summary.json").read_bytes() == (out / "summary.json").read_bytes()
    assert (out / "tear_sheet.html").read_text().startswith("<!doctype html>")


def test_what_came_out_is_told_in_a_line_with_the_place_of_the_page(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest(tmp_path, file) == 0
    [line] = capsys.readouterr().out.splitlines()
    assert "pessimistic 19.00, central 19.00, optimistic 19.00" in line
    assert line.endswith(str(tmp_path / "out" / "tear_sheet.html"))


def test_edges_of_several_files_stand_in_one_order_whichever_had_them_first() -> None:
    def told(label: str) -> EdgeResult:
        return EdgeResult(label=label, fills=1, matched_micros=2, promised_micros=3, realised_micros=4)

    first, second = [told("5 % and more"), told("no fair value")], [told("below 0 %"), told("5 % and more")]
    found = added_edges([first, second])
    assert [(one.label, one.fills) for one in found] == [("below 0 %", 1), ("5 % and more", 2), ("no fair value", 1)]


def test_csv_and_parquet_hold_the_same(tmp_path: Path, file: Path) -> None:
    backtest(tmp_path, file)
    for name in TABLES:
        table = parquet.read_table(tmp_path / "out" / f"{name}.parquet")
        with (tmp_path / "out" / f"{name}.csv").open() as told:
            header, *rows = csv.reader(told)
        assert header == table.column_names
        assert rows == [["" if value is None else str(value) for value in row.values()] for row in table.to_pylist()]
        assert rows, name


def test_a_grid_tries_every_combination(tmp_path: Path, file: Path) -> None:
    places = ["--grid", "backtest.place_ms=50,100", "--grid", 'backtest.bank="5","10000"']
    assert backtest(tmp_path, file, *places) == 0
    told = json.loads((tmp_path / "out" / "summary.json").read_bytes())
    assert told["grid"]["net"] == [0, 19_000_000, 0, 19_000_000], "5 in the bank is not enough for a stake of 10"


@pytest.mark.parametrize(
    ("texts", "cell"),
    [
        (["backtest.place_ms=50,100"], (0, 1)),
        (["backtest.cancel_ms=100", "backtest.place_ms=50,100,200"], (0, 1)),
        (["limits.open_orders_max=10,50", "strategies.0.name=script,other"], (1, 0)),
        (["backtest.place_ms=50,60"], None),
    ],
)
def test_the_cell_that_is_the_configuration_itself_is_found(
    tmp_path: Path, texts: list[str], cell: tuple[int, int] | None
) -> None:
    config = load_config(configured(tmp_path, LINES)).config
    assert chosen(config, [parse_axis(text) for text in texts]) == cell


def test_a_file_that_ends_early_is_told_in_one_line_and_the_others_are_played(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = tmp_path / "1.2.bz2"
    short.write_bytes(file.read_bytes()[:-10])
    assert backtest(tmp_path, file, short, "--workers", 1) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert f"{short}: " in line
    assert "fetch it again" in line
    assert json.loads((tmp_path / "out" / "summary.json").read_bytes())["pnl"]["net"] == 19_000_000


def test_a_cut_line_is_left_out_and_named_by_its_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "1.1"
    path.write_bytes(b"\n".join([*MESSAGES[:2], MESSAGES[1][:40], *MESSAGES[2:]]))
    assert backtest(tmp_path, path) == 0
    [line] = capsys.readouterr().err.splitlines()
    assert f"{path}: line 3 left out: " in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.bz2"], "nowhere.bz2: there is no such file"),
        (["FILE", "--grid", "strategies.1.settings.edge=1"], "strategies.1.settings.edge: no such place"),
        (["FILE", "--grid", "edge"], "write a place and its values"),
        (["FILE", "--grid", "backtest.place_mss=1"], "did you mean `place_ms`?"),
        (["FILE", "--grid", "backtest.place_ms=0"], "must lie above 0"),
        (["FILE", *["--grid", "backtest.place_ms=1"] * 3], "at most 2 parameters"),
    ],
)
def test_what_cannot_be_run_is_told_in_one_line(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert backtest(tmp_path, *(str(file) if one == "FILE" else one for one in arguments)) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert said in line


def test_a_file_whose_books_cross_is_said_to_lack_messages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "1.1"
    crossing = at(2_000, r11={"atb": [[3.2, 5]]}), at(3_000, r11={"atb": [[3.2, 0]]})
    path.write_bytes(b"\n".join([*MESSAGES[:2], *crossing, *MESSAGES[2:]]))
    assert backtest(tmp_path, path) == 0
    [line] = capsys.readouterr().err.splitlines()
    assert "crossed after 1 messages" in line
