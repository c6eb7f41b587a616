"""Lines of the market stream: what we read, what we pass over, what ends the connection."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import SelectionId
from domain.markets import MarketStatus
from venues.betfair.market_codec import (
    ConnectionMessage,
    MarketMessage,
    StatusMessage,
    decode_market_line,
    market_status,
    parse_selection,
    ppm_of_percent,
    runner_key,
    selection_id,
)
from venues.errors import PeerBroke


def test_each_kind_of_message_is_told_apart_wherever_its_op_stands() -> None:
    assert decode_market_line(b'{"connectionId":"7","op":"connection"}\r') == ConnectionMessage("7")
    status = decode_market_line(b'{"op":"status","id":3,"statusCode":"FAILURE","errorCode":"TIMEOUT"}')
    assert isinstance(status, StatusMessage)
    assert (status.id, status.status_code, status.error_code) == (3, "FAILURE", "TIMEOUT")
    message = decode_market_line(b'{"pt":5,"op":"mcm","ct":"HEARTBEAT","clk":"c","unknown":{"deep":[1]}}')
    assert isinstance(message, MarketMessage)
    assert (message.pt, message.ct, message.clk, message.changes) == (5, "HEARTBEAT", "c", None)


def test_a_status_of_old_recordings_without_a_code_is_a_success() -> None:
    status = decode_market_line(b'{"op":"status","connectionClosed":false,"id":1}')
    assert isinstance(status, StatusMessage)
    assert status.status_code == "SUCCESS"


@pytest.mark.parametrize("line", [b'{"op":"rcm","id":1,"rc":[]}', b'{"op":"ocm"}', b'{"op":"tomorrow","mc":7}'])
def test_messages_of_other_kinds_are_passed_over(line: bytes) -> None:
    assert decode_market_line(line) is None


def test_numbers_may_come_as_text() -> None:
    message = decode_market_line(
        b'{"op":"mcm","id":"2","pt":"5","mc":[{"id":"1.1","rc":[{"id":"9","hc":"-0.5","atb":[["2.02","3.5"]]}]}]}'
    )
    assert isinstance(message, MarketMessage)
    assert message.changes is not None
    ((rc,),) = [change.rc for change in message.changes if change.rc]
    assert (message.id, message.pt, rc.id, rc.hc, rc.atb) == (2, 5, 9, -0.5, [(2.02, 3.5)])


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"<html>",
        b"{}",
        b"[]",
        b'{"op":"mcm","mc":[{"id":"1.1","rc":[{"id":1,"atb":[[2.0',
        b'{"op":"mcm","mc":[{"rc":[]}]}',
        b'{"op":"mcm","mc":[{"id":"1.1","rc":[{"id":1,"atb":[[2.0]]}]}]}',
        b'{"op":"mcm","mc":[{"id":"1.1","rc":[{"id":1,"atb":[[2.0,1e999]]}]}]}',
        b'{"op":"mcm","pt":' + b"9" * 400 + b"}",
        b'{"op":"mcm","mc":' + b"[" * 100_000,
        b'{"op":"mcm","clk":"\xff\xfe"}',
    ],
)
def test_anything_else_is_not_the_venues_language(line: bytes) -> None:
    with pytest.raises(PeerBroke, match="market stream"):
        decode_market_line(line)


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_break_the_peer(line: bytes) -> None:
    with suppress(PeerBroke):
        decode_market_line(line)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("id rc atb mc op hc".split()), inner),
    max_leaves=8,
)


@given(JSON)
def test_no_json_in_a_message_does_more_than_break_the_peer(value) -> None:
    line = json.dumps({"op": "mcm", "mc": value}).encode()
    with suppress(PeerBroke):
        decode_market_line(line)


def test_a_status_that_we_do_not_know_takes_no_orders() -> None:
    assert market_status("OPEN") is MarketStatus.OPEN
    assert market_status("HALTED") is MarketStatus.SUSPENDED


@pytest.mark.parametrize(
    ("text", "runner", "handicap"), [("47972", 47972, 0.0), ("60324@-0.25", 60324, -0.25), ("7@1", 7, 1.0)]
)
def test_a_runner_and_its_spelling_agree(text: str, runner: int, handicap: float) -> None:
    assert parse_selection(SelectionId(text)) == (runner, handicap)
    assert selection_id(runner, handicap) == text


def test_a_handicap_of_zero_is_none() -> None:
    assert runner_key(5, None) == runner_key(5, 0.0) == 5
    assert runner_key(5, -0.0) == 5
    assert selection_id(5, 0.0) == selection_id(5, None) == "5"


@pytest.mark.parametrize("text", ["", "home", "1@x", "1.5"])
def test_a_selection_that_is_no_runner_says_what_it_should_be(text: str) -> None:
    with pytest.raises(ValueError, match="runner id such as"):
        parse_selection(SelectionId(text))


@pytest.mark.parametrize(("percent", "ppm"), [(5, 50_000), (2.5, 25_000), (6.0, 60_000), (0.1, 1_000)])
def test_a_percentage_becomes_millionths(percent: float, ppm: int) -> None:
    assert ppm_of_percent(percent) == ppm
