"""The login hosts: who may come in, for how long, and what they are told.

Source: Betfair developer docs, "Non-Interactive (bot) login", "API login endpoint", "Keep Alive", "Logout".
"""

from base64 import b64encode
from hashlib import blake2b
from urllib.parse import parse_qs

import msgspec

from venues.betfair.fake.forms import MS, SECOND
from venues.betfair.fake.options import FakeOptions
from venues.sim.http_server import Request, Response

LOGINS_MAX = 100
LOGINS_WINDOW_NS = 60 * SECOND
BAN_NS = 20 * 60 * SECOND
"""Above so many successful logins in a minute new ones are banned for twenty."""


class Sessions:
    """Tokens that were given out, and until when each is good."""

    def __init__(self, options: FakeOptions) -> None:
        self._options = options
        self._ends_ns: dict[str, int] = {}
        self._logins: list[int] = []
        self._banned_until_ns = 0
        self._issued = 0

    def good(self, token: str, now_ns: int) -> bool:
        """Whether this token opens doors now. Using a token does not lengthen its life."""
        return self._ends_ns.get(token, 0) > now_ns

    def expire(self) -> None:
        """Every token given out so far is worth nothing from now on."""
        self._ends_ns.clear()

    def answer(self, request: Request, now_ns: int) -> Response:
        """One request to a login host."""
        operation = request.path.removeprefix("/api/")
        if operation == "certlogin":
            return self._cert_login(request, now_ns)
        if operation == "login":
            return self._login(request, now_ns)
        if operation in ("keepAlive", "logout"):
            return self._visit(operation, request, now_ns)
        return Response(404, content_type="text/html")

    def _cert_login(self, request: Request, now_ns: int) -> Response:
        status = self._judge(request, now_ns)
        if status == "SUCCESS":
            return _json({"sessionToken": self._issue(now_ns), "loginStatus": status})
        return _json({"loginStatus": status})

    def _login(self, request: Request, now_ns: int) -> Response:
        """The interactive form says the same in other words."""
        status = self._judge(request, now_ns)
        key = request.headers.get("x-application", "")
        if status == "SUCCESS":
            return _json({"token": self._issue(now_ns), "product": key, "status": status, "error": ""})
        return _json({"token": "", "product": key, "status": "FAIL", "error": status})

    def _judge(self, request: Request, now_ns: int) -> str:
        form = parse_qs(request.body.decode("latin-1"))
        username, password = (form.get(name, [""])[0] for name in ("username", "password"))
        if now_ns < self._banned_until_ns:
            return "TEMPORARY_BAN_TOO_MANY_REQUESTS"
        if request.method != "POST" or not username or not password or not request.headers.get("x-application"):
            return "INPUT_VALIDATION_ERROR"
        if (username, password) != (self._options.username, self._options.password):
            return "INVALID_USERNAME_OR_PASSWORD"
        self._logins = [at for at in self._logins if at > now_ns - LOGINS_WINDOW_NS] + [now_ns]
        if len(self._logins) > LOGINS_MAX:
            self._banned_until_ns = now_ns + BAN_NS
            return "TEMPORARY_BAN_TOO_MANY_REQUESTS"
        return "SUCCESS"

    def _issue(self, now_ns: int) -> str:
        self._issued += 1
        secret = blake2b(f"{self._options.seed}/session/{self._issued}".encode(), digest_size=32).digest()
        token = b64encode(secret).decode()
        self._ends_ns[token] = now_ns + self._options.session_life_ms * MS
        return token

    def _visit(self, operation: str, request: Request, now_ns: int) -> Response:
        token = request.headers.get("x-authentication", "")
        known = self.good(token, now_ns)
        if known and operation == "keepAlive":
            self._ends_ns[token] = now_ns + self._options.session_life_ms * MS
        elif known:
            del self._ends_ns[token]
        product = request.headers.get("x-application", "")
        status, error = ("SUCCESS", "") if known else ("FAIL", "NO_SESSION")
        return _json({"token": token, "product": product, "status": status, "error": error})


def _json(body: dict[str, str]) -> Response:
    return Response(200, msgspec.json.encode(body))
