"""Backs, lays and contracts as one thing: claims that pay one unit if an outcome happens, and what they cost."""

from fractions import Fraction
from typing import TypeVar

import msgspec

from domain.money import MICROS, floor_to, half_up_to
from domain.odds import ODDS, PriceKind, claim_ratio
from domain.orders import BACK, LAY, Side

Amount = TypeVar("Amount", int, Fraction)
"""Micros, or units as a fraction: the same law holds for both."""


def results(side: Side, *, claims: Amount, cost: Amount) -> tuple[Amount, Amount]:
    """Gross result if the claim wins and if it loses. A BACK paid `cost` for the claims; a LAY gave them for it."""
    return (claims - cost, -cost) if side is BACK else (cost - claims, cost)


def liability(side: Side, *, claims: Amount, cost: Amount) -> Amount:
    """The most a bet can lose before fees."""
    return cost if side is BACK else claims - cost


def outcome_results(outcomes: int, outcome: int, *, if_win: Amount, if_lose: Amount) -> tuple[Amount, ...]:
    """A bet on one of several exclusive outcomes as its result under each of them."""
    return tuple(if_win if k == outcome else if_lose for k in range(outcomes))


def claims_and_cost_micros(kind: PriceKind, price: int, size_micros: int) -> tuple[int, int]:
    """Claims and their cost for a native size: the backer's stake at odds or on a line, contracts at a contract price.

    Liability is rounded up on either side: what falls between two millionths (sizes finer than any venue's
    lot) raises the claims along with the cost, so that neither `cost` nor `claims - cost` is understated.
    """
    if kind is ODDS:
        return -(-size_micros * price // 100), size_micros
    part, whole = claim_ratio(kind, price)
    if kind is PriceKind.CONTRACT:
        cost, cut = divmod(size_micros * part, whole)
        return (size_micros, cost) if not cut else (size_micros + 1, cost + 1)
    return -(-size_micros * whole // part), size_micros


class Bet(msgspec.Struct, frozen=True):
    """A trade in claims on a selection, in units of one currency."""

    side: Side
    claims: Fraction
    cost: Fraction

    @property
    def price(self) -> Fraction:
        """Price of one claim; over several fills the average weighted by claims."""
        return self.cost / self.claims

    @property
    def odds(self) -> Fraction:
        """Decimal odds; over several fills the average weighted by stake."""
        return self.claims / self.cost

    @property
    def complement_odds(self) -> Fraction:
        """Decimal odds of the same trade seen from the other side of a two-way market."""
        return self.claims / (self.claims - self.cost)

    @property
    def if_win(self) -> Fraction:
        return results(self.side, claims=self.claims, cost=self.cost)[0]

    @property
    def if_lose(self) -> Fraction:
        return results(self.side, claims=self.claims, cost=self.cost)[1]

    @property
    def liability(self) -> Fraction:
        """The most it can lose."""
        return liability(self.side, claims=self.claims, cost=self.cost)

    @property
    def lesser(self) -> Fraction:
        """The smaller of what it can lose and what it can win."""
        return min(self.cost, self.claims - self.cost)


def bet_at_odds(side: Side, *, odds: Fraction, stake: Fraction) -> Bet:
    """A back or a lay; `stake` is always the backer's, never the liability of a lay."""
    return Bet(side, claims=stake * odds, cost=stake)


def bet_on_contracts(*, yes: bool, count: Fraction, price: Fraction) -> Bet:
    """Contracts bought: YES at `price` backs the claim, NO at `price` lays it at `1 - price`."""
    if yes:
        return Bet(BACK, claims=count, cost=count * price)
    return Bet(LAY, claims=count, cost=count * (1 - price))


class Hedge(msgspec.Struct, frozen=True):
    """Contracts that pay what a bet in another currency pays, in the contracts' currency."""

    exact: Fraction
    contracts: Fraction

    @property
    def residual(self) -> Fraction:
        """Payout that stays unhedged because contracts come in lots."""
        return self.exact - self.contracts


def hedge_in_contracts(bet: Bet, *, rate: Fraction, lot_micros: int) -> Hedge:
    """Contracts of one unit that match a bet's payout; `rate` is their currency for one unit of the bet's.

    Only the payout is hedged: the net result stays in two currencies until it is swept.
    """
    exact = bet.claims * rate
    return Hedge(exact=exact, contracts=Fraction(floor_to(exact, lot_micros), MICROS))


def green_up(*, if_win: Fraction, if_lose: Fraction, odds: Fraction, lot_micros: int) -> Bet:
    """The bet on the same selection that makes both results as equal as the lot allows."""
    uneven = if_win - if_lose
    stake = Fraction(half_up_to(abs(uneven) / odds, lot_micros), MICROS)
    return bet_at_odds(LAY if uneven > 0 else BACK, odds=odds, stake=stake)
