"""Figures at a glance: short, never wrong in the last place they show, and the same width whatever they are."""

import pytest

from desk.terminal.figures import age, bar, chart, count, money, percent, short_names, size, span
from desk.terminal.lines import Column, cell, fit, lay_out, length
from desk.terminal.palette import DARK, LIGHT, PLAIN, SIXTEEN, choose_palette

M = 1_000_000


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0.00"),
        (4_999, "0.00"),
        (5_000, "0.01"),
        (-5_000, "−0.01"),
        (-4_999, "0.00"),
        (1_234_567_890, "1,234.57"),
        (99_999_994_999, "99,999.99"),
        (100_000 * M, "100,000"),
    ],
)
def test_money_is_rounded_to_the_hundredth(micros: int, text: str) -> None:
    assert money(micros) == text


def test_a_profit_bears_its_sign() -> None:
    assert [money(one * M, signed=True) for one in (-1, 0, 1)] == ["−1.00", "0.00", "+1.00"]


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, ""), (200_000, "0.2"), (8_500_000, "8.5"), (9_960_000, "10"), (120 * M, "120"), (1_234 * M, "1.2k"),
     (35_400 * M, "35k"), (1_200_000 * M, "1.2M"), (10_000, "<0.1")],
)  # fmt: skip
def test_sizes_fit_in_five_characters(micros: int, text: str) -> None:
    assert size(micros) == text


def test_shares_ages_spans_and_counts() -> None:
    assert [percent(634_000), percent(-1_234, signed=True), percent(40, signed=True)] == ["63.4", "−0.1", "0.0"]
    assert [age(ms) for ms in (0, 9_999, 12_000, 150_000, 7_200_000, 10**9)] == [
        "0.0s",
        "9.9s",
        "12s",
        "2m",
        "2h",
        "11d",
    ]
    assert [span(us) for us in (0, 85, 1_234, 35_000, 1_500_000)] == ["-", "85µs", "1.2ms", "35ms", "1.5s"]
    assert [count(n) for n in (0, 9_999, 12_345, 4_500_000)] == ["0", "9999", "12.3k", "4.5M"]


@pytest.mark.parametrize(
    ("ppm", "full"), [(0, ""), (1, "▏"), (500_000, "█████"), (1_000_000, "█" * 10), (9 * M, "█" * 10)]
)
def test_a_bar_is_as_full_as_its_share_and_never_longer(ppm: int, full: str) -> None:
    assert bar(ppm, 10) == (full, "─" * (10 - len(full)))


def test_a_chart_fills_from_nought_to_the_value() -> None:
    up, down = chart([0, 0, 7, 7], width=2, height=2), chart([-7, -7, 0, 0], width=2, height=2)
    assert up == [" ⣿", "⣀⣿"]
    assert down == ["⣿⠉", "⣿ "]
    assert chart([], width=3, height=1) == ["   "]
    assert len(chart(range(1000), width=20, height=3)[0]) == 20


def test_names_are_cut_as_short_as_they_differ() -> None:
    assert short_names(["abacus", "abakan", "zoo"]) == {"abacus": "abac", "abakan": "abak", "zoo": "zoo"}


def test_columns_share_what_is_left_and_leave_when_there_is_no_room() -> None:
    columns = (Column("a", "a", 3, grow=1), Column("b", "b", 3), Column("c", "c", 3, from_width=30))
    assert [(one.column.key, one.width) for one in lay_out(columns, 20)] == [("a", 16), ("b", 3)]
    assert sum(one.width for one in lay_out(columns, 40)) == 38


@pytest.mark.parametrize("width", range(8))
def test_a_cell_is_made_exactly_so_wide(width: int) -> None:
    pieces = (*cell("ab", DARK.bad), *cell("cde", DARK.good))
    assert length(fit(pieces, width)) == width
    assert length(fit(pieces, width, right=True)) == width


@pytest.mark.parametrize(
    ("asked", "environ", "colours", "expected"),
    [
        ("auto", {}, "truecolor", DARK),
        ("auto", {"COLORFGBG": "0;15"}, "256", LIGHT),
        ("auto", {"COLORFGBG": "15;0"}, "256", DARK),
        ("auto", {}, "standard", SIXTEEN),
        ("auto", {"NO_COLOR": "1"}, "truecolor", PLAIN),
        ("dark", {"NO_COLOR": "1"}, "truecolor", PLAIN),
        ("auto", {}, None, PLAIN),
        ("light", {}, "truecolor", LIGHT),
    ],
)  # fmt: skip
def test_colours_go_by_what_is_asked_and_what_the_terminal_can_show(asked, environ, colours, expected) -> None:
    assert choose_palette(asked, environ, colours) is expected


def test_without_colours_no_style_has_one() -> None:
    styles = [
        value
        for name in PLAIN.__struct_fields__
        if name not in ("name", "own_paper", "has_colours")
        for value in [getattr(PLAIN, name)]
    ]
    assert all(style.color is None or style.color.is_default for style in styles)
    assert all(style.bgcolor is None or style.bgcolor.is_default for style in styles)


def test_a_brief_amount_leaves_cents_out_from_a_thousand_on() -> None:
    told = [money(units * 1_000_000 + 250_000, signed=True, brief=True) for units in (0, 999, 1_000, -1_381, 250_000)]
    assert told == ["+0.25", "+999.25", "+1,000", "−1,381", "+250,000"]
