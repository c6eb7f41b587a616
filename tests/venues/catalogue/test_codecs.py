"""What venues really listed, read by their codecs: official samples and recordings, and odd pages that are none."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain.ids import VenueName
from venues.betfair import catalogue as betfair
from venues.catalogue.listed import ListedEvent, Role
from venues.catalogue.talk import ALWAYS, Asking, Talk, Window, hold
from venues.errors import PeerBroke
from venues.kalshi import catalogue as kalshi
from venues.matchbook import catalogue as matchbook

V = VenueName("v")


def said(talk: Talk, *answers: object) -> tuple[tuple[ListedEvent, ...], list[Asking]]:
    """A conversation whose answers are known; what it came to and what it asked."""
    left, asked = list(answers), []

    def ask(asking: Asking) -> bytes:
        asked.append(asking)
        return json.dumps(left.pop(0)).encode()

    return hold(talk, ask), asked


def boxed(rows: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "result": rows, "id": 1}


# --- a catalogue of odds ---


def test_markets_of_a_meeting_are_races_of_their_own_and_those_of_a_match_one_event(shared: Path) -> None:
    folder = shared / "venues/betfair/samples/rest"
    races = json.loads((folder / "list_market_catalogue.json").read_text())
    match = json.loads((folder / "betting_list_market_catalogue.json").read_text())
    events, _ = said(betfair.listed_talk(V, ALWAYS), boxed([*(races if isinstance(races, list) else [races]), *match]))
    race, game = events
    assert (race.participants, race.competition) == ((), "")
    assert (game.sport, game.participants, game.competition) == (
        "australian_rules",
        ("Collingwood", "Western Bulldogs"),
        "AFL",
    )
    assert [one.name for one in race.questions[0].selections] == ["Searover", "Manoeuver Man", "Roberts Delight"]
    assert race.questions[0].kind == "win"
    assert "dead heat" in race.questions[0].selections[0].rules.lower()
    assert all(one.rules_hash for question in game.questions for one in question.selections)


def test_a_catalogue_is_asked_for_in_order_of_start_until_a_page_is_not_full() -> None:
    def row(number: int, second: int) -> dict[str, Any]:
        at = f"2026-11-21T15:{second // 60:02}:{second % 60:02}.000Z"
        event = {"id": str(number), "name": f"Home{number} v Away{number}"}
        return {"marketId": f"1.{number}", "marketStartTime": at, "event": event}

    full = [row(n, n) for n in range(200)]
    events, asked = said(betfair.listed_talk(V, Window(0, 2 * 10**12)), boxed(full), boxed([full[-1], row(200, 200)]))
    assert len(events) == 201
    starts = [json.loads(one.params)["filter"]["marketStartTime"]["from"] for one in asked]
    assert starts == ["1970-01-01T00:00:00.000Z", "2026-11-21T15:03:19.000Z"]
    same = [row(n, 0) for n in range(200)]
    with pytest.raises(PeerBroke, match="start at once"):
        said(betfair.listed_talk(V, ALWAYS), boxed(same), boxed(same))


def test_a_market_of_asian_lines_asks_a_question_of_each_with_a_runner_of_either_side() -> None:
    keys = [(side, goals) for goals in (-0.5, -0.25, 0.0, 0.25) for side in ("Real Sociedad", "Celta Vigo")]
    row = {
        "marketId": "1.9",
        "marketName": "Asian Handicap",
        "event": {"id": "7", "name": "Celta Vigo v Real Sociedad"},
        "description": {"bettingType": "ASIAN_HANDICAP_DOUBLE_LINE", "marketType": "ASIAN_HANDICAP"},
        "runners": [{"selectionId": len(name), "runnerName": name, "handicap": goals} for name, goals in keys],
    }
    ((event,), _) = said(betfair.listed_talk(V, ALWAYS), boxed([row]))
    assert [(one.kind, one.line, [x.selection for x in one.selections]) for one in event.questions] == [
        ("asian_handicap", "-0.25", ["10@-0.25", "13@0.25"]),
        ("asian_handicap", "0", ["10", "13"]),
        ("asian_handicap", "0.25", ["10@0.25", "13@-0.25"]),
    ], "half a goal is offered to either side alone, and is no question"
    assert {x.venue_market for one in event.questions for x in one.selections} == {"1.9"}


# --- an exchange that is polled ---


def test_polled_events_have_their_sides_in_order_and_no_pitchers(shared: Path) -> None:
    found = json.loads((shared / "venues/matchbook/samples/recorded_2017/popular_markets.json").read_text())
    for event in found["events"]:
        event["markets"] = [one for one in found["markets"] if one["event-id"] == event["id"]]
    events, _ = said(matchbook.listed_talk(V, ALWAYS), {"events": found["events"], "total": len(found["events"])})
    by_name = {event.name: event for event in events}
    game = by_name["Tampa Bay Rays (Cobb) at Houston Astros (Morton)"]
    assert (game.sport, game.participants) == ("baseball", ("Tampa Bay Rays", "Houston Astros"))
    assert by_name["Rosenborg BK vs Celtic"].participants == ("Rosenborg BK", "Celtic")
    (odds,) = (q for q in by_name["Rosenborg BK vs Celtic"].questions if q.kind == "match_odds")
    assert [(one.name, one.role) for one in odds.selections][-1] == ("DRAW (Ros/Cel)", Role.DRAW)
    race = next(event for event in events if event.sport == "horse_racing")
    assert race.participants == ()
    assert "Expert Eye" in {one.name for event in events for q in event.questions for one in q.selections}


def test_each_line_of_a_total_is_a_question_of_its_own(shared: Path) -> None:
    event = json.loads((shared / "venues/matchbook/samples/java_sdk/get_event.json").read_text())
    (read,), asked = said(
        matchbook.listed_talk(V, Window(0, 2 * 10**12, ("football",))), {"events": [event], "total": 1}
    )
    lines = [question.line for question in read.questions if question.kind == "over_under"]
    assert "2.5" in lines
    assert len(set(lines)) == len(lines)
    assert "sport-ids=15" in asked[0].target


# --- an exchange of contracts ---


def contracts(shared: Path) -> list[dict[str, Any]]:
    path = shared / "venues/kalshi/samples/fortuna_demo_2026-06-11/markets__status_open.first_few.json"
    return [one for one in json.loads(path.read_text())["markets"] if one["ticker"].startswith("KXATP")]


def test_contracts_on_two_people_are_one_match_whose_start_its_milestone_tells(shared: Path) -> None:
    markets = {one["ticker"]: one for one in contracts(shared)}.values()
    event = {"event_ticker": "E", "series_ticker": "S", "title": "Cigarran vs Estevez", "markets": list(markets)}
    series = {"series": [{"ticker": "S", "title": "ATP Challenger Match", "tags": ["Tennis"]}]}
    none = {"events": [], "cursor": ""}
    untold, _ = said(kalshi.listed_talk(V, ALWAYS), series, {"events": [event], "cursor": ""}, none)
    assert untold == (), "its rules name no day"
    milestone = {"id": "m", "start_date": "2026-06-11T15:30:00Z", "related_event_tickers": ["E"]}
    page = {"events": [event], "cursor": "", "milestones": [milestone]}
    (match,), asked = said(kalshi.listed_talk(V, ALWAYS), series, page, none)
    assert set(match.participants) == {"Thiago Cigarran", "Juan Estevez"}
    assert (match.sport, match.starts_within_ms, match.questions[0].kind) == ("tennis", 0, "moneyline")
    assert all(one.selection == "yes" and one.rules_hash for one in match.questions[0].selections)
    assert "with_milestones=true" in asked[1].target


@pytest.mark.parametrize(
    ("rules", "starts_ms", "within_ms"),
    [
        ("the Arizona vs Miami game originally scheduled for Jun 11, 2026 at 1:10 PM EDT, then", 1_781_197_800_000, 0),
        ("the game originally scheduled for Nov 21, 2026 at 12:00 AM EST, then", 1_795_237_200_000, 0),
        ("the game originally scheduled for Nov 21, 2026, then", 1_795_280_400_000, 43_200_000),
    ],
)
def test_a_start_is_read_from_the_rules_where_no_milestone_tells_it(rules: str, starts_ms: int, within_ms: int) -> None:
    market = {"ticker": "T", "yes_sub_title": "Arizona", "rules_primary": rules}
    event = {"event_ticker": "E", "series_ticker": "S", "title": "Arizona vs Miami", "markets": [market]}
    series = {"series": [{"ticker": "S", "title": "Game", "tags": ["Baseball"]}]}
    (game,), _ = said(
        kalshi.listed_talk(V, ALWAYS), series, {"events": [event], "cursor": ""}, {"events": [], "cursor": ""}
    )
    assert (game.starts_ms, game.starts_within_ms) == (starts_ms, within_ms)


@pytest.mark.parametrize("when", ["Jun 31, 2026 at 1:10 PM EDT", "Jun 11, 2026 at 1:75 PM EDT", "Jun 11, 0000"])
def test_a_day_or_a_minute_that_there_is_none_of_tells_no_start(when: str) -> None:
    market = {"ticker": "T", "yes_sub_title": "Arizona", "rules_primary": f"the game originally scheduled for {when}."}
    event = {"event_ticker": "E", "series_ticker": "S", "title": "Arizona vs Miami", "markets": [market]}
    series = {"series": [{"ticker": "S", "title": "Game", "tags": ["Baseball"]}]}
    none = {"events": [], "cursor": ""}
    assert said(kalshi.listed_talk(V, ALWAYS), series, none | {"events": [event]}, none)[0] == ()


def test_what_can_be_bet_on_one_game_is_gathered_to_it() -> None:
    def event(ticker: str, scope: str, *markets: dict[str, Any]) -> dict[str, Any]:
        told = {"competition": "EPL", "competition_scope": scope}
        title = f"Arsenal vs Chelsea: {scope}"
        return {
            "event_ticker": ticker,
            "series_ticker": "S",
            "title": title,
            "product_metadata": told,
            "markets": markets,
        }

    names = [{"ticker": f"G-{n}", "yes_sub_title": name} for n, name in enumerate(("Arsenal", "Tie", "Chelsea"))]
    lines = [{"ticker": f"T-{n}", "yes_sub_title": f"Over {n}.5 goals", "floor_strike": n + 0.5} for n in (1, 2)]
    score = {"ticker": "B", "yes_sub_title": "Both teams to score"}
    events = [event("G", "Game", *names), event("T", "Totals", *lines), event("B", "BTTS", score)]
    milestone = {"id": "m", "start_date": "2026-11-21T15:00:00Z", "related_event_tickers": ["G", "T", "B"]}
    series = {"series": [{"ticker": "S", "tags": ["Soccer"]}]}
    page = {"events": events, "cursor": "", "milestones": [milestone]}
    (game,), _ = said(kalshi.listed_talk(V, ALWAYS), series, page, {"events": [], "cursor": ""})
    asked = [(q.kind, q.line, [one.role for one in q.selections]) for q in game.questions]
    assert asked == [
        ("match_odds", "", [Role.NAMED, Role.DRAW, Role.NAMED]),
        ("over_under", "1.5", [Role.OVER]),
        ("over_under", "2.5", [Role.OVER]),
        ("both_to_score", "", [Role.YES]),
    ]
    assert game.participants == ("Arsenal", "Chelsea")


# --- what is no answer ---


@pytest.mark.parametrize("talk", [betfair.listed_talk, kalshi.listed_talk, matchbook.listed_talk])
@pytest.mark.parametrize("answer", [b"<html>", b"", b"[]", b'{"events": 1}', b"\xff", b'{"result": {}}'])
def test_what_is_no_list_is_said_to_be_none(talk, answer: bytes) -> None:
    with pytest.raises(PeerBroke):
        hold(talk(V, ALWAYS), lambda _: answer)


def test_pages_without_end_are_given_up() -> None:
    page = {"events": [{"id": 1, "name": "A vs B", "start": "2026-11-21T15:00:00Z"}], "total": 10**9}
    with pytest.raises(PeerBroke, match="go on after"):
        hold(matchbook.listed_talk(V, ALWAYS), lambda _: json.dumps(page).encode())
