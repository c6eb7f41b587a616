"""The login session: one token, replaced before it dies, and never forced on a venue that says no."""

import json
from typing import Any

import pytest

from tests.venues.hands import HandNetwork, http_answer
from tests.venues.matchbook.desk import LOGIN, S, errors, settings
from venues.http import HttpClient
from venues.matchbook.session import Session
from venues.secret import Secret

REJECTED = errors("Cannot login, username or password is incorrect, please contact Customer Service for assistance.")


class Door:
    """A session on a hand-held wire, and what it told."""

    def __init__(self, **changes: Any) -> None:
        self.now = 1_000 * S
        self.network = HandNetwork()
        self.told: list[str] = []
        config = settings(**changes)
        self.session = Session(
            config,
            HttpClient(self.network, config.api, connections=1, chance=lambda: 0.5, keep_open=False),
            lambda: 0.5,
            on_token=lambda _: self.told.append("token"),
            on_trouble=lambda reason, _: self.told.append(reason),
        )

    def answer(self, body: Any, status: int = 200, headers: str = "") -> tuple[str, Any]:
        """Answer the one login; its head and fields."""
        if self.network.asked:
            self.network.accept(self.now)
        (wire,) = [wire for wire in self.network.wires if wire.written]
        head, _, sent = wire.taken().decode().partition("\r\n\r\n")
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        wire.peer.received(http_answer(data, status=status, headers=headers), self.now)
        return head, json.loads(sent)

    def is_asking(self) -> bool:
        return bool(self.network.asked) or any(wire.written for wire in self.network.wires)

    def wait_until_due(self) -> float:
        """Go to the session's next deadline; the seconds that took."""
        due = self.session.next_deadline()
        assert due is not None
        waited, self.now = due - self.now, due
        self.session.on_time(self.now)
        return waited / S

    def logged_in(self, token: str = "T1") -> "Door":
        self.session.start(self.now)
        self.answer({"session-token": token})
        self.told.clear()
        return self


def test_login_sends_the_credentials_as_json_and_keeps_nothing_but_the_token(shared) -> None:
    said = json.loads((shared / "venues/matchbook/samples/java_sdk/session_post.json").read_text())
    door = Door()
    door.session.start(door.now)
    head, fields = door.answer(said)
    assert head.startswith(f"POST {LOGIN} HTTP/1.1\r\n")
    assert fields == {"username": "user", "password": 'pa"ss'}
    assert door.session.token == Secret("000000_REDACTED")
    assert "Example" not in repr(vars(door.session))
    assert door.told == ["token"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, REJECTED),
        (400, errors("Too many failed password attempts", codes=("LOGIN_ACCOUNT_LOCKED_2",))),
        (400, errors("mfa", codes=("LOGIN_MFA_REQUIRED",))),
        (400, b"<html>bad request</html>"),
    ],
)
def test_a_login_that_is_refused_is_never_tried_again(status: int, body: Any) -> None:
    door = Door()
    door.session.start(door.now)
    door.answer(body, status)
    assert door.session.is_refused
    assert door.session.next_deadline() is None
    assert door.told[0].startswith("login refused: ")
    door.session.start(door.now)
    assert not door.is_asking()


@pytest.mark.parametrize("status", [500, 502, 503, 403])
def test_a_login_without_a_verdict_is_tried_again_with_growing_waits(status: int) -> None:
    door = Door()
    door.session.start(door.now)
    waits = []
    for _ in range(3):
        door.answer(b"<html>down</html>", status)
        waits.append(door.wait_until_due())
    assert waits == [0.5, 2.0, 4.0]
    assert door.told == [f"no login: status {status}"] * 3


@pytest.mark.parametrize("body", [b"<html>", {"session-token": ""}, {"session-token": "a\r\nX: y"}, {"user": 1}, []])
def test_an_answer_without_a_usable_token_is_no_login(body: Any) -> None:
    door = Door()
    door.session.start(door.now)
    door.answer(body)
    assert door.session.token is None
    assert door.told == ["no login: an answer without a token"]


def test_too_many_logins_wait_longer_each_time_or_as_long_as_the_venue_says() -> None:
    door = Door()
    door.session.start(door.now)
    waits = []
    for headers in ("", "", "Retry-After: 77\r\n"):
        door.answer(b"", 429, headers)
        waits.append(door.wait_until_due())
    assert waits == [10, 20, 77]


def test_the_session_is_renewed_before_it_dies_and_the_old_token_serves_meanwhile() -> None:
    door = Door(session_s=14_400).logged_in("T1")
    assert door.wait_until_due() == 14_400
    assert door.session.token == Secret("T1")
    door.answer({"session-token": "T2"})
    assert door.session.token == Secret("T2")
    assert door.wait_until_due() == 14_400


def test_a_renewal_without_an_answer_keeps_the_token_and_is_tried_again() -> None:
    door = Door().logged_in("T1")
    door.wait_until_due()
    door.answer(b"busy", 503)
    assert (door.session.token, door.told) == (Secret("T1"), [])
    assert door.wait_until_due() == 0.5
    door.answer({"session-token": "T2"})
    assert door.session.token == Secret("T2")


def test_a_renewal_that_is_refused_keeps_the_token_says_so_and_asks_no_more() -> None:
    door = Door().logged_in("T1")
    door.wait_until_due()
    door.answer(REJECTED, 401)
    assert door.session.token == Secret("T1")
    assert door.told[0].startswith("login refused: Cannot login")
    door.session.forget(Secret("T1"), door.now)
    assert door.session.token is None
    assert not door.is_asking()


def test_requests_that_find_the_session_gone_cause_one_login() -> None:
    door = Door().logged_in("T1")
    for _ in range(3):
        door.session.forget(Secret("T1"), door.now)
    door.answer({"session-token": "T2"})
    door.session.forget(Secret("T1"), door.now)
    assert door.session.token == Secret("T2")
    assert door.told == ["session expired", "token"]


def test_a_session_that_dies_while_it_is_renewed_needs_no_second_login() -> None:
    door = Door().logged_in("T1")
    door.wait_until_due()
    door.session.forget(Secret("T1"), door.now)
    door.answer({"session-token": "T2"})
    assert not door.is_asking()
    assert door.session.token == Secret("T2")


def test_logins_are_not_hammered() -> None:
    door = Door()
    start = door.now
    door.session.start(door.now)
    logins = 0
    while door.now < start + 60 * S:
        if door.is_asking():
            door.answer(b"busy", 503)
            logins += 1
        door.wait_until_due()
    assert logins <= 6
