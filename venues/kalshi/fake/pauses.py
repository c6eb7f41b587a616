"""Trouble that a whole venue has: a trading pause for maintenance, answers about money and positions that are not true.

Source: Kalshi docs, "Maintenance and pauses": while trading is paused nothing is placed or amended, and cancels pass.
"""

from msgspec.structs import replace

from venues.kalshi.fake.books import Books
from venues.kalshi.fake.portfolio import Portfolio
from venues.kalshi.fake.questions import Body, Question
from venues.sim.faults import Danger, Faults
from venues.sim.http_server import Request

DOING = (
    ("POST", "/amend", "amend"),
    ("POST", "/decrease", "amend"),
    ("POST", "/portfolio/events/orders", "place"),
    ("DELETE", "/portfolio/events/orders", "cancel"),
    ("GET", "/portfolio/orders", "orders"),
    ("GET", "/portfolio/fills", "orders"),
    ("GET", "/portfolio/positions", "positions"),
    ("GET", "/portfolio/balance", "money"),
    ("GET", "/portfolio/settlements", "statement"),
    ("GET", "/orderbook", "books"),
    ("GET", "/markets", "catalogue"),
    ("GET", "/events", "catalogue"),
    ("GET", "/series", "catalogue"),
)
"""Method and part of the path -> what a request is for; the first that fits."""

NOTHING = {"balance": 0, "balance_dollars": "0.0000", "portfolio_value": 0}


def doing(request: Request) -> str:
    """What a request is for, in the words of planned strikes."""
    return next((word for method, part, word in DOING if request.method == method and part in request.path), "other")


def look_for_maintenance(books: Books, faults: Faults, doing: str, now_ns: int) -> None:
    """Trading may be paused from now on, and goes on by itself."""
    venue = str(books.exchange.options.venue)
    if books.trading_active and faults.strikes(Danger.MAINTENANCE, venue, doing):
        books.trading_active = False
        books.agenda.at(now_ns + faults.down_ns(venue), lambda _: _resume(books))


def emptied(body: Body, faults: Faults, venue: str) -> Body:
    """An answer about money, or one that says that there is none."""
    if not faults.strikes(Danger.ZERO_BALANCE, venue, "money"):
        return body
    rows = [row | {"balance": "0.0000"} for row in body["balance_breakdown"]]
    return body | NOTHING | {"balance_breakdown": rows}


def positions(portfolio: Portfolio, question: Question, faults: Faults, venue: str) -> Body:
    """An answer about positions, or one that says that there are none, or what they were a while ago."""
    if faults.strikes(Danger.POSITIONS_EMPTY, venue, "positions"):
        return {"market_positions": [], "event_positions": [], "cursor": ""}
    if faults.strikes(Danger.POSITIONS_OLD, venue, "positions"):
        question = replace(question, now_ns=question.now_ns - faults.delay_ns(f"{venue}/positions"))
    return portfolio.positions(question)


def _resume(books: Books) -> None:
    books.trading_active = True
