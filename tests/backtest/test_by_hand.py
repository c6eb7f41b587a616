"""Small recordings whose profit is worked out by hand, to the millionth, under each guess about the queue."""

from pathlib import Path
from typing import Any

import pytest

from engine.backtest.campaign import load_config
from engine.backtest.playing import open_tape, play
from tests.backtest.made import (
    BOUNDS,
    at,
    backtested,
    closed,
    configured,
    definition,
    money,
    opening,
    recorded,
    results,
)
from tests.backtest.scripted import Line

BACK_11 = Line("11", "BACK 10 @ 3.00", from_ms=1_000)
TICK: dict[str, Any] = {"r12": {"atb": [[4.0, 31]]}}
END = at(60_000, said=definition("SUSPENDED", version=2))


def same(tmp_path: Path, lines: list[Line], *messages: bytes) -> tuple[int, int]:
    """Gross and commission where nothing depends on the queue."""
    found = {money(lane) for lane in results(tmp_path, lines, *messages).values()}
    assert len(found) == 1, "the queue has no part in this"
    return found.pop()


def test_a_full_match_is_paid_at_the_price_displayed(tmp_path: Path) -> None:
    """10 at 3.00 win 20; 5 % of 20 is 1."""
    assert same(tmp_path, [BACK_11], opening(), at(1_000, **TICK), END, at(61_000, said=closed())) == (
        20_000_000,
        1_000_000,
    )


def test_what_crosses_takes_each_level_at_its_own_price_and_the_rest_lapses(tmp_path: Path) -> None:
    """3 at 3.05 and 4 at 3.00 win 6.15 + 8; 5 % of 14.15 is 0.7075, to the penny 0.71; 3 of 10 lapse."""
    thin = {"atb": [[3.05, 3], [3.0, 4]], "atl": [[3.1, 40]]}
    messages = opening(r11=thin), at(1_000, **TICK), END, at(61_000, said=closed())
    assert same(tmp_path, [BACK_11], *messages) == (14_150_000, 710_000)
    [order] = results(tmp_path, [BACK_11], *messages)["central"].orders
    assert (order.matched_micros, order.lapsed_micros) == (7_000_000, 3_000_000)


def test_a_resting_order_waits_for_the_queue_and_each_guess_moves_it_otherwise(tmp_path: Path) -> None:
    """40 ahead and 30 behind; 20 of the 70 are cancelled, then 70 are printed, both sides counted: 35.

    Pessimistic: 40 ahead, nothing left for us. Central: 20 x 40/70 = 11.428571 of the cancels stood ahead, so 28.571429
    do, and 6.428571 reach us, in whole pennies 6.42: at 3.10 they win 13.482, to the penny 13.48; 5 % is 0.67.
    Optimistic: 20 ahead, all 10 matched: 21, and 5 % is 1.05.
    """
    found = results(
        tmp_path,
        [Line("11", "BACK 10 @ 3.10", from_ms=1_000)],
        opening(),
        at(1_000, **TICK),
        at(2_000, r11={"atl": [[3.1, 70]]}),
        at(3_000, r11={"atl": [[3.1, 50]]}),
        at(4_000, r11={"trd": [[3.1, 70]], "atl": [[3.1, 15]]}),
        END,
        at(61_000, said=closed()),
    )
    assert money(found["pessimistic"]) == (0, 0)
    assert money(found["central"]) == (13_480_000, 670_000)
    assert money(found["optimistic"]) == (21_000_000, 1_050_000)


def test_a_print_through_our_price_fills_us_up_to_its_size(tmp_path: Path) -> None:
    """8 printed at 3.20, 4 on each side: 4 at 3.10 win 8.40; 5 % is 0.42."""
    lay_through = at(2_000, r11={"trd": [[3.2, 8]]})
    messages = opening(), at(1_000, **TICK), lay_through, END, at(61_000, said=closed())
    assert same(tmp_path, [Line("11", "BACK 10 @ 3.10", from_ms=1_000)], *messages) == (8_400_000, 420_000)


