"""The operators' verbs, as a person types them, against a desk that listens on a real port."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.operators import (
    EVERY_STRATEGY,
    EVERY_VENUE,
    CancelsOrdered,
    KillLevel,
    KillLevelSet,
    PauseSet,
    RoundOrdered,
)
from engine.doors import main
from engine.stage import write_token
from strategy.base import NOTHING
from tests.builders import facts
from tests.desk.desks import TOKEN, Watched, typed, watched
from tests.engine.streets import quote

WHY = ["--who", "ann", "--why", "drill"]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path) as desk:
        yield desk


@pytest.mark.parametrize(
    ("words", "fact", "said"),
    [
        (["halt", "3"], KillLevelSet(KillLevel.CANCEL_ALL, "ann", "drill"), {"level": 3}),
        (["pause"], PauseSet(EVERY_STRATEGY, True, "ann", "drill"), {"level": 0, "paused": ["s"]}),
        (["pause", "--strategy", "s"], PauseSet("s", True, "ann", "drill"), {"level": 0, "paused": ["s"]}),  # type: ignore[arg-type]
        (["cancel-all"], CancelsOrdered(EVERY_VENUE, "ann", "drill"), {"orders_open": 0}),
        (["cancel-all", "--venue", "two"], CancelsOrdered("two", "ann", "drill"), {"orders_open": 0}),  # type: ignore[arg-type]
        (["reconcile"], RoundOrdered(EVERY_VENUE, "ann", "drill"), {"asked": ["one", "two"], "waiting": []}),
        (["reconcile", "--venue", "one"], RoundOrdered("one", "ann", "drill"), {"asked": ["one"], "waiting": []}),  # type: ignore[arg-type]
    ],
)
async def test_a_word_reaches_the_journal_with_who_and_why(
    desk: Watched, capsys: pytest.CaptureFixture[str], words: list[str], fact: object, said: dict
) -> None:
    assert await typed(desk, *words, *WHY) == 0
    assert desk.said() == [fact]
    assert json.loads(capsys.readouterr().out) == said


async def test_one_order_is_cancelled_by_its_ref(desk: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    placed = desk.quoting(quote())
    assert await typed(desk, "cancel", placed.ref, *WHY) == 0
    assert json.loads(capsys.readouterr().out) == {"orders_open": 1}
    assert desk.said() == [CancelsOrdered(EVERY_VENUE, "ann", "drill", placed.ref)]
    assert await typed(desk, "cancel", "r77", *WHY) == 2
    assert "order = 'r77': unknown" in capsys.readouterr().err


async def test_resuming_takes_stops_and_pauses_back(desk: Watched) -> None:
    for words in (["halt", "2"], ["pause"], ["resume"]):
        assert await typed(desk, *words, *WHY) == 0
    assert desk.state.breakers.level is KillLevel.NONE
    assert not desk.state.breakers.paused


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["halt", "9", *WHY], "invalid choice: 9"),
        (["halt", "1"], "--why"),
        (["halt", "1", "--who", "ann", "--why", " "], "$.why = ' ': must not be empty"),
        (["enable", "c0ffee", *WHY], "nothing here is real money"),
        (["pause", "--strategy", "x", *WHY], "strategy = 'x': unknown; name one of s"),
        (["cancel-all", "--venue", "x", *WHY], "venue = 'x': unknown; name one of one, two"),
    ],
)
async def test_what_cannot_be_done_is_one_line_and_code_two(
    desk: Watched, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert await typed(desk, *words) == 2
    complaint = capsys.readouterr().err
    assert said in complaint
    assert complaint.count("\n") == 1
    assert desk.said() == []


async def test_a_flattening_is_shown_and_not_sent(desk: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    placed = desk.quoting(quote())
    desk.wishes.wanted = NOTHING
    desk.tell(*facts("fill f1 10 at 5", placed.ref))
    records = len(desk.records())
    assert await typed(desk, "flatten") == 0
    (order,) = json.loads(capsys.readouterr().out)["orders"]
    assert (order["side"], order["price"]) == ("lay", "2.04")
    assert len(desk.records()) == records


def test_nobody_there_is_code_three(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_token(tmp_path, TOKEN)
    (tmp_path / "control.url").write_text("http://127.0.0.1:1\n")
    assert main(["halt", "1", *WHY, "--run", str(tmp_path)]) == 3
    assert "http://127.0.0.1:1: no engine answers there" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--url", "http://127.0.0.1:1", "--token-env", "NO_SUCH_TOKEN"], "put its token into NO_SUCH_TOKEN"),
        (["--url", "127.0.0.1:1"], "write an address such as http://127.0.0.1:8080"),
        (["--runs", "nowhere"], "there is no run in nowhere"),
        (["--run", "."], "no engine has opened a control interface there"),
    ],
)
def test_an_engine_that_is_not_named_rightly_is_code_two(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSBOOK_TOKEN", TOKEN)
    assert main(["halt", "1", *WHY, *words]) == 2
    assert said in capsys.readouterr().err


async def test_a_wrong_token_is_said_to_be_wrong(desk: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    write_token(desk.folder, "another")
    assert await typed(desk, "halt", "1", *WHY) == 2
    assert "the token is missing or wrong" in capsys.readouterr().err
    assert desk.said() == []


async def test_the_story_of_an_order_is_told_by_a_process_of_its_own(desk: Watched) -> None:
    placed = desk.quoting(quote())
    status, story = await desk.fetch(f"/v1/explain/{placed.ref}")
    assert (status, story["order"]["ref"], story["state"]) == (200, placed.ref, "OPEN")
    status, answer = await desk.fetch("/v1/explain/nobodys")
    assert status == 404
    assert "'nobodys'" in answer["error"]
    status, answer = await desk.fetch("/v1/explain/--help")
    assert status == 404
