"""Vector kinds that the code of `venues/` answers: each parses its inputs, calls one function and prints its result."""

from fractions import Fraction
from typing import Any

from domain.money import MICROS
from domain.odds import NATIVE_SCALE, PriceKind
from domain.orders import Side
from tests.vectors.compare import Adapter, flag, micros, number, scaled, word
from venues.sim.queue import QueuePosition
from venues.throttle import TokenBucket

SECOND_NS = 1_000_000_000
SELDOM = Fraction(1, 10**30)


def _token_bucket(i: dict[str, Any]) -> dict[str, Any]:
    """The bucket counts whole tokens: here one of its tokens is a millionth of the vector's.

    It refuses to be one that is never refilled; one that takes longer than all events is the same.
    """
    rate, capacity, start = number(i["rate_per_s"]) * MICROS or SELDOM, micros(i["capacity"]), micros(i["start"])
    bucket = TokenBucket(refill=rate.numerator, period_ns=rate.denominator * SECOND_NS, capacity=capacity, start=start)
    events = [(scaled(at, SECOND_NS), micros(cost)) for at, cost in i["events"]]
    allowed = [bucket.take(cost, now_ns) for now_ns, cost in events]
    return {"allowed": allowed, "tokens_left": Fraction(bucket.tokens(events[-1][0] if events else 0), MICROS)}


def _parts(i: dict[str, Any], kind: PriceKind) -> int:
    """Into how many parts a millionth is cut here for no share of a cancel to be rounded, nor half of a print.

    A share is of the level, so it is whole if a millionth has as many parts as all levels multiplied.
    """
    parts, level = 2, micros(i["level_size"]) * 2
    for event in i["events"]:
        size = micros(event["size"]) * 2
        if word(event["t"], "trade", "level") == "level":
            parts, level = parts * max(1, level), size
        elif _native(kind, event["price"]) == _native(kind, i["price"]):
            level = max(0, level - (size // 2 if flag(i["double_counted"]) else size))
    return parts


def _native(kind: PriceKind, text: str) -> int:
    return scaled(text, NATIVE_SCALE[kind])


def _queue_sim(i: dict[str, Any]) -> dict[str, Any]:
    said = word(i["side"], "BACK", "LAY", "BUY", "SELL")
    kind = PriceKind.ODDS if said in ("BACK", "LAY") else PriceKind.CONTRACT
    side = Side.BACK if said in ("BACK", "BUY") else Side.LAY
    parts = _parts(i, kind)
    place = QueuePosition(
        kind=kind,
        side=side,
        price=_native(kind, i["price"]),
        size_micros=micros(i["size"]) * parts,
        level_micros=micros(i["level_size"]) * parts,
        ahead_micros=micros(i["queue_ahead"]) * parts,
        double_counted=flag(i["double_counted"]),
    )
    rows = []
    for event in i["events"]:
        size = micros(event["size"]) * parts
        if word(event["t"], "trade", "level") == "trade":
            place.traded(_native(kind, event["price"]), size)
        else:
            place.displayed(size)
        told = {"matched": place.matched_micros, "queue_ahead": place.ahead_micros}
        rows.append({name: Fraction(size, MICROS * parts) for name, size in told.items()})
    remaining = Fraction(place.remaining_micros, MICROS * parts)
    return {"rows": rows, "matched": Fraction(place.matched_micros, MICROS * parts), "remaining": remaining}


KINDS: dict[str, Adapter] = {"token_bucket": _token_bucket, "queue_sim": _queue_sim}
