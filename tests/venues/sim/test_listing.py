"""What the world lists: markets as each venue asks, and a mapping file that reads back as it was written."""

import tomllib

import msgspec

from domain.ids import VenueMarketId
from domain.markets import Mapping
from tests.venues.sim.builders import demo_world
from venues.sim.football import matches
from venues.sim.listing import books, mapping_toml, market_specs
from venues.sim.world import market_each, one_market


def test_a_question_is_one_market_or_a_market_for_each_outcome():
    match = matches(7, count=1)[0]
    together = market_specs(books(match, ("match_odds",), one_market))
    apart = market_specs(books(match, ("match_odds",), market_each))
    assert [(spec.winners, len(spec.selections)) for spec in together] == [((1, 1), 3)]
    assert [(spec.winners, len(spec.selections)) for spec in apart] == [((0, 1), 1)] * 3


def test_the_mapping_file_reads_back_as_it_was_written():
    world = demo_world(7)
    read = msgspec.convert(tomllib.loads(mapping_toml(world.mapping)), Mapping)
    assert read == world.mapping
    assert len(read.events) == 6
    assert len(read.listings) == 6 * 3 * 5


def test_names_with_quotes_and_accents_survive_the_mapping_file():
    world = demo_world(7, matches=1)
    event = msgspec.structs.replace(world.mapping.events[0], name='Città "Vecchia" \\ v Æ')
    odd = msgspec.structs.replace(world.mapping, events=(event,))
    assert msgspec.convert(tomllib.loads(mapping_toml(odd)), Mapping) == odd


def test_every_listing_is_a_book_of_its_exchange():
    world = demo_world(7)
    for listing in world.mapping.listings:
        market = world.exchanges[listing.venue].floor.markets[VenueMarketId(listing.venue_market)]
        assert listing.selection in market.selections
