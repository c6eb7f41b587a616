"""Markets of the simulated exchange: what is listed, what rests, what was matched and what was paid out."""

from collections.abc import Iterator

import msgspec

from domain.ids import SelectionId, VenueMarketId
from domain.markets import MarketStatus, Result
from domain.odds import PriceKind
from domain.orders import Side
from venues.sim.accounts import Position
from venues.sim.queues import SideBook, SimOrder, side_books


class MarketSpec(msgspec.Struct, frozen=True):
    """One market as it is listed: its selections, and how many of them can win at least and at most.

    `(1, 1)` for exclusive and exhaustive selections, `(0, 1)` for a single one.
    """

    id: VenueMarketId
    selections: tuple[SelectionId, ...]
    winners: tuple[int, int] = (1, 1)


class SimSelection:
    """One selection: both sides of its book and what has been traded on it, counted once, by price."""

    __slots__ = ("books", "factor_ppm", "last_price", "result", "traded_micros")

    def __init__(self, books: dict[Side, SideBook]) -> None:
        self.books = books
        self.traded_micros: dict[int, int] = {}
        self.last_price = 0
        self.result: Result | None = None
        self.factor_ppm = 0

    @property
    def removed(self) -> bool:
        return self.factor_ppm > 0


class Match(msgspec.Struct):
    """One match between a back and a lay. `price` falls when a removal reduces the odds; fees by side."""

    id: int
    selection: SelectionId
    back: int
    lay: int
    price: int
    size_micros: int
    matched_ns: int
    back_fee_micros: int
    lay_fee_micros: int
    voided: bool = False


class StatementLine(msgspec.Struct, frozen=True):
    """One order's settled part. `profit_micros` is gross of commission and of the fees already taken from fills."""

    order: int
    selection: SelectionId
    side: Side
    price: int
    settled_micros: int
    voided_micros: int
    profit_micros: int
    fee_micros: int


class Statement(msgspec.Struct, frozen=True):
    """What one account was paid for one market. `round` rises with each re-settlement."""

    market: VenueMarketId
    account: str
    round: int
    settled_ns: int
    profit_micros: int
    commission_micros: int
    lines: tuple[StatementLine, ...]
    results: dict[SelectionId, Result]


class SimMarket:
    """One market's state. `version` rises with each material change; `open_orders` are those of watched
    accounts, `held` those that wait for the in-play delay; `holders` keep it suspended."""

    def __init__(self, spec: MarketSpec, kind: PriceKind) -> None:
        self.spec = spec
        self.status = MarketStatus.OPEN
        self.in_play = False
        self.version = 1
        self.holders: set[str] = set()
        self.selections = {selection: SimSelection(side_books(kind)) for selection in spec.selections}
        self.index: dict[str, int] = {selection: k for k, selection in enumerate(spec.selections)}
        self.positions: dict[str, Position] = {}
        self.open_orders: dict[str, dict[int, SimOrder]] = {}
        self.held: dict[int, SimOrder] = {}
        self.matches: list[Match] = []
        self.settled_round = 0
        self.statements: dict[str, Statement] = {}

    @property
    def settled(self) -> bool:
        """Paid out, and not taken back since."""
        return any(selection.result is not None for selection in self.selections.values())

    def position(self, account: str) -> Position:
        found = self.positions.get(account)
        if found is None:
            found = self.positions[account] = Position(len(self.spec.selections))
        return found

    def resting(self) -> Iterator[SimOrder]:
        """Every order in the market's books, best prices first and first come first."""
        for selection in self.selections.values():
            for side in selection.books.values():
                for price in side.prices():
                    yield from side.queues[price].orders.values()
