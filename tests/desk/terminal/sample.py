"""A desk made by hand: three venues, two events, orders of every kind; what the dashboard is shown in tests."""

from typing import Any

import msgspec

from desk.flatten_views import FlattenOrder, FlattenPlan
from desk.views import (
    AlertRow,
    BreakRow,
    ExposureRow,
    Frame,
    Header,
    LadderCell,
    LadderOf,
    LadderRow,
    MarketExposure,
    OrderRow,
    OutcomeRow,
    Place,
    PlanLeg,
    PlanRow,
    PnlPoint,
    PnlRow,
    Quote,
    ReconRow,
    Rows,
    StrategyRow,
    VenueRow,
)
from domain.orders import OrderState, Side

NOW_MS = 1_795_000_000_000
M = 1_000_000
VENUES = ("betfair", "kalshi", "matchbook")


def header(**changed: Any) -> Header:
    """A desk that trades."""
    row = Header(
        id="desk",
        run="20261121-120344-seed7",
        mode="demo",
        base="USD",
        started_ms=NOW_MS - 754_000,
        stopping=False,
        kill_level=0,
        kill_name="none",
        kill_who="",
        kill_why="",
        kill_ms=0,
        kill_proven=(),
        latency_p50_us=182,
        latency_p99_us=1_430,
        latency_n=1000,
        facts=38_211,
        facts_per_s=412,
        decisions=2_110,
        orders_open=4,
        orders_unknown=1,
        unknown_risk_micros=8 * M,
        breaks_open=1,
        worst_loss_micros=201_570_000,
        cap_micros=400 * M,
        day_loss_micros=12_500_000,
        cap_day_micros=3_000 * M,
        net_micros=3_205_000,
        markets_total=3,
        refusals={"order_rate": 243},
        refused_ppm={"cap_event": 4_000, "order_rate": 31_400},
    )
    return msgspec.structs.replace(row, **changed)


def venue(name: str, **changed: Any) -> VenueRow:
    """A venue in good health."""
    row = VenueRow(
        id=name,
        currency={"betfair": "GBP", "kalshi": "USD", "matchbook": "EUR"}[name],
        market_data_up=True,
        orders_up=True,
        requests_up=True,
        proven=True,
        stopped=False,
        tripped=False,
        breakers=(),
        why_not="",
        polled=name == "matchbook",
        books_ms=NOW_MS - 240,
        book_updates=18_340,
        reconnects=0,
        throttled=0,
        tokens=184,
        orders_open=2,
        orders_in_flight=1,
        orders_unknown=0,
        orders=1_204,
        accepted=1_201,
        rejected=3,
        fills=88,
        cancelled=1_100,
        balance_micros=20_000 * M,
        answer_p50_us=2_300,
        answer_p99_us=11_800,
        errors_left=5,
    )
    return msgspec.structs.replace(row, **changed)


def quote(ref: str, side: Side, price: str, remaining: int, **changed: Any) -> Quote:
    row = Quote(ref, side, price, 0, remaining * M, unknown=False, cancelling=False)
    return msgspec.structs.replace(row, **changed)


def place(name: str, back: str, lay: str, chance: int, *quotes: Quote, **changed: Any) -> Place:
    """A book around a chance in tenths of a percent."""
    row = Place(
        venue=name,
        instrument=f"{name}/1/1",
        currency="USD",
        why_not="",
        in_play=True,
        to_back=back,
        to_back_size_micros=120 * M,
        back_probability_micros=chance * 1000 + 4000,
        back_edge_micros=-6_200,
        to_lay=lay,
        to_lay_size_micros=1_450 * M,
        lay_probability_micros=chance * 1000 - 4000,
        lay_edge_micros=-9_100,
        book_ms=NOW_MS - 300,
        quotes=quotes,
    )
    return msgspec.structs.replace(row, **changed)


def odds(chance: int, away: int = 0) -> str:
    return f"{1000 / (chance + away):.2f}"


