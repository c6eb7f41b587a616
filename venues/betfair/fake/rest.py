"""The request side: which path serves what, who may ask, and what may become of an answer on its way.

A request is carried out when it arrives; the answer leaves after a lag of its own. The order stream has its own
lag too: either may be first.
"""

from functools import partial
from typing import Any

from venues.betfair.fake import rpc
from venues.betfair.fake.account import delayed_key, get_account_details, get_account_funds, get_developer_app_keys
from venues.betfair.fake.books import Books
from venues.betfair.fake.catalogue import list_market_catalogue
from venues.betfair.fake.cleared import list_cleared_orders
from venues.betfair.fake.dead_man import DeadMan
from venues.betfair.fake.editing import cancel_orders, replace_orders, update_orders
from venues.betfair.fake.forms import MS
from venues.betfair.fake.listings import list_current_orders
from venues.betfair.fake.market_book import list_market_book
from venues.betfair.fake.placing import Intake, Releases, place_orders
from venues.betfair.fake.sessions import Sessions
from venues.betfair.fake.statement import AccountStatement
from venues.sim.agenda import Agenda
from venues.sim.faults import Danger, Dice, Faults
from venues.sim.http_server import Deferred, Request, Response
from venues.sim.outage import Outage

PAGE = b"<!DOCTYPE html><html><head><title>Betfair</title></head><body><h1>Please try again later</h1></body></html>"

PATHS = {
    "/exchange/betting/json-rpc/v1": rpc.BETTING,
    "/exchange/account/json-rpc/v1": rpc.ACCOUNT,
    "/exchange/heartbeat/json-rpc/v1": rpc.HEARTBEAT,
}


DOING = {
    "placeOrders": "place",
    "replaceOrders": "amend",
    "updateOrders": "amend",
    "cancelOrders": "cancel",
    "listCurrentOrders": "orders",
    "listClearedOrders": "statement",
    "listMarketBook": "books",
    "listMarketCatalogue": "catalogue",
    "getAccountFunds": "money",
    "getAccountStatement": "statement",
}
"""What an operation is for, in the words of planned strikes."""


