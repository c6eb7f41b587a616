"""`explain` over SQL: every order's story out of the tables is the one that its journal tells."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.amending import AmendOrder
from domain.breaks import BreakFound
from domain.ids import VenueOrderId
from domain.messages import VenueOrder, VenueReported
from domain.orders import Side
from engine.explain import explain_order
from engine.replay import NotFound
from engine.story import tell
from engine.story_in_tables import tell_from_tables
from tests.builders import facts
from tests.engine import runs
from tests.engine.runs import ODDS, ONE, STORY, TWO, Live
from tests.storage.long_runs import written
from tests.storage.projections import projected, rows


def test_the_story_of_every_order_is_the_one_that_the_journal_tells(tmp_path: Path, url: str) -> None:
    run = written(tmp_path / "trial", orders=10)
    projected(run, url)
    for row in rows(url, "orders"):
        assert tell_from_tables(url, run, row["ref"]) == tell(run, row["ref"]), row["ref"]


def test_of_a_round_only_this_order_s_news_is_told(tmp_path: Path, url: str) -> None:
    theirs = [
        VenueOrder(None, VenueOrderId(name), ODDS.id, Side.LAY, 300, 2_000_000, None) for name in ("v1", "v8", "v9")
    ]
    live = Live(tmp_path / "trial")
    live.record(*STORY[:8], VenueReported(ONE, 5, tuple(theirs)), *STORY[9:])
    live.journal.close()
    projected(tmp_path / "trial", url)
    for name in ("t-1", "t-2", "one/v8", "v9"):
        assert tell_from_tables(url, tmp_path / "trial", name) == tell(tmp_path / "trial", name)


def test_a_late_match_behind_a_statement_is_told_alike(tmp_path: Path, url: str) -> None:
    run = runs.written(tmp_path / "trial", *STORY[:-1], *facts("fill f-late 1 at 900", ref="t-1"))
    projected(run, url)
    assert tell_from_tables(url, run, "t-1") == tell(run, "t-1")


def test_what_goes_on_of_an_order_is_told_alike(tmp_path: Path, url: str) -> None:
    change, changed = facts("amend a1 5 @ 2.10 as t-3; amended a1 5 @ 2.10", ref="t-1")
    assert isinstance(change, AmendOrder)
    change = replace(change, instrument=ODDS.id, old_price=200)
    heard = *facts("accept v1", ref="t-1"), change, changed, *facts("accept v3; fill f9 2 at 90", ref="t-3")
    run = runs.written(tmp_path / "trial", *STORY[:8], *heard)
    projected(run, url)
    for name in ("t-1", "t-3"):
        assert tell_from_tables(url, run, name) == tell(run, name)


def test_a_process_with_another_clock_is_told_alike(tmp_path: Path, url: str) -> None:
    run = runs.resumed_on_another_machine(tmp_path / "trial")
    projected(run, url)
    assert tell_from_tables(url, run, "t-1") == tell(run, "t-1")


def test_a_break_of_another_venue_s_order_of_the_same_name_is_told_alike(tmp_path: Path, url: str) -> None:
    both = *facts("accept v1", ref="t-1"), *facts("accept v1", ref="t-2")
    gap = BreakFound(TWO, "v1", "STATUS", "HIGH", 1, "theirs is gone")
    run = runs.written(tmp_path / "trial", *STORY[:8], *both, gap)
    projected(run, url)
    for name in ("t-1", "t-2"):
        assert tell_from_tables(url, run, name) == tell(run, name)


def test_what_is_not_there_is_told(tmp_path: Path, url: str) -> None:
    run = runs.written(tmp_path / "trial")
    projected(run, url)
    with pytest.raises(NotFound, match="has no order 'nobody'"):
        tell_from_tables(url, run, "nobody")
    with pytest.raises(NotFound, match=r"no run 'elsewhere': `project` it first; they have trial"):
        tell_from_tables(url, Path("elsewhere"), "t-1")


def test_the_door_tells_it_from_the_tables_without_the_run_s_folder(
    tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = runs.written(tmp_path / "trial")
    projected(run, url)
    assert explain_order(run, "t-1", as_json=True) == 0
    from_journal = capsys.readouterr().out
    assert explain_order(Path("trial"), "t-1", as_json=True, url=url) == 0
    assert capsys.readouterr().out == from_journal
