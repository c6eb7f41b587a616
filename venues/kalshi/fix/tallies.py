"""What the reports told of each order's matches, one by one: exact costs and fees as long as none was missed."""

from collections import OrderedDict

from venues.kalshi.fix.reports import TRADE, Report

ORDERS_MAX = 10_000
MATCHES_MAX = 1_000
PER_PRICE = 10_000
"""Native prices count ten-thousandths."""


class Tally:
    """One order's matches, each counted once by its report's name."""

    __slots__ = ("cost", "fees", "names", "size")

    def __init__(self) -> None:
        self.size = self.cost = self.fees = 0
        self.names: set[str] = set()


class Tallies:
    """Bounded; of too many orders the one is forgotten that was heard of longest ago."""

    def __init__(self) -> None:
        self._by_order: OrderedDict[str, Tally] = OrderedDict()

    def take(self, report: Report) -> tuple[int, int | None]:
        """Cost and fees in millionths of all that was matched so far; fees None where a match is not known.

        Without every match the cost is the average's, which the venue rounds.
        """
        tally = self._by_order.pop(report.order_id, None) or Tally()
        self._by_order[report.order_id] = tally
        if len(self._by_order) > ORDERS_MAX:
            self._by_order.popitem(last=False)
        if report.kind == TRADE and report.exec_id not in tally.names and len(tally.names) < MATCHES_MAX:
            tally.names.add(report.exec_id)
            tally.size += report.last_micros
            tally.cost += report.last_micros * report.last_price // PER_PRICE
            tally.fees += report.fee_micros
        if tally.size == report.matched_micros:
            return tally.cost, tally.fees
        return report.matched_cost_micros, None
