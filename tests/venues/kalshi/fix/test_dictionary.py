"""Every message that either end says, held against the venue's own dictionary."""

from pathlib import Path
from typing import Any

import pytest

from domain.messages import PlaceOrder
from domain.orders import Side, TimeInForce
from tests.venues.kalshi.fix.dictionary import Dictionary
from tests.venues.kalshi.fix.script import read, wire
from tests.venues.kalshi.fix.test_with_fake import NAMES, cut_fix, line, together
from tests.venues.kalshi.test_with_fake import End, Together, cancel, place
from venues.kalshi.fake.fix import FixConnection
from venues.kalshi.fix import reports, tags
from venues.kalshi.rest_targets import Place
from venues.sim import lifecycle

UNLISTED = {"V", "W", "X", "Y", "e", "f"}
"""Market data is younger than the dictionary."""


@pytest.fixture(scope="module")
def dictionary(shared: Path) -> Dictionary:
    assert (shared / "venues" / "kalshi").is_dir()
    return Dictionary()


class Tapped:
    """Both ends, and every FIX message between them: who said it, and its fields."""

    def __init__(self, **fix: Any) -> None:
        self.said: list[tuple[str, list[tuple[int, str]]]] = []
        tapped = self

        class Ears(End):
            def write(self, data: bytes) -> None:
                for side, end in (("ours", self), ("theirs", self.other)):
                    if isinstance(end.to, FixConnection):
                        tapped.said += [(side, fields) for fields in read(data)]
                super().write(data)

        lines = {"copy": line(1), "books": line(2)}
        self.both: Together = together(is_started=False, fix=lines | fix, words={"books": "fix"}, ends=Ears)
        self.both.run(2_000)

    def of(self, side: str, kind: str) -> list[list[tuple[int, str]]]:
        return [fields for who, fields in self.said if who == side and (35, kind) in fields]


@pytest.fixture(scope="module")
def tapped() -> Tapped:
    """A day with everything in it that orders may meet."""
    tapped = Tapped(copy_every_s=5)
    both = tapped.both
    both.world.crowd("ann ask 4 @ 47")
    both.send(place())
    both.send(place("abc-2", side=Side.LAY, price=6_000))
    both.send(place("abc-3", tif=TimeInForce.IMMEDIATE))
    both.world.crowd("bob bid 3 @ 60")
    both.run(100)
    both.send(cancel())
    both.venue.send(cancel("abc-2", "c2"), both.world.now_ns)
    both.world.crowd("bob bid 10 @ 60")
    both.run(100)
    both.send(place("abc-4", size_micros=9_000_000_000))
    both.send(place("abc-2"))
    both.run(8_000)
    both.at_exchange(lifecycle.suspend)
    both.send(place("abc-5"))
    both.at_exchange(lifecycle.reopen)
    cut_fix(both)
    both.run(8_000)
    return tapped


def test_everything_said_is_in_the_dictionary(tapped: Tapped, dictionary: Dictionary) -> None:
    faults = {
        fault for _, fields in tapped.said if dict(fields)[35] not in UNLISTED for fault in dictionary.faults(fields)
    }
    assert faults == set()


def test_all_kinds_of_messages_were_met(tapped: Tapped) -> None:
    ours = {dict(fields)[35] for who, fields in tapped.said if who == "ours"}
    theirs = {dict(fields)[35] for who, fields in tapped.said if who == "theirs"}
    assert {"A", "0", "D", "F", "U1"} <= ours
    assert {"A", "0", "8", "9", "U2"} <= theirs
    kinds = {dict(fields)[150] for fields in tapped.of("theirs", "8")}
    assert {"0", "F", "4", "8"} <= kinds


def test_each_session_is_opened_with_a_key_of_its_own(tapped: Tapped) -> None:
    opened = {(dict(fields)[49], dict(fields)[56]) for fields in tapped.of("ours", "A")}
    assert opened == set(zip(NAMES, ("KalshiNR", "KalshiDC", "KalshiMD"), strict=True))


@pytest.mark.parametrize("shard", [None, 0, 3])
def test_orders_changes_and_cancels_are_in_the_dictionary(dictionary: Dictionary, shard: int | None) -> None:
    resting = reports.Resting("abc-1", "id", Side.LAY, Place("T", shard))
    order: PlaceOrder = place(tif=TimeInForce.IMMEDIATE, side=Side.LAY)
    bodies = {
        tags.NEW_ORDER: reports.encode_new(order, Place("T", shard), subaccount=3),
        tags.REPLACE_REQUEST: reports.encode_replace("r", resting, size_micros=10_000, price=1, subaccount=3),
        tags.CANCEL_REQUEST: reports.encode_cancel("c", resting, subaccount=3),
    }
    for kind, body in bodies.items():
        head = [("49", "a"), ("56", "b"), ("34", "1"), ("52", "20260101-00:00:00.000")]
        (fields,) = read(wire(kind, *head, *((str(tag), value) for tag, value in body)))
        assert dictionary.faults(fields) == []
        assert (100 in dict(fields)) is (shard is not None)


@pytest.mark.parametrize(
    ("kind", "body", "fault"),
    [
        ("D", (("11", "x"),), "D: 38 is missing"),
        ("0", (("38", "1"),), "0: 38 is not known"),
        ("1", (("112", "x"), ("112", "y")), "1: 112 stands twice"),
        ("q", (("11", "x"), ("530", "9")), "530 is '9'"),
        ("2", (("7", "x"), ("16", "0")), "7 is 'x'"),
        ("8", (("136", "1"), ("139", "4")), "8/136: an entry does not begin with 137"),
    ],
)
def test_what_is_wrong_is_found(dictionary: Dictionary, kind: str, body: tuple, fault: str) -> None:
    head = [("49", "a"), ("56", "b"), ("34", "1"), ("52", "20260101-00:00:00.000")]
    (fields,) = read(wire(kind, *head, *body))
    assert fault in dictionary.faults(fields)
