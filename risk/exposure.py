"""Worst loss, kept up to date order by order: over every outcome, all that is matched and all that may yet match.

An order is a pair of results: what it brings if its selection wins, and if it loses. What is matched counts as it
is. What may still match counts only where it hurts, `min(0, result)`: under one outcome each open order hurts or
not independently of the others, so the sum is the minimum over all subsets of fills. This holds in every state
but a proven end: unknown, pending and cancel-pending orders count in full.

Commission is charged on what one venue's market won in sum. So results are added within a venue's market, netted,
converted to base, and only then added over venues: a back of 100 at 2.0 at one venue that takes 5 % against a lay
of 100 at 2.0 at another is not flat, it can lose 5. Fees of fills count in both results, with a reserve for
fills to come.

An event's worst loss is the sum over its markets; a market that cannot lose counts as nothing, not as a credit.
A market leaves the sum when every venue where we bet on it has settled.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction

import msgspec

from domain.claims import claims_and_cost_micros, results
from domain.fees import FeeTerms, NetWinFee, ProfitOrLesserFee, commission, fee_reserve_micros
from domain.ids import (
    EventId,
    InstrumentId,
    MarketId,
    SelectionId,
    StrategyName,
    VenueMarketId,
    VenueName,
    exchange_of,
)
from domain.intents import Child
from domain.markets import VOID, Instrument, Listing, Market, Result
from domain.money import FX_SCALE
from domain.odds import PriceKind
from domain.orders import BACK, Amend, Order, Side
from domain.terms import Terms
from risk.branches import Cell, MarketBets, Tally, VenueBets

FILLS_MAX = 100
"""For the reserve of fees: no order is matched in more pieces than this, nor in more than it has lots."""


class Trial(msgspec.Struct, frozen=True):
    """What would stand if an order were added: worst losses, positive, base-currency millionths.

    `order_micros` is the order's own, `before_micros` the event's without it. `need_micros` is how much more the
    venue must hold for its market, in the venue's currency; `more_claims_micros` how many more claims would be open,
    `more_cost_micros` how much more may be matched, at cost in base.
    """

    order_micros: int
    market_micros: int
    event_micros: int
    total_micros: int
    before_micros: int
    need_micros: int
    more_claims_micros: int
    more_cost_micros: int

    @property
    def reducing(self) -> bool:
        """The order does not raise the event's worst loss."""
        return self.event_micros <= self.before_micros


class Position(msgspec.Struct, frozen=True):
    """Claims on one instrument, millionths: net held (negative when given), and in open orders of either side."""

    held_micros: int
    open_back_micros: int
    open_lay_micros: int

    @property
    def longest_micros(self) -> int:
        """The most claims held or given with all that is open on one side matched and nothing on the other."""
        return max(abs(self.held_micros + self.open_back_micros), abs(self.held_micros - self.open_lay_micros))


