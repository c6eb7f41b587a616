"""Who may import whom: the table of rooms, the rooms of outside libraries, and no rings."""

import sys
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.tidy.house import ROOMS, Source, house, imports, lies_in, plant

OURS = (*ROOMS, "run", "tests", "bench")
SIX = ("venues", "strategy", "risk", "recon", "storage", "desk")
ARROWS: dict[str, tuple[str, ...]] = {
    "domain": (),
    **dict.fromkeys(SIX, ("domain",)),
    "oms": ("domain", "risk.verdicts"),
    "engine": ("domain", *SIX, "oms"),
    "run": ("engine",),
}

ROOF = ("engine/demo.py", "engine/model_process.py", "engine/watchdog_process.py")  # the desk's server, its clients
FAKES = ("venues/*/fake.py", "venues/*/fake/*", "venues/sim/*")
LIBRARIES: dict[str, tuple[str, ...]] = {
    "msgspec": ("*",),
    "uvloop": ("engine/*",),
    "numpy": ("strategy/*", "desk/*", "bench/*"),
    "sqlalchemy": ("storage/*",),
    "aiosqlite": ("storage/*",),
    "aiohttp": ("venues/*transport*.py", "desk/control*.py", "desk/terminal/link.py", *ROOF),
    "httptools": ("venues/*transport*.py", "venues/http_*.py", "venues/sim/http_server.py"),
    "websockets": ("venues/*transport*.py", "venues/ws.py", *FAKES),
    "cryptography": ("venues/*/auth.py", "venues/*/signing.py", "venues/*/demo.py", "*/reports/*", *FAKES),
    "rich": ("desk/*",),
    "textual": ("desk/terminal/*",),
    "alembic": ("storage/migrate.py", "storage/migrations/*"),
    "pyarrow": ("storage/columns.py", "storage/packed.py"),
    "nats": ("storage/stream/*",),
    "aiokafka": ("storage/stream/*",),
    "google": ("storage/stream/*",),
    "polars": ("engine/notebook.py",),
    "betfairlightweight": ("venues/betfair/*",),
    "rapidfuzz": ("venues/catalogue/*",),
}

PURE = ("domain", "strategy", "oms", "risk", "recon")
WORLDLY = frozenset(
    "asyncio socket ssl select selectors threading multiprocessing subprocess concurrent signal os shutil tempfile io "
    "sqlite3 http urllib logging importlib".split()
)


def broken_arrows(source: Source) -> list[str]:
    """Imports of ours that the table of rooms does not draw, and relative ones."""
    drawn = (source.room, *ARROWS[source.room])
    return [
        source.at(node, f"{source.room} may not import {name}")
        for node, name in imports(source)
        if name.partition(".")[0] in ("", *OURS) and not any(f"{name}.".startswith(f"{room}.") for room in drawn)
    ]


def astray_libraries(source: Source) -> list[str]:
    """Outside libraries met in a room that is not theirs, or that have no room at all."""
    return [
        source.at(node, f"{library} has no room here")
        for node, library in ((node, name.partition(".")[0]) for node, name in imports(source))
        if library not in OURS
        and library not in sys.stdlib_module_names
        and not lies_in(source.path, LIBRARIES.get(library, ()))
    ]


def worldly_imports(source: Source) -> list[str]:
    """Wires, disks, threads and loops named in a room that only thinks."""
    return [
        source.at(node, f"{source.room} only thinks; it may not import {name}")
        for node, name in imports(source)
        if source.room in PURE and name.partition(".")[0] in WORLDLY
    ]


def ring(files: Iterable[Source]) -> list[str]:
    """The modules of one import circle, type-only imports included; empty when there is none."""
    by_module = {source.module: source for source in files if not source.path.endswith("__init__.py")}
    arrows: dict[str, set[str]] = {
        module: {name if name in by_module else name.rpartition(".")[0] for _, name in imports(source)}
        & by_module.keys()
        for module, source in by_module.items()
    }
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("check", [broken_arrows, astray_libraries, worldly_imports])
def test_every_import_is_drawn_in_a_table(check) -> None:
    assert [finding for source in house() for finding in check(source)] == []


def test_no_module_imports_itself_through_others() -> None:
    assert ring(house()) == []


@pytest.mark.parametrize(
    ("path", "text", "broken"),
    [
        ("domain/odds.py", "from domain.money import Money", False),
        ("domain/odds.py", "from risk.limits import Limits", True),
        ("strategy/quoting.py", "from domain import book", False),
        ("strategy/quoting.py", "import risk.limits", True),
        (
            "strategy/quoting.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from oms import blotter",
            True,
        ),
        ("strategy/quoting.py", "def late():\n    import venues.base", True),
        ("venues/sim/exchange.py", "from venues.base import Venue", False),
        ("venues/sim/exchange.py", "from ..base import Venue", True),
        ("oms/router.py", "from risk.verdicts import Approved", False),
        ("oms/router.py", "from risk import verdicts", False),
        ("oms/router.py", "from risk.gate import judge", True),
        ("oms/router.py", "import risk", True),
        ("engine/wiring.py", "from desk.control import Control", False),
        ("engine/wiring.py", "from tests.builders import book", True),
        ("run.py", "from engine import doors", False),
        ("run.py", "from domain import money", True),
    ],
)
def test_an_arrow_outside_the_table_is_found(path: str, text: str, broken: bool) -> None:
    assert bool(broken_arrows(plant(path, text))) is broken


@pytest.mark.parametrize(
    ("path", "text", "broken"),
    [
        ("strategy/fair_value.py", "import numpy as np", False),
        ("domain/odds.py", "import numpy as np", True),
        ("storage/tables.py", "from sqlalchemy.ext.asyncio import AsyncEngine", False),
        ("engine/wiring.py", "from sqlalchemy.ext.asyncio import AsyncEngine", True),
        ("venues/transport.py", "import aiohttp", False),
        ("venues/kalshi/codec.py", "import aiohttp", True),
        ("desk/control.py", "from aiohttp import web", False),
        ("engine/demo.py", "from aiohttp import web", False),
        ("engine/core.py", "from aiohttp import web", True),
        ("desk/terminal/app.py", "from aiohttp import web", True),
        ("recon/orders.py", "import pandas", True),
    ],
)
def test_a_library_outside_its_room_is_found(path: str, text: str, broken: bool) -> None:
    assert bool(astray_libraries(plant(path, text))) is broken


def test_a_wire_in_a_thinking_room_is_found() -> None:
    assert worldly_imports(plant("risk/gate.py", "from asyncio import Queue"))
    assert not worldly_imports(plant("engine/loop.py", "from asyncio import Queue"))


def test_a_ring_of_imports_is_found() -> None:
    files = [
        plant("domain/a.py", "from domain.b import B"),
        plant("domain/b.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from domain import c"),
        plant("domain/c.py", "import domain.a"),
    ]
    assert set(ring(files)) == {"domain.a", "domain.b", "domain.c"}
    assert ring(files[:2]) == []
