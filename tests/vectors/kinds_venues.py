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


def _token_bucket(i: dict[str, Any]) -> dict[str, Any]:
    """The bucket counts whole tokens: here one of its tokens is a millionth of the vector's."""
    rate, capacity, start = number(i["rate_per_s"]) * MICROS, micros(i["capacity"]), micros(i["start"])
    bucket = TokenBucket(refill=rate.numerator, period_ns=rate.denominator * SECOND_NS, capacity=capacity, start=start)
    events = [(scaled(at, SECOND_NS), micros(cost)) for at, cost in i["events"]]
    allowed = [bucket.take(cost, now_ns) for now_ns, cost in events]
    return {"allowed": allowed, "tokens_left": Fraction(bucket.tokens(events[-1][0]), MICROS)}


def _queue_sim(i: dict[str, Any]) -> dict[str, Any]:
    said = word(i["side"], "BACK", "LAY", "BUY", "SELL")
    kind = PriceKind.ODDS if said in ("BACK", "LAY") else PriceKind.CONTRACT
    side = Side.BACK if said in ("BACK", "BUY") else Side.LAY
    place = QueuePosition(
        kind=kind,
        side=side,
        price=scaled(i["price"], NATIVE_SCALE[kind]),
        size_micros=micros(i["size"]),
        level_micros=micros(i["level_size"]),
        ahead_micros=micros(i["queue_ahead"]),
        double_counted=flag(i["double_counted"]),
    )
    rows = [_queue_row(place, kind, event) for event in i["events"]]
    return {
        "rows": rows,
        "matched": Fraction(place.matched_micros, MICROS),
        "remaining": Fraction(place.remaining_micros, MICROS),
    }


def _queue_row(place: QueuePosition, kind: PriceKind, event: dict[str, str]) -> dict[str, Fraction]:
    if word(event["t"], "trade", "level") == "trade":
        place.traded(scaled(event["price"], NATIVE_SCALE[kind]), micros(event["size"]))
    else:
        place.displayed(micros(event["size"]))
    return {"matched": Fraction(place.matched_micros, MICROS), "queue_ahead": Fraction(place.ahead_micros, MICROS)}


KINDS: dict[str, Adapter] = {"token_bucket": _token_bucket, "queue_sim": _queue_sim}
