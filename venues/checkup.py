"""What a check-up of a venue says, line by line, and the blocking questions that it asks: never on the engine's loop.

A check-up reads; there is no way in it to place, change or cancel anything.
"""

import enum
import http.client
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import msgspec

from venues.base import Endpoint
from venues.transport import endpoint_tls

TIMEOUT_S = 10.0
BODY_BYTES_MAX = 16_777_216
CERTIFICATE_DAYS_MIN = 14
SKEW_MS_MAX = 1_000
SKEW_MS_REFUSED = 5_000
"""Past the first a clock is worth a look; within the second every venue takes what is signed or stamped by it."""


class Verdict(enum.StrEnum):
    """`LEFT` is what could not be looked at, and why is said; only `BAD` keeps the desk from trading."""

    OK = "ok"
    LOOK = "look"
    BAD = "bad"
    LEFT = "left"


class Finding(msgspec.Struct, frozen=True):
    """One line: what was looked at, what was found, and what to do about it."""

    about: str
    verdict: Verdict
    said: str
    fix: str = ""


class Answer(msgspec.Struct, frozen=True):
    """An HTTP answer, and our clock before the question and after the answer, in Unix nanoseconds."""

    status: int
    headers: dict[str, str]
    body: bytes
    asked_ns: int
    heard_ns: int


class NoAnswer(Exception):
    """Nothing came back; the text says from where and why."""


class Checkup(Protocol):
    """One venue's part of it, made of the venue's settings and a reader of the Unix clock."""

    def __init__(self, settings: Any, wall_ns: Callable[[], int]) -> None: ...  # noqa: ANN401 the venue's own

    @property
    def places(self) -> Mapping[str, Endpoint]:
        """What is dialled, by the key of the configuration."""

    def disarmed(self) -> Any:  # noqa: ANN401 the venue's own
        """The settings without anything that would cancel or move orders when somebody who looks goes away."""

    def findings(self) -> Iterator[Finding]:
        """Every line of it, asked of the venue while they are read. Blocks."""


class Asker:
    """Asks one endpoint, each question on a connection of its own; remembers what the answers say of our clock."""

    def __init__(self, endpoint: Endpoint, wall_ns: Callable[[], int]) -> None:
        self._endpoint = endpoint
        self._wall_ns = wall_ns
        self.skew: tuple[int, int] | None = None
        """By how many milliseconds the venue's clock is ahead of ours at least and at most, None if it did not say."""

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """One question. NoAnswer where there is none, or one out of proportion."""
        at, line = self._endpoint, self._line()
        try:
            asked_ns = self._wall_ns()
            line.request(method, path, body or None, dict(headers))
            reply = line.getresponse()
            content = reply.read(BODY_BYTES_MAX + 1)
            heard_ns = self._wall_ns()
        except (OSError, http.client.HTTPException, UnicodeError, ValueError) as error:
            raise NoAnswer(f"{at.host}:{at.port}: {reason(error)}") from error
        finally:
            line.close()
        if len(content) > BODY_BYTES_MAX:
            raise NoAnswer(f"{at.host}:{at.port}: an answer of more than {BODY_BYTES_MAX} bytes")
        found = {name.lower(): value for name, value in reply.getheaders()}
        self._compare(found.get("date", ""), asked_ns, heard_ns)
        return Answer(reply.status, found, content, asked_ns, heard_ns)

    def _line(self) -> http.client.HTTPConnection:
        at, tls = self._endpoint, endpoint_tls(self._endpoint)
        if tls is None:
            return http.client.HTTPConnection(at.host, at.port, timeout=TIMEOUT_S)
        return http.client.HTTPSConnection(at.host, at.port, timeout=TIMEOUT_S, context=tls)

    def _compare(self, date: str, asked_ns: int, heard_ns: int) -> None:
        """A date is a whole second: the venue's clock stood somewhere in it while we waited."""
        try:
            theirs_ms = round(parsedate_to_datetime(date).timestamp() * 1_000)
        except ValueError:
            return
        least, most = theirs_ms - heard_ns // 1_000_000, theirs_ms + 1_000 - asked_ns // 1_000_000
        known = self.skew or (least, most)
        self.skew = max(least, known[0]), min(most, known[1])


