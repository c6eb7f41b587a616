"""The doors refuse what cannot be done in one line and with exit code 2, before anything is written."""

import bz2
import socket
from pathlib import Path

import pytest

from engine.doors import OURS, main
from engine.recordings import left_out
from engine.runs import RunsUnusable, latest_run, new_run

TOML = OURS.read_text()


def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a demo with these arguments complains about."""
    runs = tmp_path / "runs"
    assert main(["demo", "--headless", "--for", "1", "--runs", str(runs), *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("crossbook: ")
    assert said.err.count("\n") == 1
    assert not runs.exists()
    return said.err


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("tick_ms", "tick_mss", "did you mean `tick_ms`?"),
        ('"20 USD"', '"20 GBP"', "must be an amount in USD"),
        ('"20 USD"', '"-5 USD"', "cap_order = '-5 USD': must be above zero"),
        ("[venues.", "[venues.x", "unknown venue; did you mean"),
        ("MarketMaker", "MarketMakr", "has no attribute 'MarketMakr'"),
        ("\nGBP", "\nGPB", "add its rate, as GBP"),
    ],
)
def test_a_broken_configuration(tmp_path: Path, capsys, good: str, bad: str, said: str) -> None:
    (tmp_path / "c.toml").write_text(TOML.replace(good, bad, 1))
    assert said in refused(tmp_path, capsys, "--config", str(tmp_path / "c.toml"))


def test_a_port_that_is_taken(tmp_path: Path, capsys) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "c.toml").write_text(TOML.replace("\nport = 0", f"\nport = {port}"))
        assert f"127.0.0.1:{port}: cannot listen there" in refused(
            tmp_path, capsys, "--config", str(tmp_path / "c.toml")
        )


def test_recordings_that_cannot_be_played(tmp_path: Path, capsys) -> None:
    assert "there is no such file" in refused(tmp_path, capsys, "--recording", str(tmp_path / "no.bz2"))
    cut = tmp_path / "cut.bz2"
    cut.write_bytes(bz2.compress(b'{"op":"mcm","pt":1,"mc":[]}\n' * 9_000)[:-20])
    assert "ends at byte" in refused(tmp_path, capsys, "--recording", str(cut))
    (tmp_path / "empty").write_bytes(b"")
    assert str(tmp_path / "empty") in refused(tmp_path, capsys, "--recording", str(tmp_path / "empty"))


def test_lines_left_out_are_told_by_number_and_many_are_counted() -> None:
    path, wrong = Path("a.json"), [(number, "input data\nwas truncated") for number in range(3, 10)]
    assert left_out(path, []) == []
    assert left_out(path, wrong[:1]) == ["a.json: line 3 left out: input data was truncated"]
    assert left_out(path, wrong)[4:] == [
        "a.json: line 7 left out: input data was truncated",
        "a.json: 7 lines left out in all",
    ]


def test_a_recording_without_books_is_refused_with_its_reason(tmp_path: Path, capsys, shared: Path) -> None:
    basic = next((shared / "venues" / "betfair" / "recordings").glob("BASIC-*"))
    said = refused(tmp_path, capsys, "--recording", str(basic))
    assert basic.name in said
    assert "BASIC" in said.replace(basic.name, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--for", "x"), "seconds must be a number above 0, not 'x'"),
        (("--speed", "-1"), "speed must be a number above 0"),
        (("--faults", "no"), "no faults are called 'no'; did you mean 'none'?"),
        (("--no-such",), "unrecognized arguments: --no-such"),
        (("--resume", "no"), "--resume no: this is no demo's run"),
        (("--summary", "no/such/folder.json"), "there is no folder no/such"),
    ],
)
def test_wrong_usage(tmp_path: Path, capsys, arguments: tuple[str, ...], said: str) -> None:
    assert said in refused(tmp_path, capsys, *arguments)


def test_a_verb_that_nobody_knows(capsys) -> None:
    assert main(["demoo"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("crossbook: unknown verb 'demoo'; known are ")
    assert " demo, " in said


def test_runs_are_named_by_their_beginning_and_found_by_it(tmp_path: Path) -> None:
    assert latest_run(tmp_path) is None
    first = new_run(tmp_path, 1_700_000_000_123_000_000, 7)
    second = new_run(tmp_path, 1_700_000_000_124_000_000, 3)
    assert first.name == "20231114-221320-123-seed7"
    assert latest_run(tmp_path) == second
    with pytest.raises(RunsUnusable, match="File exists"):
        new_run(tmp_path, 1_700_000_000_124_000_000, 3)
    (tmp_path / "file").touch()
    with pytest.raises(RunsUnusable, match="name another with --runs"):
        new_run(tmp_path / "file", 1, 3)
    with pytest.raises(RunsUnusable, match="embedded null byte; name another with --runs"):
        new_run(tmp_path / "a\0b", 0, 7)
