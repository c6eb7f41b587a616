"""Recorded messages of the market stream, each read into the states, results and books that it means."""

from pathlib import Path

import pytest

from domain.ids import Currency, MarketId, VenueMarketId
from domain.markets import Listing, MarketStatus, Result
from domain.messages import BooksChanged, Fact, InstrumentsListed, MarketChanged
from domain.odds import CLASSIC
from tests.venues.betfair.desk import BETFAIR
from tests.venues.betfair.test_samples import messages
from venues.betfair.market_codec import MarketMessage, runner_key, selection_id
from venues.betfair.market_codec import decode_market_line as read_market
from venues.betfair.market_feed import Description, MarketFeed
from venues.betfair.rules import CommissionPlan


@pytest.fixture(scope="module")
def samples(shared: Path) -> Path:
    return shared / "venues" / "betfair" / "samples"


def followed(path: Path, *, described: bool = False) -> list[Fact]:
    """Everything that a market sample says of all its runners; `described`: their terms were known before."""
    runners: dict[str, set[tuple[int, float | None]]] = {}
    heard = [message for line in messages(path) if isinstance(message := read_market(line), MarketMessage)]
    for change in (change for message in heard for change in message.changes or ()):
        defined = change.market_definition.runners if change.market_definition else ()
        runners.setdefault(change.id, set()).update((one.id, one.hc) for one in (*defined, *(change.rc or ())))
    listings = [
        Listing(BETFAIR, VenueMarketId(market), selection_id(*one), MarketId(market), n)
        for market, known in runners.items()
        for n, one in enumerate(sorted(known, key=str))
    ]
    feed = MarketFeed(BETFAIR, listings, Currency("GBP"), CommissionPlan())
    for market, known in runners.items() if described else ():
        keys = frozenset(runner_key(*one) for one in known)
        assert feed.describe(market, Description("CLASSIC", "ODDS", "MATCH_ODDS", 5.0, True, keys))
    facts = [fact for one in heard for fact in feed.facts(one.changes or [], one.pt, image=one.ct == "SUB_IMAGE")]
    assert feed.rows_dropped == 0
    return facts


def levels(facts: list[Fact]) -> dict[str, tuple[tuple[float, float], tuple[float, float]]]:
    """The best prices to back and to lay of each image with both sides, with the money there, by runner."""
    price, found = CLASSIC.price, {}
    for one in (one for fact in facts if isinstance(fact, BooksChanged) for one in fact.books):
        assert one.image
        if one.to_back and one.to_lay:
            (back, backs), (lay, lays) = max(one.to_back), min(one.to_lay)
            found[one.instrument.rpartition("/")[2]] = (
                (price(back) / 100, backs / 1e6),
                (price(lay) / 100, lays / 1e6),
            )
    return found


DEFINED: dict[str, tuple[MarketStatus, int, tuple[str, ...], dict[str, Result], str, int]] = {
    "mcm_sub_image": (MarketStatus.OPEN, 1400311331, (), {}, "WIN", 7),
    "mcm_market_definition_runner_removed": (MarketStatus.OPEN, 3938444920, ("38465947",), {}, "WIN", 8),
    "mcm_market_definition_each_way": (MarketStatus.OPEN, 4565022575, (), {}, "EACH_WAY", 7),
    "mcm_market_definition_bsp": (
        MarketStatus.CLOSED,
        4968605121,
        (),
        {"45967562": Result.WON}
        | dict.fromkeys(
            ("45565847", "47727833", "47179469", "51247493", "42324350", "51247494", "48516342"), Result.LOST
        ),
        "WIN",
        8,
    ),
}
"""Status, version, who was removed, results, type and runners of the one market of each."""


@pytest.mark.parametrize("name", DEFINED)
def test_a_market_definition_sample_means(samples: Path, name: str) -> None:
    status, version, removed, results, kind, runners = DEFINED[name]
    path = samples / "stream" / f"{name}.json"
    (changed,) = (fact for fact in followed(path) if isinstance(fact, MarketChanged))
    assert (changed.status, changed.version, changed.removed) == (status, version, removed)
    assert (changed.results, changed.in_play, changed.bet_delay_ms) == (results, False, 0)
    (line,) = messages(path)
    message = read_market(line)
    assert isinstance(message, MarketMessage)
    (change,) = message.changes or []
    definition = change.market_definition
    assert definition is not None
    assert (definition.market_type, len(definition.runners)) == (kind, runners)


