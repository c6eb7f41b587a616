"""Pairs as they really stand beside each other on venues, each decided by hand: to match, to wait, to be refused."""

import pytest

from domain.ids import EventId, MarketId, SelectionId, VenueMarketId, VenueName
from domain.markets import Event, Mapping, Market
from venues.catalogue.listed import ListedEvent, ListedQuestion, ListedSelection, Role
from venues.catalogue.matching import Matched, Standing, match
from venues.catalogue.questions import market_kind
from venues.catalogue.reviews import ReviewBook

T = 1_790_000_000_000
MINUTE, HOUR = 60_000, 3_600_000
EMPTY = ReviewBook(Mapping((), (), ()))
YES, WAIT, NO = Standing.CONFIDENT, Standing.AMBIGUOUS, Standing.REFUSED
FOOTBALL, USA, BASEBALL, TENNIS = "football", "american_football", "baseball", "tennis"


def event(
    venue: str, name: str, competition: str, *, sport: str = FOOTBALL, at: int = T, within: int = 0, country: str = "",
    kind: str = "", rules: str = "", number: str = "",
) -> ListedEvent:  # fmt: skip
    """An event from one line; `A @ B` names the away side first."""
    sides = tuple(name.replace(" @ ", " v ").split(" v "))
    kind = kind or ("match_odds" if sport == FOOTBALL else "moneyline")
    who = [*((side, Role.NAMED) for side in sides), *([("The Draw", Role.DRAW)] if kind == "match_odds" else [])]
    key = number or name
    chosen = tuple(
        ListedSelection(VenueMarketId(f"{venue}-{key}-{n}"), SelectionId("yes"), text, role, rules)
        for n, (text, role) in enumerate(who)
    )
    question = ListedQuestion(kind, kind, chosen, alone=True)
    return ListedEvent(
        VenueName(venue), f"{venue}-{key}", name, sport, at, sides, competition, country, within, (question,)
    )


def standing(found: Matched) -> Standing | None:
    """The best that became of any pair of two venues."""
    for wanted in (YES, WAIT, NO):
        if any(pair.standing is wanted for pair in found.pairs):
            return wanted
    return None


CHAMPIONSHIP = ("English Championship", "EFL Championship")
BUNDESLIGA = ("German Bundesliga", "Bundesliga")
LIGUE_1 = ("French Ligue 1", "Ligue 1")
SERIE_A = ("Italian Serie A", "Serie A")
LA_LIGA = ("Spanish La Liga", "La Liga")
SUPERLIGA = ("Danish Superliga", "Denmark Superliga")
SAUDI = ("Saudi Pro League", "Saudi Pro League")
FRIENDLY = ("International Friendlies",) * 2
NATIONS = ("UEFA Nations League", "UEFA Nations League")
NORWAY = ("Norwegian Eliteserien", "Norway Eliteserien")
PL2 = ("Premier League 2", "Premier League 2")
WSL = ("English FA WSL", "Women's Super League")
MLB = ("MLB", "MLB")
ATP = ("ATP", "ATP Tour")
COLLEGE = ("NCAA Football", "College Football")
SEGUNDA = ("Spanish Segunda Division", "Spain Segunda Division")
SRL = ("Spanish La Liga SRL", "La Liga")
MEN_WOMEN = ("English Premier League", "Women's Super League")
ECUADOR = ("Spanish La Liga", "Ecuador Serie A")
URUGUAY = ("English Premier League", "Uruguay Primera Division")
PARAGUAY = ("Brazilian Serie B", "Paraguayan Primera Division")
QATAR = ("Saudi Pro League", "Qatar Stars League")
CUP = ("English FA Cup", "FA Cup")
DUTCH = ("Dutch Eerste Divisie", "Eredivisie")
EPL = ("English Premier League", "EPL")


