"""The README stays short and true: its lines to paste, its doors, and the strategy that a reader would copy."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from domain.orders import Side
from engine.config import StrategySettings, decode
from engine.wiring import strategies
from strategy.base import Strategy
from tests.strategy.views import fair_value, listing, market_view
from tests.tidy.house import ROOT

README = ROOT / "README.md"
LINES = 170
SETUP = re.compile(
    r"python3\.11 -m venv \.venv && \.venv/bin/pip install --require-hashes -r (requirements/\w+\.txt) && (.+)"
)


def one_liners(text: str) -> list[tuple[str, str]]:
    """Lines to paste into a shell: the requirements each installs, and what it runs then."""
    return [match.groups() for match in map(SETUP.fullmatch, text.splitlines()) if match]  # type: ignore[misc]


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) < LINES


def test_two_lines_set_up_and_run_the_demo_and_the_tests() -> None:
    (demo, runs), (test, proves) = one_liners(README.read_text(encoding="utf-8"))
    assert (ROOT / demo).is_file()
    assert (ROOT / test).is_file()
    assert runs.startswith(".venv/bin/python run.py")
    assert proves.startswith(".venv/bin/python -m pytest")


def test_a_line_that_does_not_set_up_everything_is_not_taken_for_one() -> None:
    install = ".venv/bin/pip install --require-hashes -r requirements/run.txt"
    good = f"python3.11 -m venv .venv && {install} && .venv/bin/python run.py"
    assert one_liners(f"text\n{good}\npip install .\n") == [("requirements/run.txt", ".venv/bin/python run.py")]
    assert one_liners(good.replace(" --require-hashes", "")) == []


def block(language: str) -> str:
    """The one piece of the README in this language."""
    [text] = re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return text


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Strategy:
    """The README's strategy, installed as the README says."""
    configured: list[dict[str, Any]] = tomllib.loads(block("toml"))["strategies"]
    (settings,) = (decode(one, StrategySettings, where="README") for one in configured)
    (tmp_path / f"{settings.uses.partition(':')[0]}.py").write_text(block("python"), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    (strategy,) = strategies([settings])
    return strategy


def test_the_strategy_of_the_readme_takes_what_is_worth_it(example: Strategy) -> None:
    view = market_view([listing("one/home", "2.50:100 | 2.52:100")], fair=fair_value(0.45, 0.27, 0.28))
    takes = example.decide(view).takes
    assert [(take.outcome, take.side, take.limit_e9) for take in takes] == [
        (0, Side.BACK, 420_000_000),
        (1, Side.BACK, 240_000_000),
        (2, Side.BACK, 250_000_000),
    ]
    assert {take.claims_micros for take in takes} == {10_000_000}


def test_the_strategy_of_the_readme_stops_at_its_limit_and_without_a_fair_value(example: Strategy) -> None:
    assert [take.outcome for take in example.decide(market_view(pnl=(49, 0, 50))).takes] == [0, 1]
    assert example.decide(market_view(fair=None)).takes == ()
    assert example.decide(market_view(now_ns=60 * 10**9)).takes == ()


def test_the_strategy_of_the_readme_is_short() -> None:
    lines = block("python").splitlines()
    assert len(lines) < 40
    assert max(map(len, lines)) <= 120


def test_every_door_stands_in_the_readme_and_no_other() -> None:
    said = subprocess.run(
        [sys.executable, "run.py", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    ).stdout
    [verbs] = re.findall(r"^  \{(.+)\}$", said, re.MULTILINE)
    table = re.findall(r"^\| `([a-z-]+)", README.read_text(encoding="utf-8").partition("## The doors")[2], re.MULTILINE)
    assert table == verbs.split(",")
