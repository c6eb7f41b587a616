"""The request side: which path serves what, who may ask, what it costs, and what may become of an answer.

A request is carried out when it arrives; the answer leaves after a lag of its own. The messages about our orders
have their own lag too: either may be first.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import msgspec

from venues.kalshi.fake import pauses, status
from venues.kalshi.fake.auth import KEY, Guard
from venues.kalshi.fake.books import Books
from venues.kalshi.fake.catalogue import Catalogue
from venues.kalshi.fake.editing import Editing
from venues.kalshi.fake.forms import MS
from venues.kalshi.fake.grouping import Grouping
from venues.kalshi.fake.limits import ROOT, Limits, endpoint_costs
from venues.kalshi.fake.money import Money
from venues.kalshi.fake.placing import Placing
from venues.kalshi.fake.portfolio import Portfolio
from venues.kalshi.fake.questions import Question
from venues.kalshi.fake.refusals import Refused, not_found, refused, too_many_requests
from venues.kalshi.fake.statement import moved
from venues.sim.faults import Danger, Dice, Faults
from venues.sim.http_server import Deferred, Request, Response

PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"
ORDERS = "/portfolio/events/orders"
GROUPS = "/portfolio/order_groups"
NO_BODY = 204
DAY_MS = 86_400_000


class Route(msgspec.Struct, frozen=True):
    """One operation. `items` counts what a batch is charged for; `public` ones need no key."""

    operation: str
    serve: Callable[[Question], Any]
    status: int = 200
    public: bool = False
    items: Callable[[bytes], int] = lambda _: 1


class Rest:
    """Answers every request."""

    def __init__(self, books: Books, guard: Guard, limits: Limits, faults: Faults) -> None:
        self._books = books
        self._guard = guard
        self._limits = limits
        self._faults = faults
        self._venue = str(books.exchange.options.venue)
        self._lags = Dice(books.options.seed, "replies")
        self._routes = self._public() | self._private() | self._orders() | self._order_groups()

    # --- what there is ---

    def _public(self) -> dict[tuple[str, str], Route]:
        books, catalogue = self._books, Catalogue(self._books)
        served: dict[str, tuple[str, Callable[[Question], Any]]] = {
            "/exchange/status": ("GetExchangeStatus", lambda _: status.status(books)),
            "/exchange/schedule": ("GetExchangeSchedule", lambda question: status.schedule(books, question.now_ns)),
            "/exchange/user_data_timestamp": (
                "GetUserDataTimestamp",
                lambda question: status.user_data_timestamp(books, question.now_ns),
            ),
            "/account/endpoint_costs": ("GetAccountEndpointCosts", lambda _: endpoint_costs()),
            "/series": ("GetSeriesList", catalogue.series_list),
            "/series/fee_changes": ("GetSeriesFeeChanges", catalogue.fee_changes),
            "/series/:series_ticker": ("GetSeries", catalogue.series),
            "/events": ("GetEvents", catalogue.events),
            "/events/fee_changes": ("GetEventFeeChanges", catalogue.fee_changes),
            "/events/:event_ticker": ("GetEvent", catalogue.event),
            "/markets": ("GetMarkets", catalogue.markets),
            "/markets/trades": ("GetTrades", catalogue.trades),
            "/markets/orderbooks": ("GetMarketOrderbooks", catalogue.orderbooks),
            "/markets/:ticker": ("GetMarket", catalogue.market),
            "/markets/:ticker/orderbook": ("GetMarketOrderbook", catalogue.orderbook),
        }
        return {("GET", path): Route(name, serve, public=True) for path, (name, serve) in served.items()}

    def _private(self) -> dict[tuple[str, str], Route]:
        portfolio, money = Portfolio(self._books), Money(self._books)
        served: dict[str, tuple[str, Callable[[Question], Any]]] = {
            "/account/limits": ("GetAccountApiLimits", lambda _: self._limits.account_limits()),
            "/api_keys": ("GetApiKeys", self._api_keys),
            "/portfolio/balance": (
                "GetBalance",
                lambda question: pauses.emptied(money.balance(question), self._faults, self._venue),
            ),
            "/portfolio/orders": ("GetOrders", portfolio.orders),
            "/portfolio/orders/queue_positions": ("GetOrderQueuePositions", portfolio.queue_positions),
            "/portfolio/orders/:order_id": ("GetOrder", portfolio.order),
            "/portfolio/orders/:order_id/queue_position": ("GetOrderQueuePosition", portfolio.queue_position),
            "/portfolio/fills": ("GetFills", portfolio.fills),
            "/portfolio/positions": (
                "GetPositions",
                lambda question: pauses.positions(portfolio, question, self._faults, self._venue),
            ),
            "/portfolio/settlements": ("GetSettlements", money.settlements),
            "/portfolio/deposits": ("GetDeposits", partial(moved, self._books, "deposits")),
            "/portfolio/withdrawals": ("GetWithdrawals", partial(moved, self._books, "withdrawals")),
        }
        return {("GET", path): Route(name, serve) for path, (name, serve) in served.items()}

    def _orders(self) -> dict[tuple[str, str], Route]:
        placing = Placing(self._books)
        editing = Editing(self._books, placing)
        one = f"{ORDERS}/:order_id"
        return {
            ("POST", ORDERS): Route("CreateOrderV2", placing.create, 201),
            ("POST", f"{ORDERS}/batched"): Route("BatchCreateOrdersV2", placing.batch, 201, items=placing.items),
            ("DELETE", ORDERS): Route("CancelAllOrders", editing.cancel_all, NO_BODY),
            ("DELETE", f"{ORDERS}/batched"): Route("BatchCancelOrdersV2", editing.cancel_batch, items=editing.items),
            ("DELETE", one): Route("CancelOrderV2", editing.cancel),
            ("POST", f"{one}/amend"): Route("AmendOrderV2", editing.amend),
            ("POST", f"{one}/decrease"): Route("DecreaseOrderV2", editing.decrease),
        } | {(method, path): Route("CreateOrder", _deprecated) for method, path in DEPRECATED}

    def _order_groups(self) -> dict[tuple[str, str], Route]:
        grouping = Grouping(self._books)
        one = f"{GROUPS}/:order_group_id"
        return {
            ("GET", GROUPS): Route("GetOrderGroups", grouping.listed),
            ("POST", f"{GROUPS}/create"): Route("CreateOrderGroup", grouping.create, 201),
            ("GET", one): Route("GetOrderGroup", grouping.one),
            ("DELETE", one): Route("DeleteOrderGroup", grouping.delete),
            ("PUT", f"{one}/limit"): Route("UpdateOrderGroupLimit", grouping.limit),
            ("PUT", f"{one}/reset"): Route("ResetOrderGroup", grouping.reset),
            ("PUT", f"{one}/trigger"): Route("TriggerOrderGroup", grouping.trigger),
        }

    def _api_keys(self, question: Question) -> dict[str, Any]:
        key = {"api_key_id": self._books.options.key_id, "name": "desk", "scopes": ["read", "write"]}
        until_ms = self._books.options.attested_until_ms or self._books.wall_ms(question.now_ns) + 30 * DAY_MS
        return {"api_keys": [key], "api_key_region_expiration_ts": until_ms // 1_000}

    # --- serving ---

    def answer(self, request: Request, now_ns: int) -> Response | Deferred:
        """Serve one request, now or later, whole or harmed."""
        faults = self._faults
        entity = f"{self._venue} {request.method} {request.path.count('/')}"
        doing = pauses.doing(request) if faults.planned else ""
        if faults.strikes(Danger.THROTTLED, entity, doing):
            return too_many_requests().response()
        pauses.look_for_maintenance(self._books, faults, doing, now_ns)
        if faults.strikes(Danger.SESSION_EXPIRED, entity, doing):  # nothing else here can run out
            response = refused(401, "header_timestamp_expired").response()
        else:
            response = self._serve(request, now_ns)
        self._books.exchange.publish(now_ns)
        promised = Deferred()
        wait_ns = self._lag_ns(entity, doing)
        harmed = self._harmed(response, entity, doing)
        if wait_ns:
            self._books.agenda.at(now_ns + wait_ns, partial(promised.resolve, harmed))
        else:
            promised.resolve(harmed, now_ns)
        return promised

    def _serve(self, request: Request, now_ns: int) -> Response:
        try:
            pattern, route, names = self._find(request)
            self._admit(request, pattern, route, now_ns)
            question = Question(route.operation, names, parse_qs(request.query), request.body, now_ns)
            body = route.serve(question)
        except Refused as no:
            return no.response()
        return Response(route.status, b"" if route.status == NO_BODY else msgspec.json.encode(body))

    def _find(self, request: Request) -> tuple[str, Route, dict[str, str]]:
        """The route of a path; one written out goes before one with a name in it."""
        path = request.path.removeprefix(ROOT)
        if path == request.path:
            raise not_found()
        exact = self._routes.get((request.method, path))
        if exact is not None:
            return path, exact, {}
        parts = path.split("/")
        for (method, pattern), route in self._routes.items():
            wanted = pattern.split("/")
            if method == request.method and len(wanted) == len(parts):
                names = {word[1:]: part for word, part in zip(wanted, parts, strict=True) if word.startswith(":")}
                if names and all(w.startswith(":") or w == part for w, part in zip(wanted, parts, strict=True)):
                    return pattern, route, names
        raise not_found()

    def _admit(self, request: Request, pattern: str, route: Route, now_ns: int) -> None:
        if route.public and KEY not in request.headers:
            return
        wall_ms = self._books.wall_ms(now_ns)
        no = self._guard.refusal(request.headers, request.method, request.path, wall_ms)
        if no is not None:
            raise no
        if not self._limits.allows(request.method, pattern, route.items(request.body), now_ns):
            self._faults.over_budget[self._venue] += 1
            raise too_many_requests()

    # --- what may go wrong on the way ---

    def _lag_ns(self, entity: str, doing: str) -> int:
        lowest, highest = self._books.options.reply_lag_ms
        lag = self._lags.between(lowest * MS, highest * MS)
        return lag + (self._faults.delay_ns(entity) if self._faults.strikes(Danger.REPLY_DELAYED, entity, doing) else 0)

    def _harmed(self, response: Response, entity: str, doing: str) -> Response:
        """What leaves in place of a good answer, when trouble strikes."""
        if self._faults.strikes(Danger.REPLY_LOST, entity, doing):
            return Response(response.status, response.body, cut_after=0)
        if self._faults.strikes(Danger.REPLY_CUT, entity, doing):
            cut_after = 1 + self._faults.below(len(response.body) + 1, entity)
            return Response(response.status, response.body, cut_after=cut_after)
        if self._faults.strikes(Danger.DONE_BUT_5XX, entity, doing):
            return refused(503, "exchange_unavailable").response()
        if self._faults.strikes(Danger.HTML_INSTEAD, entity, doing):
            return Response(502, PAGE, "text/html")
        return response


DEPRECATED = (
    ("POST", "/portfolio/orders"),
    ("POST", "/portfolio/orders/batched"),
    ("DELETE", "/portfolio/orders/batched"),
    ("DELETE", "/portfolio/orders/:order_id"),
    ("POST", "/portfolio/orders/:order_id/amend"),
    ("POST", "/portfolio/orders/:order_id/decrease"),
)
"""Writes of before, which are served no more. Source: Kalshi docs, changelog of June 2026."""


def _deprecated(_: Question) -> None:
    error = {
        "code": "deprecated_v1_order_endpoint",
        "message": "Please switch to the V2 endpoints",
        "details": "https://docs.kalshi.com/api-reference/orders/create-order-v2",
    }
    raise Refused(410, {"error": error})
