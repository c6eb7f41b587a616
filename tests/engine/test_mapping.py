"""A run's mapping is made by the catalogue of what the exchanges list, and is what the world knows to be true."""

from pathlib import Path

import msgspec
import pytest

from domain.ids import VenueName
from domain.markets import Mapping
from engine.config import ConfigError, load
from engine.exchanges import Exchanges
from engine.mapping import map_run, mapped, read_book_file, write_asked
from engine.simulate.options import SeedOptions
from engine.simulate.run import Simulation
from tests.conftest import ROOT
from venues.catalogue.matching import Standing
from venues.registry import CONSTRUCTORS, DEMOS
from venues.sim.faults import PROFILES, Faults
from venues.sim.world import WorldOptions

VENUES = tuple(VenueName(name) for name in sorted(DEMOS))
TELLING = tuple(name for name in VENUES if name != "lmsr")
"""Those that tell by which words they settle."""
NOW = 10**9


def exchanges(seed: int, matches: int = 6) -> Exchanges:
    options = WorldOptions(seed=seed, matches=matches)
    faults = Faults(PROFILES["none"], seed)
    return Exchanges(VENUES, options, faults, start_ns=NOW, epoch_ns=1_790_000_000 * NOW)


def pairs(mapping: Mapping) -> set[tuple[str, ...]]:
    return {(one.venue, one.venue_market, one.selection, one.market, str(one.outcome)) for one in mapping.listings}


@pytest.mark.parametrize(("seed", "matches"), [*((seed, 6) for seed in range(1, 9)), (1, 30)])
def test_what_is_mapped_is_what_is_true(seed: int, matches: int) -> None:
    world = exchanges(seed, matches)
    book, found = mapped(world.world.mapping, world.listed(NOW), at_ms=0)
    assert pairs(book.mapping) == pairs(world.world.mapping)
    assert {one.standing for one in found.pairs} == {Standing.CONFIDENT}


def test_each_exchange_names_the_same_match_in_its_own_way() -> None:
    names = {event.name for event in exchanges(1).listed(NOW)}
    assert len(names) > 6


def test_what_is_not_certain_is_not_in_the_run(tmp_path: Path) -> None:
    world = exchanges(1)
    listed = list(world.listed(NOW))
    first = listed[0]
    listed[0] = msgspec.structs.replace(first, participants=tuple(f"{side} U21" for side in first.participants))
    write_asked(tmp_path, world.world.mapping, listed)
    run, left = map_run(tmp_path, 0)
    assert left > 0
    gone = pairs(world.world.mapping) - pairs(run)
    assert {(venue, market) for venue, market, *_ in gone} == {
        (first.venue, one.venue_market) for question in first.questions for one in question.selections
    }


def test_a_mapping_that_is_there_already_is_not_made_again(tmp_path: Path) -> None:
    world = exchanges(1)
    write_asked(tmp_path, world.world.mapping, world.listed(NOW))
    made, left = map_run(tmp_path, 0)
    assert left == 0
    write_asked(tmp_path, world.world.mapping, ())
    assert map_run(tmp_path, 0) == (made, 0)


def test_a_mapping_that_makes_no_sense_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(
        '[[events]]\nid = "e"\nname = "A v B"\nstarts_ms = 1\n'
        '[[markets]]\nid = "m"\nevent = "f"\nkind = ""\noutcomes = []'
    )
    with pytest.raises(ConfigError, match="market m: there is no event f"):
        read_book_file(path)


def test_adapters_tell_the_words_by_which_their_listings_were_mapped(tmp_path: Path) -> None:
    loaded = load(ROOT / "config.toml", {name: settings for name, (_, settings) in CONSTRUCTORS.items()})
    simulation = Simulation(SeedOptions(3, 0.003, "none", matches=2), loaded, VENUES, tmp_path / "run")
    simulation.run()
    known = simulation.process.state.instruments.values()
    assert {one.listing.venue for one in known} == set(VENUES)
    assert all(one.listing.rules_hash == one.terms.rules_hash for one in known)
    assert {one.listing.venue for one in known if one.terms.rules_hash} == set(TELLING)
