"""The whole program under virtual time, FIX carrying orders and books: trouble strikes, and the oracle is silent."""

from pathlib import Path

import pytest

from domain.ids import VenueName
from engine.config import load
from engine.simulate.options import options_of
from engine.simulate.run import Simulation
from tests.tidy.house import ROOT
from venues.registry import CONSTRUCTORS, USUAL

SETTINGS = {name: settings for name, (_, settings) in CONSTRUCTORS.items()}
KALSHI = "venues.kalshi"


@pytest.mark.parametrize(("seed", "session", "numbers"), [(2, "KalshiNR", ""), (8, "KalshiRT", "numbers")])
def test_the_oracle_is_silent(tmp_path: Path, seed: int, session: str, numbers: str) -> None:
    instead = [(f"{KALSHI}.order_entry", "fix"), (f"{KALSHI}.books", "fix"), (f"{KALSHI}.fix.session", session)]
    instead += [(f"{KALSHI}.fix.numbers", str(tmp_path / numbers))] if numbers else []
    loaded = load(ROOT / "config.toml", SETTINGS, instead)
    venues = tuple(VenueName(name) for name in USUAL)
    simulation = Simulation(options_of(seed, hours=0.05, faults="storm"), loaded, venues, tmp_path)
    simulation.run()
    assert simulation.oracle.violations == []
    room = simulation.exchanges.ports[VenueName("kalshi")].servers["fix"].room  # type: ignore[attr-defined]
    placed = {own.id for own in room.books.records.by_id.values()}
    assert placed == room.orders.origins.keys(), "every order came over FIX"
    assert len(placed) > 5
