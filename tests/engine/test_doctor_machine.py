"""Which protections a configuration leaves off, as the doctor tells it."""

import msgspec

from domain.ids import VenueName
from engine.config import Config, load
from engine.doctor_machine import switched_off
from risk.watch import BreakerRules
from tests.tidy.house import ROOT
from venues.checkup import Verdict
from venues.registry import CONSTRUCTORS


def said(config: Config) -> list[str]:
    found = [*switched_off(config)]
    assert {one.verdict for one in found} <= {Verdict.LOOK}
    return [one.said.partition(",")[0] for one in found]


def test_what_is_off_is_told_in_a_line_each_and_what_is_on_is_not() -> None:
    shipped = load(ROOT / "config.toml", {name: settings for name, (_, settings) in CONSTRUCTORS.items()}).config
    bare = msgspec.structs.replace(
        shipped,
        breakers=BreakerRules(),
        venues={VenueName("betfair"): {}, VenueName("betfair.second"): {"dead_man_s": 30}, VenueName("matchbook"): {}},
    )
    assert said(bare) == ["off: [breakers] skew_ms = 0", "off: [venues.betfair] dead_man_s = 0"]
    on = msgspec.structs.replace(
        bare, breakers=BreakerRules(skew_ms=2_000), venues={VenueName("betfair"): {"dead_man_s": 30}}
    )
    assert said(on) == []
