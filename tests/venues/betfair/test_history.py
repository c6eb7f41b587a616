"""Recording files: packings, line ends, cut lines, truncation, times, and what a file is good for."""

import bz2
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from domain.ids import Currency, VenueName
from domain.messages import BooksChanged, InstrumentsListed, MarketChanged
from tests.venues.betfair.desk import MARKET, definition, mcm
from venues.betfair.history import Damaged, Depth, Recording, survey
from venues.betfair.market_feed import MarketFeed
from venues.betfair.rules import CommissionPlan

ROW = {"id": MARKET, "rc": [{"id": 11, "atb": [[2, 1]]}]}
MESSAGES: list[dict[str, Any]] = [
    {"op": "connection", "connectionId": "1"},
    {"op": "status", "id": 1, "connectionClosed": False},
    mcm(1, {"id": MARKET, "marketDefinition": definition(), "img": True}, pt=1_000),
    mcm(1, ROW, pt=2_000),
    mcm(1, {"id": "1.200", "marketDefinition": definition("CLOSED")}, pt=3_000),
]


def content(messages: list[dict[str, Any]] = MESSAGES, end: bytes = b"\n") -> bytes:
    return b"".join(json.dumps(one).encode() + end for one in messages)


def recorded(tmp_path: Path, data: bytes) -> Recording:
    path = tmp_path / "1.100"
    path.write_bytes(data)
    return Recording(path)


def feed(recording: Recording) -> MarketFeed:
    listings = survey(recording).listings(VenueName("betfair"))
    return MarketFeed(VenueName("betfair"), listings, Currency("GBP"), CommissionPlan())


@pytest.mark.parametrize("pack", [bytes, bz2.compress, gzip.compress])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_any_packing_and_line_end_is_the_same_recording(tmp_path: Path, pack, end: bytes) -> None:
    recording = recorded(tmp_path, pack(content(end=end)))
    assert [(ms, json.loads(line)) for ms, line in recording.lines()] == [
        (1_000, MESSAGES[2]),
        (2_000, MESSAGES[3]),
        (3_000, MESSAGES[4]),
    ]
    assert recording.lines_skipped == []


def test_a_last_line_without_an_end_counts(tmp_path: Path) -> None:
    assert len(list(recorded(tmp_path, content()[:-1]).lines())) == 3


def test_packed_members_may_follow_one_another(tmp_path: Path) -> None:
    data = content()
    assert len(list(recorded(tmp_path, bz2.compress(data[:300]) + bz2.compress(data[300:])).lines())) == 3


def test_facts_come_with_their_times(tmp_path: Path) -> None:
    recording = recorded(tmp_path, content())
    assert [(ms, type(fact)) for ms, fact in recording.facts(feed(recording))] == [
        (1_000, InstrumentsListed),
        (1_000, BooksChanged),
        (1_000, MarketChanged),
        (2_000, BooksChanged),
        (3_000, InstrumentsListed),
        (3_000, MarketChanged),
    ]


def test_segments_are_one_message(tmp_path: Path) -> None:
    cut = [mcm(1, ROW, segmentType="SEG_START", pt=2_000), mcm(1, ROW, segmentType="SEG_END", pt=2_001)]
    recording = recorded(tmp_path, content(MESSAGES[:3] + cut))
    facts = [fact for ms, fact in recording.facts(feed(recording)) if ms > 1_000]
    assert [type(fact) for fact in facts] == [BooksChanged]


@pytest.mark.parametrize(
    ("extra", "ms"),
    [({}, 2_000), ({"ArrivalTime": 2_007}, 2_007), ({"rt": 621_355_968_000_000_000 + 20_099_999}, 2_009)],
)
def test_receive_times_count_where_they_were_kept(tmp_path: Path, extra: dict[str, int], ms: int) -> None:
    recording = recorded(tmp_path, content([mcm(1, ROW, pt=2_000) | extra]))
    assert [time for time, _ in recording.lines()] == [ms]


def test_a_cut_line_is_left_out_and_named(tmp_path: Path) -> None:
    lines = content().splitlines(keepends=True)
    recording = recorded(tmp_path, b"".join([*lines[:3], lines[3][:40] + b"\n", b"\xff\n", lines[4][:-20]]))
    assert [ms for ms, _ in recording.lines()] == [1_000]
    assert [number for number, _ in recording.lines_skipped] == [4, 5, 6]
    list(recording.lines())
    assert len(recording.lines_skipped) == 3


@pytest.mark.parametrize("pack", [bz2.compress, gzip.compress])
def test_a_truncated_file_is_one_clear_error_with_its_place(tmp_path: Path, pack) -> None:
    packed = pack(content())
    recording = recorded(tmp_path, packed[:-12])
    with pytest.raises(Damaged, match=rf"1\.100: ends at byte {len(packed) - 12} inside its packed data"):
        list(recording.lines())


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda: bz2.compress(content())[:20] + b"x" * 40, "packed data is broken"),
        (lambda: gzip.compress(content())[:-8] + b"x" * 8, "packed data is broken"),
        (lambda: gzip.compress(content()) + b"tail", "something else follows"),
    ],
)
def test_a_broken_file_is_one_clear_error(tmp_path: Path, spoil, said: str) -> None:
    with pytest.raises(Damaged, match=said):
        list(recorded(tmp_path, spoil()).lines())


def test_a_survey_says_what_is_in_a_file(tmp_path: Path) -> None:
    found = survey(recorded(tmp_path, content()))
    assert (found.messages, found.definitions, found.first_ms, found.last_ms) == (3, 2, 1_000, 3_000)
    assert (found.depth, list(found.opening)) == (Depth.FULL, [MARKET, "1.200"])
    assert found.closing["1.200"].status == "CLOSED"
    assert [(one.venue_market, one.selection, one.outcome) for one in found.listings(VenueName("betfair"))] == [
        (MARKET, "11", 0),
        (MARKET, "22", 1),
        ("1.200", "11", 0),
        ("1.200", "22", 1),
    ]


@pytest.mark.parametrize(
    ("row", "depth"), [({"ltp": 2.0}, Depth.NONE), ({"batb": [[0, 2, 1]]}, Depth.BEST), ({"atl": []}, Depth.FULL)]
)
def test_a_file_says_how_deep_its_prices_go(tmp_path: Path, row: dict[str, Any], depth: Depth) -> None:
    messages = [MESSAGES[2], mcm(1, {"id": MARKET, "rc": [{"id": 11} | row]})]
    assert survey(recorded(tmp_path, content(messages))).depth is depth


@pytest.mark.parametrize("data", [b"", b"hello\n", content(MESSAGES[:2]), content([MESSAGES[3]])])
def test_a_file_without_a_market_is_no_recording(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ValueError, match="is it a stream recording"):
        survey(recorded(tmp_path, data))


@pytest.mark.parametrize("pack", [bytes, bz2.compress, gzip.compress])
def test_a_byte_order_mark_costs_no_line(tmp_path: Path, pack) -> None:
    recording = recorded(tmp_path, pack(b"\xef\xbb\xbf" + content(MESSAGES[2:])))
    assert [message.pt for _, message in recording.messages()] == [1_000, 2_000, 3_000]
    assert recording.lines_skipped == []


def test_a_file_of_a_byte_order_mark_alone_is_empty(tmp_path: Path) -> None:
    assert [*recorded(tmp_path, b"\xef\xbb\xbf").messages()] == []
