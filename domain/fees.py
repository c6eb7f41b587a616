"""Fee families by formula: what an account pays for a fill, a bet and a market, in millionths.

A venue's terms name one family with its rates; nothing here knows which venue charges it. Rates are
integers of a millionth (`parse_micros("0.05")` is five per cent), so every product is exact.
"""

from fractions import Fraction

import msgspec

from domain.money import MICROS

CENT = 10_000
"""A hundredth of a unit of currency, in micros."""

TRADE_FEE_STEP = 100
"""A quadratic fee is rounded up to this many micros on each fill."""


class QuadraticFee(msgspec.Struct, frozen=True, tag="quadratic"):
    """`multiplier x rate x claims x P x (1 - P)` for each fill, win or lose.

    `precision_micros` is what the account's balance is kept to; see `round_fill`.
    Source: Kalshi fee schedule, and docs "Fee Rounding".
    """

    taker_ppm: int
    maker_ppm: int = 0
    multiplier_ppm: int = MICROS
    precision_micros: int = CENT


class NetWinFee(msgspec.Struct, frozen=True, tag="net_win"):
    """A share of what one venue market won in sum, nothing if it lost; `step_micros` is the coin it is booked in.

    Source: Betfair help on commission (market base rate, discount rate); Matchbook commission type NET_WIN.
    """

    rate_ppm: int
    discount_ppm: int = 0
    step_micros: int = CENT


class VolumeFee(msgspec.Struct, frozen=True, tag="volume"):
    """A share of the lesser of stake and profit of every bet, win or lose.

    Source: Matchbook commission type VOLUME, where the originator of a match pays less than the acceptor.
    """

    taker_ppm: int
    maker_ppm: int = 0


class ProfitOrLesserFee(msgspec.Struct, frozen=True, tag="profit_or_lesser"):
    """A share of the profit of a bet that won, of the lesser of stake and profit of one that lost.

    Source: Matchbook commission pages, the model before VOLUME.
    """

    rate_ppm: int


FeeTerms = QuadraticFee | NetWinFee | VolumeFee | ProfitOrLesserFee


# --- at the fill ---


