"""How a recorded market turns for orders on paper: lapses, removals, the starting price, settlement, in that order."""

from domain.ids import SelectionId
from domain.markets import MarketStatus, Result
from venues.sim.backtest_tape import Turn
from venues.sim.paper_floor import MS, PaperFill, PaperFloor
from venues.sim.paper_orders import PaperOrder
from venues.sim.paper_settling import PaperMarket, reduce_odds, settle, size_at_start, void


def turn_market(floor: PaperFloor, market: PaperMarket, turn: Turn, now_ns: int) -> None:
    """Everything that leads from the market's last state to this one."""
    was_open = market.status is MarketStatus.OPEN
    news = [name for name in turn.removed if name not in market.removed]
    turned = turn.in_play and not market.in_play
    if (was_open and turn.status is not MarketStatus.OPEN) or turned or news:
        _lapse_all(floor, market, now_ns)
    market.take(turn)
    for selection in news:
        _remove(floor, market, turn, selection, now_ns)
    if turn.starting_prices and not market.reconciled:
        _reconcile(floor, market, turn, now_ns)
    elif turned or turn.status is MarketStatus.CLOSED:
        for paper in market.at_start.values():
            floor.lapse(paper, now_ns)
        market.at_start.clear()
    if turn.status is MarketStatus.CLOSED and market.id not in floor.statements:
        _settle(floor, market, turn, now_ns)


def _lapse_all(floor: PaperFloor, market: PaperMarket, now_ns: int) -> None:
    """Whatever rests or waits for the bet delay; orders for the starting price stay."""
    for instrument, book in floor.books.items():
        if floor.market_of(instrument) is market:
            for paper in [*book.orders.values()]:
                book.leave(paper)
                floor.lapse(paper, now_ns)
    for paper in market.held.values():
        floor.lapse(paper, now_ns)
    market.held.clear()


def _remove(floor: PaperFloor, market: PaperMarket, turn: Turn, selection: SelectionId, now_ns: int) -> None:
    """Bets on what was removed are void, the odds of the others are reduced."""
    for paper in floor.placed_in(market):
        if floor.selection(paper.order.instrument) == selection:
            if market.at_start.pop(paper.order.ref, None) is not None:
                floor.lapse(paper, now_ns)
            changed = _annul(floor, paper)
        else:
            changed = reduce_odds(paper, turn, turn.removed[selection])
        if changed:
            floor.emit(paper.report(now_ns // MS))


def _annul(floor: PaperFloor, paper: PaperOrder) -> bool:
    """What was matched is void and its fees are paid back; true if anything was."""
    if not paper.matched:
        return False
    floor.market_of(paper.order.instrument).fees_micros -= paper.fee
    void(paper)
    return True


def _reconcile(floor: PaperFloor, market: PaperMarket, turn: Turn, now_ns: int) -> None:
    """Orders that waited for the starting price are matched at it, or lapse where it is worse than their limit."""
    market.reconciled = True
    for paper in market.at_start.values():
        odds = turn.starting_prices.get(floor.selection(paper.order.instrument))
        size = 0 if odds is None else size_at_start(paper, odds, floor.bound)
        if odds is not None and size:
            paper.add(odds * 100, size)
            paper.lapsed = paper.remaining
            floor.fills.append(_fill_at_start(paper, now_ns))
            floor.emit(paper.report(now_ns // MS))
        else:
            floor.lapse(paper, now_ns)
    market.at_start.clear()


def _fill_at_start(paper: PaperOrder, now_ns: int) -> PaperFill:
    order = paper.order
    return PaperFill(
        at_ms=now_ns // MS,
        ref=order.ref,
        instrument=order.instrument,
        side=order.side,
        cost_micros=paper.cost,
        claims_micros=paper.claims,
        maker=True,
    )


def _settle(floor: PaperFloor, market: PaperMarket, turn: Turn, now_ns: int) -> None:
    """Pay what was recorded; what is void is annulled first, as the venue tells it."""
    papers = floor.placed_in(market)
    for paper in papers:
        floor.lapse(paper, now_ns)
        result = turn.results.get(floor.selection(paper.order.instrument), Result.VOID)
        if result is Result.VOID and _annul(floor, paper):
            floor.emit(paper.report(now_ns // MS))
    statement = floor.statements[market.id] = settle(
        market.id,
        papers,
        turn,
        selection_of=lambda paper: floor.selection(paper.order.instrument),
        terms=next(one.terms for one in floor.instruments.values() if one.listing.venue_market == market.id),
        at_ms=now_ns // MS,
    )
    for paper in papers if statement.shared else ():  # what such a bet pays is no secret to its owner
        if paper.matched and turn.results[floor.selection(paper.order.instrument)] is Result.WON:
            paper.claims = int(paper.claims * statement.share)
            floor.emit(paper.report(now_ns // MS))
