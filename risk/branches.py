"""One market's worst loss: bets summed per selection, netted per venue market, added over venues branch by branch.

If exactly one outcome wins, each outcome is one branch and the worst is exact. If w of n win, a branch is a set
of winners: in one venue's market the worst set costs the sum of the losing results plus the w smallest
differences between winning and losing. Over several venues: what is left of a gross result x after commission c is
min(x, (1-c)x), so the worst sum over venues is the least over all choices, venue by venue, of taxed or untaxed; and
for one choice the result of a set is a plain sum over its winners, of which the w smallest are the worst. That is the
worst of all sets exactly, but for the last coin of each commission, which is counted against us unless every venue
at its own worst set is no worse.

An Asian line can also end between its two outcomes: a part of each stake is won or lost, the rest comes back. There
every bet brings the same part of what it brings if one side wins outright, and so does what commission on a net win
leaves of their sum, which is in proportion. Such an end is no worse than the worse of the two outcomes, or than
nothing: two branches are enough, and exact. (Fees by the fill would not come back; no venue that takes them has lines.)
One market of a venue may hold many lines: commission is counted on each alone, never less than on their sum.

A venue that may void a selection alone, while the others settle it as won or lost, has one branch more for each of
its selections under each outcome: the result there is at most nothing, less the fees of what is matched until then,
until the venue has said how it settled the selection. The money that it holds knows no such branch.

Amounts are millionths; every rounding, to the coin of a commission or into base, goes against us.
"""

from fractions import Fraction

from domain.fees import FeeTerms, NetWinFee
from domain.ids import SelectionId
from domain.markets import VOID, Market, Result
from domain.money import FX_SCALE, MICROS

_PPM2 = MICROS * MICROS


