"""Requests under the session: what each answer means, one repetition for reads, and groups that rest."""

import gzip
import zlib

import pytest

from domain.ids import VenueMarketId, VenueName
from domain.messages import BalanceReported, ChannelChanged, OrderRejected, QuerySettlement, QueryVenue, RejectReason
from tests.venues.matchbook.desk import (
    BALANCE,
    CURRENT,
    EMPTY_REPORT,
    EVENTS,
    OFFERS,
    SETTLED,
    Desk,
    errors,
    event,
    listed,
    market,
    page,
    place,
    reply_of,
    settings,
)
from venues.base import Charged
from venues.errors import PeerBroke
from venues.matchbook.answers import BODY_BYTES_MAX, error_answer, plain, retry_after_ns, unpacked
from venues.matchbook.budgets import Budgets, Group
from venues.matchbook.settings import PerMinute

NOT_KNOWN = (401, errors("Session expired")), (400, errors("Authentication required."))


def test_a_packed_body_is_unpacked() -> None:
    assert unpacked(reply_of(gzip.compress(b'{"a":1}'), headers={"content-encoding": "gzip"})) == b'{"a":1}'


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b"x" * 100, mtime=0)[:-9], zlib.compress(b"x")])
def test_a_body_that_is_packed_badly_is_no_answer(body: bytes) -> None:
    with pytest.raises(PeerBroke, match="status 200"):
        unpacked(reply_of(body, headers={"content-encoding": "gzip"}))


def test_a_body_out_of_proportion_is_not_unpacked() -> None:
    bomb = gzip.compress(b"0" * (BODY_BYTES_MAX + 1))
    with pytest.raises(PeerBroke, match="more than"):
        unpacked(reply_of(bomb, headers={"content-encoding": "gzip"}))


def test_errors_are_told_in_one_line() -> None:
    said = reply_of(errors("Stake must be", "at least", codes=("STAKE",)), 400)
    assert plain(said) == "STAKE Stake must be at least"
    assert plain(reply_of(b"<html>", 403)) == "status 403"
    assert [one.text for one in error_answer(reply_of({"errors": [{"field": "stake"}]})).errors or ()] == ["stake"]


@pytest.mark.parametrize(
    ("text", "ns"), [("30", 30 * 10**9), ("", 0), ("-3", 0), ("Wed, 21 Oct", 0), ("9" * 30, 86_400 * 10**9)]
)
def test_how_long_to_stay_away_is_read_within_a_day(text: str, ns: int) -> None:
    assert retry_after_ns(reply_of(b"", 429, {"retry-after": text})) == ns


@pytest.mark.parametrize(("status", "body"), NOT_KNOWN)
def test_a_read_under_a_dead_session_is_sent_once_more_under_the_next(status: int, body: dict) -> None:
    desk = Desk().trading()
    desk.wait(1_000)
    desk.answer(EVENTS, body, status)
    assert desk.told_of(ChannelChanged)[0].reason == "session expired"
    assert not desk.is_asked(EVENTS)
    desk.log_in("NEXT")
    assert "session-token: NEXT" in desk.answer(EVENTS, page(event(market()))).head
    assert [fact.up for fact in desk.told_of(ChannelChanged)] == [True]


def test_a_read_that_is_not_known_under_the_next_session_either_is_given_up() -> None:
    desk = Desk().trading()
    desk.wait(1_000)
    desk.answer(EVENTS, errors("no"), 401)
    desk.log_in("NEXT")
    desk.answer(EVENTS, errors("no"), 401)
    assert not desk.is_asked(EVENTS)


def test_a_read_that_waits_for_a_session_is_given_up_in_time() -> None:
    desk = Desk(poll_answer_ms=2_000).trading()
    desk.wait(1_000)
    desk.answer(EVENTS, errors("no"), 401)
    desk.wait(5_000)
    desk.log_in("NEXT")
    assert sum(one.path == EVENTS for one in desk.read()) == 1


@pytest.mark.parametrize(("status", "body"), NOT_KNOWN)
def test_a_placement_under_a_dead_session_is_refused_and_not_repeated(status: int, body: dict) -> None:
    desk = Desk().trading()
    desk.venue.send(place(), desk.now)
    desk.answer(OFFERS, body, status, method="POST")
    (rejected,) = desk.told_of(OrderRejected)
    assert rejected.reason is RejectReason.NOT_AUTHORISED
    desk.log_in("NEXT")
    assert not desk.is_asked(OFFERS, "POST")


