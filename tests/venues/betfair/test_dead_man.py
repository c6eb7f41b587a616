"""The dead-man's switch: spoken to in time, sooner after trouble, and its action is never overlooked."""

from typing import Any

import pytest

from domain.messages import Channel, ChannelChanged
from tests.venues.betfair.desk import BETFAIR, Desk, mcm, ocm, settings
from tests.venues.hands import HandWire
from venues.switches import Switch


def beat(desk: Desk) -> tuple[HandWire, dict[str, Any]]:
    """The heartbeat that is written now, beside whatever else is."""
    for wire in desk.hot:
        if b"HeartbeatAPING" in wire.written:
            assert wire.written.startswith(b"POST /exchange/heartbeat/json-rpc/v1 HTTP/1.1")
            return wire, desk.asked(wire)[1]
    raise AssertionError("no heartbeat is written")


@pytest.fixture
def desk() -> Desk:
    desk = Desk(dead_man_s=20, connections=4)
    desk.venue.start(desk.now)
    desk.hot = [desk.network.accept(desk.now, "betting") for _ in range(4)]
    desk.log_in()
    return desk


def answered(desk: Desk, action: str = "NONE", timeout: int = 20) -> None:
    wire, params = beat(desk)
    assert params == {"preferredTimeoutSeconds": 20}
    desk.reply(wire, {"actionPerformed": action, "actualTimeoutSeconds": timeout})


def pass_s(desk: Desk, seconds: float) -> None:
    """Time goes by; dials that nobody answers are forgotten."""
    desk.wait(seconds * 1_000)
    desk.network.asked.clear()


@pytest.mark.parametrize(("timeout", "seconds"), [(20, 10), (10, 5)])
def test_it_speaks_twice_in_the_timeout_that_the_venue_uses(desk: Desk, timeout: int, seconds: int) -> None:
    answered(desk, timeout=timeout)
    pass_s(desk, seconds - 0.1)
    with pytest.raises(AssertionError, match="no heartbeat"):
        beat(desk)
    pass_s(desk, 0.1)
    answered(desk)


def test_a_heartbeat_that_was_not_heard_is_repeated_sooner(desk: Desk) -> None:
    wire, _ = beat(desk)
    wire.peer.closed("reset", desk.now)
    pass_s(desk, 5)
    wire, _ = beat(desk)
    desk.fault(wire, "UNEXPECTED_ERROR")
    pass_s(desk, 5)
    beat(desk)


def test_what_the_venue_did_is_told_as_a_shaken_line(desk: Desk) -> None:
    answered(desk, "ALL_BETS_CANCELLED")
    assert desk.taken()[-1] == ChannelChanged(BETFAIR, Channel.ORDERS, False, "dead man: ALL_BETS_CANCELLED")
    desk.market, _ = desk.open_stream()
    desk.orders, _ = desk.open_stream()
    desk.say(desk.orders, ocm(2, ct="SUB_IMAGE", initialClk="i", clk="c"))
    for _ in range(20):
        desk.wait(500)
        desk.say(desk.market, mcm(2, ct="HEARTBEAT"))
        desk.say(desk.orders, ocm(2, ct="HEARTBEAT"))
    desk.taken()
    answered(desk, "SOME_BETS_NOT_CANCELLED")
    down, up = desk.taken()
    assert (down.up, up.up, up.channel) == (False, True, Channel.ORDERS)


def test_it_is_off_unless_asked_for() -> None:
    desk = Desk().subscribed()
    for _ in range(40):
        desk.wait(500)
        desk.say(desk.market, mcm(2, ct="HEARTBEAT"))
        desk.say(desk.orders, ocm(2, ct="HEARTBEAT"))
    assert not any(wire.written for wire in desk.hot)


@pytest.mark.parametrize("seconds", [1, 9, 301, -10])
def test_a_timeout_that_the_venue_does_not_offer_is_refused(seconds: int) -> None:
    with pytest.raises(ValueError, match="dead_man_s"):
        settings(dead_man_s=seconds)


def test_it_says_until_when_it_is_held_and_why_it_is_off(desk: Desk) -> None:
    assert desk.venue.switch(desk.now) == Switch(20), "asked for, and not yet answered"
    sent_ns = desk.now
    answered(desk, timeout=10)
    assert desk.venue.switch(desk.now) == Switch(20, sent_ns + 10_000_000_000)
    assert Desk().venue.switch(0) == Switch(off="account-wide: set dead_man_s")
