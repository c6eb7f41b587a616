"""A venue that settles by other words than were reviewed: its market is suspended until it tells the old words again.

Two listings share a market only because somebody read what they settle by. When a venue's adapter tells another text,
the pair is no longer known to be one: the gate refuses orders on it, and a breaker takes what rests there out of the
book. A listing whose text was never reviewed is held to the first text that the run was told.
"""

from domain.ids import VenueMarketId, VenueName
from domain.markets import Instrument
from domain.messages import InstrumentsListed
from domain.stops import BreakerCause
from engine.state import State
from risk.watch import Watch


class RuleChanges:
    """Told of every listing that the state knows by then; the words of a process before this one count."""

    def __init__(self, state: State, watch: Watch) -> None:
        self._state = state
        self._watch = watch

    def listed(self, fact: InstrumentsListed, now_ns: int) -> None:
        """A venue told of its instruments' terms: by whose words do they settle?"""
        changed: dict[tuple[VenueName, VenueMarketId], list[str]] = {}
        for one in fact.instruments:
            told, reviewed = one.terms.rules_hash, self._reviewed(one)
            if not told:
                continue  # nothing is said, which proves nothing
            found = changed.setdefault((one.listing.venue, one.listing.venue_market), [])
            if told != reviewed:
                found.append(f"{one.listing.selection} settles by {told}, reviewed was {reviewed}")
        for (venue, market), found in changed.items():
            said = "; ".join(found) or "it settles by the words that were reviewed"
            self._watch.judged(venue, market, BreakerCause.RULES, now_ns, bad=bool(found), detail=said)

    def _reviewed(self, instrument: Instrument) -> str:
        """The hash of the words that an instrument is held to, empty as long as none were told."""
        return instrument.listing.rules_hash or self._state.rules_first.get(instrument.id, "")
