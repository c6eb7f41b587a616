"""The shares of a take against the optimum of a linear programme that knows nothing of how they were found."""

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from domain.candidates import Candidate
from domain.claims import claims_and_cost_micros
from domain.fees import FeeTerms, NetWinFee, QuadraticFee, VolumeFee
from domain.money import MICROS
from domain.net_price import PROBABILITY_SCALE, net_price
from domain.odds import PriceKind, claim_ratio
from domain.orders import Side
from oms.allotment import Allotment, allot
from oms.marginal_price import net_terms
from tests.oms.places import place

ODDS = ("1.80", "1.85", "1.90", "1.95", "2.00", "2.04", "2.10", "2.16")
CENTS = ("0.46", "0.48", "0.49", "0.50", "0.51", "0.52", "0.54")
FEES: dict[str, FeeTerms] = {
    "free": NetWinFee(rate_ppm=0),
    "taxed": NetWinFee(rate_ppm=50_000),
    "volume": VolumeFee(taker_ppm=10_000),
    "quadratic": QuadraticFee(taker_ppm=70_000),
}


@st.composite
def places(draw: st.DrawFn, side: Side) -> list[Candidate]:
    """Two to four venues with up to four levels each, best first, in their own currencies, some short of money."""
    found = []
    for n in range(draw(st.integers(2, 4))):
        fee = draw(st.sampled_from(sorted(FEES)))
        contracts = fee == "quadratic"
        prices = sorted(
            draw(st.sets(st.sampled_from(CENTS if contracts else ODDS), min_size=1, max_size=4)),
            reverse=contracts is (side is Side.LAY),
        )
        sizes = [draw(st.integers(1, 300)) for _ in prices]
        text = " ".join(f"{price}{'c' * contracts}:{size}" for price, size in zip(prices, sizes, strict=True))
        found.append(
            place(
                text,
                FEES[fee],
                name=f"v{n}",
                lot="1" if contracts else "0.01",
                rate_e8=draw(st.sampled_from([100_000_000, 125_000_000, 110_000_000])),
                available_micros=draw(st.sampled_from([50, 10**6])) * MICROS,
                priority=n,
            )
        )
    return found


def programme(
    candidates: list[Candidate], side: Side, limit: float
) -> tuple[np.ndarray, np.ndarray, list[tuple[float, float]], np.ndarray]:
    """Net price, what a claim needs of its venue's money, and how many there are, of every level within the limit."""
    prices, bounds, needs, owners = [], [], [], []
    for n, candidate in enumerate(candidates):
        for price, size in candidate.levels:
            net = float(net_price(candidate.fee, side, Fraction(*claim_ratio(candidate.kind, price))))
            if (net > limit) if side is Side.BACK else (net < limit):
                continue
            _, scaled = net_terms(candidate.fee, candidate.kind, side, price, rate_e8=candidate.rate_e8)
            per_size = scaled / 10**24
            claims, cost = claims_and_cost_micros(candidate.kind, price, MICROS)
            lost = (cost if side is Side.BACK else claims - cost) / MICROS
            lots = size // candidate.lot_micros * candidate.lot_micros
            prices.append(net)
            bounds.append((0.0, lots / MICROS * per_size))
            needs.append(lost / per_size)
            owners.append(n)
    money = np.zeros((len(candidates), len(prices)))
    for column, (owner, need) in enumerate(zip(owners, needs, strict=True)):
        money[owner, column] = need
    available = np.array([candidate.available_micros / MICROS for candidate in candidates])
    return np.array(prices), money, bounds, available


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(list(Side)), st.integers(10, 900), st.sampled_from([0.48, 0.50, 0.53]))
def test_no_other_way_to_share_is_better_by_more_than_a_lot_a_level(
    data: st.DataObject, side: Side, wanted: int, limit: float
) -> None:
    candidates = data.draw(places(side))
    shares, _ = allot(candidates, side=side, limit_e9=round(limit * PROBABILITY_SCALE), claims_micros=wanted * MICROS)
    got = float(sum((share.claims for share in shares), Fraction(0)))
    prices, money, bounds, available = programme(candidates, side, limit)
    lot = max(2.7 * candidate.lot_micros / MICROS for candidate in candidates) * max(1, len(prices))
    reserve = 4.0 * len(candidates)  # of a venue with fees some money is kept for their roundings
    if not len(prices):
        assert got == 0
        return
    most = linprog(-np.ones(len(prices)), A_ub=money, b_ub=available, bounds=bounds)
    assert got >= min(wanted, -most.fun) - lot - reserve
    assert got <= wanted + 1e-6
    sign = 1 if side is Side.BACK else -1
    best = linprog(sign * prices, A_ub=money, b_ub=available, A_eq=np.ones((1, len(prices))), b_eq=[got], bounds=bounds)
    assert best.success
    spent = sum(
        float(net_price(s.candidate.fee, side, Fraction(*claim_ratio(s.candidate.kind, s.price)))) * float(s.claims)
        for s in shares
    )
    assert sign * spent <= best.fun + (lot + reserve) * 0.1


