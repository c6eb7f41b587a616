"""Names in caps and lists that nothing in a mapping bears, as the doctor tells them."""

from pathlib import Path

import pytest

from domain.ids import EventId, MarketId
from domain.markets import Event, Mapping, Market
from engine.config import load
from engine.doctor_names import idle_names
from tests.tidy.house import ROOT
from venues.checkup import Verdict
from venues.registry import CONSTRUCTORS

CUP = Event(EventId("cup"), "Home v Away", 0, league="First Division", sport="Soccer")
MATCH = Market(MarketId("match"), CUP.id, "match_odds", ("home", "away", "draw"))
MAPPING = Mapping((CUP,), (MATCH,), ())
COMPLIANCE = "[compliance]\n"


def said(folder: Path, before: str, after: str, mapping: Mapping = MAPPING) -> list[str]:
    """What the shipped configuration with one place changed is told."""
    text = (ROOT / "config.toml").read_text()
    assert before in text or before == COMPLIANCE
    path = folder / "config.toml"
    path.write_text(text.replace(before, after) if before in text else f"{text}\n{after}")
    found = list(idle_names(load(path, {name: kind for name, (_, kind) in CONSTRUCTORS.items()}), mapping))
    assert {one.verdict for one in found} <= {Verdict.LOOK}
    return [one.said for one in found]


@pytest.mark.parametrize(
    ("place", "slip", "close"),
    [
        ("[limits] cap_sport", "Socer", "; did you mean `Soccer`?"),
        ("[limits] cap_sport", "soccer", "; did you mean `Soccer`?"),
        ("[limits] cap_league", "Cup", "; known are First Division"),
        ("[compliance] sports", "Socer", "; did you mean `Soccer`?"),
        ("[compliance] kinds", "match", "; did you mean `match_odds`?"),
        ("[compliance] close_only", "over", "; known are match_odds"),
    ],
)
def test_a_name_that_nothing_bears_is_told_with_the_one_that_was_meant(
    tmp_path: Path, place: str, slip: str, close: str
) -> None:
    _, key = place.split()
    if key.startswith("cap_"):
        found = said(tmp_path, f'{key} = "1500 USD"', f'{key} = {{ "{slip}" = "900 USD", "*" = "500 USD" }}')
    else:
        found = said(tmp_path, COMPLIANCE, f'{COMPLIANCE}{key} = ["{slip}"]\n')
    assert found == [f"{place} names {slip!r}, and nothing in the mapping does{close}"]


def test_names_that_are_borne_are_not_told_however_the_lists_write_them(tmp_path: Path) -> None:
    assert said(tmp_path, 'cap_sport = "1500 USD"', 'cap_sport = { Soccer = "900 USD" }') == []
    assert said(tmp_path, COMPLIANCE, f'{COMPLIANCE}sports = ["SOCCER"]\nclose_only = ["Match odds"]\n') == []


def test_of_a_mapping_without_names_none_is_offered(tmp_path: Path) -> None:
    found = said(tmp_path, 'cap_sport = "1500 USD"', 'cap_sport = { Soccer = "900 USD" }', Mapping((), (), ()))
    assert found == ["[limits] cap_sport names 'Soccer', and nothing in the mapping does"]
