"""What a venue says of itself: kept where the desk is drawn from, and written down where somebody has to act."""

from collections.abc import Callable

from domain.calendar import MaintenancePlanned
from domain.stops import AlertRaised
from domain.venue_notes import AttestationTold, FuseState, FuseTold, QueueTold, VenueNote
from engine.prices import Prices

ATTESTED_DAYS_MIN = 7
"""From so few days on somebody is reminded, once a day."""


def note_venue(prices: Prices, note: VenueNote, record: Callable[[AlertRaised], object]) -> None:
    """Take a note over; an alert is recorded through `record` when it says something new that is bad."""
    session = prices.sessions[note.venue]
    match note:
        case MaintenancePlanned():
            session.maintained = note.windows
        case QueueTold():
            session.queue = note
        case FuseTold():
            if note.state is FuseState.BLOWN and (session.fuse is None or session.fuse.state is not FuseState.BLOWN):
                record(AlertRaised("fuse", note.venue, note.venue, note.detail))
            session.fuse = note
        case AttestationTold():
            known = session.attested.days_left if session.attested is not None else ATTESTED_DAYS_MIN
            days = max(note.days_left, -1)
            if days < ATTESTED_DAYS_MIN and days != max(known, -1):
                said = "no more orders" if days < 0 else f"{days} whole days left"
                detail = f"the location attestation runs out: {said}; attest on the website"
                record(AlertRaised("attestation", note.venue, note.venue, detail))
            session.attested = note
