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
HERE = {"entity": "House Ltd", "location": "GB"}
GAME = Event(EventId("game"), "Ashbourne Town v Kestrel Rovers", 0, league="First Division", sport="football")
MATCH = msgspec.structs.replace(market(), kind="match_odds")


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({}, None),
        ({"entity": "House Ltd"}, None),
        (HERE | {"jurisdictions": {"a": {"House Ltd": ("IE", "GB")}}}, None),
        (HERE | {"jurisdictions": {"a": {" house  ltd": (" gb",)}}}, None),
        (HERE | {"jurisdictions": {"a": {"House Ltd": ("IE",)}}}, RefusalReason.JURISDICTION),
        (HERE | {"jurisdictions": {"b": {"House Ltd": ("GB",)}}}, RefusalReason.JURISDICTION),
        (HERE | {"jurisdictions": {"a": {"Other Ltd": ("GB",), "House Ltd": ()}}}, RefusalReason.JURISDICTION),
        (HERE | {"jurisdictions": {"a": {"Other Ltd": ("GB",), "House Ltd": ("IE",)}}}, RefusalReason.JURISDICTION),
        (HERE, RefusalReason.JURISDICTION),
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
        (HERE | {"restricted": ("Kestrel",)}, RefusalReason.JURISDICTION),
        ({"close_only": ("Match Odds",)}, RefusalReason.CLOSE_ONLY),
        ({"close_only": ("MATCH_ODDS",)}, RefusalReason.CLOSE_ONLY),
        ({"kinds": ("Match_Odds",), "sports": ("Football",)}, None),
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
    rules = ComplianceRules(entity="House Ltd", location="GB", jurisdictions={A: {"House Ltd": ("GB",)}})
    compliance = Compliance(rules, {MATCH.id: MATCH}, {GAME.id: GAME})
    for _ in range(2):
        assert compliance.forbidden(instrument("a", 0)) is None
        assert compliance.forbidden(instrument("b", 0)) is RefusalReason.JURISDICTION


def test_another_account_is_at_the_same_exchange_unless_it_has_a_list_of_its_own() -> None:
    ours: dict[str, tuple[str, ...]] = {"House Ltd": ("GB",)}
    theirs: dict[str, tuple[str, ...]] = {"Other Ltd": ("GB",)}
    second = VenueName("a.second")
    rules = ComplianceRules(entity="House Ltd", location="GB", jurisdictions={A: ours})
    assert forbidden(rules, second, MATCH, GAME) is None
    rules = ComplianceRules(entity="House Ltd", location="GB", jurisdictions={A: ours, second: theirs})
    assert forbidden(rules, second, MATCH, GAME) is RefusalReason.JURISDICTION


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"location": "GB"}, "location = 'GB' and no entity"),
        ({"jurisdictions": {"a": {"House Ltd": ["GB"]}}}, "jurisdictions and no entity"),
        ({"entity": "House Ltd", "jurisdictions": {"a": {"House Ltd": ["GB"]}}}, "jurisdictions and no location"),
        (HERE | {"jurisdictions": {"a": {"House Limited": ["GB"]}}}, "'House Ltd' stands in no list of jurisdictions"),
        (HERE | {"jurisdictions": {"a": {"House Ltd": ["GB", " "]}}}, "jurisdictions a has an entry of nothing"),
        (HERE | {"jurisdictions": {"a": {"": ["GB"]}}}, "jurisdictions a has an entry of nothing"),
        (HERE | {"jurisdictions": {"a": ["GB"]}}, "Expected `object`, got `array`"),
        ({"opposite_s": -1}, "opposite_s must be at least 0"),
    ],
)
def test_half_a_pair_is_no_pair(rules: dict[str, Any], said: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert(rules, ComplianceRules)


@pytest.mark.parametrize("lists", [{"close_only": ("match_odds",)}, {"kinds": ("x",)}, {}])
def test_a_text_that_changed_stops_what_closes_too_whatever_else_is_on_a_list(lists: dict[str, Any]) -> None:
    """Lists that let a reducing order pass must not hide what lets none."""
    on = instrument("a", 0)
    reviewed = msgspec.structs.replace(on.listing, rules_hash="old")
    changed = msgspec.structs.replace(on, listing=reviewed, terms=msgspec.structs.replace(on.terms, rules_hash="new"))
    compliance = Compliance(ComplianceRules(**lists), {MATCH.id: MATCH}, {GAME.id: GAME})
    assert compliance.forbidden(changed) is RefusalReason.RULES_CHANGED


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ("Bodo/Glimt", "Viking v Bodø/Glimt"),
        ("Łódź", "Legia v LODZ"),
        ("Paris Saint Germain", "Lyon v Paris Saint-Germain"),
        ("St Pauli", "Hamburg v St. Pauli"),
        ("O'Higgins", "OHiggins v Cobresal"),
        ("O’Higgins", "O'Higgins v Cobresal"),
        ("AFC Wimbledon", "A.F.C. Wimbledon v Bury"),
        ("Kestrel Rovers", "Ashbourne Town @ Kestrel Rovers"),
        ("Kestrel Rovers", "Kestrel\u2011Rovers at Ashbourne"),
        ("Beşiktaş", "Galatasaray v Besiktas"),
        ("Iğdır", "IGDIR v Bursa"),
        ("Kestrel\u200bRovers", "KestrelRovers v X"),
        ("ＫＥＳＴＲＥＬ", "Kestrel v X"),
        ("Weiß", "J. Weiss v X"),
        ("Ærø", "Aero v X"),
    ],
)
def test_a_team_is_found_at_home_and_away_however_its_letters_are_written(listed: str, told: str) -> None:
    game = msgspec.structs.replace(GAME, name=told)
    assert forbidden(ComplianceRules(restricted=(listed,)), A, MATCH, game) is RefusalReason.RESTRICTED


@pytest.mark.parametrize("listed", ["Inter Milan", "Rovers Kestrel", "Town v Kestrel X", "vKestrel"])
def test_no_other_team_is(listed: str) -> None:
    assert forbidden(ComplianceRules(restricted=(listed,)), A, MATCH, GAME) is None


def test_a_restricted_name_of_signs_alone_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="restricted has an entry of nothing"):
        msgspec.convert({"restricted": ["--"]}, ComplianceRules)
