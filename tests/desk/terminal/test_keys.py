"""Every key does what the help says: it moves, asks, confirms, sends with who and why, or leaves."""

from functools import partial

import pytest
from textual.widgets import Input

from desk.terminal.dialogues import LEVEL_WORDS, UNSAID, Confirm, Kill, Reading
from desk.terminal.key_help import KEYS
from desk.terminal.palette import DARK, LIGHT, PLAIN
from desk.terminal.panel import Panel
from desk.terminal.resuming import Resume
from desk.views import AlertRow, MarketsOf
from tests.desk.terminal import sample
from tests.desk.terminal.watching import Watched, watched


def shown(seen: Watched) -> str:
    return seen.drawn()


def _is_tall(panel: Panel) -> bool:
    return panel.size.height > 25


async def test_a_number_goes_to_its_panel_and_again_fills_the_screen() -> None:
    async with watched() as seen:
        body = seen.app.watching.body
        for number in (1, 2, 3, 4, 5, 6, 7, 8):
            await seen.press(str(number))
            assert body.panels[number].has_focus
            assert body.full is None or number == 2
            if body.full is None:  # 2 had the focus already
                await seen.press(str(number))
            assert body.full is body.panels[number]
            await seen.until(partial(_is_tall, body.panels[number]))
            await seen.press("0")
            assert body.full is None
        await seen.press("9")  # it has no place among the others on this terminal
        assert body.full is body.panels[9]


async def test_z_fills_and_escape_goes_back() -> None:
    async with watched() as seen:
        await seen.press("4", "z")
        assert seen.app.watching.body.full is seen.app.watching.body.panels[4]
        await seen.press("escape")
        assert seen.app.watching.body.full is None


async def test_l_hides_the_log_so_that_markets_have_its_room() -> None:
    async with watched() as seen:
        panels = seen.app.watching.body.panels
        before = panels[2].size.height
        await seen.press("l")
        await seen.until(lambda: panels[2].size.height > before and not panels[8].size.area)
        await seen.press("8")
        await seen.until(lambda: panels[8].size.area)
        await seen.press("0", "l")
        await seen.until(lambda: panels[2].size.height == before)


async def test_tab_walks_through_the_panels_in_sight() -> None:
    async with watched() as seen:
        await seen.press("tab")
        first = seen.app.screen.focused
        await seen.press("shift+tab")
        assert seen.app.screen.focused is seen.app.watching.body.panels[2]
        assert first is not seen.app.screen.focused


async def test_arrows_move_the_cursor_and_skip_headings() -> None:
    async with watched() as seen:
        grid = seen.app.watching.body.panels[2]
        await seen.press("down", "down", "down")
        assert grid.chosen == "marston/match_odds#0"
        await seen.press("home")
        assert grid.chosen == "brackley/match_odds#0"
        await seen.press("end")
        assert grid.chosen == "marston/over_under_25#1"
        await seen.press("pageup")
        assert grid.chosen == "brackley/match_odds#0"
        await seen.press("right")
        assert grid.chosen == "brackley/match_odds#1"


async def test_the_filter_keeps_lines_with_all_its_words_and_escape_drops_it() -> None:
    async with watched() as seen:
        await seen.press("slash", *"ston", "space", *"dr", "enter")
        await seen.until(lambda: "Fenwick" not in seen.panel(2))
        assert [line for line in seen.panel(2).splitlines() if "draw" in line] == seen.panel(2).splitlines()[2:]
        assert len(seen.panel(4).splitlines()) == 1
        assert "filter: ston dr" in shown(seen)
        await seen.press("escape")
        await seen.until(lambda: "Fenwick" in seen.panel(2))


def asked(seen: Watched) -> MarketsOf:
    """The markets that were asked for last."""
    return seen.end.watched[-1].markets


async def test_brackets_turn_through_markets_that_do_not_all_stand_here() -> None:
    async with watched(header=(sample.header(markets_total=130),)) as seen:
        await seen.until_said(lambda: seen.panel(2), "markets 1-3 of 130")
        await seen.press("left_square_bracket")
        assert "no markets before these" in seen.foot
        for first in (60, 120):
            await seen.press("right_square_bracket")
            await seen.until(partial(lambda first: asked(seen) == MarketsOf(first=first), first))
            await seen.until_said(lambda: seen.panel(2), f"markets {first + 1}-{first + 3} of 130")
        await seen.press("right_square_bracket")
        assert "no markets after these: 130 in all" in seen.foot
        await seen.press("left_square_bracket")
        await seen.until(lambda: asked(seen) == MarketsOf(first=60))


