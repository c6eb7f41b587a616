"""How one request is served: found, counted, let in, carried out, and what may become of its answer on its way."""

from functools import partial
from typing import Any

import msgspec

from venues.matchbook.fake.books import Books
from venues.matchbook.fake.calls import Call, Query
from venues.matchbook.fake.forms import MS, SECOND, http_date
from venues.matchbook.fake.heartbeat import DeadMan
from venues.matchbook.fake.limits import Limits, throttled
from venues.matchbook.fake.options import Group
from venues.matchbook.fake.replies import Refused, Reply, with_text_ids
from venues.matchbook.fake.routes import Route, routes
from venues.matchbook.fake.sessions import Sessions, token_of
from venues.sim.agenda import Agenda
from venues.sim.faults import MILLION, Danger, Dice, Faults
from venues.sim.http_server import Deferred, Request, Response
from venues.sim.outage import Outage

SORRY = b"<!DOCTYPE html><html><head><title>Matchbook</title></head><body><h1>Service unavailable</h1></body></html>"
CHALLENGE = (
    b"<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head>"
    b"<body>Sorry, you have been blocked</body></html>"
)
UNEXPECTED = b'{"errors":[{"messages":["Something unexpected happened on the server."]}]}'
RETRY_AFTER_SECONDS = 2
"""A call that trouble throttles is told to come back soon; a group that is really full stays shut."""


DOING = (
    ("POST", "/v2/offers", "place"),
    ("PUT", "/v2/offers", "amend"),
    ("DELETE", "/v2/offers", "cancel"),
    ("GET", "/v2/offers", "orders"),
    ("GET", "/reports/v2/bets/settled", "statement"),
    ("GET", "/account/positions", "positions"),
    ("GET", "/account", "money"),
    ("GET", "/edge/rest/events", "books"),
    ("POST", "/security/session", "login"),
)
"""Method and part of the path -> what a request is for, in the words of planned strikes; the first that fits."""

POSITIONS = "/account/positions"
PRICES = "include-prices=true"
CACHED_MAX = 64
OK = 200
MONEY = frozenset({"balance", "exposure", "commission-reserve", "free-funds"})


