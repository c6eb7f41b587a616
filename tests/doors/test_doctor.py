"""The doctor on standing exchanges: everything well, and each thing that can be wrong, told with what to do."""

import json
import os
from pathlib import Path

import pytest

from engine.accounts import account_settings
from engine.backtest.campaign import load_config
from engine.clock import SystemClock
from engine.doors import main
from tests.doors.standing import SECRETS, VENUES, Standing, standing
from venues.registry import CHECKUPS

TOLD = ("configuration", "runs", "disk", "tables", "control", "clock breaker", "dead man")


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in SECRETS.items():
        monkeypatch.setenv(name, text)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory):
    with standing(tmp_path_factory.mktemp("standing")) as found:
        yield found


def doctor(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[dict[str, str]]]:
    """The exit code and every line, once it is sure that none of them holds a secret."""
    code = main(["doctor", "--json", *map(str, arguments)])
    said = capfd.readouterr()
    for secret in set(SECRETS.values()) - {"demo"}:
        assert secret not in said.out + said.err
    return code, [json.loads(line) for line in said.out.splitlines()]


def told(lines: list[dict[str, str]], subject: str, about: str) -> list[dict[str, str]]:
    return [one for one in lines if (one["subject"], one["about"]) == (subject, about)]


def test_a_desk_that_could_trade_is_told_so_line_by_line(stage: Standing, secrets, capfd) -> None:
    code, lines = doctor(capfd, "--config", stage.config(), "--mapping", stage.mapping)
    bad = [one for one in lines if one["verdict"] in ("bad", "left")]
    assert (code, bad) == (0, [])
    assert {one["about"] for one in lines if one["subject"] == "here"} == {*TOLD}
    everywhere = {"clock", "funds", "lines", "mapping", "books", "orders", "balance"}
    own = {
        "betfair": {"certificate", "login", "account", "application key"},
        "kalshi": {"key", "limits", "permissions", "exchange", "maintenance"},
        "matchbook": {"login", "account", "limits"},
    }
    for venue, abouts in own.items():
        said = {one["about"] for one in lines if one["subject"] == venue and not one["about"].startswith("reach")}
        assert said == everywhere | abouts
    for venue, books in (("betfair", 5), ("kalshi", 5), ("matchbook", 5)):
        (mapped,) = told(lines, venue, "mapping")
        assert mapped["said"] == f"{books} of {books} mapped selections are traded there"
    assert stage.orders() == 0


def test_a_venue_alone_is_looked_at_when_it_is_named(stage: Standing, secrets, capfd) -> None:
    code, lines = doctor(capfd, "--config", stage.config(), "--venue", "kalshi")
    assert code == 0
    assert {one["subject"] for one in lines} == {"here", "kalshi"}
    assert told(lines, "kalshi", "adapter")[0]["verdict"] == "left"