@pytest.mark.parametrize(
    ("first", "second", "competitions", "sport", "said"),
    [
        # names of one club
        ("Man Utd v Newcastle", "Manchester United v Newcastle United", EPL, FOOTBALL, YES),
        ("Nottm Forest v Wolves", "Nottingham Forest v Wolverhampton Wanderers", EPL, FOOTBALL, YES),
        ("Sheff Utd v QPR", "Sheffield United v Queens Park Rangers", CHAMPIONSHIP, FOOTBALL, YES),
        ("Bayern Munich v FC Koln", "FC Bayern München v 1. FC Köln", BUNDESLIGA, FOOTBALL, YES),
        ("Mgladbach v Mainz", "Borussia Mönchengladbach v 1. FSV Mainz 05", BUNDESLIGA, FOOTBALL, YES),
        ("Paris St-G v Lyon", "Paris Saint-Germain v Olympique Lyonnais", LIGUE_1, FOOTBALL, YES),
        ("Inter v AC Milan", "FC Internazionale v Milan", SERIE_A, FOOTBALL, YES),
        ("Bodo Glimt v Brann", "FK Bodø/Glimt v SK Brann", NORWAY, FOOTBALL, YES),
        ("Brondby v FC Copenhagen", "Brøndby IF v FC København", SUPERLIGA, FOOTBALL, YES),
        ("Atletico Madrid v Athletic Bilbao", "Atlético de Madrid v Athletic Club", LA_LIGA, FOOTBALL, YES),
        ("Al-Hilal v Al-Nassr", "Al Hilal v Al Nassr", SAUDI, FOOTBALL, YES),
        ("Rep of Ireland v Czech Republic", "Republic of Ireland v Czechia", NATIONS, FOOTBALL, YES),
        # the other way round
        ("Boston Red Sox v New York Yankees", "New York Y v Boston", MLB, BASEBALL, YES),
        ("LA Dodgers @ LA Angels", "Los Angeles D v Los Angeles A", MLB, BASEBALL, YES),
        ("Arsenal v Chelsea", "Chelsea v Arsenal", EPL, FOOTBALL, YES),
        # people
        ("Tommy Paul v Casper Ruud", "T Paul v C Ruud", ("ATP Rome", "ATP Tour"), TENNIS, YES),
        ("Juan Manuel Cerúndolo v Gaël Monfils", "J M Cerundolo v G Monfils", ATP, TENNIS, YES),
        ("Botic van de Zandschulp v Zhang Zhizhen", "B van de Zandschulp v Zhizhen Zhang", ATP, TENNIS, YES),
        ("Paul v Ruud", "Tommy Paul v Casper Ruud", ("ATP", "ATP Rome"), TENNIS, WAIT),
        # another side of the club
        ("Arsenal v Chelsea", "Arsenal (W) v Chelsea (W)", EPL, FOOTBALL, NO),
        ("Arsenal v Chelsea", "Arsenal v Chelsea", MEN_WOMEN, FOOTBALL, NO),
        ("Arsenal W v Chelsea W", "Arsenal Women v Chelsea Women", WSL, FOOTBALL, YES),
        ("Arsenal v Chelsea", "Arsenal v Chelsea Women", EPL, FOOTBALL, NO),
        ("Chelsea U21 v Fulham U21", "Chelsea Under 21 v Fulham Under 21", PL2, FOOTBALL, YES),
        ("Chelsea U21 v Fulham U21", "Chelsea U18 v Fulham U18", PL2, FOOTBALL, NO),
        ("Real Sociedad v Eibar", "Real Sociedad B v Eibar", SEGUNDA, FOOTBALL, NO),
        ("Jong Ajax v Jong PSV", "Ajax v PSV", DUTCH, FOOTBALL, NO),
        ("Barcelona (SRL) v Real Madrid (SRL)", "Barcelona v Real Madrid", SRL, FOOTBALL, NO),
        ("Roma v Lyon", "Roma v Lyon", ("UEFA Champions League", "UEFA Champions League (W)"), FOOTBALL, NO),
        ("Roma v Lyon", "Roma v Lyon", ("UEFA Champions League", "UEFA Champions League W"), FOOTBALL, NO),
        ("Roma v Lyon", "Roma v Lyon", ("Italian Serie A", "Serie A (W)"), FOOTBALL, NO),
        ("Roma v Lyon", "Roma v Lyon", ("Club Friendlies", "Club Friendlies (W)"), FOOTBALL, NO),
        ("Roma v Lyon", "Roma v Lyon", ("Dutch Eredivisie", "Eredivisie (F)"), FOOTBALL, NO),
        ("Roma v Lyon", "Roma v Lyon", ("UEFA Cup Group F", "UEFA Cup"), FOOTBALL, WAIT),
        ("Roma v Lyon", "Roma v Lyon", ("EuroLeague", "EuroLeague (W)"), "basketball", NO),
        ("Roma W v Lyon W", "Roma v Lyon", ("Serie A Women", "Italian Serie A (W)"), FOOTBALL, YES),
        ("T Fritz v C Ruud", "T Fritz v C Ruud", ("Wimbledon", "Junior Wimbledon"), TENNIS, NO),
        ("T Fritz v C Ruud", "T Fritz v C Ruud", ("ATP Wimbledon", "Wimbledon Doubles"), TENNIS, NO),
        ("Boca Juniors v Young Boys", "Boca Juniors v Young Boys", ("Club Friendlies",) * 2, FOOTBALL, YES),
        # one name, several clubs
        ("U Craiova v Cluj", "FC U Craiova 1948 v CFR Cluj", ("Romanian Liga I",) * 2, FOOTBALL, None),
        ("CSKA Sofia v Levski", "CSKA 1948 v Levski", ("Bulgarian A League",) * 2, FOOTBALL, None),
        ("Arsenal v Chelsea", "Arsenal (Kodak) v Chelsea (Nio)", ("Club Friendlies",) * 2, FOOTBALL, WAIT),
        ("Inter v Bayern", "Inter (ITA) v Bayern (GER)", ("Club Friendlies",) * 2, FOOTBALL, YES),
        ("Arsenal v Liverpool", "Arsenal v Liverpool M", URUGUAY, FOOTBALL, NO),
        ("Everton v Palestino", "Everton De Vina v CD Palestino", ("Chilean Primera", "Chile Primera"), FOOTBALL, YES),
        ("Barcelona v Aucas", "Barcelona v Aucas", ECUADOR, FOOTBALL, NO),
        ("Santos v Guarani", "Santos v Guarani", PARAGUAY, FOOTBALL, NO),
        ("Al Ahli v Al Fateh", "Al Ahli v Al Fateh", QATAR, FOOTBALL, NO),
        ("Arsenal v Everton", "Arsenal v Everton", ("English Premier League", "English FA Cup"), FOOTBALL, NO),
        ("Barcelona v Real Madrid", "Barcelona v Real Madrid", ("Spanish La Liga", "EuroLeague"), FOOTBALL, WAIT),
        # names that are nearly one
        ("Austria v Sweden", "Australia v Sweden", FRIENDLY, FOOTBALL, None),
        ("Niger v Guinea", "Nigeria v Guinea-Bissau", FRIENDLY, FOOTBALL, None),
        ("Ireland v Wales", "Northern Ireland v Wales", FRIENDLY, FOOTBALL, None),
        ("Washington v Oregon", "Washington State v Oregon State", COLLEGE, USA, None),
        ("Sheff Utd v Leeds", "Sheffield Wednesday v Leeds United", CHAMPIONSHIP, FOOTBALL, None),
        ("Bristol City v Derby", "Bristol Rovers v Derby County", CUP, FOOTBALL, None),
        ("Serena Williams v Iga Swiatek", "V Williams v I Swiatek", ("WTA", "WTA"), TENNIS, None),
        ("X Wang v Y Wang", "Xiyu Wang v Yafan Wang", ("WTA", "WTA"), TENNIS, WAIT),
        ("A Zverev v T Fritz", "Mischa Zverev v Taylor Fritz", ("ATP", "ATP"), TENNIS, None),
        ("New York M v Boston", "New York Yankees v Boston Red Sox", MLB, BASEBALL, None),
        ("Inter v Juventus", "AC Milan v Juventus", SERIE_A, FOOTBALL, None),
        # one name, two sports
        ("Sparta Prague v Plzen", "Sparta Praha v Plzen", ("Czech Liga", "Czech Extraliga"), "ice_hockey", WAIT),
    ],
)  # fmt: skip
def test_a_pair_is_decided_as_by_hand(
    first: str, second: str, competitions: tuple[str, str], sport: str, said: Standing | None
) -> None:
    listed = [event("a", first, competitions[0], sport=sport), event("b", second, competitions[1], sport=sport)]
    assert standing(match(EMPTY, listed)) is said


