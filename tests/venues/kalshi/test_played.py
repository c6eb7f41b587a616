"""Recorded frames of Kalshi made by hand: what a tape makes of trades, gaps, lost lines, pauses and results."""

import json
from typing import Any

from domain.ids import Currency, MarketId, SelectionId, VenueMarketId, VenueName, instrument_id
from domain.markets import Listing, MarketStatus, Result
from domain.messages import BooksChanged, BooksDoubted, InstrumentsListed
from venues.frames_file import ANSWER, CLOSED, MESSAGE, OPENED, Frame
from venues.kalshi.played import Player
from venues.sim.backtest_tape import Moment

VENUE, ROOT = VenueName("kalshi"), "/trade-api/v2"
A = VenueMarketId("KXG-A")
ON = instrument_id(VENUE, venue_market=A, selection=SelectionId("yes"))
BEGIN_MS = 1_790_000_000_000
ROW: dict[str, Any] = {
    "ticker": A,
    "status": "active",
    "event_ticker": "KXG",
    "open_time": "2026-01-01T00:00:00Z",
    "close_time": "2027-01-01T00:00:00Z",
    "price_ranges": [{"start": "0.00", "end": "1.00", "step": "0.01"}],
}


def frame(ms: int, kind: str, about: str, said: object = "", *, link: int = 1) -> Frame:
    return Frame((BEGIN_MS + ms) * 1_000, link, kind, about, said if isinstance(said, str) else json.dumps(said))


def answer(path: str, said: object, ms: int = 0) -> Frame:
    return frame(ms, ANSWER, f"{ROOT}{path} 200", said, link=9)


def message(ms: int, kind: str, *, seq: int | None = None, **said: Any) -> Frame:
    told: dict[str, Any] = {"type": kind, "sid": 1 if "book" in kind else 2, "msg": {"market_ticker": A, **said}}
    return frame(ms, MESSAGE, "", told | ({} if seq is None else {"seq": seq}))


def row(**others: Any) -> Frame:
    return answer("/markets?tickers=KXG-A", {"markets": [ROW | others]}, others.pop("ms", 0))


OPENING = [
    frame(0, OPENED, "stream"),
    row(),
    answer("/events?tickers=KXG", {"events": [{"event_ticker": "KXG", "series_ticker": "KX"}]}),
    answer("/series/KX", {"series": {"ticker": "KX", "fee_type": "quadratic_with_maker_fees", "fee_multiplier": 1}}),
    message(1, "orderbook_snapshot", seq=1, yes_dollars_fp=[["0.45", "40"]], no_dollars_fp=[["0.48", "20"]]),
]


