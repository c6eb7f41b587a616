"""Orders, positions, exposure and markets of a finished run, as rows."""

import json
import os
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from domain.fees import QuadraticFee
from domain.ids import Currency
from domain.messages import BalanceReported, InstrumentsListed
from domain.money import MICROS
from domain.stops import LimitFigure
from domain.terms import BalanceBasis
from engine.asking import QUESTIONS, ask_run
from tests.builders import facts, instrument, place
from tests.engine.runs import CONTRACTS, OPENING, STARTED, STORY, TWO, decision, written

OPEN = (*OPENING, place("LAY 10 @ 3.00", ref="t-1"), *facts("accept v1; fill f1 4", ref="t-1"))


def rows(run: Path, question: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert ask_run(run, question, as_json=True) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_orders_are_told_with_their_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = rows(written(tmp_path, *STORY), "orders", capsys)
    assert (first["ref"], first["venue_order_id"], first["state"]) == ("t-1", "v1", "SETTLED")
    assert (first["price_micros"], first["size_micros"], first["matched_micros"]) == (2_000_000, 5_000_000, 4_000_000)
    assert (second["ref"], second["price_micros"], second["state"]) == ("t-2", 500_000, "REJECTED")


def test_a_position_is_told_gross_in_its_currency(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (held,) = rows(written(tmp_path, *OPEN), "positions", capsys)
    assert (held["outcome"], held["currency"], held["open"]) == ("Reds", "GBP", True)
    assert (held["claims_micros"], held["if_win_micros"], held["if_lose_micros"]) == (-8_000_000, -4_000_000, 4_000_000)


def test_a_settled_position_is_no_longer_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (held,) = rows(written(tmp_path, *STORY), "positions", capsys)
    assert held["open"] is False


def test_exposure_is_told_against_the_cap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    event = rows(written(tmp_path, *OPEN), "exposure", capsys)[0]
    assert (event["scope"], event["used_ppm"]) == ("event", 20_000)
    assert (event["event"], event["currency"], event["cap_micros"]) == ("cup", "USD", 1_000_000_000)
    assert event["worst_loss_micros"] == 20_000_000  # 4 matched at 2.00 and 6 open at 3.00, in GBP at 1.25
    assert event["room_micros"] == 980_000_000
    assert event["joint_loss_micros"] == 20_000_000  # no final score settles a market of Reds, Blues and draw


def test_every_scope_is_told_beside_its_cap_or_without_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    started = replace(
        STARTED,
        events=(replace(STARTED.events[0], league="cup finals", sport="football"),),
        limits=(
            LimitFigure("cap_total_micros", "", 200 * MICROS),
            LimitFigure("cap_league_micros", "*", 80 * MICROS),
            LimitFigure("cap_venue_micros", "two", 50 * MICROS),
        ),
    )
    contracts = (place("BACK 10 @ 0.50c", ref="t-2", on=CONTRACTS.id), *facts("accept v2; fill f2 10", ref="t-2"))
    told = rows(
        written(tmp_path, started, *OPENING[1:], decision(), *OPEN[len(OPENING) :], *contracts), "exposure", capsys
    )
    found = {f"{row['scope']} {row['name']}".strip(): row for row in told}
    lone, both = 20_000_000, found["event Reds v Blues"]["worst_loss_micros"]
    assert both < lone, "contracts elsewhere bring back what the odds lose"
    losses = {name: row["worst_loss_micros"] for name, row in found.items()}
    assert {name: losses[name] for name in ("total", "day", "league cup finals", "sport football", "model goals")} == (
        dict.fromkeys(("total", "day", "league cup finals", "sport football", "model goals"), both)
    )
    assert (losses["venue one"], losses["venue two"] > 5_000_000) == (lone, True)
    assert losses["strategy s"] == both
    assert (found["league cup finals"]["cap_micros"], found["venue one"]["cap_micros"]) == (80_000_000, 0)
    assert found["total"]["used_ppm"] == both * 1_000_000 // 200_000_000


def test_a_market_is_told_by_outcome(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (market,) = rows(written(tmp_path, *OPEN), "markets", capsys)
    assert (market["outcomes"], market["venues"], market["open_orders"]) == (
        ["Reds", "Blues", "draw"],
        ["one", "two"],
        1,
    )
    assert market["matched_micros"] == [-5_000_000, 5_000_000, 5_000_000]
    assert market["worst_micros"] == [-20_000_000, 5_000_000, 5_000_000]


def test_a_position_is_told_as_the_one_bet_that_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (held,) = rows(written(tmp_path, *OPEN), "positions", capsys)
    assert (held["in_odds"], held["in_contracts"], held["break_even"]) == ("lay 4.00 @ 2.00", "8.00 no @ 0.50", "0.50")


def test_an_open_position_is_told_with_what_would_even_it_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (row,) = rows(written(tmp_path, *OPENING, decision(), *OPEN[len(OPENING) :]), "hedges", capsys)
    # 0.55 is odds of 1.818: backing at 1.82 keeps that, and 8.00 of claims at 1.82 cost 4.40
    assert (row["fair_micros"], row["green_up"], row["evened_micros"]) == (550_000, "back 4.40 @ 1.82", -400_000)
    # eight pounds of payout are ten dollars
    assert (row["hedge"], row["unhedged_micros"]) == ("10.00 on two/m2/yes", 0)


def test_without_a_fair_value_nothing_is_evened_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = rows(written(tmp_path, *OPEN), "hedges", capsys)
    assert (row["green_up"], row["evened_micros"]) == ("", -4_000_000)


def test_money_that_is_tied_up_is_told_by_venue_and_in_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two, all_of_it = rows(written(tmp_path, *OPEN), "capital", capsys)
    # 4 matched at 2.00 can lose 4, 6 open at 3.00 can lose 12
    assert (one["equity_micros"], one["tied_micros"], one["share_micros"]) == (500_000_000, 16_000_000, 32_000)
    assert (one["tightest"], two["tied_micros"], two["tightest"]) == (True, 0, False)
    assert (one["until_ms"], two["until_ms"], all_of_it["until_ms"]) == (10_800_000, 0, 10_800_000)
    assert (all_of_it["equity_micros"], all_of_it["tied_micros"]) == (1_425_000_000, 20_000_000)


def test_money_that_is_tied_up_is_told_by_shard_with_when_it_should_be_free(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = replace(
        CONTRACTS,
        id="two/m3/yes",
        listing=replace(CONTRACTS.listing, venue_market="m3", outcome=1),
        terms=replace(CONTRACTS.terms, shard=3),
    )
    balance = BalanceReported(
        TWO, Currency("USD"), 800 * MICROS, BalanceBasis.CASH, 0, shards=((0, 790 * MICROS), (3, 10 * MICROS))
    )
    opening = [*OPENING[:-1], InstrumentsListed(TWO, (CONTRACTS, other)), balance]
    run = written(tmp_path, *opening, place("BACK 10 @ 0.50c", on=other.id))
    one, first, third, _ = rows(run, "capital", capsys)
    assert (one["shard"], first["shard"], third["shard"]) == (0, 0, 3)
    assert (first["equity_micros"], first["tied_micros"], first["released_ms"]) == (790 * MICROS, 0, [])
    assert third["equity_micros"] == 10 * MICROS
    assert third["tied_micros"] > 5 * MICROS
    assert (third["released_ms"], third["released_micros"]) == ([10_800_000], [5_200_000])


def test_contracts_that_cannot_all_lose_are_told_to_hold_too_much(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    free = QuadraticFee(taker_ppm=0)
    others = [instrument(f"two/{name}/yes", fee=free, currency="USD", outcome=k) for k, name in enumerate("abc")][1:]
    given = [
        fact
        for n, other in enumerate(others)
        for fact in (
            place("LAY 1 @ 0.50c", ref=f"n-{n}", on=other.id),
            *facts("accept v; fill f 1 at 1", ref=f"n-{n}"),
        )
    ]
    run = written(tmp_path, *OPENING, InstrumentsListed(TWO, tuple(others)), *given)
    _, two, _ = rows(run, "capital", capsys)
    # two NO of either cost 0.50 each; at most one of the outcomes happens, so that two of them pay at least
    assert (two["tied_micros"], two["releasable_micros"]) == (2_000_000, 2_000_000)


@pytest.mark.parametrize("question", QUESTIONS)
def test_without_a_terminal_rows_are_json(tmp_path: Path, capsys: pytest.CaptureFixture[str], question: str) -> None:
    run = written(tmp_path, *STORY)
    assert ask_run(run, question, as_json=False) == 0
    assert all(json.loads(line) for line in capsys.readouterr().out.splitlines())


def test_a_folder_that_is_no_run_is_bad_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask_run(tmp_path / "nowhere", "orders", as_json=True) == 2
    assert "is not a folder" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_fault(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone, redirect_stdout(gone):
        assert ask_run(written(tmp_path, *STORY), "orders", as_json=True) == 0
