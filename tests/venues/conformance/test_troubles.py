"""One test for each fault and adapter: it strikes, and adapter and exchange end in agreement, soon enough."""

import pytest

from tests.venues.conformance.bench import Bench, Seat
from tests.venues.conformance.cases import HEALED_MS, agree
from tests.venues.conformance.run import look, reason_of
from tests.venues.conformance.seats import SEATS
from tests.venues.conformance.troubles import NEVER_CAME_MS, TROUBLES, Trouble, little_day
from venues.sim.faults import Danger, Profile, Strike


@pytest.mark.parametrize("seat", SEATS, ids=lambda seat: seat.name)
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.title)
def test_adapter_and_exchange_end_in_agreement(trouble: Trouble, seat: Seat) -> None:
    if reason_of(trouble, seat):
        pytest.skip(f"cannot exist there: {reason_of(trouble, seat)}")
    look(trouble, seat)


def ports_of(seat: Seat) -> list[str]:
    """The ports to which an adapter really dials."""
    bench = Bench(seat)
    return [role for role in bench.ports.servers if bench.network.most[f"{bench.name}.{role}"]]


@pytest.mark.parametrize(("seat", "port"), [(seat, port) for seat in SEATS for port in ports_of(seat)], ids=str)
def test_a_line_whose_other_end_is_gone_is_given_up_and_both_sides_agree(seat: Seat, port: str) -> None:
    for skip in (0, 3, 12):
        bench = Bench(seat)
        strike = Strike(Danger.HALF_OPEN, venue=f"{bench.name}.{port}:", skip=skip)
        bench.faults.profile = Profile("half open", planned=(strike,))
        little_day(bench, TROUBLES[0])
        assert bench.faults.fired[Danger.HALF_OPEN] == 1
        agree(bench, within_ms=HEALED_MS + NEVER_CAME_MS)


def test_every_danger_that_an_exchange_or_a_line_can_be_in_has_its_test() -> None:
    tested = {Danger(name) for trouble in TROUBLES for name in (*trouble.profile.rates, *planned_by(trouble))}
    elsewhere = {Danger.HALF_OPEN, Danger.BYTES_SLICED, Danger.DIAL_REFUSED, Danger.EXCHANGE_DOWN, Danger.ENGINE_KILLED}
    assert tested | elsewhere == set(Danger)


def planned_by(trouble: Trouble) -> list[Danger]:
    return [strike.danger for strike in trouble.profile.planned]
