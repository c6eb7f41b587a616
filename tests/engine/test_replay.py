"""Replay: a run's journal alone gives the state back, and whoever changes a record is found at that record."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.messages import BalanceReported, DigestTaken, Journalled, PlaceOrder, RunEnded, RunResumed
from domain.money import MICROS
from engine.replay import DigestDiffers, NotFound, rebuild, replay_run, verify
from storage.journal import JournalDamaged, read
from tests.builders import facts
from tests.engine.runs import STARTED, STORY, Live, forged, settlement, written


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run of 23 records, six of them digests."""
    return written(tmp_path / "run")


def records_of(run: Path) -> list[Journalled]:
    return [record.body for record, _ in read(run)]


def at(records: list[Journalled], kind: type) -> int:
    """Index of the first record of a kind."""
    return next(n for n, body in enumerate(records) if isinstance(body, kind))


# ---- the state comes back ----


def test_the_replayed_state_is_the_one_that_traded(tmp_path: Path) -> None:
    live = Live(tmp_path)
    live.record(*STORY)
    live.journal.close()
    state, verified = rebuild(tmp_path)
    assert verified.digest == state.digest() == live.state.digest()
    assert (verified.records, verified.digests_met) == (23, 6)
    assert verified.head == live.journal.head.hex()
    assert state.ledger.balances == live.state.ledger.balances
    assert state.blotter.orders.archive == live.state.blotter.orders.archive


def test_a_run_goes_on_from_its_replayed_state(run: Path) -> None:
    live = Live(run)
    live.state = rebuild(run)[0]
    live.record(RunResumed("trial", "c0ffee"), settlement(5, statement="s2"), RunEnded("again"))
    live.journal.close()
    assert verify(run).digest == live.state.digest()


def test_an_answer_that_says_nothing_new_counts_for_no_breaker(tmp_path: Path) -> None:
    live = Live(tmp_path)
    live.record(*STORY)
    before = live.state.digest()
    for answer in facts("reject; reject; reject; reject; reject", ref="t-2"):
        live.state.apply(answer, 0)
    assert live.state.digest() == before


def test_a_torn_last_write_is_no_damage(run: Path) -> None:
    with (run / "journal-000001.seg").open("ab") as segment:
        segment.write(b"\x40\x00\x00\x00half")
    assert verify(run).records == 23


