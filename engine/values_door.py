"""The door `values`: what every market of a football match is worth, from goals expected or chances of the result."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from desk.tables import Row, print_table
from strategy.match_values import MATCH_MINUTES, Values, outcomes, synthetic_odds, values_of_rates, values_of_result

GOOD = 0


class Unpriced(Exception):
    """What was given is no match; the message says why."""


def add_verbs(verbs: "argparse._SubParsersAction[Any]") -> None:
    """The verb with its door."""
    values = verbs.add_parser("values", help="what every market of a football match is worth, from one source")
    source = values.add_mutually_exclusive_group(required=True)
    source.add_argument("--goals", type=_numbers, metavar="H,A", help="goals expected of either side in a whole match")
    source.add_argument("--result", type=_numbers, metavar="H,D,A", help="chances of home, draw and away")
    source.add_argument(
        "--odds", type=_numbers, metavar="H,D,A", help="odds on them: what can be put together of these"
    )
    values.add_argument("--score", type=_score, default=(0, 0), metavar="H-A", help="goals scored so far")
    values.add_argument("--left", type=float, default=MATCH_MINUTES, metavar="MINUTES", help="still to be played")
    values.add_argument("--lines", type=_numbers, default=(2.5,), metavar="A,B", help="half-goal lines of totals")
    values.add_argument("--handicaps", type=_numbers, default=(), metavar="A,B", help="goals given to the home side")
    values.add_argument("--through", type=float, default=0.5, metavar="P", help="home goes through after a draw")
    values.add_argument("--json", action="store_true")
    values.set_defaults(door=_values)


def _values(chosen: argparse.Namespace) -> int:
    """Rows of a table on a terminal, else lines of JSON. Raises Unpriced."""
    try:
        rows = _rows(chosen)
    except ValueError as error:
        raise Unpriced(str(error)) from error
    if chosen.json or not sys.stdout.isatty():
        for row in rows:
            print(msgspec.json.encode(row).decode())
    else:
        print_table("values of the match", rows)
    return GOOD


def _rows(chosen: argparse.Namespace) -> list[Row]:
    if chosen.goals is not None:
        home, away = _of(chosen.goals, "--goals", 2)
        return _chances(
            values_of_rates(
                home_rate=home,
                away_rate=away,
                score=chosen.score,
                minutes_left=chosen.left,
                lines=chosen.lines,
                handicaps=chosen.handicaps,
                home_through_after_draw=chosen.through,
            )
        )
    home, draw, away = _of(chosen.result or chosen.odds, "--result or --odds", 3)
    if chosen.result is not None:
        return _chances(values_of_result(home=home, draw=draw, away=away, home_through_after_draw=chosen.through))
    synthetic = _each(synthetic_odds(home=home, draw=draw, away=away))
    return [{"market": kind, "outcome": outcome, "odds": round(odds, 6)} for kind, outcome, odds in synthetic]


def _chances(values: Values) -> list[Row]:
    """A chance, and the odds that are fair for it, empty where it cannot happen."""
    return [
        {
            "market": kind,
            "outcome": outcome,
            "chance": round(chance, 6),
            "fair_odds": round(1 / chance, 4) if chance > 0 else "",
        }
        for kind, outcome, chance in _each(values)
    ]


def _each(values: Values) -> Iterator[tuple[str, str, float]]:
    for kind, of_kind in values.items():
        for outcome, value in zip(outcomes(kind), of_kind, strict=True):
            yield kind, outcome, value


def _of(numbers: Sequence[float], name: str, count: int) -> Sequence[float]:
    if len(numbers) != count:
        raise Unpriced(f"{name} takes {count} numbers with commas between them, not {len(numbers)}")
    return numbers


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"numbers with commas between them, not {text!r}") from None


def _score(text: str) -> tuple[int, int]:
    home, _, away = text.partition("-")
    if not (home.isdecimal() and away.isdecimal()):
        raise argparse.ArgumentTypeError(f"a score such as 2-1, not {text!r}")
    return int(home), int(away)