async def test_a_filter_is_asked_of_the_engine_where_markets_stand_outside() -> None:
    async with watched(header=(sample.header(markets_total=130),)) as seen:
        await seen.until(lambda: seen.app.picture.rows.header)
        await seen.press("right_square_bracket", "slash", *"marston")
        await seen.until(lambda: asked(seen) == MarketsOf("marston"))
        await seen.press("escape")
        await seen.until(lambda: asked(seen) == MarketsOf())


async def test_space_freezes_the_view_and_shows_all_of_it_again() -> None:
    async with watched() as seen:
        await seen.press("space")
        assert "VIEW FROZEN" in seen.header()
        await seen.end.send(removed={"orders": ("r3",)})
        await seen.until(lambda: seen.app.picture.rows.order("r3") is None)
        await seen.pilot.pause(0.3)
        assert "UNKNOWN" in seen.panel(4)
        await seen.press("space")
        await seen.until(lambda: "UNKNOWN" not in seen.panel(4))
        assert "VIEW FROZEN" not in seen.header()


async def test_enter_tells_the_story_of_the_order_under_the_cursor() -> None:
    async with watched() as seen:
        for keys, ref in ((["4"], "r3"), (["2"], "r1"), (["3", "up", "up"], "r1")):
            await seen.press(*keys, "enter")
            assert isinstance(seen.app.screen, Reading), "it opens at once, so that it comes up in nobody's way"
            await seen.until(lambda: seen.end.heard)
            assert seen.end.heard.pop() == (f"/v1/explain/{ref}", {})
            await seen.until(lambda: "420 ms old" in shown(seen))
            await seen.press("escape")
            assert not isinstance(seen.app.screen, Reading)


async def test_enter_where_nothing_is_ours_says_so() -> None:
    async with watched() as seen:
        await seen.press("down", "enter")
        await seen.until(lambda: "nothing of ours" in seen.foot)
        assert seen.end.heard == []


async def test_p_rests_a_strategy_once_confirmed() -> None:
    async with watched() as seen:
        for key in ("9", "4"):
            await seen.press(key, "p")
            assert isinstance(seen.app.screen, Confirm)
            await seen.press("y")
            await seen.until(lambda: seen.end.heard)
            assert seen.end.heard.pop() == ("/v1/pause", {"who": "oper", "why": UNSAID, "strategy": "maker"})
            await seen.until_said(lambda: seen.foot, "maker rests")


async def test_w_types_the_reason_before_it_is_done() -> None:
    async with watched() as seen:
        await seen.press("9", "p", "w", *"odd", "enter")
        await seen.until(lambda: seen.end.heard)
        assert seen.end.heard == [("/v1/pause", {"who": "oper", "why": "odd", "strategy": "maker"})]


async def test_p_offers_a_strategy_that_rests_to_be_resumed_with_a_reason() -> None:
    async with watched() as seen:
        await seen.press("9", "down", "p")
        assert isinstance(seen.app.screen, Resume)
        await seen.press("enter")
        await seen.until_said(seen.drawn, "a stop is lifted with a reason")
        assert seen.end.heard == []
        await seen.press(*"fed", "enter")
        await seen.until(lambda: seen.end.heard)
        assert seen.end.heard == [("/v1/resume", {"who": "oper", "why": "fed", "strategy": "taker"})]