def test_two_sports_are_two_games() -> None:
    listed = [
        event("a", "Sparta Prague v Plzen", "Czech Liga"),
        event("b", "Sparta Prague v Plzen", "Czech", sport="ice_hockey"),
    ]
    assert standing(match(EMPTY, listed)) is NO


def test_the_second_game_of_a_day_is_not_the_first() -> None:
    listed = [
        event("a", "Boston Red Sox v Houston Astros", "MLB", sport=BASEBALL, number="1"),
        event("a", "Boston Red Sox v Houston Astros", "MLB", sport=BASEBALL, at=T + 5 * HOUR, number="2"),
        event("b", "Boston v Houston", "MLB", sport=BASEBALL, at=T + 5 * HOUR, number="2"),
    ]
    found = match(EMPTY, listed)
    assert {pair.venue_event for pair in found.pairs if pair.standing is YES} == {"a-2", "b-2"}


def test_a_game_told_by_its_day_waits_where_two_are_played() -> None:
    listed = [
        event("a", "Boston Red Sox v Houston Astros", "MLB", sport=BASEBALL, number="1"),
        event("a", "Boston Red Sox v Houston Astros", "MLB", sport=BASEBALL, at=T + 5 * HOUR, number="2"),
        event("b", "Boston v Houston", "MLB", sport=BASEBALL, at=T, within=12 * HOUR),
    ]
    assert standing(match(EMPTY, listed)) is WAIT


