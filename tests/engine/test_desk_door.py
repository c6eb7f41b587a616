"""A dashboard finds its engine by a run's folder or an address, and says in one line why there is none to show."""

from pathlib import Path

import pytest

from engine import doors
from engine.desk_door import Attach, NotShown, door

URL = "http://127.0.0.1:4711"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CROSSBOOK_TOKEN", raising=False)
    folder = tmp_path / "20261121-120000-000-seed1"
    folder.mkdir()
    (folder / "control.url").write_text(f"{URL}\n")
    (folder / "control.token").write_text("sesame")
    return folder


def test_a_runs_folder_says_where_its_engine_listens(run: Path) -> None:
    assert door(Attach(run=str(run))) == (URL, "sesame")


def test_a_resumed_engine_is_found_where_it_listens_now(run: Path) -> None:
    attach = Attach(run=str(run))
    assert door(attach) == (URL, "sesame")
    (run / "control.url").write_text("http://127.0.0.1:4712\n")
    assert door(attach) == ("http://127.0.0.1:4712", "sesame")


def test_an_address_takes_its_token_from_the_environment(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_TOKEN", "open")
    attach = Attach(run=str(run), url="http://10.0.0.1:80/", token_env="DESK_TOKEN")
    assert door(attach) == ("http://10.0.0.1:80", "open")


def test_an_address_of_one_of_our_runs_takes_the_token_from_its_folder(run: Path) -> None:
    assert door(Attach(run=str(run.parent / "none"), url=f"{URL}/")) == (URL, "sesame")


def test_an_address_without_a_token_is_refused_with_the_way_out(run: Path) -> None:
    with pytest.raises(NotShown, match="put it into CROSSBOOK_TOKEN"):
        door(Attach(run=str(run), url="http://127.0.0.1:1"))


def test_a_folder_without_an_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotShown, match="no engine has opened a control interface"):
        door(Attach(run=str(tmp_path)))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], "the dashboard needs a terminal"), (["--theme", "pink"], "invalid choice"), (["--runs", "no"], "no run in")],
)
def test_the_door_says_in_one_line_what_is_missing(
    arguments: list[str], said: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doors.main(["desk", "--runs", str(run.parent), *arguments]) == doors.BAD_USAGE
    errors = capsys.readouterr().err
    assert said in errors
    assert errors.count("\n") == 1
