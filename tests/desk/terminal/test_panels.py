"""Every panel shows what it was told, in the order that matters, and says in words what its colours say."""

from functools import partial
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len

from desk.terminal.palette import PALETTES
from desk.views import StrategyRow
from domain.orders import OrderState
from tests.desk.terminal import sample
from tests.desk.terminal.watching import LARGE, ORDINARY, Watched, watched


async def test_the_header_names_mode_level_and_what_is_wrong() -> None:
    async with watched() as seen:
        first, second = seen.header().splitlines()
        assert "DEMO" in first
        assert "L0 TRADING" in first
        assert "● live" in first
        assert "venues 2/3" in second
        assert "UNKNOWN 1 at risk 8.00" in second
        assert "breaks 1" in second
        assert "worst 201.57" in second
        assert "50% of 400.00" in second
        assert "net +3.21 USD" in second


async def test_a_clock_that_is_not_ours_is_told_of() -> None:
    async with watched() as seen:
        assert "of here" in seen.header(), "the sample's clock is years away"
        seen.end.skew_ms = -1_400
        await seen.until_said(seen.header, "1.4s behind of here")
        seen.end.skew_ms = 900
        await seen.until(lambda: "of here" not in seen.header())


async def test_a_kill_level_takes_a_line_of_its_own_with_who_and_why() -> None:
    async with watched() as seen:
        for level, words in enumerate(("NO NEW RISK", "REDUCE ONLY", "CANCEL ALL", "FLATTEN"), 1):
            header = sample.header(kill_level=level, kill_who="ann", kill_why="feed looks wrong", mode="live")
            await seen.end.send(header=(header,))
            said = f"KILL LEVEL {level} {words} by ann: feed looks wrong"
            await seen.until_said(seen.header, said)
            await seen.until_said(seen.drawn, said)
            assert "LIVE" in seen.header()
            assert f"L{level} {words}" in seen.header().splitlines()[0]


async def test_a_kill_level_that_empties_says_where_that_is_proven() -> None:
    async with watched() as seen:
        for proven, said in (((), "0/3"), (("betfair", "kalshi", "matchbook"), "3/3")):
            await seen.end.send(header=(sample.header(kill_level=3, kill_who="ann", kill_proven=proven),))
            await seen.until_said(seen.header, f"Proven empty at {said} venues.")
        await seen.end.send(header=(sample.header(kill_level=2, kill_who="ann"),))
        await seen.until(lambda: "Proven empty" not in seen.header())


async def test_what_is_stopped_by_itself_at_a_venue_is_said() -> None:
    async with watched(venues=(sample.venue("betfair", breakers=("stale in 2", "latency")),)) as seen:
        await seen.until(lambda: seen.app.picture.rows.venues)
        await seen.press("1", "1")
        await seen.until_said(lambda: seen.panel(1), "stopped by itself: betfair stale in 2, latency")
        assert "BREAKER" in seen.panel(1)


async def test_venues_say_what_is_down_and_what_is_unknown() -> None:
    async with watched(size=LARGE) as seen:
        betfair, kalshi, matchbook = seen.panel(1).splitlines()[1:]
        assert "ok" in betfair
        assert betfair.count("●") == 3
        assert "orders down" in kalshi
        assert kalshi.count("○") == 1
        assert "ok polled" in matchbook
        assert "2.3ms/11ms" in matchbook
        assert "sent" in seen.screen()[3]


async def test_venues_say_what_errors_are_left_what_is_armed_and_what_is_coming() -> None:
    hour = 3_600_000
    said = (
        sample.venue("betfair", errors_left=1, dead_man_s=60, fuse="blown", attested_ms=sample.NOW_MS - hour),
        sample.venue(
            "kalshi",
            fuse="armed",
            attested_ms=sample.NOW_MS + 74 * hour,
            maintenance_ms=(sample.NOW_MS + 50 * hour, sample.NOW_MS + 52 * hour),
        ),
        sample.venue(
            "matchbook",
            dead_man_s=20,
            dead_man_ms=sample.NOW_MS + hour - 30_000,
            maintenance_ms=(sample.NOW_MS - hour, sample.NOW_MS + hour),
            requests_charged=123_456,
            charge_micros=12_345_600,
            charge_currency="GBP",
        ),
    )
    async with watched(size=LARGE, venues=said) as seen:
        await seen.press("1", "1")
        await seen.until_said(seen.drawn, "maint")
        first = next(n for n, line in enumerate(seen.screen()) if "maint" in line)
        head, betfair, kalshi, matchbook = (line.split() for line in seen.screen()[first : first + 4])
        assert head[-9:] == ["left", "dead", "maint", "fuse", "attest", "charge", "throttle", "redial", "balance"]
        assert betfair[-10:-4] == ["1", "60s", "-", "blown", "over", "-"]
        assert kalshi[-10:-4] == ["5", "-", "2d", "armed", "3d", "-"]
        assert matchbook[-12:-7] == ["5", "59m", "now", "-", "-"]
        assert matchbook[-7:-4] == ["123.4k", "12.35", "GBP"], "how many requests cost something, and what"
        assert "errors left 1" in seen.header()


