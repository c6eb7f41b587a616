"""How matches become money: voids, settlement and its reversal, each idempotent in sum and exact to a millionth."""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from domain.claims import claims_and_cost_micros
from domain.fees import net_result_micros
from domain.ids import SelectionId, VenueMarketId
from domain.markets import MarketStatus, Result
from domain.money import MICROS, half_up_to
from domain.orders import Side
from domain.settlement import Parts
from venues.sim.exchange import Exchange
from venues.sim.floor import HOUSE, Floor
from venues.sim.markets import Match, SimMarket, Statement, StatementLine
from venues.sim.notices import MarketSettled, MarketTurned, MarketUnsettled, OrderVoided
from venues.sim.queues import SimOrder

Payout = Fraction | Parts | None
Payouts = dict[SelectionId, Payout]
"""What a claim on each selection pays: 1 won, 0 lost, a part in a dead heat, None void; or which parts of each bet won
and lost, where some of it is given back.
"""


def void_matches(exchange: Exchange, market: VenueMarketId, now_ns: int, *, chosen: Callable[[Match], bool]) -> None:
    """Annul the matches that `chosen` picks: sizes become voided, fees are paid back."""
    floor = exchange.floor
    state = floor.markets[market]
    for match in state.matches:
        if match.voided or not chosen(match):
            continue
        match.voided = True
        for number, fee in ((match.back, match.back_fee_micros), (match.lay, match.lay_fee_micros)):
            order = floor.orders[number]
            order.matched_micros -= match.size_micros
            order.voided_micros += match.size_micros
            order.fee_micros -= fee
            order.changed_ns = now_ns
            _pay(floor, order.account, fee)
            floor.tell(order.account, OrderVoided(order.account, number, match.id, match.size_micros))
    restate(floor, state)


def restate(floor: Floor, state: SimMarket) -> None:
    """Work out positions, average prices and locks of one market again from the matches that stand."""
    state.positions.clear()
    for order in _matched_orders(floor, state):
        order.claims_micros = order.cost_micros = 0
    for match in state.matches:
        if match.voided:
            continue
        claims, cost = claims_and_cost_micros(floor.terms.kind, match.price, match.size_micros)
        for number in (match.back, match.lay):
            order = floor.orders[number]
            order.claims_micros += claims
            order.cost_micros += cost
            position = state.position(order.account)
            position.add(state.index[order.selection], order.side, claims_micros=claims, cost_micros=cost)
    _relock(floor, state)


def settle(exchange: Exchange, market: VenueMarketId, payouts: Mapping[SelectionId, Payout], now_ns: int) -> None:
    """Pay out a closed market. Void selections are annulled first; commission falls on what is left."""
    floor = exchange.floor
    state = floor.markets[market]
    assert state.status is MarketStatus.CLOSED, f"market {market} is not closed"
    assert not state.settled, f"market {market} is settled already: unsettle it first"
    assert payouts.keys() == state.selections.keys(), "every selection needs its result"
    void_matches(exchange, market, now_ns, chosen=lambda match: payouts[match.selection] is None)
    for selection, payout in payouts.items():
        state.selections[selection].result = _result(payout)
    state.settled_round += 1
    for account, lines in _lines(exchange, state, payouts).items():
        statement = _statement(exchange, state, account, lines, now_ns)
        state.statements[account] = statement
        _pay(floor, account, statement.profit_micros - statement.commission_micros)
    state.positions.clear()
    _relock(floor, state)
    floor.notices.append(MarketTurned(market))
    floor.notices.append(MarketSettled(market, state.settled_round))


def unsettle(exchange: Exchange, market: VenueMarketId) -> None:
    """Take the last settlement back: every account pays back what it was paid, and the bets stand again."""
    floor = exchange.floor
    state = floor.markets[market]
    assert state.settled, f"market {market} is not settled"
    for account, statement in state.statements.items():
        _pay(floor, account, statement.commission_micros - statement.profit_micros)
    state.statements.clear()
    for selection in state.selections.values():
        selection.result = None
    restate(floor, state)
    floor.notices.append(MarketUnsettled(market, state.settled_round))


def _lines(
    exchange: Exchange, state: SimMarket, payouts: Mapping[SelectionId, Payout]
) -> dict[str, list[StatementLine]]:
    """Every matched order's result, by account."""
    lines: dict[str, list[StatementLine]] = {}
    for order in _matched_orders(exchange.floor, state):
        parts = _parts(payouts[order.selection])
        cost = Fraction(order.cost_micros, MICROS)
        won = parts.profit(if_win=Fraction(order.claims_micros, MICROS) - cost, if_lose=-cost)
        profit = half_up_to(won if order.side is Side.BACK else -won, exchange.options.bet_step_micros)
        line = StatementLine(
            order=order.number,
            selection=order.selection,
            side=order.side,
            price=order.price,
            settled_micros=order.matched_micros,
            voided_micros=order.voided_micros,
            profit_micros=profit,
            fee_micros=order.fee_micros,
        )
        lines.setdefault(order.account, []).append(line)
    return lines


def _statement(
    exchange: Exchange, state: SimMarket, account: str, lines: list[StatementLine], now_ns: int
) -> Statement:
    profit = sum(line.profit_micros for line in lines)
    results = {selection: sold.result for selection, sold in state.selections.items() if sold.result is not None}
    return Statement(
        market=state.spec.id,
        account=account,
        round=state.settled_round,
        settled_ns=now_ns,
        profit_micros=profit,
        commission_micros=profit - net_result_micros(exchange.options.terms.fee, profit),
        lines=tuple(lines),
        results=results,
    )


def _parts(payout: Payout) -> Parts:
    if isinstance(payout, Parts):
        return payout
    return Parts(Fraction(0), Fraction(0)) if payout is None else Parts(payout, 1 - payout)


def _result(payout: Payout) -> Result:
    """How the selection is called to have ended: won if any part of a bet on it did."""
    parts = _parts(payout)
    return Result.WON if parts.won else Result.LOST if parts.lost else Result.VOID


def _matched_orders(floor: Floor, state: SimMarket) -> Iterator[SimOrder]:
    """Every order that has a match in this market, voided ones included, each once and in order of its match."""
    numbers = dict.fromkeys(number for match in state.matches for number in (match.back, match.lay))
    return (floor.orders[number] for number in numbers)


def _pay(floor: Floor, account: str, amount_micros: int) -> None:
    """Money moves between the house and one account, so that all wallets together stay the same."""
    floor.accounts[account].wallet_micros += amount_micros
    floor.accounts[HOUSE].wallet_micros -= amount_micros


def _relock(floor: Floor, state: SimMarket) -> None:
    for account in floor.accounts.values():
        if not account.crowd and (account.name in state.positions or state.spec.id in account.locked_micros):
            floor.lock(account, state)