def test_a_removal_cuts_the_odds_of_what_was_matched(tmp_path: Path) -> None:
    """25 % off 3.00 is 2.25: 10 win 12.50; 5 % is 0.625, to the penny 0.63. 5 on the removed runner are void."""
    gone = {13: {"status": "REMOVED", "adjustmentFactor": 25.0}}
    before = definition(runners={13: {"adjustmentFactor": 25.0}})
    lines = [BACK_11, Line("13", "BACK 5 @ 2.00", from_ms=1_000)]
    messages = (
        opening(said=before),
        at(1_000, **TICK),
        at(5_000, said=definition("SUSPENDED", version=2, runners={13: {"adjustmentFactor": 25.0}})),
        at(6_000, said=definition("SUSPENDED", version=3, runners=gone)),
        at(7_000, said=definition(version=4, runners=gone)),
        END,
        at(61_000, said=closed(removed=(13,))),
    )
    assert same(tmp_path, lines, *messages) == (12_500_000, 630_000)
    orders = {order.outcome: order for order in results(tmp_path, lines, *messages)["central"].orders}
    assert orders["runner 13"].voided_micros == 5_000_000
    assert orders["runner 11"].claims_micros == 22_500_000


def test_a_small_factor_cuts_nothing_in_a_win_market(tmp_path: Path) -> None:
    """2.4 % is below the threshold: 10 at 3.00 win 20."""
    gone = {13: {"status": "REMOVED", "adjustmentFactor": 2.4}}
    assert same(
        tmp_path,
        [BACK_11],
        opening(said=definition(runners={13: {"adjustmentFactor": 2.4}})),
        at(1_000, **TICK),
        at(6_000, said=definition("SUSPENDED", version=3, runners=gone)),
        at(61_000, said=closed(removed=(13,))),
    ) == (20_000_000, 1_000_000)


def test_the_starting_price_fills_what_it_suits(tmp_path: Path) -> None:
    """10 backed at 3.45 win 24.50. A liability of 50 pays for 12.50 laid at 5.00, which win. A back above it lapses.

    5 % of 37 is 1.85.
    """
    prices: dict[int, dict[str, object]] = {11: {"bsp": 3.45}, 12: {"bsp": 5.0}, 13: {"bsp": 2.02}}
    lines = [
        Line("11", "BACK 10 @ 2.50", from_ms=1_000, at_start=True),
        Line("12", "LAY 10 @ 6.00", from_ms=1_000, at_start=True),
        Line("13", "BACK 10 @ 2.04", from_ms=1_000, at_start=True),
    ]
    messages = (
        opening(),
        at(1_000, **TICK),
        at(50_000, said=definition("SUSPENDED", version=2)),
        at(51_000, said=definition("SUSPENDED", version=3, runners=prices, bspReconciled=True)),
        at(52_000, said=definition(version=4, runners=prices, bspReconciled=True, inPlay=True, betDelay=1)),
        at(61_000, said=closed(bspReconciled=True, inPlay=True)),
    )
    assert same(tmp_path, lines, *messages) == (37_000_000, 1_850_000)
    orders = {order.outcome: order for order in results(tmp_path, lines, *messages)["central"].orders}
    assert orders["runner 12"].matched_micros == 12_500_000
    assert orders["runner 13"].lapsed_micros == 10_000_000


def test_a_dead_heat_pays_half_the_stake_at_full_odds(tmp_path: Path) -> None:
    """Two win one place: 5 at 3.00 win 10 and 5 are lost; 5 % of 5 is 0.25."""
    messages = opening(), at(1_000, **TICK), END, at(61_000, said=closed(winners=(11, 12)))
    assert same(tmp_path, [BACK_11], *messages) == (5_000_000, 250_000)
    [row] = results(tmp_path, [BACK_11], *messages)["central"].markets
    assert row.note == "dead heat: places shared"
    for watch in backtested(tmp_path, [BACK_11], *messages).watches:
        assert not watch.lane.state.breaks.standing
        assert watch.lane.state.ledger.totals("pnl") == {"GBP": -5_000_000}
        assert watch.lane.state.ledger.totals("suspense") == {}


