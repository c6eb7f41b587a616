"""Runs in the peers' environment: reads requests as JSON lines, does and times what the peers do, answers."""

import gc
import importlib.metadata
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PACKAGES = "betfair_data betfairlightweight flumine nautilus_trader sortedcontainers picows aiohttp uvloop".split()

Best = tuple[str, int, float, float | None, float | None]
"""Market, runner, handicap, best price to back and to lay."""


def versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


# --- replay ---


def replay_betfair_data(path: str, data: bytes) -> int:
    import betfair_data

    messages = 0
    for market in betfair_data.File(path, data):
        messages += 1
        for runner in market.runners:
            backs, lays = runner.ex.available_to_back, runner.ex.available_to_lay
            _ = (backs[0].price if backs else None, lays[0].price if lays else None)
    return messages


def listener() -> Any:
    from betfairlightweight import StreamListener

    found = StreamListener(max_latency=None, lightweight=True, update_clk=False)
    found.register_stream(0, "marketSubscription")  # 0: recordings carry no id
    return found


def replay_betfairlightweight(path: str, data: bytes) -> int:
    stream = listener()
    messages = 0
    for line in data.splitlines():
        messages += 1
        stream.on_data(line)
        for book in stream.snap():
            for runner in book["runners"]:
                backs, lays = runner["ex"]["availableToBack"], runner["ex"]["availableToLay"]
                _ = (backs[0]["price"] if backs else None, lays[0]["price"] if lays else None)
    return messages


def replay_flumine(path: str, data: bytes) -> int:
    from flumine import BaseStrategy, FlumineSimulation, clients
    from flumine.streams.betfairhistoricalstream import BetfairHistoricalStream

    class Empty(BaseStrategy):
        messages = 0

        def check_market_book(self, market, market_book) -> bool:
            return True

        def process_market_book(self, market, market_book) -> None:
            self.messages += 1
            for runner in market_book.runners:
                ex = runner.ex
                _ = (ex.available_to_back[:1], ex.available_to_lay[:1])

    street = FlumineSimulation(client=clients.SimulatedClient())
    strategy = Empty(stream=BetfairHistoricalStream(file_path=path))
    street.add_strategy(strategy)
    street.run()
    return strategy.messages


REPLAYS: dict[str, Callable[[str, bytes], int]] = {
    "betfair_data": replay_betfair_data,
    "betfairlightweight": replay_betfairlightweight,
    "flumine": replay_flumine,
}


def replay(peer: str, path: str) -> dict[str, float]:
    data = Path(path).read_bytes()
    gc.collect()
    began = time.process_time()
    messages = REPLAYS[peer](path, data)
    return {"seconds": time.process_time() - began, "messages": messages}


def best_betfair_data(path: str) -> Iterator[list[Best]]:
    from betfair_data import bflw

    for books in bflw.File(path, Path(path).read_bytes()):
        yield [
            (
                book.market_id,
                runner.selection_id,
                runner.handicap or 0.0,
                runner.ex.available_to_back[0].price if runner.ex.available_to_back else None,
                runner.ex.available_to_lay[0].price if runner.ex.available_to_lay else None,
            )
            for book in books
            for runner in book.runners
        ]


def best_betfairlightweight(path: str) -> Iterator[list[Best]]:
    stream = listener()
    for line in Path(path).read_bytes().splitlines():
        stream.on_data(line)
        yield [
            (
                book["marketId"],
                runner["selectionId"],
                runner["handicap"] or 0.0,
                runner["ex"]["availableToBack"][0]["price"] if runner["ex"]["availableToBack"] else None,
                runner["ex"]["availableToLay"][0]["price"] if runner["ex"]["availableToLay"] else None,
            )
            for book in stream.snap()
            for runner in book["runners"]
        ]


def best(peer: str, path: str) -> list[list[Best]]:
    """What became new with each message, so that the answer stays small."""
    told = best_betfair_data(path) if peer == "betfair_data" else best_betfairlightweight(path)
    known: dict[tuple[str, int, float], Best] = {}
    found = []
    for message in told:
        new = [one for one in message if known.get(one[:3]) != one]
        known.update((one[:3], one) for one in new)
        found.append(new)
    return found


