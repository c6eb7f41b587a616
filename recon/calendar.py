"""Which statements are asked for once more, and on which day: venues correct what they settled for a week."""

from domain.breaks import DayTurned
from domain.ids import VenueMarketId, VenueName
from domain.messages import MarketSettled

AGAIN_DAYS = 7
"""From the day after a statement to this many days after it. Source: MECHANICS 9.2, T+1 to T+7."""

Settled = tuple[VenueName, VenueMarketId]


class Calendar:
    """The day, and the statements of the week before it; changed by journalled facts alone.

    `statements` holds the newest statement of each market and the day on which it came. A correction begins a new week.
    """

    def __init__(self) -> None:
        self.day = 0
        self.statements: dict[Settled, tuple[str, int]] = {}

    def apply(self, fact: DayTurned | MarketSettled) -> None:
        """Take one record over."""
        if isinstance(fact, MarketSettled):
            self.statements[fact.venue, fact.venue_market] = fact.statement, self.day
            return
        if not self.day:  # what came before the first day that was told came on it
            self.statements = {place: (statement, fact.day) for place, (statement, _) in self.statements.items()}
        self.day = max(self.day, fact.day)
        old = [place for place, (_, day) in self.statements.items() if self.day - day > AGAIN_DAYS]
        for place in old:
            del self.statements[place]

    def due(self) -> list[Settled]:
        """The markets of which the statement is to be asked for today."""
        return sorted(place for place, (_, day) in self.statements.items() if day < self.day)

    def snapshot(self) -> object:
        """What a digest of the money state holds of it; which statements came, the ledger's part says."""
        return self.day, len(self.statements)
