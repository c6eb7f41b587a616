"""The login session: one token, kept alive, renewed once, and never forced on a venue that says no."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.venues.betfair.desk import MS, settings
from tests.venues.hands import HandNetwork, HandWire, http_answer
from venues.base import Endpoint
from venues.betfair.session import BAN_NS, Session
from venues.http import HttpClient
from venues.secret import Secret

S = 1_000 * MS


class Door:
    """A session on hand-held wires, and what it told."""

    def __init__(self, **changes: Any) -> None:
        self.now = 1_000 * S
        self.network = HandNetwork()
        self.told: list[str] = []
        config = settings(**changes)
        login, identity = (
            HttpClient(self.network, endpoint, connections=1, chance=lambda: 0.5, keep_open=False)
            for endpoint in (config.login, config.identity)
        )
        self.session = Session(
            config,
            login,
            identity,
            lambda: 0.5,
            on_token=lambda _: self.told.append("token"),
            on_lost=lambda reason, _: self.told.append(reason),
        )

    def answer(self, host: str, body: Any, status: int = 200) -> tuple[str, dict[str, list[str]]]:
        """Answer the one request to a host; its head and form fields."""
        wires = [wire for wire in self.network.wires if wire.endpoint.host == host and wire.written]
        wire: HandWire = wires[0] if wires else self.network.accept(self.now, host)
        head, _, form = wire.taken().decode().partition("\r\n\r\n")
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        wire.peer.received(http_answer(data, status=status), self.now)
        return head, parse_qs(form)

    def wait_until_due(self) -> float:
        """Go to the session's next deadline; the seconds that took."""
        due = self.session.next_deadline()
        assert due is not None
        waited, self.now = due - self.now, due
        self.session.on_time(self.now)
        return waited / S

    def logged_in(self, token: str = "T1") -> "Door":
        self.session.start(self.now)
        self.answer("login", {"sessionToken": token, "loginStatus": "SUCCESS"})
        self.told.clear()
        return self


def test_login_sends_the_credentials_as_a_form_and_keeps_the_token() -> None:
    door = Door()
    door.session.start(door.now)
    head, form = door.answer("login", {"sessionToken": "abc=", "loginStatus": "SUCCESS"})
    assert head.startswith("POST /api/certlogin HTTP/1.1\r\n")
    assert "X-Application: key" in head
    assert "Content-Type: application/x-www-form-urlencoded" in head
    assert form == {"username": ["us er"], "password": ["pa&ss"]}
    assert door.session.token == Secret("abc=")
    assert door.told == ["token"]


def test_an_interactive_login_answers_in_other_words() -> None:
    door = Door(login_path="/api/login")
    door.session.start(door.now)
    head, _ = door.answer("login", {"token": "abc", "product": "key", "status": "SUCCESS", "error": ""})
    assert head.startswith("POST /api/login")
    assert door.session.token == Secret("abc")


@pytest.mark.parametrize(
    "said",
    [
        {"loginStatus": "INVALID_USERNAME_OR_PASSWORD"},
        {"loginStatus": "ACCOUNT_NOW_LOCKED"},
        {"token": "", "status": "FAIL", "error": "INPUT_VALIDATION_ERROR"},
        {"token": "abc", "status": "LIMITED_ACCESS", "error": ""},
        {"loginStatus": "SUCCESS"},
        {},
    ],
)
def test_a_login_that_is_refused_waits_for_a_person(said: dict[str, str]) -> None:
    door = Door()
    door.session.start(door.now)
    door.answer("login", said)
    assert door.session.token is None
    assert door.session.next_deadline() is None
    assert door.told[0].startswith("login refused: ")


def test_too_many_logins_are_tried_again_after_the_ban() -> None:
    door = Door()
    door.session.start(door.now)
    door.answer("login", {"loginStatus": "TEMPORARY_BAN_TOO_MANY_REQUESTS"})
    assert door.wait_until_due() == BAN_NS / S
    door.answer("login", {"sessionToken": "T", "loginStatus": "SUCCESS"})
    assert door.told[-1] == "token"


