"""The account and its reports: their paths, their answers as typed values, and what they mean in facts."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import gcd

import msgspec

from domain.ids import Currency, OrderRef, SelectionId, VenueName, VenueOrderId
from domain.markets import Result
from domain.messages import BalanceReported, OrderReported
from domain.money import MICROS
from domain.orders import Evidence, Side
from domain.settlement import PENNY, Parts
from domain.terms import BalanceBasis
from venues.errors import PeerBroke
from venues.matchbook.amounts import check, check_worth, claims_micros, exact, micros, unix_ms
from venues.matchbook.answers import UNREADABLE, answerer
from venues.matchbook.events_codec import path, selection_id
from venues.matchbook.offers_codec import SIDES

ACCOUNT_PATH = "/edge/rest/account"
BALANCE_PATH = "/edge/rest/account/balance"
POSITIONS_PATH = "/edge/rest/account/positions"
REPORTS_PATH = "/edge/rest/reports/v2"

CURRENT_OFFERS = "offers/current"
CURRENT_BETS = "bets/current"
SETTLED_BETS = "bets/settled"


class Account(msgspec.Struct, rename="kebab"):
    """What the account is charged, and in which currency it bets."""

    commission_type: str
    currency: str


class Balance(msgspec.Struct, rename="kebab"):
    """The wallet, with everything that is exposed still in it. What the rest of the figures subtract is not certain."""

    balance: Decimal

    def __post_init__(self) -> None:
        check(self.balance)


class RunnerPosition(msgspec.Struct, rename="kebab"):
    """What the market brings if a runner wins, under the one name or the other; losses are below zero.

    Some accounts are told the last one instead. Source: Matchbook API reference, "Get positions"; answers as the public
    clients have them.
    """

    market_id: int
    runner_id: int
    potential_profit: Decimal | None = None
    potential_loss: Decimal | None = None
    on_win: Decimal | None = msgspec.field(default=None, name="pnlOnWin")

    def __post_init__(self) -> None:
        check(*self._told)

    @property
    def result(self) -> Decimal | None:
        """The figure, None where there is none."""
        return next((one for one in self._told if one is not None), None)

    @property
    def _told(self) -> tuple[Decimal | None, ...]:
        return self.potential_profit, self.potential_loss, self.on_win


class PositionsPage(msgspec.Struct, rename="kebab"):
    """One page of positions."""

    positions: list[RunnerPosition]
    total: int
    per_page: int = 0


class ReportedBet(msgspec.Struct, rename="kebab"):
    """An offer or a bet in a report. `result` is the bet's own: a lay that was right is a WIN."""

    id: int
    offer_id: int = 0
    odds: Decimal = Decimal(0)
    stake: Decimal = Decimal(0)
    result: str = ""
    profit_and_loss: Decimal = Decimal(0)
    adjusted: bool = False
    submitted_time: str = ""
    settled_time: str = ""

    def __post_init__(self) -> None:
        check(self.profit_and_loss)
        check_worth((self.odds, self.stake))


class ReportedSelection(msgspec.Struct, rename="kebab"):
    """One side of one runner."""

    runner_id: int
    side: str = ""
    bets: list[ReportedBet] = []
    offers: list[ReportedBet] = []


class ReportedMarket(msgspec.Struct, rename="kebab"):
    """One market: `profit_and_loss` is gross of `commission`."""

    id: int
    profit_and_loss: Decimal = Decimal(0)
    commission: Decimal = Decimal(0)
    settled_time: str = ""
    selections: list[ReportedSelection] = []

    def __post_init__(self) -> None:
        check(self.profit_and_loss, self.commission)
        check_worth(*((bet.odds, bet.stake) for selection in self.selections for bet in selection.bets))


class Report(msgspec.Struct, rename="kebab"):
    """One page of a report; each of its rows is read by itself, see `reported_market`."""

    markets: list[msgspec.Raw]
    total: int
    per_page: int = 0


