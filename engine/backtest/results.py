"""From lanes that were played to rows and sums."""

from collections import defaultdict
from pathlib import Path
from typing import Any

from desk.reports.results import EdgeResult, FileResult, MarketResult, Markout
from domain.claims import claims_and_cost_micros
from domain.fees import NetWinFee
from domain.ids import InstrumentId, OrderRef, VenueMarketId, VenueName
from domain.money import FX_SCALE, half_up_to
from domain.net_price import PROBABILITY_SCALE
from domain.odds import PriceKind, claim_ratio
from domain.orders import Order, Side
from engine.backtest.playing import Played
from engine.backtest.rows import FilePlayed, FillRow, LaneResult, MarketRow, OrderRow
from engine.backtest.watch import Watch
from engine.summary import summary
from oms.order_states import state_of
from storage.journal import Position
from venues.sim.paper_floor import PaperFill, PaperFloor

EDGES = ((0.0, "below 0 %"), (0.005, "0 to 0.5 %"), (0.01, "0.5 to 1 %"), (0.02, "1 to 2 %"), (0.05, "2 to 5 %"))
EDGE_ABOVE = "5 % and more"
NO_EDGE = "no fair value"
EDGE_LABELS = (*(label for _, label in EDGES), EDGE_ABOVE, NO_EDGE)
E6, E9 = 10**6, PROBABILITY_SCALE


def file_played(path: Path, played: Played, *, out: str) -> FilePlayed:
    """Everything that is kept of one file."""
    found = [one for tape in played.tapes for one in tape.found]
    notes = dict.fromkeys(one.why_not for one in found if one.why_not)
    known = {one.id: one for one in found}
    rows = tuple(
        MarketRow(
            assumption="",
            file=path.name,
            market=one.id,
            event=one.event,
            name=one.name,
            gross_micros=0,
            commission_micros=0,
            net_micros=0,
            matched_micros=0,
            orders=0,
            fills=0,
            settled=False,
            note=f"not simulated: {one.why_not}",
        )
        for one in known.values()
        if one.why_not
    )
    return FilePlayed(
        file=FileResult(
            name=path.name,
            messages=played.messages,
            markets=len({one.id for tape in played.tapes for one in tape.markets}),
            first_ms=played.first_ms,
            last_ms=played.last_ms,
            note="; ".join(f"not simulated: {why}" for why in notes),
        ),
        skipped=tuple(one for tape in played.tapes for one in tape.skipped),
        crossed=played.crossed,
        unplayed=rows,
        lanes=tuple(_Sums(path.name, played, watch).result(out) for watch in played.watches),
    )


