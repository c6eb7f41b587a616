"""What exchanges heard: written before it is acted on, read up to where it was cut off, told again as it was."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venues.base import Peer, Wire
from venues.sim.diary import Diary, Entry, Kind, Past, entries

told = st.lists(
    st.builds(Entry, st.sampled_from(Kind), st.integers(0, 2**63), st.integers(0, 2**31), st.binary(max_size=300)),
    max_size=12,
)


def written(path: Path, lines: list[Entry]) -> bytes:
    path.unlink(missing_ok=True)
    diary = Diary(path)
    for line in lines:
        diary.note(*line)
    diary.close()
    return path.read_bytes()


@given(lines=told, data=st.data())
def test_whatever_was_whole_is_read_and_what_was_cut_off_is_taken_away(tmp_path_factory, lines, data) -> None:
    path = tmp_path_factory.getbasetemp() / "diary"
    whole = written(path, lines)
    kept = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:kept])
    found = list(entries(path))
    assert found == lines[: len(found)]
    assert path.read_bytes() == written(path, found), "what follows begins after the last whole line"
    assert len(found) == len(lines) or kept < len(whole)


def test_only_its_owner_may_read_it(tmp_path) -> None:
    written(tmp_path / "d", [])
    assert (tmp_path / "d").stat().st_mode & 0o077 == 0


class Echo:
    """A server that says back what it hears while little is unread, and tells everything to its log."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.due_ns: int | None = 50

    def accept(self) -> Peer:
        return EchoPeer(self.log)

    def next_deadline(self) -> int | None:
        return self.due_ns

    def stop(self, now_ns: int) -> None:
        self.log.append(f"stop {now_ns}")

    def on_time(self, now_ns: int) -> None:
        self.log.append(f"time {now_ns}")
        self.due_ns = None


class EchoPeer:
    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.wire: Wire | None = None

    def connected(self, wire: Wire, now_ns: int) -> None:
        self.wire = wire
        self.log.append(f"open {now_ns}")

    def received(self, data: bytes, now_ns: int) -> None:
        assert self.wire is not None
        lag = self.wire.backlog_bytes()  # type: ignore[attr-defined]  # what a live connection can tell
        self.log.append(f"{data.decode()} {now_ns} with {lag} unread")
        self.wire.write(data)
        if data == b"bye":
            self.wire.close()

    def closed(self, reason: str, now_ns: int) -> None:
        self.log.append(f"{reason} {now_ns}")


def test_all_is_told_again_in_its_order_and_those_left_open_are_closed_at_the_end() -> None:
    server = Echo()
    past = Past([server], [server], stop=server.stop)
    ended = past.relive(
        [
            Entry(Kind.OPENED, 10, 1, (0).to_bytes(2)),
            Entry(Kind.HEARD, 20, 1, b"a"),
            Entry(Kind.LAGGED, 21, 1, (7).to_bytes(8)),
            Entry(Kind.OPENED, 30, 2, (0).to_bytes(2)),
            Entry(Kind.HEARD, 60, 2, b"b"),
            Entry(Kind.OPENED, 61, 3, (0).to_bytes(2)),
            Entry(Kind.HEARD, 62, 3, b"bye"),
            Entry(Kind.CLOSED, 70, 1, b"gone"),
            Entry(Kind.STOPPED, 75),
            Entry(Kind.LOOKED, 80),
        ]
    )
    assert server.log == [
        "open 10", "a 20 with 7 unread", "open 30", "time 60", "b 60 with 0 unread", "open 61", "bye 62 with 0 unread",
        "gone 70", "stop 75",
    ]  # fmt: skip
    assert ended == [Entry(Kind.CLOSED, 80, 2, b"the exchange went down")]
    past.tell(ended)
    assert server.log[-1] == "the exchange went down 80"
    assert past.connections == 3


def test_an_answer_without_its_question_is_of_another_program() -> None:
    server = Echo()
    with pytest.raises(ValueError, match="nobody asks"):
        Past([server], [server], stop=server.stop).relive([Entry(Kind.LAGGED, 1, 1, b"\0")])
