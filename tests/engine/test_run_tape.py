"""The tape of a run: what the taps hear stands in a folder as `record` writes it, up to a size and never at a cost."""

import resource
from pathlib import Path

import pytest

from domain.clock import HandClock
from domain.ids import EventId, MarketId, SelectionId, VenueMarketId, VenueName
from domain.markets import Event, Listing, Mapping, Market
from engine.run_tape import RunTape
from venues.base import Endpoint, Peer, Wire
from venues.betfair.settings import Settings
from venues.frames_file import read_frames, segments
from venues.secret import Secret
from venues.sim.mapped_tape import mapping_beside

BETFAIR, SECOND_NS = VenueName("betfair"), 10**9
REST, STREAM = Endpoint("venue", 1, tls=False), Endpoint("venue", 2, tls=False)
MAPPED = Mapping(
    (Event(EventId("e"), "A v B", 1),),
    (Market(MarketId("m"), EventId("e"), "winner", ("A", "B")),),
    (Listing(BETFAIR, VenueMarketId("1.1"), SelectionId("7"), MarketId("m"), 0),),
)
NOBODY = Secret("nobody")
SETTINGS = Settings(
    login=REST, identity=REST, betting=REST, stream=STREAM, app_key=NOBODY, username=NOBODY, password=NOBODY
)


class Line:
    """A network with one open line: what is dialled hears what a test says."""

    def __init__(self) -> None:
        self.peers: list[Peer] = []

    def dial(self, endpoint: Endpoint, peer: Peer) -> None:
        self.peers.append(peer)

    def connected(self, wire: Wire, now_ns: int) -> None: ...

    def received(self, data: bytes, now_ns: int) -> None: ...

    def closed(self, reason: str, now_ns: int) -> None: ...

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


def heard(run: Path, lines: list[bytes], *, bytes_max: int = 10**6) -> None:
    """A tape that hears these lines of the stream, one a second, and is closed."""
    clock, line = HandClock(monotonic_ns=0, wall_ns=10**18), Line()
    tape = RunTape(run, MAPPED, clock, bytes_max=bytes_max)
    settings, network = tape.tap(BETFAIR, SETTINGS, line)
    assert settings.with_trades
    network.dial(STREAM, line)
    [peer] = line.peers
    peer.connected(line, SECOND_NS)
    for n, text in enumerate(lines, 2):
        peer.received(text + b"\r\n", n * SECOND_NS)
    tape.close()


def market(n: int) -> bytes:
    return b'{"op":"mcm","n":%d}' % n


def test_public_messages_are_kept_with_their_times_and_the_mapping_beside_them(tmp_path: Path) -> None:
    heard(tmp_path, [market(1), b'{"op":"ocm","secret":1}', market(2)])
    found = [(one.at_us, one.kind, one.text) for one in read_frames(tmp_path / "tape")]
    assert found == [
        (10**15 + 1_000_000, "opened", ""),
        (10**15 + 2_000_000, "message", '{"op":"mcm","n":1}'),
        (10**15 + 4_000_000, "message", '{"op":"mcm","n":2}'),
    ]
    assert mapping_beside(tmp_path / "tape") == MAPPED


def test_a_run_that_is_resumed_goes_on_in_a_segment_of_its_own(tmp_path: Path) -> None:
    heard(tmp_path, [market(1)])
    heard(tmp_path, [market(2)])
    assert [one.name for one in segments(tmp_path / "tape")] == ["betfair-00001.frames.gz", "betfair-00002.frames.gz"]


def test_it_ends_at_its_size_says_so_once_and_does_not_begin_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heard(tmp_path, [market(n) for n in range(200)], bytes_max=1_000)
    kept = len([*read_frames(tmp_path / "tape")])
    assert 2 < kept < 100
    assert capsys.readouterr().err.count("the tape of betfair ends here") == 1
    heard(tmp_path, [market(1)], bytes_max=1_000)
    assert len(segments(tmp_path / "tape")) == 1


def test_a_disk_that_will_not_have_it_ends_the_tape_and_not_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, before[1]))
    try:
        heard(tmp_path, [b'{"op":"mcm","noise":%d}' % (hash((n, "x")) ** 40) for n in range(100)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "the tape of betfair ends here: File too large" in capsys.readouterr().err
