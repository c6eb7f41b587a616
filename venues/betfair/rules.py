"""Betfair's published numbers, as values: ladders, lots, minimum stakes, commission, limits of its interfaces."""

from fractions import Fraction

import msgspec

from domain.fees import NetWinFee, TransactionCharge, transaction_charge
from domain.ids import Currency, VenueName
from domain.money import MICROS
from domain.odds import CLASSIC, FINEST, Band, PriceKind
from domain.terms import Amends, BalanceBasis, Capabilities, Terms
from venues.catalogue.listed import rules_hash

LOT_MICROS = 10_000
"""Sizes have two decimal places in every currency."""

LADDERS: dict[str, tuple[Band, ...]] = {"CLASSIC": CLASSIC.bands, "FINEST": FINEST.bands}
"""Legal odds by `priceLadderDescription.type`. LINE_RANGE is absent: lines are bet at evens and not traded here."""

ODDS_MIN, ODDS_MAX = CLASSIC.bands[0][0], CLASSIC.bands[-1][1]
"""The ends of either ladder, in hundredths."""

LINES = ("ASIAN_HANDICAP_DOUBLE_LINE", "ASIAN_HANDICAP")
"""Betting type and market type of handicaps, whose lines have a runner of either side."""

BETTING_TYPES_REFUSED = {
    "LINE": "a line is bet at evens, and what stands for its price is the line",
    "ASIAN_HANDICAP_SINGLE_LINE": "of what runners its lines consist no recorded market shows",
    "ASIAN_HANDICAP_DOUBLE_LINE": "its lines are of no handicap, and of what runners no recorded market shows",
}
MARKET_TYPES_REFUSED = {
    "EACH_WAY": "an each-way bet is two bets, may lose twice its size, and is paid for a place without having won",
}
"""What is not traded here, and why: each would be counted with another worst loss, or settled otherwise, than it is.

Source: Betfair developer docs, "Betting Enums", MarketBettingType; settlement rules.
"""


def refused(*, betting_type: str, market_type: str, ladder: str) -> str:
    """Why the runners of such a market are not listed, empty if they are.

    What is listed is backed and laid as everywhere in the program. Of an Asian handicap a part of the stake may win,
    lose or come back, which is no worse than what is counted; see `risk.branches`.
    """
    if betting_type != "ODDS" and (betting_type, market_type) != LINES:
        return BETTING_TYPES_REFUSED.get(betting_type, f"betting type {betting_type}")
    if market_type in MARKET_TYPES_REFUSED:
        return MARKET_TYPES_REFUSED[market_type]
    return "" if ladder in LADDERS else f"ladder {ladder}"


class MinimumStake(msgspec.Struct, frozen=True):
    """A limit order is taken if its size reaches `size_micros` or its payout reaches `payout_micros`; a lay at starting
    price if its liability reaches `start_liability_micros`, a back at it by its size alone.
    """

    size_micros: int
    payout_micros: int
    start_liability_micros: int


MINIMUM_STAKES: dict[str, MinimumStake] = {
    currency: MinimumStake(size * MICROS, payout * MICROS, (10 if currency == "EUR" else payout) * MICROS)
    for currency, size, payout in (
        *(("GBP", 1, 10), ("EUR", 1, 20), ("USD", 1, 20), ("HKD", 10, 125), ("AUD", 1, 30), ("CAD", 2, 30)),
        *(("DKK", 15, 150), ("NOK", 10, 150), ("SEK", 15, 150), ("SGD", 2, 30), ("RON", 5, 50), ("BRL", 5, 50)),
        *(("MXN", 30, 300), ("PEN", 5, 50), ("HUF", 400, 4000), ("ISK", 350, 1750), ("NZD", 2, 10)),
        *(("ARS", 100, 500), ("GEL", 10, 50)),
    )
}
"""Liability and payout are the same figure in every currency but one. Source: Betfair developer docs, "Currency
Parameters"; that a back needs the size only: flumine, after the venue's own refusals.
"""

MARKETS_PER_STREAM = 200
STREAMS_MAX = 10
"""Connections of a live application key, one of which carries the orders; a delayed key has two."""
MARKETS_PER_PRICED_BOOK = 40
"""Three levels a side weigh 5 a market, and a request takes 200. Source: "Market Data Request Limits"."""
MARKETS_PER_CATALOGUE = 100
RECORDS_PER_PAGE = 1_000
REFS_PER_QUERY = 100
INSTRUCTIONS_PER_SECOND = 1_000
"""Source: Betfair developer docs, "Market Data Request Limits", "Betting API Limits", stream `SUBSCRIPTION_LIMIT`."""
SESSION_LIFE_S = {".it": 1_200, ".es": 1_200, "": 43_200}
"""How long a session lives without a keep-alive, by the end of the host that logs in. Source: "Login & Session
Management"; 24 hours in the United Kingdom and Ireland, whose hosts are those of everybody else.
"""

CROSS_CHECK_MS_MIN = 200
"""listMarketBook answers five times a second for a market. Source: "Market Data Request Limits"."""