def delta(ms: int, price: str, count: str, side: str, seq: int) -> Frame:
    return message(ms, "orderbook_delta", seq=seq, price_dollars=price, delta_fp=count, side=side, ts_ms=700 + ms // 10)


def trade(ms: int, price: str, count: str, ts_ms: int, **others: Any) -> Frame:
    return message(ms, "trade", yes_price_dollars=price, count_fp=count, ts_ms=ts_ms, **others)


def moments(*frames: Frame) -> list[Moment]:
    listing = Listing(VENUE, A, SelectionId("yes"), MarketId("m"), 0)
    player = Player(VENUE, Currency("USD"), [listing], root=ROOT, is_direct_member=False)
    skipped: list[tuple[int, str]] = []
    found = [*player.moments([*OPENING, *frames], skipped)]
    assert skipped == []
    return found


def prints(*frames: Frame) -> list[tuple[int, int, int]]:
    return [(one.at_ms - BEGIN_MS, price, size) for one in moments(*frames) for _, price, size in one.prints]


def states(*frames: Frame) -> list[tuple[MarketStatus, dict[SelectionId, Result]]]:
    """What the market became, each state once."""
    told = [(turn.status, turn.results) for one in moments(*frames) for turn in one.turns]
    return [one for n, one in enumerate(told) if not n or told[n - 1] != one]


def doubts(*frames: Frame) -> list[str]:
    return [fact.reason for one in moments(*frames) for fact in one.facts if isinstance(fact, BooksDoubted)]


def test_terms_come_of_the_answers_once_series_and_event_are_known() -> None:
    [listed] = [fact for one in moments() for fact in one.facts if isinstance(fact, InstrumentsListed)]
    fee: Any = listed.instruments[0].terms.fee
    assert (fee.taker_ppm, fee.maker_ppm) == (70_000, 17_500)


def test_changes_are_told_as_what_stands_after_them() -> None:
    told = [fact for one in moments(delta(10, "0.45", "-15", "yes", 2)) for fact in one.facts]
    [image, change] = [one.books[0] for one in told if isinstance(one, BooksChanged)]
    assert (image.to_back, image.to_lay, image.image) == ([(47, 20_000_000)], [(44, 40_000_000)], True)
    assert (change.to_back, change.to_lay, change.relative) == ([], [(44, 25_000_000)], False)


def test_a_trade_is_played_with_the_change_that_it_made_whichever_is_told_first() -> None:
    change = delta(100, "0.45", "-15", "yes", 2)
    assert prints(change, trade(110, "0.45", "15", 710)) == [(100, 4_500, 15_000_000)]
    assert prints(trade(90, "0.45", "15", 710), change) == [(90, 4_500, 15_000_000)]


def test_a_trade_of_another_moment_or_price_is_played_when_it_is_told() -> None:
    change = delta(100, "0.45", "-15", "yes", 2)
    assert prints(change, trade(110, "0.45", "15", 699)) == [(110, 4_500, 15_000_000)]
    assert prints(change, trade(110, "0.48", "15", 710)) == [(110, 4_800, 15_000_000)]
    assert prints(delta(100, "0.45", "15", "yes", 2), trade(110, "0.45", "15", 710)) == [(110, 4_500, 15_000_000)]


def test_a_trade_away_from_the_book_is_no_print() -> None:
    assert prints(trade(10, "0.45", "15", 1, is_block_trade=True)) == []
    assert prints(trade(10, "0.455", "0.01", 1)) == [(10, 4_550, 10_000)]


def test_a_number_that_is_missing_or_a_lost_line_puts_the_books_in_doubt() -> None:
    assert doubts(delta(10, "0.45", "1", "yes", 2), delta(11, "0.45", "1", "yes", 3)) == []
    assert doubts(delta(10, "0.45", "1", "yes", 3)) == ["message 3 came where 2 was due"]
    assert doubts(frame(10, CLOSED, "reset")) == ["reset"]
    assert doubts(frame(10, CLOSED, "reset", link=9)) == []


def test_changes_of_a_book_in_doubt_wait_for_its_image() -> None:
    lost = delta(10, "0.45", "1", "yes", 3), delta(11, "0.45", "1", "yes", 4)
    found = [fact for one in moments(*lost) for fact in one.facts if isinstance(fact, BooksChanged)]
    assert len(found) == 1


def test_a_new_connection_counts_anew() -> None:
    again = frame(10, OPENED, "stream"), message(11, "orderbook_snapshot", seq=1), delta(12, "0.45", "1", "yes", 2)
    assert doubts(*again) == []


def test_a_market_is_settled_when_its_result_is_final_and_not_before() -> None:
    won, lost = {SelectionId("yes"): Result.WON}, {SelectionId("yes"): Result.LOST}
    opened: tuple[MarketStatus, dict[SelectionId, Result]] = (MarketStatus.OPEN, {})
    determined = message(10, "market_lifecycle_v2", event_type="determined", result="yes")
    settled = message(30, "market_lifecycle_v2", event_type="settled")
    amended = row(status="amended", result="no", ms=20)
    waits: tuple[MarketStatus, dict[SelectionId, Result]] = (MarketStatus.INACTIVE, {})
    assert states(determined, settled) == [opened, waits, (MarketStatus.CLOSED, won)]
    assert states(determined, amended, settled) == [opened, waits, (MarketStatus.CLOSED, lost)]
    assert states(row(status="finalized", result="yes", ms=20)) == [opened, (MarketStatus.CLOSED, won)]


def test_a_result_that_is_told_last_settles_at_the_end() -> None:
    found = moments(message(10, "market_lifecycle_v2", event_type="determined", result="yes"))
    assert [turn.status for turn in found[-1].turns] == [MarketStatus.CLOSED]
    assert states(message(10, "market_lifecycle_v2", event_type="determined", result="scalar"))[-1] == (
        MarketStatus.INACTIVE,
        {},
    )


def test_a_pause_suspends_and_the_clock_closes() -> None:
    pause = answer("/exchange/status", {"exchange_active": True, "trading_active": False}, 10)
    assert states(pause)[-1] == (MarketStatus.SUSPENDED, {})
    soon = row(close_time="2026-09-21T14:13:20.020Z", ms=10)
    assert states(soon, delta(15, "0.45", "1", "yes", 2), delta(40, "0.45", "1", "yes", 3)) == [
        (MarketStatus.OPEN, {}),
        (MarketStatus.INACTIVE, {}),
    ]
