"""Prices as people write them, and what they say of the chance."""

import pytest

from domain.fees import NetWinFee, QuadraticFee
from domain.odds import PriceKind
from domain.orders import Side
from engine.live.notation import claim_e9, native_price, net_micros, price_micros, price_text

ODDS, CONTRACT, LINE = PriceKind.ODDS, PriceKind.CONTRACT, PriceKind.LINE


@pytest.mark.parametrize(
    ("kind", "price", "text"),
    [
        (ODDS, 101, "1.01"),
        (ODDS, 200, "2.00"),
        (ODDS, 950, "9.50"),
        (ODDS, 1_050, "10.5"),
        (ODDS, 1_100, "11.0"),
        (ODDS, 1_234, "12.34"),
        (ODDS, 11_000, "110"),
        (ODDS, 100_000, "1000"),
        (CONTRACT, 5_200, "52¢"),
        (CONTRACT, 5_250, "52.5¢"),
        (CONTRACT, 5_225, "52.25¢"),
        (CONTRACT, 100, "1¢"),
        (CONTRACT, 50, "0.5¢"),
        (LINE, 250, "2.5"),
        (LINE, -75, "-0.75"),
        (LINE, 300, "3"),
    ],
)
def test_a_price_stands_in_its_venues_notation(kind: PriceKind, price: int, text: str) -> None:
    assert price_text(kind, price) == text


@pytest.mark.parametrize(("kind", "price", "micros"), [(ODDS, 204, 2_040_000), (CONTRACT, 5_250, 525_000)])
def test_a_price_in_millionths(kind: PriceKind, price: int, micros: int) -> None:
    assert price_micros(kind, price) == micros


@pytest.mark.parametrize(("kind", "price"), [(ODDS, 200), (ODDS, 204), (ODDS, 100_000), (CONTRACT, 5_200)])
def test_the_price_of_a_claim_leads_back(kind: PriceKind, price: int) -> None:
    back = native_price(kind, claim_e9(kind, price))
    assert back in (price, price + 1), "the claim's price is cut, so odds may come back a hundredth longer"


@pytest.mark.parametrize(
    ("fee", "side", "kind", "price", "net"),
    [
        (NetWinFee(rate_ppm=0), Side.BACK, ODDS, 200, 500_000),
        (NetWinFee(rate_ppm=50_000), Side.BACK, ODDS, 200, 512_820),  # 1 / (1 + 0.95)
        (NetWinFee(rate_ppm=50_000), Side.LAY, ODDS, 200, 487_179),  # 0.95 / (1 + 0.95)
        (QuadraticFee(taker_ppm=70_000), Side.BACK, CONTRACT, 5_000, 517_500),  # 0.50 + 0.07 * 0.25
        (QuadraticFee(taker_ppm=70_000), Side.LAY, CONTRACT, 5_000, 482_500),
        (NetWinFee(rate_ppm=0), Side.BACK, LINE, 250, None),
    ],
)
def test_a_net_price_is_what_a_taker_pays_or_gets(
    fee, side: Side, kind: PriceKind, price: int, net: int | None
) -> None:
    assert net_micros(fee, side, kind, price) == net
