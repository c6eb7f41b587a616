"""The codec: frames in any slices, faults by name, groups, and whatever bytes a peer may send."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.venues.kalshi.fix.script import wire
from venues.errors import PeerBroke
from venues.kalshi.fix.codec import (
    BODY_BYTES_MAX,
    FieldFault,
    Framer,
    Garbled,
    Group,
    Message,
    Unreadable,
    encode,
    entries,
    grouped,
    whole,
)

PARTIES = Group(453, 448, frozenset({448, 452}))
FEES = Group(136, 137, frozenset({137, 138, 139, 891}))
SETTLED = Group(20108, 20109, frozenset({20109, 20110, 704, 705}), (FEES,))


def frames(data: bytes) -> list:
    return Framer().feed(data)


def body(text: str) -> bytes:
    """A frame around this body, its length and sum in order; | for SOH."""
    raw = text.replace("|", "\x01").encode("latin-1")
    head = b"8=FIXT.1.1\x019=%d\x01%b" % (len(raw), raw)
    return head + b"10=%03d\x01" % (sum(head) % 256)


def test_a_message_as_the_venue_prints_it_is_read() -> None:
    data = body("35=8|34=5|52=20230809-12:34:56.789|49=KalshiNR|56=key|11=550e|38=10|54=1|55=HIGHNY-23DEC31|44=75|")
    (message,) = frames(data)
    assert (message.type, message.get(55), message.number(38)) == ("8", "HIGHNY-23DEC31", 10)
    assert encode("8", message.fields) == data


def test_a_known_frame_has_the_known_length_and_sum() -> None:
    assert (
        encode("0", [(49, "A"), (56, "B"), (34, "1")])
        == b"8=FIXT.1.1\x019=20\x0135=0\x0149=A\x0156=B\x0134=1\x0110=203\x01"
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (wire("0", ("34", "1"))[:-4] + b"000\x01", "a wrong check sum"),
        (wire("0", ("34", "1")).replace(b"9=10", b"9=11"), ""),
        (wire("0", ("34", "1")).replace(b"9=10", b"9=09") + b"--------", "the body does not end where its length says"),
        (b"8=FIXT.1.1\x019=x\x0135=0\x01", "a body length that is no number"),
        (b"8=FIXT.1.1\x0134=1\x0135=0\x01", "a body length that is no number"),
        (b"8=FIXT.1.1\x019=99999999\x01", "a body length that is no number"),
        (b"8=FIXT.1.1\x019=%d\x01" % (BODY_BYTES_MAX + 1), f"a body of {BODY_BYTES_MAX + 1} bytes"),
        (b"8=FIXT.1.1\x019=0\x0110=000\x01", "a body of 0 bytes"),
        (b"8=FIX" + b"T" * 40, "a head without its length"),
        (b"hello", "bytes before a frame"),
        (b"8=FIXT.1.1\x019=6\x0135=0a=10=061\x01", "the body ends inside a field"),
    ],
)
def test_bytes_that_are_no_frame_are_dropped(data: bytes, reason: str) -> None:
    framer = Framer()
    found = framer.feed(data)
    assert [one.reason for one in found if isinstance(one, Garbled)][:1] == ([reason] if reason else [])
    assert not [one for one in found if not isinstance(one, Garbled)]
    good = wire("0", ("34", "2"))
    after = framer.feed(good + good)
    assert after[-1] == Message("0", ((34, "2"),))


@pytest.mark.parametrize(
    ("text", "tag", "reason", "seq"),
    [
        ("35=8|34=2|11=|", 11, 4, 2),
        ("35=8|34=2|11|", 0, 0, 2),
        ("35=8|34=2|=x|", 0, 0, 2),
        ("35=8|34=2|x1=x|", 0, 0, 2),
        ("35=8|34=2|011=x|", 0, 0, 2),
        ("35=8|34=2|-1=x|", 0, 0, 2),
        ("35=8|34=2|1234567=x|", 0, 0, 2),
        ("34=2|35=8|", 35, 1, 2),
        ("35=8|34=x|11=|", 11, 4, None),
        ("35=8|11=|34=2|", 11, 4, None),
        ("35=A|34=2|95=9|96=abc|", 96, 6, 2),
        ("35=A|34=2|95=2|96=abc|", 96, 6, 2),
        ("35=A|34=2|95=200|96=abc|", 96, 6, 2),
    ],
)
def test_a_field_that_cannot_be_read_is_named(text: str, tag: int, reason: int, seq: int | None) -> None:
    (found,) = frames(body(text))
    assert isinstance(found, Unreadable)
    assert (found.tag, found.reason, found.seq) == (tag, reason, seq)


def test_data_may_hold_any_byte() -> None:
    signature = "a=\x01b\x0110=000\x01\xff"
    data = encode("A", [(34, "1"), (95, str(len(signature))), (96, signature), (108, "30")])
    (message,) = frames(data)
    assert (message.get(96), message.get(108)) == (signature, "30")


@pytest.mark.parametrize(
    "fields",
    [
        [(58, "")],
        [(58, "a\x01b")],
        [(0, "a")],
        [(-1, "a")],
        [(95, "2"), (96, "abc")],
        [(96, "a\x01b")],
        [(58, "€")],
    ],
)
def test_what_would_be_another_message_is_not_written(fields: list) -> None:
    with pytest.raises(ValueError):
        encode("8", fields)


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", "1e3", " 1", "٣", "1" * 19, "x"])
def test_a_number_is_digits_and_nothing_else(text: str) -> None:
    with pytest.raises(FieldFault) as caught:
        whole(text, 34)
    assert (caught.value.tag, caught.value.reason) == (34, 6)


def test_a_group_is_read_and_written() -> None:
    rows = [{137: "0.0175", 138: "USD", 139: "4", 891: "0"}, {137: "0.01", 139: "4"}]
    message = Message("8", ((11, "x"), *grouped(FEES, rows), (880, "t")))
    assert [dict(one.fields) for one in entries(message, FEES)] == rows
    assert message.get(880) == "t"


def test_a_group_in_a_group_stays_with_its_entry() -> None:
    text = "35=UMS|20108=2|20109=a|20110=24|136=2|137=1|139=4|137=2|139=4|20109=b|20110=24|704=3|10000=z|"
    (message,) = frames(body(text))
    first, second = entries(message, SETTLED)
    assert [one.get(137) for one in entries(first, FEES)] == ["1", "2"]
    assert (second.get(704), second.get(10000)) == ("3", None)
    assert entries(second, FEES) == []


@pytest.mark.parametrize("told", ["3", "1", "0"])
def test_a_group_of_another_size_than_told_is_a_fault(told: str) -> None:
    message = Message("8", ((453, told), (448, "a"), (452, "24"), (448, "b"), (452, "24")))
    with pytest.raises(FieldFault) as caught:
        entries(message, PARTIES)
    assert caught.value.reason == 16


def test_no_group_is_no_entries() -> None:
    assert entries(Message("8", ((11, "x"),)), PARTIES) == []


def test_a_missing_field_says_which() -> None:
    with pytest.raises(PeerBroke, match="field 55 is missing"):
        Message("8", ()).text(55)


VALUE = st.text(st.characters(min_codepoint=2, max_codepoint=255), min_size=1, max_size=20)
TAG = st.integers(1, 999_999).filter(lambda tag: tag not in (8, 9, 10, 35, 89, 93, 95, 96))
FIELDS = st.lists(st.tuples(TAG, VALUE), max_size=12)
KIND = st.text("0123456789ABCDEFUq", min_size=1, max_size=3)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(KIND, FIELDS, st.integers(1, 9))
def test_what_was_written_is_read_back_in_any_slices(kind: str, fields: list, size: int) -> None:
    data = encode(kind, fields)
    framer = Framer()
    found = [one for at in range(0, len(data), size) for one in framer.feed(data[at : at + size])]
    assert found == [Message(kind, tuple(fields))]


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(KIND, FIELDS, st.data())
def test_one_wrong_byte_is_never_taken_for_another_message(kind: str, fields: list, data: st.DataObject) -> None:
    raw = bytearray(encode(kind, fields))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != raw[at]))
    for one in frames(bytes(raw)):
        assert not isinstance(one, Message) or one.fields != tuple(fields) or one.begin != "FIXT.1.1"


PIECES = st.sampled_from(
    [
        *(b"8=FIXT.1.1\x01", b"9=5\x01", b"9=40\x01", b"35=8\x01", b"35=0\x01", b"34=2\x01", b"11=\x01", b"95=4\x01"),
        *(b"96=a\x01b\x01", b"10=000\x01", b"10=061\x01", b"8=FIX", b"8=F", b"=", b"\x01", b"\x00\xff"),
        wire("8", ("34", "2"), ("11", "x")),
    ]
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=20), st.integers(1, 30))
@example([b"8=FIX8=FIX8=FIX"], 1)
@example([b"8=FIXT.1.1\x019=5\x0135=0\x0110=161\x01"], 3)
def test_any_bytes_are_survived_alike_in_any_slices(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    whole_feed = Framer()
    at_once = whole_feed.feed(data)
    framer = Framer()
    sliced = [one for at in range(0, len(data), size) for one in framer.feed(data[at : at + size])]
    assert [one for one in sliced if not isinstance(one, Garbled)] == [
        one for one in at_once if not isinstance(one, Garbled)
    ]
    good = wire("0", ("34", "2"))
    after = [one for _ in range(2) for one in framer.feed(b"\x01" * 300_000 + good)]
    assert after[-1] == Message("0", ((34, "2"),)), "whatever came, the next good message is found"