def outcome(event: str, market: str, number: int, name: str, chance: int, **changed: Any) -> OutcomeRow:
    """One outcome on all three venues."""
    row = OutcomeRow(
        id=f"{market}#{number}",
        event=event,
        event_name=event,
        starts_ms=NOW_MS - (600_000 if event.startswith("Brack") else 0),
        market=market,
        market_name=market.partition("/")[2],
        outcome=number,
        outcome_name=name,
        status="open",
        in_play=event.startswith("Brack"),
        fair_micros=chance * 1000,
        fair_sigma_micros=8_100,
        fair_model="football",
        fair_ms=NOW_MS - 420,
        fair_stale=False,
        if_win_micros=(chance - 400) * 40_000,
        places=tuple(place(venue, *_prices(venue, chance), chance) for venue in VENUES),
    )
    return msgspec.structs.replace(row, **changed)


def _prices(name: str, chance: int) -> tuple[str, str]:
    if name == "kalshi":
        return f"{chance // 10 + 1}¢", f"{chance // 10 - 1}¢"
    return odds(chance, 4), odds(chance, -4)


def markets() -> tuple[OutcomeRow, ...]:
    """Two events, three markets; our quotes on the first outcome, one of them UNKNOWN; an edge; a suspension."""
    first, second = "Brackley Albion v Fenwick Town", "Marston Wanderers v Larkfield United"
    home = outcome(first, "brackley/match_odds", 0, "Brackley Albion", 490)
    back, contract, polled = home.places
    home = msgspec.structs.replace(
        home,
        places=(
            msgspec.structs.replace(
                back, quotes=(quote("r1", Side.BACK, back.to_lay, 40), quote("r2", Side.LAY, "1.90", 25))
            ),
            msgspec.structs.replace(contract, back_edge_micros=12_400),
            msgspec.structs.replace(polled, quotes=(quote("r3", Side.LAY, "2.02", 8, unknown=True),)),
        ),
    )
    closed = {"to_back": "", "to_lay": "", "to_back_size_micros": 0, "to_lay_size_micros": 0, "why_not": "suspended"}
    over = outcome(second, "marston/over_under_25", 0, "over 2.5", 530, status="suspended", fair_stale=True)
    over = msgspec.structs.replace(over, places=tuple(msgspec.structs.replace(one, **closed) for one in over.places))
    return (
        home,
        outcome(first, "brackley/match_odds", 1, "draw", 270),
        outcome(first, "brackley/match_odds", 2, "Fenwick Town", 240),
        outcome(second, "marston/match_odds", 0, "Marston Wanderers", 360),
        outcome(second, "marston/match_odds", 1, "draw", 300),
        outcome(second, "marston/match_odds", 2, "Larkfield United", 340),
        over,
        outcome(second, "marston/over_under_25", 1, "under 2.5", 470),
    )


def order(ref: str, state: OrderState, **changed: Any) -> OrderRow:
    row = OrderRow(
        id=ref,
        venue="betfair",
        venue_order_id=f"30000{ref}",
        strategy="maker",
        event_name="Brackley Albion v Fenwick Town",
        market="brackley/match_odds",
        outcome=0,
        outcome_name="Brackley Albion",
        side=Side.BACK,
        price="2.06",
        price_micros=2_060_000,
        size_micros=40 * M,
        matched_micros=0,
        remaining_micros=40 * M,
        currency="GBP",
        risk_micros=50 * M,
        state=state,
        is_open=state not in (OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED),
        placed_ms=NOW_MS - 4_200,
        changed_ms=NOW_MS - 3_900,
        evidence="no answer" if state is OrderState.UNKNOWN else "push",
        ahead_micros=310 * M if state is OrderState.OPEN else None,
    )
    return msgspec.structs.replace(row, **changed)


