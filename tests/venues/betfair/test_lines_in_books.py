"""Bets on Asian lines in our own books: counted while they may lose, explained when paid, and even at the end."""

from typing import Any

import pytest
from msgspec.structs import replace

from domain.ids import Currency, EventId, InstrumentId, MarketId
from domain.markets import Event, Market
from domain.messages import BalanceReported, MarketSettled, QuerySettlement
from domain.orders import Side
from domain.terms import BalanceBasis
from engine.state import State
from risk.scenarios import joint_loss_micros
from tests.engine.runs import STARTED
from tests.venues.betfair.desk import BETFAIR
from tests.venues.betfair.fake.lines import LINES_MARKET, end_lines
from tests.venues.betfair.fake.world import HOME, MARKET
from tests.venues.betfair.test_with_fake import Together, bet, of
from venues.betfair.fake.options import selection_of

GBP, EVENT = Currency("GBP"), EventId("game")
LINES = {-0.25: MarketId("line -0.25"), 0.0: MarketId("line 0")}
MARKETS = (
    Market(MarketId("m"), EVENT, "match_odds", ("home", "away", "draw")),
    *(Market(name, EVENT, f"asian_handicap_{goals:g}", ("home", "away")) for goals, name in LINES.items()),
)
QUARTER, LEVEL = (InstrumentId(f"betfair/{LINES_MARKET}/{selection_of(HOME, goals)}") for goals in LINES)


class Desk:
    """Adapter, simulated exchange, and the state that the engine would keep of what both say."""

    def __init__(self) -> None:
        self.both = Together(lines=tuple(LINES))
        self.state = State(
            replace(
                STARTED,
                events=(Event(EVENT, "Harbour v Castle", 0),),
                markets=MARKETS,
                capabilities=(self.both.venue.capabilities,),
            )
        )
        self.state.apply(BalanceReported(BETFAIR, GBP, self.wallet, BalanceBasis.WALLET, 0), 0)
        self.hear(self.both.run(1_000))

    @property
    def wallet(self) -> int:
        """What the exchange says that we have."""
        return self.both.world.exchange.floor.accounts["desk"].wallet_micros

    @property
    def equity(self) -> int:
        """What our books say."""
        return self.state.ledger.equity_micros(BETFAIR, GBP, BalanceBasis.WALLET)

    def hear(self, told: list[Any]) -> None:
        for fact in told:
            self.state.apply(fact, self.both.now)

    def matched(self, ref: str, on: InstrumentId, side: Side, price: int, size: int) -> None:
        """A bet, and somebody who takes the whole of it."""
        order = bet(ref, instrument=on, side=side, price=price, size_micros=size * 1_000_000)
        self.state.apply(order, self.both.now)
        self.hear(self.both.send(order))
        market, selection = on.split("/")[1:]
        taker = "LAY" if side is Side.BACK else "BACK"
        self.both.world.crowd(taker, f"{price / 100}", f"{size}", runner=selection, market=market)  # type: ignore[arg-type]
        self.hear(self.both.run(1_000))

    def settle(self) -> MarketSettled:
        self.both.run(1_000)
        told = self.both.send(QuerySettlement(BETFAIR, LINES_MARKET))
        self.hear(told)
        (settled,) = of(told, MarketSettled)
        return settled


@pytest.fixture
def desk() -> Desk:
    """A quarter given to the away side backed for 10 at 1.95, no goals at all laid for 5 at 2.20, a draw backed."""
    desk = Desk()
    desk.matched("r1", QUARTER, Side.BACK, 195, 10)
    desk.matched("r2", LEVEL, Side.LAY, 220, 5)
    desk.matched("r3", InstrumentId(f"betfair/{MARKET}/58805"), Side.BACK, 400, 2)
    return desk


def test_each_line_is_counted_with_its_own_worst_and_one_score_brings_less_than_all(desk: Desk) -> None:
    exposure, pounds = desk.state.exposure, 1_250_000
    losses = [exposure.market_loss_micros(one.id) // pounds for one in MARKETS]
    assert losses == [2, 10, 6]
    assert exposure.worst_loss_micros(EVENT) == sum(losses) * pounds
    by_outcome = {one.id: exposure.worst_by_outcome_micros(one.id) for one in MARKETS}
    assert joint_loss_micros(MARKETS, by_outcome) == 7_250_000 * 125 // 100, "home loses: 10 and 2 against 5 less 5 %"


@pytest.mark.parametrize(
    ("score", "profit"), [((2, 1), 3_500_000), ((1, 1), -5_000_000), ((0, 0), -5_000_000), ((0, 1), -5_000_000)]
)
def test_whatever_the_score_the_statement_is_what_our_own_matches_say(
    desk: Desk, score: tuple[int, int], profit: int
) -> None:
    assert desk.equity == desk.wallet
    end_lines(desk.both.world, *score)
    assert desk.settle().profit_micros == profit
    settlement = desk.state.settled[-1]
    assert (settlement.expected_micros, settlement.explained) == (profit, True)
    assert desk.equity == desk.wallet
    assert desk.state.ledger.imbalance() == 0
    assert [desk.state.exposure.market_loss_micros(name) for name in LINES.values()] == [0, 0]
    assert desk.state.exposure.worst_loss_micros(EVENT) == 2 * 1_250_000, "the match itself is still to be paid"
