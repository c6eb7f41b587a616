"""The line to the engine: lost, refused, silent or with a gap in it, and taken up again by itself."""

from desk.terminal.link import Door
from desk.terminal.picture import QUIET_MS, LinkState, Picture
from desk.views import Frame, LadderOf, Rows
from tests.desk.terminal import sample
from tests.desk.terminal.watching import watched


async def test_a_lost_connection_is_said_in_a_banner_and_dialled_again() -> None:
    async with watched() as seen:
        await seen.end.run_stop()
        await seen.until(lambda: "CONNECTION LOST" in seen.header())
        assert "every figure below is old" in seen.header()
        assert "○" in seen.header().splitlines()[0]
        await seen.end.run_again()
        await seen.until(lambda: "CONNECTION LOST" not in seen.header())
        assert "● live" in seen.header()


async def test_nobody_listening_is_said_from_the_start() -> None:
    async with watched(door=Door("http://127.0.0.1:9", "")) as seen:
        await seen.until(lambda: "NO CONNECTION: nobody listens at http://127.0.0.1:9" in seen.header())


async def test_a_refused_token_is_said() -> None:
    async with watched() as seen:
        await seen.end.run_stop()
        seen.end.token = "wrong"
        await seen.end.run_again()
        await seen.until(lambda: "the token was refused" in seen.header())


async def test_a_lost_frame_has_everything_told_anew() -> None:
    async with watched() as seen:
        snapshots = len(seen.end.watched)
        await seen.end.send(skip=1, removed={"orders": ("r1",)})
        await seen.until(lambda: len(seen.end.watched) > snapshots)
        await seen.until(lambda: seen.app.picture.link.up)
        assert seen.app.picture.rows.order("r1") is not None


async def test_the_ladder_asked_for_is_asked_for_again_on_a_new_line() -> None:
    async with watched() as seen:
        await seen.press("down")
        await seen.until(lambda: seen.end.watched[-1].ladder == LadderOf("brackley/match_odds", 1, 30))
        told = len(seen.end.watched)
        await seen.end.run_stop()
        await seen.end.run_again()
        await seen.until(lambda: len(seen.end.watched) > told)
        assert seen.end.watched[-1].ladder == LadderOf("brackley/match_odds", 1, 30)


def test_silence_makes_the_picture_old() -> None:
    picture = Picture()
    picture.link = LinkState(up=True, ever_up=True)
    picture.take(sample.snapshot(), 10**9)
    assert not picture.is_old
    picture.now_ns = 10**9 + (QUIET_MS + 1) * 1_000_000
    assert picture.is_old
    assert picture.age_ms(sample.NOW_MS - 100) == QUIET_MS + 101


def test_deltas_change_rows_and_a_snapshot_forgets() -> None:
    picture = Picture()
    picture.take(sample.snapshot(), 1)
    picture.take(
        Frame(2, 5, rows=Rows(venues=(sample.venue("kalshi", fills=99),)), removed={"venues": ("betfair",)}), 2
    )
    assert [(row.id, row.fills) for row in picture.rows.venues] == [("kalshi", 99), ("matchbook", 88)]
    picture.take(Frame(3, 6, snapshot=True), 3)
    assert picture.rows.venues == []


def test_another_ladder_begins_anew() -> None:
    picture = Picture()
    picture.take(sample.snapshot(), 1)
    assert picture.rows.ladder
    picture.take(Frame(2, 5, ladder_of=LadderOf("brackley/match_odds", 1)), 2)
    assert picture.rows.ladder == []
