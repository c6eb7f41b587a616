"""`recon`: green or red from a journal, breaks by money and age, and words that reach a running engine."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.breaks import (
    BalanceCompared,
    BreakAssigned,
    BreakFound,
    BreakHealed,
    Comparison,
    ReconCompleted,
    RoundCause,
    WriteOffSigned,
)
from domain.ids import Currency
from domain.treasury import DifferenceSuspended, SuspenseWrittenOff
from engine.doors import main
from engine.recon_door import BREAKS_OPEN, print_book, read_book, recon_run, unproven
from tests.desk.desks import Watched, watched
from tests.engine.runs import ONE, OPENING, TWO, written
from tests.storage.long_runs import queue_of_breaks

BALANCE = BreakFound(
    ONE,
    "GBP",
    "BALANCE",
    "HIGH",
    6_250_000,
    "5 beyond",
    apart_micros=5_000_000,
    currency=Currency("GBP"),
    owner="back office",
)
STRANGER = BreakFound(
    TWO, "v-7", "UNKNOWN_AT_VENUE", "CRITICAL", 9_000_000, "none", foreign=True, found_ms=1_699_999_000_000
)
NAME = "one/BALANCE/GBP"
WHY = ["--why", "a coin"]


def asked(folder: Path, *bodies: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict]:
    """The exit code, and what is told of a run of these records."""
    code = recon_run(written(folder, *OPENING, *bodies), as_json=True)  # type: ignore[arg-type]
    return code, json.loads(capsys.readouterr().out)


def test_a_run_without_a_break_is_green(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = (
        BALANCE,
        BreakHealed(ONE, "GBP", "BALANCE", "a later comparison agrees"),
        ReconCompleted(ONE, 0, RoundCause.START),
        BalanceCompared(ONE, Currency("GBP"), Comparison.AGREED, 1),
        BalanceCompared(TWO, Currency("USD"), Comparison.AGREED, 2),
    )
    code, told = asked(tmp_path, *ended, capsys=capsys)
    assert (code, told["green"], told["breaks"]) == (0, True, [])
    assert told["closed"] == {"healed": 1, "resolved": 0, "written_off": 0}
    assert (told["venues"]["one"]["cause"], told["venues"]["one"]["rounds"], told["venues"]["two"]["rounds"]) == (
        "start",
        1,
        0,
    )


def test_a_wallet_that_was_not_compared_is_amber(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = written(
        tmp_path,
        *OPENING,
        BalanceCompared(ONE, Currency("GBP"), Comparison.AGREED, 1),
        BalanceCompared(ONE, Currency("GBP"), Comparison.AWAITING, 2),
    )
    book = read_book(run)
    assert unproven(book) == [ONE, TWO]
    print_book(book)
    said = capsys.readouterr().out
    assert said.startswith("AMBER")
    assert "two: not compared since the run began" in said
    assert recon_run(run, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["green"], told["wallets"][0]) == (
        False,
        {"venue": "one", "compared": "awaiting", "agreed_as_of_ms": 1},
    )


def test_what_stands_is_told_by_money_with_age_owner_and_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = asked(
        tmp_path, BALANCE, STRANGER, WriteOffSigned(ONE, "GBP", "BALANCE", 6_250_000, "ann", "x"), capsys=capsys
    )
    assert (code, told["green"], told["money_base_micros"]) == (BREAKS_OPEN, False, 15_250_000)
    assert [one["id"] for one in told["breaks"]] == ["two/UNKNOWN_AT_VENUE/v-7", NAME]
    assert told["breaks"][0]["age_s"] == 1_000
    assert (told["breaks"][1]["owner"], told["breaks"][1]["signed_by"]) == ("back office", ["ann"])
    assert [one["stops"] for one in told["breaks"]] == ["nothing", "nothing"]


def test_breaks_are_counted_by_how_they_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, told = asked(tmp_path, *queue_of_breaks(), capsys=capsys)
    assert told["closed"] == {"healed": 0, "resolved": 1, "written_off": 1}
    assert [(one["id"], one["stops"]) for one in told["breaks"]] == [("one/RESULT/m-9", "venue")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--assign", NAME, "--to", "ann"], "--why: must not be empty"),
        (["--write-off", NAME, "--money", "5,00", *WHY], "--money '5,00'"),
        (["/no/such/run"], "there is no such folder"),
    ],
)
def test_what_cannot_be_said_is_told_in_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recon", *words]) == 2
    assert said in capsys.readouterr().err


# ---- words to a running engine ----


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path) as desk:
        desk.street.note(BALANCE)
        yield desk


async def typed(desk: Watched, *words: str, who: str = "ann") -> int:
    """The exit code of a command, typed while the desk runs."""
    return await asyncio.to_thread(main, ["recon", str(desk.folder), *words, "--who", who, *WHY])


async def test_a_break_is_given_to_a_person(desk: Watched) -> None:
    assert await typed(desk, "--assign", NAME, "--to", "bob") == 0
    assert BreakAssigned(ONE, "GBP", "BALANCE", "bob", "ann", "a coin") in desk.records()
    assert [row.owner for row in desk.desk.rows("breaks")] == ["bob"]  # type: ignore[attr-defined]


async def test_two_different_people_write_a_break_off_and_the_ledger_posts_it(
    desk: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    sign = ("--write-off", NAME, "--money", "6.25")
    assert await typed(desk, *sign) == 0
    assert json.loads(capsys.readouterr().out) == {
        "id": NAME,
        "owner": "back office",
        "signed_by": ["ann"],
        "over": False,
    }
    assert await typed(desk, *sign, who=" ANN ") == 2
    assert "has signed already; a different person has to be the second" in capsys.readouterr().err
    assert await typed(desk, "--write-off", NAME, "--money", "6", who="bob") == 2
    assert "stands at 6250000, 6.25; sign that" in capsys.readouterr().err
    assert await typed(desk, *sign, who="bob") == 0
    assert json.loads(capsys.readouterr().out)["over"]
    posted = [body for body in desk.records() if isinstance(body, DifferenceSuspended | SuspenseWrittenOff)]
    assert [type(body) for body in posted] == [DifferenceSuspended, SuspenseWrittenOff]
    assert posted[1] == SuspenseWrittenOff("one/GBP", 5_000_000, "ann", "bob", "a coin")
    assert (desk.state.breaks.standing, desk.state.ledger.imbalance(), desk.state.ledger.suspense.items) == ({}, 0, {})


async def test_one_person_cannot_resolve_what_still_differs(desk: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    assert await typed(desk, "--resolve", NAME) == 2
    assert "both sides still differ, 5 beyond; two people may write it off" in capsys.readouterr().err


async def test_a_break_that_does_not_stand_is_named(desk: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    assert await typed(desk, "--resolve", "one/BALANCE/EUR") == 2
    assert "no such break stands" in capsys.readouterr().err