async def test_a_dead_man_that_is_off_says_why_and_one_that_is_late_is_told() -> None:
    said = (
        sample.venue("betfair", dead_man="off: account-wide: set dead_man_s"),
        sample.venue("kalshi", dead_man="line"),
        sample.venue("matchbook", dead_man_s=20, dead_man_ms=sample.NOW_MS - 1),
    )
    async with watched(size=LARGE, venues=said) as seen:
        await seen.press("1", "1")
        await seen.until_said(seen.drawn, "maint")
        first = next(n for n, line in enumerate(seen.screen()) if "maint" in line)
        rows = [line.split() for line in seen.screen()[first + 1 : first + 4]]
        assert [row[row.index("5") + 1] for row in rows] == ["off", "line", "over"]
        assert "no dead man: betfair (account-wide: set dead_man_s)" in "\n".join(seen.screen())


async def test_the_grid_shows_each_venues_prices_the_fair_value_the_edge_and_our_quotes() -> None:
    async with watched() as seen:
        home = next(line for line in seen.panel(2).splitlines() if line.startswith("  Brackley"))
        assert "49.0" in home
        assert "+1.2 B kal" in home
        for price in ("2.02", "2.06", "50¢", "48¢"):
            assert price in home
        assert home.count("●") == 1
        assert "○" in home
        assert "?" in home
        assert "1.4k" in home


async def test_a_suspended_market_says_so_and_a_stale_fair_value_keeps_its_age() -> None:
    async with watched(size=LARGE) as seen:
        text = seen.panel(2)
        assert "over under 25  before the start  SUSPENDED" in text
        over = next(line for line in text.splitlines() if "over 2.5" in line)
        assert over.count("suspended") == 3


async def test_a_price_that_moves_is_lit_for_a_moment() -> None:
    async with watched() as seen:
        rows = sample.markets()
        place = msgspec.structs.replace(rows[0].places[1], to_back="53¢", back_probability_micros=530_000)
        moved = msgspec.structs.replace(rows[0], places=(rows[0].places[0], place, rows[0].places[2]))
        await seen.end.send(markets=(moved,))
        await seen.until(lambda: "53¢" in seen.panel(2))
        lit = [
            style
            for line in seen.app.watching.body.panels[2].sheet.scroll.lines
            for text, style in line.cell
            if text.strip() == "53¢"
        ]
        assert [style.color for style in lit] == [seen.app.palette.rising.color]


async def test_the_ladder_has_the_venues_side_by_side_with_our_orders_and_results() -> None:
    async with watched(size=LARGE) as seen:
        await seen.until(lambda: "Brackley Albion · match odds" in seen.panel(3))
        lines = seen.panel(3).splitlines()
        fair = next(n for n, line in enumerate(lines) if "◆" in line)
        assert "2.04" in lines[fair]
        assert "+3.60" in lines[fair]
        assert "B40" in lines[fair - 2]
        assert "L8?" in lines[fair + 3]
        assert "50¢" in lines[fair + 2]
        odds = [float(line.split()[0].lstrip("◆") or line.split()[1]) for line in lines[1:]]
        assert odds == sorted(odds, reverse=True)


async def test_the_ladder_tells_what_stands_before_our_orders_where_there_is_room() -> None:
    async with watched(size=LARGE) as seen:
        await seen.press("3", "3")
        await seen.until(lambda: "B40←102" in seen.panel(3))


async def test_the_ladder_is_drawn_around_the_fair_value() -> None:
    async with watched() as seen:
        await seen.until(lambda: any("◆ 2.04" in line for line in seen.screen()))


