"""One round against a venue's list of open orders: what is there and not here, here and not there, or different."""

from collections.abc import Collection, Mapping
from fractions import Fraction
from math import ceil
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from domain.claims import claims_and_cost_micros, liability
from domain.fees import CENT
from domain.ids import InstrumentId, OrderRef, VenueMarketId, VenueName, VenueOrderId
from domain.markets import Instrument
from domain.messages import VenueOrder, VenueReported
from domain.orders import Order, Side
from domain.terms import Capabilities
from recon.breaks import Break, BreakKind, Judged
from recon.lines import OVER, RESTING, Difference, OrderLine, compare_lines

PRICE_TOLERANCE = Fraction(1, 10_000)
"""Difference of average claim prices that roundings may explain."""

ORDER_KINDS = {
    BreakKind.MISSING_AT_VENUE,
    BreakKind.UNKNOWN_AT_VENUE,
    BreakKind.MISSING_FILL,
    BreakKind.EXTRA_FILL,
    BreakKind.PRICE,
    BreakKind.FEE,
    BreakKind.STATUS,
}
"""What a list of open orders can show."""

MS = 1_000_000
"""Nanoseconds in a millisecond."""


class OurOrders(Protocol):
    """The orders of the house, as far as a comparison reads them."""

    @property
    def changed_ns(self) -> Mapping[OrderRef, int]: ...

    def get(self, ref: OrderRef) -> Order | None: ...

    def get_by_venue_id(self, venue: VenueName, venue_order_id: VenueOrderId) -> Order | None: ...

    def open_at(self, venue: VenueName) -> Collection[Order]: ...


def compare_orders(
    ours: OurOrders,
    theirs: VenueReported,
    instruments: Mapping[InstrumentId, Instrument],
    capabilities: Capabilities,
) -> list[Break]:
    """The breaks between our orders, as they stand before the report is applied, and a venue's open orders.

    Orders of which the report can say nothing yet are passed over; see `unjudged`.
    """
    passed = unjudged(ours, theirs, capabilities)
    our_lines: dict[str, OrderLine] = {}
    their_lines: dict[str, OrderLine] = {}
    subjects: dict[str, Order | VenueOrder] = {}
    for our in ours.open_at(theirs.venue):
        if our.ref not in passed:
            our_lines[our.ref], subjects[our.ref] = _our_line(our), our
    for their in theirs.orders:
        known = _counterpart(ours, theirs.venue, their)
        if known is None:
            key = their.ref or their.venue_order_id
            their_lines[key], subjects[key] = _their_line(their, None), their
        elif known.ref not in passed:
            our_lines[known.ref], subjects[known.ref] = _our_line(known), known
            their_lines[known.ref] = _their_line(their, our_lines[known.ref], fee_told=fee_is_told(known))
    found = compare_lines(our_lines, their_lines, price_tolerance=PRICE_TOLERANCE, fee_tolerance_micros=CENT)
    return [
        Break(
            venue=theirs.venue,
            key=key,
            kind=difference.kind,
            severity=difference.severity,
            money_micros=_money_micros(subjects[key], difference, instruments),
            currency=capabilities.currency,
            detail=difference.detail,
            foreign=subjects[key].ref is None,
            venue_market=_venue_market(subjects[key], instruments),
            apart_micros=int(difference.gap) if difference.kind is BreakKind.FEE else 0,
            resting=key in their_lines and their_lines[key].state == RESTING,
        )
        for key, difference in found
    ]


def unjudged(ours: OurOrders, theirs: VenueReported, capabilities: Capabilities) -> set[OrderRef]:
    """Orders that changed after the question, or so shortly before it that the venue need not show it yet."""
    still_ns = theirs.asked_ns - capabilities.visible_after_ms * MS
    passed = {our.ref for our in ours.open_at(theirs.venue) if ours.changed_ns[our.ref] >= still_ns}
    for their in theirs.orders:
        our = _counterpart(ours, theirs.venue, their)
        # Asked at once: who is fetched back from disk for a later line may push this one out of memory again.
        if our is not None and ours.changed_ns[our.ref] >= still_ns:
            passed.add(our.ref)
    return passed


class Holding(Struct, frozen=True):
    """Claims of one instrument that each side says are matched, lays counted against; micros.

    `inflight` is how much of the difference lies in orders that moved about the time of the question.
    """

    ours_micros: int = 0
    theirs_micros: int = 0
    inflight_micros: int = 0