def test_a_void_market_gives_every_stake_back(tmp_path: Path) -> None:
    messages = opening(), at(1_000, **TICK), END, at(61_000, said=closed(winners=(), removed=(11, 12, 13)))
    assert same(tmp_path, [BACK_11], *messages) == (0, 0)
    [order] = results(tmp_path, [BACK_11], *messages)["central"].orders
    assert (order.matched_micros, order.voided_micros) == (0, 10_000_000)


@pytest.mark.parametrize(
    ("winner", "expected"),
    [(11, (15_000_000, 750_000)), (12, (5_000_000, 250_000)), (13, (-15_000_000, 0))],
)
def test_commission_falls_on_what_a_market_won_in_sum(tmp_path: Path, winner: int, expected: tuple[int, int]) -> None:
    """10 at 3.00 and 5 at 4.00: 20 - 5, 15 - 10, or both lost; 5 % of what is above nothing."""
    lines = [BACK_11, Line("12", "BACK 5 @ 4.00", from_ms=1_000)]
    assert same(tmp_path, lines, opening(), at(1_000, **TICK), END, at(61_000, said=closed((winner,)))) == expected


def test_one_market_s_loss_does_not_lower_another_s_commission(tmp_path: Path) -> None:
    """20 won in one market cost 1; 10 lost in another change nothing of it."""
    found = results(
        tmp_path,
        [BACK_11],
        opening(),
        at(0, market="1.2", said=definition(eventId="2"), img=True, r11={"atb": [[3.0, 50]], "atl": [[3.1, 40]]}),
        at(1_000, **TICK),
        at(1_000, market="1.2", **TICK),
        END,
        at(61_000, said=closed()),
        at(62_000, market="1.2", said=closed((12,), eventId="2")),
    )
    assert money(found["central"]) == (10_000_000, 1_000_000)


def test_an_order_meets_the_book_of_the_moment_at_which_it_arrives(tmp_path: Path) -> None:
    """Decided at 3.00, 100 ms away; 50 ms later 3.00 is gone: it rests, and nothing is matched."""
    messages = (
        opening(),
        at(1_000, **TICK),
        at(1_050, r11={"atb": [[3.0, 0]]}),
        END,
        at(61_000, said=closed()),
    )
    assert same(tmp_path, [BACK_11], *messages) == (0, 0)


def test_the_bet_delay_comes_on_top_and_a_suspension_within_it_lapses_the_order(tmp_path: Path) -> None:
    in_play = definition(inPlay=True, betDelay=5)
    calm = opening(said=in_play), at(1_000, **TICK), at(6_050, r11={"atb": [[3.0, 4]]}), END
    assert same(tmp_path, [BACK_11], *calm, at(61_000, said=closed(inPlay=True))) == (8_000_000, 400_000)
    stopped = opening(said=in_play), at(1_000, **TICK), at(3_000, said=definition("SUSPENDED", version=2, inPlay=True))
    again = at(4_000, said=definition(version=3, inPlay=True, betDelay=5))
    played = backtested(tmp_path, [Line("11", "BACK 10 @ 3.00", 1_000, 2_000)], *stopped, again, at(9_000, **TICK))
    [order] = played.watches[0].lane.state.blotter.orders.archive.values()
    assert (order.matched_micros, order.lapsed_micros) == (0, 10_000_000)


def test_what_we_took_cannot_be_taken_again(tmp_path: Path) -> None:
    """Of 12 displayed the first order takes 10 and the second 2, though the recording goes on to show 12."""
    lines = [Line("11", "BACK 10 @ 3.00", 1_000, 2_000), Line("11", "BACK 10 @ 3.00", 3_000, 4_000)]
    thin = {"atb": [[3.0, 12]], "atl": [[3.1, 40]]}
    moves = [at(1_000 * n, r12={"atb": [[4.0, 30 + n]]}) for n in range(1, 8)]
    found = results(tmp_path, lines, opening(r11=thin), *moves, END, at(61_000, said=closed()))
    assert [order.matched_micros for order in found["central"].orders] == [10_000_000, 2_000_000]


