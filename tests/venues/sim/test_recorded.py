"""A recording as a world: where it begins, our place in its books, and how the other exchanges follow."""

from functools import partial
from hashlib import blake2b
from pathlib import Path

import msgspec
import pytest

from domain.ids import SelectionId
from domain.markets import MarketStatus, Result
from domain.money import MICROS
from domain.orders import Side
from tests.venues.sim.builders import NANOS, three_venues, wallets
from tests.venues.sim.recordings import ID, RUNNERS, START_MS, frame, race, read_recording
from venues.sim.exchange import Exchange
from venues.sim.images import levels
from venues.sim.notices import LevelChanged, Notice, Traded
from venues.sim.opinions import worth
from venues.sim.placements import Life, Placement
from venues.sim.queue import Bound
from venues.sim.queues import SimOrder
from venues.sim.recorded import GAP_MAX_MS, LEAD_IN_MS, Frame, Recording, State, span
from venues.sim.recorded_world import RecordedOptions, RecordedWorld
from venues.sim.world import DESK

VENUES = three_venues()
LEAD, EUROS, DOLLARS = (venue.venue for venue in VENUES)
ASH, BIRCH, CEDAR = RUNNERS
OPEN = State(MarketStatus.OPEN, in_play=False)
SUSPENDED = State(MarketStatus.SUSPENDED, in_play=False)
IN_PLAY = State(MarketStatus.OPEN, in_play=True, delay_ms=1_000)
STOPPED = State(MarketStatus.SUSPENDED, in_play=True, delay_ms=1_000)
ASH_WON = State(
    MarketStatus.CLOSED,
    in_play=True,
    results={ASH: Result.WON, BIRCH: Result.LOST, CEDAR: Result.LOST},
)
VOID = State(MarketStatus.CLOSED, in_play=False, results=dict.fromkeys(RUNNERS, Result.VOID))
FIRST = frame(0, state=OPEN, r101="3.00:50 2.98:20 | 3.20:40", r102="4.00:30 | 4.20:30", r103="2.50:30 | 2.60:30")


def world_of(recording: Recording, *, from_s: float | None = 0.0, **options) -> RecordedWorld:
    """Played at its own speed from its beginning, the clock at nought."""
    from_ms = None if from_s is None else START_MS + int(from_s * 1_000)
    chosen = RecordedOptions(seed=1, from_ms=from_ms, **options)
    return RecordedWorld(chosen, recording, VENUES, start_ns=0, start_ms=START_MS)


def at(world: RecordedWorld, second: float) -> Exchange:
    """The recorded exchange once the clock reads so."""
    world.on_time(int(second * NANOS))
    return world.exchanges[LEAD]


def bet(exchange: Exchange, side: Side, size: int, price: int, now_s: float, life: Life = Life.REST) -> SimOrder:
    order = exchange.place(Placement(DESK, ID, ASH, side, price, size * MICROS, life=life), int(now_s * NANOS))
    assert isinstance(order, SimOrder)
    return order


