"""The login session: one token for every line, kept alive on schedule, renewed once when the venue forgets it.

OUT --login--> ASKING --token--> IN --keep-alive due--> IN
 ^               |                |
 |          no answer:            '--the venue does not know the token--> OUT
 '---------- later again
                 '--the venue says no--> REFUSED: only a person can help, nothing is sent any more
"""

import enum
from collections.abc import Callable
from urllib.parse import urlencode

import msgspec

from venues.betfair.lenient import UNREADABLE, decode_leniently
from venues.betfair.settings import Settings
from venues.errors import PeerBroke
from venues.http import Http, HttpFailed, HttpReply, HttpRequest
from venues.redial import Chance, Redial
from venues.secret import Secret

KEEP_ALIVE_PATH = "/api/keepAlive"
BAN_NS = 1_200_000_000_000
"""After too many logins new ones are refused for 20 minutes. Source: Betfair developer docs, "Login FAQ"."""
RETRY_NS = 30_000_000_000
LOGIN_NS = 10_000_000_000


class LoginAnswer(msgspec.Struct, rename="camel"):
    """Either shape: certificate login says `sessionToken loginStatus`, the others `token status error`."""

    session_token: str = ""
    login_status: str = ""
    token: str = ""
    status: str = ""
    error: str = ""

    @property
    def word(self) -> str:
        """SUCCESS, or why not."""
        status = self.login_status or self.status
        return self.error or status if status != "SUCCESS" else status

    @property
    def given(self) -> str:
        return self.session_token or self.token


_answers = msgspec.json.Decoder(LoginAnswer)


class Stage(enum.Enum):
    """Where the session stands; see the picture above."""

    OUT = "out"
    ASKING = "asking"
    IN = "in"
    REFUSED = "refused"


class Session:
    """Holds the token. `on_token` is told each new one, `on_lost` why there is none; both with the time."""

    def __init__(
        self,
        settings: Settings,
        login: Http,
        identity: Http,
        chance: Chance,
        *,
        on_token: Callable[[int], None],
        on_lost: Callable[[str, int], None],
    ) -> None:
        self._settings = settings
        self._login = login
        self._identity = identity
        self._on_token = on_token
        self._on_lost = on_lost
        self._redial = Redial(chance, per_minute=settings.dials_per_minute)
        self._stage = Stage.OUT
        self._token: Secret | None = None
        self._due_ns: int | None = None

    @property
    def token(self) -> Secret | None:
        """What every request and stream authenticates with; None while there is no session."""
        return self._token

    def start(self, now_ns: int) -> None:
        """Log in."""
        self._due_ns = now_ns
        self.on_time(now_ns)

    def forget(self, token: Secret, now_ns: int) -> None:
        """The venue does not know this token: log in again, once however many lines say so."""
        if self._stage is Stage.IN and token == self._token:
            self._lose("session expired", now_ns)
            self._ask(now_ns)

    def next_deadline(self) -> int | None:
        """When to log in or to keep alive."""
        return self._due_ns

    def on_time(self, now_ns: int) -> None:
        """Log in if it is time to, or keep the session alive."""
        if self._due_ns is None or now_ns < self._due_ns:
            return
        if self._stage is Stage.OUT:
            self._ask(now_ns)
        elif self._stage is Stage.IN:
            self._keep_alive(now_ns)

    # --- leaves ---

    def _ask(self, now_ns: int) -> None:
        due_ns = self._redial.due_ns()
        if due_ns > now_ns:
            self._due_ns = due_ns
            return
        self._stage, self._due_ns = Stage.ASKING, None
        self._redial.dialled(now_ns)
        fields = {"username": self._settings.username.reveal(), "password": self._settings.password.reveal()}
        headers = (*self._headers(), ("Content-Type", "application/x-www-form-urlencoded"))
        body = urlencode(fields).encode()
        request = HttpRequest("POST", self._settings.login_path, headers, body, now_ns + LOGIN_NS)
        self._login.request(request, self._hear_login, now_ns)

    def _hear_login(self, reply: HttpReply | HttpFailed) -> None:
        if self._stage is not Stage.ASKING:
            return
        if isinstance(reply, HttpFailed):
            self._later(reply.reason, reply.failed_ns)
            return
        now_ns = reply.received_ns
        try:
            answer = read_login(reply.body)
        except PeerBroke as error:
            self._later(str(error), now_ns)
            return
        if answer.word == "SUCCESS" and answer.given:
            self._redial.proved()
            self._stage, self._token = Stage.IN, Secret(answer.given)
            self._due_ns = now_ns + self._settings.keep_alive_s * 1_000_000_000
            self._on_token(now_ns)
        elif answer.word == "TEMPORARY_BAN_TOO_MANY_REQUESTS":
            self._stage, self._due_ns = Stage.OUT, now_ns + BAN_NS
            self._on_lost("login refused for 20 minutes: too many logins", now_ns)
        else:
            self._stage = Stage.REFUSED
            self._on_lost(f"login refused: {answer.word or 'no token'}", now_ns)

    def _later(self, reason: str, now_ns: int) -> None:
        self._redial.failed(now_ns)
        self._stage, self._due_ns = Stage.OUT, max(now_ns + 1, self._redial.due_ns())
        self._on_lost(f"no login: {reason}", now_ns)

    def _keep_alive(self, now_ns: int) -> None:
        assert self._token is not None, "a session that is in has a token"
        asked = self._token
        self._due_ns = now_ns + self._settings.keep_alive_s * 1_000_000_000

        def hear(reply: HttpReply | HttpFailed) -> None:
            if asked == self._token:
                self._hear_keep_alive(reply, asked)

        headers = (*self._headers(), ("X-Authentication", asked.reveal()))
        request = HttpRequest("POST", KEEP_ALIVE_PATH, headers, b"", now_ns + LOGIN_NS)
        self._identity.request(request, hear, now_ns)

    def _hear_keep_alive(self, reply: HttpReply | HttpFailed, asked: Secret) -> None:
        if isinstance(reply, HttpFailed):
            self._due_ns = reply.failed_ns + RETRY_NS
            return
        try:
            word = read_login(reply.body).word
        except PeerBroke:
            word = "INTERNAL_ERROR"
        if word == "NO_SESSION":
            self.forget(asked, reply.received_ns)
        elif word != "SUCCESS":
            self._due_ns = reply.received_ns + RETRY_NS

    def _lose(self, reason: str, now_ns: int) -> None:
        self._stage, self._token = Stage.OUT, None
        self._on_lost(reason, now_ns)

    def _headers(self) -> tuple[tuple[str, str], ...]:
        return ("X-Application", self._settings.app_key.reveal()), ("Accept", "application/json")


def read_login(body: bytes) -> LoginAnswer:
    """The answer to a login or a keep-alive; PeerBroke if it is none, or its token could not stand in a header."""
    try:
        answer = decode_leniently(body, _answers)
    except UNREADABLE as error:
        raise PeerBroke(f"not an answer: {error}, in {body[:60]!r}") from error
    if answer.given and not (answer.given.isascii() and answer.given.isprintable()):
        raise PeerBroke("a session token that is not plain text")
    return answer
