"""How much: value after commission, Kelly stakes (one bet, exclusive outcomes, a held position), and caps on them."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from domain.orders import Side

Number = Fraction | float
"""Fractions stay exact; floats are for the street."""
Exact = Fraction | int
"""Money: units as Fractions or millionths as ints, never floats."""


# --- what a bet is worth ---


class NetEdge(msgspec.Struct, frozen=True):
    """Expected profit of a bet after commission, in units of its stake, and per unit of cash at risk."""

    ev: Number
    ev_per_risk: Number


def ev_net(*, side: Side, p: Number, odds: Number, commission: Number, stake: Number) -> NetEdge:
    """Expected profit of a bet on a flat position where commission is charged on a net win.

    BACK s[p(1+(1−c)(o−1))−1], at risk s; LAY s[(1−c) − p((1−c)+(o−1))], at risk the liability s(o−1). `p` is the
    probability that the selection wins, `stake` the backer's stake on both sides, `commission` a share of 1.
    """
    _check_bet(p=p, odds=odds, commission=commission)
    kept = 1 - commission
    if side is Side.BACK:
        edge = p * (1 + kept * (odds - 1)) - 1
        return NetEdge(stake * edge, edge)
    edge = kept - p * (kept + (odds - 1))
    return NetEdge(stake * edge, edge / (odds - 1))


def _check_bet(*, p: Number, odds: Number, commission: Number) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"p must be a probability in [0, 1], not {p}")
    if not odds > 1:
        raise ValueError(f"odds must be decimal odds above 1, not {odds}")
    if not 0 <= commission < 1:
        raise ValueError(f"commission must be a share in [0, 1), not {commission}")


# --- Kelly ---


class KellyStake(msgspec.Struct, frozen=True):
    """`full_kelly`: share of the bankroll that maximises its expected logarithm, 0 without an edge.

    `risk_amount`: cash to put at risk for the fraction asked: a BACK's stake, a LAY's liability, a claim's cost.
    """

    full_kelly: Number
    risk_amount: Number


def kelly_binary(
    *, side: Side, p: Number, odds: Number, commission: Number, fraction: Number, bankroll: Number
) -> KellyStake:
    """Kelly stake of a bet on a flat position, commission charged on a net win; `p` is the selection's probability.

    A BACK wins (1−c)(o−1) per unit staked, a LAY (1−c)/(o−1) per unit of liability. Source: Kelly 1956.
    """
    _check_bet(p=p, odds=odds, commission=commission)
    kept, against = 1 - commission, odds - 1
    net_price = 1 / (1 + kept * against) if side is Side.BACK else against / (against + kept)
    return kelly_claim(side=side, p=p, net_price=net_price, fraction=fraction, bankroll=bankroll)


def kelly_claim(*, side: Side, p: Number, net_price: Number, fraction: Number, bankroll: Number) -> KellyStake:
    """Kelly stake for buying the claim (BACK, YES) or its opposite (LAY, NO) at `net_price` of that side after fees.

    With π the chance that the side taken wins: f* = (π − P)/(1 − P), never below 0. `p` is always the claim's own
    probability, `fraction` the share of full Kelly to bet. Source: Kelly 1956.
    """
    if not 0 < net_price < 1:
        raise ValueError(f"net_price must lie between 0 and 1, not {net_price}")
    win_prob = p if side is Side.BACK else 1 - p
    full_kelly = max(0, (win_prob - net_price) / (1 - net_price))
    return KellyStake(full_kelly, fraction * full_kelly * bankroll)


class ExclusiveKelly(msgspec.Struct, frozen=True):
    """Shares of the bankroll to back each outcome with, the share kept back, and the outcomes backed, ascending."""

    fractions: tuple[Number, ...]
    reserve: Number
    bet_on: tuple[int, ...]


def kelly_exclusive(*, probs: Sequence[Number], odds: Sequence[Number]) -> ExclusiveKelly:
    """Kelly backs on several outcomes of which at most one wins; `odds` are net of commission.

    Outcomes join in falling order of p·o while p·o exceeds the reserve R = (1 − Σp)/(1 − Σ1/o) of those in; then
    f = p − R/o. It may back an outcome with p·o < 1, because that pays when the others lose. If the odds of all
    outcomes make an arbitrage, nothing is kept back and f = p. ValueError for unequal lengths, probabilities
    below 0 or above 1 together, or odds not above 1.
    Source: Smoczynski and Tomkins 2010.
    """
    _check_exclusive(probs, odds)
    lose: Number = 1
    unspent: Number = 1
    bet_on: list[int] = []
    for outcome in sorted(range(len(odds)), key=lambda k: -probs[k] * odds[k]):
        left = unspent - 1 / odds[outcome]
        if probs[outcome] * odds[outcome] * unspent <= lose or left <= 0:  # the second only by noise in floats
            break
        lose, unspent = max(0, lose - probs[outcome]), left
        bet_on.append(outcome)
    reserve = lose / unspent if bet_on else 1
    fractions = tuple(p - reserve / o if k in bet_on else 0 for k, (p, o) in enumerate(zip(probs, odds, strict=True)))
    return ExclusiveKelly(fractions, reserve, tuple(sorted(bet_on)))


def _check_exclusive(probs: Sequence[Number], odds: Sequence[Number]) -> None:
    if len(probs) != len(odds):
        raise ValueError(f"probs and odds need one entry per outcome, not {len(probs)} and {len(odds)}")
    if any(p < 0 for p in probs) or sum(probs) > 1 + 1e-9:
        raise ValueError(f"probs must be 0 or more and sum to at most 1, not {[float(p) for p in probs]}")
    if not all(o > 1 for o in odds):
        raise ValueError(f"odds must be decimal odds above 1, not {[float(o) for o in odds]}")


def kelly_existing(
    *, bankroll: Number, pnl_if_win: Number, pnl_if_lose: Number, p: Number, odds: Number, commission: Number
) -> Number:
    """Full Kelly stake of a BACK when the market already pays `pnl_if_win` or `pnl_if_lose`; negative means reduce.

    s* = p(W + b) − (1−p)(W + a)/β with β = (1−c)(o−1), commission as on a flat position.
    Source: Kelly 1956, the logarithm maximised over the two final bankrolls.
    """
    _check_bet(p=p, odds=odds, commission=commission)
    net_odds = (1 - commission) * (odds - 1)
    return p * (bankroll + pnl_if_lose) - (1 - p) * (bankroll + pnl_if_win) / net_odds


# --- caps ---


class CappedStake(msgspec.Struct, frozen=True):
    """What may be put at risk, and the names of the caps that decided it (`kelly` when none is tighter)."""

    risk: Exact
    binding: tuple[str, ...]
    placed: bool


def stake_caps(*, kelly_risk: Exact, caps: Mapping[str, Exact], lot: Exact, min_order: Exact) -> CappedStake:
    """The smallest of the Kelly risk and the named caps, floored to the lot; 0 when below the venue's minimum.

    All amounts are in one unit (currency or millionths of it); a cap already used up may be negative.
    """
    if not lot > 0:
        raise ValueError(f"lot must be above 0, not {lot}")
    limit = min([kelly_risk, *caps.values()])
    binding = sorted(name for name, cap in caps.items() if cap == limit) if limit < kelly_risk else ["kelly"]
    floored = max(0, limit) // lot * lot
    placed = floored > 0 and floored >= min_order
    return CappedStake(floored if placed else 0, tuple(binding), placed)
