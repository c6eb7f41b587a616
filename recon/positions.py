"""What a venue says that we hold in one of its markets against what our own matches come to, and how long to wait.

Two true accounts of a position may differ for a while: a match is told over another road than the position, lists lag
behind writes, an order is in doubt, a market is being paid. None of that lasts. So a difference is a break only after
several answers in a row that differ by the same, the last of them asked for when everything that was at the venue at
the first sight had to be visible. Matches that come in between move both sides and excuse nothing, once they have to be
visible. Whoever compares passes over what is in doubt.
"""

import enum
from collections.abc import Collection, Mapping

import msgspec

from domain.ids import Currency, InstrumentId, VenueMarketId, VenueName
from domain.money import format_micros
from recon.breaks import SEVERITIES, Break, BreakKind

ANSWERS_MIN = 3
"""So many answers in a row have to differ by the same."""

_KEY = "position "


def position_key(market: VenueMarketId) -> str:
    """The subject of a break about what we hold in a venue market; the market alone is that of its statement."""
    return f"{_KEY}{market}"


def is_position_key(key: str) -> bool:
    """Whether a subject is a position."""
    return key.startswith(_KEY)


class Held(msgspec.Struct, frozen=True):
    """One venue market as both sides have it: micros by instrument, all on one basis.

    `slack_micros` is what roundings may explain; `charged_micros` by how much less theirs may be, where a venue does
    not say whether it has taken its commission off.
    """

    ours: Mapping[InstrumentId, int]
    theirs: Mapping[InstrumentId, int]
    slack_micros: int
    charged_micros: Mapping[InstrumentId, int] = {}

    def apart(self) -> dict[InstrumentId, int]:
        """What theirs has beyond ours where nothing explains that, by instrument in their order."""
        names = sorted(self.ours.keys() | self.theirs.keys())
        beyond = {name: self.theirs.get(name, 0) - self.ours.get(name, 0) for name in names}
        return {name: micros for name, micros in beyond.items() if not self._explained(name, micros)}

    def _explained(self, name: InstrumentId, beyond_micros: int) -> bool:
        return -self.charged_micros.get(name, 0) - self.slack_micros <= beyond_micros <= self.slack_micros


class Verdict(enum.StrEnum):
    """What one answer means for one market, with those before it."""

    AGREED = "agreed"
    APART = "apart"
    """They differ; that may be nothing."""
    ASK = "ask"
    """They differ by what they did before: have the orders there asked about."""
    BROKEN = "broken"
    """Nothing that is under way explains it any more."""


class Sighting(msgspec.Struct):
    """A difference, the figures at which it was seen last, and how often it was seen since it was first heard of."""

    held: Held
    since_ns: int
    heard_ns: int
    answers: int = 1


class Sightings:
    """Remembers the differences of one venue, by market."""

    def __init__(self) -> None:
        self._seen: dict[VenueMarketId, Sighting] = {}

    def see(
        self,
        market: VenueMarketId,
        held: Held,
        *,
        asked_ns: int,
        now_ns: int,
        visible_ns: int,
        moved_ns: int,
    ) -> Verdict:
        """Judge one answer, asked for at `asked_ns`; after `visible_ns` all that was there has to be shown.

        An answer to a question of before the last answer came is no further one: it may be as old as that. Where the
        figures have moved on both sides and differ by the same all the while, it is one if what moved ours last, at
        `moved_ns`, had to be shown when it was asked for: what lags behind moves with it, what is missing does not.
        """
        apart = held.apart()
        if not apart:
            self._seen.pop(market, None)
            return Verdict.AGREED
        before = self._seen.get(market)
        if before is None or before.held.apart() != apart:
            self._seen[market] = Sighting(held, since_ns=now_ns, heard_ns=now_ns)
            return Verdict.APART
        if asked_ns < before.heard_ns or (before.held != held and asked_ns - moved_ns < visible_ns):
            return Verdict.APART
        before.held, before.answers, before.heard_ns = held, before.answers + 1, now_ns
        if before.answers >= ANSWERS_MIN and asked_ns - before.since_ns >= visible_ns:
            return Verdict.BROKEN
        return Verdict.ASK if before.answers == ANSWERS_MIN - 1 else Verdict.APART

    def judged(self, markets: Collection[VenueMarketId]) -> None:
        """An answer was judged in these markets; in the others what was seen before is not in a row with the next."""
        self._seen = {market: seen for market, seen in self._seen.items() if market in markets}


def position_break(venue: VenueName, market: VenueMarketId, held: Held, currency: Currency) -> Break:
    """The break of a market in which both sides differ; money as if what differs were lost.

    Who has the larger position says of which kind it is: a match that we missed, or one that the venue does not have.
    """
    apart = held.apart()
    ours, theirs = (sum(map(abs, side.values())) for side in (held.ours, held.theirs))
    kind = BreakKind.MISSING_FILL if theirs > ours else BreakKind.EXTRA_FILL
    widest = max(apart.values(), key=lambda micros: (abs(micros), micros))
    beyond = ", ".join(
        f"{'+' if micros > 0 else ''}{format_micros(micros)} of {name}" for name, micros in apart.items()
    )
    return Break(
        venue=venue,
        key=position_key(market),
        kind=kind,
        severity=SEVERITIES[kind],
        money_micros=abs(widest),
        currency=currency,
        detail=f"beyond our matches the venue has {beyond}",
        venue_market=market,
        apart_micros=widest,
    )
