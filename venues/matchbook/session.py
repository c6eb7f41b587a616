"""The login session: one token, replaced on schedule before it dies, and never forced on a venue that says no.

OUT --login--> ASKING --token--> IN --renewal due--> ASKING (the old token serves on)
 ^               |                '--the venue does not know the token--> OUT, and at once ASKING
 |          no answer:
 '---------- later again
                 '--the venue says no--> REFUSED: only a person can help; more attempts would lock the account
"""

import enum
from collections.abc import Callable

import msgspec

from venues.errors import PeerBroke
from venues.http import Http, HttpFailed, HttpReply, HttpRequest
from venues.matchbook.answers import USER_AGENT, answerer, plain, retry_after_ns
from venues.matchbook.settings import Settings
from venues.redial import Chance, Redial
from venues.secret import Secret

LOGIN_PATH = "/bpapi/rest/security/session"
LOGIN_NS = 10_000_000_000
SECOND_NS = 1_000_000_000
THROTTLED_NS = 10_000_000_000
THROTTLED_NS_MAX = 300_000_000_000
"""Waits after logins refused for being too many. Source: public clients; the venue gives no figure."""


class LoginAnswer(msgspec.Struct, rename="kebab"):
    """What is read of the answer to a login. The rest is personal and is never decoded, kept or shown."""

    session_token: str


_login_answer = answerer(LoginAnswer)


class Stage(enum.Enum):
    """Where the session stands; see the picture above."""

    OUT = "out"
    ASKING = "asking"
    IN = "in"
    REFUSED = "refused"


class Session:
    """Holds the token. `on_token` is told each new one, `on_trouble` why there is none or no next one."""

    def __init__(
        self,
        settings: Settings,
        http: Http,
        chance: Chance,
        *,
        on_token: Callable[[int], None],
        on_trouble: Callable[[str, int], None],
    ) -> None:
        self._settings = settings
        self._http = http
        self._on_token = on_token
        self._on_trouble = on_trouble
        self._redial = Redial(chance, per_minute=settings.dials_per_minute)
        self._throttled_ns = THROTTLED_NS
        self._stage = Stage.OUT
        self._token: Secret | None = None
        self._due_ns: int | None = None

    @property
    def token(self) -> Secret | None:
        """What every request authenticates with; None while there is no session."""
        return self._token

    @property
    def is_refused(self) -> bool:
        """The venue turned a login down, and no further one is made."""
        return self._stage is Stage.REFUSED

    def start(self, now_ns: int) -> None:
        """Log in."""
        self._due_ns = now_ns
        self.on_time(now_ns)

    def forget(self, token: Secret, now_ns: int) -> None:
        """The venue does not know this token: log in again, once however many requests say so."""
        if token != self._token:
            return
        self._token = None
        self._on_trouble("session expired", now_ns)
        if self._stage is Stage.IN:
            self._stage = Stage.OUT
            self._ask(now_ns)

    def next_deadline(self) -> int | None:
        """When to log in, for the first time or anew."""
        return self._due_ns

    def on_time(self, now_ns: int) -> None:
        """Log in if it is time to."""
        if self._due_ns is not None and now_ns >= self._due_ns and self._stage in (Stage.OUT, Stage.IN):
            self._ask(now_ns)

    # --- leaves ---

    def _ask(self, now_ns: int) -> None:
        due_ns = self._redial.due_ns()
        if due_ns > now_ns:
            self._due_ns = due_ns
            return
        self._stage, self._due_ns = Stage.ASKING, None
        self._redial.dialled(now_ns)
        fields = {"username": self._settings.username.reveal(), "password": self._settings.password.reveal()}
        headers = (
            ("Accept", "application/json"),
            ("Content-Type", "application/json"),
            ("User-Agent", USER_AGENT),
        )
        body = msgspec.json.encode(fields)
        self._http.request(HttpRequest("POST", LOGIN_PATH, headers, body, now_ns + LOGIN_NS), self._hear, now_ns)

    def _hear(self, reply: HttpReply | HttpFailed) -> None:
        if self._stage is not Stage.ASKING:
            return
        if isinstance(reply, HttpFailed):
            self._redial.failed(reply.failed_ns)
            self._later(reply.reason, max(reply.failed_ns + 1, self._redial.due_ns()), reply.failed_ns)
        elif reply.status == 200:
            self._hear_token(reply)
        elif reply.status in (400, 401):
            self._stage = Stage.REFUSED
            self._on_trouble(f"login refused: {plain(reply)}", reply.received_ns)
        elif reply.status == 429:
            wait_ns = retry_after_ns(reply) or self._throttled_ns
            self._throttled_ns = min(2 * self._throttled_ns, THROTTLED_NS_MAX)
            self._later("too many logins", reply.received_ns + wait_ns, reply.received_ns)
        else:
            self._redial.failed(reply.received_ns)
            due_ns = max(reply.received_ns + 1, self._redial.due_ns())
            self._later(f"status {reply.status}", due_ns, reply.received_ns)

    def _hear_token(self, reply: HttpReply) -> None:
        now_ns = reply.received_ns
        try:
            token = _login_answer(reply).session_token
        except PeerBroke:
            token = ""
        if not (token and token.isascii() and token.isprintable()):
            self._redial.failed(now_ns)
            self._later("an answer without a token", max(now_ns + 1, self._redial.due_ns()), now_ns)
            return
        self._redial.proved()
        self._throttled_ns = THROTTLED_NS
        self._stage, self._token = Stage.IN, Secret(token)
        self._due_ns = now_ns + self._settings.session_s * SECOND_NS
        self._on_token(now_ns)

    def _later(self, reason: str, due_ns: int, now_ns: int) -> None:
        """No token came of it; with one at hand it serves on, and nobody needs to hear of it."""
        self._stage, self._due_ns = Stage.OUT if self._token is None else Stage.IN, due_ns
        if self._token is None:
            self._on_trouble(f"no login: {reason}", now_ns)
