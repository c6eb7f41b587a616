"""The sessions against QuickFIX, an engine that others wrote: every message of ours under the venue's own dictionary.

Skipped where QuickFIX or the shared dictionary is not at hand.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.ids import InstrumentId, OrderRef, StrategyName
from domain.messages import PlaceOrder
from domain.orders import Side, TimeInForce
from tests.storage.conftest import REQUIRE_ENV
from tests.venues.kalshi.fix.dictionary import DICTIONARY
from tests.venues.kalshi.fix.quickfix import Acceptor, Client, build, missing
from venues.kalshi.fix import tags
from venues.kalshi.fix.reports import Resting, decode_report, encode_cancel, encode_new, encode_replace
from venues.kalshi.fix.store import FileStore, MemoryStore
from venues.kalshi.rest_targets import Place

if missing():
    if "quickfix" in os.environ.get(REQUIRE_ENV, "").split(","):
        raise RuntimeError(f"{REQUIRE_ENV} asks for quickfix: {missing()}")
    pytest.skip(missing(), allow_module_level=True)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("acceptor"))


@pytest.fixture
def acceptor(program: Path, tmp_path: Path) -> Iterator[Acceptor]:
    running = Acceptor(program, tmp_path, DICTIONARY if DICTIONARY.exists() else None)
    yield running
    running.close()


@pytest.fixture
def client(acceptor: Acceptor) -> Iterator[Client]:
    client = Client(acceptor).dial()
    client.until_up()
    yield client
    client.hang_up()


def order(ref: str, side: Side = Side.BACK) -> PlaceOrder:
    names = (OrderRef(ref), InstrumentId("i"), StrategyName("s"))
    return PlaceOrder(*names, side, 4_700, 10_000_000, TimeInForce.REST, 1)


def place(client: Client, ref: str, market: str = "REST", side: Side = Side.BACK) -> None:
    client.say(tags.NEW_ORDER, *encode_new(order(ref, side), Place(market, None), subaccount=0))


def resting(ref: str, market: str = "REST") -> Resting:
    return Resting(ref, f"id-of-{ref}", Side.BACK, Place(market, None))


def reports(client: Client) -> list[tuple[str, str]]:
    """Type and name of every report."""
    found = [decode_report(one) for one in client.heard_all if one.type == tags.EXECUTION_REPORT]
    return [(one.kind, one.client_id) for one in found]


# --- logon and logout ---


def test_logon_stands(client: Client) -> None:
    assert client.session.is_up
    assert (client.store.next_out, client.store.next_in) == (2, 2)


def test_logout_of_ours_is_answered(client: Client) -> None:
    client.session.log_out("done", client.now_ns)
    assert client.until_ended() == "logged out"
    client.acceptor.wait_for("logout")


def test_logout_of_theirs_is_answered(client: Client) -> None:
    place(client, "abc-1", "LOGOUT")
    assert "enough" in client.until_ended()
    client.acceptor.wait_for("logout")


# --- orders ---


@pytest.mark.parametrize("side", list(Side))
def test_an_order_is_accepted(client: Client, side: Side) -> None:
    place(client, "abc-1", side=side)
    report = decode_report(client.until(tags.EXECUTION_REPORT))
    assert (report.kind, report.status, report.client_id, report.side) == ("0", "0", "abc-1", side)
    assert (report.size_micros, report.open_micros) == (10_000_000, 10_000_000)


def test_an_order_is_matched(client: Client) -> None:
    place(client, "abc-1", "FILL")
    report = decode_report(client.until(tags.EXECUTION_REPORT, count=2))
    assert (report.kind, report.matched_micros, report.last_price) == ("F", 10_000_000, 4_700)
    assert report.matched_cost_micros == 4_700_000


def test_an_order_is_cancelled(client: Client) -> None:
    place(client, "abc-1")
    client.say(tags.CANCEL_REQUEST, *encode_cancel("abc-1-c1", resting("abc-1"), subaccount=0))
    client.until(tags.EXECUTION_REPORT, count=2)
    assert reports(client) == [("0", "abc-1"), ("4", "abc-1-c1")]


def test_an_order_is_replaced_and_then_cancelled_by_its_new_name(client: Client) -> None:
    place(client, "abc-1")
    changed = encode_replace("abc-1-r1", resting("abc-1"), size_micros=7_000_000, price=4_600, subaccount=0)
    client.say(tags.REPLACE_REQUEST, *changed)
    assert decode_report(client.until(tags.EXECUTION_REPORT, count=2)).size_micros == 7_000_000
    client.say(tags.CANCEL_REQUEST, *encode_cancel("abc-1-c1", resting("abc-1-r1"), subaccount=0))
    client.until(tags.EXECUTION_REPORT, count=3)
    assert reports(client) == [("0", "abc-1"), ("5", "abc-1-r1"), ("4", "abc-1-c1")]


def test_a_cancel_of_nothing_is_refused(client: Client) -> None:
    client.say(tags.CANCEL_REQUEST, *encode_cancel("abc-9-c1", resting("abc-9"), subaccount=0))
    assert client.until(tags.CANCEL_REJECT).get(tags.CXL_REJ_REASON) == "1"


def test_an_order_without_a_field_is_rejected_by_its_number(client: Client) -> None:
    if not DICTIONARY.exists():
        pytest.skip("the shared dictionary is not at hand")
    fields = [field for field in encode_new(order("abc-1"), Place("REST", None), subaccount=0) if field[0] != 44]
    seq = client.say(tags.NEW_ORDER, *fields)
    reject = client.until(tags.REJECT)
    assert (reject.number(tags.REF_SEQ_NUM), reject.get(tags.REF_TAG), reject.get(373)) == (seq, "44", "1")
    place(client, "abc-2")
    client.until(tags.EXECUTION_REPORT)


# --- numbers ---


def test_numbers_that_we_skipped_are_filled_and_the_order_behind_them_lives(client: Client) -> None:
    client.store.save_out(5)
    place(client, "abc-1")
    client.until(tags.EXECUTION_REPORT)
    client.acceptor.wait_for("app D abc-1")
    (fill,) = [data for data in client.sent if b"\x0135=4\x01" in data]
    assert b"\x0134=2\x01" in fill
    assert b"\x0136=5\x01" in fill
    assert reports(client) == [("0", "abc-1")]


def test_an_order_that_never_arrived_is_not_sent_again(acceptor: Acceptor) -> None:
    first = Client(acceptor).dial()
    first.until_up()
    first.is_mute = True  # its bytes never leave
    place(first, "abc-1")
    first.hang_up()
    again = Client(acceptor, first.store).dial()
    again.until_up()
    place(again, "abc-2")
    again.until(tags.EXECUTION_REPORT)
    assert reports(again) == [("0", "abc-2")]
    acceptor.wait_for("app D abc-2")
    assert "app D abc-1" not in acceptor.said
    again.hang_up()


def test_numbers_that_they_skipped_are_asked_for_and_filled(client: Client) -> None:
    place(client, "abc-1", "SKIP")
    client.until(tags.EXECUTION_REPORT)
    assert any(b"\x0135=2\x01" in data for data in client.sent)
    assert client.store.next_in == 5
    place(client, "abc-2")
    client.until(tags.EXECUTION_REPORT, count=2)
    assert reports(client) == [("0", "abc-1"), ("0", "abc-2")]


def test_reports_that_were_lost_with_a_connection_are_repeated(acceptor: Acceptor) -> None:
    first = Client(acceptor).dial()
    first.until_up()
    place(first, "abc-1")
    place(first, "abc-2")
    acceptor.wait_for("app D abc-2")
    first.hang_up()  # before any report was read
    assert first.heard_all == []
    again = Client(acceptor, first.store).dial()
    again.until(tags.EXECUTION_REPORT, count=2)
    assert reports(again) == [("0", "abc-1"), ("0", "abc-2")]
    assert all(one.is_set(tags.POSS_DUP) for one in again.heard_all)
    again.hang_up()


def test_numbers_out_of_a_file_go_on_where_they_were(acceptor: Acceptor, tmp_path: Path) -> None:
    for ref in ("abc-1", "abc-2"):
        store = FileStore(tmp_path / "numbers")
        client = Client(acceptor, store).dial()
        client.until_up()
        place(client, ref)
        client.until(tags.EXECUTION_REPORT)
        assert reports(client) == [("0", ref)]
        client.hang_up()
        store.close()


def test_a_logon_that_resets_begins_anew(acceptor: Acceptor) -> None:
    first = Client(acceptor).dial()
    first.until_up()
    place(first, "abc-1")
    first.until(tags.EXECUTION_REPORT)
    first.hang_up()
    anew = Client(acceptor, resets=True, recovers=False).dial()
    anew.until_up()
    assert (anew.store.next_out, anew.store.next_in) == (2, 2)
    place(anew, "abc-2")
    anew.until(tags.EXECUTION_REPORT)
    anew.hang_up()


def test_a_number_too_low_ends_the_session_and_the_next_logon_begins_anew(acceptor: Acceptor) -> None:
    first = Client(acceptor).dial()
    first.until_up()
    place(first, "abc-1")
    first.until(tags.EXECUTION_REPORT)
    first.hang_up()
    behind = Client(acceptor, MemoryStore()).dial()
    assert "too low" in behind.until_ended()
    behind.dial()
    behind.until_up()
    assert behind.store.next_out == 2
    behind.hang_up()


def test_a_reset_without_a_logon_is_taken(client: Client) -> None:
    client.store.save_out(40)
    client.session.keep(tags.SEQUENCE_RESET, [(tags.GAP_FILL, "N"), (tags.NEW_SEQ_NO, "50")], client.now_ns)
    client.store.save_out(50)
    place(client, "abc-1")
    client.until(tags.EXECUTION_REPORT)
    assert not any(b"\x0135=2\x01" in data for data in client.received), "it asks for nothing that was skipped"


# --- life and death ---


def test_a_question_for_life_is_answered(client: Client) -> None:
    client.pass_s(37)  # a heartbeat and a question are due
    client.pass_s(0)
    client.until_bytes(b"\x01112=alive-1\x01")
    assert client.session.is_up


def test_a_connection_that_they_break_is_told_and_dialled_anew(client: Client) -> None:
    place(client, "abc-1", "HANGUP")
    client.until_ended()
    client.reasons.clear()
    client.dial()
    client.until_up()
    place(client, "abc-2")
    client.until(tags.EXECUTION_REPORT)
    while ("0", "abc-2") not in reports(client):  # what was lost with the connection is repeated before it
        client.until(tags.EXECUTION_REPORT, count=len(reports(client)) + 1)


def test_a_connection_that_we_break_is_dialled_anew(client: Client) -> None:
    client.hang_up()
    client.acceptor.wait_for("logout")
    client.dial()
    client.until_up()
    place(client, "abc-1")
    client.until(tags.EXECUTION_REPORT)


def test_a_garbled_order_never_happened_and_is_said_again_under_its_number(client: Client) -> None:
    client.is_mute = True
    place(client, "abc-1")
    client.is_mute = False
    client.raw(client.sent[-1][:-4] + b"000\x01")
    place(client, "abc-2")
    client.until(tags.EXECUTION_REPORT, count=2)
    assert reports(client) == [("0", "abc-1"), ("0", "abc-2")]
