"""From an intent to concrete orders: which venue, which selection, which price, how much, and why not elsewhere."""

from collections.abc import Callable, Iterable, Mapping
from math import gcd

import msgspec

from domain.candidates import Candidate
from domain.chances import UNTRIED, US_PER_MS, Chance, Queue, in_time_ppm
from domain.ids import InstrumentId, VenueName
from domain.intents import Child, QuoteIntent, TakeIntent
from domain.markets import Instrument, Listing
from domain.net_price import PROBABILITY_SCALE, net_price_ratio
from domain.odds import PriceKind, claim_ratio
from domain.orders import BACK, LAY, Order, Side, TimeInForce
from domain.portfolio import InstrumentView, MarketView, listing_of, queue_at
from oms.allotment import BELOW_MINIMUM, Ordered, allot, orders_of
from oms.marginal_price import expected
from oms.waiting import NO_JUMPS, Jumps, waiting_cost_e9

DEPTH = 10
"""So many levels of each book are looked at and kept."""

DEPTH_BESIDE_QUOTE = 3
"""So many are kept of the books beside a quote, for whoever asks why it was not taken there."""

LAST = 1_000_000
"""The priority of a venue that was given none."""

LINE_MARKET = "line_market"
"""Why nothing is taken where every line is bet at evens: a price there says which claim it is, not what it costs."""

VENUE_BUDGET = "venue_budget"
"""Why nothing is taken at a venue whose message budget is spent."""

NONE_TOLD: Mapping[int, int] = {}
"""What a strategy says of bet delays that says nothing."""

Waits = tuple[Queue, int, int]
"""The queue that an order comes to rest in, and the chance supposed of one at its front and of this one, in ppm."""

_WORD = 2**63
_FINE = 10**18


class Desk(msgspec.Struct, frozen=True):
    """What the router may look at besides the view: our result in a venue's market, money, and the venues' ranks.

    `venue_pnl` gives our gross matched result in the listing's venue market if its outcome wins and if it loses,
    as the next bet of that side has to see it, and `available_micros` what the venue lets us spend on one, both in its
    currency. Venues without a priority rank after those with one; lower goes first. `chance` is what a venue has shown
    of being matched and of its speed, `jumps` what may come against us while it takes its time, `resting` are our own
    orders on an instrument, of every strategy. `reduces` tells whether an order, matched in full, lowers what may be
    lost whatever became of the orders that are in doubt.
    """

    view: MarketView
    decision: int
    venue_pnl: Callable[[Listing, Side], tuple[int, int]]
    available_micros: Callable[[Instrument, Side], int]
    priorities: Mapping[VenueName, int] = {}
    chance: Callable[[VenueName], Chance] = lambda _: UNTRIED
    resting: Callable[[InstrumentId], Iterable[Order]] = lambda _: ()
    jumps: Jumps = NO_JUMPS
    reduces: Callable[[Child], bool] = lambda _: False


class Routed(msgspec.Struct, frozen=True):
    """The orders that an intent becomes, and every place that was looked at."""

    children: tuple[Child, ...]
    candidates: tuple[Candidate, ...]


def route_take(intent: TakeIntent, desk: Desk) -> Routed:
    """Split a take over every listing of its outcome, net of fees on our position; one order per instrument.

    Each order is at the worst price used there, for no more than is wanted of it were all of it matched at that price,
    and dies where it is not matched at once. A place that is closed to added risk alone is open to a take that reduces,
    were all of it matched there.
    """
    candidates = _candidates(intent, desk)
    reducible = {view.instrument.id for view in desk.view.listings if view.reducible}
    if reducible:
        candidates = tuple(
            _opened(candidate, intent, desk) if candidate.instrument in reducible else candidate
            for candidate in candidates
        )
    shared = _shared_out(candidates, intent)
    return Routed(tuple(_child(candidate, intent, desk) for candidate in shared if candidate.allotted), shared)


def _shared_out(candidates: tuple[Candidate, ...], intent: TakeIntent) -> tuple[Candidate, ...]:
    return share_out(candidates, side=intent.side, limit_e9=intent.limit_e9, claims_micros=intent.claims_micros)


def _child(candidate: Candidate, intent: TakeIntent, desk: Desk) -> Child:
    return Child(
        strategy=intent.strategy,
        instrument=candidate.instrument,
        side=intent.side,
        price=candidate.allotted[-1][0],
        size_micros=sum(size for _, size in candidate.allotted),
        tif=TimeInForce.IMMEDIATE,
        decision=desk.decision,
    )


def _opened(candidate: Candidate, intent: TakeIntent, desk: Desk) -> Candidate:
    """A place that is closed to added risk alone, open if all that it could give to the take would reduce."""
    view = listing_of(desk.view, candidate.instrument)
    opened = msgspec.structs.replace(candidate, refused=_refused(view, reducing=True))
    (alone,) = _shared_out((opened,), intent)
    return opened if alone.allotted and desk.reduces(_child(alone, intent, desk)) else candidate


