"""What may be traded at all, where, and on whom: lists that were reviewed, read once, asked per instrument.

Not legal advice: the lists are counsel's, the checks are ours. A list that is empty allows everything, but for one:
where a place is named, a venue must be allowed there by name.
"""

import unicodedata
from collections.abc import Mapping

import msgspec

from domain.ids import EventId, InstrumentId, MarketId, VenueName
from domain.markets import Event, Instrument, Market
from risk.verdicts import RefusalReason
from risk.windows import COUNT_MAX

SECOND_NS = 1_000_000_000


class ComplianceRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[compliance]`: who we are and where, and which kinds, sports and participants are ours to trade.

    `kinds` and `sports` are allow-lists; `close_only` kinds may be reduced and not added to. `restricted` are names of
    participants, teams or competitions as they stand in events' names and leagues, case, accents and spacing apart;
    `jurisdictions` says for each venue where it may be used from. For `opposite_s` after a match nothing is sent to
    trade straight back against it, see `risk.opposites`; 0 for no such rule. ValueError for an entry of nothing.
    """

    entity: str = ""
    location: str = ""
    kinds: tuple[str, ...] = ()
    sports: tuple[str, ...] = ()
    close_only: tuple[str, ...] = ()
    restricted: tuple[str, ...] = ()
    jurisdictions: dict[VenueName, tuple[str, ...]] = {}
    opposite_s: int = 5

    def __post_init__(self) -> None:
        for name in ("kinds", "sports", "close_only", "restricted"):
            for one in getattr(self, name):
                if not one.strip():
                    raise ValueError(f"{name} has an entry of nothing, {one!r}; write a name, or leave it out")
        if not 0 <= self.opposite_s <= COUNT_MAX:
            raise ValueError(f"opposite_s must be at least 0 and at most {COUNT_MAX}, not {self.opposite_s}")


def forbidden(rules: ComplianceRules, venue: VenueName, market: Market, event: Event) -> RefusalReason | None:
    """What stands against trading a market at a venue, the gravest first; None if nothing does."""
    if rules.location and rules.location not in rules.jurisdictions.get(venue, ()):
        return RefusalReason.JURISDICTION
    named = _folded(f"{event.name} {event.league} {' '.join(market.outcomes)}")
    if any(_folded(name) in named for name in rules.restricted):
        return RefusalReason.RESTRICTED
    if (rules.kinds and market.kind not in rules.kinds) or (rules.sports and event.sport not in rules.sports):
        return RefusalReason.CATEGORY
    return RefusalReason.CLOSE_ONLY if market.kind in rules.close_only else None


def _folded(name: str) -> str:
    """A name by its bare letters: two ways to write an accent, or to leave it out, are one participant."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    return " ".join(bare.casefold().split())


class Compliance:
    """Remembers for each instrument what stands against it; the rules hold for the whole run."""

    def __init__(
        self, rules: ComplianceRules, markets: Mapping[MarketId, Market], events: Mapping[EventId, Event]
    ) -> None:
        self._rules = rules
        self._markets = markets
        self._events = events
        self._known: dict[InstrumentId, tuple[Instrument, RefusalReason | None]] = {}
        self.opposite_ns = rules.opposite_s * SECOND_NS

    def forbidden(self, instrument: Instrument) -> RefusalReason | None:
        """What stands against an instrument with the terms that it has now, None if nothing does."""
        known = self._known.get(instrument.id)
        if known is None or known[0] is not instrument:
            known = self._known[instrument.id] = instrument, self._judge(instrument)
        return known[1]

    def _judge(self, instrument: Instrument) -> RefusalReason | None:
        listing = instrument.listing
        market = self._markets[listing.market]
        found = forbidden(self._rules, listing.venue, market, self._events[market.event])
        changed = listing.rules_hash and instrument.terms.rules_hash not in ("", listing.rules_hash)
        return RefusalReason.RULES_CHANGED if found is None and changed else found