def test_a_game_told_by_its_day_waits_even_if_it_stands_alone() -> None:
    listed = [
        event("a", "Boston Red Sox v Houston Astros", "MLB", sport=BASEBALL, at=T + 5 * HOUR),
        event("b", "Boston v Houston", "MLB", sport=BASEBALL, at=T, within=12 * HOUR),
    ]
    assert standing(match(EMPTY, listed)) is WAIT


def test_one_game_listed_twice_waits() -> None:
    listed = [event("a", "Arsenal v Chelsea", "EPL", number=n) for n in "12"] + [event("b", "Arsenal v Chelsea", "EPL")]
    assert standing(match(EMPTY, listed)) is WAIT


def test_a_short_name_that_fits_two_sides_waits() -> None:
    listed = [
        event("a", "Bristol v Derby", "English FA Cup"),
        event("b", "Bristol City v Derby County", "FA Cup"),
        event("b", "Bristol Rovers v Barnet", "FA Cup", at=T + HOUR),
    ]
    assert standing(match(EMPTY, listed)) is WAIT


def test_a_start_half_an_hour_off_is_refused_and_told() -> None:
    (pair,) = match(
        EMPTY, [event("a", "Arsenal v Chelsea", "EPL"), event("b", "Arsenal v Chelsea", "EPL", at=T + 31 * MINUTE)]
    ).pairs
    assert (pair.standing, pair.why) == (NO, "the starts are 31 minutes apart")


def test_three_venues_that_do_not_agree_wait() -> None:
    listed = [
        event("a", "Botafogo v Bahia", "Brazilian Serie A"),
        event("b", "Botafogo FR v Bahia", "Brazil Serie A"),
        event("c", "Botafogo RJ v Bahia", "Brazilian Serie A"),
    ]
    assert standing(match(EMPTY, listed)) is WAIT


def test_a_game_that_a_nameless_one_of_the_same_hour_could_be_waits() -> None:
    """The one without a competition may be the women's, at the same ground at the same hour."""
    listed = [
        event("a", "Arsenal v Chelsea", "English Premier League"),
        event("b", "Arsenal v Chelsea", "EPL", number="1"),
        event("b", "Arsenal v Chelsea", "", number="2"),
    ]
    assert standing(match(EMPTY, listed)) is WAIT