def route_quote(intent: QuoteIntent, desk: Desk) -> Routed:
    """A quote is one resting order; the other listings of its outcome are kept beside it, with what they show."""
    child = Child(
        strategy=intent.strategy,
        instrument=intent.instrument,
        side=intent.side,
        price=intent.price,
        size_micros=intent.size_micros,
        tif=TimeInForce.STARTING_PRICE if intent.at_start else TimeInForce.REST,
        decision=desk.decision,
    )
    side, allotted = intent.side, ((intent.price, intent.size_micros),)
    outcome = listing_of(desk.view, intent.instrument).instrument.listing.outcome
    rests = []
    for view in desk.view.listings:
        if view.instrument.listing.outcome == outcome:
            bare = _candidate(view, side, desk, DEPTH_BESIDE_QUOTE)
            if bare.instrument == intent.instrument:
                rests.append(resting(bare, side, allotted=allotted, waits=_waits(bare, view, intent, desk)))
            else:
                rests.append(priced(bare, side))
    return Routed((child,), tuple(rests))


def _waits(candidate: Candidate, view: InstrumentView, intent: QuoteIntent, desk: Desk) -> Waits | None:
    """How an order would come to stand in its queue; None for one that waits elsewhere than in the book."""
    if intent.at_start:
        return None
    ours = [order for order in desk.resting(candidate.instrument) if order.strategy == intent.strategy]
    queue = queue_at(view, intent.side, intent.price, ours)
    if not intent.rest_ppm:
        return queue, 0, candidate.fill_ppm
    late_us = candidate.answer_us + (view.bet_delay_ms * US_PER_MS if view.in_play else 0)
    return queue, intent.rest_ppm, in_time_ppm(intent.rest_ppm, queue, late_us=late_us)


# --- candidates ---


def share_out(
    candidates: tuple[Candidate, ...], *, side: Side, limit_e9: int, claims_micros: int
) -> tuple[Candidate, ...]:
    """The candidates with what each is sent of a take; a function of what they hold and nothing else."""
    shares, dropped = allot(candidates, side=side, limit_e9=limit_e9, claims_micros=claims_micros)
    orders = orders_of(shares, side=side, limit_e9=limit_e9, claims_micros=claims_micros)
    scored = tuple(_scored(candidate, side, limit_e9) for candidate in candidates)
    pairs = zip(candidates, scored, strict=True)
    return tuple(_with_order(candidate, whole, orders, dropped) for candidate, whole in pairs)


def _with_order(bare: Candidate, scored: Candidate, orders: list[Ordered], dropped: list[Candidate]) -> Candidate:
    if any(bare is small for small in dropped):
        return msgspec.structs.replace(scored, refused=BELOW_MINIMUM)
    order = next((order for order in orders if order.candidate is bare), None)
    return scored if order is None else msgspec.structs.replace(scored, allotted=order.levels)


def _scored(candidate: Candidate, side: Side, limit_e9: int) -> Candidate:
    """The candidate with the net price that is to be expected at its first level."""
    if not candidate.net_price[1]:
        return candidate
    return msgspec.structs.replace(candidate, score=_reduced(*expected(candidate, side, candidate.net_price, limit_e9)))


def priced(candidate: Candidate, side: Side) -> Candidate:
    """The candidate with the net price of its first level, as a taker."""
    if not candidate.levels:
        return msgspec.structs.replace(candidate, net_price=(0, 0))
    return msgspec.structs.replace(
        candidate, net_price=_net_price(candidate, side, candidate.levels[0][0], maker=False)
    )


def resting(
    candidate: Candidate, side: Side, *, allotted: tuple[tuple[int, int], ...], waits: Waits | None = None
) -> Candidate:
    """The candidate as the place where an order rests, with the net price of being matched there."""
    net_price = _net_price(candidate, side, allotted[0][0], maker=True)
    queue, rest_ppm, fill_ppm = waits or (candidate.queue, candidate.rest_ppm, candidate.fill_ppm)
    return msgspec.structs.replace(
        candidate,
        maker=True,
        allotted=allotted,
        refused="",
        net_price=net_price,
        queue=queue,
        rest_ppm=rest_ppm,
        fill_ppm=fill_ppm,
    )


def _net_price(candidate: Candidate, side: Side, price: int, *, maker: bool) -> tuple[int, int]:
    part, whole = net_price_ratio(
        candidate.fee,
        side,
        claim_ratio(candidate.kind, price),
        maker=maker,
        win_micros=candidate.win_micros,
        lose_micros=candidate.lose_micros,
    )
    return _reduced(part, whole)


def _reduced(part: int, whole: int) -> tuple[int, int]:
    """A ratio in words that a journal holds: in lowest terms, or to eighteen places."""
    common = gcd(part, whole)
    if whole // common >= _WORD:
        return part * _FINE // whole, _FINE
    return part // common, whole // common


def _candidates(intent: TakeIntent, desk: Desk) -> tuple[Candidate, ...]:
    told = dict(intent.delay_costs)
    return tuple(
        candidate_at(view, intent.side, desk, told)
        for view in desk.view.listings
        if view.instrument.listing.outcome == intent.outcome
    )


