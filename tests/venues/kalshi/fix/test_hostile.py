"""Whatever a peer says over FIX, it ends its own session at worst: nothing is raised, and no other line is touched."""

from base64 import b64encode
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.messages import BooksChanged, CancelAccepted, Channel, ChannelChanged, QueryVenue, VenueReported
from tests.venues.kalshi.fix.script import Script, wire
from tests.venues.kalshi.fix.test_with_fake import NAMES, line, together
from tests.venues.kalshi.test_with_fake import Together, cancel, of, place
from tests.venues.kalshi.venue import HOME, KEY
from tests.venues.sim.wires import HandWire
from venues.kalshi.fake.fix import FixConnection
from venues.kalshi.fake.fix_clerks import TARGETS
from venues.kalshi.fix.clock import sending_time

THEIRS = {NAMES[0]: "KalshiNR", NAMES[1]: "KalshiDC", NAMES[2]: "KalshiMD"}


def everything() -> Together:
    return together(fix={"copy": line(1), "books": line(2)}, words={"books": "fix"})


def peers(both: Together) -> list[tuple[Any, str]]:
    """Our end of each FIX connection, and whose it is."""
    ends = [end for end in both.pipes.ends if end.is_open and isinstance(end.to, FixConnection)]
    return [(end.other.to, end.to._seat._key) for end in ends if end.to._seat is not None]  # type: ignore[attr-defined]


def forged(both: Together, key: str, kind: str, *body: tuple[str, str]) -> bytes:
    """A message as the venue would send it next."""
    seat = both.world.fake.fix._seats[key, THEIRS[key]]
    seq = str(seat.session._line.store.next_out)
    at = sending_time(both.world.books.wall_ms(both.world.now_ns))
    return wire(kind, ("49", THEIRS[key]), ("56", key), ("34", seq), ("52", at), *body)


NONSENSE = {
    "noise": b"\x00\xff" * 50,
    "a page for people": b"HTTP/1.1 502 Bad Gateway\r\n\r\n<html>" + b"x" * 99,
    "garbled frames": b"8=FIXT.1.1\x019=5\x0135=0\x0110=000\x01" * 5,
    "another version": wire("0", ("49", "KalshiNR"), ("34", "2"), begin="FIX.4.2"),
    "no end": b"8=FIXT.1.1\x019=200000\x01" + b"35=8\x01" * 100,
}


