"""Where the market stood behind a match is written down once, and nothing that nobody could know."""

import pytest

from domain.book import Book
from domain.ids import MarketId
from domain.markets import MarketStatus
from domain.marks import FairsTaken, FairTaken, FillsMarked
from domain.messages import FairValueReceived, Levels, MarketChanged
from engine.marking import Marks
from engine.prices import Fair, Prices
from engine.scribe import Scribe
from engine.state import State
from engine.telemetry import Telemetry
from tests.builders import bet, facts, place
from tests.engine.runs import CONTRACTS, ODDS, OPENING, STARTED

S = 1_000_000_000


class Hand:
    """Prices and marks, moved by hand; time is seconds."""

    def __init__(self) -> None:
        self.state = State(STARTED)
        for number, body in enumerate(OPENING):
            self.state.apply(body, number)
        self.prices = Prices({one.venue: one for one in STARTED.capabilities})
        for instrument in (ODDS, CONTRACTS):
            self.prices.list_instrument(instrument)
            self.status(MarketStatus.OPEN, instrument)
        self.scribe = Scribe(self.state, Telemetry(self.state.venue_of))
        self.marks = Marks(self.scribe, self.prices)

    def status(self, status: MarketStatus, instrument=ODDS) -> None:
        listing = instrument.listing
        self.prices.statuses[listing.venue, listing.venue_market] = MarketChanged(
            listing.venue, listing.venue_market, status, False
        )

    def quote(self, back: int, lay: int, at_s: float, instrument=ODDS) -> None:
        """Best prices, native, proven fresh at a time."""
        book: Book = self.prices.books[instrument.id]
        ticks = [book.ladder.tick_by_price[price] for price in (back, lay)]
        size = 5_000_000
        book.apply(Levels(instrument.id, [(ticks[0], size)], [(ticks[1], size)], image=True), int(at_s * S))

    def matched(self, at_s: float, instrument=ODDS) -> None:
        self.scribe.begin(int(at_s * S))
        self.marks.matched(bet("BACK 5 @ 2.00", on=instrument.id), int(at_s * S))

    def look(self, at_s: float) -> list[FillsMarked]:
        outcome = self.scribe.begin(int(at_s * S))
        self.marks.look(int(at_s * S))
        return [body for body in outcome.records if isinstance(body, FillsMarked)]


@pytest.fixture
def hand() -> Hand:
    return Hand()


def test_one_record_tells_all_four_marks_of_all_matches_that_have_theirs(hand: Hand) -> None:
    hand.quote(200, 200, 100)
    hand.matched(100)
    hand.matched(100.05)
    seq = hand.state.records
    hand.quote(250, 250, 101)
    assert hand.look(100.9) == []
    assert hand.look(101.1) == []
    hand.quote(400, 400, 110)
    assert hand.look(110.1) == []
    hand.quote(500, 500, 160)
    [record] = hand.look(160.2)
    assert [mark.middles_e9 for mark in record.marks] == [(500_000_000, 400_000_000, 250_000_000, 200_000_000)] * 2
    assert {mark.seq for mark in record.marks} == {seq}
    assert hand.look(161) == []


def test_contract_prices_are_chances_already(hand: Hand) -> None:
    hand.quote(5_600, 5_400, 100, CONTRACTS)
    hand.matched(100, CONTRACTS)
    for at_s in (101, 110):
        hand.quote(5_700, 5_400, at_s, CONTRACTS)
        hand.look(at_s)
    hand.quote(5_700, 5_500, 160, CONTRACTS)
    [record] = hand.look(160)
    assert record.marks[0].middles_e9 == (550_000_000, 555_000_000, 555_000_000, 560_000_000)


def test_a_market_that_nobody_can_trade_in_has_no_middle(hand: Hand) -> None:
    hand.quote(200, 200, 100)
    hand.matched(100)
    hand.status(MarketStatus.SUSPENDED)
    hand.quote(200, 200, 101)
    hand.look(101)
    hand.status(MarketStatus.OPEN)
    hand.look(110)  # its book is nine seconds old by now, and stale after one
    hand.prices.books[ODDS.id].apply(Levels(ODDS.id, [], [], image=True), 160 * S)
    [record] = hand.look(160)
    assert record.marks[0].middles_e9 == (500_000_000, None, None, None)


def test_the_end_of_a_run_writes_down_what_there_is(hand: Hand) -> None:
    hand.quote(200, 200, 100)
    hand.matched(100)
    hand.quote(250, 250, 101)
    hand.look(101)
    outcome = hand.scribe.begin(102 * S)
    hand.marks.close()
    [record] = outcome.records
    assert isinstance(record, FillsMarked)
    assert record.marks[0].middles_e9 == (500_000_000, 400_000_000, None, None)
    hand.marks.close()
    assert len(outcome.records) == 1


def test_the_end_of_a_run_says_what_open_bets_are_worth(hand: Hand) -> None:
    for body in (place("BACK 5 @ 2.00"), *facts("accept v1; fill f1 4")):
        hand.state.apply(body, 100 * S)
    for market in (MarketId("match"), MarketId("another")):
        fair = FairValueReceived(market, "goals", "2", 1, (0.5, 0.3, 0.2), 0.0, 1_000)
        hand.prices.fair[market] = Fair(fair, 100 * S)
    outcome = hand.scribe.begin(102 * S)
    hand.marks.close()
    worth = FairTaken(MarketId("match"), "goals", (500_000_000, 300_000_000, 200_000_000))
    assert outcome.records == [FairsTaken((worth,))]