async def test_the_ladder_follows_the_cursor_of_the_markets() -> None:
    async with watched() as seen:
        await seen.press("down", "down")
        await seen.until(lambda: "Fenwick Town" in seen.panel(3).splitlines()[0])
        assert seen.end.watched[-1].ladder is not None
        assert seen.end.watched[-1].ladder.outcome == 2
        await seen.press("left")
        await seen.until(lambda: "draw" in seen.panel(3).splitlines()[0])


async def test_unknown_orders_stand_on_top_with_the_money_at_risk() -> None:
    async with watched() as seen:
        title, first, *others, last = seen.panel(4).splitlines()
        assert "1 UNKNOWN, 8.00 at risk" in title
        assert "4 open, 106.00 at risk" in title
        assert first.startswith("UNKNOWN")
        assert "8.00" in first
        assert not any(line.startswith("UNKNOWN") for line in others)
        assert last.startswith("cancelled")


async def test_orders_say_what_stands_before_them_and_by_what_word_they_are_known() -> None:
    async with watched(size=LARGE) as seen:
        await seen.press("4", "4")
        await seen.until(lambda: "no answer" in seen.panel(4))
        unknown, mine, *_ = seen.panel(4).splitlines()[1:]
        assert "no answer" in unknown
        assert " 310 " in mine
        assert "push" in mine


async def test_orders_come_change_and_go() -> None:
    async with watched() as seen:
        await seen.end.send(
            orders=(sample.order("r1", OrderState.FILLED, remaining_micros=0), sample.order("r9", OrderState.OPEN)),
            removed={"orders": ("r3",)},
        )
        await seen.until(lambda: "filled" in seen.panel(4))
        assert "UNKNOWN" not in seen.panel(4)
        assert len(seen.panel(4).splitlines()) == 6


async def test_exposure_has_the_worst_event_first_with_its_cap_bar_and_outcomes() -> None:
    async with watched(size=LARGE) as seen:
        await seen.until(lambda: "home" in seen.panel(5))
        lines = seen.panel(5).splitlines()[1:]
        assert lines[0].startswith("Brackley")
        assert "375.57" in lines[0]
        assert "94%" in lines[0]
        assert "█" in lines[0]
        assert "home +12.00 (+4.00)" in lines[1]
        assert "away −8.00 (−375.57)" in lines[1]
        await seen.press("5", "5")
        await seen.until(lambda: "with open orders" in seen.panel(5))
        lines = seen.panel(5).splitlines()
        pending, _ = [line for line in lines if "with open orders" in line and "12.00" in line]
        assert "+12.00" in pending, "4.00 with the order of which nobody knows, whose 8.00 are not lost yet"
        assert "+4.00" in lines[lines.index(pending) + 1]
        assert "with UNKNOWN too" in lines[lines.index(pending) + 1]
        assert "if it wins" in seen.panel(5)


async def test_profit_stands_by_venue_beside_its_curve() -> None:
    async with watched(size=LARGE) as seen:
        await seen.until(lambda: "+4.10" in seen.panel(6))
        total, betfair, kalshi, matchbook, *_ = seen.panel(6).splitlines()[1:]
        assert total.split()[:5] == ["total", "+3.21", "+4.10", "−0.36", "−0.53"]
        assert "+1.82" in betfair
        assert "+2.15" in kalshi
        assert "−0.76" in matchbook
        assert any("⣿" in line for line in (total, betfair, kalshi, matchbook))
        assert "−1.00 … +4.50" in seen.panel(6)


async def test_profit_by_strategy_and_by_event_stands_below_and_with_headings_where_there_is_room() -> None:
    async with watched(size=LARGE) as seen:
        await seen.until(lambda: "maker" in seen.panel(6))
        names = [line[:7].strip() for line in seen.panel(6).splitlines()[1:]]
        assert names == ["total", "betfair", "kalshi", "matchbo", "maker", "taker", "Brackle", "Marston"]
        assert "day −12.50, may lose 3,000.00" in seen.panel(6)
        await seen.press("6", "6")
        await seen.until(lambda: "by strategy" in seen.panel(6))
        text = seen.panel(6)
        assert text.index("by venue") < text.index("betfair") < text.index("by strategy") < text.index("maker")
        assert text.index("by event") < text.index("Brackley Albion v Fenwick Town")
        await seen.press("slash", *"mak", "enter")
        await seen.until(lambda: "taker" not in seen.panel(6))
        assert "total" in seen.panel(6)