async def test_resume_lifts_all_or_one_level_or_one_pause_with_a_reason() -> None:
    stopped = sample.header(kill_level=2, kill_name="reduce only", kill_who="ann", kill_why="odd")
    ways: list[tuple[str, dict[str, object], str]] = [
        ("/v1/resume", {"strategy": ""}, "resumed: everything"),
        ("/v1/halt", {"level": 1, "lower": True}, "resumed: level 1"),
        ("/v1/halt", {"level": 0, "lower": True}, "resumed: level 0"),
        ("/v1/resume", {"strategy": "taker"}, "resumed: taker"),
    ]
    async with watched(header=(stopped,)) as seen:
        await seen.until(lambda: seen.app.picture.rows.strategies)
        for down, (path, body, said) in enumerate(ways):
            await seen.press("R", *["down"] * down)
            await seen.until_said(seen.drawn, "Kill level 2, reduce only, by ann: odd.")
            await seen.press(*"ok", "enter")
            await seen.until(lambda: seen.end.heard)
            assert seen.end.heard.pop() == (path, {"who": "oper", "why": "ok", **body})
            await seen.until_said(lambda: seen.foot, said)


async def test_resume_says_when_nothing_is_stopped() -> None:
    async with watched(strategies=()) as seen:
        await seen.press("R")
        assert "nothing is stopped" in seen.foot


async def test_a_round_is_asked_for_with_one_venue_or_with_all() -> None:
    async with watched() as seen:
        for keys, venue in ((["2"], ""), (["1"], "betfair"), (["7"], "kalshi")):
            await seen.press(*keys, "r")
            await seen.until(lambda: seen.end.heard)
            assert seen.end.heard.pop() == ("/v1/reconcile", {"who": "oper", "why": UNSAID, "venue": venue})
            await seen.until_said(lambda: seen.foot, f"with {venue or 'every venue'}")


async def test_p_elsewhere_asks_which_strategy() -> None:
    async with watched() as seen:
        await seen.press("p")
        assert "which strategy?" in seen.foot


async def test_cancel_all_is_sent_once_confirmed_and_not_otherwise() -> None:
    async with watched() as seen:
        await seen.press("C")
        assert "4 open orders at all venues, 106.00 at risk" in shown(seen)
        await seen.press("n")
        await seen.press("C", "escape")
        await seen.press("C", "y")
        await seen.until(lambda: seen.end.heard)
        assert seen.end.heard == [("/v1/cancel-all", {"who": "oper", "why": UNSAID, "venue": ""})]


async def test_c_cancels_the_order_under_the_cursor() -> None:
    async with watched() as seen:
        for keys, ref, told in (
            (["4"], "r3", "LAY 8 at 2.02"),
            (["down"], "r1", "BACK 40 at 2.06"),
            (["2"], "r1", "2 more of ours"),
        ):
            await seen.press(*keys, "c")
            await seen.until_said(seen.drawn, told)
            await seen.press("y")
            await seen.until(lambda: seen.end.heard)
            assert seen.end.heard.pop() == ("/v1/cancel", {"who": "oper", "why": UNSAID, "order": ref})
            await seen.until_said(lambda: seen.foot, f"told to cancel {ref}")


async def test_a_plan_leads_to_its_orders_and_its_strategy() -> None:
    async with watched() as seen:
        await seen.press("9", "down", "down", "c", "y")
        await seen.until(lambda: seen.end.heard)
        assert seen.end.heard.pop() == ("/v1/cancel", {"who": "oper", "why": UNSAID, "order": "r3"})
        await seen.press("p")
        assert isinstance(seen.app.screen, Resume), "its strategy rests"


async def test_c_on_a_venue_cancels_all_there() -> None:
    async with watched() as seen:
        for keys, venue in ((["1", "down"], "kalshi"), (["7", "end"], "matchbook")):
            await seen.press(*keys, "c", "y")
            await seen.until(lambda: seen.end.heard)
            assert seen.end.heard.pop() == ("/v1/cancel-all", {"who": "oper", "why": UNSAID, "venue": venue})


async def test_c_where_nothing_is_ours_or_all_is_over_asks_what() -> None:
    async with watched() as seen:
        for keys in (["down"], ["4", "end"]):
            await seen.press(*keys, "c")
            assert "C takes all" in seen.foot
            assert seen.app.screen is seen.app.watching


async def test_flatten_shows_the_plan_and_sends_nothing() -> None:
    async with watched() as seen:
        await seen.press("F")
        await seen.until(lambda: isinstance(seen.app.screen, Reading))
        await seen.until_said(seen.drawn, "1 order, 1.24 USD against the fair values")
        assert seen.end.heard == []


