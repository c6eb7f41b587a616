"""Until when the account's word where it is lets keys trade sports: read again and again, told, and kept to.

After it has run out the venue refuses every order in sports; so none is sent.
Source: Kalshi changelog of 2026-08-16, `api_key_region_expiration_ts`.
"""

from domain.ids import VenueName
from domain.messages import RejectReason
from domain.venue_notes import AttestationTold
from venues.base import Emit
from venues.kalshi import rest_targets as targets
from venues.kalshi.side_codec import ApiKeys, keys_answer
from venues.kalshi.talks import Ask, Steps, one

DAY_MS = 86_400_000
FORBIDDEN = RejectReason.NOT_AUTHORISED, "the location attestation has run out: attest on the website"


def keys_talk() -> Steps[ApiKeys]:
    """The account's keys."""
    keys: ApiKeys = yield from one(Ask(targets.KEYS_TARGET, keys_answer))
    return keys


class Attestation:
    """Knows the date, once it was told; an account that never attested has none, and the venue judges itself."""

    def __init__(self, venue: VenueName, emit: Emit) -> None:
        self._venue = venue
        self._emit = emit
        self._until_ms: int | None = None
        self._told: AttestationTold | None = None

    def learn(self, keys: ApiKeys, wall_ms: int) -> None:
        """Take over what the list of keys says."""
        until_s = keys.api_key_region_expiration_ts
        self._until_ms = None if until_s is None else until_s * 1_000
        self.look(wall_ms)

    def look(self, wall_ms: int) -> None:
        """Tell the date and the days left, when they are news."""
        if self._until_ms is None:
            return
        days = (self._until_ms - wall_ms) // DAY_MS if wall_ms < self._until_ms else -1
        told = AttestationTold(self._venue, self._until_ms, days)
        if told != self._told:
            self._told = told
            self._emit(told)

    def turns_ms(self, wall_ms: int) -> int | None:
        """The next Unix time at which a day less is left, or none."""
        if self._until_ms is None or wall_ms >= self._until_ms:
            return None
        days = (self._until_ms - wall_ms) // DAY_MS
        return self._until_ms - days * DAY_MS + (1 if days else 0)

    def refusal(self, wall_ms: int) -> tuple[RejectReason, str] | None:
        """Why no order must be sent, None while they may."""
        return FORBIDDEN if self._until_ms is not None and wall_ms >= self._until_ms else None