@pytest.mark.parametrize(
    ("change", "about", "said", "fix"),
    [
        ({"betfair__password": '"hunter2"'}, "configuration", "a secret does not stand", "named there"),
        ({"betfair__password": '"env:NOBODY_SET_THIS"'}, "configuration", "NOBODY_SET_THIS is not set", "named there"),
        ({"betfair__password": '"env:KA_ID"'}, "login", "INVALID_USERNAME_OR_PASSWORD", "check username"),
        ({"betfair__login_path": '"/api/loginn"'}, "login", "", "website"),
        ({"betfair__currency": '"EUR"'}, "account", "GBP", 'set currency = "GBP"'),
        ({"betfair__app_key": '"env:DELAYED"'}, "application key", "a delayed one", "live key"),
        ({"betfair__app_key": '"env:THE_USER"'}, "account", "INVALID_APP_KEY", "copy it anew"),
        ({"betfair__stream": '{ host = "127.0.0.1", port = 1, tls = true }'}, "reach stream", "refused", "stream.host"),
        ({"betfair__stream": '{ host = "no.such.invalid", port = 1, tls = true }'}, "reach stream", "no such name", ""),
        ({"betfair__stream": '{ host = "h", port = 1, tls = true, tls_root = "x" }'}, "configuration", "tls_root", ""),
        ({"kalshi__key_file": '"/nowhere/key.pem"'}, "key", "/nowhere/key.pem", "chmod 600"),
        ({"kalshi__key_id": '"env:THE_USER"'}, "limits", "authentication_error", "key_id"),
        ({"matchbook__password": '"env:KA_ID"'}, "login", "status 40", "website"),
        ({"matchbook__currency": '"GBP"'}, "account", "EUR", 'set currency = "EUR"'),
        ({"matchbook__per_minute": "{ events = 900 }"}, "limits", "events 900 of 700", "lower per_minute"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(
    stage: Standing, secrets, capfd, monkeypatch, change: dict[str, str], about: str, said: str, fix: str
) -> None:
    monkeypatch.setenv("DELAYED", SECRETS["BF_KEY"][::-1])
    venue = next(iter(change)).partition("__")[0]
    code, lines = doctor(capfd, "--config", stage.config(**change), "--venue", venue)
    bad = [one for one in lines if one["verdict"] == "bad"]
    assert code == 3
    assert any(one["subject"] == venue and one["about"] == about for one in bad), bad
    found = " ".join(one["said"] + " / " + one.get("fix", "") for one in bad)
    assert said in found
    assert fix in found
    assert "hunter2" not in found


def test_a_key_that_others_may_read_is_refused(stage: Standing, secrets, capfd, tmp_path: Path) -> None:
    open_key = tmp_path / "key.pem"
    open_key.write_text(stage.key_file.read_text())
    open_key.chmod(0o644)
    code, lines = doctor(capfd, "--config", stage.config(kalshi__key_file=f'"{open_key}"'), "--venue", "kalshi")
    assert code == 3
    assert "chmod 600" in told(lines, "kalshi", "key")[0]["said"]


def test_a_certificate_of_an_unknown_authority_is_not_trusted(stage: Standing, secrets, capfd) -> None:
    trust_nobody = stage.endpoint("kalshi", "ws").replace(f', tls_roots = "{stage.certificates.authority}"', "")
    code, lines = doctor(capfd, "--config", stage.config(kalshi__stream=trust_nobody), "--venue", "kalshi")
    assert code == 3
    assert "not trusted" in told(lines, "kalshi", "reach stream")[0]["said"]


@pytest.mark.parametrize(
    ("role", "path", "verdict"), [("feed", "/ws", "ok"), ("feed", "/other", "bad"), ("rest", "/ws", "bad")]
)
def test_the_gateway_of_a_pushed_feed_is_asked_for_a_socket(
    stage: Standing, secrets, capfd, role: str, path: str, verdict: str
) -> None:
    changes = {"matchbook__feed": '"websocket"', "matchbook__stream_path": f'"{path}"'}
    file = stage.config(**changes, matchbook__stream=stage.endpoint("matchbook", role))
    code, lines = doctor(capfd, "--config", file, "--venue", "matchbook")
    assert told(lines, "matchbook", "feed")[0]["verdict"] == verdict
    assert told(lines, "matchbook", "reach stream")[0]["verdict"] == "ok"
    assert (code == 0) is (verdict == "ok")


def test_a_login_that_failed_is_not_tried_again_through_the_adapter(stage: Standing, secrets, capfd) -> None:
    file = stage.config(matchbook__password='"env:KA_ID"')
    _, lines = doctor(capfd, "--config", file, "--venue", "matchbook", "--mapping", stage.mapping)
    assert "not dialled again" in told(lines, "matchbook", "adapter")[0]["said"]


def test_a_cap_of_a_sport_that_no_mapped_event_has_is_named(stage: Standing, secrets, capfd) -> None:
    file = stage.config()
    file.write_text(file.read_text().replace("[limits]\n", '[limits]\ncap_sport = { curling = "9 USD" }\n'))
    code, lines = doctor(capfd, "--config", file, "--venue", "kalshi", "--mapping", stage.mapping)
    (found,) = told(lines, "here", "names")
    assert (code, found["verdict"]) == (0, "look")
    assert found["said"].startswith("[limits] cap_sport names 'curling'")


def test_a_selection_that_the_venue_does_not_list_is_named(stage: Standing, secrets, capfd, tmp_path: Path) -> None:
    text = stage.mapping.read_text()
    first = next(one for one in stage.exchanges.world.mapping.listings if one.venue == "kalshi")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(text.replace(f'"{first.venue_market}"', '"KXNONE-26NOV20-AAA"'))
    _, lines = doctor(capfd, "--config", stage.config(), "--venue", "kalshi", "--mapping", mapping, "--wait", 2)
    (mapped,) = told(lines, "kalshi", "mapping")
    assert mapped["verdict"] == "look"
    assert "4 of 5" in mapped["said"]
    assert "KXNONE" in mapped["said"]


@pytest.mark.parametrize(("ahead_s", "verdict"), [(60, "bad"), (-4, "look")])
def test_a_clock_that_is_off_is_told(tmp_path: Path, secrets, capfd, ahead_s: int, verdict: str) -> None:
    with standing(tmp_path, ahead_s=ahead_s) as skewed:
        code, lines = doctor(capfd, "--config", skewed.config(), "--venue", "matchbook")
    assert told(lines, "matchbook", "clock")[0]["verdict"] == verdict
    assert (code == 3) is (verdict == "bad")


def test_the_library_is_a_second_opinion_where_it_can_be_told_whom_to_trust(tmp_path: Path, secrets, capfd) -> None:
    with standing(tmp_path, tls=False) as plain:
        code, lines = doctor(capfd, "--config", plain.config(), "--venue", "betfair")
    assert code == 0
    assert "betfairlightweight reads the same" in told(lines, "betfair", "funds")[0]["said"]
    assert all(one["verdict"] == "look" for one in lines if one["about"].startswith("reach"))  # without TLS


def test_a_folder_that_cannot_be_written_is_bad(stage: Standing, secrets, capfd, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        (tmp_path / "runs").write_text("a file, which even root cannot write into as a folder")
    else:
        (tmp_path / "runs").mkdir(mode=0o500)
    file = stage.config()
    file.write_text(file.read_text().replace(str(stage.folder / "runs"), str(tmp_path / "runs")))
    code, lines = doctor(capfd, "--config", file, "--venue", "kalshi")
    assert code == 3
    assert told(lines, "here", "runs")[0]["verdict"] == "bad"


def test_a_person_reads_lines_and_what_to_do(stage: Standing, secrets, capfd) -> None:
    assert main(["doctor", "--config", str(stage.config(betfair__currency='"EUR"')), "--venue", "betfair"]) == 3
    said = capfd.readouterr().out
    assert "BAD  betfair" in said
    assert 'do: set currency = "GBP"; it says EUR' in said
    assert said.splitlines()[-1].startswith("1 bad")


def test_a_venue_that_is_not_configured_is_a_wrong_use(stage: Standing, capfd) -> None:
    assert main(["doctor", "--config", str(stage.config()), "--venue", "smarkets"]) == 2
    assert "has no [venues.smarkets]" in capfd.readouterr().err


def test_looking_arms_nothing_that_would_act_when_the_doctor_goes_away(stage: Standing, secrets) -> None:
    file = stage.config(
        betfair__dead_man_s="60",
        matchbook__heartbeat_s="20",
        kalshi__order_entry='"fix"',
        kalshi__fix=f'{{ orders = {{ endpoint = {stage.endpoint("kalshi", "fix")}, key_id = "env:KA_ID" }} }}',
    )
    loaded, clock = load_config(file), SystemClock()
    opened = {name: CHECKUPS[name](account_settings(loaded, name), clock.wall_ns) for name in VENUES}
    disarmed = {name: one.disarmed() for name, one in opened.items()}
    assert disarmed[VENUES[0]].dead_man_s == 0
    assert (disarmed[VENUES[1]].order_entry, disarmed[VENUES[1]].fix.orders) == ("rest", None)
    assert disarmed[VENUES[2]].heartbeat_s == 0
    assert "fix.orders" in opened[VENUES[1]].places
