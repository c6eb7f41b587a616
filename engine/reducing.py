"""Whether an order lowers what its event may lose, whatever became of the orders in its market that are in doubt.

An order raises the loss only under outcomes in which it loses itself. Take one of them, and call bad what loses under
it too: backs of other selections, lays of this one. Beside any other outcome each bad order that was matched makes this
one worse and the other one better, and each other order on either of the two does the reverse. So if the order lowers
the worst loss where of all in doubt just the bad ones were matched, and the others never came, it does so in every
case: one case for each outcome under which the order loses, instead of every set of orders that may have been matched.

What is in doubt on a third selection moves both outcomes alike, but for commission, which may take its part of one and
not of the other: `_slack_micros` is the most that this and the coins of commission can come to. A selection that is
voided alone ends at the least of its results and nothing, which moves the same way and never by more. What was matched
in part, or is still open, lies between the cases, for a result is concave in each order: no commission gives anything
back. One whose terms are being changed counts at whichever cost more and bring more.

What came to rest is matched at its own price. An order of which that is not known (in running an exchange may accept it
before it meets the book) may have been matched at any better price of the ladder. That is welcome, and may yet be too
much: a back at longer odds has hedged more, and leaves less to be lowered. So among the bad ones it counts at the
longest odds. A lay at shorter odds brings what it brought and costs less where the order loses, so that its own odds
are the worst; but one that waits for a starting price is matched for what its liability pays for, and counts for the
stake that this is at the shortest. A contract at a better price moves both outcomes alike. (Betfair, "best execution";
Matchbook matches what crosses at the prices that rest.)
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, islice

import msgspec

from domain.claims import claims_and_cost_micros, results
from domain.fees import NetWinFee
from domain.intents import Child
from domain.markets import Instrument, Market
from domain.money import FX_SCALE, MICROS
from domain.odds import PriceKind, ladder
from domain.orders import Order, Side, TimeInForce
from domain.terms import Terms
from engine.prices import Prices
from engine.state import State

CASES_MAX = 64
"""Where several outcomes win there may be more sets of winners than are worth looking at; then nothing reduces."""

EVEN = 100
"""Odds, in hundredths, at which a bet wins nothing."""

Winners = frozenset[int]


class _Doubted(msgspec.Struct, frozen=True):
    """An order in doubt as it stands, and as it would be with all of it matched."""

    order: Order
    matched: Order
    on: Instrument

    def under(self, winners: Winners) -> Order | None:
        """What became of it in the case of these winners: matched if it loses there, else it never came."""
        return self.matched if (self.on.listing.outcome in winners) is (self.order.side is Side.LAY) else None


def reduces(state: State, prices: Prices, child: Child) -> bool:
    """Whether an order that is matched in full lowers what its event may lose, whatever became of what is in doubt.

    It must do so both with what is open beyond doubt counted as it may hurt, and without that. What plans hold back
    stands at no venue and is left out.
    """
    instrument = state.instruments[child.instrument]
    listing, rate_e8, exposure = instrument.listing, state.rate_e8(instrument), state.exposure
    market = state.markets[listing.market]
    doubted, certain = _open_in(state, prices, market)
    held = [order for plan in state.plans.live_in(market.id) for order in plan.held]
    open_on = {one.on.listing.outcome for one in doubted}
    cases = [*islice(_lost_under(child.side, listing.outcome, market, open_on), CASES_MAX + 1)]
    if not 0 < len(cases) <= CASES_MAX:
        return False
    before = (*(one.order for one in doubted), *certain, *held)
    for winners in cases:
        slack = _slack_micros(state, market, doubted, winners)
        ended = tuple(one.under(winners) for one in doubted)
        for after in ((*ended, *certain), ended):
            with state.holding.as_if(before, after):
                filled = exposure.worst_loss_filled(child, instrument, rate_e8)
                if filled + slack >= exposure.worst_loss_micros(market.event):
                    return False
    return True


def _open_in(state: State, prices: Prices, market: Market) -> tuple[list[_Doubted], list[Order]]:
    """What is open in a market: orders of which nobody knows what became of them, and the others."""
    doubted: list[_Doubted] = []
    certain: list[Order] = []
    for order in state.open_in(market.id):
        on = state.instruments[order.instrument]
        said = order.unknown or order.suspect or order.disputed
        if said or prices.gates.holds(order.ref) or not prices.is_proven(on.listing):
            doubted.append(_Doubted(order, _matched(order, on.terms, rests=_rests(order, on, prices)), on))
        else:
            certain.append(order)
    return doubted, certain


def _lost_under(side: Side, outcome: int, market: Market, open_on: Iterable[int]) -> Iterator[Winners]:
    """Sets of winners under which a bet loses, each told by those of its members where something is in doubt."""
    others = sorted({*open_on} - {outcome})
    own = (outcome,) if side is Side.LAY else ()
    elsewhere = len(market.outcomes) - len(others) - 1
    for count in range(len(others) + 1):
        if 0 <= market.winners - len(own) - count <= elsewhere:
            yield from (frozenset((*own, *chosen)) for chosen in combinations(others, count))


def _rests(order: Order, on: Instrument, prices: Prices) -> bool:
    """Whether an order is known to have met its book already, so that what is open of it has its own price."""
    status = prices.statuses.get((on.listing.venue, on.listing.venue_market))
    held_back = status is not None and status.in_play and status.bet_delay_ms > 0
    return order.acked and order.tif is TimeInForce.REST and not held_back


def _matched(order: Order, terms: Terms, *, rests: bool) -> Order:
    """An order as it would be with all that is open of it matched, at what costs most and brings most."""
    size_micros = order.exposed_micros
    reach = [*_reach(order, terms, order.price, max(0, order.remaining_micros), rests=rests)]
    if order.amend is not None:
        reach += _reach(order, terms, order.amend.price, order.amended_micros, rests=False)
    cost = max(cost for _, cost in reach)
    gain = max(claims - cost for claims, cost in reach)
    return msgspec.structs.replace(
        order,
        matched_micros=order.matched_micros + size_micros,
        claims_micros=order.claims_micros + cost + gain,
        cost_micros=order.cost_micros + cost,
        unattributed_micros=order.unattributed_micros + size_micros,
        amend=None,
    )


def _reach(order: Order, terms: Terms, price: int, size_micros: int, *, rests: bool) -> Iterator[tuple[int, int]]:
    """Claims and cost of a size at its own price, and at the best where it may have met that; see the module."""
    yield claims_and_cost_micros(terms.kind, price, size_micros)
    at_start = order.tif is TimeInForce.STARTING_PRICE
    if rests or terms.kind is not PriceKind.ODDS:
        return
    odds = ladder(terms.kind, terms.bands).prices
    if order.side is Side.BACK:
        yield claims_and_cost_micros(terms.kind, odds[-1], size_micros)
    elif at_start and price > odds[0]:
        stake = -(-size_micros * (price - EVEN) // (odds[0] - EVEN))
        yield claims_and_cost_micros(terms.kind, odds[0], stake)


def _slack_micros(state: State, market: Market, doubted: Sequence[_Doubted], winners: Winners) -> int:
    """The most by which another case can differ from the one of these winners, in base: see the module."""
    single = market.winners == 1
    slack = 0
    coins: dict[tuple[str, str], int] = {}
    for one in doubted:
        order, matched, listing, fee = one.order, one.matched, one.on.listing, one.on.terms.fee
        rate_e8 = state.rate_e8(one.on)
        share = fee.rate_ppm * (MICROS - fee.discount_ppm) if isinstance(fee, NetWinFee) else 0
        coin = fee.step_micros if isinstance(fee, NetWinFee) and share else 1
        coins[listing.venue, listing.venue_market] = -(-2 * coin * rate_e8 // FX_SCALE) + 2
        if share and len(market.outcomes) > 2 and not (single and listing.outcome in winners):
            claims, cost = matched.claims_micros - order.claims_micros, matched.cost_micros - order.cost_micros
            won, lost = results(order.side, claims=claims, cost=cost)
            moved = abs(lost) if single else max(abs(won), abs(lost))
            slack += -(-moved * share * rate_e8 // (FX_SCALE * MICROS**2))
    return slack + sum(coins.values()) * (1 if single else 2)
