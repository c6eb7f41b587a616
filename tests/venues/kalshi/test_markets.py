"""Terms, states and the clock: what is told of a market when it is described, when news come, and when time passes."""

import json
from typing import Any

import msgspec
import pytest

from domain.fees import QuadraticFee
from domain.ids import Currency, InstrumentId, VenueMarketId
from domain.markets import MarketStatus, Result
from domain.messages import InstrumentsListed, MarketChanged
from tests.venues.kalshi.desk import CENTS, DECI, EVENT, KALSHI, T1, T2, YES1, lifecycle, listing, market
from venues.kalshi import rules
from venues.kalshi.market_codec import Lifecycle, market_frames
from venues.kalshi.markets import HALT_MS, Markets
from venues.kalshi.rest_codec import ExchangeStatus, MarketRow
from venues.kalshi.rest_targets import Place

NOW = 1_781_159_000_000
OPENS, CLOSES = "2026-06-11T05:00:00Z", "2026-06-25T16:00:00Z"
FEE = QuadraticFee(taker_ppm=70_000, maker_ppm=17_500)


class Desk:
    """Two markets, and what was told of them since it was last taken."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.markets = Markets(KALSHI, Currency("USD"), [listing(T1), listing(T2, 1)], self.told.append)

    def describe(self, fee: QuadraticFee | None = FEE, now: int = NOW, **changes: Any) -> "Desk":
        self.markets.learn(msgspec.convert(market(**changes), MarketRow), fee, now)
        return self

    def news(self, event_type: str, now: int = NOW, **said: Any) -> "Desk":
        found = market_frames.decode(json.dumps(lifecycle(1, event_type, **said)).encode())
        assert isinstance(found, Lifecycle)
        self.markets.hear(found.msg, now)
        return self

    def exchange(self, **said: Any) -> "Desk":
        base = {"exchange_active": True, "trading_active": True}
        self.markets.pause(msgspec.convert(base | said, ExchangeStatus), NOW)
        return self

    def listed(self) -> list[InstrumentsListed]:
        return [fact for fact in self.told if isinstance(fact, InstrumentsListed)]

    def states(self) -> list[MarketStatus]:
        """The states that were told, and nothing of it a second time."""
        found = [fact.status for fact in self.told if isinstance(fact, MarketChanged)]
        self.told.clear()
        return found


def test_a_market_is_listed_with_its_grid_lot_and_fees_before_its_state() -> None:
    first, second = Desk().describe().told
    assert isinstance(first, InstrumentsListed)
    (instrument,) = first.instruments
    assert (instrument.id, instrument.terms.bands) == (YES1, ((100, 9_900, 100),))
    assert (instrument.terms.lot_micros, instrument.terms.size_min_micros) == (10_000, 10_000)
    assert instrument.terms.fee == FEE
    assert second == MarketChanged(KALSHI, VenueMarketId(T1), MarketStatus.OPEN, in_play=False)


def test_what_is_known_is_not_told_again() -> None:
    desk = Desk().describe()
    desk.told.clear()
    assert desk.describe().told == []


@pytest.mark.parametrize(
    ("changes", "fee"),
    [
        ({}, None),
        ({"market_type": "scalar"}, FEE),
        ({"price_ranges": []}, FEE),
        ({"price_ranges": [{"start": "0.0000", "end": "1.0000", "step": "0.0300"}]}, FEE),
        ({"price_ranges": [{"start": "0.0000", "end": "1.0000", "step": "0.00005"}]}, FEE),
    ],
)
def test_what_cannot_be_reckoned_with_is_not_listed(changes: dict[str, Any], fee: QuadraticFee | None) -> None:
    desk = Desk().describe(fee, **changes)
    assert desk.listed() == []
    assert desk.markets.target(YES1) is None


def test_orders_go_to_the_shard_that_the_market_names() -> None:
    target = Desk().describe().markets.target(YES1)
    assert target is not None
    assert target.place == Place(T1, 3)
    unknown = Desk().describe(exchange_index=None).markets.target(YES1)
    assert unknown is not None
    assert unknown.place.shard is None
    assert Desk().describe().markets.target(InstrumentId("kalshi/OTHER/yes")) is None


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("initialized", MarketStatus.OPEN),  # its time has come, which nobody tells
        ("active", MarketStatus.OPEN),
        ("inactive", MarketStatus.SUSPENDED),
        ("closed", MarketStatus.INACTIVE),
        ("determined", MarketStatus.CLOSED),
        ("disputed", MarketStatus.CLOSED),
        ("amended", MarketStatus.CLOSED),
        ("finalized", MarketStatus.CLOSED),
        ("a new word", MarketStatus.SUSPENDED),
    ],
)
def test_every_status_has_one_of_ours(word: str, status: MarketStatus) -> None:
    assert Desk().describe(status=word).states() == [status]


@pytest.mark.parametrize(
    ("word", "result", "results"),
    [
        ("finalized", "yes", {rules.YES: Result.WON}),
        ("determined", "no", {rules.YES: Result.LOST}),
        ("finalized", "scalar", {}),
        ("disputed", "yes", {}),
        ("active", "yes", {}),
    ],
)
def test_a_result_is_told_once_it_is_one(word: str, result: str, results: dict[str, Result]) -> None:
    *_, changed = Desk().describe(status=word, result=result).told
    assert isinstance(changed, MarketChanged)
    assert changed.results == results


def test_a_life_from_pause_to_settlement() -> None:
    desk = Desk().describe()
    desk.told.clear()
    assert desk.news("deactivated", is_deactivated=True).states() == [MarketStatus.SUSPENDED]
    assert desk.news("activated", is_deactivated=False).states() == [MarketStatus.OPEN]
    desk.news("determined", result="yes", determination_ts=1, settlement_value="1.0000")
    (changed,) = desk.told
    assert changed == MarketChanged(
        KALSHI, VenueMarketId(T1), MarketStatus.CLOSED, in_play=False, results={rules.YES: Result.WON}
    )
    desk.told.clear()
    assert desk.news("settled", settled_ts=2).states() == []
    assert desk.news("metadata_updated", floor_strike=1.5).states() == []
    assert desk.news("something_new").states() == []


def test_a_market_opens_and_closes_by_the_clock() -> None:
    early = NOW - 86_400_000
    desk = Desk().describe(now=early, status="initialized")
    assert desk.states() == [MarketStatus.INACTIVE]
    opens = desk.markets.turns_ms(early)
    assert opens is not None
    desk.markets.turn(opens)
    assert desk.states() == [MarketStatus.OPEN]
    closes = desk.markets.turns_ms(opens)
    assert closes is not None
    desk.markets.turn(closes - 1)
    assert desk.states() == []
    desk.markets.turn(closes)
    assert desk.states() == [MarketStatus.INACTIVE]
    assert desk.markets.turns_ms(closes) is None


def test_a_close_that_is_moved_moves_the_clock_both_ways() -> None:
    desk = Desk().describe()
    desk.told.clear()
    assert desk.news("close_date_updated", close_ts=NOW // 1_000 - 1).states() == [MarketStatus.INACTIVE]
    assert desk.news("close_date_updated", close_ts=NOW // 1_000 + 60).states() == [MarketStatus.OPEN]
    closed = Desk().describe(status="closed")
    closed.told.clear()
    assert closed.news("close_date_updated", close_ts=NOW // 1_000 + 60).states() == [MarketStatus.OPEN]


def test_a_new_grid_lists_the_market_anew() -> None:
    desk = Desk().describe(price_ranges=CENTS)
    desk.told.clear()
    desk.news("price_level_structure_updated", price_level_structure="deci_cent", price_ranges=DECI)
    (listed,) = desk.told
    assert isinstance(listed, InstrumentsListed)
    assert listed.instruments[0].terms.bands == ((10, 9_990, 10),)


def test_a_market_is_suspended_while_its_shard_does_not_trade() -> None:
    desk = Desk().describe().describe(ticker=T2, exchange_index=None)
    desk.told.clear()
    shard = {"exchange_index": 3, "exchange_active": True, "trading_active": False}
    desk.exchange(exchange_index_statuses=[shard])
    assert [(fact.venue_market, fact.status) for fact in desk.told] == [(T1, MarketStatus.SUSPENDED)]
    desk.told.clear()
    desk.exchange(exchange_index_statuses=[shard | {"trading_active": True}], trading_active=False)
    assert {fact.venue_market: fact.status for fact in desk.told} == {T1: MarketStatus.OPEN, T2: MarketStatus.SUSPENDED}
    desk.told.clear()
    desk.exchange()
    assert desk.states() == [MarketStatus.OPEN]


def test_an_exchange_that_does_not_list_its_shards_speaks_for_all() -> None:
    desk = Desk().describe()
    desk.told.clear()
    assert desk.exchange(exchange_active=False).states() == [MarketStatus.SUSPENDED]


def test_a_market_that_refused_because_of_a_pause_is_left_alone_for_a_while() -> None:
    desk = Desk().describe()
    desk.told.clear()
    desk.markets.halt(T1, NOW)
    assert desk.states() == [MarketStatus.SUSPENDED]
    assert desk.markets.turns_ms(NOW) == NOW + HALT_MS
    desk.describe(now=NOW + 1)
    assert desk.states() == []
    desk.markets.turn(NOW + HALT_MS)
    assert desk.states() == [MarketStatus.OPEN]


def test_markets_of_others_are_passed_over() -> None:
    desk = Desk().describe(ticker="OTHER").news("determined", ticker="OTHER", result="yes")
    desk.markets.halt("OTHER", NOW)
    assert desk.told == []
    assert desk.markets.tickers() == [T1, T2]
    assert desk.describe().markets.has_event(EVENT)
    assert not desk.markets.has_event("OTHER")


def test_only_yes_is_listed() -> None:
    with pytest.raises(ValueError, match=r"selection of .* must be 'yes'"):
        Markets(KALSHI, Currency("USD"), [listing(T1, selection="no")], print)


@pytest.mark.parametrize(
    ("kind", "multiplier", "fee"),
    [
        ("quadratic", 1, QuadraticFee(70_000, 0, 1_000_000, 10_000)),
        ("quadratic_with_maker_fees", 0.5, QuadraticFee(70_000, 17_500, 500_000, 10_000)),
        ("quadratic_with_combo_maker_fees", 2, QuadraticFee(70_000, 35_000, 2_000_000, 10_000)),
        ("flat", 1, None),
        ("a new kind", 1, None),
        ("quadratic", -1, None),
        ("quadratic", 1e-9, None),
    ],
)
def test_fees_by_their_type(kind: str, multiplier: float, fee: QuadraticFee | None) -> None:
    assert rules.fee(kind, multiplier, is_direct_member=False) == fee


def test_a_direct_members_balance_is_finer() -> None:
    fee = rules.fee("quadratic", 1, is_direct_member=True)
    assert fee is not None
    assert fee.precision_micros == 100


def test_another_text_of_rules_is_told_as_other_terms() -> None:
    desk = Desk().describe(rules_primary="If they win, Yes.", yes_sub_title="Home")
    (first,) = desk.listed()[-1].instruments
    assert first.terms.rules_hash
    desk.told.clear()
    assert desk.describe(rules_primary="If they win, Yes.", yes_sub_title="Home").listed() == []
    for text, title in (("If they win after extra time, Yes.", "Home"), ("If they win, Yes.", "Away")):
        (changed,) = desk.describe(rules_primary=text, yes_sub_title=title).listed()
        assert changed.instruments[0].terms.rules_hash not in ("", first.terms.rules_hash)
        desk.describe(rules_primary="If they win, Yes.", yes_sub_title="Home")
        desk.told.clear()
