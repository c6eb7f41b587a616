"""Changes of orders under way over FIX, by their names: an order bears the name of its last one."""

from domain.amending import AmendAccepted, AmendOrder, AmendRefused
from domain.ids import OrderRef
from domain.orders import Evidence
from venues.kalshi.amending import accepted
from venues.kalshi.fix.reports import REPLACED, Report, Resting

CHANGES_MAX = 20_000


class Changes:
    """Bounded; the oldest is forgotten first."""

    def __init__(self) -> None:
        self._asked: dict[str, AmendOrder] = {}

    def put(self, amend: AmendOrder) -> None:
        """It was sent."""
        if len(self._asked) >= CHANGES_MAX:
            del self._asked[next(iter(self._asked))]
        self._asked[amend.request] = amend

    def refused(self, amend: AmendOrder, said: str) -> AmendRefused:
        """The order stays as it was."""
        self._asked.pop(amend.request, None)
        return AmendRefused(amend.ref, amend.request, said, Evidence.PUSH)

    def told(
        self, report: Report, ref: OrderRef, resting: dict[OrderRef, Resting], evidence: Evidence
    ) -> list[AmendAccepted]:
        """What a report says of a change; the order must be called by its name from then on."""
        if report.kind != REPLACED:
            return []
        known, amend = resting.get(ref), self._asked.pop(report.client_id, None)
        if known is not None:
            resting[ref] = Resting(report.client_id, report.order_id, known.side, known.place)
        return [] if amend is None else [accepted(amend, evidence)]
