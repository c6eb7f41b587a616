"""The simulated network: bytes arrive in order, and each way of losing a connection is told as it should be."""

import random
from functools import partial

from domain.clock import HandClock
from engine.simulate.agenda import Agenda
from engine.simulate.pipes import SINGLE_MAX, PipeNetwork
from venues.base import Endpoint, Peer, Wire
from venues.sim.faults import Danger, Faults, Profile

AT = Endpoint("exchange", 443, tls=True)
ADDRESS = (AT.host, AT.port)


class Listener:
    """A peer that keeps what it hears."""

    def __init__(self) -> None:
        self.wire: Wire | None = None
        self.heard: list[bytes] = []
        self.ends: list[str] = []

    def connected(self, wire: Wire, now_ns: int) -> None:
        self.wire = wire

    def received(self, data: bytes, now_ns: int) -> None:
        self.heard.append(data)

    def closed(self, reason: str, now_ns: int) -> None:
        self.ends.append(reason)

    def write(self, data: bytes) -> None:
        assert self.wire is not None, "not connected"
        self.wire.write(data)


class Net:
    """One network with one exchange; `near` is connected to `far` unless the dial came to nothing."""

    def __init__(self, *, seed: int = 1) -> None:
        self.clock = HandClock(monotonic_ns=1, wall_ns=1)
        self.agenda = Agenda(self.clock, random.Random(seed))
        self.faults = Faults(Profile("none"), seed)
        self.network = PipeNetwork(self.agenda, random.Random(seed), self.faults)
        self.network.listen(ADDRESS, self)
        self.near, self.far = Listener(), Listener()
        self.lost: list[object] = []
        self.network.lost = self.lost.append

    def accept(self) -> Peer:
        return self.far

    def next_deadline(self) -> int | None:
        return None

    def on_time(self, now_ns: int) -> None:
        """It waits for nothing."""

    def connect(self) -> "Net":
        self.network.dial(AT, self.near)
        return self.run()

    def strike(self, danger: Danger) -> "Net":
        """From now on this danger strikes at every opportunity."""
        self.faults.profile = Profile("one", {danger: 1_000_000})
        return self

    def run(self) -> "Net":
        """Until nothing is on its way."""
        while (due_ns := self.agenda.next_deadline()) is not None:
            self.clock.advance_to(due_ns)
            self.agenda.take()(due_ns)
        return self


def order_of_ties(seed: int) -> list[int]:
    """In which order ten actions of one moment are run."""
    agenda = Agenda(HandClock(monotonic_ns=0, wall_ns=0), random.Random(seed))
    ran: list[int] = []

    def run(number: int, now_ns: int) -> None:
        ran.append(number)

    for number in range(10):
        agenda.at(5, partial(run, number))
    while agenda.next_deadline() is not None:
        agenda.take()(5)
    return ran


def test_ties_are_drawn_from_the_seed() -> None:
    assert order_of_ties(1) == order_of_ties(1)
    assert len({tuple(order_of_ties(seed)) for seed in range(5)}) > 1
    assert sorted(order_of_ties(1)) == list(range(10))


def test_what_is_asked_for_the_past_is_done_now() -> None:
    agenda = Agenda(HandClock(monotonic_ns=7, wall_ns=0), random.Random(1))
    agenda.at(3, lambda _: None)
    assert agenda.next_deadline() == 7


def test_bytes_arrive_in_the_order_in_which_they_were_written() -> None:
    net = Net().connect()
    chunks = [f"{number}".encode() for number in range(50)]
    for chunk in chunks:
        net.near.write(chunk)
        net.far.write(chunk)
    net.run()
    assert net.far.heard == chunks
    assert net.near.heard == chunks


def test_slices_and_delays_keep_the_order() -> None:
    for danger in (Danger.BYTES_SLICED, Danger.BYTES_DELAYED):
        net = Net().connect().strike(danger)
        for number in range(50):
            net.near.write(f"{number:03}".encode())
        net.run()
        assert b"".join(net.far.heard) == b"".join(f"{number:03}".encode() for number in range(50))
        assert (len(net.far.heard) == 100) is (danger is Danger.BYTES_SLICED)


def test_of_a_long_answer_only_the_beginning_comes_byte_by_byte() -> None:
    """Once a list of twenty kilobytes was twenty thousand events in one second, and taken for a livelock."""
    net = Net().connect().strike(Danger.BYTES_SINGLE)
    answer = bytes(range(256)) * 80
    net.far.write(answer)
    net.run()
    assert b"".join(net.near.heard) == answer
    assert [len(piece) for piece in net.near.heard] == [1] * SINGLE_MAX + [len(answer) - SINGLE_MAX]


def test_a_cut_inside_a_chunk_tells_both_ends() -> None:
    net = Net().connect().strike(Danger.CONNECTION_CUT)
    net.near.write(b"a whole request")
    net.run()
    received = b"".join(net.far.heard)
    assert b"a whole request".startswith(received)
    assert received != b"a whole request"
    assert net.near.ends == net.far.ends == ["connection reset"]
    assert net.lost == [ADDRESS]


def test_a_cut_over_an_answer_that_came_is_about_no_question() -> None:
    net = Net().connect()
    net.near.write(b"question")
    net.run().far.write(b"answer")
    net.run().network.take_down({ADDRESS}, 10**12, net.clock.monotonic_ns())
    assert net.near.ends == net.far.ends == ["connection reset"]
    assert net.lost == []


def test_a_half_open_connection_is_silent() -> None:
    net = Net().connect().strike(Danger.HALF_OPEN)
    net.near.write(b"lost")
    net.faults.profile = Profile("none")
    net.near.write(b"lost as well")
    net.far.write(b"the other way is open")
    net.run()
    assert net.far.heard == []
    assert net.near.heard == [b"the other way is open"]
    assert net.near.ends == net.far.ends == []


def test_who_closes_hears_nothing_more_and_the_other_learns_of_it_last() -> None:
    net = Net().connect()
    net.near.write(b"goodbye")
    net.far.write(b"too late")
    assert net.near.wire is not None
    net.near.wire.close()
    net.run()
    assert (net.far.heard, net.far.ends) == ([b"goodbye"], ["connection reset"])
    assert (net.near.heard, net.near.ends) == ([], [])


def test_what_a_dead_process_wrote_still_arrives() -> None:
    net = Net().connect()
    net.near.write(b"an order")
    net.network.hang_up()
    net.run()
    assert (net.far.heard, net.far.ends, net.near.ends) == ([b"an order"], ["connection reset"], [])


def test_nobody_answers_at_an_address_that_is_down() -> None:
    net = Net()
    net.network.take_down({ADDRESS}, 10**12, 1)
    assert net.connect().near.ends == ["connection refused"]
    net.network.heal()
    assert net.connect().near.wire is not None


def test_a_dial_that_is_refused_never_reaches_the_exchange() -> None:
    net = Net().strike(Danger.DIAL_REFUSED).connect()
    assert (net.near.ends, net.near.wire, net.far.wire) == (["connection refused"], None, None)