class Tally:
    """A sum of worst losses under one name, base-currency millionths: a league's, a sport's, a model's, a venue's."""

    __slots__ = ("loss", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.loss = 0


class Cell:
    """Sums over our orders on one selection of a venue's market, in the venue's currency.

    `win` and `lose` are gross results of what is matched, `held` its claims (negative when given), `fees` what its
    fills were charged. `open_win` and `open_lose` add up `min(0, result)` of what may still match, `open_fees` what
    its fills may be charged, `open_back` and `open_lay` its claims, `open_cost` what it costs; `open_base` is that in
    base, as it was added up last.
    """

    __slots__ = (
        "drop", "fees", "held", "lose", "open_back", "open_base", "open_cost", "open_fees", "open_lay", "open_lose",
        "open_win", "outcome", "result", "rise", "selection", "venue", "voidable", "win",
    )  # fmt: skip

    def __init__(self, venue: "VenueBets", selection: SelectionId, *, outcome: int, voidable: bool) -> None:
        self.venue = venue
        self.selection = selection
        self.outcome = outcome
        self.voidable = voidable
        self.result: Result | None = None
        self.win = self.lose = self.held = self.fees = 0
        self.open_win = self.open_lose = self.open_fees = self.open_back = self.open_lay = 0
        self.open_cost = self.open_base = 0
        self.drop = self.rise = 0

    def drop_and_rise(self, more_win: int, more_lose: int, more_fees: int, *, alone: bool = False) -> tuple[int, int]:
        """What the cell brings in every branch, and what its selection winning adds to that.

        `alone`: as the venue sees it, which settles as it says and compares with nobody.
        """
        if self.result is VOID:
            return 0, 0
        win = self.win + self.open_win + more_win
        lose = self.lose + self.open_lose + more_lose
        if self.voidable and self.result is None and not alone:
            void = -self.open_fees - more_fees
            lose, win = min(lose, void), min(win, void)
        return lose, win - lose


class VenueBets:
    """Our bets in one venue's market: the place where commission is charged and collateral held.

    `floor` is what all cells bring in every branch, `rises[k]` what outcome k winning adds to it, `branches` the
    net result per winning outcome in base. `left_of_gross` are the parts of a gross result, in 1e-12, of which the
    smaller product is what commission leaves, `coins_of_gross` the coins of commission on one millionth of it.
    """

    __slots__ = (
        "branches",
        "cells",
        "coin",
        "coins_of_gross",
        "drops",
        "fees",
        "floor",
        "left_of_gross",
        "loss",
        "market",
        "rate_e8",
        "rises",
        "settled",
        "share",
        "tally",
    )

    def __init__(self, market: "MarketBets", fee: FeeTerms, rate_e8: int) -> None:
        outcomes = len(market.market.outcomes)
        self.market = market
        self.cells: list[Cell] = []
        self.rate_e8 = rate_e8
        self.fees = self.floor = 0
        self.loss = 0
        self.settled = False
        self.tally: Tally | None = None
        self.rises, self.branches = [0] * outcomes, [0] * outcomes
        self.charge(fee)

    def charge(self, fee: FeeTerms) -> None:
        """Be charged so from now on; `refresh` takes it over."""
        self.share = fee.rate_ppm * (MICROS - fee.discount_ppm) if isinstance(fee, NetWinFee) else 0
        self.coin = fee.step_micros if isinstance(fee, NetWinFee) else 1
        self.coins_of_gross = Fraction(self.share, _PPM2 * self.coin).as_integer_ratio()
        self.left_of_gross = (_PPM2, _PPM2 - self.share) if self.share else (_PPM2,)

    def refresh(self, cell: Cell) -> None:
        """Take over a cell that changed."""
        drop, rise = cell.drop_and_rise(0, 0, 0)
        self.floor += drop - cell.drop
        self.rises[cell.outcome] += rise - cell.rise
        cell.drop, cell.rise = drop, rise
        was, self.branches = self.branches, self.net_branches(self.floor, self.rises, self.rate_e8)
        market = self.market
        market.total = [total - old + new for total, old, new in zip(market.total, was, self.branches, strict=True)]

    def add_up(self) -> None:
        """Tell the venue's tally what these bets alone can lose now."""
        if self.tally is not None:
            loss = 0 if self.settled else self.loss_alone(self.floor, self.rises, self.rate_e8)
            self.tally.loss += loss - self.loss
            self.loss = loss

    def loss_alone(self, floor: int, rises: list[int], rate_e8: int) -> int:
        """The most that one venue's bets on a market lose with these figures, whatever other venues pay; in base."""
        winners = self.market.market.winners
        if winners == 1:
            return max(0, -min(self.net_branches(floor, rises, rate_e8)))
        gross = self.worst_gross(floor, rises)
        return max(0, -((gross - self.fees - self.commission(gross)) * rate_e8 // FX_SCALE))

    def net_branches(self, floor: int, rises: list[int], rate_e8: int) -> list[int]:
        """Net result per winning outcome, in base."""
        fees, taxed = self.fees, self.share and floor + max(rises) > 0
        if taxed:
            grosses = [floor + rise for rise in rises]
            return [(gross - fees - self.commission(gross)) * rate_e8 // FX_SCALE for gross in grosses]
        return [(floor + rise - fees) * rate_e8 // FX_SCALE for rise in rises]

    def commission(self, gross: int) -> int:
        """Commission on the gross result of the venue's market, never less than what the venue will book."""
        if gross <= 0:
            return 0
        part, whole = self.coins_of_gross
        return -(-gross * part // whole) * self.coin

    def worst_gross(self, floor: int, rises: list[int]) -> int:
        """The worst result before commission and fees."""
        winners = self.market.market.winners
        return floor + (min(rises) if winners == 1 else sum(sorted(rises)[:winners]))

    def held_gross(self, changed: Cell | None = None, more_win: int = 0, more_lose: int = 0) -> int:
        """The worst result that the venue must hold money for, with two more results in one cell."""
        floor, rises = 0, [0] * len(self.rises)
        for cell in self.cells:
            more = (more_win, more_lose, 0) if cell is changed else (0, 0, 0)
            drop, rise = cell.drop_and_rise(*more, alone=True)
            floor += drop
            rises[cell.outcome] += rise
        return self.worst_gross(floor, rises)

    def matched(self) -> list[int]:
        """Gross matched result per winning outcome, what was voided left out."""
        lost, rises = 0, [0] * len(self.rises)
        for cell in self.cells:
            if cell.result is not VOID:
                lost += cell.lose
                rises[cell.outcome] += cell.win - cell.lose
        return [lost + rise for rise in rises]

    def worst_of(self, results: list[int]) -> int:
        """The worst over all sets of winners of results per winning outcome, as `matched` gives them."""
        winners = self.market.market.winners
        if winners == 1:
            return min(results)
        lost = sum(cell.lose for cell in self.cells if cell.result is not Result.VOID)
        return lost + sum(sorted(result - lost for result in results)[:winners])

    def need(self, cell: Cell, more_win: int, more_lose: int, *, floor: int, rises: list[int], paid: bool) -> int:
        """How much more the venue must hold with two more results in a cell, which make these of its figures.

        Contracts are `paid` for when they are bought; at odds what is won for sure pays for what may be lost.
        """
        if cell.voidable:
            was, then = self.held_gross(), self.held_gross(cell, more_win, more_lose)
        else:
            was, then = self.worst_gross(self.floor, self.rises), self.worst_gross(floor, rises)
        return was - then if paid else min(0, was) - min(0, then)

    @property
    def idle(self) -> bool:
        """Nothing matched and nothing open."""
        return not (self.fees or any(cell.drop or cell.rise for cell in self.cells))


class MarketBets:
    """All venues' bets on one market. `total` is the net result per winning outcome, `loss` the worst loss, in base."""

    __slots__ = ("loss", "market", "settling", "total", "venues")

    def __init__(self, market: Market) -> None:
        self.market = market
        self.venues: list[VenueBets] = []
        self.total = [0] * len(market.outcomes)
        self.loss = 0
        self.settling = False

    @property
    def over(self) -> bool:
        """Every venue where we bet on it has settled."""
        return self.settling and all(venue.settled or venue.idle for venue in self.venues)

    def ends(self) -> list[int]:
        """Net result of each way in which the market can end, everything open matched that hurts; in base.

        By the outcome that wins or, where all but one do, by the one that loses; of more ways the worst alone.
        """
        outcomes, winners = len(self.total), self.market.winners
        if self.over:
            return [0] * outcomes
        if winners == 1:
            return [*self.total]
        if winners != outcomes - 1:
            return [-self.loss]
        columns = [
            venue.net_branches(venue.floor + sum(venue.rises), [-rise for rise in venue.rises], venue.rate_e8)
            for venue in self.venues
        ]
        return [sum(column) for column in zip(*columns, strict=True)] if columns else [0] * outcomes

    def refresh(self) -> None:
        """Take over what one venue's bets have made of `total`."""
        if self.over:
            self.loss = 0
        elif self.market.winners == 1:
            self.loss = max(0, -min(self.total))
        else:
            self.loss = self._loss_over_sets(None, 0, [], 0)

    def loss_if(self, changed: VenueBets, floor: int, rises: list[int], rate_e8: int) -> int:
        """Worst loss if one venue's bets had these figures instead of their own."""
        if self.market.winners > 1:
            return self._loss_over_sets(changed, floor, rises, rate_e8)
        tried = changed.net_branches(floor, rises, rate_e8)
        worst = min([whole - now + then for whole, now, then in zip(self.total, changed.branches, tried, strict=True)])
        return max(0, -worst)

    def _loss_over_sets(self, changed: VenueBets | None, floor: int, rises: list[int], rate_e8: int) -> int:
        winners = self.market.winners
        sums = [(0, [0] * len(self.total))]
        apart = coins = 0
        for venue in self.venues:
            at, ups, rate = (floor, rises, rate_e8) if venue is changed else (venue.floor, venue.rises, venue.rate_e8)
            lowest = at + sum(sorted(ups)[:winners])
            apart += (lowest - venue.commission(lowest) - venue.fees) * rate // FX_SCALE
            coins += -(-venue.coin * rate // FX_SCALE) if venue.share and (at or any(ups)) else 0  # none on nothing
            fees = venue.fees * rate * _PPM2
            sums = [
                (whole + at * part - fees, [was + up * part for was, up in zip(by_winner, ups, strict=True)])
                for whole, by_winner in sums
                for part in (rate * left for left in venue.left_of_gross)
            ]
        together = min(whole + sum(sorted(by_winner)[:winners]) for whole, by_winner in sums) // (FX_SCALE * _PPM2)
        return max(0, -max(apart, together - coins))
