"""What a claim costs or brings after fees, on our account and with our position; and the way back to a tick.

The net price of a bet is the probability at which it breaks even: `loss / (gain + loss)` for a bet on the
claim, `gain / (gain + loss)` for one against it, with gain and loss per claim after fees. Commission on a
market's net win taxes a gain only where we would be winning anyway, and relieves a loss there, so closing a
position is cheaper than opening one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache, partial

import msgspec

from domain.fees import FeeTerms, NetWinFee, QuadraticFee, VolumeFee, net_result
from domain.money import MICROS
from domain.odds import Ladder, LimitMode, PriceKind, claim_ratio
from domain.orders import BACK, Side

PROBABILITY_SCALE = 1_000_000_000
"""Probabilities and limits are integers of 1e-9."""

TABLE_TICKS_MAX = 10_000
"""Ladders up to this long keep their net prices in a table; a longer one is searched price by price."""


def net_price_ratio(
    fee: FeeTerms,
    side: Side,
    ratio: tuple[int, int],
    *,
    maker: bool = False,
    win_micros: int = 0,
    lose_micros: int = 0,
) -> tuple[int, int]:
    """Net price of one claim as numerator and denominator, for one more small bet at the gross price `ratio`.

    BACK: what it costs in all; LAY: what it brings. `win_micros` and `lose_micros` are our gross result in the
    venue's market before the bet, if the claim wins and if it loses (signs decide, not sizes).
    """
    price, whole = ratio
    rest = whole - price
    back = side is BACK
    to_win, to_lose = (rest, price) if back else (price, rest)
    if isinstance(fee, NetWinFee):
        unit = MICROS * MICROS
        kept = unit - fee.rate_ppm * (MICROS - fee.discount_ppm)
        winning, losing = (win_micros, lose_micros) if back else (lose_micros, win_micros)
        gain = to_win * (kept if winning >= 0 else unit)
        loss = to_lose * (kept if losing > 0 else unit)
    elif isinstance(fee, QuadraticFee):
        rate = (fee.maker_ppm if maker else fee.taker_ppm) * fee.multiplier_ppm
        unit = MICROS * MICROS * whole
        gain = to_win * unit - rate * price * rest
        loss = to_lose * unit + rate * price * rest
    elif isinstance(fee, VolumeFee):
        taken = (fee.maker_ppm if maker else fee.taker_ppm) * min(price, rest)
        gain = to_win * MICROS - taken
        loss = to_lose * MICROS + taken
    else:
        gain = to_win * (MICROS - fee.rate_ppm)
        loss = to_lose * MICROS + fee.rate_ppm * min(price, rest)
    return (loss if back else gain), gain + loss


def net_price(fee: FeeTerms, side: Side, price: Fraction, *, maker: bool = False) -> Fraction:
    """Net price of one claim at any gross price, for the first bet in a market."""
    return Fraction(*net_price_ratio(fee, side, (price.numerator, price.denominator), maker=maker))


class NetQuote(msgspec.Struct, frozen=True):
    """A place where the claim can be had: its name, and what one claim costs or brings there after fees."""

    id: str
    net: Fraction


def rank(quotes: Iterable[NetQuote], side: Side) -> list[NetQuote]:
    """Best first: cheapest to back, dearest to lay; a tie goes by name."""
    sign = 1 if side is BACK else -1
    return sorted(quotes, key=lambda quote: (sign * quote.net, quote.id))


def net_limit_tick(
    ladder: Ladder,
    fee: FeeTerms,
    side: Side,
    limit_e9: int,
    *,
    mode: LimitMode = LimitMode.NO_WORSE,
    maker: bool = False,
    win_micros: int = 0,
    lose_micros: int = 0,
) -> int | None:
    """Tick of the worst price whose net price still keeps the limit, None if the ladder has none.

    `limit_e9` is the most that one claim may cost in all (BACK) or the least it must bring (LAY), in 1e-9;
    the rest is as in `net_price_ratio`. AGGRESSIVE goes one tick further unless the limit is met exactly.
    ValueError on a ladder of lines.
    """
    if ladder.kind is PriceKind.LINE:
        raise ValueError("a line has no limit price: every line is bet at evens")
    at_odds = ladder.kind is PriceKind.ODDS
    account = (fee, side, maker, _sign(win_micros), _sign(lose_micros))
    nets: Sequence[int]
    if len(ladder) > TABLE_TICKS_MAX:
        nets, key = ladder.prices, partial(_rising_net_e9, account, ladder.kind)
    else:
        nets, key = _rising_nets_e9(account, ladder), None
    limit = -limit_e9 if at_odds else limit_e9
    if at_odds is (side is BACK):  # the good prices are the high ticks
        tick = bisect_left(nets, limit, key=key)
        further = tick - 1
    else:
        tick = bisect_right(nets, limit, key=key) - 1
        further = tick + 1
    if 0 <= tick < len(ladder) and (mode is LimitMode.NO_WORSE or _meets(account, ladder, tick, limit_e9)):
        return tick
    return further if mode is LimitMode.AGGRESSIVE and 0 <= further < len(ladder) else None


_Account = tuple[FeeTerms, Side, bool, int, int]
"""Fee, side, maker, and the signs of our result if the claim wins and if it loses."""


def _sign(amount: int) -> int:
    return (amount > 0) - (amount < 0)


def _ratio(account: _Account, kind: PriceKind, price: int) -> tuple[int, int]:
    fee, side, maker, win, lose = account
    return net_price_ratio(fee, side, claim_ratio(kind, price), maker=maker, win_micros=win, lose_micros=lose)


def _meets(account: _Account, ladder: Ladder, tick: int, limit_e9: int) -> bool:
    part, whole = _ratio(account, ladder.kind, ladder.prices[tick])
    return part * PROBABILITY_SCALE == limit_e9 * whole


def _rising_net_e9(account: _Account, kind: PriceKind, price: int) -> int:
    """Net price in 1e-9 rounded against us; negative at odds, so that it rises with the tick on any ladder."""
    part, whole = _ratio(account, kind, price)
    net = -(-part * PROBABILITY_SCALE // whole) if account[1] is BACK else part * PROBABILITY_SCALE // whole
    return -net if kind is PriceKind.ODDS else net


@lru_cache(maxsize=1024)
def _rising_nets_e9(account: _Account, ladder: Ladder) -> tuple[int, ...]:
    return tuple(_rising_net_e9(account, ladder.kind, price) for price in ladder.prices)


# --- with a position ---


class BreakEven(msgspec.Struct, frozen=True):
    """What a bet adds if it wins and takes if it loses, after commission, and the probability that balances them."""

    gain: Fraction
    loss: Fraction
    p_star: Fraction


def break_even(
    fee: FeeTerms, side: Side, *, claims: Fraction, cost: Fraction, if_win: Fraction, if_lose: Fraction
) -> BreakEven:
    """Break-even of a bet of any size on top of a position, exact across the kinks of commission.

    `if_win` and `if_lose` are our gross result in the venue's market before the bet. Buy when the claim is
    likelier than `p_star`, sell when it is less likely.
    """
    on_win, on_lose = (claims - cost, -cost) if side is BACK else (cost - claims, cost)
    change_win = net_result(fee, if_win + on_win) - net_result(fee, if_win)
    change_lose = net_result(fee, if_lose + on_lose) - net_result(fee, if_lose)
    gain, loss = (change_win, -change_lose) if side is BACK else (change_lose, -change_win)
    return BreakEven(gain=gain, loss=loss, p_star=(loss if side is BACK else gain) / (gain + loss))


class EvChange(msgspec.Struct, frozen=True):
    """Expected net result of one venue market before and after a bet."""

    before: Fraction
    after: Fraction

    @property
    def delta(self) -> Fraction:
        """What the bet is worth."""
        return self.after - self.before


def ev_change(
    fee: FeeTerms, *, pnl: Sequence[Fraction], change: Sequence[Fraction], probabilities: Sequence[Fraction]
) -> EvChange:
    """Expected result over exclusive outcomes, commission taken outcome by outcome.

    `pnl` is our gross result per outcome, `change` what the bet adds to each.
    """
    rows = list(zip(pnl, change, probabilities, strict=True))
    return EvChange(
        before=sum((p * net_result(fee, held) for held, _, p in rows), Fraction(0)),
        after=sum((p * net_result(fee, held + added) for held, added, p in rows), Fraction(0)),
    )
