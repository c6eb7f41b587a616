"""How one request is served: found, counted, let in, carried out, and what may become of its answer on its way."""

from functools import partial

import msgspec

from venues.matchbook.fake.agenda import Agenda
from venues.matchbook.fake.books import Books
from venues.matchbook.fake.calls import Call, Query
from venues.matchbook.fake.forms import MS, http_date
from venues.matchbook.fake.heartbeat import DeadMan
from venues.matchbook.fake.limits import Limits, throttled
from venues.matchbook.fake.options import Group
from venues.matchbook.fake.replies import Refused, Reply, with_text_ids
from venues.matchbook.fake.routes import Route, routes
from venues.matchbook.fake.sessions import Sessions, token_of
from venues.sim.faults import MILLION, Danger, Dice, Faults
from venues.sim.http_server import Deferred, Request, Response

SORRY = b"<!DOCTYPE html><html><head><title>Matchbook</title></head><body><h1>Service unavailable</h1></body></html>"
CHALLENGE = (
    b"<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head>"
    b"<body>Sorry, you have been blocked</body></html>"
)
UNEXPECTED = b'{"errors":[{"messages":["Something unexpected happened on the server."]}]}'
RETRY_AFTER_SECONDS = 2
"""A call that trouble throttles is told to come back soon; a group that is really full stays shut."""


class Rest:
    """Answers every request."""

    def __init__(self, books: Books, sessions: Sessions, faults: Faults, agenda: Agenda) -> None:
        self._books = books
        self._sessions = sessions
        self._faults = faults
        self._agenda = agenda
        self._limits = Limits(books.options)
        self._lags = Dice(books.options.seed, "replies")
        self._texts = Dice(books.options.seed, "text ids")
        self._routes = routes(books, sessions, DeadMan(books, agenda), Dice(books.options.seed, "order of answers"))

    def answer(self, request: Request, now_ns: int) -> Response | Deferred:
        """Serve one request, now or later, whole or harmed."""
        entity = f"{self._books.exchange.options.venue} {request.path}"
        if self._faults.strikes(Danger.THROTTLED, entity):
            return self._response(throttled(RETRY_AFTER_SECONDS), now_ns)
        response = self._response(self._reply(request, now_ns), now_ns)
        self._books.exchange.publish(now_ns)
        wait = self._lag_ns(entity)
        harmed = self._harmed(response, entity)
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
                return throttled()
            token = token_of(request)
            if not route.open and not self._sessions.good(token, now_ns):
                raise self._sessions.required()
            body = route.serve(Call(ids, Query(request.query), request.body, now_ns, token))
        except Refused as refused:
            return refused.reply
        reply = body if isinstance(body, Reply) else Reply(200, body)
        betting = route.group in (Group.BETTING_READ, Group.BETTING_WRITE)
        if betting and self._texts.below(MILLION) < self._books.options.text_ids_ppm:
            return Reply(reply.status, with_text_ids(reply.body))
        return reply

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

    def _lag_ns(self, entity: str) -> int:
        lowest, highest = self._books.options.reply_lag_ms
        lag = self._lags.between(lowest * MS, highest * MS)
        return lag + (self._faults.delay_ns(entity) if self._faults.strikes(Danger.REPLY_DELAYED, entity) else 0)

    def _harmed(self, response: Response, entity: str) -> Response:
        """What leaves in place of a good answer, when trouble strikes."""
        if self._faults.strikes(Danger.REPLY_LOST, entity):
            return Response(response.status, response.body, cut_after=0)
        if self._faults.strikes(Danger.REPLY_CUT, entity):
            cut = 1 + self._faults.below(len(response.body), entity)
            return Response(response.status, response.body, cut_after=cut)
        if self._faults.strikes(Danger.DONE_BUT_5XX, entity):
            status = (500, 502, 503, 504)[self._faults.below(4, entity)]
            return Response(500, UNEXPECTED) if status == 500 else Response(status, SORRY, "text/html")
        if self._faults.strikes(Danger.HTML_INSTEAD, entity):
            blocked = self._faults.below(2, entity)
            return Response(403, CHALLENGE, "text/html") if blocked else Response(503, SORRY, "text/html")
        return response
