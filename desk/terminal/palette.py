"""What colours mean on the dashboard, in four sets: dark, light, sixteen colours, and none at all.

Whatever a colour says, a word or a sign beside it says too: the set without colours loses no meaning.
"""

from collections.abc import Mapping
from dataclasses import replace

import msgspec
from rich.console import Console
from rich.style import Style
from textual.theme import BUILTIN_THEMES, Theme


class Palette(msgspec.Struct, frozen=True):
    """Styles by meaning. `has_colours`: colours carry meaning, letters need not.

    `own_paper`: the dashboard paints its background; else the terminal's stays as it is.

    `back` and `lay` are what we can back and lay at, the field's blue and pink; `ours` marks our own orders.
    """

    name: str
    own_paper: bool
    has_colours: bool
    paper: Style
    strong: Style
    faint: Style
    title: Style
    title_focus: Style
    rule: Style
    rule_focus: Style
    heading: Style
    group: Style
    cursor: Style
    good: Style
    bad: Style
    warn: Style
    alarm: Style
    back: Style
    back_size: Style
    lay: Style
    lay_size: Style
    rising: Style
    falling: Style
    ours: Style
    fair: Style
    bar: Style
    bar_rest: Style
    brand: Style
    demo: Style
    paper_mode: Style
    live: Style
    calm: Style
    caution: Style
    reduce: Style
    stopped: Style
    flatten: Style
    key: Style


def _palette(name: str, paper: str, own_paper: bool, styles: Mapping[str, str]) -> Palette:
    base = Style.parse(paper)
    return Palette(
        name=name,
        own_paper=own_paper,
        has_colours=name != "plain",
        paper=base,
        **{k: Style.parse(v) for k, v in styles.items()},
    )


_PAPER_DARK, _PAPER_LIGHT = "#0c1118", "#fbf9f4"

DARK = _palette(
    "dark",
    f"#c9d3df on {_PAPER_DARK}",
    True,
    {
        "strong": "bold #f2f6fb",
        "faint": "#64748b",
        "title": "bold #8fa3bb",
        "title_focus": "bold #ffd479",
        "rule": "#243244",
        "rule_focus": "#b08d3c",
        "heading": "#64748b",
        "group": "bold #9fb8d8",
        "cursor": "on #1c2a3d",
        "good": "#5fd38d",
        "bad": "#ff6b6b",
        "warn": "#f2b84b",
        "alarm": "bold #ffffff on #c81e3a",
        "back": "bold #9ad0ff on #10263c",
        "back_size": "#6d9dc9 on #10263c",
        "lay": "bold #ffb3c7 on #35182a",
        "lay_size": "#c5839b on #35182a",
        "rising": "bold #7df0ae",
        "falling": "bold #ff8f8f",
        "ours": "bold #ffd479",
        "fair": "bold #d4b8ff",
        "bar": "#4f8fd6",
        "bar_rest": "#243244",
        "brand": "bold #0c1118 on #8fa3bb",
        "demo": "bold #04222a on #4fd0e0",
        "paper_mode": "bold #0a1430 on #8db4ff",
        "live": "bold #ffffff on #e0563b",
        "calm": "bold #05260f on #4cc47a",
        "caution": "bold #2b2000 on #f2c744",
        "reduce": "bold #2b1200 on #ff9d3c",
        "stopped": "bold #ffffff on #d11f3f",
        "flatten": "bold #ffffff on #a32cc4",
        "key": "bold #ffd479",
    },
)

LIGHT = _palette(
    "light",
    f"#2b3440 on {_PAPER_LIGHT}",
    True,
    {
        "strong": "bold #0b1118",
        "faint": "#7b8593",
        "title": "bold #45566b",
        "title_focus": "bold #8a4b00",
        "rule": "#d5d0c3",
        "rule_focus": "#c98a2b",
        "heading": "#7b8593",
        "group": "bold #274c77",
        "cursor": "on #ece4cf",
        "good": "#11733f",
        "bad": "#c21f30",
        "warn": "#9a5b00",
        "alarm": "bold #ffffff on #c81e3a",
        "back": "bold #0b4a86 on #dcecfb",
        "back_size": "#3f709c on #dcecfb",
        "lay": "bold #94214c on #fbe0e8",
        "lay_size": "#a5557a on #fbe0e8",
        "rising": "bold #0b7a3e",
        "falling": "bold #c21f30",
        "ours": "bold #8a4b00",
        "fair": "bold #5b2ca0",
        "bar": "#2f6fb5",
        "bar_rest": "#d5d0c3",
        "brand": "bold #fbf9f4 on #45566b",
        "demo": "bold #ffffff on #0a7c8c",
        "paper_mode": "bold #ffffff on #2c5fc4",
        "live": "bold #ffffff on #c23a1c",
        "calm": "bold #ffffff on #1c8048",
        "caution": "bold #2b2000 on #f2c744",
        "reduce": "bold #2b1200 on #ff9d3c",
        "stopped": "bold #ffffff on #c21634",
        "flatten": "bold #ffffff on #8a1fa8",
        "key": "bold #8a4b00",
    },
)