def test_an_image_sample_makes_the_books_that_were_there(samples: Path) -> None:
    assert levels(followed(samples / "stream" / "mcm_market_definition_runner_removed.json")) == {
        "17427522": ((15.5, 21.9), (16.5, 11.24)),
        "26706332": ((10, 34.29), (10.5, 31.23)),
        "28460059": ((9.6, 33.87), (10, 45.91)),
        "40364201": ((1.89, 138.48), (1.9, 428.67)),
        "28310582": ((7.8, 96.72), (8.2, 67.53)),
        "20689392": ((18.5, 45.96), (19.5, 1.24)),
        "24349231": ((27, 0.71), (29, 3.2)),
    }


def test_a_recorded_subscription_begins_with_the_market_and_its_image(samples: Path) -> None:
    facts = followed(samples / "rest" / "market_definition_runner_removed.json")
    (changed,) = (fact for fact in facts if isinstance(fact, MarketChanged))
    assert (changed.status, changed.version, changed.removed) == (MarketStatus.OPEN, 3938444920, ())
    assert levels(facts) == {"28460059": ((9.6, 33.87), (10, 45.91))}


def test_a_sample_of_many_markets_opens_each_of_them(samples: Path) -> None:
    facts = followed(samples / "stream" / "mcm_market_definition_bet_delay_models.json")
    changed = [fact for fact in facts if isinstance(fact, MarketChanged)]
    listed = [fact for fact in facts if isinstance(fact, InstrumentsListed)]
    assert {(one.status, one.in_play, one.bet_delay_ms) for one in changed} == {(MarketStatus.OPEN, False, 0)}
    assert (len(changed), sum(len(one.instruments) for one in listed)) == (105, 315)


def test_samples_of_changes_are_the_rows_that_were_sent(samples: Path) -> None:
    facts = followed(samples / "stream" / "mcm_samples.ndjson", described=True)
    price, rows = CLASSIC.price, []
    for one in (one for fact in facts if isinstance(fact, BooksChanged) for one in fact.books):
        assert not one.image
        runner = one.instrument.rpartition("/")[2]
        rows += [
            (runner, word, price(tick) / 100, size / 1e6)
            for word, side in (("back", one.to_back), ("lay", one.to_lay))
            for tick, size in side
        ]
    assert [row[1:] for row in rows if row[0] == "69077197"] == [
        ("lay", odds, size)
        for odds, size in ((930, 4.28), (940, 0), (55, 1.12), (55, 0), (920, 1.12), (920, 0), (55, 1.12))
    ]
    assert [row[1:] for row in rows if row[0] == "45500449"] == [("lay", 19, 3.08), ("lay", 19, 4.08)]
    assert [row[1:] for row in rows if row[0] == "31596930"] == [("back", 80, 0.94), ("lay", 80, 0)]
    assert [row[1:] for row in rows if row[0] == "45720431"] == [("back", 6.6, 420.76)]


def test_a_heartbeat_sample_and_an_outage_say_nothing_of_books(samples: Path) -> None:
    for name, kind, status in (("mcm_heartbeat", "HEARTBEAT", None), ("streaming_503", None, 503)):
        (line,) = messages(samples / "stream" / f"{name}.json")
        message = read_market(line)
        assert isinstance(message, MarketMessage)
        assert (message.ct, message.status, message.changes) == (kind, status, None)


@pytest.mark.parametrize(("name", "rows"), [("mcm_con_true", [(450, 3.99)]), ("mcm_resub_delta", [])])
def test_a_delta_sample_is_no_image(samples: Path, name: str, rows: list[tuple[float, float]]) -> None:
    """Rows by level of depth are not ours: we ask for every price, and are told none by its place."""
    facts = followed(samples / "stream" / f"{name}.json", described=True)
    books = [one for fact in facts if isinstance(fact, BooksChanged) for one in fact.books]
    price = CLASSIC.price
    assert not any(one.image or one.to_lay for one in books)
    assert [(price(tick) / 100, size / 1e6) for one in books for tick, size in one.to_back] == rows