class _Sums:
    """One lane's results."""

    def __init__(self, file: str, played: Played, watch: Watch) -> None:
        self._file = file
        self._played = played
        self._watch = watch
        self._lane = watch.lane
        self._floors = watch.lane.floors
        self._fills = watch.lane.fills
        self._assumption = watch.lane.bound.value
        self._titles = {one.id: (tape.venue, one) for tape in played.tapes for one in tape.found}
        self._orders: dict[OrderRef, Order] = {order.ref: order for order in watch.lane.state.blotter.orders.every()}

    def result(self, out: str) -> LaneResult:
        """All of it."""
        markets = [self._market(one.id) for _, one in self._titles.values() if not one.why_not]
        orders = [self._orders[ref] for ref in self._lane.orders if ref in self._orders]
        return LaneResult(
            assumption=self._assumption,
            summary=self._summary(out, markets),
            fills=tuple(self._fill(fill) for fill in self._fills),
            orders=tuple(self._order(order) for order in orders),
            markets=tuple(markets),
            results=tuple(
                MarketResult(
                    market=row.market,
                    event=row.event,
                    net_micros=row.net_micros,
                    commission_micros=row.commission_micros,
                    matched_micros=row.matched_micros,
                    orders=row.orders,
                    fills=row.fills,
                    settled=row.settled,
                )
                for row in markets
            ),
            equity=tuple(self._watch.equity),
            inventory=tuple(self._watch.inventory),
            markouts=tuple(
                Markout(
                    horizon_s=horizon,
                    fills=tally.fills,
                    matched_micros=tally.matched_micros,
                    gained_micros=tally.gained_micros,
                    unmeasured=tally.unmeasured,
                )
                for horizon, tally in self._watch.markouts.items()
            ),
            edges=self._edges(),
            worst_loss_micros=self._lane.telemetry.worst_loss_max_micros,
            refused=sum(self._lane.telemetry.refusals.values()),
            orders_filled=len({fill.ref for fill in self._fills}),
            placed_micros=sum(
                self._base(self._stake(one), self._lane.state.venue_of(one.instrument)) for one in orders
            ),
        )

    def _summary(self, out: str, markets: list[MarketRow]) -> dict[str, Any]:
        """The keys of every run's summary; profit is what the venue's own statements say, open bets marked."""
        lane = self._lane
        seconds = (self._played.last_ms - self._played.first_ms) / 1_000
        told = summary(Path(out), lane.state, lane.telemetry, Position(0, b""), mode="backtest", seconds=seconds)
        gross, fees = sum(row.gross_micros for row in markets), sum(row.commission_micros for row in markets)
        told["pnl"] = {"gross": gross, "fees": fees, "net": gross - fees}
        return told

    def _market(self, market: VenueMarketId) -> MarketRow:
        venue, title = self._titles[market]
        floor = self._floors[venue]
        statement = floor.statements.get(market)
        fills = [fill for fill in self._fills if self._market_of(fill) == market]
        orders = [one for one in self._lane.orders.values() if self._listed_in(one.command.instrument) == market]
        if statement is not None:
            gross, taken = self._base(statement.profit_micros, venue), self._base(statement.commission_micros, venue)
            note = "dead heat: places shared" if statement.shared else ""
        else:
            gross, taken = self._mark(floor, market), 0
            note = "not settled in the recording: open bets marked at the last prices"
        if (played := floor.markets.get(market)) is not None:
            taken += self._base(played.fees_micros, venue)
        return MarketRow(
            assumption=self._assumption,
            file=self._file,
            market=market,
            event=title.event,
            name=title.name,
            gross_micros=gross,
            commission_micros=taken,
            net_micros=gross - taken,
            matched_micros=self._base(sum(fill.cost_micros for fill in fills), venue),
            orders=len(orders),
            fills=len(fills),
            settled=statement is not None,
            note=note,
        )

    def _mark(self, floor: PaperFloor, market: VenueMarketId) -> int:
        ours = {one.listing.market for one in floor.instruments.values() if one.listing.venue_market == market}
        return sum(self._watch.mark_micros(one, market) for one in ours)

    def _fill(self, fill: PaperFill) -> FillRow:
        ordered = self._lane.orders[fill.ref]
        return FillRow(
            assumption=self._assumption,
            file=self._file,
            at_ms=fill.at_ms,
            market=self._market_of(fill),
            outcome=self._outcome(fill.instrument),
            strategy=ordered.command.strategy,
            ref=fill.ref,
            side=fill.side.value,
            odds=fill.odds,
            stake_micros=fill.cost_micros,
            claims_micros=fill.claims_micros,
            maker=fill.maker,
            probability=ordered.probability_e9 / E9 if ordered.probability_e9 else None,
        )

    def _order(self, order: Order) -> OrderRow:
        ordered = self._lane.orders[order.ref]
        return OrderRow(
            assumption=self._assumption,
            file=self._file,
            at_ms=ordered.at_ms,
            market=self._listed_in(order.instrument),
            outcome=self._outcome(order.instrument),
            strategy=order.strategy,
            ref=order.ref,
            side=order.side.value,
            odds=_odds(self._kind(order), order.price),
            stake_micros=self._stake(order),
            life=order.tif.value,
            state=state_of(order).value,
            matched_micros=order.matched_micros,
            claims_micros=order.claims_micros,
            cancelled_micros=order.cancelled_micros,
            lapsed_micros=order.lapsed_micros,
            voided_micros=order.voided_micros,
            probability=ordered.probability_e9 / E9 if ordered.probability_e9 else None,
            because=ordered.because,
        )

    def _edges(self) -> tuple[EdgeResult, ...]:
        """What orders of settled markets were promised and what they brought, both after commission."""
        sums: defaultdict[tuple[str, VenueName], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for venue, floor in self._floors.items():
            for statement in floor.statements.values():
                gross = statement.profit_micros
                for line in statement.lines:
                    label, promised = self._promised(floor, line.ref)
                    paper = floor.orders[line.ref]
                    row = sums[label, venue]
                    row[0] += len(paper.bets)
                    row[1] += paper.cost
                    row[2] += promised
                    row[3] += line.profit_micros - paper.fee
                    if gross > 0:
                        row[3] -= half_up_to(statement.share_of_commission(line))
        by_label: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for (label, venue), (fills, *amounts) in sums.items():
            told = [fills, *(self._base(micros, venue) for micros in amounts)]
            by_label[label] = [a + b for a, b in zip(by_label[label], told, strict=True)]
        return tuple(
            EdgeResult(
                label=label,
                fills=row[0],
                matched_micros=row[1],
                promised_micros=row[2],
                realised_micros=row[3],
            )
            for label, row in sorted(by_label.items(), key=lambda one: EDGE_LABELS.index(one[0]))
        )

    def _promised(self, floor: PaperFloor, ref: OrderRef) -> tuple[str, int]:
        """The group of an order's edge, and its expected profit at the fair probability of its decision."""
        paper, p_e9 = floor.orders[ref], self._lane.orders[ref].probability_e9
        if not p_e9:
            return NO_EDGE, 0
        sign = 1 if paper.order.side is Side.BACK else -1
        p = p_e9 / E9
        win, lose = sign * (paper.claims - paper.cost), -sign * paper.cost
        fee = floor.instruments[paper.order.instrument].terms.fee
        rate = fee.rate_ppm * (E6 - fee.discount_ppm) / E6**2 if isinstance(fee, NetWinFee) else 0.0
        worth = p * (win if win < 0 else win * (1 - rate)) + (1 - p) * (lose if lose < 0 else lose * (1 - rate))
        worth -= paper.fee
        edge = worth / paper.claims
        return next((label for limit, label in EDGES if edge < limit), EDGE_ABOVE), round(worth)

    # --- leaves ---

    def _base(self, micros: int, venue: VenueName) -> int:
        return micros * self._lane.state.started.rates_e8[self._lane.currencies[venue]] // FX_SCALE

    def _kind(self, order: Order) -> PriceKind:
        return self._lane.state.instruments[order.instrument].terms.kind

    def _stake(self, order: Order) -> int:
        """The backer's stake at the limit."""
        return claims_and_cost_micros(self._kind(order), order.price, order.size_micros)[1]

    def _listed_in(self, instrument: InstrumentId) -> VenueMarketId:
        return self._lane.state.instruments[instrument].listing.venue_market

    def _market_of(self, fill: PaperFill) -> VenueMarketId:
        return self._listed_in(fill.instrument)

    def _outcome(self, instrument: InstrumentId) -> str:
        listing = self._lane.state.instruments[instrument].listing
        return self._lane.state.markets[listing.market].outcomes[listing.outcome]


def _odds(kind: PriceKind, price: int) -> float:
    """Decimal odds of a native price."""
    part, whole = claim_ratio(kind, price)
    return whole / part