def shown(exchange: Exchange, resting: Side, selection: SelectionId = ASH) -> list[tuple[int, int]]:
    return [(price, size // MICROS) for price, size in levels(exchange, ID, selection, resting=resting)]


# --- where it begins, and its time ---


@pytest.mark.parametrize(
    ("states", "begins"),
    [
        ({0: OPEN, 700: SUSPENDED, 701: IN_PLAY, 900: STOPPED}, 701 - 600),
        ({0: OPEN, 700: SUSPENDED, 705: OPEN, 1_000: SUSPENDED, 1_100: VOID}, 400),
        ({0: OPEN, 300: SUSPENDED, 301: IN_PLAY}, 0),
        ({0: OPEN}, 0),
    ],
)
def test_it_begins_ten_minutes_before_the_turn_in_play_else_before_the_last_suspension(states, begins):
    recording = race(*(frame(second, state=states.get(second)) for second in range(max(states) + 1)))
    assert span(recording).from_ms == START_MS + begins * 1_000
    assert LEAD_IN_MS == 600_000


def test_quiet_gaps_are_cut_from_the_ten_minutes_too():
    """Where little was said it begins so much earlier that ten minutes are played before the turn, if there are."""
    spoken = [frame(0), *(frame(10_000 + 7 * n) for n in range(500)), frame(14_000, state=IN_PLAY), frame(14_001)]
    recorded = span(race(*spoken))
    assert recorded.from_ms == START_MS + 1_000 * (10_000 + 7 * (499 - 298) - 2), "300 gaps of two seconds"
    assert recorded.length_ns == (LEAD_IN_MS + 1_000) * 1_000_000
    assert span(race(*spoken[400:])).from_ms == START_MS + 1_000 * (10_000 + 7 * 399)


def test_quiet_gaps_are_cut_to_two_seconds():
    recording = race(FIRST, frame(1), frame(90), frame(91.5), frame(500))
    assert span(recording).length_ns == (1_000 + GAP_MAX_MS + 1_500 + GAP_MAX_MS) * 1_000_000
    world = world_of(recording)
    assert world.exchanges[LEAD].next_deadline() is None
    assert shown(at(world, 0), Side.LAY) == [(300, 50), (298, 20)]


def test_what_came_before_the_beginning_is_there_and_nobody_hears_of_it():
    later = frame(50, r101="3.00:0 | 3.20:0 3.10:5 ! 3.00:50")
    world = world_of(race(FIRST, later, frame(60, r101="2.98:25 |")), from_s=55)
    heard: list[Notice] = []
    world.exchanges[LEAD].listen(lambda batch, _: heard.extend(batch))
    assert shown(world.exchanges[LEAD], Side.BACK) == [(310, 5)]
    world.on_time(3 * NANOS)
    assert heard == [LevelChanged(ID, ASH, Side.LAY, 298, 25 * MICROS)]


def test_an_empty_recording_says_what_is_wrong():
    with pytest.raises(ValueError, match="no frame"):
        world_of(race())


def test_two_markets_that_cannot_be_told_apart_are_refused():
    recording = race(FIRST)
    twice = Recording(recording.markets * 2, recording.frames, double_counted=False)
    with pytest.raises(ValueError, match="name their events apart"):
        world_of(twice)


def test_a_market_without_winners_is_refused():
    recording = race(FIRST)
    lines = msgspec.structs.replace(recording.markets[0], winners=0)
    with pytest.raises(ValueError, match="fewer winners than selections"):
        world_of(Recording((lines,), recording.frames, double_counted=False))


def test_what_is_said_of_unlisted_selections_is_not_played():
    removed = State(MarketStatus.OPEN, in_play=False, removed={SelectionId("999"): 50_000})
    world = world_of(race(FIRST, frame(1, state=removed, r999="3.00:50 | 3.20:40 ! 3.00:5")))
    assert shown(at(world, 2), Side.LAY) == [(300, 50), (298, 20)]


# --- our orders in the recorded books ---


def test_our_order_waits_for_what_was_displayed_before_it():
    trades = [frame(second, r101="! 3.20:30") for second in (2, 3, 4)]
    world = world_of(race(FIRST, *trades))
    order = bet(at(world, 1), Side.BACK, 30, 320, 1)
    matched = []
    for second in (2, 3, 4):
        at(world, second)
        matched.append(order.matched_micros // MICROS)
    assert matched == [0, 20, 30]


def test_volume_of_both_sides_is_halved():
    world = world_of(race(FIRST, frame(2, r101="! 3.20:100"), double_counted=True))
    order = bet(at(world, 1), Side.BACK, 30, 320, 1)
    at(world, 2)
    assert order.matched_micros == 10 * MICROS


@pytest.mark.parametrize(("bound", "matched"), [(Bound.PESSIMISTIC, 0), (Bound.CENTRAL, 0), (Bound.OPTIMISTIC, 10)])
def test_cancels_before_us_are_guessed(bound, matched):
    joined_late = [frame(2, r101="| 3.20:80"), frame(3, r101="| 3.20:40"), frame(4, r101="! 3.20:10")]
    world = world_of(race(FIRST, *joined_late), bound=bound)
    order = bet(at(world, 1), Side.BACK, 30, 320, 1)
    at(world, 5)
    assert order.matched_micros == matched * MICROS


def test_one_print_is_not_given_to_two_orders_of_ours():
    world = world_of(race(FIRST, frame(2, r101="! 3.20:60")))
    first, second = (bet(at(world, 1), Side.BACK, 15, 320, 1) for _ in range(2))
    at(world, 2)
    assert (first.matched_micros, second.matched_micros) == (15 * MICROS, 5 * MICROS)


def test_what_we_took_is_gone_until_new_size_comes():
    refreshed = [frame(2, r101="3.00:45 |"), frame(3, r101="3.00:60 |"), frame(4, r101="3.00:0 |")]
    world = world_of(race(FIRST, *refreshed, frame(5, r101="3.00:10 |")))
    taken = bet(at(world, 1), Side.BACK, 30, 300, 1, Life.IMMEDIATE)
    assert taken.matched_micros == 30 * MICROS
    sizes = [dict(shown(at(world, second), Side.LAY)).get(300, 0) for second in (1.5, 2, 3, 4, 5)]
    assert sizes == [20, 15, 30, 0, 10]


def test_size_that_would_have_met_our_order_is_matched_with_it():
    world = world_of(race(FIRST, frame(2, r101="3.20:25 | 3.20:0")))
    order = bet(at(world, 1), Side.BACK, 10, 310, 1)
    exchange = at(world, 2)
    assert order.matched_micros == 10 * MICROS
    assert order.claims_micros == 31 * MICROS
    assert shown(exchange, Side.LAY)[0] == (320, 15)


def test_a_suspension_in_play_and_the_turn_lapse_our_orders():
    world = world_of(race(FIRST, frame(2, state=SUSPENDED), frame(4, state=IN_PLAY), frame(8, state=STOPPED)))
    before = bet(at(world, 1), Side.BACK, 10, 320, 1)
    at(world, 2)
    assert before.remaining_micros == 10 * MICROS
    at(world, 4)
    assert before.lapsed_micros == 10 * MICROS
    waiting = bet(at(world, 5), Side.BACK, 10, 320, 5)
    assert waiting.held_until_ns == 6 * NANOS
    at(world, 8)
    assert waiting.lapsed_micros == 10 * MICROS
    assert world.exchanges[LEAD].floor.markets[ID].version == 4


def test_play_can_rest_and_go_on():
    world = world_of(race(FIRST, *(frame(s, state=st) for s, st in ((2, IN_PLAY), (4, OPEN), (6, IN_PLAY)))))
    assert [at(world, second).floor.markets[ID].in_play for second in (1, 3, 5, 7)] == [False, True, False, True]


def test_prints_are_told_to_everybody():
    world = world_of(race(FIRST, frame(2, r101="! 3.00:7")))
    heard: list[Notice] = []
    world.exchanges[LEAD].listen(lambda batch, _: heard.extend(batch))
    at(world, 2)
    assert [(n.price, n.size_micros, n.taker) for n in heard if isinstance(n, Traded)] == [(300, 7 * MICROS, Side.BACK)]


# --- the others ---


def chance(world: RecordedWorld, outcome: int) -> float | None:
    """What the contracts on a runner are worth half way between their best prices."""
    market, selection = VENUES[2].naming(world.matches[0], "WIN", outcome)
    exchange = world.exchanges[DOLLARS]
    to_back, to_lay = (levels(exchange, market, selection, resting=side, depth=1) for side in (Side.LAY, Side.BACK))
    if not to_back or not to_lay:
        return None
    kind = exchange.options.terms.kind
    return (worth(kind, to_back[0][0]) + worth(kind, to_lay[0][0])) / 2


def test_the_others_follow_the_recorded_price_a_moment_later():
    shorter = frame(60, r101="3.00:0 2.98:0 2.00:50 | 3.20:0 2.04:50")
    quiet = [frame(second) for second in range(1, 60)] + [frame(second) for second in range(61, 120)]
    world = world_of(race(FIRST, *sorted([*quiet, shorter], key=lambda f: f.at_ms)))
    at(world, 50)
    assert chance(world, 0) == pytest.approx(0.322, abs=0.02)
    at(world, 60.5)
    assert chance(world, 0) == pytest.approx(0.322, abs=0.02)
    at(world, 100)
    assert chance(world, 0) == pytest.approx(0.495, abs=0.02)


def test_settlement_reaches_every_exchange():
    world = world_of(race(FIRST, frame(2, state=IN_PLAY), frame(3, state=STOPPED), frame(4, state=ASH_WON)))
    bets = []
    for venue in VENUES:
        market, selection = (ID, ASH) if venue.venue == LEAD else venue.naming(world.matches[0], "WIN", 0)
        exchange = world.exchanges[venue.venue]
        exchange.open_account("ann", deposit_micros=1_000 * MICROS)
        price = 5_000 if venue.venue == DOLLARS else 310
        for account, side in (("ann", Side.LAY), (DESK, Side.BACK)):
            placed = exchange.place(Placement(account, market, selection, side, price, 10 * MICROS), 0)
            assert isinstance(placed, SimOrder)
        bets.append((exchange, market))
    world.on_time(30 * NANOS)
    for exchange, market in bets:
        assert exchange.floor.markets[market].settled
        assert exchange.floor.markets[market].statements[DESK].profit_micros > 0


def test_a_removed_runner_is_void_where_odds_are_quoted_and_lost_where_contracts_are():
    removed = State(MarketStatus.SUSPENDED, in_play=False, removed={CEDAR: 300_100})
    reopened = State(MarketStatus.OPEN, in_play=False, removed={CEDAR: 300_100})
    after = [frame(3, state=removed, r103="2.50:0 | 2.60:0"), frame(4, state=reopened, r101="2.10:9 | 2.20:9")]
    world = world_of(race(FIRST, *after, frame(6)))
    order = bet(at(world, 1), Side.BACK, 10, 300, 1, Life.IMMEDIATE)
    at(world, 6)
    assert order.claims_micros == 21 * MICROS
    states = {}
    for venue in VENUES:
        market, selection = (ID, CEDAR) if venue.venue == LEAD else venue.naming(world.matches[0], "WIN", 2)
        states[venue.venue] = world.exchanges[venue.venue].floor.markets[market].selections[selection]
    assert (states[LEAD].removed, states[EUROS].removed, states[DOLLARS].result) == (True, True, Result.LOST)
    assert world.mapping.markets[0].void_alone == (LEAD, EUROS)


def test_a_dead_heat_is_shared():
    both = State(
        MarketStatus.CLOSED,
        in_play=True,
        results={ASH: Result.WON, BIRCH: Result.WON, CEDAR: Result.LOST},
    )
    world = world_of(race(FIRST, frame(2, state=both)))
    bet(at(world, 1), Side.BACK, 10, 300, 1, Life.IMMEDIATE)
    statement = at(world, 3).floor.markets[ID].statements[DESK]
    assert statement.profit_micros == 5 * MICROS


def history(world: RecordedWorld, until_s: int, step_s: float) -> str:
    digest = blake2b(digest_size=16)

    def listen(name: str, batch: list[Notice], now_ns: int) -> None:
        digest.update(f"{name} {now_ns} {batch!r}\n".encode())

    for name, exchange in world.exchanges.items():
        exchange.listen(partial(listen, name))
    for n in range(int(until_s / step_s) + 1):
        world.on_time(int(n * step_s * NANOS))
    return digest.hexdigest()


def test_the_same_recording_and_seed_give_the_same_world():
    frames: list[Frame] = [
        FIRST,
        *(frame(s, r101=f"3.00:{s % 7 * 10} | 3.20:{s % 5 * 9} ! 3.00:{s % 3}") for s in range(1, 60)),
    ]
    assert history(world_of(race(*frames)), 60, 60) == history(world_of(race(*frames)), 60, 0.5)


@pytest.mark.parametrize(("name", "busy"), [("1-206064380.bz2", True), ("1.230478683.bz2", False)])
def test_a_real_recording_keeps_money_and_settles_everywhere(shared: Path, name: str, busy: bool):
    recording = read_recording(shared / "venues" / "betfair" / "recordings" / name)
    world = RecordedWorld(RecordedOptions(seed=3, speed=60.0), recording, VENUES, start_ns=0, start_ms=START_MS)
    crossed: list[str] = []

    def listen(name: str, exchange: Exchange, batch: list[Notice], _: int) -> None:
        kind = exchange.options.terms.kind
        for market, selection in {(n.market, n.selection) for n in batch if isinstance(n, LevelChanged)}:
            best = [levels(exchange, market, selection, resting=side, depth=1) for side in (Side.LAY, Side.BACK)]
            if all(best) and worth(kind, best[0][0][0]) <= worth(kind, best[1][0][0]):
                crossed.append(f"{name} {selection} {best}")

    for venue, exchange in world.exchanges.items():
        exchange.listen(partial(listen, venue, exchange))
    money = {name: wallets(exchange) for name, exchange in world.exchanges.items()}
    now_ns = 0
    while world.next_deadline() is not None:
        now_ns += NANOS // 20
        world.on_time(now_ns)
        _quote_the_favourite(world, now_ns)
    assert crossed == []
    assert {name: wallets(exchange) for name, exchange in world.exchanges.items()} == money
    assert all(market.settled for exchange in world.exchanges.values() for market in exchange.floor.markets.values())
    desk = [order for order in world.exchanges[LEAD].floor.orders.values() if order.account == DESK]
    assert (sum(order.matched_micros for order in desk) > 0) is busy
    assert all(order.remaining_micros == 0 for order in desk)


def _quote_the_favourite(world: RecordedWorld, now_ns: int) -> None:
    """Keep one order of ours in the first runner's book, at the best price that can be laid."""
    exchange = world.exchanges[LEAD]
    market = next(iter(exchange.floor.markets.values()))
    if market.status is MarketStatus.OPEN and not market.open_orders.get(DESK):
        selection = market.spec.selections[0]
        best = levels(exchange, market.spec.id, selection, resting=Side.BACK, depth=1)
        if best and not market.selections[selection].removed:
            exchange.place(Placement(DESK, market.spec.id, selection, Side.BACK, best[0][0], 2 * MICROS), now_ns)
            exchange.publish(now_ns)
