"""Contracts on paper, worked out by hand: directions, claims, fees of every fill, exact settlement, the wallet."""

from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.fees import QuadraticFee
from domain.ids import Currency, EventId, MarketId, SelectionId, VenueMarketId, VenueName, instrument_id
from domain.markets import Event, Instrument, Listing, Market, MarketStatus, Result
from domain.messages import BalanceReported, BooksChanged, Fact, InstrumentsListed, Levels, MarketChanged, QueryVenue
from domain.odds import PriceKind
from domain.terms import Terms
from engine.backtest.campaign import load_config
from engine.backtest.playing import Played, play
from engine.backtest.results import file_played
from engine.backtest.rows import LaneResult
from tests.backtest.made import BEGIN_MS, BOUNDS, CONFIG, SCRIPT, told
from tests.backtest.scripted import Line
from venues.sim.backtest_tape import Moment, Print, Tape, TapeMarket, Turn

VENUE, TICKER, YES = VenueName("kalshi"), VenueMarketId("KXGAME-A"), SelectionId("yes")
ON = instrument_id(VENUE, venue_market=TICKER, selection=YES)
LISTING = Listing(VENUE, TICKER, YES, MarketId("m"), 0)
FEE = QuadraticFee(taker_ppm=70_000, maker_ppm=17_500)
TERMS = Terms(
    kind=PriceKind.CONTRACT,
    bands=((100, 9_900, 100),),
    currency=Currency("USD"),
    lot_micros=10_000,
    size_min_micros=10_000,
    fee=FEE,
)
LISTED = InstrumentsListed(VENUE, (Instrument(ON, LISTING, TERMS),))


def levels(rows: dict[int, float]) -> list[tuple[int, int]]:
    """Sizes by price in cents."""
    return [(cents - 1, round(size * 10**6)) for cents, size in rows.items()]


def shown(ms: int, *, asks: dict[int, float], bids: dict[int, float], image: bool = False) -> Moment:
    told = BooksChanged(VENUE, 0, [Levels(ON, levels(asks), levels(bids), image=image)])
    return Moment(BEGIN_MS + ms, [told], [], [])


def turned(ms: int, status: MarketStatus, result: Result | None = None) -> Moment:
    results = {} if result is None else {YES: result}
    turn = Turn(market=TICKER, status=status, in_play=False, results=results)
    facts: list[Fact] = [MarketChanged(VENUE, TICKER, status, in_play=False, results=results)]
    if not ms:
        facts.insert(0, LISTED)
    return Moment(BEGIN_MS + ms, facts, [], [turn])


def printed(ms: int, cents: int, size: float) -> Moment:
    one: Print = (ON, cents * 100, round(size * 10**6))
    return Moment(BEGIN_MS + ms, [], [one], [])


OPENING = (
    turned(0, MarketStatus.OPEN),
    shown(10, asks={48: 20, 50: 30}, bids={45: 40, 44: 50}, image=True),
    shown(1_000, asks={}, bids={30: 1}),
)
"""Asks of 20 at 48 and 30 at 50 cents, bids of 40 at 45 and 50 at 44; then a word far away, to think at."""


def tape(*moments: Moment) -> Tape:
    return Tape(
        venue=VENUE,
        currency=Currency("USD"),
        found=(TapeMarket(TICKER, "A", "A v B"),),
        events=(Event(EventId("e"), "A v B", BEGIN_MS),),
        markets=(Market(MarketId("m"), EventId("e"), "winner", ("A", "B"), 1, "as played"),),
        listings=(LISTING,),
        moments=lambda: iter([*OPENING, *moments]),
        skipped=[],
    )


def configured(tmp_path: Path, lines: list[Line]) -> Path:
    config = tmp_path / "config.toml"
    text = CONFIG.replace("GBP", "USD").replace("[venues.betfair]", "[venues.kalshi]")
    config.write_text(text.replace(SCRIPT, SCRIPT.replace("LINES", told(lines))))
    return config


def played(tmp_path: Path, lines: list[Line], *moments: Moment) -> Played:
    return play(tape(*moments), load_config(configured(tmp_path, lines)), BOUNDS, seed=1)


def result(tmp_path: Path, lines: list[Line], *moments: Moment) -> dict[str, LaneResult]:
    """What each guess gave, after our books were seen to agree with the venue's, to the millionth."""
    found = played(tmp_path, lines, *moments)
    for watch in found.watches:
        state, floor = watch.lane.state, watch.lane.floor
        assert state.ledger.imbalance() == 0
        assert not state.breaks.standing
        fees = sum(one.fees_micros for one in floor.markets.values())
        net = sum(one.profit_micros - one.commission_micros for one in floor.statements.values()) - fees
        if floor.statements:
            booked = -sum(state.ledger.totals(kind).get(Currency("USD"), 0) for kind in ("pnl", "fees", "fee_rounding"))
            assert booked == net
        assert wallet(watch.lane.venue) == 10_000 * 10**6 + net
    return {lane.assumption: lane for lane in file_played(tmp_path / "x", found, out="out").lanes}


