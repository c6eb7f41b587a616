"""getAccountStatement: what each settled bet paid, the commission of each market, and what was paid in and out.

A result that is taken back stands there once more with the other sign, as an error; what takes its place is a fix.
Source: Betfair developer docs, "getAccountStatement"; interface definition, StatementItem.
"""

from typing import Any, Literal

import msgspec

from domain.fees import NetWinFee
from venues.betfair.fake.books import Books
from venues.betfair.fake.forms import amount, iso, whole_second
from venues.betfair.fake.listings import TimeRange
from venues.betfair.fake.markets import MarketState
from venues.betfair.fake.options import runner_of
from venues.betfair.fake.rpc import ApiFault, parse
from venues.sim.markets import Statement
from venues.sim.notices import MarketSettled, MarketUnsettled, Notice

Row = dict[str, Any]

PAGE = 100
NOWHEN = "0001-01-01T00:00:00.000Z"


class Item(msgspec.Struct, frozen=True):
    """One movement of the account."""

    at_ms: int
    micros: int
    ref: str
    legacy: Row
    by_hand: bool = False


class GetAccountStatement(msgspec.Struct, frozen=True, rename="camel"):
    locale: str | None = None
    from_record: int = 0
    record_count: int = PAGE
    item_date_range: TimeRange | None = None
    include_item: Literal["ALL", "EXCHANGE", "POKER_ROOM", "DEPOSITS_WITHDRAWALS"] = "ALL"
    wallet: str | None = None

    def takes(self, item: Item) -> bool:
        """The date counts where all items are asked for, and nowhere else."""
        if self.include_item == "ALL":
            return self.item_date_range is None or self.item_date_range.holds(item.at_ms)
        return self.include_item == ("DEPOSITS_WITHDRAWALS" if item.by_hand else "EXCHANGE")


class AccountStatement:
    """Every movement since the account was opened."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._opened_micros = books.exchange.floor.accounts[books.options.account].wallet_micros
        self._settled: list[Item] = []
        self._standing: dict[str, Statement] = {}
        self._rounds: dict[str, int] = {}
        books.exchange.listen(self._listen)

    def get(self, raw: bytes) -> Row:
        """One page, the latest first."""
        request = parse(raw, GetAccountStatement)
        if not 0 <= request.record_count <= PAGE or request.from_record < 0:
            raise ApiFault("INVALID_INPUT_DATA", "recordCount")
        balance, rows = self._opened_micros, []
        for item in self._items():
            balance += item.micros
            if request.takes(item):
                rows.append(_row(item, balance))
        rows.reverse()
        end = request.from_record + (request.record_count or PAGE)
        return {"accountStatement": rows[request.from_record : end], "moreAvailable": end < len(rows)}

    def _items(self) -> list[Item]:
        books = self._books
        moved = [
            Item(
                whole_second(books.wall_ms(at_ns)),
                micros,
                str(number),
                _legacy(marketName="Deposit" if micros > 0 else "Withdraw"),
                by_hand=True,
            )
            for number, (at_ns, micros) in enumerate(books.exchange.floor.accounts[books.options.account].moved, 1)
        ]
        return sorted([*self._settled, *moved], key=lambda item: item.at_ms)

    def _listen(self, notices: list[Notice], now_ns: int) -> None:
        for notice in notices:
            if isinstance(notice, MarketSettled | MarketUnsettled) and notice.market in self._books.markets:
                self._turn(self._books.markets[notice.market], whole_second(self._books.wall_ms(now_ns)), notice)

    def _turn(self, state: MarketState, at_ms: int, notice: MarketSettled | MarketUnsettled) -> None:
        """Book a settlement, or take back the one that stood."""
        market = notice.market
        before = self._standing.pop(market, None)
        if before is not None:
            self._book(state, before, at_ms, sign=-1)
        after = state.sim.statements.get(self._books.options.account) if isinstance(notice, MarketSettled) else None
        if after is not None:
            self._standing[market] = after
            self._rounds[market] = self._rounds.get(market, 0) + 1
            self._book(state, after, at_ms, sign=1)

    def _book(self, state: MarketState, statement: Statement, at_ms: int, *, sign: int) -> None:
        bets = {bet.order.number: bet for bet in self._books.bets.of(statement.market)}
        for line in statement.lines:
            bet = bets.get(line.order)
            if bet is None or not line.profit_micros:
                continue
            verdict = "RESULT_WON" if line.profit_micros > 0 else "RESULT_LOST"
            if sign < 0:
                verdict = "RESULT_ERR"
            elif self._rounds[statement.market] > 1:
                verdict = "RESULT_FIX"
            about = _legacy(
                state,
                avgPrice=bet.average_odds,
                betSize=amount(line.settled_micros),
                betType=bet.order.side.name[0],
                betCategoryType="E",
                placedDate=iso(whole_second(bet.placed_ms)),
                selectionId=runner_of(line.selection)[0],
                selectionName=state.runners[line.selection].name,
                transactionType="ACCOUNT_CREDIT" if sign * line.profit_micros > 0 else "ACCOUNT_DEBIT",
                winLose=verdict,
            )
            self._settled.append(Item(at_ms, sign * line.profit_micros, bet.id, about))
        if statement.commission_micros:
            fee = self._books.exchange.options.terms.fee
            rate = f"{fee.rate_ppm / 10_000:g}%" if isinstance(fee, NetWinFee) else "0%"
            about = _legacy(
                state,
                commissionRate=rate,
                grossBetAmount=amount(statement.profit_micros),
                transactionType="ACCOUNT_DEBIT" if sign > 0 else "ACCOUNT_CREDIT",
                winLose="RESULT_NOT_APPLICABLE" if sign > 0 else "COMMISSION_REVERSAL",
            )
            number = statement.market.partition(".")[2] or statement.market
            self._settled.append(Item(at_ms, -sign * statement.commission_micros, number, about))


def _legacy(state: MarketState | None = None, **said: Any) -> Row:  # noqa: ANN401 what the fields hold
    """Every field that is always there, with what one item says in place of nothing."""
    legacy: Row = {
        "avgPrice": 0.0,
        "betSize": 0.0,
        "betType": "B",
        "betCategoryType": "NONE",
        "commissionRate": None,
        "eventId": 0,
        "eventTypeId": 0,
        "fullMarketName": "",
        "grossBetAmount": 0.0,
        "marketName": "",
        "marketType": "NOT_APPLICABLE",
        "placedDate": NOWHEN,
        "selectionId": 0,
        "selectionName": None,
        "startDate": NOWHEN,
        "transactionType": "ACCOUNT_CREDIT",
        "transactionId": 0,
        "winLose": "RESULT_NOT_APPLICABLE",
    }
    if state is not None:
        details = state.details
        legacy |= {
            "eventId": int(details.id.partition(".")[2] or 0),
            "eventTypeId": int(details.event_type_id),
            "fullMarketName": f"{details.event_name} / {details.name}",
            "marketName": details.name,
            "marketType": "O",
            "startDate": iso(details.starts_ms),
        }
    return legacy | said


def _row(item: Item, balance_micros: int) -> Row:
    return {
        "refId": item.ref,
        "itemDate": iso(item.at_ms),
        "amount": amount(item.micros),
        "balance": amount(balance_micros),
        "itemClass": "UNKNOWN",
        "itemClassData": {"unknownStatementItem": msgspec.json.encode(item.legacy).decode()},
        "legacyData": {key: value for key, value in item.legacy.items() if value is not None},
    }