@pytest.mark.parametrize(
    "body",
    [b"<html>down</html>", b'{"sessionToken":"a\\r\\nX: y","loginStatus":"SUCCESS"}', '{"sessionToken":"é"}'.encode()],
)
def test_a_page_instead_of_an_answer_is_tried_again_with_growing_waits(body: bytes) -> None:
    door = Door()
    door.session.start(door.now)
    waits = []
    for _ in range(3):
        door.answer("login", body, status=503)
        waits.append(door.wait_until_due())
    assert waits == [0.5, 2.0, 4.0]
    assert all(reason.startswith("no login: ") for reason in door.told)


def test_a_login_without_an_answer_is_tried_again() -> None:
    door = Door()
    door.session.start(door.now)
    wire = door.network.accept(door.now, "login")
    wire.taken()
    wire.peer.closed("reset", door.now)
    assert door.told == ["no login: reset"]
    assert door.wait_until_due() == 0.5


def test_logins_are_not_hammered() -> None:
    door = Door()
    start = door.now
    door.session.start(door.now)
    logins = 0
    while door.now < start + 60 * S:
        door.answer("login", b"busy", status=503)
        logins += 1
        door.wait_until_due()
    assert logins <= 6


def test_the_session_is_kept_alive_on_schedule() -> None:
    door = Door(keep_alive_s=600).logged_in("T1")
    assert door.wait_until_due() == 600
    head, _ = door.answer("identity", {"token": "T1", "product": "key", "status": "SUCCESS", "error": ""})
    assert head.startswith("POST /api/keepAlive")
    assert "X-Authentication: T1" in head
    assert door.wait_until_due() == 600
    assert door.told == []


def test_a_keep_alive_without_a_verdict_is_tried_again_soon_and_the_session_stays() -> None:
    door = Door(keep_alive_s=600).logged_in()
    door.wait_until_due()
    door.answer("identity", b"<html>")
    assert door.wait_until_due() == 30
    door.answer("identity", {"status": "FAIL", "error": "INTERNAL_ERROR"})
    assert door.wait_until_due() == 30
    assert door.session.token == Secret("T1")


def test_a_session_that_the_venue_forgot_is_replaced() -> None:
    door = Door().logged_in("T1")
    door.wait_until_due()
    door.answer("identity", {"token": "", "status": "FAIL", "error": "NO_SESSION"})
    assert door.session.token is None
    door.answer("login", {"sessionToken": "T2", "loginStatus": "SUCCESS"})
    assert door.session.token == Secret("T2")
    assert door.told == ["session expired", "token"]


def test_two_lines_that_find_the_session_gone_cause_one_login() -> None:
    door = Door().logged_in("T1")
    for _ in range(2):
        door.session.forget(Secret("T1"), door.now)
    door.answer("login", {"sessionToken": "T2", "loginStatus": "SUCCESS"})
    door.session.forget(Secret("T1"), door.now)
    assert door.session.token == Secret("T2")
    assert door.told == ["session expired", "token"]


@pytest.mark.parametrize("error", ["NO_SESSION", "INTERNAL_ERROR"])
def test_a_keep_alive_of_an_old_token_that_answers_late_changes_nothing(error: str) -> None:
    door = Door().logged_in("T1")
    door.wait_until_due()
    door.session.forget(Secret("T1"), door.now)
    door.answer("login", {"sessionToken": "T2", "loginStatus": "SUCCESS"})
    due = door.session.next_deadline()
    door.answer("identity", {"status": "FAIL", "error": error})
    assert door.session.token == Secret("T2")
    assert door.session.next_deadline() == due


@pytest.mark.parametrize(
    ("host", "seconds", "life"),
    [
        ("identitysso.betfair.it", 1_200, "1200"),
        ("identitysso.betfair.es", 3_600, "1200"),
        ("identitysso.betfair.com", 43_200, "43200"),
        ("identitysso.betfair.com", 0, "43200"),
    ],
)
def test_a_session_that_would_die_between_two_keep_alives_is_refused(host: str, seconds: int, life: str) -> None:
    with pytest.raises(ValueError, match=f"keep_alive_s must lie above 0 and below {life}"):
        settings(identity=Endpoint(host, 443, tls=True), keep_alive_s=seconds)
    settings(identity=Endpoint(host, 443, tls=True), keep_alive_s=600)
