"""Histories of orders that nobody wrote down, against the table of MECHANICS 8 read from top to bottom."""

from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vectors.compare import differences
from tests.vectors.table import KINDS

Event = dict[str, Any]
SIZE = 10
REST = ("cancel_ack", "lapse", "void", "replace_ack", "not_found")
"""What takes from the rest."""


class Reading:
    """One order as the table has it, event by event, in the order in which they stand."""

    def __init__(self) -> None:
        self.sizes = dict.fromkeys(("matched", "cancelled", "lapsed", "voided"), Fraction(0))
        self.acked = self.unknown = self.rejected = self.pending = self.settled = self.denied = False
        self.seen: set[str] = set()

    @property
    def remaining(self) -> Fraction:
        return SIZE - sum(self.sizes.values(), Fraction(0))

    def take(self, part: str, size: Fraction) -> None:
        self.sizes[part] += max(Fraction(0), min(size, self.remaining))

    def tell(self, event: Event) -> None:
        kind, size = event["t"], Fraction(event.get("q", "0"))
        if kind in ("cancel_req", "cancel_ack", "cancel_reject"):
            self.pending = kind == "cancel_req"
        if kind not in ("reject", "timeout", "cancel_req", "cancel_reject", "settle"):
            self.acked, self.unknown, self.rejected = True, False, False
        match kind:
            case "reject":
                self.rejected = True
            case "timeout":
                self.unknown = not (self.acked or self.rejected)
            case "settle":
                self.settled = True
            case "fill" if event["id"] not in self.seen:
                self.seen.add(event["id"])
                self.sizes["matched"] += size
                for part in ("cancelled", "lapsed"):
                    self.sizes[part] -= max(Fraction(0), min(self.sizes[part], -self.remaining))
            case "cancel_ack":
                self.take("cancelled", size)
            case "lapse":
                self.take("lapsed", size)
            case "void" if event["part"] == "open":
                self.take("voided", size)
            case "void":
                self.sizes["matched"] -= size
                self.sizes["voided"] += size
            case "replace_ack" | "not_found":
                self.denied |= kind == "not_found"
                self.take("cancelled", self.remaining)
            case "snapshot":
                self.sizes["matched"] = max(self.sizes["matched"], Fraction(event["m"]))

    @property
    def state(self) -> str:
        size = self.sizes
        ended = (
            (size["matched"] == SIZE, "FILLED"),
            (size["voided"] > 0 and size["matched"] == 0, "VOIDED"),
            (size["matched"] > 0, "CLOSED_PARTIAL"),
            (size["lapsed"] > 0 and size["cancelled"] == 0, "LAPSED"),
            (True, "CANCELLED"),
        )
        rows = (
            (self.rejected, "REJECTED"),
            (self.settled, "SETTLED"),
            (self.unknown, "UNKNOWN"),
            (not self.acked, "PENDING_NEW"),
            (self.remaining < 0, "SUSPECT_OVERFILL"),
            *((self.remaining == 0 and holds, word) for holds, word in ended),
            (self.pending, "PENDING_CANCEL"),
            (size["matched"] > 0, "PARTIALLY_FILLED"),
            (True, "OPEN"),
        )
        return next(word for holds, word in rows if holds)


