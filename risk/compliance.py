"""What may be traded at all, where, and on whom: lists that were reviewed, read once, asked per instrument.

Not legal advice: the lists are counsel's, the checks are ours. A list that is empty allows everything, but for one:
where a place is named, a venue must be allowed there by name.
"""

import unicodedata
from collections.abc import Mapping
from itertools import chain

import msgspec

from domain.ids import EventId, InstrumentId, MarketId, VenueName, exchange_of
from domain.markets import Event, Instrument, Market
from risk.refusals import PASSED_BY_REDUCING
from risk.verdicts import RefusalReason
from risk.windows import COUNT_MAX

SECOND_NS = 1_000_000_000


class ComplianceRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[compliance]`: who we are and where, and which kinds, sports and participants are ours to trade.

    `kinds` and `sports` are allow-lists; `close_only` kinds may be reduced and not added to. `restricted` are names of
    participants, teams or competitions as they stand in events' names and leagues; `jurisdictions` says of each venue
    which legal entities may use it, and from where. Names are held against each other by letters and figures: case,
    accents, signs and spacing make no difference. For `opposite_s` after a match nothing is sent to trade straight back
    against it, see `risk.opposites`; 0 for no such rule. ValueError for an entry of nothing, and for half a pair.
    """

    entity: str = ""
    location: str = ""
    kinds: tuple[str, ...] = ()
    sports: tuple[str, ...] = ()
    close_only: tuple[str, ...] = ()
    restricted: tuple[str, ...] = ()
    jurisdictions: dict[VenueName, dict[str, tuple[str, ...]]] = {}
    opposite_s: int = 5

    def __post_init__(self) -> None:
        lists = {name: getattr(self, name) for name in ("kinds", "sports", "close_only", "restricted")}
        for venue, places in self.jurisdictions.items():
            lists[f"jurisdictions {venue}"] = (*places, *chain.from_iterable(places.values()))
        for name, entries in lists.items():
            for one in entries:
                if not _folded(one):
                    raise ValueError(f"{name} has an entry of nothing, {one!r}; write a name, or leave it out")
        self._check_pair()
        if not 0 <= self.opposite_s <= COUNT_MAX:
            raise ValueError(f"opposite_s must be at least 0 and at most {COUNT_MAX}, not {self.opposite_s}")

    def _check_pair(self) -> None:
        """A venue is allowed to somebody somewhere: one without the other would be allowed nowhere, or everywhere."""
        asked = "jurisdictions" if self.jurisdictions else f"location = {self.location!r}"
        for half in ("entity", "location"):
            if (self.jurisdictions or self.location) and not _folded(getattr(self, half)):
                raise ValueError(f"{asked} and no {half}: write both, the legal entity and where it trades from")
        known = {one for places in self.jurisdictions.values() for one in places}
        if known and _folded(self.entity) not in map(_folded, known):
            listed = ", ".join(sorted(known))
            raise ValueError(f"entity = {self.entity!r} stands in no list of jurisdictions, which know {listed}")


def forbidden(rules: ComplianceRules, venue: VenueName, market: Market, event: Event) -> RefusalReason | None:
    """What stands against trading a market at a venue, the gravest first; None if nothing does."""
    if rules.location and not _is_allowed(rules, venue):
        return RefusalReason.JURISDICTION
    named = _folded(f"{event.name} {event.league} {' '.join(market.outcomes)}")
    if any(_folded(name) in named for name in rules.restricted):
        return RefusalReason.RESTRICTED
    if not is_listed(market.kind, rules.kinds, empty=True) or not is_listed(event.sport, rules.sports, empty=True):
        return RefusalReason.CATEGORY
    return RefusalReason.CLOSE_ONLY if is_listed(market.kind, rules.close_only, empty=False) else None


def _is_allowed(rules: ComplianceRules, venue: VenueName) -> bool:
    """Whether our legal entity may use a venue from where it is; an account without a list has its exchange's."""
    exchange = VenueName(exchange_of(venue))
    by_entity = rules.jurisdictions.get(venue, rules.jurisdictions.get(exchange, {}))
    return any(
        _folded(entity) == _folded(rules.entity) and is_listed(rules.location, places, empty=False)
        for entity, places in by_entity.items()
    )


def is_listed(name: str, listed: tuple[str, ...], *, empty: bool) -> bool:
    """Whether a name is on a list; `empty` is the answer of a list of nothing."""
    return _folded(name) in map(_folded, listed) if listed else empty


UNDIVIDED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})
"""Letters that no table takes apart into a bare one and a mark, and how they are written without."""
WITHIN = frozenset("'’‘`´.·")
"""Signs that may be left out of a name without making two words of one; others stand for a space."""


def _folded(name: str) -> str:
    """A name by its bare letters and figures: however it is written, it is one participant."""
    taken_apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    bare = "".join(
        one if one.isalnum() else " "
        for one in taken_apart.translate(UNDIVIDED)
        if not unicodedata.combining(one) and one not in WITHIN and unicodedata.category(one) != "Cf"
    )
    return " ".join(bare.split())


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
        is_graver = found is None or found in PASSED_BY_REDUCING  # by another text nothing is known to reduce
        return RefusalReason.RULES_CHANGED if changed and is_graver else found