class Rest:
    """Answers every request."""

    def __init__(self, books: Books, sessions: Sessions, faults: Faults, agenda: Agenda) -> None:
        self._books = books
        self._sessions = sessions
        self._faults = faults
        self._agenda = agenda
        self._venue = str(books.exchange.options.venue)
        self._outage = Outage(faults, self._venue)
        self._cache: dict[str, tuple[int, Response]] = {}
        self._cached_until_ns = 0
        self._limits = Limits(books.options)
        self._lags = Dice(books.options.seed, "replies")
        self._texts = Dice(books.options.seed, "text ids")
        self._routes = routes(books, sessions, DeadMan(books, agenda), Dice(books.options.seed, "order of answers"))

    def answer(self, request: Request, now_ns: int) -> Response | Deferred:
        """Serve one request, now or later, whole or harmed."""
        entity = f"{self._venue} {request.path}"
        doing = _doing(request) if self._faults.planned else ""
        if self._faults.strikes(Danger.THROTTLED, entity, doing):
            return self._response(throttled(RETRY_AFTER_SECONDS), now_ns)
        if self._outage.strikes(doing, now_ns):
            return Response(503, SORRY, "text/html")
        if self._faults.strikes(Danger.SESSION_EXPIRED, entity, doing):
            self._sessions.expire()
        response = self._cached(request, now_ns) or self._response(self._reply(request, now_ns), now_ns)
        self._books.exchange.publish(now_ns)
        wait = self._lag_ns(entity, doing)
        harmed = self._harmed(response, entity, doing)
        if not wait:
            return harmed
        promised = Deferred()
        self._agenda.at(now_ns + wait, partial(promised.resolve, harmed))
        return promised

    def _reply(self, request: Request, now_ns: int) -> Reply:
        self._books.exchange.on_time(now_ns)
        self._books.exchange.publish(now_ns)
        try:
            route, ids = self._route(request)
            if not self._limits.admit(route.group, now_ns):
                self._faults.over_budget[self._venue] += 1
                return throttled()
            token = token_of(request)
            if not route.open and not self._sessions.good(token, now_ns):
                raise self._sessions.required()
            body = self._served(route, Call(ids, Query(request.query), request.body, now_ns, token))
        except Refused as refused:
            return refused.reply
        reply = body if isinstance(body, Reply) else Reply(200, body)
        if route.group is Group.ACCOUNT and self._faults.strikes(Danger.ZERO_BALANCE, self._venue, "money"):
            reply = Reply(reply.status, reply.body | dict.fromkeys(MONEY & reply.body.keys(), 0))
        betting = route.group in (Group.BETTING_READ, Group.BETTING_WRITE)
        if betting and self._texts.below(MILLION) < self._books.options.text_ids_ppm:
            return Reply(reply.status, with_text_ids(reply.body))
        return reply

    def _served(self, route: Route, call: Call) -> Any:  # noqa: ANN401  a body or a whole reply, as the route has it
        """What a route answers; of positions trouble may have it that there are none, or what they were a while ago."""
        if POSITIONS not in route.path.pattern:
            return route.serve(call)
        if self._faults.strikes(Danger.POSITIONS_OLD, self._venue, "positions"):
            call = msgspec.structs.replace(call, now_ns=call.now_ns - self._faults.delay_ns(f"{self._venue}/positions"))
        body = route.serve(call)
        empty = self._faults.strikes(Danger.POSITIONS_EMPTY, self._venue, "positions")
        return body | {"positions": [], "total": 0} if empty else body

    def _route(self, request: Request) -> tuple[Route, tuple[int, ...]]:
        """Who serves a request, and the ids in its path."""
        path = request.path.rstrip("/")
        found = [(route, match) for route in self._routes if (match := route.path.fullmatch(path))]
        if not found:
            raise Refused(404, "The resource was not found.")
        for route, match in found:
            if route.method == request.method:
                return route, tuple(int(one) for one in match.groups())
        raise Refused(405, "The method is not allowed.")

    def _response(self, reply: Reply, now_ns: int) -> Response:
        dated = ("Date", http_date(self._books.wall_ms(now_ns)))
        return Response(reply.status, msgspec.json.encode(reply.body), headers=(dated, *reply.headers))

    def _cached(self, request: Request, now_ns: int) -> Response | None:
        """The answer of a moment ago, while trouble has it that prices come out of a cache, which says how old it is.

        Source: Matchbook API docs, "Getting started": responses observe HTTP caching; RFC 9111, section 5.1 (Age).
        """
        if PRICES not in request.query or not self._faults.may(Danger.ANSWER_CACHED):
            return None
        if now_ns >= self._cached_until_ns and self._faults.strikes(Danger.ANSWER_CACHED, self._venue, "books"):
            self._cached_until_ns = now_ns + self._faults.frozen_ns(self._venue)
        key = f"{request.path}?{request.query}"
        if now_ns < self._cached_until_ns and key in self._cache:
            made_ns, response = self._cache[key]
            return msgspec.structs.replace(
                response, headers=(*response.headers, ("Age", str((now_ns - made_ns) // SECOND)))
            )
        response = self._response(self._reply(request, now_ns), now_ns)
        if response.status == OK and len(self._cache) < CACHED_MAX:
            self._cache[key] = now_ns, response
        return response

    def _lag_ns(self, entity: str, doing: str) -> int:
        lowest, highest = self._books.options.reply_lag_ms
        lag = self._lags.between(lowest * MS, highest * MS)
        return lag + (self._faults.delay_ns(entity) if self._faults.strikes(Danger.REPLY_DELAYED, entity, doing) else 0)

    def _harmed(self, response: Response, entity: str, doing: str) -> Response:
        """What leaves in place of a good answer, when trouble strikes."""
        if self._faults.strikes(Danger.REPLY_LOST, entity, doing):
            return Response(response.status, response.body, cut_after=0)
        if self._faults.strikes(Danger.REPLY_CUT, entity, doing):
            cut = 1 + self._faults.below(len(response.body), entity)
            return Response(response.status, response.body, cut_after=cut)
        if self._faults.strikes(Danger.DONE_BUT_5XX, entity, doing):
            status = (500, 502, 503, 504)[self._faults.below(4, entity)]
            return Response(500, UNEXPECTED) if status == 500 else Response(status, SORRY, "text/html")
        if self._faults.strikes(Danger.HTML_INSTEAD, entity, doing):
            blocked = self._faults.below(2, entity)
            return Response(403, CHALLENGE, "text/html") if blocked else Response(503, SORRY, "text/html")
        return response


def _doing(request: Request) -> str:
    """What a request is for."""
    return next((word for method, part, word in DOING if request.method == method and part in request.path), "other")
