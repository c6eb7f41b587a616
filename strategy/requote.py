"""Wanted minus working: the fewest intents that bring a strategy's resting orders to what it would like to show."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from domain.ids import InstrumentId, VenueName
from domain.intents import AmendIntent, CancelIntent, Intent, Lack, QuoteIntent, Withheld
from domain.markets import MarketStatus
from domain.orders import BACK, Order, Side, TimeInForce
from domain.portfolio import InstrumentView, MarketView
from strategy.requote_rule import RequoteAction, requote_decision
from strategy.uncrossed import Standing, is_mirrored

Slot = tuple[InstrumentId, Side]
"""One side of one book: a strategy shows one quote there."""


class RequoteRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a resting quote is left alone.

    `hysteresis_ticks`: it moves only when the target is at least this far. `size_tolerance`: it stays while the
    smaller of its remaining size and the wanted one is at least this share of the larger; what is too little stays as
    well while no message is left to show more. `tokens_kept`: so many
    orders of a venue's message budget are never spent on quotes, for hedges and takes may need them. `amend`: a quote
    moves in one act of its venue where that offers it, else by a cancel and a new order once that is proven.
    """

    hysteresis_ticks: int = 2
    size_tolerance: float = 0.5
    tokens_kept: int = 2
    amend: bool = False

    def __post_init__(self) -> None:
        if self.hysteresis_ticks < 1:
            raise ValueError(f"hysteresis_ticks must be at least 1, not {self.hysteresis_ticks}")
        if self.tokens_kept < 0:
            raise ValueError(f"tokens_kept must be 0 or more, not {self.tokens_kept}")
        if not 0 <= self.size_tolerance <= 1:
            raise ValueError(f"size_tolerance is a share and must lie in [0, 1], not {self.size_tolerance}")


def requote(quotes: Sequence[QuoteIntent], view: MarketView, rules: RequoteRules) -> list[Intent]:
    """Cancels and placements for one strategy in one market.

    A side is placed on only when nothing of ours there can still be matched: a new order waits until the cancel of
    the old one is proven, so that requoting never doubles a promise; and of several orders that came to rest on
    one side, only the oldest may stay. Takes in flight are left alone. No more is placed at a venue than its message
    budget takes beyond the `tokens_kept`, first come first served, and nothing that would cross another quote of ours
    (`strategy.uncrossed`): such a quote comes back as withheld. An order that its venue is changing for us is left
    alone until that is answered.
    """
    if not quotes and not view.working:
        return []
    wanted: dict[Slot, QuoteIntent] = {(quote.instrument, quote.side): quote for quote in quotes}
    views = {listing.instrument.id: listing for listing in view.listings}
    spent: dict[VenueName, int] = {}
    intents: list[Intent] = []
    for slot, orders in _by_slot(view.working).items():
        for intent in _pulled(orders, wanted.pop(slot, None), views.get(slot[0]), rules):
            if type(intent) is AmendIntent:
                lack = _lack_of_move(intent, view, views, spent, rules)
                if lack is Lack.VENUE_BUDGET and intent.may_stay:
                    continue
                if lack is not None:
                    intent = CancelIntent(intent.strategy, intent.ref, intent.because)
            intents.append(intent)
    if not wanted:
        return intents
    standing = Standing(view.working, views, mirrored=is_mirrored(view.market))
    for quote in wanted.values():
        lack = _lack(quote, standing, views, spent, rules.tokens_kept)
        intents.append(quote if lack is None else withheld(quote, lack))
    return intents


def withheld(quote: QuoteIntent, lack: Lack) -> Withheld:
    """The quote as one that is not asked for."""
    return Withheld(quote.strategy, quote.instrument, quote.side, quote.price, quote.size_micros, lack)


def _lack(
    quote: QuoteIntent,
    standing: Standing,
    views: Mapping[InstrumentId, InstrumentView],
    spent: dict[VenueName, int],
    kept: int,
) -> Lack | None:
    """Why a quote has to wait. One that does not has spent a token, and stands; one that does keeps none else away."""
    listing = views[quote.instrument]
    venue = listing.instrument.listing.venue
    tokens = spent.get(venue, 0)
    if tokens >= listing.tokens - kept:
        return Lack.VENUE_BUDGET
    if not standing.lets_in(quote):
        return Lack.QUOTES_CROSS
    spent[venue] = tokens + 1
    return None


