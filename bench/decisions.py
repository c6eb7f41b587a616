"""From a frame's bytes to an order's bytes in one process, over real adapter, core, gate and journal."""

import resource
from statistics import median

import msgspec

from bench.measure import Goal, Line, Row, cpu_us, lines, now_us, quantile
from bench.quoters import Quoter, Taker
from bench.street import RUNNERS, BenchStreet

FRAME_P50, FRAME_P99 = 25.0, 60.0
FULL_P50, FULL_P99 = 40.0, 100.0
"""Asked of the decision by itself, and with everything of risk and routing on, as it is here."""

MARKETS_TARGET = 1.2
GROWTH_TARGET = 1.3
GROWTH_ORDERS = 5_000
GROWTH_WINDOW = 200
FEW, MANY = 10, 10_000

ORDER = {
    "jsonrpc": "2.0",
    "method": "SportsAPING/v1.0/placeOrders",
    "params": {
        "marketId": "1.100000000",
        "customerRef": "a097a398ff34-8",
        "customerStrategyRef": "crossbook",
        "marketVersion": {"version": 7},
        "instructions": [
            {
                "orderType": "LIMIT",
                "selectionId": 11,
                "handicap": 0,
                "side": "BACK",
                "customerOrderRef": "a097a398ff34-8",
                "limitOrder": {"size": 2.0, "price": 2.48, "persistenceType": "LAPSE"},
            }
        ],
    },
    "id": 12,
}


