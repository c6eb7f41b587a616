"""Every market of a football match from one source: goal rates in running, or the three probabilities of the result."""

from collections.abc import Sequence

from strategy.football import Match, dnb_double_chance, event_mapping, handicap_ends, poisson_markets

MATCH_MINUTES = 90.0
"""Regulation time, over which goal rates are meant."""

Values = dict[str, tuple[float, ...]]
"""By the kind of a market, a number for each of its outcomes in their order."""


OUTCOMES: dict[str, tuple[str, ...]] = {
    "match_odds": ("home", "draw", "away"),
    "double_chance": ("home or draw", "away or draw", "home or away"),
    "draw_no_bet": ("home", "away"),
    "to_advance": ("home", "away"),
    "both_to_score": ("yes", "no"),
}


HANDICAP = "asian_handicap_"


def outcomes(kind: str) -> tuple[str, ...]:
    """The names of a market kind's outcomes in their order; those that are not listed are totals."""
    return ("home", "away") if kind.startswith(HANDICAP) else OUTCOMES.get(kind, ("over", "under"))


def values_of_rates(
    *,
    home_rate: float,
    away_rate: float,
    score: tuple[int, int] = (0, 0),
    minutes_left: float = MATCH_MINUTES,
    lines: Sequence[float] = (2.5,),
    handicaps: Sequence[float] = (),
    home_through_after_draw: float = 0.5,
) -> Values:
    """Values of every market kind of a match at a score, from goals expected over a whole match.

    Kinds and their outcomes: those of `values_of_result`; `over_under_25` (over, under) and so on for the other
    half-goal `lines`; `both_to_score` (yes, no); `asian_handicap_-0.25` (home, away) and so on for the goals that the
    home side begins with in `handicaps`, of what is decided there at all, and left out where nothing can be.
    ValueError for rates, times or lines that cannot be.
    """
    match = Match(
        lambda_home=home_rate,
        lambda_away=away_rate,
        time_left=minutes_left / MATCH_MINUTES,
        goals_home=score[0],
        goals_away=score[1],
    )
    markets = poisson_markets(match, lines=lines)
    values = values_of_result(
        home=markets.home, draw=markets.draw, away=markets.away, home_through_after_draw=home_through_after_draw
    )
    for total in markets.totals:
        values[f"over_under_{round(total.line * 10):02d}"] = total.over, total.under
    values["both_to_score"] = markets.btts, 1 - markets.btts
    for goals in handicaps:
        won, lost = handicap_ends(match, line=goals)
        if won + lost > 0:
            values[f"{HANDICAP}{goals + 0.0:g}"] = won / (won + lost), lost / (won + lost)
    return values


def values_of_result(*, home: float, draw: float, away: float, home_through_after_draw: float = 0.5) -> Values:
    """What the three probabilities of the result say of every market that depends on it alone.

    `match_odds` (home, draw, away); `to_advance` (home, away), a draw being decided later with
    `home_through_after_draw`; `draw_no_bet` (home, away), void on a draw and so left out once only a draw can come;
    `double_chance` (home or draw, away or draw, home or away), of which two win. ValueError unless the three are
    probabilities that sum to one.
    """
    if min(home, draw, away) < 0 or abs(home + draw + away - 1) > 1e-6:
        raise ValueError(f"home, draw and away must be probabilities that sum to 1, not {home}, {draw} and {away}")
    values: Values = {
        "match_odds": (home, draw, away),
        "double_chance": (home + draw, away + draw, home + away),
    }
    if home + away > 0:
        claims = event_mapping(a=home, draw=draw, b=away, a_given_draw=home_through_after_draw)
        values["draw_no_bet"] = float(claims.dnb_a), 1 - float(claims.dnb_a)
        values["to_advance"] = float(claims.a_to_advance), 1 - float(claims.a_to_advance)
    else:
        values["to_advance"] = home_through_after_draw, 1 - home_through_after_draw
    return values


def synthetic_odds(*, home: float, draw: float, away: float) -> Values:
    """Odds at which draw no bet and double chance can be put together from odds on the result.

    What a venue asks for those markets is dear if it is below these. Kinds and outcomes as in `values_of_result`;
    net odds in make net odds out. ValueError for odds not above 1.
    """
    with_home = dnb_double_chance(odds_a=home, odds_draw=draw, total_stake=1.0)
    with_away = dnb_double_chance(odds_a=away, odds_draw=draw, total_stake=1.0)
    either = dnb_double_chance(odds_a=home, odds_draw=away, total_stake=1.0)
    return {
        "draw_no_bet": (float(with_home.synthetic_dnb_odds), float(with_away.synthetic_dnb_odds)),
        "double_chance": tuple(float(way.double_chance_a_or_draw) for way in (with_home, with_away, either)),
    }