class Exposure:
    """What the desk can lose, per market, event and in all; ours alone to keep, fed by every change of an order.

    `open_cost_micros` is what everything open would cost if it were matched at its limit, in base.
    Sums beside the event's are kept for whoever asked for them: `tallies` by market, `venue_tallies` of what the bets
    at one venue lose by themselves, `strategies` of what the orders of one strategy do; see `risk.rollups`.
    """

    def __init__(self, markets: Iterable[Market]) -> None:
        self.total_loss_micros = 0
        self.open_cost_micros = 0
        self._markets = {market.id: MarketBets(market) for market in markets}
        self._events: dict[EventId, int] = {bets.market.event: 0 for bets in self._markets.values()}
        self._venues: dict[tuple[VenueName, VenueMarketId, MarketId], VenueBets] = {}
        self._cells: dict[InstrumentId, Cell] = {}
        self._contracts: dict[tuple[str, VenueMarketId, SelectionId], list[Cell]] = {}
        self._results: dict[tuple[VenueName, VenueMarketId], Mapping[SelectionId, Result]] = {}
        self._pnl: dict[MarketId, tuple[int, ...]] = {}  # asked at every look, changed by matches only
        self.tallies: dict[MarketId, list[Tally]] = {}
        self.venue_tallies: dict[VenueName, Tally] = {}
        self.strategies: dict[StrategyName, Exposure] = {}

    # --- what changes it ---

    def update(self, before: Order | None, after: Order | None, instrument: Instrument, rate_e8: int) -> None:
        """Replace an order by what it became; None stands for an order that is not there."""
        cell = self._cells.get(instrument.id) or self._add_cell(instrument, rate_e8)
        venue, matched = cell.venue, rate_e8 != cell.venue.rate_e8
        if before is not None:
            matched |= _count(cell, before, instrument.terms, -1)
        if after is not None:
            matched |= _count(cell, after, instrument.terms, 1)
        if matched:
            self._pnl.pop(venue.market.market.id, None)
        venue.rate_e8 = rate_e8
        open_base = -(-cell.open_cost * rate_e8 // FX_SCALE)
        if open_base != cell.open_base:
            self.open_cost_micros += open_base - cell.open_base
            cell.open_base = open_base
        venue.refresh(cell)
        self._add_up(venue.market)
        if venue.tally is not None:
            venue.add_up()
        if self.strategies:
            whose = after if after is not None else before
            own = None if whose is None else self.strategies.get(whose.strategy)
            if own is not None:
                own.update(before, after, instrument, rate_e8)

    def settle(self, venue: VenueName, venue_market: VenueMarketId, results: Mapping[SelectionId, Result]) -> None:
        """A venue said how its market ended: what it voided is gone, what it settled cannot be voided any more."""
        self._results[venue, venue_market] = results
        for key, bets in self._venues.items():
            if key[:2] != (venue, venue_market):
                continue
            bets.settled = bets.market.settling = True
            for cell in bets.cells:
                cell.result = results.get(cell.selection)
                bets.refresh(cell)
            self._pnl.pop(bets.market.market.id, None)
            self._add_up(bets.market)
            bets.add_up()
        for own in self.strategies.values():
            own.settle(venue, venue_market, results)

    # --- what an order would do ---

    def trial(self, child: Child, instrument: Instrument, rate_e8: int, *, instead: Order | None = None) -> Trial:
        """Worst losses with the order added, counted as it will be from the moment it is placed.

        `instead` of it a resting order takes its terms over: until that is proven the dearer count of both.
        """
        cell = self._cells.get(instrument.id) or self._add_cell(instrument, rate_e8)
        reach = open_results(child.side, child.price, child.size_micros, instrument.terms)
        own = -(min(reach[:2]) * rate_e8 // FX_SCALE)
        win, lose, claims, cost, fees = reach if instead is None else _beyond(instead, reach, instrument.terms)
        venue, market = cell.venue, cell.venue.market
        floor, rises = _with(cell, win, lose, fees)
        loss = market.loss_if(venue, floor, rises, rate_e8)
        before = self._events[market.market.event]
        more = loss - market.loss
        paid = instrument.terms.kind is PriceKind.CONTRACT
        need = venue.need(cell, win, lose, floor=floor, rises=rises, paid=paid)
        return Trial(
            own,
            loss,
            before + more,
            self.total_loss_micros + more,
            before,
            need,
            claims,
            -(-cost * rate_e8 // FX_SCALE),
        )

    def worst_loss_filled(
        self, child: Child, instrument: Instrument, rate_e8: int, *, instead: Order | None = None
    ) -> int:
        """The event's worst loss if the order were matched in full at its limit at once, `instead` of one at rest."""
        cell = self._cells.get(instrument.id) or self._add_cell(instrument, rate_e8)
        terms = instrument.terms
        claims, cost = claims_and_cost_micros(terms.kind, child.price, child.size_micros)
        fee = _reserve(terms, child.size_micros, claims=claims, cost=cost)
        win, lose = _bet_results(child.side, terms.fee, claims=claims, cost=cost)
        was = (0, 0, 0, 0, 0) if instead is None else _open_of(instead, terms)
        return _event_if(self, cell, win - fee - was[0], lose - fee - was[1], fee - was[4], rate_e8)

    # --- what stands ---

    def worst_loss_micros(self, event: EventId) -> int:
        """The most that the event can cost us, base-currency millionths; zero if it cannot."""
        return self._events[event]

    def market_loss_micros(self, market: MarketId) -> int:
        """The most that the market can cost us, base-currency millionths; zero if it cannot."""
        return self._markets[market].loss

    def worst_by_outcome_micros(self, market: MarketId) -> tuple[int, ...]:
        """Net result if an outcome alone wins and every open order that hurts is matched, in base."""
        return tuple(self._markets[market].total)

    def pnl_micros(self, market: MarketId) -> tuple[int, ...]:
        """Net result of what is matched if an outcome alone wins, in base."""
        known = self._pnl.get(market)
        if known is None:
            columns = [_matched_branches(venue) for venue in self._markets[market].venues]
            zero = (0,) * len(self._markets[market].total)
            known = self._pnl[market] = tuple(map(sum, zip(*columns, strict=True))) if columns else zero
        return known

    def pnl_none_micros(self, market: MarketId) -> int:
        """Net result of what is matched if no outcome wins, in base: what each of several winners adds to."""
        return sum(_matched_none(venue) for venue in self._markets[market].venues)

    def venue_pnl(self, listing: Listing, side: Side) -> tuple[int, int]:
        """Gross matched result in the listing's venue market if its outcome wins and if it loses, venue's currency.

        Of several ways to lose, the one that makes the next bet of this side dearest after commission.
        """
        venue = self.bets_at(listing)
        if venue is None:
            return 0, 0
        others = venue.matched()
        ours = others.pop(listing.outcome)
        if not others:
            return ours, sum(cell.lose for cell in venue.cells)
        return ours, min(others) if side is BACK else max(others)

    def bets_at(self, listing: Listing) -> VenueBets | None:
        """Our bets in a listing's venue market, None before there is any."""
        return self._venues.get((listing.venue, listing.venue_market, listing.market))

    def position(self, instrument: InstrumentId) -> Position:
        """Claims on one instrument, matched and open."""
        cell = self._cells.get(instrument)
        return Position(cell.held, cell.open_back, cell.open_lay) if cell else Position(0, 0, 0)

    # --- within ---

    def _add_cell(self, instrument: Instrument, rate_e8: int) -> Cell:
        """Begin to count on an instrument, as settled if its market is: when that is must make no difference."""
        listing = instrument.listing
        market = self._markets[listing.market]
        key = listing.venue, listing.venue_market, listing.market
        venue = self._venues.get(key)
        if venue is None:
            venue = self._venues[key] = VenueBets(market, instrument.terms.fee, rate_e8)
            market.venues.append(venue)
            venue.tally = self.venue_tallies.get(listing.venue)
        voidable = listing.venue in market.market.void_alone
        cell = Cell(venue, listing.selection, outcome=listing.outcome, voidable=voidable)
        if (results := self._results.get(key[:2])) is not None:
            venue.settled = market.settling = True
            cell.result = results.get(listing.selection)
        venue.cells.append(cell)
        self._cells[instrument.id] = cell
        contract = exchange_of(listing.venue), listing.venue_market, listing.selection
        self._contracts.setdefault(contract, []).append(cell)
        return cell

    def _add_up(self, market: MarketBets) -> None:
        was = market.loss
        market.refresh()
        more = market.loss - was
        self._events[market.market.event] += more
        self.total_loss_micros += more
        if more and self.tallies:
            for tally in self.tallies.get(market.market.id, ()):
                tally.loss += more


# --- sums for whoever asks for them ---


def contract_position(exposure: Exposure, listing: Listing) -> Position:
    """Claims on what an exchange lists, matched and open, over all accounts there: they are under one control."""
    cells = exposure._contracts.get((exchange_of(listing.venue), listing.venue_market, listing.selection), ())
    return Position(
        sum(cell.held for cell in cells), sum(cell.open_back for cell in cells), sum(cell.open_lay for cell in cells)
    )


def ends_micros(exposure: Exposure, market: MarketId) -> tuple[int, ...]:
    """Net result of each way in which a market can end, in base; see `risk.branches.MarketBets.ends`."""
    return tuple(exposure._markets[market].ends())


def worst_loss_without(exposure: Exposure, order: Order, instrument: Instrument, rate_e8: int) -> int:
    """The event's worst loss if what an order has open were gone."""
    win, lose, _, _, fees = _open_of(order, instrument.terms)
    return _event_if(exposure, exposure._cells[instrument.id], -win, -lose, -fees, rate_e8)


def _event_if(exposure: Exposure, cell: Cell, win: int, lose: int, fees: int, rate_e8: int) -> int:
    """The event's worst loss with two more results in one cell, and fees among them."""
    market = cell.venue.market
    loss = market.loss_if(cell.venue, *_with(cell, win, lose, fees), rate_e8)
    return exposure._events[market.market.event] + loss - market.loss


def relist(exposure: Exposure, instrument: Instrument) -> None:
    """A venue charges its market otherwise from now on; whoever says so counts its orders anew."""
    cell = exposure._cells.get(instrument.id)
    if cell is not None:
        cell.venue.charge(instrument.terms.fee)
        cell.venue.refresh(cell)
        exposure._pnl.pop(cell.venue.market.market.id, None)
        exposure._add_up(cell.venue.market)
        cell.venue.add_up()
    for own in exposure.strategies.values():
        relist(own, instrument)


def follow_venue(exposure: Exposure, venue: VenueName) -> None:
    """Keep what the bets at one venue can lose by themselves."""
    tally = exposure.venue_tallies.setdefault(venue, Tally(venue))
    for (name, _, _), bets in exposure._venues.items():
        if name == venue and bets.tally is None:
            bets.tally = tally
            bets.add_up()


def venue_loss_if(
    exposure: Exposure, child: Child, instrument: Instrument, rate_e8: int, *, instead: Order | None = None
) -> int:
    """What the bets at a followed venue could lose by themselves with the order added, base millionths; see `trial`."""
    cell = exposure._cells.get(instrument.id) or exposure._add_cell(instrument, rate_e8)
    reach = open_results(child.side, child.price, child.size_micros, instrument.terms)
    win, lose, _, _, fees = reach if instead is None else _beyond(instead, reach, instrument.terms)
    bets = cell.venue
    alone = bets.loss_alone(*_with(cell, win, lose, fees), rate_e8)
    return exposure.venue_tallies[instrument.listing.venue].loss - bets.loss + alone


# --- one order's results ---


Reach = tuple[int, int, int, int, int]
"""What may still be matched of an order: results if it wins and loses, both at most 0, claims, cost, fees of fills."""


def open_results(side: Side, price: int, size_micros: int, terms: Terms) -> Reach:
    """What an unmatched size can take from us if its selection wins and if it loses, its claims, cost and fees.

    At the limit price, fees of its fills reserved, in the instrument's currency: a better price harms less.
    """
    claims, cost = claims_and_cost_micros(terms.kind, price, size_micros)
    if isinstance(terms.fee, NetWinFee):  # nothing is charged by the bet
        if side is BACK:
            return 0 if claims >= cost else claims - cost, -cost, claims, cost, 0
        return 0 if claims <= cost else cost - claims, 0, claims, cost, 0
    win, lose = _bet_results(side, terms.fee, claims=claims, cost=cost)
    fee = _reserve(terms, size_micros, claims=claims, cost=cost)
    return min(0, win - fee), min(0, lose - fee), claims, cost, fee


def amending_results(order: Order, amend: Amend, terms: Terms) -> Reach:
    """The same of an order whose terms are being changed: the venue holds either, so the dearer under each outcome."""
    old = open_results(order.side, order.price, max(0, order.remaining_micros), terms)
    new = open_results(order.side, amend.price, order.amended_micros, terms)
    win, lose = min(old[0], new[0]), min(old[1], new[1])
    return win, lose, max(old[2], new[2]), max(old[3], new[3]), max(old[4], new[4])


def _open_of(order: Order, terms: Terms) -> Reach:
    """What an order has open, as it is counted."""
    if order.amend is not None:
        return amending_results(order, order.amend, terms)
    return open_results(order.side, order.price, order.exposed_micros, terms)


def _beyond(instead: Order, reach: Reach, terms: Terms) -> Reach:
    """What new terms add to those of the order that takes them over, which count until then."""
    win, lose, claims, cost, fees = reach
    old_win, old_lose, old_claims, old_cost, old_fees = _open_of(instead, terms)
    return (
        min(0, win - old_win),
        min(0, lose - old_lose),
        max(0, claims - old_claims),
        max(0, cost - old_cost),
        max(0, fees - old_fees),
    )


def _bet_results(side: Side, fee: FeeTerms, *, claims: int, cost: int) -> tuple[int, int]:
    """Gross results of a bet, less what settlement charges by the bet."""
    win, lose = results(side, claims=claims, cost=cost)
    if isinstance(fee, ProfitOrLesserFee):
        lesser = Fraction(min(cost, claims - cost))
        win -= -(-commission(fee, profit=Fraction(win), lesser=lesser) // 1)
        lose -= -(-commission(fee, profit=Fraction(lose), lesser=lesser) // 1)
    return win, lose


def _reserve(terms: Terms, size_micros: int, *, claims: int, cost: int) -> int:
    fee = terms.fee
    if isinstance(fee, NetWinFee):
        return 0
    fills = min(FILLS_MAX, -(-size_micros // terms.lot_micros))
    return fee_reserve_micros(fee, claims_micros=claims, cost_micros=cost, fills_max=fills)


def _fee_unreported(order: Order, terms: Terms) -> int:
    """What fills that we know only in sum may have been charged."""
    size = order.unattributed_micros
    claims, cost = claims_and_cost_micros(terms.kind, order.price, size)
    return _reserve(terms, size, claims=claims, cost=cost)


def alike(before: Order | None, after: Order) -> bool:
    """Whether two versions of an order hold and may cost the same: a word that moved no money, as most are."""
    if before is None:
        return not (
            after.matched_micros
            or after.claims_micros
            or after.cost_micros
            or after.fee_micros
            or after.unattributed_micros
            or after.exposed_micros
        )
    return (
        before.matched_micros == after.matched_micros
        and before.claims_micros == after.claims_micros
        and before.cost_micros == after.cost_micros
        and before.fee_micros == after.fee_micros
        and before.unattributed_micros == after.unattributed_micros
        and before.exposed_micros == after.exposed_micros
        and before.price == after.price
        and before.amend is after.amend
    )


def _count(cell: Cell, order: Order, terms: Terms, sign: int) -> bool:
    """Add an order to the sums of its cell, or take it out again; whether anything of it is matched."""
    back = order.side is BACK
    claims = order.claims_micros
    fee = order.fee_micros
    if order.unattributed_micros:
        fee += _fee_unreported(order, terms)
    matched = claims != 0 or fee != 0
    if matched:
        win, lose = _bet_results(order.side, terms.fee, claims=claims, cost=order.cost_micros)
        cell.win += sign * win
        cell.lose += sign * lose
        cell.held += sign * (claims if back else -claims)
        cell.fees += sign * fee
        cell.venue.fees += sign * fee
    exposed = order.exposed_micros
    if exposed:
        amend = order.amend
        win, lose, claims, cost, fees = (
            open_results(order.side, order.price, exposed, terms)
            if amend is None
            else amending_results(order, amend, terms)
        )
        cell.open_win += sign * win
        cell.open_lose += sign * lose
        cell.open_fees += sign * fees
        cell.open_cost += sign * cost
        if back:
            cell.open_back += sign * claims
        else:
            cell.open_lay += sign * claims
    return matched


# --- one venue's market ---


def _with(cell: Cell, win: int, lose: int, fees: int) -> tuple[int, list[int]]:
    """Floor and rises of the cell's venue market with two more results in the cell, and fees among them."""
    venue = cell.venue
    drop, rise = cell.drop_and_rise(win, lose, fees)
    rises = venue.rises.copy()
    rises[cell.outcome] += rise - cell.rise
    return venue.floor + drop - cell.drop, rises


def _matched_none(venue: VenueBets) -> int:
    lost = sum(cell.lose for cell in venue.cells if cell.result is not VOID)
    return venue.net_branches(lost, [0], venue.rate_e8)[0]


def _matched_branches(venue: VenueBets) -> list[int]:
    return venue.net_branches(0, venue.matched(), venue.rate_e8)
