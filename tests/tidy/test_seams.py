"""Time, chance, tasks, broad handlers and approvals: each has its one place, and nothing else may hold it."""

import ast
import tomllib
from fnmatch import fnmatch

import pytest

from tests.tidy.house import ROOT, Source, called_name, house, imports, plant, uses

_LINT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
BANNED = tuple(_LINT["flake8-tidy-imports"]["banned-api"])
SEAMS = tuple(path for path, rules in _LINT["per-file-ignores"].items() if "TID251" in rules)

LOOP = "engine/loop.py"
STARTERS = ("create_task", "ensure_future", "run_coroutine_threadsafe")
BROAD = ("Exception", "BaseException")
GATE = "risk/gate.py"


def clocks_and_dice(source: Source) -> list[str]:
    """Wall clocks and chance outside the seams that `pyproject.toml` names; no comment excuses one."""
    if any(fnmatch(source.path, seam) for seam in SEAMS):
        return []
    return [
        source.at(node, f"{name} outside the engine's seams")
        for node, name in (*imports(source), *uses(source))
        if any(f"{name}.".startswith(f"{banned}.") for banned in BANNED)
    ]


def stray_tasks(source: Source) -> list[str]:
    """Tasks started anywhere but in the loop, by whatever object offers it."""
    return [
        source.at(node, f"{called_name(node)} outside {LOOP}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and called_name(node) in STARTERS and source.path != LOOP
    ]


def broad_handlers(source: Source) -> list[str]:
    """Handlers that would also catch our own mistakes."""
    return [
        source.at(node, f"catches everything outside {LOOP}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and source.path != LOOP and _is_broad(node.type)
    ]


def _is_broad(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(_is_broad(part) for part in caught.elts)
    return caught is None or (isinstance(caught, ast.Name) and caught.id in BROAD)


def forged_approvals(source: Source) -> list[str]:
    """Calls that make an `Approved` without the gate having judged."""
    return [
        source.at(node, f"Approved made outside {GATE}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and called_name(node) == "Approved" and source.path != GATE
    ]


@pytest.mark.parametrize("check", [clocks_and_dice, stray_tasks, broad_handlers, forged_approvals])
def test_each_has_its_one_place(check) -> None:
    assert [finding for source in house() for finding in check(source)] == []


def test_the_lint_names_every_clock_and_die() -> None:
    assert {"time", "datetime.datetime.now", "random", "uuid", "secrets", "os.urandom", "asyncio.create_task"} <= set(
        BANNED
    )


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("import time\n", True),
        ("from time import monotonic_ns", True),
        ("import datetime as d\nx = d.datetime.now", True),
        ("from datetime import datetime\nx = datetime.now()", True),
        ("from datetime import datetime\nx = datetime.fromisoformat('2026-01-01')", False),
        ("import random as r  # noqa: TID251", True),
        ("from os import urandom", True),
        ("import os\nos.urandom(8)", True),
        ("import os\nos.fsync(3)", False),
        ("from uuid import uuid4", True),
        ("def decide(view, time):\n    return time", False),
        ("now = clock.time", False),
    ],
)
def test_a_clock_or_a_die_is_found(text: str, broken: bool) -> None:
    assert bool(clocks_and_dice(plant("oms/router.py", text))) is broken


def test_the_seams_may_hold_a_clock() -> None:
    assert not clocks_and_dice(plant(LOOP, "import time"))


@pytest.mark.parametrize("text", ["asyncio.create_task(f())", "self._loop.create_task(f())", "ensure_future(f())"])
def test_a_task_outside_the_loop_is_found(text: str) -> None:
    assert stray_tasks(plant("venues/transport.py", text))
    assert not stray_tasks(plant(LOOP, text))


@pytest.mark.parametrize(
    ("caught", "broken"),
    [
        ("", True),
        (" Exception", True),
        (" (OSError, BaseException)", True),
        (" OSError", False),
        (" ExceptionGroup", False),
    ],
)
def test_a_broad_handler_is_found(caught: str, broken: bool) -> None:
    text = f"try:\n    pass\nexcept{caught}:\n    pass"
    assert bool(broad_handlers(plant("venues/transport.py", text))) is broken
    assert not broad_handlers(plant(LOOP, text))


def test_an_approval_outside_the_gate_is_found() -> None:
    assert forged_approvals(plant("oms/router.py", "verdicts.Approved(order)"))
    assert not forged_approvals(plant(GATE, "Approved(order)"))
    assert not forged_approvals(plant("oms/router.py", "isinstance(verdict, Approved)"))
