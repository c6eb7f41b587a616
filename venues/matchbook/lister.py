"""Asks Matchbook what it lists, from a worker thread, under a login of its own."""

from collections.abc import Callable

import msgspec

from venues.catalogue.listed import ListedEvent
from venues.catalogue.talk import Asking, Window, hold
from venues.checkup import Asker, NoAnswer
from venues.matchbook.answers import USER_AGENT
from venues.matchbook.catalogue import listed_talk
from venues.matchbook.session import LOGIN_PATH, LoginAnswer
from venues.matchbook.settings import Settings

OK = 200

_login = msgspec.json.Decoder(LoginAnswer)


class MatchbookLister:
    """`wall_ns` reads the Unix clock."""

    def __init__(self, settings: Settings, wall_ns: Callable[[], int]) -> None:
        self._settings = settings
        self._asker = Asker(settings.api, wall_ns)
        self._token = ""

    def listed(self, window: Window) -> tuple[ListedEvent, ...]:
        """Everything in a window. Raises NoAnswer and PeerBroke."""
        fields = {"username": self._settings.username.reveal(), "password": self._settings.password.reveal()}
        try:
            self._token = _login.decode(self._ask("POST", LOGIN_PATH, msgspec.json.encode(fields))).session_token
        except msgspec.MsgspecError as error:
            raise NoAnswer(f"the login's answer is none: {error}") from None  # the body may hold what is personal
        return hold(listed_talk(self._settings.venue, window), self._get)

    def _get(self, asking: Asking) -> bytes:
        return self._ask("GET", asking.target)

    def _ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        headers = {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": USER_AGENT}
        if self._token:
            headers["session-token"] = self._token
        answer = self._asker.ask(method, path, headers, body)
        if answer.status != OK:
            raise NoAnswer(f"{method} {path.partition('?')[0]}: HTTP {answer.status}")
        return answer.body
