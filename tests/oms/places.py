"""Places where a claim can be had, from small text, for the tests of the router."""

import re
from typing import Any

from domain.candidates import Candidate
from domain.fees import FeeTerms, NetWinFee
from domain.ids import InstrumentId
from domain.money import FX_SCALE, parse_micros
from domain.odds import PriceKind

FREE = NetWinFee(rate_ppm=0)
PLENTY = 10**15


def levels(text: str) -> tuple[tuple[int, int], ...]:
    """ "2.00:50 1.99:30" at odds, "0.50c:300" in contracts, as native prices and sizes."""
    found = re.findall(r"([0-9.]+)(c?):([0-9.]+)", text)
    return tuple(
        (parse_micros(price) // (100 if contract else 10_000), parse_micros(size)) for price, contract, size in found
    )


def place(text: str, fee: FeeTerms = FREE, *, name: str = "a", lot: str = "0.01", **more: Any) -> Candidate:
    """A place with these levels; contracts where prices end in c."""
    return Candidate(
        **{
            "instrument": InstrumentId(name),
            "kind": PriceKind.CONTRACT if "c:" in text else PriceKind.ODDS,
            "fee": fee,
            "levels": levels(text),
            "lot_micros": parse_micros(lot),
            "size_min_micros": 0,
            "payout_min_micros": 0,
            "available_micros": PLENTY,
            "priority": 1,
            "rate_e8": FX_SCALE,
            "win_micros": 0,
            "lose_micros": 0,
            "net_price": (0, 0),
            "allotted": (),
            **more,
        }
    )