class Rest:
    """Answers every request of the login hosts and of the three APIs."""

    def __init__(self, books: Books, sessions: Sessions, faults: Faults, agenda: Agenda, outage: Outage) -> None:
        self._outage = outage
        self._books = books
        self._sessions = sessions
        self._faults = faults
        self._agenda = agenda
        self._releases = Releases()
        self._lags = Dice(books.options.seed, "replies")
        statement = AccountStatement(books)
        intake, dice = Intake(), Dice(books.options.seed, "reports")
        self._methods: dict[str, dict[str, rpc.Method]] = {
            rpc.BETTING.name: {
                "placeOrders": partial(place_orders, books, intake, self._releases),
                "cancelOrders": partial(cancel_orders, books, intake, dice),
                "replaceOrders": partial(replace_orders, books, intake, self._releases, dice),
                "updateOrders": partial(update_orders, books, intake, dice),
                "listCurrentOrders": partial(list_current_orders, books),
                "listClearedOrders": lambda raw, _: list_cleared_orders(books, raw),
                "listMarketCatalogue": lambda raw, _: list_market_catalogue(books, raw),
                "listMarketBook": lambda raw, _: list_market_book(books, raw),
            },
            rpc.ACCOUNT.name: {
                "getAccountFunds": lambda *_: self._funds(),
                "getAccountStatement": lambda raw, _: statement.get(raw),
                "getAccountDetails": lambda *_: get_account_details(books),
                "getDeveloperAppKeys": lambda *_: get_developer_app_keys(books),
            },
            rpc.HEARTBEAT.name: {"heartbeat": DeadMan(books, agenda).heartbeat},
        }
        books.tell.append(lambda _feed, _own, now_ns: self._releases.look(now_ns))

    def answer(self, request: Request, now_ns: int) -> Response | Deferred:
        """Serve one request, now or later, whole or harmed."""
        entity = f"{self._books.exchange.options.venue} {request.path}"
        doing = _doing(request) if self._faults.planned else ""
        if self._faults.strikes(Danger.THROTTLED, entity, doing):
            return Response(429, PAGE, "text/html")
        if self._outage.strikes(doing, now_ns):
            return Response(503, PAGE, "text/html")
        if self._faults.strikes(Danger.SESSION_EXPIRED, entity, doing):
            self._sessions.expire()
        served = self._serve(request, now_ns)
        self._books.exchange.publish(now_ns)
        promised = Deferred()

        def leave(response: Response, at_ns: int) -> None:
            wait = self._lag_ns(entity, doing)
            if wait:
                self._agenda.at(at_ns + wait, partial(promised.resolve, self._harmed(response, entity, doing)))
            else:
                promised.resolve(self._harmed(response, entity, doing), at_ns)

        if isinstance(served, Response):
            leave(served, now_ns)
        elif served.response is not None:
            leave(served.response, now_ns)
        else:
            served.woken = lambda at_ns: leave(_given(served), at_ns)
        return promised

    def _serve(self, request: Request, now_ns: int) -> Response | Deferred:
        if request.path.startswith("/api/"):
            return self._sessions.answer(request, now_ns)
        api = PATHS.get(request.path.rstrip("/"))
        if api is None or request.method != "POST":
            return Response(404 if api is None else 405, PAGE, "text/html")
        return rpc.answer(api, request.body, partial(self._method, api, request, now_ns), now_ns)

    def _method(self, api: rpc.Api, request: Request, now_ns: int, name: str) -> rpc.Method:
        """The operation of this name, for who may ask for it."""
        method = self._methods[api.name].get(name)
        if method is None:
            raise rpc.Fault(-32601, "DSC-0021")
        key, token = (request.headers.get(header, "") for header in ("x-application", "x-authentication"))
        if not key:
            raise rpc.ApiFault("NO_APP_KEY")
        if not token:
            raise rpc.ApiFault("NO_SESSION")
        if key not in (self._books.options.app_key, delayed_key(self._books) if api is rpc.ACCOUNT else ""):
            raise rpc.ApiFault("INVALID_APP_KEY")
        if not self._sessions.good(token, now_ns):
            raise rpc.ApiFault("INVALID_SESSION_INFORMATION")
        return method

    def _funds(self) -> dict[str, Any]:
        """What is there to bet with; trouble may have it that there is nothing."""
        funds = get_account_funds(self._books)
        if self._faults.strikes(Danger.ZERO_BALANCE, self._books.exchange.options.venue, "money"):
            funds |= {"availableToBetBalance": 0.0, "exposure": 0.0}
        return funds

    def _lag_ns(self, entity: str, doing: str) -> int:
        lowest, highest = self._books.options.reply_lag_ms
        lag = self._lags.between(lowest * MS, highest * MS)
        return lag + (self._faults.delay_ns(entity) if self._faults.strikes(Danger.REPLY_DELAYED, entity, doing) else 0)

    def _harmed(self, response: Response, entity: str, doing: str) -> Response:
        """What leaves in place of a good answer, when trouble strikes."""
        if self._faults.strikes(Danger.REPLY_LOST, entity, doing):
            return Response(response.status, response.body, cut_after=0)
        if self._faults.strikes(Danger.REPLY_CUT, entity, doing):
            return Response(
                response.status, response.body, cut_after=1 + self._faults.below(len(response.body), entity)
            )
        if self._faults.strikes(Danger.DONE_BUT_5XX, entity, doing):
            return Response(503, PAGE, "text/html")
        if self._faults.strikes(Danger.HTML_INSTEAD, entity, doing):
            return Response(200, PAGE, "text/html")
        return response


def _doing(request: Request) -> str:
    """What a request is for; the first call of it counts."""
    if request.path.startswith("/api/"):
        return "login"
    method = request.body.partition(b"/v1.0/")[2].partition(b'"')[0]
    return DOING.get(method.decode("latin-1"), "other")


def _given(served: Deferred) -> Response:
    assert served.response is not None, "woken without an answer"
    return served.response