# --- backtest ---


def backtest(path: str) -> dict[str, float]:
    """Back the first three runners at their best price to lay, two units each, moved when the price moves."""
    from flumine import BaseStrategy, FlumineSimulation, clients
    from flumine.order.ordertype import LimitOrder
    from flumine.order.trade import Trade
    from flumine.streams.betfairhistoricalstream import BetfairHistoricalStream

    class Quotes(BaseStrategy):
        orders = 0

        def check_market_book(self, market, market_book) -> bool:
            return market_book.status == "OPEN"

        def process_market_book(self, market, market_book) -> None:
            for runner in market_book.runners[:3]:
                lays = runner.ex.available_to_lay
                if not lays or runner.status != "ACTIVE":
                    continue
                price = lays[0]["price"]
                live = [
                    order
                    for order in market.blotter.strategy_selection_orders(self, runner.selection_id, runner.handicap)
                    if not order.complete
                ]
                if not live:
                    trade = Trade(market.market_id, runner.selection_id, runner.handicap, self)
                    market.place_order(trade.create_order(side="BACK", order_type=LimitOrder(price, 2.0)))
                    self.orders += 1
                elif live[0].status and live[0].status.value == "Executable" and live[0].order_type.price != price:
                    market.cancel_order(live[0])

    street = FlumineSimulation(client=clients.SimulatedClient())
    strategy = Quotes(
        stream=BetfairHistoricalStream(file_path=path),
        max_selection_exposure=1e9,
        max_order_exposure=1e9,
        max_live_trade_count=1_000_000,
    )
    street.add_strategy(strategy)
    gc.collect()
    began = time.process_time()
    street.run()
    return {"seconds": time.process_time() - began, "orders": strategy.orders}


# --- books ---


def book_sortedcontainers(changes: list[tuple[int, int]]) -> float:
    from sortedcontainers import SortedDict

    book: Any = SortedDict()
    for tick, _ in changes[:40]:
        book[tick] = 1
    began = time.process_time()
    for tick, size in changes:
        if size:
            book[tick] = size
        elif tick in book:
            del book[tick]
        _ = book.peekitem(-1)[0] if book else -1
    return (time.process_time() - began) / len(changes) * 1e6


def book_nautilus(changes: list[tuple[int, int]]) -> float:
    from nautilus_trader.model.book import OrderBook
    from nautilus_trader.model.data import BookOrder, OrderBookDelta
    from nautilus_trader.model.enums import BookAction, BookType, OrderSide
    from nautilus_trader.model.identifiers import InstrumentId
    from nautilus_trader.model.objects import Price, Quantity

    name = InstrumentId.from_str("A.BETFAIR")
    prices = [Price(1.01 + tick * 0.01, 2) for tick in range(350)]
    sizes = {size: Quantity(size / 1e6, 2) for _, size in changes}
    book = OrderBook(name, BookType.L2_MBP)
    began = time.process_time()
    for tick, size in changes:
        order = BookOrder(OrderSide.BUY, prices[tick], sizes[size], tick)
        action = BookAction.UPDATE if size else BookAction.DELETE
        book.apply_delta(OrderBookDelta(name, action, order, 0, 0, 0, 0))
        _ = book.best_bid_price()
    return (time.process_time() - began) / len(changes) * 1e6


BOOKS = {"sortedcontainers": book_sortedcontainers, "nautilus_trader": book_nautilus}


def book(peer: str, changes: list[list[int]]) -> float:
    return BOOKS[peer]([(tick, size) for tick, size in changes])


WORK: dict[str, Callable[..., Any]] = {
    "versions": versions,
    "replay": replay,
    "best": best,
    "backtest": backtest,
    "book": book,
}

RAISED = (ArithmeticError, AttributeError, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError)
"""What a peer that does not know our file may raise: it is told, and its row says so."""


def main() -> None:
    logging.disable(logging.CRITICAL)
    answers = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            told = {"answer": WORK[asked.pop("what")](**asked)}
        except RAISED as error:
            told = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(told) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