@pytest.mark.parametrize("second", ["Chelsea v Arsenal", "Arsenal v Chelsea"])
def test_each_side_is_its_own_outcome_whichever_is_named_first(second: str) -> None:
    pairs = match(EMPTY, [event("a", "Arsenal v Chelsea", EPL[0]), event("b", second, EPL[1])]).pairs
    found: dict[int, set[str]] = {}
    for pair in pairs:
        assert pair.market is not None
        for one in pair.listings:
            said = second if pair.venue == "b" else "Arsenal v Chelsea"
            name = [*said.split(" v "), "draw"][int(one.venue_market[-1])]
            found.setdefault(one.outcome, set()).add(name)
    assert sorted(map(sorted, found.values())) == [["Arsenal"], ["Chelsea"], ["draw"]]


# --- lines ---


def lines(venue: str, home: str, away: str, *goals: str) -> ListedEvent:
    """A match whose sides begin with so many goals, the first side's told."""
    questions = tuple(
        ListedQuestion(
            "asian_handicap",
            f"handicap {line}",
            tuple(
                ListedSelection(VenueMarketId(f"{venue}-m"), SelectionId(f"{side}@{line}"), side)
                for side in (home, away)
            ),
            line,
        )
        for line in goals
    )
    return ListedEvent(
        VenueName(venue),
        f"{venue}-e",
        f"{home} v {away}",
        FOOTBALL,
        T,
        (home, away),
        "Spanish La Liga",
        "",
        0,
        questions,
    )


def test_lines_are_one_market_where_the_same_side_begins_with_the_same_goals() -> None:
    listed = [
        lines("a", "Celta Vigo", "Real Sociedad", "-0.25", "0.5", "0"),
        lines("b", "Celta Vigo", "Real Sociedad", "-0.25", "-0.5", "0"),
    ]
    found: dict[str, list[str]] = {}
    for pair in match(EMPTY, listed).pairs:
        if pair.market is not None and pair.standing is not NO:
            found.setdefault(pair.market.kind, []).append(f"{pair.venue} {pair.market.outcomes} {pair.standing}")
    sides = "('home', 'away')"
    assert found == {
        f"asian_handicap_{line}": [f"a {sides} confident", f"b {sides} confident"] for line in ("-0.25", "0")
    }


def test_a_venue_that_names_the_sides_the_other_way_round_tells_the_other_sides_goals() -> None:
    listed = [lines("a", "Celta Vigo", "Real Sociedad", "-0.25"), lines("b", "Real Sociedad", "Celta Vigo", "0.25")]
    one, other = (pair for pair in match(EMPTY, listed).pairs if pair.market is not None)
    assert one.market == other.market
    assert (one.event.name, one.market and one.market.kind) == ("Real Sociedad v Celta Vigo", "asian_handicap_0.25")
    assert [[(x.selection, x.outcome) for x in pair.listings] for pair in (one, other)] == [
        [("Real Sociedad@-0.25", 0), ("Celta Vigo@-0.25", 1)],
        [("Real Sociedad@0.25", 0), ("Celta Vigo@0.25", 1)],
    ]


def test_a_market_of_a_line_that_somebody_wrote_takes_that_line_of_the_one_venue_that_lists_it() -> None:
    ours = Event(EventId("game"), "Celta Vigo v Real Sociedad", T, "Spanish La Liga", FOOTBALL)
    market = Market(MarketId("line"), ours.id, "asian_handicap_0.5", ("home", "away"))
    book = ReviewBook(Mapping((ours,), (market,), ()))
    (pair,) = match(book, [lines("a", "Real Sociedad", "Celta Vigo", "-0.25", "-0.5", "0.5")]).pairs
    assert pair.market is not None
    assert (pair.market.id, pair.question) == ("line", "handicap -0.5")
    assert [one.selection for one in pair.listings] == ["Celta Vigo@-0.5", "Real Sociedad@-0.5"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [("-0.25", "asian_handicap_-0.25"), ("1", "asian_handicap_1"), ("-0", "asian_handicap_0"), ("0.3", "")],
)
def test_a_line_of_quarters_has_a_kind_and_another_has_none(line: str, kind: str) -> None:
    assert market_kind(ListedQuestion("asian_handicap", "", (), line)) == kind


def test_a_handicap_of_another_name_waits_for_nobody() -> None:
    """One venue's own word for its handicap may settle otherwise: nothing is made of it."""
    assert market_kind(ListedQuestion("handicap", "", (), "-0.5")) == ""
