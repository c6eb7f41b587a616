"""A strategy that follows a script: what to show once on which selection, from when until when."""

import msgspec

from domain.intents import QuoteIntent
from domain.orders import Side
from strategy.base import NOTHING, Wanted


class Line(msgspec.Struct, frozen=True):
    """`text` as `BACK 10 @ 3.00` on a selection; `at_start` waits for the starting price."""

    selection: str
    text: str
    from_ms: int = 0
    until_ms: int = 10**15
    at_start: bool = False


class Script(msgspec.Struct, frozen=True):
    lines: tuple[Line, ...] = ()


class Scripted:
    Settings = Script

    def __init__(self, name, settings):
        self.name, self._lines, self._begun, self._asked = name, settings.lines, 0, set()

    def decide(self, view):
        now_ms = view.now_ns // 1_000_000
        self._begun = self._begun or now_ms
        shown = {listing.instrument.listing.selection: listing.instrument.id for listing in view.listings}
        working = {(order.instrument, order.side) for order in view.working}
        quotes = []
        for n, line in enumerate(self._lines):
            if line.selection in shown and line.from_ms <= now_ms - self._begun < line.until_ms:
                quote = self.quote(line, shown[line.selection])
                if (view.market.id, n) not in self._asked or (quote.instrument, quote.side) in working:
                    self._asked.add((view.market.id, n))
                    quotes.append(quote)
        return Wanted(tuple(quotes)) if quotes else NOTHING

    def quote(self, line, instrument):
        side, stake, _, odds = line.text.split()
        return QuoteIntent(
            self.name,
            instrument,
            Side(side.lower()),
            round(float(odds) * 100),
            round(float(stake) * 1_000_000),
            "as scripted",
            at_start=line.at_start,
        )


class BestOnly(Scripted):
    """The same, and says that it looks at best prices only."""

    looks_at_best_only = True
