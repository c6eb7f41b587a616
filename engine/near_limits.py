"""Warnings while there is still room: a limit that is used up so far is told once each time that it comes there.

And of a limit by name that leaves a name out, where nobody could know the names before.
"""

from domain.ids import MarketId, VenueName
from domain.markets import Listing
from domain.orders import Order
from domain.stops import AlertRaised
from engine.scribe import Scribe
from risk.exposure import contract_position
from risk.limits import Limits, cap_of

WARNED_PCT = (75, 90)
"""A limit that is used so far is worth a warning, once each time that it comes there."""

ACCOUNTABLE_PCT = (75, 90, 100)
"""The same of an accountability level, which nothing else keeps us under."""


class NearLimits:
    """Asked behind every order that goes out."""

    def __init__(self, scribe: Scribe, limits: Limits) -> None:
        self._scribe = scribe
        self._state = scribe.state
        self._limits = limits
        self._warned: dict[tuple[str, str], int] = {}

    def look(self, order: Order, listing: Listing) -> None:
        """Say once that a limit is used up so far, and again only after it was not."""
        exposure, limits = self._state.exposure, self._limits
        event, venue = self._state.markets[listing.market].event, listing.venue
        self._warn_of(event, exposure.worst_loss_micros(event), limits.cap_event_micros, venue)
        self._warn_of("total", exposure.total_loss_micros, limits.cap_total_micros, venue)
        if limits.cap_model_micros:
            self._warn_of_model(listing.market, venue)
        accountable = limits.accountability_claims_micros
        if limits.position_claims_micros is not None or accountable is not None:
            longest = contract_position(exposure, listing).longest_micros
            if limits.position_claims_micros is not None:
                self._warn_of(order.instrument, longest, limits.position_claims_micros, venue)
            if accountable is not None:
                self._warn_of(order.instrument, longest, accountable, venue, "accountability", ACCOUNTABLE_PCT)

    def _warn_of_model(self, market: MarketId, venue: VenueName) -> None:
        """Say once that a model is under no cap, where others are: a name that is mistyped there holds nobody."""
        model, _, _ = self._state.fair_models.get(market, "").rpartition(" ")  # its version stands behind it
        caps = self._limits.cap_model_micros
        if model and cap_of(caps, model) is None and ("model", model) not in self._warned:
            self._warned["model", model] = 1
            self._scribe.record(AlertRaised("model_uncapped", model, venue, f"cap_model names {', '.join(caps)}"))

    def _warn_of(
        self,
        name: str,
        used: int,
        limit: int,
        venue: VenueName,
        about: str = "limit",
        levels: tuple[int, ...] = WARNED_PCT,
    ) -> None:
        reached = 0
        for pct in levels:  # each is higher than the one before
            if used * 100 >= pct * limit:
                reached = pct
        before = self._warned.get((about, name), 0)
        if reached == before:
            return
        self._warned[about, name] = reached
        if reached > before:
            self._scribe.record(AlertRaised(f"{about}_{reached}", name, venue, f"{used} of {limit}"))
