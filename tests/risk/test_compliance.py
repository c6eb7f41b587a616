"""What lists forbid is forbidden, the gravest reason first, and nothing else is."""

from typing import Any

import msgspec
import pytest

from domain.ids import EventId, VenueName
from domain.markets import Event
from risk.compliance import Compliance, ComplianceRules, forbidden
from risk.verdicts import RefusalReason
from tests.risk.builders import instrument, market

A = VenueName("a")
GAME = Event(EventId("game"), "Ashbourne Town v Kestrel Rovers", 0, league="First Division", sport="football")
MATCH = msgspec.structs.replace(market(), kind="match_odds")


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({}, None),
        ({"entity": "House Ltd"}, None),
        ({"location": "GB", "jurisdictions": {"a": ("IE", "GB")}}, None),
        ({"location": "GB", "jurisdictions": {"a": ("IE",)}}, RefusalReason.JURISDICTION),
        ({"location": "GB", "jurisdictions": {"b": ("GB",)}}, RefusalReason.JURISDICTION),
        ({"location": "GB"}, RefusalReason.JURISDICTION),
        ({"kinds": ("match_odds",)}, None),
        ({"kinds": ("over_under_25",)}, RefusalReason.CATEGORY),
        ({"sports": ("football", "tennis")}, None),
        ({"sports": ("tennis",)}, RefusalReason.CATEGORY),
        ({"close_only": ("match_odds",)}, RefusalReason.CLOSE_ONLY),
        ({"close_only": ("player_injury",)}, None),
        ({"restricted": ("KESTREL",)}, RefusalReason.RESTRICTED),
        ({"restricted": ("first division",)}, RefusalReason.RESTRICTED),
        ({"restricted": ("Millbrook",)}, None),
        ({"restricted": ("Kestrel",), "kinds": ("x",), "close_only": ("match_odds",)}, RefusalReason.RESTRICTED),
        ({"location": "GB", "restricted": ("Kestrel",)}, RefusalReason.JURISDICTION),
    ],
)
def test_what_stands_against_a_market(rules: dict[str, Any], reason: RefusalReason | None) -> None:
    assert forbidden(ComplianceRules(**rules), A, MATCH, GAME) == reason


def test_an_outcomes_name_is_looked_at_too() -> None:
    listed = msgspec.structs.replace(MATCH, outcomes=("J. Smith", "A. Jones"))
    assert forbidden(ComplianceRules(restricted=("smith",)), A, listed, GAME) is RefusalReason.RESTRICTED


@pytest.mark.parametrize("told", ["Malmö FF", "Malmo\u0308 FF", "MALMÖ  FF", "Malmo\u00a0FF", "malmo ff"])
@pytest.mark.parametrize("listed", ["Malmö FF", "Malmo\u0308 ff", " malmo  FF "])
def test_a_name_is_the_same_however_its_accents_and_spaces_are_written(told: str, listed: str) -> None:
    game = msgspec.structs.replace(GAME, name=f"{told} v Kestrel Rovers")
    assert forbidden(ComplianceRules(restricted=(listed,)), A, MATCH, game) is RefusalReason.RESTRICTED


@pytest.mark.parametrize("name", ["kinds", "sports", "close_only", "restricted"])
@pytest.mark.parametrize("blank", ["", "  ", "\u00a0"])
def test_an_entry_of_nothing_is_refused(name: str, blank: str) -> None:
    """It would restrict everything, or two spaces in a name."""
    with pytest.raises(msgspec.ValidationError, match=f"{name} has an entry of nothing"):
        msgspec.convert({name: ["match_odds", blank]}, ComplianceRules)


def test_an_instrument_is_judged_by_its_own_venue() -> None:
    rules = ComplianceRules(location="GB", jurisdictions={A: ("GB",)})
    compliance = Compliance(rules, {MATCH.id: MATCH}, {GAME.id: GAME})
    for _ in range(2):
        assert compliance.forbidden(instrument("a", 0)) is None
        assert compliance.forbidden(instrument("b", 0)) is RefusalReason.JURISDICTION
