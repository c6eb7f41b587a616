"""What an order was worth when it was decided, and what would even a position out: the arithmetic behind the doors."""

from collections.abc import Iterable
from fractions import Fraction

import msgspec

from domain.candidates import Candidate
from domain.claims import (
    Bet,
    Hedge,
    bet_at_odds,
    bet_on_contracts,
    green_up,
    hedge_in_contracts,
    outcome_results,
)
from domain.fees import FeeTerms, fill_fee_micros
from domain.ids import InstrumentId
from domain.markets import Instrument
from domain.messages import DecisionTaken
from domain.money import MICROS, floor_to, format_micros, half_up_to
from domain.net_price import PROBABILITY_SCALE, BreakEven, EvChange, NetQuote, break_even, ev_change, net_price, rank
from domain.odds import NATIVE_SCALE, PriceKind, ladder, limit_tick
from domain.orders import Order, Side
from oms.positions import Position

EVENS = Fraction(2)
"""Decimal odds of every bet on a line."""


class Worth(msgspec.Struct, frozen=True):
    """One order at its limit: the bet it is, its net price as a first bet, and what it changes on top of the rest.

    `ranking` holds the net prices of every place that had one, best first. `even` and `ev` are after all fees, with
    what we held in the venue's market; `ev` is None where no fair value was known.
    """

    bet: Bet
    net: Fraction
    ranking: tuple[NetQuote, ...]
    even: BreakEven
    ev: EvChange | None


def order_worth(order: Order, decision: DecisionTaken) -> Worth | None:
    """What an order was worth by the figures of its decision; None if they say nothing of its instrument."""
    candidate = next((one for one in decision.candidates if one.instrument == order.instrument), None)
    if candidate is None:
        return None
    bet = ordered_bet(candidate.kind, order)
    charged = _charged(bet, candidate)
    if_win, if_lose = Fraction(candidate.win_micros, MICROS), Fraction(candidate.lose_micros, MICROS)
    quotes = [NetQuote(one.instrument, Fraction(*one.net_price)) for one in decision.candidates if one.net_price[1]]
    return Worth(
        bet=bet,
        net=net_price(candidate.fee, bet.side, bet.price, maker=candidate.maker),
        ranking=tuple(rank(quotes, decision.side)),
        even=break_even(
            candidate.fee, bet.side, claims=charged.claims, cost=charged.cost, if_win=if_win, if_lose=if_lose
        ),
        ev=_ev_change(charged, candidate.fee, (if_win, if_lose), decision.probability_e9),
    )


def ordered_bet(kind: PriceKind, order: Order) -> Bet:
    """The bet that an order is if all of it is matched at its limit, before fees."""
    price, size = Fraction(order.price, NATIVE_SCALE[kind]), Fraction(order.size_micros, MICROS)
    if kind is PriceKind.CONTRACT:
        yes = order.side is Side.BACK
        return bet_on_contracts(yes=yes, count=size, price=price if yes else 1 - price)
    return bet_at_odds(order.side, odds=price if kind is PriceKind.ODDS else EVENS, stake=size)


def matched_bet(order: Order) -> Bet | None:
    """All that is matched of an order as one bet, at its right average price; None without any.

    It comes from the order's sums: not every venue tells each match, and one that does may be late with some.
    """
    if not 0 < order.cost_micros < order.claims_micros:
        return None
    return Bet(order.side, Fraction(order.claims_micros, MICROS), Fraction(order.cost_micros, MICROS))


def held_bet(held: Position) -> Bet | None:
    """The one bet that a position amounts to; None if it is none at any price, as after backs below lays."""
    side = Side.BACK if held.claims_micros > 0 else Side.LAY
    claims, cost = abs(held.claims_micros), abs(held.cost_micros)
    if not 0 < cost < claims or (held.cost_micros > 0) is not (side is Side.BACK):
        return None
    return Bet(side, Fraction(claims, MICROS), Fraction(cost, MICROS))