async def test_a_kill_level_is_set_by_its_own_word_only() -> None:
    async with watched() as seen:
        for level, word in enumerate(LEVEL_WORDS):
            await seen.press("K", *["up"] * 3, *["down"] * level)
            dialogue = seen.app.screen
            assert isinstance(dialogue, Kill)
            dialogue.query_one("#word", Input).value = LEVEL_WORDS[level - 1]
            dialogue.query_one("#why", Input).value = "odd"
            await seen.press("enter")
            await seen.until_said(seen.drawn, f"nothing was done: type {word}")
            assert seen.end.heard == []
            dialogue.query_one("#word", Input).value = word
            await seen.press("enter")
            await seen.until(lambda: seen.end.heard)
            assert seen.end.heard.pop() == ("/v1/halt", {"who": "oper", "why": "odd", "level": level})
            await seen.until_said(lambda: seen.foot, f"kill level {level}")


async def test_the_word_is_typed_by_hand_and_tab_leads_to_the_reason() -> None:
    async with watched() as seen:
        await seen.press("K", *"cancel", "tab", *"odd", "enter")
        await seen.until(lambda: seen.end.heard)
        assert seen.end.heard == [("/v1/halt", {"who": "oper", "why": "odd", "level": 3})]


async def test_a_level_goes_down_with_a_reason_only() -> None:
    async with watched(header=(sample.header(kill_level=3),)) as seen:
        await seen.until(lambda: seen.app.picture.rows.header)
        await seen.press("K", *"resume", "enter")
        await seen.until_said(seen.drawn, "say why the level may go down")
        assert seen.end.heard == []
        await seen.press(*"fed", "enter")
        await seen.until(lambda: seen.end.heard)
        assert seen.end.heard == [("/v1/halt", {"who": "oper", "why": "fed", "level": 0})]


async def test_escape_leaves_the_kill_dialogue_and_sends_nothing() -> None:
    async with watched() as seen:
        await seen.press("K", *"cancel", "escape")
        assert not isinstance(seen.app.screen, Kill)
        await seen.pilot.pause(0.1)
        assert seen.end.heard == []


async def test_who_only_watches_can_ask_and_change_nothing() -> None:
    async with watched(who="") as seen:
        for keys in (["4", "p"], ["C"], ["c"], ["K"], ["R"], ["r"]):
            await seen.press(*keys)
            assert "only watches" in seen.foot
            assert seen.app.screen is seen.app.watching
        await seen.press("F")
        await seen.until(lambda: isinstance(seen.app.screen, Reading))
        assert seen.end.heard == []


async def test_what_the_engine_refuses_is_said() -> None:
    async with watched() as seen:
        seen.end.refusal = "the desk is stopping"
        await seen.press("C", "y")
        await seen.until(lambda: "NOT DONE: the desk is stopping" in seen.foot)


async def test_alerts_are_acknowledged_and_new_ones_are_not() -> None:
    async with watched() as seen:
        await seen.press("a")
        await seen.until(lambda: "not acknowledged" not in seen.panel(8))
        assert seen.panel(8).count("✓") == 3
        await seen.end.send(alerts=(AlertRow("a4", sample.NOW_MS, "warning", "again"),))
        await seen.until(lambda: "1 not acknowledged" in seen.panel(8))


async def test_t_turns_dark_into_light_and_back() -> None:
    async with watched() as seen:
        await seen.press("t")
        assert seen.app.palette is LIGHT
        await seen.press("t")
        assert seen.app.palette is DARK


async def test_a_terminal_with_its_own_colours_keeps_them() -> None:
    async with watched(palette=PLAIN) as seen:
        await seen.press("t")
        assert seen.app.palette is PLAIN
        assert "own colours" in seen.foot


async def test_the_help_names_every_key_and_what_leaving_does() -> None:
    async with watched() as seen:
        await seen.press("question_mark")
        text = shown(seen)
        for one in KEYS[:-1]:
            assert one.key in text
            assert one.does[:40] in text
        assert "leave: it goes on" in text
        await seen.press("question_mark")
        assert not isinstance(seen.app.screen, Reading)


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_leaving_closes_the_dashboard_and_sends_nothing(key: str) -> None:
    async with watched() as seen:
        await seen.press(key)
        assert not seen.app.is_running or seen.app._exit
        assert seen.end.heard == []
