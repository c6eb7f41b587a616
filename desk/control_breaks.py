"""Those who see to breaks: whose each is, that it is done with, or that two people leave it as it is."""

import msgspec
from aiohttp import web

from desk.control_answers import Handler, answered
from desk.control_bodies import AssignBody, Queued, Refused, ResolveBody, WriteOffBody, decoded, named
from desk.control_desk import Desk
from desk.views import BreakRow
from domain.breaks import BreakAssigned, BreakResolved, BreakWord, WriteOffSigned
from domain.ids import VenueName

_assign = msgspec.json.Decoder(AssignBody)
_resolve = msgspec.json.Decoder(ResolveBody)
_write_off = msgspec.json.Decoder(WriteOffBody)

Words = AssignBody | ResolveBody | WriteOffBody


class BreakWords:
    """Handlers of people's words about breaks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.handlers: dict[str, Handler] = {
            "run_assign_break": self._run_assign,
            "run_resolve_break": self._run_resolve,
            "run_write_off_break": self._run_write_off,
        }

    async def _run_assign(self, request: web.Request) -> web.Response:
        body = decoded(await request.read(), _assign, fix="id of the break, owner, who and why")
        return self._said(body, BreakAssigned(*self._named(body), body.owner, body.who, body.why))

    async def _run_resolve(self, request: web.Request) -> web.Response:
        body = decoded(await request.read(), _resolve, fix="id of the break, who and why")
        return self._said(body, BreakResolved(*self._named(body), body.who, body.why))

    async def _run_write_off(self, request: web.Request) -> web.Response:
        body = decoded(await request.read(), _write_off, fix="id of the break, its money_micros, who and why")
        return self._said(body, WriteOffSigned(*self._named(body), body.money_micros, body.who, body.why))

    def _named(self, body: Words) -> tuple[VenueName, str, str]:
        """Venue, subject and kind of the break that is meant. Raises Refused where none such stands."""
        named(body.who, body.why)
        row = self._row(body.id)
        if row is None:
            raise Refused(404, f"$.id = {body.id!r}: no such break stands; GET /v1/view/breaks lists those that do")
        return VenueName(row.venue), row.subject, row.kind

    def _said(self, body: Words, word: BreakWord) -> web.Response:
        if objection := self._desk.objection(word):
            raise Refused(409, objection)
        before = self._row(body.id)
        self._desk.submit(word)
        row = self._row(body.id)
        owner, signed = (row.owner, row.signed_by) if row else (before.owner if before else "", ())
        return answered(Queued(body.id, owner, signed, over=row is None))

    def _row(self, name: str) -> BreakRow | None:
        rows = (row for row in self._desk.rows("breaks") if isinstance(row, BreakRow))
        return next((row for row in rows if row.id == name), None)