def held_break_even(held: Position, fee: FeeTerms) -> Fraction | None:
    """The probability at which a position brings nothing, after its fees and commission on its own result."""
    bet = held_bet(held)
    if bet is None:
        return None
    paid = Fraction(held.fee_micros, MICROS)
    nothing = Fraction(0)
    even = break_even(fee, bet.side, claims=bet.claims, cost=_raised(bet, paid), if_win=nothing, if_lose=nothing)
    return even.p_star


def evening_bet(held: Position, instrument: Instrument, probability_e9: int) -> Bet | None:
    """The bet that makes both results of a position equal, at the fair price rounded to a tick in our favour.

    None where both are equal already, and where the ladder has no such price.
    """
    terms = instrument.terms
    if held.if_win_micros == held.if_lose_micros or terms.kind is PriceKind.LINE:
        return None
    side = Side.LAY if held.if_win_micros > held.if_lose_micros else Side.BACK
    prices = ladder(terms.kind, terms.bands)
    tick = limit_tick(prices, side, Fraction(probability_e9, PROBABILITY_SCALE))
    if tick is None:
        return None
    return green_up(
        if_win=Fraction(held.if_win_micros, MICROS),
        if_lose=Fraction(held.if_lose_micros, MICROS),
        odds=1 / prices.claim_price(tick),
        lot_micros=terms.lot_micros if terms.kind is PriceKind.ODDS else 1,
    )


def contract_hedge(
    held: Position, listed: Iterable[Instrument], *, rates_e8: dict[InstrumentId, int], of: Instrument
) -> tuple[Instrument, Hedge] | None:
    """Contracts on the same outcome elsewhere that pay what a position in odds pays; None if nobody lists any."""
    bet = held_bet(held)
    if bet is None or of.terms.kind is not PriceKind.ODDS:
        return None
    for other in listed:
        if other.terms.kind is PriceKind.CONTRACT and other.listing.outcome == of.listing.outcome:
            rate = Fraction(rates_e8[of.id], rates_e8[other.id])
            return other, hedge_in_contracts(bet, rate=rate, lot_micros=other.terms.lot_micros)
    return None


def at_odds(bet: Bet) -> str:
    """A bet as `back 10.00 @ 2.04`, both to the nearest millionth."""
    return f"{bet.side} {units(bet.cost)} @ {units(bet.odds)}"


def in_contracts(bet: Bet) -> str:
    """The same bet as `20.40 yes @ 0.490196`: what was bought of which side, and what one of them costs."""
    if bet.side is Side.BACK:
        return f"{units(bet.claims)} yes @ {units(bet.price)}"
    return f"{units(bet.claims)} no @ {units(1 - bet.price)}"


def units(amount: Fraction) -> str:
    """An amount for reading, to the millionth."""
    return format_micros(half_up_to(amount))


def _charged(bet: Bet, candidate: Candidate) -> Bet:
    """The bet with what its fill is charged: a back costs more, a lay brings less."""
    fee_micros = fill_fee_micros(
        candidate.fee, claims_micros=floor_to(bet.claims), cost_micros=floor_to(bet.cost), maker=candidate.maker
    )
    return Bet(bet.side, bet.claims, _raised(bet, Fraction(fee_micros, MICROS)))


def _raised(bet: Bet, fee: Fraction) -> Fraction:
    return bet.cost + fee if bet.side is Side.BACK else bet.cost - fee


def _ev_change(bet: Bet, fee: FeeTerms, held: tuple[Fraction, Fraction], probability_e9: int) -> EvChange | None:
    if not probability_e9:
        return None
    p = Fraction(probability_e9, PROBABILITY_SCALE)
    change = outcome_results(2, 0, if_win=bet.if_win, if_lose=bet.if_lose)
    return ev_change(fee, pnl=held, change=change, probabilities=(p, 1 - p))
