"""Small exchanges and orders for tests: sizes in whole units, prices as the venue counts them."""

from domain.fees import FeeTerms, NetWinFee, QuadraticFee
from domain.ids import Currency, SelectionId, VenueMarketId, VenueName
from domain.messages import RejectReason
from domain.money import MICROS
from domain.odds import CLASSIC, PriceKind
from domain.orders import Side
from domain.terms import Terms
from venues.sim.accounts import Collateral
from venues.sim.exchange import DelayScope, Exchange, ExchangeOptions
from venues.sim.images import levels
from venues.sim.markets import MarketSpec
from venues.sim.placements import Placement, Refusal
from venues.sim.queues import SimOrder
from venues.sim.world import VenueOptions, World, WorldOptions, market_each, one_market

ODDS_BANDS = ((101, 200, 1), (200, 300, 2), (300, 400, 5), (400, 1_000, 10), (1_000, 100_000, 50))
CENTS = ((100, 9_900, 100),)
MARKET = VenueMarketId("m")
HOME, DRAW, AWAY = (SelectionId(name) for name in ("home", "draw", "away"))
YES = SelectionId("yes")
FIVE_PER_CENT = NetWinFee(rate_ppm=50_000)
QUADRATIC = QuadraticFee(taker_ppm=70_000, maker_ppm=17_500)


def odds_exchange(fee: FeeTerms = FIVE_PER_CENT, **options) -> Exchange:
    """One market of three selections, a desk and two others with 1,000 each."""
    terms = Terms(PriceKind.ODDS, ODDS_BANDS, Currency("GBP"), lot_micros=10_000, size_min_micros=MICROS, fee=fee)
    exchange = Exchange(ExchangeOptions(VenueName("odds"), terms, Collateral.NET, **options))
    exchange.list_market(MarketSpec(MARKET, (HOME, DRAW, AWAY)))
    return _staffed(exchange)


def contract_exchange(**options) -> Exchange:
    """One market of contracts on YES, the same accounts."""
    terms = Terms(PriceKind.CONTRACT, CENTS, Currency("USD"), lot_micros=10_000, size_min_micros=10_000, fee=QUADRATIC)
    exchange = Exchange(ExchangeOptions(VenueName("contracts"), terms, Collateral.FULL, **options))
    exchange.list_market(MarketSpec(MARKET, (YES,), winners=(0, 1)))
    return _staffed(exchange)


def _staffed(exchange: Exchange) -> Exchange:
    for name in ("desk", "ann", "bob"):
        exchange.open_account(name, deposit_micros=1_000 * MICROS)
    return exchange


def sent(text: str, selection: SelectionId = HOME, **more) -> Placement:
    """`"desk back 10 @ 250"`: account, side, size in units, native price."""
    account, side, size, _, price = text.split()
    size_micros = round(float(size) * MICROS)
    return Placement(account, MARKET, selection, Side(side), int(price), size_micros, **more)


def bet(exchange: Exchange, text: str, selection: SelectionId = HOME, now_ns: int = 0, **more) -> SimOrder:
    """Place an order that must be accepted."""
    order = exchange.place(sent(text, selection, **more), now_ns)
    assert isinstance(order, SimOrder), order
    return order


def refused(exchange: Exchange, text: str, selection: SelectionId = HOME, now_ns: int = 0, **more) -> RejectReason:
    """Place an order that must be refused; why it was."""
    refusal = exchange.place(sent(text, selection, **more), now_ns)
    assert isinstance(refusal, Refusal), refusal
    return refusal.reason


def book(exchange: Exchange, selection: SelectionId = HOME) -> str:
    """`"250:10 | 260:5"`: what can be backed, best first, then what can be laid."""
    sides = (levels(exchange, MARKET, selection, resting=side) for side in (Side.LAY, Side.BACK))
    return " | ".join(" ".join(f"{price}:{size / MICROS:g}" for price, size in side) for side in sides).strip()


def wallets(exchange: Exchange) -> int:
    """All money at the exchange; nothing may change it."""
    return sum(account.wallet_micros for account in exchange.floor.accounts.values())


CLASSIC_BANDS = CLASSIC.bands
NANOS = 1_000_000_000


def three_venues(*, deposit: int = 20_000) -> tuple[VenueOptions, ...]:
    """Exchanges that differ as the real ones do: net-win odds twice, and contracts with fees at the fill."""
    pounds = Terms(PriceKind.ODDS, CLASSIC_BANDS, Currency("GBP"), 10_000, 2 * MICROS, FIVE_PER_CENT, 10 * MICROS)
    euros = Terms(PriceKind.ODDS, CLASSIC_BANDS, Currency("EUR"), 10_000, 100_000, NetWinFee(rate_ppm=20_000))
    dollars = Terms(PriceKind.CONTRACT, CENTS, Currency("USD"), 10_000, 10_000, QUADRATIC)
    money = deposit * MICROS
    return (
        VenueOptions(
            VenueName("pounds"), pounds, Collateral.NET, one_market, suspends=True, delay_ms=5_000, deposit_micros=money
        ),
        VenueOptions(
            VenueName("euros"),
            euros,
            Collateral.NET,
            one_market,
            suspends=True,
            delay_ms=4_000,
            delay_scope=DelayScope.CROSSING,
            deposit_micros=money,
        ),
        VenueOptions(VenueName("dollars"), dollars, Collateral.FULL, market_each, suspends=False, deposit_micros=money),
    )


def demo_world(seed: int = 7, *, speed: float = 30.0, **options) -> World:
    """The world of the demo, started at 1,000 s of the clock."""
    chosen = WorldOptions(seed=seed, speed=speed, **options)
    return World(chosen, three_venues(), start_ns=1_000 * NANOS, start_ms=1_700_000_000_000)
