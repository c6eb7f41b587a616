"""Sessions: who may come in, for how long, and how the venue words its no.

Source: Matchbook API docs, login, logout, get session; recorded answers.
"""

from hashlib import blake2b

import msgspec

from domain.ids import Currency
from venues.matchbook.fake.calls import Call
from venues.matchbook.fake.forms import MS, iso
from venues.matchbook.fake.options import FakeOptions
from venues.matchbook.fake.replies import Body, Refused, Reply
from venues.sim.faults import MILLION, Dice
from venues.sim.http_server import Request

USER_ID = 101_042
WRONG_PASSWORD = "Cannot login, username or password is incorrect, please contact Customer Service for assistance."
LOCKED = "Too many failed password attempts, your account is now locked. Please reset your password and try again."


class Login(msgspec.Struct, frozen=True, rename="kebab"):
    username: str = ""
    password: str = ""
    mfa_code: str | None = None


class Sessions:
    """Tokens that were given out, and until when each is good."""

    def __init__(self, options: FakeOptions, currency: Currency) -> None:
        self._options = options
        self._currency = currency
        self._ends_ns: dict[str, int] = {}
        self._issued = 0
        self._failed = 0
        self._last_login_ms = 0
        self._dice = Dice(options.seed, "unauthenticated")

    def good(self, token: str, now_ns: int) -> bool:
        """Whether this token opens doors now. Using a token does not lengthen its life."""
        return self._ends_ns.get(token, 0) > now_ns

    def expire(self) -> None:
        """Every token given out so far is worth nothing from now on."""
        self._ends_ns.clear()

    def required(self) -> Refused:
        """What a call without a session is told: mostly 401, and by some of the venue's hosts 400."""
        variant = self._dice.below(MILLION) < self._options.auth_400_ppm
        return Refused(400 if variant else 401, "Authentication required.")

    def login(self, call: Call) -> Reply:
        """A new session; those given out before stay good."""
        asked = call.parse(Login)
        if self._failed >= self._options.logins_failed_max:
            raise Refused(400, LOCKED, code="LOGIN_ACCOUNT_LOCKED_2")
        if (asked.username, asked.password) != (self._options.username, self._options.password):
            self._failed += 1
            raise Refused(401, WRONG_PASSWORD)
        if self._options.mfa_code and asked.mfa_code != self._options.mfa_code:
            raise Refused(400, "Multi-factor authentication code is required.", code="LOGIN_MFA_REQUIRED")
        self._failed = 0
        token = self._issue(call.now_ns)
        before_ms, self._last_login_ms = self._last_login_ms, (self._options.epoch_ns + call.now_ns) // MS
        body = {"session-token": token, "user-id": USER_ID, "role": "USER", "account": self._account()}
        return Reply(200, body | {"last-login": iso(before_ms)}, (_cookie(token, self._options.session_life_ms),))

    def look(self, call: Call) -> Body:
        """Whether a session is good."""
        if not self.good(call.token, call.now_ns):
            raise Refused(401, "Authentication required.")
        return self._said(call.token)

    def logout(self, call: Call) -> Reply:
        """End one session."""
        del self._ends_ns[call.token]
        return Reply(200, self._said(call.token), (_cookie(call.token, 0),))

    def _said(self, token: str) -> Body:
        return {"session-token": token, "user-id": USER_ID, "username": self._options.username}

    def _issue(self, now_ns: int) -> str:
        self._issued += 1
        secret = blake2b(f"{self._options.seed}/session/{self._issued}".encode(), digest_size=16).hexdigest()
        token = f"{USER_ID}_{secret}"
        self._ends_ns[token] = now_ns + self._options.session_life_ms * MS
        return token

    def _account(self) -> Body:
        """The customer's own data, which no client should ever log."""
        question = {"security-question-id": 1, "security-question": "Who is simulated here?"}
        country = {"country-id": 204, "name": "United Kingdom", "country-code": "GB"}
        return {
            "id": USER_ID,
            "email": "desk@example.com",
            "username": self._options.username,
            "balance": 0,
            "exposure": 0,
            "language": "English",
            "address": {
                "country": country,
                "address-id": 1,
                "address-line-1": "1 Simulated Street",
                "address-line-2": "-",
                "region-name": "Simulation",
                "post-code": "SM1 1SM",
            },
            "currency": self._currency,
            "name": {"title": "Mr", "first": "Demo", "last": "Desk", "title-id": "MR"},
            "date-of-birth": "1970-01-01T00:00:00.000Z",
            "phone-number": "+000000000000",
            "free-funds": 0,
            "commission-credit": 0,
            "language-id": 1,
            "currency-id": 2,
            "odds-type-id": "DECIMAL",
            "odds-type": "DECIMAL",
            "bet-confirmation": False,
            "display-p-and-l": True,
            "exchange-type-id": "BACKLAY",
            "exchange-type": "back-lay",
            "odds-rounding": True,
            "user-security-question": {
                "user-security-question-id": 1,
                "question": question,
                "answer": "the secret answer",
            },
            "bet-slip-pinned": True,
        }


def token_of(request: Request) -> str:
    """The session token of a request, from its header or its cookie."""
    if "session-token" in request.headers:
        return request.headers["session-token"]
    for part in request.headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == "session-token":
            return value
    return ""


def _cookie(token: str, life_ms: int) -> tuple[str, str]:
    return "Set-Cookie", f"session-token={token}; Max-Age={life_ms // 1_000}; Path=/; Secure; HttpOnly"
