"""The one place where an order may be approved: every rule is asked, the first no stands.

The gate keeps nothing. An approval becomes a reservation when the engine applies the `PlaceOrder` made of it, in the
same step and before the next order is judged: from then on `Exposure` counts the order in full, so that two orders
which are within a cap each but not together cannot both pass.
"""

from domain.intents import Child
from domain.operators import KillLevel
from risk.checks import RULES, Case, Context
from risk.exposure import Exposure
from risk.limits import Limits
from risk.verdicts import Approved, Refused


class Gate:
    """Judges orders against the limits and the exposure in force. `limits` may be exchanged between two orders."""

    def __init__(self, limits: Limits, exposure: Exposure) -> None:
        self.limits = limits
        self._exposure = exposure

    def judge(self, child: Child, context: Context) -> Approved | Refused:
        """Approve one order or name the first rule that it breaks."""
        instrument, exposure = context.instrument, self._exposure
        trial = exposure.trial(child, instrument, context.rate_e8)
        reduces = context.kill is not KillLevel.NONE and (
            exposure.worst_loss_filled(child, instrument, context.rate_e8) < trial.before_micros
        )
        case = Case(child, context, self.limits, trial, exposure.position(instrument.id), reduces)
        for rule in RULES:
            refused = rule(case)
            if refused is not None:
                return refused
        return Approved(child, context.market_version, trial.before_micros, trial.event_micros)
