"""What users of other systems asked for where a healthy stream leaves matches out: demand 6.

Nothing shows that one is missing: no gap, no line that breaks. `python -m tests.simulation.silent_loss` plays whole
stretches of any seeds.
"""

from itertools import count
from pathlib import Path

from domain.ids import OrderRef
from domain.messages import OrderFilled, OrderReported
from domain.orders import Evidence
from tests.demands.trials import SECOND_NS
from tests.simulation.lies import CONTRACTS
from tests.simulation.silent_loss import Lossy, loss_draws
from tests.simulation.tampering import ROUND_S

STRETCH_S = 60
CHANCE = 0.01


class Watched(Lossy):
    """Streams that lose matches, and how long each was unheard of."""

    def __init__(self, folder: Path, *, chance: float, seed: int = 1) -> None:
        super().__init__(folder, chance=chance, seed=seed)
        self.unheard: dict[OrderRef, int] = {}
        self.waits_s: list[float] = []

    def watch(self, seconds: int) -> "Watched":
        """Let time pass, and look at both sides' books all the while."""
        for _ in range(seconds):
            self.run(1)
            self.look_at_losses()
            assert all(all(one.up.values()) for one in self.street.core.prices.sessions.values()), "it was healthy"
        return self

    def watch_until_one_is_lost(self) -> "Watched":
        """Let time pass until the first match is lost, but no longer than a stretch."""
        for _ in range(STRETCH_S):
            if self.lost:
                break
            self.watch(1)
        return self

    def look_at_losses(self) -> None:
        now_ns = self.simulation.clock.monotonic_ns()
        for ref, theirs in self.lost.items():
            ours = self.state.blotter.orders.get(ref)
            if ours is None or ours.matched_micros < theirs.matched_micros:
                self.unheard.setdefault(ref, now_ns)
            elif ref in self.unheard:
                self.waits_s.append((now_ns - self.unheard.pop(ref)) / SECOND_NS)

    def settle(self) -> "Watched":
        """Nothing is lost any more, a round at most for what was lost last, and an end with books that agree."""
        self._chance = 0.0
        for _ in range(ROUND_S):
            if not self.unheard:
                break
            self.watch(1)
        assert not self.unheard, "every match that was lost is found"
        self.finish()
        assert self.look().never == 0
        return self


def matches_before_a_loss(seed: int) -> int:
    """How many matches a trial's streams tell before the first that they lose: chance alone says so, not the trade."""
    draws = loss_draws(seed)
    return next(n for n in count() if draws.random() < CHANCE)


def test_demand_6_of_a_hundred_matches_one_is_never_told_and_it_is_found_within_a_round(tmp_path: Path) -> None:
    """Demand 6: streams that are healthy drop 1 % of all matches; each is found within one recon period.

    A trial has a few dozen matches and most lose none: those are played of which chance says that they lose early.
    """
    found = 0
    for seed in sorted(range(1, 101), key=matches_before_a_loss)[:3]:
        trial = Watched(tmp_path / str(seed), chance=CHANCE, seed=seed).watch_until_one_is_lost().settle()
        assert max(trial.waits_s, default=0) <= ROUND_S
        found += len(trial.waits_s)
    assert found, "none was lost, so nothing is shown"


def test_demand_6_what_was_never_told_is_inferred_and_then_replaced(tmp_path: Path) -> None:
    """Demand 6: at a venue that tells matches one by one, a lost one is booked by its sum, then by its own record."""
    replaced = 0
    for seed in range(1, 7):  # until one was asked about before its own record was fetched
        trial = Watched(tmp_path / str(seed), chance=0.2, seed=seed).watch(STRETCH_S // 2).settle()
        assert max(trial.waits_s, default=0) <= ROUND_S
        ours = trial.orders()
        for ref in [ref for ref in trial.lost if trial.state.venue_of_order(ref) == CONTRACTS]:
            order = ours[ref]
            assert order.matched_micros == trial.lost[ref].matched_micros
            assert order.unattributed_micros == 0, "its own record has come"
            assert sum(fill.size_micros for fill in order.testimony.fills) == order.matched_micros, "and counts once"
            replaced += was_inferred(trial, ref)
        if replaced:
            break
    assert replaced, "every record was there as soon as the sum, so nothing is shown"


def was_inferred(trial: Watched, ref: OrderRef) -> bool:
    """Whether a sum was booked that no match explained, and the venue's own record of one came afterwards."""
    explained, unexplained = dict[str, int](), False
    for body in (record.body for record in trial.records()):
        if isinstance(body, OrderFilled) and body.ref == ref:
            if unexplained and body.evidence is Evidence.PULL and body.fill.id not in explained:
                return True
            explained[body.fill.id] = body.fill.size_micros
        elif isinstance(body, OrderReported) and body.ref == ref:
            explained |= {fill.id: fill.size_micros for fill in body.fills}
            unexplained = body.matched_micros > sum(explained.values())
    return False