def switches() -> int:
    """How often the processor was taken away from this process, so that a call in which that happened is left out."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


class Requote:
    """What each of many requotes took: frame in to cancel out, answer in to new order out.

    `disturbed` of them are left out: the processor was taken away meanwhile.
    """

    def __init__(self) -> None:
        self.cancels: list[float] = []
        self.places: list[float] = []
        self.disturbed = 0

    @property
    def whole(self) -> list[float]:
        return [one + other for one, other in zip(self.cancels, self.places, strict=True)]


def requotes(street: BenchStreet, count: int) -> Requote:
    """Move the best price up and down; each move cancels the quote, and its answer places the next."""
    found = Requote()
    street.answer()
    shown = street.state.blotter.orders
    for number in range(count):
        street.later(1000)
        frame = street.frame({"id": RUNNERS[0], "atl": [[2.48, 40.0 if number % 2 == 0 else 0]]})
        switched = switches()
        began = now_us()
        street.hear(frame)
        cancelled = now_us()
        asked = street.question()
        assert asked is not None, f"nothing was cancelled by move {number}"
        assert b"cancelOrders" in asked[1], asked[1]
        wire, body = asked
        reply = street.reply(body)
        answered = now_us()
        wire.peer.received(reply, street.now)
        placed = now_us()
        undisturbed = switches() == switched
        asked = street.question()
        assert asked is not None, f"nothing was placed after move {number}"
        assert b"placeOrders" in asked[1], asked[1]
        asked[0].peer.received(street.reply(asked[1]), street.now)
        if undisturbed:
            found.cancels.append(cancelled - began)
            found.places.append(placed - answered)
        else:
            found.disturbed += 1
    assert shown.open_count >= 1
    return found


def moves_in_one_act(street: BenchStreet, count: int) -> list[float]:
    """What each move of a quote took that its venue makes in one act: frame in to replacement out.

    Those in which the processor was taken away are left out.
    """
    found = []
    street.answer()
    for number in range(count):
        street.later(1000)
        frame = street.frame({"id": RUNNERS[0], "atl": [[2.48, 40.0 if number % 2 == 0 else 0]]})
        switched = switches()
        began = now_us()
        street.hear(frame)
        spent = now_us() - began
        if switches() == switched:
            found.append(spent)
        asked = street.question()
        assert asked is not None, f"nothing was sent by move {number}"
        assert b"replaceOrders" in asked[1], asked[1]
        asked[0].peer.received(street.reply(asked[1]), street.now)
        assert street.question() is None, f"move {number} was not one act"
    return found


def bare(frame: bytes, count: int) -> list[float]:
    """Decode and encode alone, once a move."""
    decode, encode = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode
    found = []
    for _ in range(count):
        switched = switches()
        began = now_us()
        decode(frame)
        encode(ORDER)
        spent = now_us() - began
        if switches() == switched:
            found.append(spent)
    return found


def frame_row(rounds: int, count: int) -> Row:
    """p50 against p50, p99 against p99; journal `process`."""
    street, in_one_act = BenchStreet(Quoter()), BenchStreet(Quoter(), amend=True)
    frame = street.frame({"id": RUNNERS[0], "atl": [[2.48, 40.0]]})
    requotes(street, 200)
    moves_in_one_act(in_one_act, 200)
    costs: dict[str, list[float]] = {}

    def note(name: str, values: list[float], share: float) -> None:
        costs.setdefault(name, []).append(quantile(values, share))

    disturbed = 0
    for _ in range(rounds):
        alone, moved, at_once = bare(frame, count), requotes(street, count), moves_in_one_act(in_one_act, count)
        disturbed += moved.disturbed + count - len(at_once)
        for share, said in ((0.5, "p50"), (0.99, "p99")):
            note(f"decode + encode alone, {said}", alone, share)
            note(f"frame to cancel, {said}", moved.cancels, share)
            note(f"answer to new order, {said}", moved.places, share)
            note(f"requote, {said}", moved.whole, share)
            note(f"the same in one act, {said}", at_once, share)
    found: list[Line] = []
    for said, target, full in (("p50", FRAME_P50, FULL_P50), ("p99", FRAME_P99, FULL_P99)):
        chosen = {name: values for name, values in costs.items() if name.endswith(said)}
        goals = {f"requote, {said}": Goal(target), f"the same in one act, {said}": Goal(full)}
        found += lines(chosen, goals, ours=[name for name in chosen if "alone" not in name])
    notes = (
        "a requote is two decisions: the new order waits until the cancel is answered; the wire's time is not in it",
        "in one act: `[deciding.requoting] amend = true`, which is off by default, at a venue that replaces orders",
        f"everything of risk and routing is on: then {FULL_P50:.0f} and {FULL_P99:.0f} would do",
        f"{disturbed:,} of {2 * rounds * count:,} left out, in which the processor was taken away",
        "journal `process`: every record is handed to the kernel before the bytes are",
    )
    return Row("frame", "a requote of one live quote", tuple(found), notes)


def markets_row(rounds: int, count: int) -> Row:
    """The same decision with many markets watched against few."""
    streets = {f"{number:,} markets": BenchStreet(Quoter(), markets=number) for number in (FEW, MANY)}
    for street in streets.values():
        requotes(street, 50)
    costs: dict[str, list[float]] = {name: [] for name in streets}
    for _ in range(rounds):
        for name, street in streets.items():
            costs[name].append(median(requotes(street, count).whole))
    few, many = streets
    note = "200 of them on one stream, the rest told as facts: the venue's own limit"
    return Row("markets", "a requote, p50", lines(costs, {many: Goal(MARKETS_TARGET)}, ours=[few, many]), (note,))


def growth_row(rounds: int, orders: int = GROWTH_ORDERS) -> Row:
    """Take at every update: an order when many are held against one when few are, windows in turn."""
    streets = {f"{number:,} held": _holding(number) for number in (orders // 10, orders)}
    costs: dict[str, list[float]] = {name: [] for name in streets}
    for _ in range(rounds):
        for name, street in streets.items():
            spent = takes(street, GROWTH_WINDOW)
            costs[name].append(sum(spent) / len(spent))
    few, many = streets
    notes = (
        "frame in, order out, matched whole, booked; mean over a window of orders, collections in it; journal off",
    )
    return Row("growth", "an order", lines(costs, {many: Goal(GROWTH_TARGET)}, ours=[few, many]), notes)


def _holding(orders: int) -> BenchStreet:
    street = BenchStreet(Taker(), journal=False)
    takes(street, orders)
    return street


def takes(street: BenchStreet, orders: int) -> list[float]:
    """What each order cost, from the frame that caused it to its match in the books."""
    found = []
    for number in range(orders):
        street.later(1000)
        frame = street.frame({"id": RUNNERS[1], "atb": [[2.30, 10.0 + number % 7]]})
        began = cpu_us()
        street.hear(frame)
        sent = cpu_us()
        asked = street.question()
        assert asked is not None, f"update {number} was not taken: {street.street.telemetry.refusals}"
        reply = street.reply(asked[1])
        answered = cpu_us()
        asked[0].peer.received(reply, street.now)
        found.append(cpu_us() - answered + sent - began)
        street.answer()
    return found