class _Numbered(msgspec.Struct):
    """What is left of a row that cannot be read: which market it is of."""

    id: int


account_answer = answerer(Account)
balance_answer = answerer(Balance)
positions_answer = answerer(PositionsPage)
report_answer = answerer(Report)
_market_decoder = msgspec.json.Decoder(ReportedMarket, strict=False)
_number_decoder = msgspec.json.Decoder(_Numbered, strict=False)


def positions_path(offset: int, *, per_page: int) -> str:
    """One page of positions."""
    return path(POSITIONS_PATH, {"offset": offset, "per-page": per_page})


def report_path(name: str, offset: int, *, per_page: int, markets: Sequence[str]) -> str:
    """One page of a report on some markets."""
    query = {"offset": offset, "per-page": per_page, "market-ids": ",".join(markets), "odds-type": "DECIMAL"}
    return path(f"{REPORTS_PATH}/{name}", query)


def reported_market(row: msgspec.Raw) -> tuple[str, ReportedMarket | None]:
    """The market of a report's row, and the row; None for one that cannot be read, which is no other market's trouble.

    PeerBroke for one that does not even say which market it is of.
    """
    try:
        market = _market_decoder.decode(row)
        return str(market.id), market
    except UNREADABLE:
        pass
    try:
        return str(_number_decoder.decode(row).id), None
    except UNREADABLE as error:
        raise PeerBroke(f"a report's row, not a market: {error}") from None


def balance_reported(balance: Balance, venue: VenueName, currency: Currency, *, asked_ns: int) -> BalanceReported:
    """The wallet as a fact."""
    return BalanceReported(venue, currency, micros(balance.balance), BalanceBasis.WALLET, asked_ns)


def settled_reported(ref: OrderRef, offer_id: str, bets: list[ReportedBet]) -> OrderReported:
    """An offer of which nothing but its settled bets is left, with odds as settled: a non-runner may have cut them."""
    standing = [bet for bet in bets if not is_annulled(bet)]
    matched = sum(micros(bet.stake) for bet in standing)
    return OrderReported(
        ref=ref,
        venue_order_id=VenueOrderId(offer_id),
        matched_micros=matched,
        claims_micros=sum(claims_micros(bet.odds, bet.stake) for bet in standing),
        cost_micros=matched,
        cancelled_micros=0,
        lapsed_micros=0,
        voided_micros=sum(micros(bet.stake) for bet in bets) - matched,
        closed=True,
        evidence=Evidence.STATEMENT,
        as_of_ms=max((unix_ms(bet.settled_time) for bet in bets), default=0),
    )


def annulled(market: ReportedMarket, ref_of: Callable[[str], OrderRef]) -> tuple[OrderReported, ...]:
    """The offers of a settled market of which a bet was annulled or its odds reduced, with what is left of them."""
    return tuple(
        settled_reported(ref_of(offer_id), offer_id, rows)
        for offer_id, rows in bets_by_offer(market).items()
        if any(is_annulled(bet) or bet.adjusted for bet in rows)
    )


def bets_by_offer(market: ReportedMarket) -> dict[str, list[ReportedBet]]:
    """A market's matched bets by the offer that they were matched of."""
    bets: dict[str, list[ReportedBet]] = {}
    for selection in market.selections:
        for bet in selection.bets:
            bets.setdefault(str(bet.offer_id), []).append(bet)
    return bets


# --- results ---


def is_annulled(bet: ReportedBet) -> bool:
    """Whether a settled bet is void: it was paid nothing, and neither won, lost nor ended in a push.

    The word for it is not documented, so any other word counts. A push is returned too, but by its result.
    """
    return not bet.profit_and_loss and bet.result not in ("WIN", "LOSE", "PUSH", "PUSH_WIN", "PUSH_LOSE")