def holdings(ours: OurOrders, theirs: VenueReported, capabilities: Capabilities) -> dict[InstrumentId, Holding]:
    """What both sides hold of each instrument by the orders of a report that are known to both."""
    passed = unjudged(ours, theirs, capabilities)
    found: dict[InstrumentId, Holding] = {}
    for their in theirs.orders:
        our, report = _counterpart(ours, theirs.venue, their), their.report
        if our is None or report is None:
            continue
        sign = 1 if our.side is Side.BACK else -1
        before = found.get(our.instrument, Holding())
        moving = abs(our.claims_micros - report.claims_micros) if our.ref in passed else 0
        found[our.instrument] = Holding(
            ours_micros=before.ours_micros + sign * our.claims_micros,
            theirs_micros=before.theirs_micros + sign * report.claims_micros,
            inflight_micros=before.inflight_micros + moving,
        )
    return found


def judges(ours: OurOrders, theirs: VenueReported, capabilities: Capabilities) -> Judged:
    """Which standing breaks of orders this report can heal by saying nothing against them.

    An order that both sides list is judged whole. One that is over for both has nothing left to miss, except that what
    we booked beyond theirs, or at another price, stays open until the venue says otherwise or its market is settled. Of
    what is no order of ours a list of orders can say only that the venue has it no longer: fees of a market are not its
    business.
    """
    passed = unjudged(ours, theirs, capabilities)
    listed = {our.ref for their in theirs.orders if (our := _counterpart(ours, theirs.venue, their)) is not None}

    def judged(key: str, kind: str) -> bool:
        our = ours.get(OrderRef(key))
        if kind not in ORDER_KINDS or (our is not None and our.ref in passed):
            return False
        if our is None:
            return kind == BreakKind.UNKNOWN_AT_VENUE
        if our.ref in listed or our.settled:
            return True
        return our.exposed_micros == 0 and kind not in (BreakKind.EXTRA_FILL, BreakKind.PRICE)

    return judged


def _counterpart(ours: OurOrders, venue: VenueName, their: VenueOrder) -> Order | None:
    found = None if their.ref is None else ours.get(their.ref)
    return found or ours.get_by_venue_id(venue, their.venue_order_id)


def _our_line(our: Order) -> OrderLine:
    return OrderLine(
        matched_micros=our.matched_micros,
        price=claim_price(our.cost_micros, our.claims_micros),
        fee_micros=our.fee_micros,
        state=RESTING if our.exposed_micros > 0 else OVER,
        turn=our.side,
    )


def fee_is_told(our: Order) -> bool:
    """Whether we were told what the matched part of an order costs in fees: by its matches, or in one figure."""
    return our.unattributed_micros == 0 or our.testimony.reported_fee_micros is not None


def _their_line(their: VenueOrder, our: OrderLine | None, *, fee_told: bool = True) -> OrderLine:
    """Their side; of what they do not say, or did not say until now, nothing is held against us."""
    report = their.report
    if report is None:
        return replace(our, state=RESTING, turn=their.side) if our else OrderLine(0, Fraction(0), 0, RESTING)
    unsaid = our.fee_micros if our else 0
    return OrderLine(
        matched_micros=report.matched_micros,
        price=claim_price(report.cost_micros, report.claims_micros),
        fee_micros=unsaid if report.fee_micros is None or not fee_told else report.fee_micros,
        state=OVER if report.closed else RESTING,
        turn=their.side,
    )


def claim_price(cost_micros: int, claims_micros: int) -> Fraction:
    """What a claim cost on average, 0 without one."""
    return Fraction(cost_micros, claims_micros) if claims_micros else Fraction(0)


def _money_micros(
    subject: Order | VenueOrder, difference: Difference, instruments: Mapping[InstrumentId, Instrument]
) -> int:
    """What the difference itself can cost: of a fee its amount, of a price its amount on what is matched.

    Of a matched size it is the most that this much of the order can lose, of everything else the most that all of it
    can; the bare size where we do not know what its price means.
    """
    gap = abs(difference.gap)
    if difference.kind is BreakKind.FEE:
        return ceil(gap)
    if difference.kind is BreakKind.PRICE and isinstance(subject, Order):
        return ceil(gap * subject.claims_micros)
    size = ceil(gap) if difference.kind in (BreakKind.MISSING_FILL, BreakKind.EXTRA_FILL) else subject.size_micros
    instrument = None if subject.instrument is None else instruments.get(subject.instrument)
    if instrument is None:
        return size
    claims, cost = claims_and_cost_micros(instrument.terms.kind, subject.price, size)
    return liability(subject.side, claims=claims, cost=cost)


def _venue_market(subject: Order | VenueOrder, instruments: Mapping[InstrumentId, Instrument]) -> VenueMarketId:
    instrument = None if subject.instrument is None else instruments.get(subject.instrument)
    return VenueMarketId("") if instrument is None else instrument.listing.venue_market
