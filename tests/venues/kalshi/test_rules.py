"""Kalshi's published numbers: the price structures, against themselves and against recorded markets."""

import json
from fractions import Fraction

import pytest

from domain.odds import NATIVE_SCALE, PriceKind, contract_ladder
from venues.kalshi.rules import PRICE_STRUCTURES


@pytest.mark.parametrize(
    ("structure", "prices", "steps"),
    [
        ("linear_cent", 99, (100, 100, 100)),
        ("deci_cent", 999, (10, 10, 10)),
        ("tapered_deci_cent", 279, (10, 100, 10)),
        ("center_whole_edge_half_cent", 119, (50, 100, 50)),
        ("center_whole_edge_quint_cent", 179, (20, 100, 20)),
        ("center_half_edge_half_cent", 199, (50, 50, 50)),
        ("center_half_edge_quint_cent", 259, (20, 50, 20)),
        ("center_half_edge_deci_cent", 359, (10, 50, 10)),
        ("center_quint_edge_quint_cent", 499, (20, 20, 20)),
        ("center_quint_edge_deci_cent", 599, (10, 20, 10)),
        ("center_centi_edge_centi_cent", 9_999, (1, 1, 1)),
        ("center_deci_edge_centi_cent", 1_179, (1, 10, 1)),
    ],
)
def test_a_structure_has_its_steps_at_the_edges_and_in_the_centre(structure, prices, steps):
    ladder = contract_ladder(PRICE_STRUCTURES[structure])
    middle = ladder.prices.index(5_000)
    assert len(ladder) == prices
    assert (
        ladder.prices[1] - ladder.prices[0],
        ladder.prices[middle] - ladder.prices[middle - 1],
        ladder.prices[-1] - ladder.prices[-2],
    ) == steps


@pytest.mark.parametrize("structure", PRICE_STRUCTURES)
def test_whole_cents_are_legal_everywhere_and_prices_mirror(structure):
    prices = set(contract_ladder(PRICE_STRUCTURES[structure]).prices)
    assert set(range(100, 10_000, 100)) <= prices
    assert {10_000 - price for price in prices} == prices


def test_recorded_markets_have_the_ranges_of_their_structure(shared):
    path = shared / "venues/kalshi/samples/fortuna_demo_2026-06-11/markets__page1.json"
    markets = json.loads(path.read_text(encoding="utf-8"))["markets"]
    assert markets
    for market in markets:
        ranges = [(_native(r["start"]), _native(r["end"]), _native(r["step"])) for r in market["price_ranges"]]
        assert contract_ladder(ranges) == contract_ladder(PRICE_STRUCTURES[market["price_level_structure"]])


def _native(dollars: str) -> int:
    return int(Fraction(dollars) * NATIVE_SCALE[PriceKind.CONTRACT])
