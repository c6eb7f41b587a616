"""Vector kinds that the code of `venues/` answers: each parses its inputs, calls one function and prints its result."""

from fractions import Fraction
from typing import Any

from domain.money import MICROS, parse_micros
from domain.odds import NATIVE_SCALE, PriceKind
from domain.orders import Side
from tests.vectors.compare import Adapter
from venues.sim.queue import QueuePosition
from venues.throttle import TokenBucket

SECOND_NS = 1_000_000_000


def _token_bucket(i: dict[str, Any]) -> dict[str, Any]:
    """The bucket counts whole tokens: here one of its tokens is a millionth of the vector's."""
    rate, capacity, start = Fraction(i["rate_per_s"]) * MICROS, parse_micros(i["capacity"]), parse_micros(i["start"])
    bucket = TokenBucket(refill=rate.numerator, period_ns=rate.denominator * SECOND_NS, capacity=capacity, start=start)
    events = [(int(Fraction(at) * SECOND_NS), parse_micros(cost)) for at, cost in i["events"]]
    allowed = [bucket.take(cost, now_ns) for now_ns, cost in events]
    return {"allowed": allowed, "tokens_left": Fraction(bucket.tokens(events[-1][0]), MICROS)}


def _queue_sim(i: dict[str, Any]) -> dict[str, Any]:
    kind = PriceKind.ODDS if i["side"] in ("BACK", "LAY") else PriceKind.CONTRACT
    side = Side.BACK if i["side"] in ("BACK", "BUY") else Side.LAY
    place = QueuePosition(
        kind=kind,
        side=side,
        price=int(Fraction(i["price"]) * NATIVE_SCALE[kind]),
        size_micros=parse_micros(i["size"]),
        level_micros=parse_micros(i["level_size"]),
        ahead_micros=parse_micros(i["queue_ahead"]),
        double_counted=i["double_counted"],
    )
    rows = [_queue_row(place, kind, event) for event in i["events"]]
    return {
        "rows": rows,
        "matched": Fraction(place.matched_micros, MICROS),
        "remaining": Fraction(place.remaining_micros, MICROS),
    }


def _queue_row(place: QueuePosition, kind: PriceKind, event: dict[str, str]) -> dict[str, Fraction]:
    if event["t"] == "trade":
        place.traded(int(Fraction(event["price"]) * NATIVE_SCALE[kind]), parse_micros(event["size"]))
    else:
        place.displayed(parse_micros(event["size"]))
    return {"matched": Fraction(place.matched_micros, MICROS), "queue_ahead": Fraction(place.ahead_micros, MICROS)}


KINDS: dict[str, Adapter] = {"token_bucket": _token_bucket, "queue_sim": _queue_sim}