def test_the_digest_does_not_depend_on_the_hash_seed(root: Path, run: Path) -> None:
    script = "import sys; from pathlib import Path; from engine.replay import verify; print(verify(Path(sys.argv[1])))"
    found = {
        subprocess.run(
            [sys.executable, "-c", script, str(run)],
            cwd=root,
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert found == {str(verify(run))}


# ---- a changed record is found ----


@pytest.mark.parametrize("n", range(5, 22))
def test_a_dropped_record_is_found_at_the_next_digest_at_the_latest(run: Path, tmp_path: Path, n: int) -> None:
    records = records_of(run)
    del records[n]
    with pytest.raises((DigestDiffers, JournalDamaged), match=r"record [0-9]+"):
        verify(forged(tmp_path / "forged", records))


def test_two_swapped_records_are_found(run: Path, tmp_path: Path) -> None:
    records = records_of(run)
    accepted, cancel = 11, 15
    records[accepted], records[cancel] = records[cancel], records[accepted]
    with pytest.raises(DigestDiffers, match="record 13: the state after record 12 was"):
        verify(forged(tmp_path / "forged", records))


def test_an_altered_record_is_found_at_the_digest_behind_it(run: Path, tmp_path: Path) -> None:
    records = records_of(run)
    n = at(records, PlaceOrder)
    placed = records[n]
    assert isinstance(placed, PlaceOrder)
    records[n] = replace(placed, size_micros=placed.size_micros + 1)
    with pytest.raises(DigestDiffers, match=r"record 9: the state after record 8 was [0-9a-f]{32}, replay comes to"):
        verify(forged(tmp_path / "forged", records))


def test_a_record_that_does_not_fit_is_named(run: Path, tmp_path: Path) -> None:
    records = [body for body in records_of(run) if not isinstance(body, PlaceOrder | DigestTaken)]
    records[0] = replace(STARTED, digest_every=1_000)
    with pytest.raises(JournalDamaged, match=r"record [0-9]+, CancelOrder, does not fit .* never placed: t-1"):
        verify(forged(tmp_path / "forged", records))


def test_a_digest_that_stands_elsewhere_is_found(run: Path, tmp_path: Path) -> None:
    records = records_of(run)
    with pytest.raises(DigestDiffers, match="record 4: a digest of record 4 stands behind record 3"):
        verify(forged(tmp_path / "forged", [*records[:3], *records[4:]]))


def test_a_journal_forged_without_any_digest_is_found(run: Path, tmp_path: Path) -> None:
    records = [body for body in records_of(run) if not isinstance(body, DigestTaken)]
    with pytest.raises(JournalDamaged, match="record 5: the digest of record 4 is missing here"):
        verify(forged(tmp_path / "forged", records))


@pytest.mark.parametrize("number", range(6))
def test_each_digest_that_is_left_out_is_found(run: Path, tmp_path: Path, number: int) -> None:
    records = records_of(run)
    del records[[n for n, body in enumerate(records) if isinstance(body, DigestTaken)][number]]
    with pytest.raises((DigestDiffers, JournalDamaged), match=r"record [0-9]+: "):
        verify(forged(tmp_path / "forged", records))


def test_an_end_without_its_digest_is_no_end(run: Path, tmp_path: Path) -> None:
    with pytest.raises(JournalDamaged, match="record 22: the run ended, and the digest of its end is missing"):
        verify(forged(tmp_path / "forged", records_of(run)[:-1]))


def test_a_process_that_died_before_it_took_a_digest_is_no_forger(tmp_path: Path) -> None:
    live = Live(tmp_path)
    live.record(*STORY[:3])
    live.keep(STORY[3])
    live.record(RunResumed("trial", "c0ffee"), *STORY[4:])
    live.journal.close()
    verified = verify(tmp_path)
    assert verified.digest == live.state.digest()
    assert [type(body) for body in records_of(tmp_path)[3:6]] == [BalanceReported, RunResumed, DigestTaken]


def test_a_run_begins_with_what_it_was_started_with(tmp_path: Path) -> None:
    with pytest.raises(JournalDamaged, match="record 1 is RunEnded: a run begins with RunStarted"):
        verify(forged(tmp_path, [RunEnded("asked to")]))


def test_money_that_was_moved_is_found(run: Path, tmp_path: Path) -> None:
    records = records_of(run)
    n = at(records, BalanceReported)
    opening = records[n]
    assert isinstance(opening, BalanceReported)
    records[n] = replace(opening, balance_micros=opening.balance_micros - MICROS)
    with pytest.raises(DigestDiffers, match="record"):
        verify(forged(tmp_path / "forged", records))


# ---- the door ----


def test_the_door_prints_what_was_proven(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay_run(run, verify=True, as_json=True) == 0
    verified = verify(run)
    assert json.loads(capsys.readouterr().out) == {
        "records": 23,
        "marked": 23,
        "head": verified.head,
        "digest": verified.digest,
        "digests_met": 6,
        "digest_every": 4,
    }


def test_the_door_prints_what_the_run_came_to(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay_run(run, verify=False, as_json=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "orders: REJECTED 1, SETTLED 1" in lines
    assert "day loss: -4.875" in lines
    assert "worst loss: cup 0.00" in lines


@pytest.mark.parametrize(
    ("spoil", "code", "said"),
    [
        (lambda run: run / "nowhere", 2, "nowhere is not a folder"),
        (lambda run: run.parent, 2, "holds no records"),
        (lambda run: (run / "journal-000001.seg").write_bytes(b"XBKJ\x02\x00" + bytes(16)) and run, 6, "tail is cut"),
        (
            lambda run: (run / "journal-000001.seg").write_bytes(b"XBKJ\x01\x00" + bytes(16)) and run,
            2,
            "an older version",
        ),
        (lambda run: forged(run.parent / "f", [STARTED, DigestTaken(1, "00")]), 6, "record 2: the state after"),
    ],
)
def test_the_door_says_in_one_line_what_is_wrong(
    run: Path, capsys: pytest.CaptureFixture[str], spoil, code: int, said: str
) -> None:
    assert replay_run(spoil(run), verify=True, as_json=False) == code
    out, complaint = capsys.readouterr()
    assert out == ""
    assert said in complaint
    assert complaint.count("\n") == 1


@pytest.mark.parametrize("seq", range(1, 24))
@pytest.mark.parametrize("part", [0, 4, -1])
def test_the_door_names_each_changed_record(run: Path, capsys: pytest.CaptureFixture[str], seq: int, part: int) -> None:
    """In its length, its bytes, and the hash behind it."""
    segment = run / "journal-000001.seg"
    data, begins = bytearray(segment.read_bytes()), [22]
    while begins[-1] < len(data):
        begins.append(begins[-1] + 20 + int.from_bytes(data[begins[-1] : begins[-1] + 4], "little"))
    data[begins[seq] - 1 if part < 0 else begins[seq - 1] + part] ^= 1
    segment.write_bytes(data)
    assert replay_run(run, verify=True, as_json=False) == 6
    complaint = capsys.readouterr().err
    assert f"journal-000001.seg: record {seq} at byte {begins[seq - 1]} " in complaint
    assert ("was changed in its length" in complaint) == (part == 0)


def test_a_run_whose_process_died_at_its_mark_says_how_far_that_goes(tmp_path: Path) -> None:
    live = Live(tmp_path)
    live.record(*STORY[:3])
    before = (tmp_path / "journal.head").read_bytes()
    live.keep(STORY[3])
    live.journal.let_go()
    (tmp_path / "journal.head").write_bytes(before)
    verified = verify(tmp_path)
    assert (verified.records, verified.marked) == (live.state.records, live.state.records - 1)


def test_a_missing_run_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        rebuild(tmp_path / "nowhere")