@pytest.mark.parametrize("data", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize("which", THEIRS)
def test_nonsense_on_one_line_ends_that_line_only_and_it_comes_back(data: bytes, which: str) -> None:
    both = everything()
    both.send(place())
    (peer,) = [peer for peer, key in peers(both) if key == which]
    for _ in range(3):
        peer.received(data, both.world.now_ns)
    told = both.run(60_000)
    touched = {fact.channel for fact in of(told, ChannelChanged)}
    assert touched <= {NAMES[0]: {Channel.ORDERS}, NAMES[1]: set(), NAMES[2]: {Channel.MARKET_DATA}}[which]
    assert all(fact.up for fact in [*{fact.channel: fact for fact in of(told, ChannelChanged)}.values()])
    assert of(both.send(QueryVenue(both.venue.capabilities.venue), 3_000), VenueReported)
    both.world.crowd("ann bid 10 @ 40")
    told = both.send(place("abc-2", price=4_600)) + both.send(cancel("abc-2", "c2"))
    assert of(told, BooksChanged)
    assert of(told, CancelAccepted)


REPORTS = {
    "without a field": (("37", "id"),),
    "a side that there is not": (("54", "7"),),
    "more matched than ordered": (("14", "11"), ("38", "10")),
    "a negative size": (("14", "-1"),),
    "no number": (("14", "ten"),),
    "an endless number": (("14", "9" * 60),),
    "an exponent": (("14", "1e9"),),
    "a match at nothing": (("150", "F"), ("32", "1"), ("31", "0")),
    "an average that is none": (("6", "1/3"),),
    "a group of another size": (("136", "2"), ("137", "1")),
}


@pytest.mark.parametrize("changes", REPORTS.values(), ids=REPORTS)
def test_a_report_that_makes_no_sense_says_nothing_and_ends_its_session_at_worst(changes: tuple) -> None:
    both = everything()
    both.send(place())
    sound = {"37": "id", "11": "abc-1", "17": "1;1", "150": "0", "39": "0", "54": "1", "55": "T"}
    sound |= {"151": "10", "14": "0", "6": "0", "38": "10"}
    body = changes if changes == REPORTS["without a field"] else (sound | dict(changes)).items()
    (peer,) = [peer for peer, key in peers(both) if key == NAMES[0]]
    both.facts.clear()
    peer.received(forged(both, NAMES[0], "8", *body), both.world.now_ns)
    assert not [fact for fact in both.facts if hasattr(fact, "matched_micros")]
    both.run(20_000)
    assert of(both.send(place("abc-2")), type(None)) == []
    assert both.venue.tokens(both.world.now_ns) > 0


KINDS = st.sampled_from(
    ["0", "1", "2", "3", "4", "5", "8", "9", "j", "A", "D", "F", "G", "q", "U1", "U2", "V", "W", "X", "?"]
)
TAGS = st.sampled_from(
    [7, 11, 14, 16, 17, 36, 37, 38, 39, 41, 43, 45, 54, 55, 58, 97, 108, 112, 122, 123, 141, 146, 150, 151]
)
VALUES = st.one_of(
    st.sampled_from(["Y", "N", "0", "1", "2", "5", "99", "-1", "abc-1", "x", "1;1", "20260921-14:13:20.000"]),
    st.text(st.characters(min_codepoint=2, max_codepoint=255), min_size=1, max_size=6),
)
SPEECH = st.lists(st.tuples(KINDS, st.integers(-1, 4), st.lists(st.tuples(TAGS, VALUES), max_size=6)), max_size=8)


@settings(max_examples=250, deadline=None, derandomize=True, database=None)
@given(SPEECH, st.booleans())
@example([("A", 0, [(141, "Y"), (108, "0")])], False)
@example([("2", 0, [(7, "5"), (16, "1")])], True)
@example([("4", 0, [(123, "Y"), (36, "999999999999999999")])], True)
def test_a_session_survives_any_speech(speech: list, is_initiator: bool) -> None:
    names = {} if is_initiator else {"ours": "KalshiRT", "theirs": ("us",), "is_initiator": False}
    script = Script(names | {"fresh_ms": 5_000})
    script.play("connect")
    them, us = ("KalshiRT", "us") if is_initiator else ("us", "KalshiRT")
    at = sending_time(script.wall_ms())
    speech = [("A", 0, [(108, "30")]), *speech]
    for kind, skip, body in speech:
        seq = max(0, script.store.next_in + skip)
        head = (("49", them), ("56", us), ("34", str(seq)), ("52", at))
        script.session.received(wire(kind, *head, *((str(tag), value) for tag, value in body)), script.now_ns)
        script.play("+ 1")
    assert len(script.reasons) <= 1
    assert script.session.is_up is (not script.reasons)


ORDER = {38: "1", 40: "2", 44: "0.4700", 54: "1", 55: str(HOME), 59: "1"}


WISH = st.tuples(
    st.sampled_from("D D D F F G q V e U1 2 1 4 5".split()),
    st.sampled_from([0, 0, 0, 0, 0, 0, 0, -1]),
    st.lists(st.tuples(TAGS, VALUES), max_size=1),
)
WISHES = st.lists(WISH, min_size=1, max_size=10)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.lists(st.binary(max_size=40), max_size=5), WISHES, st.sampled_from(TARGETS))
def test_the_simulated_venue_survives_any_client(noise: list[bytes], speech: list, target: str) -> None:
    both = together(is_started=False)
    connection = both.world.fake.fix.accept()
    connection.connected(HandWire(), both.world.now_ns)
    at = sending_time(both.world.books.wall_ms(both.world.now_ns))
    signature = b64encode(KEY.sign(f"{at}\x01A\x011\x01{NAMES[2]}\x01{target}".encode())).decode()
    logon = {108: "30", 141: "Y", 95: str(len(signature)), 96: signature, 21005: "Y"}
    for n, (kind, skip, body) in enumerate([("A", 0, logon.items()), *speech], 1):
        head = (("49", NAMES[2]), ("56", target), ("34", str(n + min(0, skip))), ("52", at))
        fields = ORDER | {11: f"o-{n}", 41: f"o-{n - 1}"} | dict(body) if kind in "DFG" else dict(body)
        connection.received(wire(kind, *head, *((str(tag), value) for tag, value in fields.items())), both.world.now_ns)
    for data in noise:
        connection.received(data, both.world.now_ns)
    both.run(2_000)
    assert both.venue.tokens(both.world.now_ns) > 0, "another customer's session is not touched"
