"""A picture of a sum: each part begins where the one before it ended, and the last bar is what they came to."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from desk.reports.charts import WIDE, svg
from desk.reports.figures import money, tick_text
from desk.reports.scales import round_scale
from domain.money import MICROS

LEFT, RIGHT, TOP, BOTTOM = 70.0, 8.0, 22.0, 40.0


class Step(NamedTuple):
    """A part of a sum, micros."""

    name: str
    micros: int


def waterfall(steps: Sequence[Step], *, label: str, width: float = WIDE, height: float = 330.0) -> str:
    """Parts and their sum."""
    ends, run = [0], 0
    for step in steps:
        run += step.micros
        ends.append(run)
    scale = round_scale([value / MICROS for value in ends], start=height - BOTTOM, end=TOP)
    parts = []
    for value in scale.ticks:
        y = scale.at(value)
        parts.append(f'<path class="{"grid" if value else "zero"}" d="M{LEFT} {y}H{width - RIGHT}"/>')
        text = tick_text(value, scale.step)
        parts.append(f'<text class="tick" text-anchor="end" x="{LEFT - 8}" y="{y + 4}">{text}</text>')
    room = (width - LEFT - RIGHT) / (len(steps) + 1)
    bars = [(step.name, ends[n], ends[n + 1], step.micros) for n, step in enumerate(steps)]
    for number, (name, begin, end, micros) in enumerate([*bars, ("net profit", 0, run, run)]):
        x = LEFT + room * number
        style = "plain" if not micros else "high" if micros > 0 else "over"
        style = style if number < len(steps) else "mid"
        low, high = sorted((scale.at(begin / MICROS), scale.at(end / MICROS)))
        told = f"{name}: {money(micros, signed=True)}"
        parts.append(
            f'<rect class="bar {style}" x="{x + room * 0.16:.1f}" y="{low:.1f}" width="{room * 0.68:.1f}" '
            f'height="{max(1.0, high - low):.1f}" rx="1.5"><title>{escape(told)}</title></rect>'
        )
        if number < len(steps):
            y = scale.at(end / MICROS)
            parts.append(f'<path class="span" d="M{x + room * 0.84:.1f} {y:.1f}H{x + room * 1.16:.1f}"/>')
        middle = x + room / 2
        parts.append(
            f'<text class="value" text-anchor="middle" x="{middle:.1f}" y="{low - 6:.1f}">{money(micros, signed=True)}'
            "</text>"
        )
        for line, word in enumerate(_two_lines(name)):
            parts.append(
                f'<text class="tick" text-anchor="middle" x="{middle:.1f}" y="{height - 22 + 14 * line:.1f}">'
                f"{escape(word)}</text>"
            )
    return svg(width, height, parts, label)


def _two_lines(name: str) -> list[str]:
    """A name broken at its first blank."""
    first, _, rest = name.partition(" ")
    return [first, rest] if rest else [first]
