"""The one place where an order may be approved: every rule is asked, the first no stands.

The gate keeps nothing. An approval becomes a reservation when the engine applies the `PlaceOrder` made of it, in the
same step and before the next order is judged: from then on `Exposure` counts the order in full, so that two orders
which are within a cap each but not together cannot both pass.
"""

from domain.intents import Child
from domain.orders import Order
from risk.checks import RULES, Case, Context
from risk.exposure import Exposure
from risk.limits import Limits
from risk.refusals import PASSED_BY_REDUCING
from risk.rollups import Rollups
from risk.verdicts import Approved, Refused


class Gate:
    """Judges orders against the limits and the exposure in force. `limits` may be exchanged between two orders.

    `config` is the hash of the configuration that the limits come from; every approval carries it.
    """

    def __init__(self, limits: Limits, exposure: Exposure, *, rollups: Rollups | None = None, config: str = "") -> None:
        self.limits = limits
        self._exposure = exposure
        self._rollups = rollups
        self._config = config

    def judge(self, child: Child, context: Context, *, instead: Order | None = None) -> Approved | Refused:
        """Approve one order, or the terms that one which rests shall have `instead`, or name the first rule broken."""
        instrument, exposure = context.instrument, self._exposure
        trial = exposure.trial(child, instrument, context.rate_e8, instead=instead)
        case = Case(child, context, self.limits, trial, exposure, instead=instead)
        if self._rollups is not None:
            case.scopes = self._rollups.scopes(child, instrument, context.rate_e8, trial, instead=instead)
        for rule in RULES:
            refused = rule(case)
            if refused is not None and not (refused.reason in PASSED_BY_REDUCING and case.reduces()):
                return refused
        return Approved(child, context.market_version, trial.before_micros, trial.event_micros, self._config)
