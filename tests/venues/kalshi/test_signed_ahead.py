"""Signatures made ahead: used once, never old, and as good as those made on the spot."""

from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from domain.clock import HandClock
from tests.venues.kalshi.desk import KEY, PEM, R1, WALL_NS, Desk, created, place
from venues.kalshi.signed_ahead import AGE_MS_MAX, SignedAhead
from venues.kalshi.signing import Signer
from venues.secret import Secret

PATH = "/trade-api/v2/portfolio/events/orders"
MS = 1_000_000


class Ahead:
    """One that keeps `count` ready, and the time."""

    def __init__(self, pem: str = PEM, count: int = 4) -> None:
        self.clock = HandClock(monotonic_ns=1_000 * MS, wall_ns=WALL_NS)
        signer = Signer(Secret("key-id"), Secret(pem))
        self.ahead = SignedAhead(signer, "POST", PATH, count=count, wall_ms=self.wall_ms)
        self.ahead.begin(self.clock.monotonic_ns())

    def wall_ms(self) -> int:
        return self.clock.wall_ns() // MS

    def wait(self, ms: int) -> None:
        until_ns = self.clock.monotonic_ns() + ms * MS
        while (due := self.ahead.next_deadline()) is not None and due <= until_ns:
            self.clock.advance_to(max(due, self.clock.monotonic_ns()))
            self.ahead.on_time(self.clock.monotonic_ns())
        self.clock.advance_to(until_ns)

    def take(self) -> tuple[int, str]:
        found: dict[str, str] = dict(self.ahead.headers())
        return int(found["KALSHI-ACCESS-TIMESTAMP"]), found["KALSHI-ACCESS-SIGNATURE"]


@pytest.fixture(scope="module")
def rsa() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65_537, key_size=2_048)


def pem_of(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_each_is_used_once_and_none_is_old() -> None:
    ahead = Ahead()
    ahead.wait(10_000)
    taken = [ahead.take() for _ in range(4)]
    assert len({signature for _, signature in taken}) == 4
    assert all(0 <= ahead.wall_ms() - at_ms <= AGE_MS_MAX for at_ms, _ in taken)
    assert (ahead.ahead.hits, ahead.ahead.misses) == (4, 0)
    assert ahead.take()[0] == ahead.wall_ms(), "with none ready it is signed on the spot"
    assert ahead.ahead.misses == 1


def test_what_was_ready_when_time_stood_still_for_long_is_thrown_away() -> None:
    ahead = Ahead()
    ahead.wait(3_000)
    ahead.clock.advance_to(ahead.clock.monotonic_ns() + (AGE_MS_MAX + 501) * MS)
    assert ahead.take()[0] == ahead.wall_ms()


def test_both_kinds_of_key_sign_what_is_said(rsa: RSAPrivateKey) -> None:
    ed, other = Ahead(), Ahead(pem_of(rsa))
    for one in (ed, other):
        one.wait(1_000)
    at_ms, signature = ed.take()
    KEY.public_key().verify(b64decode(signature), f"{at_ms}POST{PATH}".encode())
    at_ms, signature = other.take()
    padding = PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH)
    rsa.public_key().verify(b64decode(signature), f"{at_ms}POST{PATH}".encode(), padding, SHA256())
    assert other.ahead.hits == 1


def test_none_are_kept_where_none_are_wanted() -> None:
    ahead = Ahead(count=0)
    assert ahead.ahead.next_deadline() is None
    assert ahead.take()[0] == ahead.wall_ms()


def test_a_placement_takes_one_and_its_headers_are_whole() -> None:
    desk = Desk().up()
    desk.wait(900)
    before = desk.venue._trading._api.placements.hits
    desk.send(place())
    question = desk.question()
    assert desk.venue._trading._api.placements.hits == before + 1
    assert {"KALSHI-ACCESS-KEY", "KALSHI-ACCESS-TIMESTAMP", "KALSHI-ACCESS-SIGNATURE"} <= question.headers.keys()
    at = question.headers["KALSHI-ACCESS-TIMESTAMP"]
    signature = b64decode(question.headers["KALSHI-ACCESS-SIGNATURE"])
    KEY.public_key().verify(signature, f"{at}POST{PATH}".encode())
    desk.reply(question, created(client_order_id=R1), status=201)
