"""Which protections a configuration leaves off, as the doctor tells it."""

from typing import Any

import msgspec
import pytest

from domain.ids import VenueName
from engine.config import Config, load
from engine.doctor_machine import switched_off
from risk.watch import BreakerRules
from tests.tidy.house import ROOT
from venues.checkup import Verdict
from venues.registry import CONSTRUCTORS

STAYS = {"cancel_on_disconnect": False}


def said(config: Config) -> list[str]:
    """What is off, as it begins."""
    return [one.said.partition(",")[0] for one in switched_off(config) if one.verdict is Verdict.LOOK]


def shipped(**venues: dict[str, Any]) -> Config:
    """The repository's own, with these venues."""
    config = load(ROOT / "config.toml", {name: settings for name, (_, settings) in CONSTRUCTORS.items()}).config
    named = {VenueName(name.replace("__", ".")): table for name, table in venues.items()}
    return msgspec.structs.replace(config, breakers=BreakerRules(), venues=named)


def test_what_is_off_is_told_in_a_line_each_and_what_is_on_is_not() -> None:
    bare = shipped(betfair={}, betfair__second={"dead_man_s": 30}, matchbook={}, kalshi={"expires_s": 0})
    off = ["[breakers] skew_ms = 0", "[venues.betfair] dead_man_s = 0", "[venues.kalshi] expires_s = 0"]
    assert said(bare) == [f"off: {place}" for place in off]
    on = shipped(betfair={"dead_man_s": 30}, lmsr={})
    assert said(msgspec.structs.replace(on, breakers=BreakerRules(skew_ms=2_000))) == []


@pytest.mark.parametrize(
    ("name", "table", "verdict", "words"),
    [
        ("betfair", {}, Verdict.LOOK, ("off", "whoever placed it", "account-wide: set dead_man_s")),
        ("betfair", {"dead_man_s": 30}, Verdict.OK, ("armed", "= 30,", "whoever placed it")),
        ("kalshi", {}, Verdict.OK, ("armed", "expires_s = 60", "what this desk rests")),
        ("kalshi", {"expires_s": 0}, Verdict.LOOK, ("off", "what this desk rests", "set expires_s")),
        ("kalshi", {"expires_s": 0, "order_entry": "fix"}, Verdict.OK, ("armed", "as it ends")),
        ("kalshi", {"order_entry": "fix"}, Verdict.OK, ("armed", "as it ends")),
        ("kalshi", {"order_entry": "fix", "fix": STAYS}, Verdict.OK, ("armed", "expires_s = 60")),
        ("matchbook", {}, Verdict.OK, ("armed", "heartbeat_s = 20", "whoever made it")),
        ("matchbook", {"heartbeat_s": 0}, Verdict.LOOK, ("off", "account-wide: set heartbeat_s")),
    ],
)
def test_the_doctor_says_of_each_dead_man_whether_it_is_armed_and_whose_orders_it_takes(
    name: str, table: dict[str, Any], verdict: Verdict, words: tuple[str, ...]
) -> None:
    (found,) = [one for one in switched_off(shipped(**{name: table})) if one.about == "dead man"]
    assert found.verdict is verdict
    assert all(word in f"{found.said} {found.fix}" for word in words), found


def test_a_session_that_leaves_its_orders_is_no_dead_man() -> None:
    table = {"expires_s": 0, "order_entry": "fix", "fix": STAYS}
    assert said(shipped(kalshi=table))[-1] == "off: [venues.kalshi] expires_s = 0"