def test_the_same_seed_gives_the_same_result_and_the_books_balance(tmp_path: Path) -> None:
    messages = opening(), at(1_000, **TICK), END, at(61_000, said=closed())
    first, second = (results(tmp_path, [BACK_11], *messages) for _ in range(2))
    assert first == second
    for lane in backtested(tmp_path, [BACK_11], *messages).watches:
        assert lane.lane.state.ledger.imbalance() == 0
        assert lane.lane.state.ledger.totals("pnl") == {"GBP": -20_000_000}
        assert lane.lane.state.ledger.totals("fees") == {"GBP": 1_000_000}


def test_a_new_version_within_the_bet_delay_lapses_the_order(tmp_path: Path) -> None:
    in_play = definition(inPlay=True, betDelay=5)
    played = backtested(
        tmp_path,
        [BACK_11],
        opening(said=in_play),
        at(1_000, **TICK),
        at(3_000, said=definition(version=2, inPlay=True, betDelay=5)),
        at(9_000, **TICK),
    )
    [order] = played.watches[0].lane.state.blotter.orders.archive.values()
    assert (order.matched_micros, order.lapsed_micros) == (0, 10_000_000)


def test_a_bet_on_a_removed_runner_is_void_from_its_removal_on(tmp_path: Path) -> None:
    gone = definition("SUSPENDED", version=2, runners={13: {"status": "REMOVED"}})
    lines = [Line("13", "BACK 5 @ 2.00", from_ms=1_000)]
    [order] = results(tmp_path, lines, opening(), at(1_000, **TICK), at(5_000, said=gone))["central"].orders
    assert (order.matched_micros, order.voided_micros) == (0, 5_000_000)


def test_size_displayed_where_it_would_have_met_us_is_matched_with_us_at_our_price(tmp_path: Path) -> None:
    """6 are offered to backers at 3.15 while 10 of ours wait at 3.10: 6 x 2.10 is 12.60; 5 % is 0.63."""
    lines = [Line("11", "BACK 10 @ 3.10", from_ms=1_000)]
    through = at(2_000, r11={"atb": [[3.15, 6]], "atl": [[3.1, 0]]})
    messages = opening(), at(1_000, **TICK), through, at(3_000, **TICK), END, at(61_000, said=closed())
    assert same(tmp_path, lines, *messages) == (12_600_000, 630_000)


def test_an_order_filled_by_a_print_and_by_what_it_met_in_one_message_stands_in_no_book(tmp_path: Path) -> None:
    """44 are printed on each side, 40 ahead of us: 4 are ours, and 6 of the 20 that backers are offered at 3.10."""
    at_once = at(2_000, r11={"trd": [[3.1, 88]], "atl": [[3.1, 0]], "atb": [[3.1, 20]]})
    lines = [Line("11", "BACK 10 @ 3.10", from_ms=1_000)]
    for watch in backtested(tmp_path, lines, opening(), at(1_000, **TICK), at_once).watches:
        [paper] = watch.lane.floor.orders.values()
        assert [fill.cost_micros for fill in watch.lane.floor.fills] == [4_000_000, 6_000_000]
        prices = watch.lane.core.prices
        assert not prices.crossed
        book = prices.books[paper.order.instrument]
        assert book.levels(to_back=True, depth=1) == [(paper.tick, 14_000_000)]
        assert book.levels(to_back=False, depth=1) == [(book.ladder.tick_by_price[320], 60_000_000)]


@pytest.mark.parametrize(
    ("first", "then", "served"),
    [
        ("BACK 10 @ 3.20", "BACK 10 @ 3.10", (1, 3_100_000)),
        ("BACK 10 @ 3.10", "BACK 10 @ 3.20", (0, 3_100_000)),
        ("LAY 10 @ 2.90", "LAY 10 @ 3.00", (1, 3_000_000)),
        ("LAY 10 @ 3.00", "LAY 10 @ 2.90", (0, 3_000_000)),
    ],
)
@pytest.mark.parametrize("met", [False, True], ids=["printed", "met"])
def test_of_our_orders_on_one_side_the_market_serves_its_best_price_first(
    tmp_path: Path, first: str, then: str, served: tuple[int, int], met: bool
) -> None:
    """10 come through both prices, printed or displayed: they are matched at the price that is better for them."""
    through = {
        ("B", False): {"trd": [[3.3, 20]]},
        ("B", True): {"atb": [[3.25, 10]], "atl": [[3.1, 0], [3.2, 0]]},
        ("L", False): {"trd": [[2.8, 20]]},
        ("L", True): {"atl": [[2.84, 10]], "atb": [[3.0, 0], [2.9, 0]]},
    }[first[0], met]
    assert fills_of_two(tmp_path, first, then, through) == {served}


