"""Figures as people read them at a glance: amounts, sizes, chances, ages, bars, and a small chart."""

from collections.abc import Sequence

from domain.money import MICROS

MINUS = "\N{MINUS SIGN}"
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""Braille dots of the left and the right half of a character, from the lowest up."""


def money(micros: int, *, signed: bool = False, brief: bool = False) -> str:
    """An amount to the hundredth, halves away from zero; from 100,000 up, `brief` from 1,000 up, to the unit.

    `signed` marks profit with +.
    """
    places = 0 if abs(micros) >= (1_000 if brief else 100_000) * MICROS else 2
    step = MICROS // 10**places
    steps = (2 * abs(micros) + step) // (2 * step)
    whole, parts = divmod(steps, 10**places)
    sign = MINUS if micros < 0 and steps else "+" if signed and steps else ""
    return f"{sign}{whole:,}" + (f".{parts:0{places}d}" if places else "")


def size(micros: int) -> str:
    """A size in four characters or five: <0.1, 8.5, 120, 1.2k, 35k, 1.2M; nothing for none."""
    if micros <= 0:
        return ""
    tenths = (10 * micros + MICROS // 2) // MICROS
    if tenths == 0:
        return "<0.1"
    if tenths < 100:
        return f"{tenths // 10}.{tenths % 10}" if tenths % 10 else str(tenths // 10)
    units = (micros + MICROS // 2) // MICROS
    for scale, letter in ((1, ""), (1_000, "k"), (1_000_000, "M")):
        if units < 1_000 * scale:
            tenth = units * 10 // scale
            return f"{tenth // 10}.{tenth % 10}{letter}" if scale > 1 and tenth < 100 else f"{tenth // 10}{letter}"
    return f"{units // 1_000_000}M"


def percent(micros: int, *, places: int = 1, signed: bool = False) -> str:
    """A share of millionths in percent; a signed nought is `0.0`."""
    step = 10_000 // 10**places
    steps = (2 * abs(micros) + step) // (2 * step)
    whole, parts = divmod(steps, 10**places)
    sign = MINUS if micros < 0 and steps else "+" if signed and steps else ""
    return f"{sign}{whole}" + (f".{parts:0{places}d}" if places else "")


def age(ms: int) -> str:
    """How long ago, in four characters: 0.3s, 12s, 3m, 2h, 5d."""
    if ms < 10_000:
        return f"{ms // 1000}.{ms % 1000 // 100}s"
    seconds = ms // 1000
    for limit, unit, letter in ((100, 1, "s"), (6_000, 60, "m"), (172_800, 3_600, "h")):
        if seconds < limit:
            return f"{seconds // unit}{letter}"
    return f"{seconds // 86_400}d"


def span(us: int) -> str:
    """A latency: 85µs, 1.2ms, 35ms, 1.5s; a dash for none."""
    if us <= 0:
        return "-"
    if us < 1_000:
        return f"{us}µs"
    if us < 1_000_000:
        return f"{us // 1_000}.{us % 1_000 // 100}ms" if us < 10_000 else f"{us // 1_000}ms"
    return f"{us // 1_000_000}.{us % 1_000_000 // 100_000}s"


def count(number: int) -> str:
    """A count that may grow large: 950, 12.3k, 4.5M."""
    if number < 10_000:
        return str(number)
    return f"{number // 1_000}.{number % 1_000 // 100}k" if number < 1_000_000 else f"{number // 100_000 / 10}M"


def bar(ppm: int, width: int) -> tuple[str, str]:
    """A bar filled by a share in millionths: its full part, and the rest."""
    eighths = max(0, min(width * 8, (ppm * width * 8 + 500_000) // 1_000_000))
    if ppm > 0:
        eighths = max(1, eighths)
    full = "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")
    return full, "─" * (width - len(full))


def chart(values: Sequence[int], *, width: int, height: int) -> list[str]:
    """The area between values and nought, in braille: `height` lines of `width` characters, the top first.

    Values are spread over the whole width, the newest at the right. Nothing is drawn of nothing.
    """
    cells = [[0] * width for _ in range(height)]
    points = _spread(values, width * 2)
    low, high = min((*points, 0)), max((*points, 0))
    steps = height * 4 - 1
    ground = -low * steps // max(1, high - low)
    for column, value in enumerate(points):
        level = (value - low) * steps // max(1, high - low)
        first, last = sorted((ground, level))
        for dot in range(first, last + 1):
            cells[height - 1 - dot // 4][column // 2] |= _DOTS[column % 2][dot % 4]
    return ["".join(chr(0x2800 + cell) if cell else " " for cell in line) for line in cells]


def _spread(values: Sequence[int], places: int) -> list[int]:
    """So many values taken evenly from those there are: the last place has the last one."""
    return [values[-(-(index + 1) * len(values) // places) - 1] for index in range(places)] if values else []


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Each name cut to as few letters as tell it apart from the others, three at least."""
    return {name: next(cut for n in range(3, len(name) + 3) if _tells(cut := name[:n], name, names)) for name in names}


def _tells(cut: str, name: str, names: Sequence[str]) -> bool:
    return cut == name or sum(other.startswith(cut) for other in names) == 1
