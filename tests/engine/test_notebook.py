"""Notebooks: frames with the columns and rows of the tables, made from the journal alone."""

from pathlib import Path

import polars as pl
import pytest

from engine.notebook import Run, open_run
from tests.storage.long_runs import written
from tests.storage.projections import projected, rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("long") / "run", orders=20)


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return open_run(folder)


def test_every_frame_has_the_rows_of_its_table(run: Run, folder: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tables.sqlite'}"
    projected(folder, url)
    for table in run.tables:
        if table == "projections":  # how far the tables are, which no frame is
            continue
        wanted = [{name: value for name, value in row.items() if name != "run"} for row in rows(url, table)]
        found = run.frame(table).to_dicts()
        assert sorted(map(str, found)) == sorted(map(str, wanted)), table


def test_the_frames_by_name_are_typed_and_add_up(run: Run) -> None:
    assert run.name == "trial"
    assert run.postings.group_by("entry", "currency").agg(pl.col("micros").sum())["micros"].unique().to_list() == [0]
    matched = run.fills.group_by("ref").agg(pl.col("size_micros").sum())
    joined = run.orders.filter(pl.col("matched_micros") != 0).join(matched, on="ref")
    assert joined.filter(pl.col("matched_micros") != pl.col("size_micros_right")).is_empty()
    assert run.breaks.schema["healed_seq"] == pl.Int64()
    assert run.decisions.height == 20
    assert run.candidates.height == 40


def test_books_are_what_the_decisions_saw(run: Run) -> None:
    best = run.books.filter(pl.col("level") == 0, pl.col("decision") == 1)
    assert best.select("instrument", "price").rows() == [("one/match/home", 200), ("two/m2/yes", 5_000)]


def test_a_table_without_rows_is_a_frame_with_columns(tmp_path: Path) -> None:
    run = open_run(written(tmp_path / "run", orders=0))
    assert run.orders.is_empty()
    assert "matched_micros" in run.orders.columns
    assert run.books.columns[0] == "seq"


def test_the_figures_of_a_moment_are_at_hand(run: Run) -> None:
    assert run.at("50").records == 50


def test_nothing_of_a_run_can_be_changed(run: Run) -> None:
    for name in ("fills", "name", "folder", "more"):
        with pytest.raises(AttributeError, match=f"Run.{name}: a run is as its journal says"):
            setattr(run, name, "x")
    with pytest.raises(AttributeError):
        del run.name
    fills, books = run.fills, run.books
    fills[0, "fee_micros"] = 7
    books[0, "price"] = 7
    assert run.fills[0, "fee_micros"] != 7
    assert run.books[0, "price"] != 7