def fill_fee_micros(fee: FeeTerms, *, claims_micros: int, cost_micros: int, maker: bool = False) -> int:
    """What a fill of `claims` for `cost` is charged whatever the result, rounded up; both sides pay alike.

    Zero in the families that are charged at settlement only.
    """
    if isinstance(fee, QuadraticFee) and claims_micros:
        rate = (fee.maker_ppm if maker else fee.taker_ppm) * fee.multiplier_ppm
        risk = cost_micros * (claims_micros - cost_micros)
        step = claims_micros * MICROS * MICROS * TRADE_FEE_STEP
        return -(-rate * risk // step) * TRADE_FEE_STEP
    if isinstance(fee, VolumeFee):
        rate = fee.maker_ppm if maker else fee.taker_ppm
        return -(-rate * min(cost_micros, claims_micros - cost_micros) // MICROS)
    return 0


def fee_estimate_micros(fee: FeeTerms, *, claims_micros: int, cost_micros: int, maker: bool = False) -> int:
    """The fee of an order filled at once at its limit, up to the coin of the account: an estimate before the trade."""
    charged = fill_fee_micros(fee, claims_micros=claims_micros, cost_micros=cost_micros, maker=maker)
    coin = fee.precision_micros if isinstance(fee, QuadraticFee) else 1
    return -(-charged // coin) * coin


def fee_reserve_micros(fee: FeeTerms, *, claims_micros: int, cost_micros: int, fills_max: int) -> int:
    """The most that fees take from an order of this limit, taken or made, in at most `fills_max` fills.

    Price plus fee rises with the price, so the limit bounds every better fill; each fill adds at most one
    step of rounding, and the accumulator keeps the balance roundings of an order to a cent in sum. (Only fills
    whose fee and rounding stay below a cent together, at sub-cent prices or sizes, can leave more there.)
    """
    if isinstance(fee, NetWinFee):
        return 0
    estimate = fee_estimate_micros(fee, claims_micros=claims_micros, cost_micros=cost_micros)
    if isinstance(fee, QuadraticFee):
        return estimate + CENT + fills_max * TRADE_FEE_STEP
    return estimate + fills_max if isinstance(fee, VolumeFee) else estimate


class RoundedFill(msgspec.Struct, frozen=True):
    """What one fill did to a balance kept in whole coins, in micros; `accumulator` goes to the order's next fill."""

    trade_fee_micros: int
    rounding_fee_micros: int
    rebate_micros: int
    accumulator_micros: int
    net_fee_micros: int
    cash_change_micros: int


def round_fill(
    *, revenue_micros: int, trade_fee_micros: int, accumulator_micros: int = 0, precision_micros: int = CENT
) -> RoundedFill:
    """Bring the balance change of a fill down to whole coins, and give roundings back once they exceed a cent.

    `revenue` is negative for a buyer. The accumulator belongs to the order: taker and maker fills share it.
    Rebates are whole cents and never turn the fill's net fee negative; what cannot be given back yet stays.
    Source: Kalshi docs, "Fee Rounding".
    """
    rounding = (revenue_micros - trade_fee_micros) % precision_micros
    charged = trade_fee_micros + rounding
    owed = accumulator_micros + rounding
    rebate = min(owed, charged) // CENT * CENT if owed > CENT else 0
    return RoundedFill(
        trade_fee_micros=trade_fee_micros,
        rounding_fee_micros=rounding,
        rebate_micros=rebate,
        accumulator_micros=owed - rebate,
        net_fee_micros=charged - rebate,
        cash_change_micros=revenue_micros - charged + rebate,
    )


# --- at settlement ---


def commission(fee: FeeTerms, *, profit: Fraction, lesser: Fraction = Fraction(0), maker: bool = False) -> Fraction:
    """What settlement takes, before any rounding, in the unit of `profit`.

    For NetWinFee `profit` is the gross result of one venue market; for the families charged by the bet it is
    that bet's, and `lesser` the smaller of its stake and its possible profit.
    """
    if isinstance(fee, NetWinFee):
        return max(Fraction(0), profit) * fee.rate_ppm * (MICROS - fee.discount_ppm) / MICROS**2
    if isinstance(fee, VolumeFee):
        return lesser * (fee.maker_ppm if maker else fee.taker_ppm) / MICROS
    if isinstance(fee, ProfitOrLesserFee):
        return (profit if profit > 0 else lesser) * fee.rate_ppm / MICROS
    return Fraction(0)


def net_win_commission_micros(fee: NetWinFee, profit_micros: int) -> int:
    """Commission on the gross result of one venue market, a half of the coin rounded up."""
    if profit_micros <= 0:
        return 0
    coin = MICROS * MICROS * fee.step_micros
    taken = profit_micros * fee.rate_ppm * (MICROS - fee.discount_ppm)
    return (2 * taken + coin) // (2 * coin) * fee.step_micros


def net_result(fee: FeeTerms, gross: Fraction) -> Fraction:
    """A venue market's result after the commission that depends on it, unrounded."""
    return gross - commission(fee, profit=gross) if isinstance(fee, NetWinFee) else gross


def net_result_micros(fee: FeeTerms, gross_micros: int) -> int:
    """A venue market's result after the commission that depends on it, as the venue books it."""
    if isinstance(fee, NetWinFee) and gross_micros > 0:
        return gross_micros - net_win_commission_micros(fee, gross_micros)
    return gross_micros


# --- on the account ---


class TransactionCharge(msgspec.Struct, frozen=True):
    """A day's charge for many transactions: `charge` is what is left of `raw` after `offset`, in units."""

    raw: Fraction
    offset: Fraction

    @property
    def charge(self) -> Fraction:
        """Never negative: commission beyond the raw charge is not paid back."""
        return max(Fraction(0), self.raw - self.offset)


def transaction_charge(
    hourly_transactions: list[int],
    *,
    free_per_hour: int,
    charge_per_excess: Fraction,
    commission_paid: Fraction,
    market_losses: Fraction,
    implied_rate: Fraction,
) -> TransactionCharge:
    """Charge for transactions past the free ones of each clock hour, offset by half of the commission generated.

    Commission generated is what was paid plus `implied_rate` of the losses of losing markets.
    Source: Betfair charges, section 7 (transaction charge).
    """
    excess = sum(max(0, count - free_per_hour) for count in hourly_transactions)
    return TransactionCharge(
        raw=excess * charge_per_excess, offset=(commission_paid + implied_rate * market_losses) / 2
    )
