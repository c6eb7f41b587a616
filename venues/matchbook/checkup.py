"""Matchbook's check-up: its host and the gateway of a feed, a login of its own, the account, our limits, the money."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from venues.base import Endpoint
from venues.checkup import Answer, Asker, Finding, NoAnswer, Verdict, clock_finding, reach
from venues.errors import PeerBroke
from venues.http import HttpReply
from venues.matchbook.account_codec import ACCOUNT_PATH
from venues.matchbook.answers import USER_AGENT, Answerer, answerer, plain
from venues.matchbook.session import LOGIN_PATH, LoginAnswer
from venues.matchbook.settings import PerMinute, Settings

T = TypeVar("T")

PUBLISHED = PerMinute(events=700, writes=3_000, account=300, reports=40)
"""Source: Matchbook API docs, "Fair usage policy" and FAQ; nothing is published of the other groups."""

BY_HAND = "log in on the website and do what it asks; a few more failures lock the account"


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "Y3Jvc3Nib29rIGRvY3Rvcg==",
    "User-Agent": USER_AGENT,
}
"""Asks for a WebSocket. The key only tells a cached answer from a fresh one. Source: RFC 6455, section 4.1."""


class AccountState(msgspec.Struct, rename="kebab"):
    """The account as far as trading needs to know; names and addresses are personal and never decoded."""

    status: str
    currency: str
    commission_type: str
    free_funds: Decimal = Decimal(0)


_login = answerer(LoginAnswer)
_account = answerer(AccountState)


class MatchbookCheckup:
    """`wall_ns` reads the Unix clock."""

    def __init__(self, settings: Settings, wall_ns: Callable[[], int]) -> None:
        self._settings = settings
        self._wall_ns = wall_ns
        self._api = Asker(settings.api, wall_ns)

    @property
    def places(self) -> Mapping[str, Endpoint]:
        """The one host, and the gateway of a pushed feed where one is followed."""
        feed = self._settings.stream if self._settings.feed == "websocket" else None
        return {"api": self._settings.api} | ({} if feed is None else {"stream": feed})

    def disarmed(self) -> Settings:
        """Without the heartbeat, which would cancel the account's offers once nobody sends it any more.

        And by polls alone: what they answer is the venue's own, and is what a recording keeps.
        """
        return replace(self._settings, heartbeat_s=0, feed="poll")

    def findings(self) -> Iterator[Finding]:
        """From the host to the money; what a login is needed for is left out where it failed."""
        for key, endpoint in self.places.items():
            yield reach(key, endpoint, self._wall_ns)
            if key == "stream":
                yield self._feed(endpoint)
        try:
            token = self._log_in()
        except (NoAnswer, PeerBroke) as error:
            yield Finding("login", Verdict.BAD, str(error), BY_HAND)
        else:
            yield Finding("login", Verdict.OK, "gave a session; it ends by itself")
            try:
                yield from self._account(token)
            except (NoAnswer, PeerBroke) as error:
                yield Finding("account", Verdict.BAD, str(error), "ask again; the venue may be down")
        yield limits_finding(self._settings.per_minute)
        yield clock_finding([self._api.skew] if self._api.skew else [])

    # --- leaves ---

    def _feed(self, endpoint: Endpoint) -> Finding:
        """Whether the gateway takes a WebSocket; nothing is said on it."""
        about, path = "feed", self._settings.stream_path
        try:
            answer = Asker(endpoint, self._wall_ns).ask("GET", path, UPGRADE)
        except NoAnswer as error:
            return Finding(about, Verdict.BAD, str(error), 'mend the gateway, or set feed = "poll"')
        if answer.status != 101:
            said = f"{path}: status {answer.status}, no WebSocket"
            return Finding(about, Verdict.BAD, said, "check stream_path, and that the gateway speaks our framing")
        return Finding(about, Verdict.OK, f"{path} opens; polls look it over every {self._settings.stream_check_s} s")

    def _log_in(self) -> str:
        fields = {"username": self._settings.username.reveal(), "password": self._settings.password.reveal()}
        headers = {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": USER_AGENT}
        answer = self._api.ask("POST", LOGIN_PATH, headers, msgspec.json.encode(fields))
        return _read(answer, _login).session_token

    def _account(self, token: str) -> Iterator[Finding]:
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT, "session-token": token}
        found = _read(self._api.ask("GET", ACCOUNT_PATH, headers), _account)
        said = f"{found.status}, {found.currency}, commission {found.commission_type}"
        if found.status != "ACTIVE":
            yield Finding("account", Verdict.BAD, said, BY_HAND)
        elif found.currency != self._settings.currency:
            fix = f'set currency = "{found.currency}"; it says {self._settings.currency}'
            yield Finding("account", Verdict.BAD, said, fix)
        elif self._settings.commission.fee(found.commission_type) is None:
            fix = "set the commission table to the plan that the account is charged by"
            yield Finding("account", Verdict.BAD, f"{said}: no fee is known for that", fix)
        else:
            yield Finding("account", Verdict.OK, said)
        funds = f"{found.free_funds:.2f} {found.currency} free"
        verdict = Verdict.OK if found.free_funds > 0 else Verdict.LOOK
        yield Finding("funds", verdict, funds, "pay in, or expect every offer to be refused")


def limits_finding(ours: PerMinute) -> Finding:
    """Whether what we allow ourselves stays below what the venue allows; past it comes a block of minutes."""
    over = [
        name for name in ("events", "writes", "account", "reports") if getattr(ours, name) > getattr(PUBLISHED, name)
    ]
    if over:
        said = ", ".join(f"{name} {getattr(ours, name)} of {getattr(PUBLISHED, name)}" for name in over)
        return Finding("limits", Verdict.BAD, f"more a minute than the venue allows: {said}", "lower per_minute")
    return Finding("limits", Verdict.OK, f"{ours.events} reads of prices and {ours.writes} writes a minute at most")


def _read(answer: Answer, reader: Answerer[T]) -> T:
    reply = HttpReply(answer.status, answer.headers, answer.body, answer.asked_ns, answer.heard_ns)
    if answer.status != 200:
        raise PeerBroke(f"status {answer.status}: {plain(reply)}")
    return reader(reply)