async def test_breaks_stand_above_what_agrees() -> None:
    async with watched() as seen:
        title, first, *others = seen.panel(7).splitlines()
        assert "1 open, 14.00" in title
        assert "unexpected" in first
        assert "31s" in first
        assert sum("agrees" in line for line in others) == 2
        await seen.press("7", "7")
        await seen.until(lambda: "theirs, not ours" in seen.panel(7))


async def test_no_break_is_no_proof_that_a_wallet_agrees() -> None:
    async with watched() as seen:
        overtaken = sample.recon("kalshi", wallet="overtaken", agreed_ms=sample.NOW_MS - 95_000)
        silent = sample.recon("matchbook", wallet="", agreed_ms=0)
        await seen.end.send(
            removed={"breaks": (sample.rows().breaks[0].id,)}, recon=(sample.recon("betfair"), overtaken, silent)
        )
        await seen.until(lambda: "1 of 3 wallets agree" in seen.panel(7).splitlines()[0])
        await seen.press("7", "7")
        await seen.until(lambda: "wallet not compared, never agreed yet" in seen.panel(7))
        assert "wallet overtaken, agreed " in seen.panel(7)
        assert [line.count("orders agree") for line in seen.panel(7).splitlines() if "matchbook" in line] == [1]
        await seen.end.send(recon=tuple(sample.recon(name) for name in ("betfair", "kalshi", "matchbook")))
        await seen.until(lambda: "wallets agree" not in seen.panel(7))
        assert " agrees " in seen.panel(7).splitlines()[0]


async def test_the_tape_has_the_newest_first_and_counts_what_repeats() -> None:
    async with watched() as seen:
        title, first, second, third = seen.panel(8).splitlines()
        assert "2 not acknowledged" in title
        assert "throttled ×7" in first
        assert "critical" in second
        assert "run began" in third


async def test_strategies_say_who_paused_them_and_why() -> None:
    async with watched() as seen:
        await seen.press("9")
        await seen.until(lambda: "PAUSED" in seen.panel(9))
        maker, taker = seen.panel(9).splitlines()[1:3]
        assert "runs" in maker
        assert "86.00" in maker
        assert "oper: lunch" in taker
        row = StrategyRow("maker", False, "", "", 3, 902, 41, 0, because_not="no fair value in 7, expired in 2")
        await seen.end.send(strategies=(row,))
        await seen.until(lambda: "no fair value in 7, expired in 2" in seen.panel(9))


async def test_below_the_strategies_stands_what_share_of_their_profit_each_limit_refused() -> None:
    async with watched() as seen:
        await seen.press("9")
        await seen.until(lambda: "refused" in seen.panel(9))
        assert "refused of the profit asked for: 3.1% order_rate, 0.4% cap_event" in seen.panel(9)


async def test_a_plan_says_how_uneven_it_is_for_how_long_and_what_that_may_lose() -> None:
    async with watched() as seen:
        await seen.press("9")
        await seen.until(lambda: "NAKED" in seen.panel(9))
        title, _, _, _, naked, legs, over, *_ = seen.panel(9).splitlines()
        assert "1 NAKED, may lose 6.50" in title
        assert naked.startswith("  arbitrage 12")
        assert "uneven by 12, retry, " in naked
        assert "leg2 working" in naked
        assert "BACK Brackley Albion 20 of 20; LAY Brackley Albion 8 of 20" in legs
        assert "over" in over
        assert "hedged" in over


def _fills(seen: Watched, size: tuple[int, int]) -> bool:
    return len(seen.screen()) == size[1] and {cell_len(line) for line in seen.screen()} == {size[0]}


@pytest.mark.parametrize("name", sorted(PALETTES))
async def test_every_line_fills_the_terminal_exactly_in_every_size(name: str) -> None:
    async with watched(palette=PALETTES[name]) as seen:
        for size in ((80, 24), LARGE, (40, 10), ORDINARY):
            await seen.pilot.resize_terminal(*size)
            await seen.until(partial(_fills, seen, size))
            assert "crossbook" in seen.screen()[0]


async def test_an_empty_desk_is_drawn_too() -> None:
    nothing: dict[str, Any] = dict.fromkeys(
        ("venues", "markets", "ladder", "orders", "exposure", "pnl", "history", "recon", "breaks", "alerts"), ()
    )
    async with watched(**nothing) as seen:
        await seen.until(lambda: "DEMO" in seen.header())
        for number in range(1, 10):
            await seen.press(str(number))
        assert "venues 0/0" in seen.header()