def test_nothing_is_sent_without_a_session() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    desk.venue.send(QueryVenue(VenueName("matchbook")), desk.now)
    assert [one.method for one in desk.read()] == ["POST"]


def test_a_group_that_was_asked_too_much_rests_and_the_others_go_on() -> None:
    desk = Desk(blocked_s=600).trading()
    desk.wait(1_000)
    desk.answer(EVENTS, b"", 429)
    desk.idle(598_000)
    assert not desk.is_asked(EVENTS)
    desk.idle(3_000)
    assert desk.is_asked(EVENTS)


def test_a_read_that_waited_for_its_turn_when_its_group_was_told_to_rest_is_not_sent_either() -> None:
    desk = Desk(burst=5, cancel_reserve=1, per_minute=PerMinute(reports=6)).trading()
    ask = QuerySettlement(VenueName("matchbook"), VenueMarketId("1"))
    for path in (CURRENT, SETTLED, CURRENT, SETTLED):
        desk.venue.send(ask, desk.now)
        desk.answer(path, EMPTY_REPORT)
    desk.venue.send(ask, desk.now)
    slow = desk.asked(CURRENT)
    desk.wait(2_600)  # and it is to be asked once more, when the budget allows
    desk.reply(slow, b"", 429)
    desk.idle(60_000)
    assert not desk.is_asked(CURRENT)
    desk.idle(600_000)
    desk.venue.send(ask, desk.now)
    assert desk.is_asked(CURRENT)


SECOND = 1_000_000_000
LIMITS = {Group.EVENTS: 700, Group.WRITES: 3_000, Group.ACCOUNT: 300, Group.REPORTS: 40}


@pytest.mark.parametrize("group", LIMITS)
def test_as_much_as_may_go_passes_no_limit_though_it_comes_late_or_an_engine_died_before(group: Group) -> None:
    """Up to five seconds late, or begun anew by an heir: the venue counts each minute, and then shuts the door."""
    lived_ns = 100 * SECOND
    sent: list[int] = []
    for began_ns in (0, lived_ns):
        budget = Budgets(settings(cancel_reserve=0))[group]
        for now_ns in range(began_ns, began_ns + lived_ns, SECOND // 10):
            while budget.take(now_ns):
                sent.append(now_ns)
    first = 0
    for last, at_ns in enumerate(sent):
        while sent[first] <= at_ns - (65 if at_ns < lived_ns else 60) * SECOND:
            first += 1
        assert last - first + 1 <= LIMITS[group]


def test_a_group_rests_as_long_as_the_venue_says() -> None:
    desk = Desk(blocked_s=600).trading()
    desk.wait(1_000)
    desk.answer(EVENTS, b"", 429, headers="Retry-After: 5\r\n")
    desk.wait(4_000)
    assert not desk.is_asked(EVENTS)
    desk.wait(3_000)
    assert desk.is_asked(EVENTS)


def test_reads_beyond_the_budget_wait_their_turn() -> None:
    desk = Desk(burst=5, cancel_reserve=1).trading()
    budgets = Budgets(desk.settings)
    sent: list[int] = []
    for _ in range(7):
        assert budgets[Group.REPORTS].go(sent.append, 0)
    assert sent == [0] * 5
    for _ in range(2):
        due = budgets.next_deadline()
        assert due is not None
        budgets.on_time(due)
    assert sent[5:] == [2_000_000_000, 4_000_000_000]


def test_every_get_is_counted_and_no_write_is() -> None:
    desk = Desk().trading()
    before = desk.venue.charged.requests
    desk.venue.send(place(), desk.now)
    assert desk.venue.charged.requests == before
    desk.venue.send(QueryVenue(VenueName("matchbook")), desk.now)
    desk.answer(OFFERS, listed())
    desk.answer(BALANCE, {"id": 1, "balance": 100.5, "exposure": 3})
    asked = before + 3  # orders, money, and behind them the positions
    assert desk.venue.charged == Charged(asked, 100 * asked, "GBP"), "GBP 100 a million"
    assert desk.told_of(BalanceReported)[0].balance_micros == 100_500_000
