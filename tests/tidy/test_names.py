"""Venue names stay in their folders, modules say what they hold, and waiting shows in a name."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from tests.tidy.house import Source, house, lies_in, plant

VENUES = ("betfair", "kalshi", "lmsr", "matchbook")
MAY_NAME_VENUES = ("venues/registry.py", *(f"venues/{venue}/*" for venue in VENUES))
_VENUE = re.compile("|".join(VENUES), re.IGNORECASE)

EMPTY_WORDS = re.compile(r"(^|_)(utils?|helpers?|common|misc|managers?|handlers?|services?)($|_)", re.IGNORECASE)
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

WAITING = re.compile(r"_?(fetch|send|run)(_|$)")
FETCHING = re.compile(r"_?fetch(_|$)")  # of the three the one that only ever waits: a run has a tag, a codec sends
DICTATED = re.compile(r"__a\w+__")  # coroutines whose names Python gives


def named_venues(source: Source) -> list[str]:
    """Identifiers and strings that name a venue outside its folder; docstrings and comments may cite one."""
    if lies_in(source.path, MAY_NAME_VENUES):
        return []
    return [source.at(node, f"names a venue: {word!r}") for node, word in words(source.tree) if _VENUE.search(word)]


def words(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Every identifier and every string but the docstrings."""
    scopes = (
        n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    )
    prose = {part.value for scope in scopes for part in scope.body if isinstance(part, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and node not in prose:
            yield node, str(node.value)
        for field in ("id", "attr", "arg", "name", "asname", "module"):
            if isinstance(word := getattr(node, field, None), str):
                yield node, word


def empty_words(source: Source) -> list[str]:
    """Modules and classes whose names say nothing of what they hold."""
    stem = PurePosixPath(source.path).stem
    found = [source.at(source.tree, f"{stem} says nothing")] if EMPTY_WORDS.search(stem) else []
    return found + [
        source.at(node, f"{node.name} says nothing")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and EMPTY_WORDS.search(_HUMPS.sub("_", node.name))
    ]


def misnamed_coroutines(source: Source) -> list[str]:
    """Coroutines that do not begin with a verb that waits, and plain functions that promise an answer by waiting.

    A plain function may begin with `run` or `send`: the first is also a noun (a run's tag) and the name of a door that
    runs a loop to its end, and a protocol without a socket sends by handing bytes over.
    """
    return [
        source.at(node, f"{'async' if waits else 'plain'} {node.name}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not DICTATED.fullmatch(node.name)
        for waits in [isinstance(node, ast.AsyncFunctionDef)]
        if waits is not bool((WAITING if waits else FETCHING).match(node.name))
    ]


@pytest.mark.parametrize("check", [named_venues, empty_words, misnamed_coroutines])
def test_names_keep_the_house_rules(check) -> None:
    assert [finding for source in house() for finding in check(source)] == []


@pytest.mark.parametrize(
    ("path", "text", "broken"),
    [
        ("oms/router.py", "if venue == 'kalshi': pass", True),
        ("oms/router.py", "KALSHI = 1", True),
        ("oms/router.py", "def send_to_betfair(): pass", True),
        ("oms/router.py", "x = terms.is_matchbook", True),
        ("oms/router.py", "f(matchbook=1)", True),
        ("engine/wiring.py", "from venues.betfair import client", True),
        ("engine/wiring.py", "import betfairlightweight", True),
        ("oms/router.py", '"""As Kalshi does."""\ndef f():\n    """Source: Betfair docs."""  # kalshi', False),
        ("domain/odds.py", "class A:\n    price: int\n    '''Source: Kalshi docs.'''", False),
        ("venues/kalshi/codec.py", "KALSHI = 'kalshi'", False),
        ("venues/registry.py", "from venues.kalshi import client", False),
        ("venues/transport.py", "HOST = b'api.matchbook.com'", True),
    ],
)
def test_a_venue_named_outside_its_folder_is_found(path: str, text: str, broken: bool) -> None:
    assert bool(named_venues(plant(path, text))) is broken


@pytest.mark.parametrize(
    ("path", "text", "broken"),
    [
        ("oms/order_utils.py", "", True),
        ("risk/common.py", "", True),
        ("oms/router.py", "class OrderManager: pass", True),
        ("oms/router.py", "class HTTPHandler: pass", True),
        ("oms/serviced.py", "class Managed: pass", False),
    ],
)
def test_a_name_that_says_nothing_is_found(path: str, text: str, broken: bool) -> None:
    assert bool(empty_words(plant(path, text))) is broken


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("async def fetch_balance(): pass", False),
        ("async def _run_keeper(): pass", False),
        ("async def __aenter__(self): pass", False),
        ("async def run(self): pass", False),
        ("async def runner(): pass", True),
        ("async def balance(): pass", True),
        ("def fetch_balance(): pass", True),
        ("def send(command): pass", False),
        ("def runner(): pass", False),
        ("def run_tag(run): pass", False),
        ("def _send_cancel(self, command): pass", False),
    ],
)
def test_a_coroutine_that_hides_its_waiting_is_found(text: str, broken: bool) -> None:
    assert bool(misnamed_coroutines(plant("venues/transport.py", text))) is broken