def orders() -> tuple[OrderRow, ...]:
    """The UNKNOWN one stands third as it is told: the panel has to bring it up."""
    return (
        order("r1", OrderState.OPEN),
        order("r2", OrderState.PARTIALLY_FILLED, side=Side.LAY, price="1.90", remaining_micros=25 * M, risk_micros=28 * M),  # noqa: E501
        order(
            "r3", OrderState.UNKNOWN, venue="matchbook", side=Side.LAY, price="2.02", size_micros=8 * M,
            remaining_micros=8 * M, risk_micros=8 * M,
        ),
        order("r4", OrderState.PENDING_NEW, venue="kalshi", price="51¢", strategy="taker", risk_micros=20 * M),
        order("r5", OrderState.CANCELLED, remaining_micros=0, risk_micros=0),
    )  # fmt: skip


def ladder(of: LadderOf) -> tuple[LadderRow, ...]:
    """Prices around evens; pink above the middle, blue below it."""
    return tuple(_rung(number) for number in range(-of.depth, of.depth + 1))


def _rung(number: int) -> LadderRow:
    chance = 490 + number * 5
    lay, back = number <= -1, number >= 1
    sizes: dict[str, Any] = {
        "to_back_size_micros": (90 + number) * M if back else 0,
        "to_lay_size_micros": (140 - number) * M if lay else 0,
    }
    return LadderRow(
        id=str(chance * 1_000_000),
        probability_micros=chance * 1000,
        odds=odds(chance),
        cells=(
            LadderCell(
                "betfair",
                odds(chance),
                **sizes,
                quotes=(quote("r1", Side.BACK, "", 40, ahead_micros=102 * M),) if number == -2 else (),
            ),
            LadderCell("kalshi", f"{chance // 10}¢" if chance % 10 == 0 else "", **(sizes if chance % 10 == 0 else {})),
            LadderCell(
                "matchbook", odds(chance), quotes=(quote("r3", Side.LAY, "", 8, unknown=True),) if number == 3 else ()
            ),
        ),
        if_win_micros=3_600_000 - number * 900_000,
        if_closed_micros=1_200_000 + number * 100_000,
        is_fair=number == 0,
    )


def exposure(name: str, worst: int, ppm: int) -> ExposureRow:
    odds_market = MarketExposure(
        f"{name}/match_odds", "match_odds", ("home", "draw", "away"),
        (12 * M, -3 * M, -8 * M), (4 * M, -3 * M, -worst), (-8 * M, 0, 0), worst,
    )  # fmt: skip
    goals = MarketExposure(
        f"{name}/goals",
        "over_under_25",
        ("over", "under"),
        (33_062_500, -1_740_625),
        (33_062_500, -1_740_625),
        (0, 0),
        1_740_625,
    )
    return ExposureRow(name, name, worst, 400 * M, ppm, 6, (odds_market, goals))


def plan_row(name: str, **changed: Any) -> PlanRow:
    """A pair of which the second half is not all there yet."""
    row = PlanRow(
        id=name,
        kind="arbitrage",
        strategy="taker",
        event_name="Brackley Albion v Fenwick Town",
        market_name="match_odds",
        state="LEG2_WORKING",
        is_over=False,
        legs=(
            PlanLeg("Brackley Albion", Side.BACK, 20 * M, 20 * M, 0),
            PlanLeg("Brackley Albion", Side.LAY, 20 * M, 8 * M, 12 * M),
        ),
        uneven_micros=12 * M,
        naked_since_ms=NOW_MS - 3_200,
        even_by_ms=NOW_MS + 60_000,
        rung="retry",
        loss_if_carried_micros=6_500_000,
        carry_max_micros=30 * M,
        refs=("r3", "r4"),
        orders_open=1,
    )
    return msgspec.structs.replace(row, **changed)


