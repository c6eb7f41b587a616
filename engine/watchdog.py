"""The dead engine's deputy: finds every order of a run at every venue, cancels it, and says when none is left.

It knows nothing of what the engine knew: what to cancel, and that nothing is left, it learns from the venues alone.
An order belongs to the run when the venue shows a ref of ours for it; what others placed on the account stays. Where a
venue takes several cancels in one request they go together, and where nothing else rests there by whatever takes out
all at once: five hundred orders must not wait for five hundred answers.
A venue is empty when its list of open orders, asked for after the last cancel, holds none of ours; a placement that
was on its way may still land behind that, so a venue is asked again for as long as the watch lasts, and that of an
engine that is gone lasts until nothing can land any more.
"""

from collections.abc import Mapping, Sequence

import msgspec

from domain.ids import OrderRef, VenueName
from domain.messages import CancelOrder, Channel, ChannelChanged, Fact, QueryVenue, VenueOrder, VenueReported
from domain.terms import Capabilities
from venues.base import TakesSeveral, Venue

MS = 1_000_000
ASK_AGAIN_NS = 1_000_000_000
"""A venue's list is asked for this often."""


class Emptied(msgspec.Struct):
    """How far one venue is. `empty_ns`: when the list was asked for that held none of ours, 0 while there is none;
    `still_ns`: the latest of those that did not since.
    """

    up: bool = False
    asked_ns: int = 0
    cancels: int = 0
    last_cancel_ns: int = 0
    empty_ns: int = 0
    still_ns: int = 0


class Deputy:
    """Cancels a run's orders through adapters of its own; `tag` tells a run's refs from others, `began_ns` is now.

    It is given facts and the time, and sends commands; whoever opened the adapters carries both.
    """

    def __init__(self, tag: str, venues: Mapping[VenueName, Venue], *, began_ns: int) -> None:
        self.venues: dict[VenueName, Emptied] = {name: Emptied() for name in venues}
        self._tag = tag
        self._adapters = venues
        self._began_ns = began_ns

    @property
    def done(self) -> bool:
        """Whether every venue has shown a list without an order of ours since the last cancel there."""
        return all(venue.empty_ns for venue in self.venues.values())

    @property
    def final(self) -> bool:
        """Whether each has shown that also once everything that was sent before this deputy began has to be listed."""
        return self.done and all(
            venue.still_ns - self._began_ns >= _on_its_way_ns(self._adapters[name].capabilities)
            for name, venue in self.venues.items()
        )

    def hear(self, fact: Fact, now_ns: int) -> None:
        """Take one fact of a venue in; only lines and lists matter."""
        if isinstance(fact, ChannelChanged) and fact.channel is Channel.REQUESTS:
            self.venues[fact.venue].up = fact.up
            if fact.up:
                self._ask(fact.venue, now_ns)
        elif isinstance(fact, VenueReported):
            self._listed(fact, now_ns)

    def on_time(self, now_ns: int) -> None:
        """Ask every venue that can hear it for its list again when that is due."""
        for name, venue in self.venues.items():
            if venue.up and now_ns - venue.asked_ns >= ASK_AGAIN_NS:
                self._ask(name, now_ns)

    def _ask(self, name: VenueName, now_ns: int) -> None:
        self.venues[name].asked_ns = now_ns
        self._adapters[name].send(QueryVenue(name), now_ns)

    def _listed(self, fact: VenueReported, now_ns: int) -> None:
        venue = self.venues[fact.venue]
        rests = [order for order in fact.orders if not _is_over(order)]
        ours = [ref for order in rests if (ref := order.ref) and self._is_ours(ref)]
        if ours:
            venue.empty_ns = venue.still_ns = 0
            self._cancel(fact.venue, ours, now_ns, emptying=len(ours) == len(rests))
        elif fact.asked_ns > venue.last_cancel_ns:
            venue.empty_ns, venue.still_ns = venue.empty_ns or fact.asked_ns, fact.asked_ns

    def _cancel(self, name: VenueName, refs: Sequence[OrderRef], now_ns: int, *, emptying: bool) -> None:
        venue, adapter = self.venues[name], self._adapters[name]
        cancels = [CancelOrder(ref, f"{ref}-w{venue.cancels + n}") for n, ref in enumerate(refs, 1)]
        venue.cancels += len(cancels)
        venue.last_cancel_ns = now_ns
        if isinstance(adapter, TakesSeveral):
            adapter.send_several(cancels, now_ns, emptying=emptying)
        else:
            for cancel in cancels:
                adapter.send(cancel, now_ns)

    def _is_ours(self, ref: OrderRef) -> bool:
        return ref.startswith(f"{self._tag}-")


def _on_its_way_ns(capabilities: Capabilities) -> int:
    """How long after it was sent an order may first show in a venue's list."""
    return (capabilities.lands_within_ms + capabilities.visible_after_ms) * MS


def _is_over(order: VenueOrder) -> bool:
    """Some venues list for a while what has ended."""
    return order.report is not None and order.report.closed
