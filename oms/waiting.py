"""What a wait costs: jumps of the fair value that come against us before a venue has acted on an order."""

from decimal import ROUND_CEILING, Context, Decimal
from functools import lru_cache

import msgspec

from domain.net_price import PROBABILITY_SCALE

MICROS_PER_S = 1_000_000
_EXACT = Context(prec=40)


class Jumps(msgspec.Struct, frozen=True):
    """Jumps against us come `rate_e9` times a second, in 1e-9, and one costs a claim `loss_e9` on average, in 1e-9.

    The loss already knows that a venue suspends in time now and then.
    """

    rate_e9: int
    loss_e9: int


NO_JUMPS = Jumps(0, 0)


@lru_cache(maxsize=4_096)
def waiting_cost_e9(jumps: Jumps, wait_us: int) -> int:
    """What a wait may cost a claim, in 1e-9 and rounded against us: (1 - e^(-rate x wait)) x loss.

    The exponential is rounded correctly to forty digits, so that every machine comes to the same whole number.
    """
    if not jumps.rate_e9 * jumps.loss_e9 * wait_us:
        return 0
    none_comes = (Decimal(-jumps.rate_e9 * wait_us) / (PROBABILITY_SCALE * MICROS_PER_S)).exp(_EXACT)
    return int((jumps.loss_e9 * (1 - none_comes)).to_integral_value(ROUND_CEILING))
