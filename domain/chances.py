"""How sure we are to be matched at a venue: at once, or in the queue of those who wait for the same.

An order that rests gets its part of what comes: where as much waits before it as stands against it, half of it. What
then becomes of orders is learnt per venue, as the chance that one is matched within `HORIZON_MS` with nobody before it.
"""

import msgspec

SURE_PPM = 1_000_000
"""The chance of what is certain."""

WHOLE_E9 = 1_000_000_000

HORIZON_MS = 10_000
"""Within so long an order that rests instead of crossing is matched, or what it was to bring is taken to be gone."""

US_PER_MS = 1_000


class Queue(msgspec.Struct, frozen=True):
    """What waits at an order's price or better before it, and what stands against it at the best price; native size."""

    ahead_micros: int
    against_micros: int

    @property
    def share_ppm(self) -> int:
        """The part that the order gets of what comes; none where nothing stands against it."""
        whole = self.ahead_micros + self.against_micros
        return self.against_micros * SURE_PPM // whole if whole else 0


class Chance(msgspec.Struct, frozen=True):
    """What a venue has shown: the share of an immediate order that is matched, and its time to the first answer.

    The time is without bet delays; 0 where nothing was answered yet. Of orders that rested, `rested` in number, it has
    shown `shown_e9`, in 1e-9 of certainty, beside which `guess_e9` of whoever's first guess is left.
    """

    fill_ppm: int = SURE_PPM
    answer_us: int = 0
    orders: int = 0
    guess_e9: int = WHOLE_E9
    shown_e9: int = 0
    rested: int = 0

    def rest_ppm(self, guess_ppm: int) -> int:
        """The chance that an order which rests with nobody before it is matched in time, from a first guess."""
        return min(SURE_PPM, (guess_ppm * self.guess_e9 + self.shown_e9 * SURE_PPM) // WHOLE_E9)


UNTRIED = Chance()


def in_time_ppm(rest_ppm: int, queue: Queue, *, late_us: int) -> int:
    """The chance of an order at its place in the queue, where it comes to stand `late_us` after it was decided on."""
    left_us = max(0, HORIZON_MS * US_PER_MS - late_us)
    return rest_ppm * queue.share_ppm * left_us // (SURE_PPM * HORIZON_MS * US_PER_MS)