CANCELS_MAX = 60
"""Bets that one cancelOrders may name. Source: Betfair developer docs, "cancelOrders"."""

INSTRUCTIONS_PER_S_MAX = INSTRUCTIONS_PER_SECOND // 2
"""Our budget at most: one of so many a second that is full lets twice as many through in one."""

HEARTBEAT_MS_MAX = 5_000
"""The longest silence that the stream can be asked for. Source: Betfair developer docs, "Exchange Stream API"."""

VISIBLE_AFTER_MS = 15_000
"""The venue gives an unanswered placement up after 5 s and asks to wait 15 s before it is looked for.

Source: Betfair developer docs, "placeOrders", TIMEOUT.
"""

LANDS_WITHIN_MS = 15_000
"""Nothing at the venue ends a request that travels slowly: so long one is taken to be on its way."""

ABSENCES_MIN = 2

HOUR_NS = 3_600_000_000_000
FREE_TRANSACTIONS_PER_HOUR = 5_000
CHARGE_PER_EXCESS = Fraction(2, 1_000)
IMPLIED_COMMISSION_RATE = Fraction(3, 100)
"""Source: Betfair charges, section 7 (transaction charge), in GBP."""


class CommissionPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The account's commission: a rate of its own, or else each market's; less the account's discount.

    The interface tells neither the plan nor a discount that holds for every account, so both are configured.
    Source: Betfair help, "Market base rate" and "My Betfair Rewards".
    """

    rate_ppm: int | None = None
    discount_ppm: int = 0

    def fee(self, base_rate_ppm: int, *, discount_allowed: bool) -> NetWinFee:
        """What one market charges this account."""
        rate = base_rate_ppm if self.rate_ppm is None else self.rate_ppm
        return NetWinFee(rate_ppm=rate, discount_ppm=self.discount_ppm if discount_allowed else 0)


def settled_by(rules: str, market_type: str) -> str:
    """The hash of a market's rules text and type, empty where no rules are told."""
    return rules_hash(rules, market_type) if rules else ""


def terms(
    *, ladder: str, currency: Currency, fee: NetWinFee, settled_by: str = "", starting_price: bool = False
) -> Terms | None:
    """Trading terms of every runner of a market; None for a ladder that we do not trade on."""
    bands = LADDERS.get(ladder)
    if bands is None:
        return None
    minimum = MINIMUM_STAKES[currency]
    return Terms(
        kind=PriceKind.ODDS,
        bands=bands,
        currency=currency,
        lot_micros=LOT_MICROS,
        size_min_micros=minimum.size_micros,
        fee=fee,
        payout_min_micros=minimum.payout_micros,
        starting_price=starting_price,
        rules_hash=settled_by,
    )


AMENDS = Amends(renames=True, cancels=True)
"""Other odds are another bet for what remains; a smaller size is a part cancelled. Source: Betfair developer docs,
"replaceOrders", "cancelOrders".
"""


def capabilities(venue: VenueName, currency: Currency, *, heartbeat_ms: int, dead_man_s: int = 0) -> Capabilities:
    """What the venue promises; a feed silent for two heartbeats is dead, and its books are stale with it."""
    return Capabilities(
        venue=venue,
        currency=currency,
        balance_basis=BalanceBasis.WALLET,
        visible_after_ms=VISIBLE_AFTER_MS,
        lands_within_ms=LANDS_WITHIN_MS,
        absences_min=ABSENCES_MIN,
        polled=False,
        immediate=True,
        stale_after_ms=2 * heartbeat_ms,
        dead_man_s=dead_man_s,
        amends=AMENDS,
        tells_lines=True,
        lines_prove=True,
    )


class TransactionCount:
    """Transactions of each clock hour: bets placed, whatever became of them, and instructions that failed.

    A placement counts when it is sent, since it is charged either way; so does a cancel that failed.
    """

    def __init__(self, *, per_hour_max: int) -> None:
        self._per_hour_max = per_hour_max
        self._by_hour: dict[int, int] = {}

    def count(self, wall_ns: int) -> None:
        """One more transaction in the clock hour of `wall_ns`."""
        hour = wall_ns // HOUR_NS
        if hour not in self._by_hour:
            self._by_hour = {known: count for known, count in self._by_hour.items() if known > hour - 24}
        self._by_hour[hour] = self._by_hour.get(hour, 0) + 1

    def left(self, wall_ns: int) -> int:
        """How many more placements this clock hour may take."""
        return max(0, self._per_hour_max - self._by_hour.get(wall_ns // HOUR_NS, 0))

    def charge(self, *, commission_paid: Fraction, market_losses: Fraction) -> TransactionCharge:
        """What the last 24 clock hours would be charged, in GBP."""
        return transaction_charge(
            list(self._by_hour.values()),
            free_per_hour=FREE_TRANSACTIONS_PER_HOUR,
            charge_per_excess=CHARGE_PER_EXCESS,
            commission_paid=commission_paid,
            market_losses=market_losses,
            implied_rate=IMPLIED_COMMISSION_RATE,
        )
