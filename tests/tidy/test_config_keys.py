"""Every key of the configuration stands on its page with the default that holds, and the page knows no other."""

import re
from typing import Any

import msgspec
import pytest

from engine.config import (
    Config,
    ControlSettings,
    LimitSettings,
    ReconSettings,
    ReportSettings,
    RunSettings,
    StrategySettings,
    load,
)
from engine.deciding import DecidingSettings, JumpSettings
from engine.recon_drift import DriftSettings
from risk.compliance import ComplianceRules
from risk.conduct import ConductRules
from risk.watch import BreakerRules
from strategy.arbitrage import Arbitrage
from strategy.consensus import ConsensusSettings
from strategy.hedging import Hedger
from strategy.quoting import MarketMaker
from strategy.requote import RequoteRules
from strategy.value import ValueTaker
from tests.tidy.house import ROOT
from venues.kalshi.fix.settings import FixSettings
from venues.registry import CONSTRUCTORS
from venues.sim.faults import Profile, Strike
from venues.sim.paper import PaperOptions

PAGE = ROOT / "docs" / "configuration.md"
SECTIONS: dict[str, type[Any]] = {
    "The file": Config,
    "[run]": RunSettings,
    "[limits]": LimitSettings,
    "[breakers]": BreakerRules,
    "[compliance]": ComplianceRules,
    "[conduct]": ConductRules,
    "[deciding]": DecidingSettings,
    "[deciding.consensus]": ConsensusSettings,
    "[deciding.jumps]": JumpSettings,
    "[deciding.requoting]": RequoteRules,
    "[recon]": ReconSettings,
    "[drift]": DriftSettings,
    "[control]": ControlSettings,
    "[reports]": ReportSettings,
    "[backtest]": PaperOptions,
    "[faults.NAME]": Profile,
    "[[faults.NAME.planned]]": Strike,
    "[[strategies]]": StrategySettings,
    "strategy.quoting:MarketMaker": MarketMaker.Settings,
    "strategy.value:ValueTaker": ValueTaker.Settings,
    "strategy.arbitrage:Arbitrage": Arbitrage.Settings,
    "strategy.hedging:Hedger": Hedger.Settings,
    **{f"[venues.{name}]": settings for name, (_, settings) in CONSTRUCTORS.items()},
    "[venues.kalshi.fix]": FixSettings,
}
"""Heading on the page -> the struct that the table below it is decoded into."""

_ROW = re.compile(r"\| `(\w+)` \| [^|]+ \| ([^|]+) \| [^|]{8,} \|")


def documented(page: str) -> dict[str, dict[str, str]]:
    """Heading -> key -> default as written, for each heading with a table of keys."""
    found: dict[str, dict[str, str]] = {}
    heading = ""
    for line in page.splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif row := _ROW.fullmatch(line):
            found.setdefault(heading, {})[row[1]] = row[2]
    return found


def keys(kind: type[Any]) -> dict[str, str]:
    """Key -> default as the page writes it, of one settings struct."""
    return {field.encode_name: _written(field) for field in msgspec.structs.fields(kind)}


def _written(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if value is None:
        return "none"
    return "see there" if isinstance(value, msgspec.Struct) else f"`{msgspec.json.encode(value).decode()}`"


def nested(kind: type[Any]) -> set[type[Any]]:
    """Every settings struct that a struct holds, at any depth."""
    inner = {
        part
        for field in msgspec.structs.fields(kind)
        for part in (field.type, *getattr(field.type, "__args__", ()))
        if isinstance(part, type) and issubclass(part, msgspec.Struct)
    }
    return inner.union(*map(nested, inner))


def test_the_page_holds_every_key_with_its_default_and_no_other() -> None:
    assert documented(PAGE.read_text(encoding="utf-8")) == {title: keys(kind) for title, kind in SECTIONS.items()}


def test_every_part_of_the_file_has_a_section() -> None:
    assert nested(Config) <= set(SECTIONS.values())


def test_the_file_of_the_repository_is_read() -> None:
    loaded = load(ROOT / "config.toml", {name: settings for name, (_, settings) in CONSTRUCTORS.items()})
    assert loaded.config.strategies


class Cook(msgspec.Struct):
    """Settings to be found wrong on a page."""

    salt_g: int
    stir: bool = True
    pots: tuple[str, ...] = ()
    lid: str | None = None
    heat: float = 0.5


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "| `stir` | bool | `false` | whether it is stirred |",
        "| `stir` | bool | `true` | ? |",
        "stir is a bool, true by default, whether it is stirred",
        "| `stir` | bool | `true` | whether it is stirred |\n| `pepper_g` | g | `1` | how much pepper |",
    ],
)
def test_a_key_that_is_missing_wrong_or_made_up_is_found(wrong: str) -> None:
    rows = (
        "| `salt_g` | g | required | how much salt |",
        "| `pots` | list | `[]` | which pots to use |",
        "| `lid` | word | none | which lid to use |",
        "| `heat` | share | `0.5` | how hot it becomes |",
    )
    page = "\n".join(("## Cook", "text", *rows))
    assert documented(f"{page}\n| `stir` | bool | `true` | whether it is stirred |") == {"Cook": keys(Cook)}
    assert documented(f"{page}\n{wrong}") != {"Cook": keys(Cook)}
