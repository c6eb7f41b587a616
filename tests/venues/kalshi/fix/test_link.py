"""One FIX connection: signed logons, dials on schedule, and what is done with a venue that says no."""

from base64 import b64decode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.venues.hands import HandNetwork, HandWire
from tests.venues.kalshi.fix.script import EPOCH_MS, SECOND, read, wire
from venues.base import Endpoint
from venues.kalshi.fix.clock import sending_time
from venues.kalshi.fix.codec import Message
from venues.kalshi.fix.line import SessionSettings
from venues.kalshi.fix.link import Link, Place
from venues.kalshi.fix.store import MemoryStore
from venues.kalshi.signing import Signer
from venues.secret import Secret

ED25519 = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RSA = generate_private_key(65_537, 2_048)
PSS_OF_KALSHI = PSS(MGF1(SHA256()), SHA256.digest_size)


def pem(key: Any) -> Secret:
    return Secret(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


class Line:
    """A link on a network held in the hand."""

    def __init__(self, key: Any = ED25519) -> None:
        self.network = HandNetwork()
        self.now_ns = SECOND
        self.told: list[str] = []
        session = SessionSettings(ours="key", theirs=("KalshiNR", "Kalshi"), is_initiator=True)
        signer = Signer(Secret("other"), pem(key)).renamed(Secret("key"))
        place = Place(Endpoint("fix", 8228, True), signer, session, ((8013, "Y"), (21005, "Y")), 6)
        self.link = Link(place, self.network, MemoryStore(), self, chance=lambda: 0.5, wall_ms=self.wall_ms)

    def wall_ms(self) -> int:
        return EPOCH_MS + self.now_ns // 1_000_000

    def pass_s(self, seconds: float) -> None:
        until_ns = self.now_ns + int(seconds * SECOND)
        while (due := self.link.next_deadline()) is not None and due <= until_ns:
            self.now_ns = max(due, self.now_ns)
            self.link.on_time(self.now_ns)
            if self.network.asked:
                return
        self.now_ns = until_ns

    def dialled(self) -> HandWire:
        self.pass_s(60)
        return self.network.accept(self.now_ns)

    def say(self, wire_: HandWire, kind: str, seq: int, *body: tuple[str, str]) -> None:
        at = sending_time(self.wall_ms())
        head = (("49", "KalshiNR"), ("56", "key"), ("34", str(seq)), ("52", at))
        wire_.peer.received(wire(kind, *head, *body), self.now_ns)

    def opened(self, now_ns: int) -> None:
        self.told.append("opened")

    def heard(self, message: Message, seq: int, now_ns: int) -> None:
        self.told.append(message.type)

    def alive(self, now_ns: int) -> None:
        """Not looked at here."""

    def lost(self, reason: str, now_ns: int) -> None:
        self.told.append(f"lost: {reason}")


@pytest.mark.parametrize("key", [ED25519, RSA], ids=["ed25519", "rsa"])
def test_a_logon_is_signed_over_time_type_number_and_names(key: Any) -> None:
    line = Line(key)
    ((*_, logon),) = (read(line.dialled().taken()),)
    said = dict(logon)
    assert (said[49], said[56], said[34], said[141], said[8013], said[21005], said[98], said[1137]) == (
        *("key", "KalshiNR", "1", "Y", "Y", "Y", "0", "9"),
    )
    text = "\x01".join((said[52], "A", "1", "key", "KalshiNR")).encode()
    signature = b64decode(said[96])
    assert int(said[95]) == len(said[96])
    if key is RSA:
        RSA.public_key().verify(signature, text, PSS_OF_KALSHI, SHA256())
    else:
        ED25519.public_key().verify(signature, text)


def test_it_stands_with_the_answer_and_carries_what_is_said() -> None:
    line = Line()
    far = line.dialled()
    line.say(far, "A", 1, ("108", "30"), ("141", "Y"))
    assert line.link.is_up
    far.taken()
    assert line.link.send("D", [(11, "x")], line.now_ns) == 2
    line.say(far, "8", 2)
    assert line.told == ["opened", "8"]
    assert dict(read(far.taken())[0])[11] == "x"


def test_a_venue_that_still_holds_the_old_session_is_dialled_again_after_a_wait() -> None:
    line = Line()
    for _ in range(4):
        far = line.dialled()
        line.say(far, "5", 1, ("58", "already exists"))
        assert far.is_closed
    assert line.told == ["lost: refused: already exists"] * 4
    far = line.dialled()
    line.say(far, "A", 1, ("108", "30"), ("141", "Y"))
    assert line.link.is_up


@pytest.mark.parametrize("how", ["refused", "cut", "silent", "never open"])
def test_a_connection_that_came_to_nothing_is_dialled_again(how: str) -> None:
    line = Line()
    line.pass_s(60)
    if how == "refused":
        line.network.refuse(line.now_ns)
    elif how == "cut":
        line.network.accept(line.now_ns).peer.closed("cut", line.now_ns)
    elif how == "silent":
        line.network.accept(line.now_ns)
    _, peer = line.network.asked.pop() if how == "never open" else (None, None)
    line.pass_s(60)
    assert line.told
    assert line.told[0].startswith("lost")
    assert line.network.asked, "another attempt is under way"
    if peer is not None:
        late = HandWire(Endpoint("fix", 1, True), peer)
        peer.connected(late, line.now_ns)
        assert late.is_closed, "the first attempt came too late"


def test_nothing_is_heard_after_the_end() -> None:
    line = Line()
    far = line.dialled()
    line.link.close()
    line.say(far, "A", 1, ("108", "30"))
    far.peer.closed("cut", line.now_ns)
    assert line.told == []
    assert far.is_closed


def test_no_more_is_dialled_in_a_minute_than_was_allowed() -> None:
    line = Line()
    dials = 0
    end_ns = line.now_ns + 59 * SECOND
    while line.now_ns < end_ns:
        line.pass_s(1)
        while line.network.asked:
            dials += 1
            line.network.refuse(line.now_ns)
    assert 1 < dials <= 6