def test_at_one_price_the_order_that_came_first_is_served_first(tmp_path: Path) -> None:
    found = fills_of_two(tmp_path, "BACK 10 @ 3.10", "BACK 10 @ 3.10", {"trd": [[3.3, 20]]})
    assert found == {(0, 3_100_000)}


def fills_of_two(tmp_path: Path, first: str, then: str, through: dict[str, Any]) -> set[tuple[int, int]]:
    """Two strategies rest 10 each on one side, one after the other; which was filled, whole, at what odds, anywhere."""
    messages = opening(), at(1_000, **TICK), at(1_500, **TICK), at(2_000, r11=through)
    beside = [Line("11", then, from_ms=1_500)]
    found = set()
    for watch in backtested(tmp_path, [Line("11", first, from_ms=1_000)], *messages, beside=beside).watches:
        refs = [*watch.lane.floor.orders]
        [fill] = watch.lane.floor.fills
        assert (len(refs), fill.cost_micros) == (2, 10_000_000)
        found.add((refs.index(fill.ref), round(fill.odds * 10**6)))
    return found


def test_volume_that_moves_from_one_price_to_another_is_no_trade(tmp_path: Path) -> None:
    """A removal rewrites what was traded at 3.00 as traded at 3.20: nothing was matched then."""
    lines = [Line("11", "BACK 10 @ 3.10", from_ms=2_000)]
    messages = (
        opening(),
        at(1_000, r11={"trd": [[3.0, 90]]}),
        at(2_000, **TICK),
        at(3_000, r11={"trd": [[3.0, 0], [3.2, 90]]}),
        END,
        at(61_000, said=closed()),
    )
    assert same(tmp_path, lines, *messages) == (0, 0)


def test_what_we_took_is_forgotten_when_an_image_shows_the_level_gone(tmp_path: Path) -> None:
    """10 of 12 are taken, the level goes with an image and comes back with 12: 10 more can be taken."""
    lines = [Line("11", "BACK 10 @ 3.00", 1_000, 2_000), Line("11", "BACK 10 @ 3.00", 4_000, 5_000)]
    thin = {"atb": [[3.0, 12]], "atl": [[3.1, 40]]}
    messages = (
        opening(r11=thin),
        *(at(1_000 + 200 * n, r12={"atb": [[4.0, 30 + n]]}) for n in range(1, 4)),
        at(2_500, img=True, r11={"atl": [[3.1, 40]]}),
        at(3_000, r11={"atb": [[3.0, 12]]}),
        *(at(4_000 + 200 * n, r12={"atb": [[4.0, 30 + n]]}) for n in range(1, 4)),
    )
    found = results(tmp_path, lines, *messages)["central"]
    assert [order.matched_micros for order in found.orders] == [10_000_000, 10_000_000]


@pytest.mark.parametrize(("kind", "consensus"), [("BestOnly", False), ("Scripted", False), ("BestOnly", True)])
def test_a_backtest_spares_looks_only_where_every_strategy_sees_best_prices_and_no_consensus_is_made(
    tmp_path: Path, kind: str, consensus: bool
) -> None:
    path = configured(tmp_path, [])
    text = path.read_text().replace(":Scripted", f":{kind}")
    path.write_text(text.replace("enabled = false", f"enabled = {str(consensus).lower()}"))
    loaded = load_config(path)
    played = play(open_tape(recorded(tmp_path, opening()), loaded), loaded, BOUNDS, seed=1)
    assert {watch.lane.core.prices.best_only for watch in played.watches} == {kind == "BestOnly" and not consensus}
