"""Numbers and times as the page prints them: signs, thousands, units; exact amounts are rounded only here."""

from datetime import UTC, datetime, timedelta

from domain.money import MICROS

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
"""What stands where nothing was measured."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def money(micros: int, *, signed: bool = False, places: int = 2) -> str:
    """An amount rounded half away from zero: `1,234.50`, and `+1,234.50` where the sign is news."""
    step = MICROS // 10**places
    steps = (abs(micros) + step // 2) // step
    whole, parts = divmod(steps, 10**places)
    sign = "" if not steps else MINUS if micros < 0 else "+" if signed else ""
    return f"{sign}{whole:,}.{parts:0{places}d}" if places else f"{sign}{whole:,}"


def percent(part: int, whole: int, *, signed: bool = False, places: int = 1) -> str:
    """A share in per cent, a dash where there is nothing to have a share of."""
    if not whole:
        return NOTHING
    value = 100 * part / whole
    text = f"{abs(value):,.{places}f}"
    sign = "" if not float(text.replace(",", "")) else MINUS if value < 0 else "+" if signed else ""
    return f"{sign}{text}\N{NARROW NO-BREAK SPACE}%"


def tick_text(value: float, step: float) -> str:
    """A round value beside an axis, with the places that its neighbours need too."""
    places = next((n for n in range(6) if abs(step * 10**n - round(step * 10**n)) < 1e-6), 6)
    text = f"{abs(value):,.{places}f}"
    return MINUS + text if value < 0 and text.strip("0.,") else text


def moment(at_ms: int) -> datetime:
    """The UTC time of Unix milliseconds; exact for any year that a calendar has."""
    return _EPOCH + timedelta(milliseconds=at_ms)


def day_and_minute(at_ms: int) -> str:
    """`2022-07-05 07:10`."""
    return f"{moment(at_ms):%Y-%m-%d %H:%M}"


def lasting(milliseconds: int) -> str:
    """A stretch of time in the two units that matter: `4 d 3 h`, `2 h 10 min`, `35 s`."""
    seconds = milliseconds // 1000
    for unit, size, lesser, smaller in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1)):
        if seconds >= size:
            rest = seconds % size // smaller
            return f"{seconds // size} {unit}" + (f" {rest} {lesser}" if rest else "")
    return f"{seconds} s"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 fill`, `2,345 fills`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def shortened(text: str, length: int) -> str:
    """At most so many characters of a name, the cut shown."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
