"""Tables: amounts in units, and no figure cut short however narrow the terminal is."""

import io

from rich.console import Console

from desk.tables import Row, print_table


def shown(title: str, *rows: Row, width: int = 80) -> str:
    out = io.StringIO()
    print_table(title, rows, Console(file=out, width=width))
    return out.getvalue()


def test_amounts_are_shown_in_units() -> None:
    text = shown("exposure", {"event": "cup", "worst_loss_micros": -12_345_678, "bets": 3})
    assert "exposure" in text
    assert "worst loss" in text
    assert "-12.345678" in text
    assert "_micros" not in text


def test_lists_stand_side_by_side() -> None:
    text = shown("markets", {"outcomes": ("Reds", "draw"), "matched_micros": (5_000_000, -2_500_000), "open": True})
    assert "Reds / draw" in text
    assert "5.00 / -2.50" in text
    assert "yes" in text


def test_a_narrow_terminal_folds_figures_and_cuts_none() -> None:
    text = shown("orders", {"instrument": "one/match/home", "size_micros": 123_456_789_123_456}, width=16)
    figures = "".join(character for character in text if character in "0123456789.")
    assert figures == "123456789.123456"
    assert "…" not in text


def test_no_rows_are_said_to_be_none() -> None:
    assert shown("orders") == "orders: none\n"
