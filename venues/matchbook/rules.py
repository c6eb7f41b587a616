"""Matchbook's published numbers, as values: the ladder, lots, minimum stakes, commission, limits of its interface."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import msgspec

from domain.fees import FeeTerms, NetWinFee, VolumeFee
from domain.ids import Currency, VenueName
from domain.odds import CLASSIC, PriceKind
from domain.terms import Amends, BalanceBasis, Capabilities, Terms
from venues.catalogue.listed import rules_hash

LOT_MICROS = 10_000
"""Stakes are sent with two decimal places. Fills may be finer: counterparties bet in other currencies."""

SIZE_MIN_MICROS = 100_000
"""What an offer must at least be, in EUR. Source: Matchbook's own error text, "Stake must be at least EUR0.1."."""

CURRENCIES = frozenset({"AUD", "CAD", "EUR", "GBP", "HKD", "USD"})
"""Currencies in which prices are shown. Source: Matchbook API reference, `currency` of a price filter."""

ROWS_PER_PAGE_MAX = 500
EVENTS_PER_POLL_MAX = 50

VISIBLE_AFTER_MS = 15_000
"""An offer in play may be held back for ten seconds and is on no list by its status meanwhile.

Source: Matchbook Insights, "Live delay changes": one to ten seconds by sport and market.
"""

LANDS_WITHIN_MS = 15_000
"""Nothing at the venue ends a request that travels slowly: so long one is taken to be on its way."""

ABSENCES_MIN = 3


class CommissionPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the account is charged under either of the venue's two models; the account itself says which one holds.

    The rate on net winnings depends on where the customer lives. Source: Matchbook commission pages: 2 % in the United
    Kingdom and Ireland, 4 % elsewhere; under VOLUME who offered first pays less.
    """

    net_win_ppm: int = 40_000
    volume_taker_ppm: int = 15_000
    volume_maker_ppm: int = 7_500

    def fee(self, commission_type: str) -> FeeTerms | None:
        """The fee of an account's model; None for one that we cannot reckon with."""
        if commission_type == "NET_WIN":
            return NetWinFee(rate_ppm=self.net_win_ppm)
        if commission_type == "VOLUME":
            return VolumeFee(taker_ppm=self.volume_taker_ppm, maker_ppm=self.volume_maker_ppm)
        return None


def offer_fee(commission_type: str, *, maker_ppm: int, taker_ppm: int) -> FeeTerms | None:
    """What one offer says that it is charged: promotions on single markets show here first."""
    if commission_type == "NET_WIN":
        return NetWinFee(rate_ppm=max(maker_ppm, taker_ppm))
    if commission_type == "VOLUME":
        return VolumeFee(taker_ppm=taker_ppm, maker_ppm=maker_ppm)
    return None


@lru_cache(maxsize=4_096)
def settled_by(market_type: str, handicap: Decimal | None, name: str) -> str:
    """The hash of all that the venue tells of what a market settles by; empty for a market without a type.

    It tells no text of rules: those of its site hold for the type.
    """
    line = f"{handicap.normalize():f}" if handicap else ""
    return rules_hash(market_type, line, name) if market_type else ""


def terms(*, currency: Currency, fee: FeeTerms, size_min_micros: int = SIZE_MIN_MICROS, settled_by: str = "") -> Terms:
    """Trading terms of every runner. Source: Matchbook, "Exchange odds ladder", in force since August 2021."""
    return Terms(
        kind=PriceKind.ODDS,
        bands=CLASSIC.bands,
        currency=currency,
        lot_micros=LOT_MICROS,
        size_min_micros=size_min_micros,
        fee=fee,
        rules_hash=settled_by,
    )


def is_traded(line: Fraction | None) -> bool:
    """Whether a market with this handicap ends in won, lost or void: a quarter line may pay half of a bet."""
    return line is None or (2 * line).denominator == 1


AMENDS = Amends()
"""An offer keeps its id; its odds and what is unmatched of it change. Source: Matchbook API reference, "Edit offer"."""


def capabilities(venue: VenueName, currency: Currency, *, stale_after_ms: int, dead_man_s: int = 0) -> Capabilities:
    """What the venue promises: books are fetched, and what remains of an immediate offer is cancelled by us.

    Source: Matchbook API reference, "Submit offers": there is no time in force. An offer is its account's wallet's:
    the balance contains what is exposed.
    """
    return Capabilities(
        venue=venue,
        currency=currency,
        balance_basis=BalanceBasis.WALLET,
        visible_after_ms=VISIBLE_AFTER_MS,
        lands_within_ms=LANDS_WITHIN_MS,
        absences_min=ABSENCES_MIN,
        polled=True,
        immediate=False,
        stale_after_ms=stale_after_ms,
        dead_man_s=dead_man_s,
        amends=AMENDS,
        tells_lines=True,
        lines_prove=True,
    )
