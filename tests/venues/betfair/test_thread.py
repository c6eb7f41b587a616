"""Bytes become lines, segments become messages, and clocks move with whole messages only."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venues.betfair.market_codec import MarketMessage
from venues.betfair.thread import IMAGE, LineBuffer, Thread
from venues.errors import PeerBroke


def message(**fields: Any) -> MarketMessage:
    names = {"segment": "segmentType", "initial": "initialClk"}
    return msgspec.convert({"op": "mcm"} | {names.get(name, name): v for name, v in fields.items()}, MarketMessage)


def market(name: str) -> dict[str, str]:
    return {"id": name}


def ids(whole: MarketMessage | None) -> list[str]:
    assert whole is not None
    assert whole.changes is not None
    return [change.id for change in whole.changes]


LINES = [b"one", b"", b"two and more", b"x" * 50]


@given(cuts=st.lists(st.integers(1, 20), max_size=40), end=st.sampled_from([b"\r\n", b"\n"]))
def test_lines_are_the_same_however_they_are_cut(cuts: list[int], end: bytes) -> None:
    data = b"".join(line + end for line in LINES)
    buffer, found, at = LineBuffer(), [], 0
    for cut in [*cuts, len(data)]:
        found += buffer.feed(data[at : at + cut])
        at += cut
    assert [line.rstrip() for line in found] == [line for line in LINES if line]


def test_a_line_without_an_end_is_bounded() -> None:
    buffer = LineBuffer(line_bytes_max=100)
    buffer.feed(b"x" * 100)
    with pytest.raises(PeerBroke, match="more than 100"):
        buffer.feed(b"x")


def test_a_bound_counts_one_line_and_not_those_before_it() -> None:
    buffer = LineBuffer(line_bytes_max=100)
    for _ in range(10):
        assert buffer.feed(b"x" * 60 + b"\n" + b"y" * 20) != []


def test_a_message_without_segments_is_whole() -> None:
    thread = Thread()
    heartbeat = message(pt=5, ct="HEARTBEAT", clk="c1")
    assert thread.take(heartbeat) is heartbeat
    assert thread.clocks == {}
    assert ids(thread.take(message(mc=[market("1.1")], clk="c2", initial="i"))) == ["1.1"]
    assert thread.clocks == {"initialClk": "i", "clk": "c2"}


def test_segments_are_one_message_and_move_the_clocks_at_their_end() -> None:
    thread = Thread()
    thread.take(message(initial="i0", clk="c0"))
    assert thread.take(message(segment="SEG_START", ct="SUB_IMAGE", initial="i1", mc=[market("1.1")], pt=1)) is None
    assert thread.take(message(segment="SEG", ct="SUB_IMAGE", mc=[market("1.2")], clk="c1", pt=2)) is None
    assert thread.clocks == {"initialClk": "i0", "clk": "c0"}
    whole = thread.take(message(segment="SEG_END", ct="SUB_IMAGE", mc=[market("1.3")], clk="c2", pt=3))
    assert ids(whole) == ["1.1", "1.2", "1.3"]
    assert whole is not None
    assert (whole.ct, whole.pt) == (IMAGE, 3)
    assert thread.clocks == {"initialClk": "i1", "clk": "c2"}


def test_a_message_cut_off_half_way_leaves_no_trace() -> None:
    thread = Thread()
    thread.take(message(initial="i0", clk="c0"))
    thread.take(message(segment="SEG_START", ct="SUB_IMAGE", clk="c9", mc=[market("1.1")]))
    thread.cut()
    assert thread.clocks == {"initialClk": "i0", "clk": "c0"}
    thread.take(message(segment="SEG_START", mc=[market("1.2")]))
    whole = thread.take(message(segment="SEG_END", clk="c1"))
    assert ids(whole) == ["1.2"]
    assert whole is not None
    assert whole.ct is None


def test_an_ordinary_message_after_a_segmented_image_is_no_image() -> None:
    thread = Thread()
    thread.take(message(segment="SEG_START", ct="SUB_IMAGE"))
    thread.take(message(segment="SEG_END", ct="SUB_IMAGE"))
    whole = thread.take(message(mc=[market("1.1")]))
    assert whole is not None
    assert whole.ct is None


def test_clocks_that_are_not_told_stay() -> None:
    thread = Thread()
    thread.take(message(initial="i", clk="c"))
    thread.take(message())
    assert thread.clocks == {"initialClk": "i", "clk": "c"}
    thread.forget()
    assert thread.clocks == {}