def candidate_at(view: InstrumentView, side: Side, desk: Desk, delay_costs: Mapping[int, int] = NONE_TOLD) -> Candidate:
    """One listing as a place to take at, whatever else may be had elsewhere.

    Its bet delay costs what `delay_costs` say of so many milliseconds, else what the desk reckons.
    """
    candidate = priced(_candidate(view, side, desk, DEPTH), side)
    cost_e9 = delay_costs.get(view.bet_delay_ms, view.delay_e9) if view.in_play else 0
    return msgspec.structs.replace(candidate, delay_e9=cost_e9) if cost_e9 else candidate


def unwind_e9(view: InstrumentView) -> int:
    """What a claim costs that is bought and sold again in one book, net of fees, in 1e-9; a whole one if it cannot."""
    book, terms = view.book, view.instrument.terms
    if book.best_back < 0 or book.best_lay < 0:
        return PROBABILITY_SCALE
    bought, sold = (
        net_price_ratio(terms.fee, side, claim_ratio(terms.kind, book.ladder.prices[tick]))
        for side, tick in ((BACK, book.best_back), (LAY, book.best_lay))
    )
    return bought[0] * PROBABILITY_SCALE // bought[1] - sold[0] * PROBABILITY_SCALE // sold[1]


def _candidate(view: InstrumentView, side: Side, desk: Desk, depth: int) -> Candidate:
    terms, listing = view.instrument.terms, view.instrument.listing
    prices = view.book.ladder.prices
    win_micros, lose_micros = desk.venue_pnl(listing, side)
    levels = tuple([(prices[tick], size) for tick, size in view.book.levels(to_back=side is BACK, depth=depth)])
    own = under_way = 0
    if ours := desk.resting(view.instrument.id):
        best_is_high = view.book.best_back_is_high is (side is BACK)
        own = _own_price(ours, side, best_is_high=best_is_high)
        if own:
            levels = _before(own, levels, best_is_high=best_is_high)
        levels, under_way = _behind_takes(levels, ours, side, best_is_high=best_is_high)
    chance = desk.chance(listing.venue)
    return Candidate(
        instrument=view.instrument.id,
        kind=terms.kind,
        fee=terms.fee,
        levels=levels,
        lot_micros=terms.lot_micros,
        size_min_micros=terms.size_min_micros,
        payout_min_micros=terms.payout_min_micros,
        available_micros=desk.available_micros(view.instrument, side),
        priority=desk.priorities.get(listing.venue, LAST),
        rate_e8=view.rate_e8,
        win_micros=win_micros,
        lose_micros=lose_micros,
        net_price=(0, 0),
        allotted=(),
        refused=_refused(view),
        fill_ppm=chance.fill_ppm,
        answer_us=chance.answer_us,
        own_price=own,
        under_way_micros=under_way,
        answer_e9=waiting_cost_e9(desk.jumps, chance.answer_us),
    )


def _own_price(ours: Iterable[Order], side: Side, *, best_is_high: bool) -> int:
    """The best price at which a bet of this side would meet an order of ours, in any state it may be in; 0 for none."""
    theirs = (order for order in ours if order.side is not side and order.exposed_micros)
    prices = [price for order in theirs for price in order.prices]
    if not prices:
        return 0
    return max(prices) if best_is_high else min(prices)


def _behind_takes(
    levels: tuple[tuple[int, int], ...], ours: Iterable[Order], side: Side, *, best_is_high: bool
) -> tuple[tuple[tuple[int, int], ...], int]:
    """The levels as takes of ours that are under way will leave them, and how much these use up.

    What became of one whose answer is missing was decided at the venue when it came: the book shows it already.
    """
    takes = [one for one in ours if one.tif is TimeInForce.IMMEDIATE and one.side is side and not one.unknown]
    used = 0
    for take in takes:
        open_micros, left = max(0, take.remaining_micros), []
        for price, size in levels:
            reached = price >= take.price if best_is_high else price <= take.price
            gone = min(open_micros, size) if reached else 0
            open_micros, used = open_micros - gone, used + gone
            if gone < size:
                left.append((price, size - gone))
        levels = tuple(left)
    return levels, used


def _before(own: int, levels: tuple[tuple[int, int], ...], *, best_is_high: bool) -> tuple[tuple[int, int], ...]:
    """The levels that a bet reaches before it reaches our own order: beside and behind it we would trade with us."""
    return tuple((price, size) for price, size in levels if (price > own if best_is_high else price < own))


def _refused(view: InstrumentView, *, reducing: bool = False) -> str:
    """Why nothing may be taken here, or nothing that is `reducing`; empty if it may."""
    if not view.tradable and not (reducing and view.reducible):
        return view.why_not
    if view.instrument.terms.kind is PriceKind.LINE:
        return LINE_MARKET
    return "" if view.tokens > 0 else VENUE_BUDGET
