"""The dead-man's switch, and the account's life: currency, renewal refused, silence, the end."""

from typing import Any

from domain.messages import Channel, ChannelChanged, OrderRejected, RejectReason
from tests.venues.matchbook.desk import (
    ACCOUNT,
    EVENTS,
    HEARTBEAT,
    LOGIN,
    OFFERS,
    Desk,
    errors,
    event,
    listed,
    market,
    page,
    place,
    settings,
)
from venues.switches import Switch

HELD = {"action-performed": "HEARTBEAT_ACTIVATED", "actual-timeout": 30, "timeout-time": "2026-09-21T14:13:50.000Z"}


def beat(desk: Desk, body: Any = HELD, status: int = 200) -> Any:
    return desk.answer(HEARTBEAT, body, status, method="POST").body


def test_beats_are_sent_three_times_within_the_timeout_that_the_venue_keeps() -> None:
    desk = Desk(heartbeat_s=20).trading()
    assert beat(desk) == {"timeout": 20}
    desk.wait(9_900)
    assert not desk.is_asked(HEARTBEAT, "POST")
    desk.wait(200)
    beat(desk)


def test_a_beat_that_failed_is_followed_by_the_next_in_time() -> None:
    desk = Desk(heartbeat_s=12).trading()
    for body, status in ((b"", 503), (b"<html>", 200), ({"action-performed": 3}, 200)):
        beat(desk, body, status)
        desk.wait(4_000)
    beat(desk)
    assert not any(fact.channel is Channel.ORDERS for fact in desk.told_of(ChannelChanged))


def test_when_the_venue_says_that_it_cancels_nothing_counts_until_offers_are_read() -> None:
    for word in ("CANCELLING_OFFERS", "OFFERS_CANCELLED", "CANCELLATION_ERROR"):
        desk = Desk(heartbeat_s=20).trading()
        desk.poll_offers()
        desk.taken()
        beat(desk, HELD | {"action-performed": word})
        (down,) = desk.told_of(ChannelChanged)
        assert (down.channel, down.up, down.reason) == (Channel.ORDERS, False, f"dead-man's switch: {word}")
        desk.wait(200)
        desk.answer(OFFERS, listed())
        assert [fact.up for fact in desk.told_of(ChannelChanged)] == [True]


def test_a_gap_between_beats_that_is_longer_than_the_timeout_counts_as_a_release() -> None:
    desk = Desk(heartbeat_s=12).trading()
    beat(desk, HELD | {"actual-timeout": 12})
    desk.wait(17_000)
    desk.taken()
    beats = [one for one in desk.read() if one.path == HEARTBEAT]
    desk.reply(beats[-1], HELD | {"actual-timeout": 12})
    told = [fact.reason for fact in desk.told_of(ChannelChanged) if fact.channel is Channel.ORDERS]
    assert told == ["dead-man's switch: no beat in time"]


def test_without_a_timeout_the_switch_is_not_armed() -> None:
    desk = Desk(heartbeat_s=0).trading()
    desk.wait(60_000)
    assert not desk.is_asked(HEARTBEAT, "POST")


# --- the account ---


def test_an_account_in_another_currency_is_not_traded_on() -> None:
    desk = Desk(currency="EUR").started(currency="GBP")
    (down,) = [fact for fact in desk.told_of(ChannelChanged) if fact.channel is Channel.ORDERS]
    assert (down.up, down.reason) == (False, "an account that is not as configured: GBP, NET_WIN")
    desk.answer(OFFERS, listed())
    desk.wait(60_000)
    assert not desk.is_asked(EVENTS)
    assert not any(fact.channel is Channel.ORDERS for fact in desk.told_of(ChannelChanged))


def test_an_account_under_a_commission_that_we_do_not_know_is_not_traded_on() -> None:
    desk = Desk().started(**{"commission-type": "NEW"})
    assert not desk.is_asked(EVENTS)


def test_an_account_that_was_not_read_is_read_again() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    desk.log_in()
    desk.answer(ACCOUNT, b"", 503)
    desk.wait(5_000)
    desk.answer(ACCOUNT, {"commission-type": "VOLUME", "currency": "EUR"})
    assert desk.is_asked(EVENTS)


def test_a_login_that_is_refused_is_told_and_nothing_is_sent_any_more() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    desk.answer(LOGIN, errors("Cannot login, username or password is incorrect"), 401, method="POST")
    down = desk.told_of(ChannelChanged)[-1]
    assert (down.channel, down.up) == (Channel.REQUESTS, False)
    desk.wait(3_600_000)
    assert desk.read() == []
    desk.venue.send(place(), desk.now)
    assert desk.told_of(OrderRejected)[0].reason is RejectReason.NOT_SENT


def test_a_renewal_that_is_refused_ends_new_risk_and_leaves_cancels() -> None:
    desk = Desk(session_s=60).trading()
    desk.idle(60_000)
    desk.taken()
    desk.answer(LOGIN, errors("Cannot login"), 401, method="POST")
    (down,) = desk.told_of(ChannelChanged)
    assert (down.channel, down.up, down.reason) == (Channel.ORDERS, False, "login refused: Cannot login")
    desk.idle(10_000)
    assert not any(fact.channel is Channel.ORDERS for fact in desk.told_of(ChannelChanged))
    assert desk.venue._lines.writes.is_ready


def test_no_personal_word_of_the_login_and_no_secret_is_ever_told() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    desk.answer(LOGIN, {"session-token": "", "account": {"email": "canary@example.com"}}, method="POST")
    desk.wait(2_000)
    desk.answer(LOGIN, b'{"session-token": 5, "email": "canary@example.com"', method="POST")
    text = repr(desk.taken()) + repr(vars(desk.venue)) + repr(desk.settings)
    assert "canary" not in text
    assert 'pa"ss' not in text


def test_after_stop_nothing_is_told_and_nothing_is_due() -> None:
    desk = Desk(heartbeat_s=20).trading()
    desk.wait(1_000)
    asked = desk.asked(EVENTS)
    desk.venue.stop(desk.now)
    desk.reply(asked, page(event(market())))
    assert desk.taken() == []
    assert desk.venue.next_deadline() is None
    assert all(wire.is_closed for wire in desk.network.wires)


def test_capabilities_say_what_the_engine_must_do_itself() -> None:
    said = Desk().venue.capabilities
    assert (said.polled, said.immediate, said.currency, said.absences_min) == (True, False, "EUR", 3)
    assert said.visible_after_ms >= 10_000
    assert settings().heartbeat_s == 0


def test_it_says_until_when_it_is_held_and_why_it_is_off() -> None:
    desk = Desk(heartbeat_s=20).trading()
    assert desk.venue.switch(desk.now) == Switch(20), "asked for, and not yet answered"
    sent_ns = desk.now
    beat(desk)
    assert desk.venue.switch(desk.now) == Switch(20, sent_ns + 30_000_000_000)
    assert Desk(heartbeat_s=0).venue.switch(0) == Switch(off="account-wide: set heartbeat_s")