# --- with bets in the markets already: every level is cut where a result of ours passes zero ---


@st.composite
def held_places(draw: st.DrawFn, side: Side) -> list[Candidate]:
    """One to three venues that charge net wins in markets where we won or lost something."""
    found = []
    for n in range(draw(st.integers(1, 3))):
        prices = sorted(draw(st.sets(st.sampled_from(ODDS), min_size=1, max_size=3)), reverse=side is Side.BACK)
        win, lose = (draw(st.integers(-150, 150)) * MICROS for _ in range(2))
        found.append(
            place(
                " ".join(f"{price}:{draw(st.integers(1, 200))}" for price in prices),
                NetWinFee(rate_ppm=draw(st.sampled_from([0, 20_000, 200_000]))),
                name=f"v{n}",
                rate_e8=draw(st.sampled_from([100_000_000, 125_000_000])),
                win_micros=win,
                lose_micros=lose,
            )
        )
    return found


def stretches(candidate: Candidate, side: Side) -> list[tuple[Fraction, Fraction]]:
    """Net claims in base and what one of them costs, level by level, between the zeros of our two results."""
    assert isinstance(candidate.fee, NetWinFee)
    kept, rate = 1 - Fraction(candidate.fee.rate_ppm, MICROS), Fraction(candidate.rate_e8, 10**8)
    win, lose = Fraction(candidate.win_micros, MICROS), Fraction(candidate.lose_micros, MICROS)
    up, down = (win, lose) if side is Side.BACK else (lose, win)
    found = []
    for price, size in candidate.levels:
        part, left = Fraction(*claim_ratio(PriceKind.ODDS, price)), Fraction(size, MICROS)
        gain, loss = (1 / part - 1, Fraction(1)) if side is Side.BACK else (Fraction(1), 1 / part - 1)
        while left:
            taken = min([left, *([-up / gain] if up < 0 else []), *([down / loss] if down > 0 else [])])
            gained, lost = gain * (1 if up < 0 else kept), loss * (kept if down > 0 else 1)
            found.append((taken * rate * (gained + lost), lost / (gained + lost)))
            up, down, left = up + gain * taken, down - loss * taken, left - taken
    return found


def gained_and_lost(candidate: Candidate, side: Side, shares: list[Allotment]) -> tuple[Fraction, Fraction]:
    """What the shares of one place add to the better result of ours and take from the worse, after commission."""
    assert isinstance(candidate.fee, NetWinFee)
    kept, rate = 1 - Fraction(candidate.fee.rate_ppm, MICROS), Fraction(candidate.rate_e8, 10**8)
    win, lose = Fraction(candidate.win_micros, MICROS), Fraction(candidate.lose_micros, MICROS)
    up, down = (win, lose) if side is Side.BACK else (lose, win)
    gain = loss = Fraction(0)
    for share in shares:
        claims, cost = (
            Fraction(one, MICROS) for one in claims_and_cost_micros(PriceKind.ODDS, share.price, share.size_micros)
        )
        gain, loss = (gain + claims - cost, loss + cost) if side is Side.BACK else (gain + cost, loss + claims - cost)

    def net(result: Fraction) -> Fraction:
        return result if result < 0 else kept * result

    return rate * (net(up + gain) - net(up)), rate * (net(down) - net(down - loss))


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(list(Side)), st.integers(10, 600))
def test_with_bets_held_no_other_way_to_share_is_cheaper_by_more_than_a_lot_a_level(
    data: st.DataObject, side: Side, wanted: int
) -> None:
    candidates = data.draw(held_places(side))
    limit_e9 = PROBABILITY_SCALE if side is Side.BACK else 0
    shares, _ = allot(candidates, side=side, limit_e9=limit_e9, claims_micros=wanted * MICROS)
    results = [gained_and_lost(one, side, [s for s in shares if s.candidate is one]) for one in candidates]
    cost = float(sum((lost for _, lost in results), Fraction(0)))
    got = float(sum((gained + lost for gained, lost in results), Fraction(0)))
    parts = [stretch for candidate in candidates for stretch in stretches(candidate, side)]
    claims = [float(claims) for claims, _ in parts]
    lot = 0.03 * (len(parts) + len(candidates))
    assert min(wanted, sum(claims)) - lot <= got <= wanted + lot
    prices = np.array([float(price) for _, price in parts])
    best = linprog(
        prices, A_eq=np.ones((1, len(parts))), b_eq=[min(got, sum(claims))], bounds=[(0, one) for one in claims]
    )
    assert best.success
    assert cost <= best.fun + lot
