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
back. Every order counts at its limit, and one whose terms are being changed at whichever cost more and bring more.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, islice

import msgspec

from domain.claims import claims_and_cost_micros, results
from domain.fees import NetWinFee
from domain.intents import Child
from domain.markets import Instrument, Market
from domain.money import FX_SCALE, MICROS
from domain.orders import Order, Side
from domain.terms import Terms
from engine.prices import Prices
from engine.state import State

CASES_MAX = 64
"""Where several outcomes win there may be more sets of winners than are worth looking at; then nothing reduces."""

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
            doubted.append(_Doubted(order, _matched(order, on.terms), on))
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


def _matched(order: Order, terms: Terms) -> Order:
    """An order as it would be with all that is open of it matched at its limit."""
    size_micros = order.exposed_micros
    reach = [claims_and_cost_micros(terms.kind, order.price, max(0, order.remaining_micros))]
    if order.amend is not None:
        reach.append(claims_and_cost_micros(terms.kind, order.amend.price, order.amended_micros))
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