def clock_finding(skews: list[tuple[int, int]], *, refused_ms: int = SKEW_MS_REFUSED) -> Finding:
    """Whether our clock can be the venue's; `refused_ms` is from where on the venue takes nothing we sign."""
    about, fix = "clock", "set the clock by NTP (timedatectl set-ntp true), then ask again"
    if not skews:
        return Finding(about, Verdict.LEFT, "no answer of the venue said what time it is there")
    least, most = max(one[0] for one in skews), min(one[1] for one in skews)
    if least > most:
        return Finding(about, Verdict.LOOK, "the venue's answers contradict each other about the time", fix)
    off_ms = least if least > 0 else -most if most < 0 else 0
    if off_ms > refused_ms:
        return Finding(about, Verdict.BAD, f"{off_ms} ms or more from the venue's: it refuses what we sign", fix)
    if off_ms > SKEW_MS_MAX:
        return Finding(about, Verdict.LOOK, f"{off_ms} ms or more from the venue's", fix)
    return Finding(about, Verdict.OK, f"the venue's, as far as whole seconds can tell ({least} to {most} ms)")


def reach(key: str, endpoint: Endpoint, wall_ns: Callable[[], int]) -> Finding:
    """Name, connection, TLS and the certificate of one endpoint. Blocks."""
    about, place = f"reach {key}", f"{endpoint.host}:{endpoint.port}"
    try:
        tls = endpoint_tls(endpoint)
    except (OSError, ValueError) as error:
        fix = f"name PEM files that can be read as {key}.tls_roots, {key}.client_cert and {key}.client_key"
        return Finding(about, Verdict.BAD, f"its certificates cannot be used: {reason(error)}", fix)
    began_ns = wall_ns()
    try:
        with socket.create_connection((endpoint.host, endpoint.port), timeout=TIMEOUT_S) as plain:
            if tls is None:
                said = f"{place} answered in {(wall_ns() - began_ns) // 1_000_000} ms"
                return Finding(about, Verdict.LOOK, f"{said}, without TLS", f"set {key}.tls = true")
            with tls.wrap_socket(plain, server_hostname=endpoint.host) as line:
                took_ms = (wall_ns() - began_ns) // 1_000_000
                return _secured(about, f"{place} answered in {took_ms} ms, {line.version()}", line, wall_ns())
    except ssl.SSLCertVerificationError as error:
        fix = f"check {key}.host; behind a proxy of your own name its authority as {key}.tls_roots"
        return Finding(about, Verdict.BAD, f"{place}: its certificate is not trusted: {error.verify_message}", fix)
    except (OSError, UnicodeError) as error:
        fix = f"check {key}.host and {key}.port, the network, and whether this address may reach the venue"
        return Finding(about, Verdict.BAD, f"{place}: {reason(error)}", fix)


def _secured(about: str, said: str, line: ssl.SSLSocket, now_ns: int) -> Finding:
    ends = (line.getpeercert() or {}).get("notAfter")
    if not isinstance(ends, str):
        return Finding(about, Verdict.OK, said)
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
    said = f"{said}, certificate until {until:%Y-%m-%d}"
    days = (until - datetime.fromtimestamp(now_ns // 1_000_000_000, UTC)).days
    if days < CERTIFICATE_DAYS_MIN:
        return Finding(about, Verdict.LOOK, said, f"it ends in {days} days; the venue should renew it before")
    return Finding(about, Verdict.OK, said)


def reason(error: Exception) -> str:
    """Why something could not be reached, in a few words."""
    if isinstance(error, socket.gaierror):
        return "no such name"
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT_S:.0f} s"
    return (error.strerror if isinstance(error, OSError) else str(error)) or str(error) or type(error).__name__