def _lack_of_move(
    intent: AmendIntent,
    view: MarketView,
    views: Mapping[InstrumentId, InstrumentView],
    spent: dict[VenueName, int],
    rules: RequoteRules,
) -> Lack | None:
    """Why an order may not take its quote's terms over now: no token, or another order of ours would be crossed.

    Then it is cancelled, and its quote asked for, or withheld, once that is proven. For want of a token alone it stays
    where it is while it has its edge there, as if that want had been known before it was to move.
    """
    others = Standing(
        [order for order in view.working if order.ref != intent.ref], views, mirrored=is_mirrored(view.market)
    )
    return _lack(intent.quote, others, views, spent, rules.tokens_kept)


def _pulled(
    orders: Sequence[Order], quote: QuoteIntent | None, view: InstrumentView | None, rules: RequoteRules
) -> Iterator[CancelIntent | AmendIntent]:
    """What is done about the orders of one side that may not stay as they are, of those that a cancel can reach."""
    kept = False
    for order in orders:
        if order.tif is not TimeInForce.REST or order.cancel_pending or order.unknown or not order.acked:
            continue
        if order.amend is not None and quote is not None and view is not None and view.tradable:
            kept = True
        elif quote is None or view is None:
            yield CancelIntent(order.strategy, order.ref, "nothing is wanted here")
        elif kept:
            yield CancelIntent(order.strategy, order.ref, "another quote rests here")
        elif _action(order, quote, view, rules, tokens=view.tokens - rules.tokens_kept) is RequoteAction.HOLD:
            kept = True
        else:
            moved = _moved(order, quote, view, rules)
            kept = type(moved) is AmendIntent
            yield moved


def _moved(order: Order, quote: QuoteIntent, view: InstrumentView, rules: RequoteRules) -> CancelIntent | AmendIntent:
    """The order with the terms of its quote, in one act if its venue can do that; its size stays where it may."""
    how, because = view.amends, "the quote moves"
    if how is None or not rules.amend or not view.tradable or quote.price not in view.book.ladder.tick_by_price:
        return CancelIntent(order.strategy, order.ref, because)
    remaining = order.remaining_micros
    if not _is_like(remaining, quote.size_micros, rules):
        if how.renames and (quote.price != order.price or quote.size_micros > remaining):
            return CancelIntent(order.strategy, order.ref, because)
        remaining = quote.size_micros
    may_stay = _action(order, quote, view, rules, tokens=0) is RequoteAction.HOLD
    return AmendIntent(order.strategy, order.ref, quote, remaining, because, may_stay)


def _is_like(size_micros: int, other_micros: int, rules: RequoteRules) -> bool:
    """Whether two sizes are near enough to each other."""
    smaller, larger = sorted((size_micros, other_micros))
    return smaller >= rules.size_tolerance * larger


def _action(
    order: Order, quote: QuoteIntent, view: InstrumentView, rules: RequoteRules, *, tokens: int
) -> RequoteAction:
    if not _is_like(order.remaining_micros, quote.size_micros, rules) and (
        tokens >= 1 or order.remaining_micros > quote.size_micros
    ):
        return RequoteAction.CANCEL_REPLACE  # what is too large goes at once, what is too little once more may follow
    if order.price == quote.price:  # most looks find the quote where it should be
        return RequoteAction.HOLD if view.tradable else RequoteAction.CANCEL
    tick_by_price = view.book.ladder.tick_by_price
    current, target = tick_by_price.get(order.price), tick_by_price.get(quote.price)
    worst = tick_by_price.get(quote.keep_price or quote.price)
    if current is None or target is None or worst is None:
        return RequoteAction.CANCEL
    return requote_decision(
        current_tick=current,
        target_tick=target,
        hysteresis_ticks=rules.hysteresis_ticks,
        edge_at_current=_ticks_better(order.side, current, worst, view),
        cancel_edge=0,
        tokens=tokens,
        market_state=MarketStatus.OPEN if view.tradable else MarketStatus.SUSPENDED,
        fv_valid=True,
    )


def _ticks_better(side: Side, tick: int, than: int, view: InstrumentView) -> int:
    """Ticks by which a price is better for us than another; negative when it is worse."""
    better_is_high = view.book.best_back_is_high is (side is BACK)
    return tick - than if better_is_high else than - tick


def _by_slot(orders: Iterable[Order]) -> dict[Slot, list[Order]]:
    slots: defaultdict[Slot, list[Order]] = defaultdict(list)
    for order in orders:
        slots[order.instrument, order.side].append(order)
    return slots
