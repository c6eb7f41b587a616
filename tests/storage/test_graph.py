"""Objects as bytes and back: rings and shared parts stay what they are, and no class comes out that was not named."""

import enum
from collections import Counter, defaultdict, deque
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.orders import Side
from storage.graph import NotKept, freeze, name_of, thaw
from tests.builders import bet


class Node:
    """Holds whoever holds it."""

    __slots__ = ("next", "unset", "__dict__")


class Shade(enum.IntEnum):
    """An enumeration whose values are numbers."""

    DARK = 1


def lines() -> deque[int]:
    return deque(maxlen=2)


KNOWN = {name_of(one): one for one in (Node, Shade, Side, type(bet("BACK 1 @ 2.00")), lines, int)}

plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
keys = st.text() | st.integers() | st.tuples(st.text(), st.integers())
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner) | st.dictionaries(keys, inner) | st.tuples(inner, inner) | st.sets(keys) | st.frozensets(keys)
    ),
    max_leaves=12,
)


@settings(max_examples=40)
@given(values)
def test_what_is_thawed_equals_what_was_frozen(value: object) -> None:
    found = thaw(freeze(value, KNOWN), KNOWN)
    assert found == value
    assert type(found) is type(value)


def test_rings_shared_parts_and_kinds_come_back() -> None:
    one: Any = Node()
    other: Any = Node()
    shared = [1]
    one.next, other.next = other, one
    one.parts = {"a": shared, "b": shared, ("k", 1): Shade.DARK, "side": Side.LAY}
    other.parts = defaultdict(lines, {"x": lines()})
    other.counts, other.line = Counter("aab"), deque([1, 2, 3], maxlen=2)
    back = thaw(freeze([one, one.next], KNOWN), KNOWN)
    assert back[0].next.next is back[0]
    assert back[0].parts["a"] is back[0].parts["b"]
    assert (back[0].parts["k", 1], back[0].parts["side"]) == (Shade.DARK, Side.LAY)
    assert back[1].parts["new"] == deque(maxlen=2)
    assert (back[1].counts, back[1].line.maxlen) == (Counter("aab"), 2)
    assert not hasattr(back[0], "unset")


def test_a_default_without_a_name_is_kept_by_what_it_makes() -> None:
    shelves = defaultdict(lambda: deque([1], maxlen=3), {"a": deque([2], maxlen=3)})
    back = thaw(freeze(thaw(freeze(shelves, KNOWN), KNOWN), KNOWN), KNOWN)
    assert back == {"a": deque([2])}
    back["b"].append(5)
    assert (back["b"], back["c"], back["c"].maxlen) == (deque([1, 5]), deque([1]), 3)


def test_orders_come_back_as_they_were() -> None:
    order = bet("LAY 10 @ 3.00", venue_order_id="v1", fill_ids=frozenset({"f1", "f2"}))
    back = thaw(freeze({"a": order, "b": order}, KNOWN), KNOWN)
    assert back["a"] == order
    assert back["a"] is back["b"]


def test_a_number_of_any_size_comes_back() -> None:
    assert thaw(freeze([2**200, -(2**63) - 1, 2**63 - 1], {}), {}) == [2**200, -(2**63) - 1, 2**63 - 1]


@pytest.mark.parametrize("value", [Node(), Shade.DARK, Node, lines, lambda: 0, object(), range(3)])
def test_what_nobody_named_is_not_kept(value: object) -> None:
    with pytest.raises(NotKept, match="not among the classes that can be kept"):
        freeze([value], {})


def test_bytes_make_nothing_that_nobody_named() -> None:
    data = freeze(Side.BACK, KNOWN)
    with pytest.raises(NotKept, match=r"domain\.orders:Side"):
        thaw(data, {})
    forged = msgspec.msgpack.encode((["os:system"], ["k", 0], []))
    with pytest.raises(NotKept, match="os:system"):
        thaw(forged, KNOWN)


@settings(max_examples=60)
@given(st.binary(max_size=60))
def test_any_bytes_are_refused_and_make_nothing(data: bytes) -> None:
    try:
        found = thaw(data, KNOWN)
    except (NotKept, msgspec.MsgspecError, ValueError, TypeError, IndexError, KeyError):
        return
    assert not isinstance(found, Node)
