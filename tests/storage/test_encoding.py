"""Records come back from their bytes, old bytes are still understood, and equal states have one digest."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from domain.ids import VenueName, VenueOrderId
from domain.messages import OrderFilled, OrderReported, Record, VenueOrder, VenueReported
from domain.orders import Evidence, Order
from storage.encoding import chained, decode, digest, encode
from tests.builders import REF, bet, facts, fill, place

PLACED = Record(1, 1_700_000_000_000_000_000, 5, place("BACK 10.00 @ 2.04"))
PLACED_IN_VERSION_1 = (
    "9401cf17979cfe362a0000058aa474797065aa506c6163654f72646572a3726566a27231aa696e737472756d656e74ae6f6e652f6d61"
    "7463682f686f6d65a87374726174656779a173a473696465a46261636ba57072696365ccccab73697a655f6d6963726f73ce00989680"
    "a3746966a472657374a86465636973696f6e01ae6d61726b65745f76657273696f6e00"
)


def test_a_record_written_by_version_1_is_still_read() -> None:
    assert decode(bytes.fromhex(PLACED_IN_VERSION_1)) == PLACED


def test_what_is_nested_comes_back_too() -> None:
    match = fill("f1", "4", fee="0.02", at=100)
    report = msgspec.structs.replace(facts("report 4 cancelled 6 closed at 100")[0], fills=(match,))
    assert isinstance(report, OrderReported)
    order = bet("LAY 4 @ 3.00")
    theirs = VenueOrder(None, VenueOrderId("v1"), order.instrument, order.side, order.price, order.size_micros, report)
    for body in (OrderFilled(REF, match, Evidence.DROP_COPY), VenueReported(VenueName("one"), 7, (theirs,))):
        record = Record(3, 4, 5, body)
        assert decode(encode(record)) == record


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        encode(PLACED)[:-1],
        encode(PLACED) + b"\x00",
        msgspec.msgpack.encode([1, 2, 3, {"type": "OrderDreamt", "ref": "r1"}]),
        msgspec.msgpack.encode([1, 2, 3, {"type": "OrderUnanswered", "ref": "r1"}]),
        msgspec.msgpack.encode([1, 2, 3, {"type": "BooksProven", "venue": "one"}]),
    ],
    ids=["nothing", "garbage", "cut", "longer", "unknown message", "field missing", "market data"],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode(data)


def test_the_chain_depends_on_all_that_went_before() -> None:
    first, other = chained(bytes(16), b"a"), chained(bytes(16), b"b")
    assert first != other
    assert chained(first, b"c") != chained(other, b"c")


# ---- digest ----


def state(*names: str) -> dict[str, object]:
    orders: dict[str, Order] = {name: bet("BACK 10 @ 2.00", ref=name, fill_ids=frozenset(names)) for name in names}
    return {"orders": orders, "totals": (1, 2)}


def test_equal_states_have_one_digest_however_they_were_built() -> None:
    assert digest(state("a", "b", "c")) == digest(state("c", "a", "b"))


def test_another_state_has_another_digest() -> None:
    changed = state("a", "b") | {"totals": (1, 3)}
    assert len({digest(state("a", "b")), digest(state("a", "b", "c")), digest(changed)}) == 3


def test_a_digest_does_not_depend_on_the_hash_seed(root: Path) -> None:
    script = "from tests.storage.test_encoding import state; from storage.encoding import digest\n"
    script += "print(digest(state('a', 'b', 'c', 'd', 'e')))"
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=root,
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