def speakable(reading: Reading, kind: str) -> bool:
    """Whether a venue that tells the truth may say this now.

    What contradicts what was said before (a lapse of what is cancelled, a word about what was never found) is no story
    with one end: any order of arrival has to come to the same one, and the table has none for it.
    """
    if reading.denied or reading.rejected:
        return kind == "fill" and reading.rejected
    if kind in ("reject", "not_found"):
        return not (reading.acked or reading.settled)
    if kind in ("cancel_ack", "cancel_reject") and not reading.pending:
        return False
    return reading.remaining > 0 or kind not in REST


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Up to ten events, fills twice among them and late ones behind every end."""
    reading = Reading()
    said: list[Event] = []
    for place in range(draw(st.integers(1, 10))):
        kind = draw(st.sampled_from(sorted(WORDS)))
        if kind == "cancel_ack" and not reading.pending:
            kind = "cancel_req"
        if kind == "fill again":
            fills = [event for event in said if event["t"] == "fill"]
            event = draw(st.sampled_from(fills)) if fills else {"t": "ack"}
        else:
            event = {"t": kind, **{key: draw(values) for key, values in WORDS[kind].items()}}
            event |= {"id": f"f{place}"} if kind == "fill" else {}
        if not speakable(reading, event["t"]):
            continue
        if event.get("part") == "matched":
            event["q"] = str(reading.sizes["matched"])
        elif event["t"] in ("lapse", "void"):  # more than the rest would contradict what ended before
            event["q"] = str(min(Fraction(event["q"]), reading.remaining))
        if event["t"] == "fill" and reading.sizes["voided"] and Fraction(event["q"]) > reading.remaining:
            continue  # of what is voided nothing is matched
        if event["t"] == "snapshot":
            event["m"] = str(max(reading.sizes["matched"], min(Fraction(event["m"]), SIZE - reading.sizes["voided"])))
            if reading.remaining < Fraction(event["m"]) - reading.sizes["matched"] or reading.sizes["voided"]:
                continue
        said.append(event)
        reading.tell(event)
    return said


QUANTITIES = st.sampled_from(["0.01", "1", "2.5", "4", "6", "10", "12"])
WORDS: dict[str, dict[str, Any]] = {
    "ack": {},
    "reject": {},
    "timeout": {},
    "fill": {"q": QUANTITIES},
    "fill again": {},
    "cancel_req": {},
    "cancel_ack": {"q": QUANTITIES},
    "cancel_reject": {},
    "lapse": {"q": QUANTITIES},
    "void": {"part": st.sampled_from(["matched", "open"]), "q": QUANTITIES},
    "snapshot": {"m": QUANTITIES},
    "not_found": {},
    "replace_ack": {},
    "settle": {},
}


@settings(max_examples=300)
@given(histories())
def test_an_order_is_what_the_table_makes_of_its_history(said: list[Event]) -> None:
    reading, states = Reading(), []
    for event in said:
        reading.tell(event)
        states.append(reading.state)
    expected = {"states": states, "remaining": str(reading.remaining)}
    expected |= {part: str(size) for part, size in reading.sizes.items()}
    found = KINDS["order_fsm"]({"size": str(SIZE), "events": said})
    assert list(differences(expected, found, "exact")) == []


def test_a_message_that_says_its_id_twice_is_one_message() -> None:
    once: list[Event] = [
        {"t": "ack"},
        {"t": "cancel_req", "id": "c1"},
        {"t": "lapse", "id": "l1", "q": 2},
        {"t": "cancel_ack", "id": "a1", "q": "3"},
        {"t": "void", "id": "v1", "part": "open", "q": "1"},
    ]
    found = KINDS["order_fsm"]({"size": 10, "events": [*once, *once[2:]]})
    sizes = {"cancelled": "3", "lapsed": "2", "voided": "1", "remaining": "4"}
    states = ["OPEN", "PENDING_CANCEL", "PENDING_CANCEL", "OPEN", "OPEN", "OPEN", "OPEN", "OPEN"]
    assert list(differences(sizes | {"states": states}, found, "exact")) == []


def test_a_fill_behind_a_snapshot_adds_to_it_and_one_before_it_is_in_it() -> None:
    fill, snapshot = {"t": "fill", "id": "f1", "q": "4"}, {"t": "snapshot", "m": "4"}
    assert KINDS["order_fsm"]({"size": "10", "events": [snapshot, fill]})["matched"] == 8
    assert KINDS["order_fsm"]({"size": "10", "events": [fill, snapshot, fill]})["matched"] == 4