SIXTEEN = _palette(
    "sixteen",
    "default on default",
    False,
    {
        "strong": "bold",
        "faint": "dim",
        "title": "bold",
        "title_focus": "bold reverse",
        "rule": "dim",
        "rule_focus": "bold",
        "heading": "dim underline",
        "group": "bold",
        "cursor": "reverse",
        "good": "green",
        "bad": "red",
        "warn": "yellow",
        "alarm": "bold white on red",
        "back": "bold blue",
        "back_size": "blue",
        "lay": "bold magenta",
        "lay_size": "magenta",
        "rising": "bold green",
        "falling": "bold red",
        "ours": "bold yellow",
        "fair": "bold cyan",
        "bar": "blue",
        "bar_rest": "dim",
        "brand": "bold reverse",
        "demo": "bold black on cyan",
        "paper_mode": "bold white on blue",
        "live": "bold white on red",
        "calm": "bold black on green",
        "caution": "bold black on yellow",
        "reduce": "bold black on yellow",
        "stopped": "bold white on red",
        "flatten": "bold white on magenta",
        "key": "bold",
    },
)

PLAIN = _palette(
    "plain",
    "default on default",
    False,
    {
        **dict.fromkeys(("good", "warn", "back_size", "lay_size", "bar"), "default"),
        **dict.fromkeys(("faint", "rule", "bar_rest"), "dim"),
        **dict.fromkeys(
            ("strong", "title", "group", "bad", "back", "lay", "ours", "fair", "key", "rule_focus"), "bold"
        ),
        **dict.fromkeys(("rising", "falling"), "bold underline"),
        **dict.fromkeys(("cursor", "title_focus", "brand", "demo", "paper_mode", "calm"), "reverse"),
        **dict.fromkeys(("alarm", "live", "caution", "reduce", "stopped", "flatten"), "bold reverse"),
        "heading": "underline",
    },
)

PALETTES = {one.name: one for one in (DARK, LIGHT, SIXTEEN, PLAIN)}


def terminal_colours() -> str | None:
    """How many colours our terminal has, in rich's word for it: None, "standard", "256" or "truecolor"."""
    return Console().color_system


def choose_palette(asked: str, environ: Mapping[str, str], color_system: str | None) -> Palette:
    """The palette for a terminal: the one asked for, else what its environment and colours allow.

    `asked` is a name or "auto"; `color_system` is rich's word for what the terminal can show, None for no colours.
    """
    if environ.get("NO_COLOR") or color_system is None:
        return PLAIN
    if asked in PALETTES:
        return PALETTES[asked]
    if color_system == "standard":
        return SIXTEEN
    behind = environ.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT if behind in ("7", "15") else DARK


def theme(palette: Palette) -> Theme:
    """The theme behind dialogues, inputs and scroll bars that goes with a palette."""
    if not palette.own_paper:
        own = BUILTIN_THEMES["ansi-dark"]
        variables = {**own.variables, "input-cursor-background": "ansi_white", "input-cursor-foreground": "ansi_black"}
        return replace(own, name=palette.name, accent="ansi_default", variables=variables)
    is_dark = palette is DARK
    return Theme(
        name=palette.name,
        primary="#4f8fd6" if is_dark else "#2f6fb5",
        accent="#ffd479" if is_dark else "#8a4b00",
        foreground="#c9d3df" if is_dark else "#2b3440",
        background=_PAPER_DARK if is_dark else _PAPER_LIGHT,
        surface="#131b26" if is_dark else "#f1ede2",
        panel="#131b26" if is_dark else "#f1ede2",
        error="#c81e3a",
        dark=is_dark,
    )