def history() -> tuple[PnlPoint, ...]:
    values = [0, 1, 3, 2, 4, 6, 5, 3, -1, -2, 0, 2, 5, 8, 7, 6, 4, 3, 5, 7, 9, 8, 6, 5, 4, 3]
    return tuple(PnlPoint(str(n), NOW_MS - 26_000 + n * 1000, value * M // 2, 0) for n, value in enumerate(values))


def rows(**changed: Any) -> Rows:
    """Everything that is told at once."""
    breaks = BreakRow(
        "b1",
        "kalshi",
        "order r9",
        "unexpected_order",
        "critical",
        14 * M,
        NOW_MS - 31_000,
        6,
        "theirs, not ours",
        "risk",
        "",
        (),
    )
    found = Rows(
        header=(header(),),
        venues=(
            venue("betfair"),
            venue("kalshi", orders_up=False, why_not="orders_down", reconnects=2),
            venue("matchbook", orders_unknown=1, tokens=0, throttled=7),
        ),
        markets=markets(),
        ladder=ladder(LadderOf("brackley/match_odds", 0)),
        orders=orders(),
        exposure=(
            exposure("Marston Wanderers v Larkfield United", 16_099_000, 40_247),
            exposure("Brackley Albion v Fenwick Town", 375_570_000, 938_925),
        ),
        pnl=(
            PnlRow("venue/kalshi", "kalshi", 0, 2_400_000, 2_400_000, 250_000, 2_150_000),
            PnlRow("total", "total", 4_100_000, -362_000, 3_738_000, 533_000, 3_205_000),
            PnlRow("venue/betfair", "betfair", 4_100_000, -2_000_000, 2_100_000, 283_000, 1_817_000),
            PnlRow("venue/matchbook", "matchbook", 0, -762_000, -762_000, 0, -762_000),
            PnlRow("event/e1", "Brackley Albion v Fenwick Town", 4_100_000, 0, 4_100_000, 533_000, 3_567_000),
            PnlRow("event/e2", "Marston Wanderers v Larkfield United", 0, -362_000, -362_000, 0, -362_000),
            PnlRow("strategy/maker", "maker", 4_000_000, -400_000, 3_600_000, 500_000, 3_100_000),
            PnlRow("strategy/taker", "taker", 100_000, 38_000, 138_000, 33_000, 105_000),
        ),
        history=history(),
        strategies=(
            StrategyRow("maker", False, "", "", 3, 902, 41, 86 * M),
            StrategyRow("taker", True, "oper", "lunch", 1, 12, 7, 20 * M),
        ),
        plans=(
            plan_row("plan 7", naked_since_ms=0, even_by_ms=0, uneven_micros=0, state="HEDGED", is_over=True),
            plan_row("plan 12"),
        ),
        recon=tuple(recon(name, breaks_open=int(name == "kalshi")) for name in VENUES),
        breaks=(breaks,),
        alerts=(
            AlertRow("a1", NOW_MS - 61_000, "info", "run began"),
            AlertRow("a2", NOW_MS - 31_000, "critical", "break: an order of theirs is not ours", "kalshi"),
            AlertRow("a3", NOW_MS - 9_000, "warning", "throttled", "matchbook", 7),
        ),
    )
    return msgspec.structs.replace(found, **changed)


def recon(name: str, **changed: Any) -> ReconRow:
    """A venue whose last round ended three seconds ago, and whose wallet agrees with our books."""
    ended_ms = NOW_MS - 3_100
    return msgspec.structs.replace(
        ReconRow(name, 13, ended_ms, 0, 2, 0, wallet="agreed", agreed_ms=ended_ms), **changed
    )


def snapshot(seq: int = 1, **changed: Any) -> Frame:
    """The first frame."""
    return Frame(seq, NOW_MS, snapshot=True, rows=rows(**changed), ladder_of=LadderOf("brackley/match_odds", 0))


def plan() -> FlattenPlan:
    """A way out in one order."""
    one = FlattenOrder(
        "brackley/match_odds", "Brackley Albion v Fenwick Town", 0, "Brackley Albion", "betfair", "betfair/1/1",
        Side.LAY, "2.06", 12 * M, "GBP", 12 * M, 480_000, 490_000, 1_240_000,
    )  # fmt: skip
    return FlattenPlan("USD", NOW_MS, (one,), (), 1_240_000)
