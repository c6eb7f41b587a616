"""Pictures as inline SVG: lines over time, bars beside a zero, a span against a cap; colours are the page's."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from desk.reports.figures import day_and_minute, money, tick_text
from desk.reports.results import Points
from desk.reports.scales import Clock, Scale, round_scale
from domain.money import MICROS

WIDE = 1160.0
HALF = 560.0
LEFT, RIGHT, TOP, BOTTOM = 78.0, 108.0, 14.0, 30.0
LETTER = 6.6
"""About as wide is a letter beside an axis."""


class Line(NamedTuple):
    """A series with its name and the CSS class that colours it."""

    name: str
    style: str
    points: Points


class Bar(NamedTuple):
    """A bar from zero: value, CSS class, and the words that appear over it."""

    value: float
    style: str
    title: str


def svg(width: float, height: float, parts: Iterable[str], label: str) -> str:
    """A picture that scales with the page and tells a screen reader what it is."""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(label, quote=True)}">'
        f"{''.join(parts)}</svg>"
    )


def over_time(
    lines: Sequence[Line],
    *,
    label: str,
    width: float = WIDE,
    height: float = 320.0,
    clock_of: Sequence[Line] = (),
    counts: bool = False,
) -> str:
    """Step lines over the cut clock, named at their ends; `clock_of` lines share the clock without being drawn.

    Values are money, in micros, or `counts` of things, in micros too.
    """
    clock = Clock((at for line in (*lines, *clock_of) for at, _ in line.points), start=LEFT, end=width - RIGHT)
    known = [
        value / MICROS for line in lines for value in (min(v for _, v in line.points), max(v for _, v in line.points))
    ]
    scale = round_scale(known, start=height - BOTTOM, end=TOP, ticks=max(3, int(height // 56)))
    parts = [*_grid(scale, width), *_clock(clock, height)]
    for line in lines:
        for stretch in _split(line.points, clock):
            path = _steps(stretch, clock, scale)
            parts.append(f'<path class="line {line.style}" d="{path}"><title>{escape(line.name)}</title></path>')
    parts += _ends(lines, scale, width, height - BOTTOM, counts=counts)
    return svg(width, height, parts, label)


def columns(
    groups: Sequence[tuple[str, Sequence[Bar]]],
    *,
    label: str,
    width: float = HALF,
    height: float = 260.0,
    unit: str = "",
    beside: Iterable[float] = (),
) -> str:
    """Bars upright in groups, above and below zero; `beside` are values of pictures that must share the scale."""
    known = [*beside, *(bar.value for _, bars in groups for bar in bars)]
    scale = round_scale(known, start=height - BOTTOM, end=TOP)
    left, right = LEFT - 10, 6.0
    parts = _grid(scale, width, left=left, right=right, unit=unit)
    room = (width - left - right) / max(1, len(groups))
    zero = scale.at(0)
    for number, (name, bars) in enumerate(groups):
        wide = min(26.0, room * 0.78 / max(1, len(bars)))
        x = left + room * (number + 0.5) - wide * len(bars) / 2
        for bar in bars:
            y = scale.at(bar.value)
            parts.append(
                f'<rect class="bar {bar.style}" x="{x:.1f}" y="{min(y, zero)}" width="{max(1.0, wide - 1.5):.1f}" '
                f'height="{max(0.75, abs(y - zero)):.2f}"><title>{escape(bar.title)}</title></rect>'
            )
            x += wide
        middle = left + room * (number + 0.5)
        parts += _under(name, middle, height, room)
    parts.append(f'<path class="zero" d="M{left} {zero}H{width - right}"/>')
    return svg(width, height, parts, label)


def spans(rows: Sequence[tuple[str, Sequence[Bar]]], *, label: str, width: float = WIDE) -> str:
    """One row a name: a dot a bar on one shared axis, joined by a thin line, so that the spread is what one sees."""
    left, right, line = 300.0, 110.0, 24.0
    height = line * len(rows) + 34
    scale = round_scale([bar.value for _, bars in rows for bar in bars], start=left, end=width - right, ticks=6)
    parts = []
    for value in scale.ticks:
        x = scale.at(value)
        parts.append(f'<path class="{"grid" if value else "zero"}" d="M{x} 6V{height - 24}"/>')
        parts.append(
            f'<text class="tick" text-anchor="middle" x="{x}" y="{height - 8}">{tick_text(value, scale.step)}</text>'
        )
    for number, (name, bars) in enumerate(rows):
        y = 6 + line * (number + 0.5)
        places = [scale.at(bar.value) for bar in bars]
        parts.append(f'<text class="row" x="0" y="{y + 4}">{escape(name)}</text>')
        parts.append(f'<path class="span" d="M{min(places)} {y}H{max(places)}"/>')
        for smaller, (bar, x) in enumerate(zip(bars, places, strict=True)):  # equal ones show as rings
            parts.append(
                f'<circle class="dot {bar.style}" cx="{x}" cy="{y}" r="{7 - 2 * smaller}">'
                f"<title>{escape(bar.title)}</title></circle>"
            )
        middle = money(round(bars[len(bars) // 2].value * MICROS), signed=True)
        parts.append(f'<text class="value" text-anchor="end" x="{width}" y="{y + 4}">{middle}</text>')
    return svg(width, height, parts, label)


def against_cap(
    rows: Sequence[Bar], cap: float, *, label: str, width: float = HALF, caption: str = "cap per event"
) -> str:
    """Lying bars that grow towards a cap; one that passes it is drawn past it, in the colour of alarm."""
    line, top = 38.0, 26.0 if caption else 2.0
    reach = max([cap, *(bar.value for bar in rows)]) * 1.04 or 1.0
    scale = Scale(0.0, reach, 0.0, width, 1.0, ())
    parts = []
    for number, bar in enumerate(rows):
        y = top + line * number
        style = "over" if bar.value > cap else bar.style
        parts.append(f'<rect class="track" x="0" y="{y + 16}" width="{scale.at(cap)}" height="12" rx="2"/>')
        parts.append(
            f'<rect class="bar {style}" x="0" y="{y + 16}" width="{max(1.0, scale.at(bar.value))}" height="12" rx="2"/>'
        )
        parts.append(f'<text class="row" x="0" y="{y + 10}">{escape(bar.title)}</text>')
    x, height = scale.at(cap), top + line * len(rows)
    if caption:
        parts.append(f'<path class="cap" d="M{x} {top - 8}V{height}"/>')
        parts.append(f'<text class="name cap-name" text-anchor="end" x="{x}" y="12">{caption}</text>')
    return svg(width, height + 4, parts, label)


def _under(name: str, middle: float, height: float, room: float) -> list[str]:
    """The name of a group below it, broken at its middlemost blank where it would touch its neighbour."""
    cuts = [place for place, letter in enumerate(name) if letter == " "]
    told = [name]
    if len(name) * LETTER > room and cuts:
        cut = min(cuts, key=lambda place: abs(place - len(name) / 2))
        told = [name[:cut], name[cut + 1 :]]
    return [
        f'<text class="tick" text-anchor="middle" x="{middle:.1f}" y="{height - 13 + 13 * line}">{escape(text)}</text>'
        for line, text in enumerate(told)
    ]


def _grid(
    scale: Scale,
    width: float,
    *,
    left: float = LEFT,
    right: float = RIGHT,
    unit: str = "",
) -> list[str]:
    parts = []
    for value in scale.ticks:
        y = scale.at(value)
        parts.append(f'<path class="{"grid" if value else "zero"}" d="M{left} {y}H{width - right}"/>')
        text = tick_text(value, scale.step) + unit
        parts.append(f'<text class="tick" text-anchor="end" x="{left - 8}" y="{y + 4}">{text}</text>')
    return parts


def _clock(clock: Clock, height: float) -> list[str]:
    parts = []
    for before, after in pairwise(clock.stretches):
        middle = (before.end + after.start) / 2
        parts.append(
            f'<path class="cut" d="M{middle:.1f} {TOP}V{height - BOTTOM}"><title>nothing was recorded between '
            f"{day_and_minute(before.last_ms)} and {day_and_minute(after.first_ms)}</title></path>"
        )
    for x, text in clock.ticks(apart=136.0):
        parts.append(f'<path class="grid" d="M{x} {height - BOTTOM}v4"/>')
        parts.append(f'<text class="tick" x="{x}" y="{height - BOTTOM + 18}">{text}</text>')
    return parts


def _split(points: Points, clock: Clock) -> Iterable[Points]:
    """The points of each stretch, begun with the value that was carried into it."""
    held: tuple[int, int] | None = None
    for stretch in clock.stretches:
        inside = [point for point in points if stretch.first_ms <= point[0] <= stretch.last_ms]
        if held is not None:
            inside.insert(0, (stretch.first_ms, held[1]))
        if inside:
            held = inside[-1]
            yield (*inside, (stretch.last_ms, held[1]))


def _steps(points: Points, clock: Clock, scale: Scale) -> str:
    """Steps, thinned to what a column of pixels can show: its first, lowest, highest and last value."""
    path, column, values = [], -1.0, [0]
    for at_ms, value in points:
        x = round(clock.at(at_ms))
        if x == column:
            values.append(value)
            continue
        if column >= 0:
            path.append(_column(column, values, scale))
        column, values = x, [value]
    path.append(_column(column, values, scale))
    return _joined(path)


def _column(x: float, values: list[int], scale: Scale) -> str:
    shown = [values[0]]
    if len(values) > 2:
        shown += [min(values), max(values)] if values[-1] > values[0] else [max(values), min(values)]
    shown.append(values[-1])
    places = [f"{scale.at(value / MICROS):g}" for value in shown]
    kept = [place for number, place in enumerate(places) if number == 0 or place != places[number - 1]]
    return f"{x:g} " + "V".join(kept)


def _joined(path: list[str]) -> str:
    """Columns as one step line: over to the next column at the old height, then to its values."""
    first, *rest = path
    return f"M{first}" + "".join(f"H{one.replace(' ', 'V', 1)}" for one in rest)


def _ends(lines: Sequence[Line], scale: Scale, width: float, bottom: float, *, counts: bool) -> list[str]:
    """Names and last values beside the ends of lines, pushed apart where they would touch, inside the picture."""
    ends = sorted(((scale.at(line.points[-1][1] / MICROS), line) for line in lines), key=lambda end: end[0])
    places: list[float] = []
    for y, _ in ends:
        places.append(max(y, places[-1] + 29) if places else y)
    for number in reversed(range(len(places))):
        below = places[number + 1] - 29 if number + 1 < len(places) else bottom - 10
        places[number] = min(places[number], below)
    x = width - RIGHT + 8
    parts = []
    for at, (_, line) in zip(places, ends, strict=True):
        parts.append(f'<text class="name {line.style}" x="{x}" y="{at - 1:.1f}">{escape(line.name)}</text>')
        last = line.points[-1][1]
        value = f"{last // MICROS:,}" if counts else money(last, signed=True)
        parts.append(f'<text class="value" x="{x}" y="{at + 12:.1f}">{value}</text>')
    return parts
