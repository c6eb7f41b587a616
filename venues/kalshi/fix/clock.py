"""FIX times: UTC to the millisecond as 20230809-05:28:18.035."""

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)-(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?", re.ASCII)


def sending_time(unix_ms: int) -> str:
    """A moment of the Unix clock as FIX writes it."""
    moment = _EPOCH + timedelta(milliseconds=unix_ms)
    return f"{moment:%Y%m%d-%H:%M:%S}.{unix_ms % 1_000:03d}"


def unix_ms(text: str) -> int | None:
    """Unix milliseconds of such a time, finer parts cut off; None if it is none. A leap second is the next second."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    if second > 60:
        return None
    try:
        moment = datetime(year, month, day, hour, minute, tzinfo=UTC) + timedelta(seconds=second)
    except (ValueError, OverflowError):
        return None
    part = (found[7] or "0").ljust(3, "0")[:3]
    return (moment - _EPOCH) // timedelta(milliseconds=1) + int(part)