def wallet(venue) -> int:
    """What the venue says that there is."""
    said: list[Fact] = []
    venue._emit = said.append  # the last word of a venue whose recording is over
    venue.send(QueryVenue(VENUE), 10**19)
    venue.on_time(10**19 + 1)
    return next(one.balance_micros for one in said if isinstance(one, BalanceReported))


def same(tmp_path: Path, lines: list[Line], *moments: Moment) -> tuple[int, int]:
    """Gross and fees where nothing depends on the queue."""
    found = {
        (lane.markets[0].gross_micros, lane.markets[0].commission_micros)
        for lane in result(tmp_path, lines, *moments).values()
    }
    assert len(found) == 1, "the queue has no part in this"
    return found.pop()


def fee(price: str, count: int, *, rate: str) -> Fraction:
    """One fill's trade fee, up to a hundredth of a cent, then the cost and it up to the cent of the balance."""
    p, step = Fraction(price), Fraction(1, 10_000)
    exact = Fraction(rate) * count * p * (1 - p)
    return -(-exact // step) * step


END = turned(60_000, MarketStatus.SUSPENDED)


@pytest.mark.parametrize(("outcome", "gross"), [(Result.WON, Fraction("15.40")), (Result.LOST, Fraction("-14.60"))])
def test_a_buyer_takes_the_lowest_ask_first_and_pays_for_every_fill(tmp_path: Path, outcome, gross) -> None:
    """20 at 48 and 10 at 50 cents: 9.60 + 5.00 = 14.60 paid, 30 if YES.

    Fees: 0.07 x 20 x 0.48 x 0.52 = 0.34944, up to 0.3495, the balance to its cent 0.35; 0.07 x 10 x 0.25 = 0.175, its
    cent 0.18. Roundings 0.0005 + 0.005 stay below a cent.
    """
    assert fee("0.48", 20, rate="0.07") == Fraction("0.3495")
    assert fee("0.50", 10, rate="0.07") == Fraction("0.175")
    found = same(
        tmp_path, [Line("yes", "BACK 30 @ 50", from_ms=1_000)], END, turned(61_000, MarketStatus.CLOSED, outcome)
    )
    assert found == (int(gross * 10**6), 530_000)


@pytest.mark.parametrize(("outcome", "gross"), [(Result.WON, Fraction("-27.60")), (Result.LOST, Fraction("22.40"))])
def test_a_seller_takes_the_highest_bid_first(tmp_path: Path, outcome, gross) -> None:
    """40 at 45 and 10 at 44 cents: 18.00 + 4.40 = 22.40 received, 50 given if YES.

    Fees: 0.07 x 40 x 0.45 x 0.55 = 0.693, its cent 0.70; 0.07 x 10 x 0.44 x 0.56 = 0.17248, up to 0.1725, its cent
    0.18: roundings of 0.007 + 0.0075 exceed a cent, so one is given back: 0.17.
    """
    assert fee("0.45", 40, rate="0.07") == Fraction("0.693")
    assert fee("0.44", 10, rate="0.07") == Fraction("0.1725")
    found = same(
        tmp_path, [Line("yes", "LAY 50 @ 44", from_ms=1_000)], END, turned(61_000, MarketStatus.CLOSED, outcome)
    )
    assert found == (int(gross * 10**6), 870_000)


def test_what_rests_pays_what_makers_pay_and_waits_as_each_guess_says(tmp_path: Path) -> None:
    """A bid of 10 at 45 behind 40; 30 more come behind it, 20 of the 70 are cancelled, 35 are printed.

    Pessimistic: 40 ahead, nothing for us. Central: 20 x 40/70 = 11.428571 cancels ahead, so 28.571429 are, 6.428571
    reach us, in whole hundredths 6.42: cost 2.889, and 6.42 - 2.889 = 3.531 won; fee 0.0175 x 6.42 x 0.2475 =
    0.02780..., up to 0.0279; -2.889 - 0.0279 = -2.9169 down to -2.92: 0.031. Optimistic: 20 ahead, 10 ours: 5.50 won;
    0.0175 x 10 x 0.2475 = 0.0433..., up to 0.0434; -4.5434 down to -4.55: 0.05.
    """
    found = result(
        tmp_path,
        [Line("yes", "BACK 10 @ 45", from_ms=1_000)],
        shown(2_000, asks={}, bids={45: 70}),
        shown(3_000, asks={}, bids={45: 50}),
        printed(4_000, 45, 35),
        shown(4_001, asks={}, bids={45: 15}),
        END,
        turned(61_000, MarketStatus.CLOSED, Result.WON),
    )
    money = {name: (lane.markets[0].gross_micros, lane.markets[0].commission_micros) for name, lane in found.items()}
    assert money == {"pessimistic": (0, 0), "central": (3_531_000, 31_000), "optimistic": (5_500_000, 50_000)}
    assert [fill.maker for fill in found["optimistic"].fills] == [True]


def test_prints_through_a_price_fill_and_prints_that_stop_short_do_not(tmp_path: Path) -> None:
    """An offer of 10 at 50 cents behind 30: a print of 4 at 51 went through it, one of 9 at 49 did not reach it.

    4 at 50: 2.00 kept if NO; 0.0175 x 4 x 0.25 = 0.0175, -2.0175 down to -2.02: 0.02.
    """
    line = [Line("yes", "LAY 10 @ 50", from_ms=1_000)]
    end = END, turned(61_000, MarketStatus.CLOSED, Result.LOST)
    assert same(tmp_path, line, printed(2_000, 51, 4), *end) == (2_000_000, 20_000)
    assert same(tmp_path, line, printed(2_000, 49, 9), *end) == (0, 0)


def test_size_displayed_where_it_would_have_met_a_bid_has_met_it(tmp_path: Path) -> None:
    """A bid of 10 at 46 inside the spread; 6 are offered at 45: 6 at 46 cost 2.76, win 3.24, and

    0.0175 x 6 x 0.46 x 0.54 = 0.0260..., up to 0.0261: -2.7861 down to -2.79: 0.03.
    """
    found = same(
        tmp_path,
        [Line("yes", "BACK 10 @ 46", from_ms=1_000)],
        shown(2_000, asks={45: 6}, bids={45: 0}),
        END,
        turned(61_000, MarketStatus.CLOSED, Result.WON),
    )
    assert found == (3_240_000, 30_000)


def test_a_void_market_gives_the_fees_back(tmp_path: Path) -> None:
    lines = [Line("yes", "BACK 30 @ 50", from_ms=1_000)]
    assert same(tmp_path, lines, END, turned(61_000, MarketStatus.CLOSED, Result.VOID)) == (0, 0)


def test_what_is_open_at_the_end_is_marked_and_its_fees_are_paid(tmp_path: Path) -> None:
    """30 cost 14.60; the middle of 45 and 50 cents is 47.5: worth 14.25, so -0.35 and 0.53 of fees."""
    lines = [Line("yes", "BACK 30 @ 50", from_ms=1_000)]
    after = shown(5_000, asks={48: 0}, bids={45: 40})
    found = result(tmp_path, lines, after)["central"]
    assert (found.markets[0].gross_micros, found.markets[0].net_micros) == (-350_000, -880_000)
    assert found.markets[0].settled is False


def test_the_tables_tell_contracts_in_odds_and_stakes(tmp_path: Path) -> None:
    found = result(tmp_path, [Line("yes", "BACK 10 @ 50", from_ms=1_000)], END)["central"]
    [order], [fill] = found.orders, found.fills
    assert (order.odds, order.stake_micros) == (2.0, 5_000_000)
    assert fill.odds == pytest.approx(1 / 0.48)
    assert (fill.stake_micros, fill.claims_micros) == (4_800_000, 10_000_000)


def test_a_new_grid_of_prices_lapses_what_rested_and_the_book_begins_anew(tmp_path: Path) -> None:
    """A bid of 10 at 45; then half cents, an image and a print of 100 at 45: the bid is gone, nothing of it is ours."""
    finer = replace(TERMS, bands=((50, 9_950, 50),))
    relisted = InstrumentsListed(VENUE, (Instrument(ON, LISTING, finer),))
    image = BooksChanged(VENUE, 0, [Levels(ON, [(90, 5_000_000)], [(80, 5_000_000)], image=True)])
    turn = Turn(market=TICKER, status=MarketStatus.OPEN, in_play=False)
    found = result(
        tmp_path,
        [Line("yes", "BACK 10 @ 45", from_ms=1_000)],
        Moment(BEGIN_MS + 3_000, [relisted], [], [turn]),
        Moment(BEGIN_MS + 3_001, [image], [], []),
        printed(4_000, 45, 100),
        END,
        turned(61_000, MarketStatus.CLOSED, Result.WON),
    )
    for lane in found.values():
        assert (lane.orders[0].matched_micros, lane.orders[0].lapsed_micros) == (0, 10_000_000)


def test_what_is_open_counts_once_where_each_outcome_is_a_market_of_its_own(tmp_path: Path) -> None:
    """30 of A cost 14.60 and are worth 14.25, the row of B holds nothing."""
    beside = Listing(VENUE, VenueMarketId("KXGAME-B"), YES, MarketId("m"), 1)
    also = InstrumentsListed(
        VENUE, (Instrument(instrument_id(VENUE, venue_market=beside.venue_market, selection=YES), beside, TERMS),)
    )
    opened = Turn(market=beside.venue_market, status=MarketStatus.OPEN, in_play=False)
    states: list[Fact] = [also, MarketChanged(VENUE, beside.venue_market, MarketStatus.OPEN, in_play=False)]
    config = configured(tmp_path, [Line("yes", "BACK 30 @ 50", from_ms=1_000)])
    whole = tape(shown(5_000, asks={48: 0}, bids={45: 40}), Moment(BEGIN_MS + 6_000, states, [], [opened]))
    two = replace(
        whole, listings=(LISTING, beside), found=(*whole.found, TapeMarket(beside.venue_market, "B", "A v B"))
    )
    loaded = load_config(config)
    [lane] = file_played(tmp_path / "x", play(two, loaded, BOUNDS[:1], seed=1), out="out").lanes
    assert [row.gross_micros for row in lane.markets] == [-350_000, 0]
