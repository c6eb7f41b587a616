"""Reports of what was settled: each bet with its result, each market with its commission, and the money moved.

Source: Matchbook API docs, "Get settled bets", "Get transactions".
"""

from collections.abc import Iterable
from fractions import Fraction

import msgspec

from venues.matchbook.fake.books import Books
from venues.matchbook.fake.calls import Call, page
from venues.matchbook.fake.forms import amount, iso, odds
from venues.matchbook.fake.markets import MarketState
from venues.matchbook.fake.offers import MatchedBet, Offer
from venues.matchbook.fake.replies import Body
from venues.matchbook.fake.reports import Held, bets_on, market_head, selection_head, summed, wanted_by
from venues.matchbook.fake.transactions import Transaction
from venues.sim.markets import Statement


class Outcome(msgspec.Struct, frozen=True):
    """What bets brought and what commission falls on it, in micros."""

    profit: int
    commission: int

    @property
    def body(self) -> Body:
        return {
            "profit-and-loss": amount(self.profit),
            "commission": amount(self.commission),
            "net-profit-and-loss": amount(self.profit - self.commission),
        }


def get_settled_bets(books: Books, call: Call) -> Body:
    """One page of settled markets with every bet on them, in order of their settlement and some time after it."""
    seen_ms = books.wall_ms(call.now_ns) - books.options.report_lag_ms
    wanted = wanted_by(call.query)
    found: list[tuple[int, MarketState, Statement]] = []
    for state in books.markets.values():
        statement = state.sim.statements.get(books.options.account)
        if statement is not None:
            at_ms = books.wall_ms(statement.settled_ns)
            if at_ms <= seen_ms and wanted(state, at_ms):
                found.append((at_ms, state, statement))
    found.sort(key=lambda one: (one[0], one[1].id))
    report = page(call.query, found, "markets", lambda one: _market(books, *one))
    report |= {"currency": books.currency, "language": "en", "odds-type": "DECIMAL"}
    return report | _total(Outcome(one.profit_micros, one.commission_micros) for _, _, one in found).body


def _market(books: Books, settled_ms: int, state: MarketState, statement: Statement) -> Body:
    groups = bets_on(books, state, lambda _: True)
    profits = {bet.id: profit for held in groups for bet, profit in _profits(held, statement)}
    taken = shares(statement.commission_micros, {bet: max(0, profit) for bet, profit in profits.items()})
    outcomes = {bet: Outcome(profit, taken[bet]) for bet, profit in profits.items()}
    return (
        market_head(state)
        | {"settled-time": iso(settled_ms), "commission-type": "NET_WIN"}
        | Outcome(statement.profit_micros, statement.commission_micros).body
        | {"selections": [_selection(state, held, outcomes, settled_ms) for held in groups]}
    )


def _selection(state: MarketState, held: Held, outcomes: dict[int, Outcome], settled_ms: int) -> Body:
    return (
        selection_head(state, held[0][0])
        | summed([bet for _, bet in held])
        | _total(outcomes[bet.id] for _, bet in held).body
        | {"bets": [_row(offer, bet, outcomes[bet.id], settled_ms) for offer, bet in held]}
    )


def _row(offer: Offer, bet: MatchedBet, outcome: Outcome, settled_ms: int) -> Body:
    verdict = "WIN" if outcome.profit > 0 else "LOSE" if outcome.profit < 0 else "PUSH"
    return {
        "id": bet.id,
        "offer-id": offer.id,
        "odds": odds(bet.price),
        "stake": amount(bet.size_micros),
        "adjusted": bet.adjusted,
        "originator": bet.maker,
        "in-play": bet.in_play,
        "submitted-time": iso(offer.created_ms),
        "matched-time": iso(bet.matched_ms),
        "settled-time": iso(settled_ms),
        "result": "VOID" if bet.voided else verdict,
        "commission-type": "NET_WIN",
        **outcome.body,
    }


def _profits(held: Held, statement: Statement) -> Iterable[tuple[MatchedBet, int]]:
    """What each bet brought, in micros, from the part of a claim that the exchange paid on its order."""
    lines = {line.order: line for line in statement.lines}
    for offer, bet in held:
        order, sign = offer.order, 1 if offer.is_back else -1
        paid = Fraction(sign * lines[order.number].profit_micros + order.cost_micros, order.claims_micros or 1)
        won = Fraction(bet.size_micros * bet.price, 100) * paid - bet.size_micros
        yield bet, 0 if bet.voided else sign * round(won)


def _total(outcomes: Iterable[Outcome]) -> Outcome:
    added = [(one.profit, one.commission) for one in outcomes]
    return Outcome(sum(profit for profit, _ in added), sum(commission for _, commission in added))


def shares(total: int, weights: dict[int, int]) -> dict[int, int]:
    """A sum in micros spread by weight without losing any of it, each part with no more than five decimal places."""
    whole, passed, given = sum(weights.values()), 0, 0
    parts = {}
    for key, weight in weights.items():
        passed += weight
        upto = total * passed // whole if whole else 0
        upto -= upto % 10 if passed < whole else 0
        parts[key], given = upto - given, upto
    return parts


def get_transactions(books: Books, call: Call) -> Body:
    """One page of the account's movements, the latest first."""
    kinds = call.query.words("transaction-type")
    after_ms, before_ms = call.query.instant_ms("after"), call.query.instant_ms("before")
    found = [
        row
        for row in reversed(books.transactions.latest())
        if (not kinds or row.kind.lower() in kinds)
        and (after_ms is None or row.at_ms >= after_ms)
        and (before_ms is None or row.at_ms <= before_ms)
    ]
    return page(call.query, found, "transactions", lambda row: _transaction(books, row))


def _transaction(books: Books, row: Transaction) -> Body:
    return {
        "id": row.id,
        "time": iso(row.at_ms),
        "transaction-type": row.kind,
        "product": "Sports",
        "detail": row.detail,
        "credit": amount(max(0, row.micros)),
        "debit": amount(max(0, -row.micros)),
        "balance": amount(row.balance_micros),
        "currency": books.currency,
    }