def bet_result(side: Side, bet: ReportedBet) -> Result | None:
    """How the selection ended, by what the bet was paid; None for what only half a bet can be.

    Money speaks before words: they are not documented for every case, and a bet that is paid nothing was returned.
    """
    if bet.result in ("PUSH_WIN", "PUSH_LOSE"):
        return None
    if bet.profit_and_loss:
        won = bet.profit_and_loss > 0
    elif bet.result in ("WIN", "LOSE"):
        won = bet.result == "WIN"
    else:
        return Result.VOID
    return Result.WON if won is (side is Side.BACK) else Result.LOST


def results(selections: Iterable[ReportedSelection]) -> dict[SelectionId, Result]:
    """The result of each selection that all our bets on it agree about; what was annulled says nothing, nor does what
    ended in parts.
    """
    return {
        selection_id(runner): result
        for runner, bets in _standing(selections).items()
        if _pieces(bets) is None
        and len(found := {None if side is None else bet_result(side, bet) for side, bet in bets}) == 1
        and (result := next(iter(found))) is not None
    }


def parts(selections: Iterable[ReportedSelection]) -> tuple[tuple[SelectionId, int, int, int], ...]:
    """Selections that ended neither won nor lost as a whole, as in `MarketSettled`, where all our bets agree."""
    return tuple(
        (selection_id(runner), *pieces)
        for runner, bets in _standing(selections).items()
        if (pieces := _pieces(bets)) is not None
    )


# --- bets that end in parts ---

HALVES = {("PUSH_WIN", Side.BACK): (1, 0, 2), ("PUSH_LOSE", Side.BACK): (0, 1, 2)}
HALVES |= {("PUSH_WIN", Side.LAY): (0, 1, 2), ("PUSH_LOSE", Side.LAY): (1, 0, 2)}
"""Whose half of the selection's claims won and lost, of two: a word is about the bet, which may have been a lay."""

TIED_MAX = 12
CLOSE = Fraction(PENNY, 2)
"""How far what a bet was paid may lie from what explains it: settlement rounds to the cent."""

SHARES = tuple(
    (won, tied - won, tied) for tied in range(2, TIED_MAX + 1) for won in range(1, tied) if gcd(won, tied) == 1
)
"""What a dead heat may leave of a bet: so many places of so many that tied, the fewest first.

Source: the rule of every exchange that knows it, the stake divided by those who tied; the report has no word for it.
"""

Bets = list[tuple[Side | None, ReportedBet]]


def _standing(selections: Iterable[ReportedSelection]) -> dict[int, Bets]:
    """Each runner's bets that were not annulled."""
    found: dict[int, Bets] = {}
    for selection in selections:
        for bet in selection.bets:
            if not is_annulled(bet):
                found.setdefault(selection.runner_id, []).append((SIDES.get(selection.side), bet))
    return found


def _pieces(bets: Bets) -> tuple[int, int, int] | None:
    """How a selection ended in parts: halves by their words, a dead heat by what each single bet of it was paid.

    One in which some bet is not explained so to the cent is none: that is for people to look at.
    """
    halves = {None if side is None else HALVES.get((bet.result, side)) for side, bet in bets}
    if halves != {None}:
        return next(iter(halves)) if len(halves) == 1 else None
    if any(side is None for side, _ in bets) or all(not bet.profit_and_loss for _, bet in bets):
        return None
    if any(_explains((*whole, 1), bets) for whole in ((1, 0), (0, 1))):
        return None
    return next((share for share in SHARES if _explains(share, bets)), None)


def _explains(share: tuple[int, int, int], bets: Bets) -> bool:
    """Whether these parts of each bet come to what it was paid."""
    won, lost, whole = share
    pieces = Parts(Fraction(won, whole), Fraction(lost, whole))
    for side, bet in bets:
        stake = exact(bet.stake) * MICROS
        backed = pieces.profit(if_win=stake * (exact(bet.odds) - 1), if_lose=-stake)
        if abs((backed if side is Side.BACK else -backed) - exact(bet.profit_and_loss) * MICROS) > CLOSE:
            return False
    return True
