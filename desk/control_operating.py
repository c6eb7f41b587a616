"""Those who steer: kill levels, pauses, cancels and rounds, each with who and why, each a fact of the journal."""

from typing import TypeVar

import msgspec
from aiohttp import web

from desk.control_answers import Handler, answered
from desk.control_bodies import (
    CancelAllBody,
    CancelBody,
    Cancelled,
    EnableBody,
    Enabled,
    HaltBody,
    Level,
    PauseBody,
    ReconcileBody,
    Refused,
    Rounds,
    Standing,
    decoded,
    named,
)
from desk.control_callers import SPEAKS_FOR_ONE
from desk.control_desk import Desk
from desk.views import Header, StrategyRow, VenueRow
from domain.ids import OrderRef, StrategyName, VenueName
from domain.operators import (
    EVERY_STRATEGY,
    EVERY_VENUE,
    CancelsOrdered,
    KillLevel,
    KillLevelSet,
    OperatorFact,
    PauseSet,
    RoundOrdered,
    TradingEnabled,
)

_halt = msgspec.json.Decoder(HaltBody)
_pause = msgspec.json.Decoder(PauseBody)
_cancel_all = msgspec.json.Decoder(CancelAllBody)
_cancel = msgspec.json.Decoder(CancelBody)
_reconcile = msgspec.json.Decoder(ReconcileBody)
_enable = msgspec.json.Decoder(EnableBody)

T = TypeVar("T", HaltBody, PauseBody, CancelAllBody, CancelBody, ReconcileBody, EnableBody)


class Operating:
    """Handlers of operators' words."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.handlers: dict[str, Handler] = {
            "run_halt": self._run_halt,
            "run_pause": self._run_pause,
            "run_resume": self._run_resume,
            "run_cancel_all": self._run_cancel_all,
            "run_cancel": self._run_cancel,
            "run_reconcile": self._run_reconcile,
            "run_enable": self._run_enable,
        }

    async def _run_halt(self, request: web.Request) -> web.Response:
        body = _said(await request.read(), _halt, "level 0 to 4, who and why")
        if body.level not in list(KillLevel):
            raise Refused(400, f"$.level = {body.level}: must be 0 (none), 1, 2, 3 or 4 (flatten)")
        standing = self._standing().level
        if 0 < body.level < standing and not body.lower:
            raise Refused(
                409,
                f"$.level = {body.level}: level {standing} is in force and stops more; send `lower` with it to go "
                f"back to {body.level}, or 0 to go on",
            )
        self._submit(KillLevelSet(KillLevel(body.level), body.who, body.why))
        return answered(Level(body.level))

    async def _run_pause(self, request: web.Request) -> web.Response:
        body = _said(await request.read(), _pause, "who, why and, if not for all, strategy")
        self._submit(PauseSet(StrategyName(body.strategy), paused=True, who=body.who, why=body.why))
        return answered(self._standing())

    async def _run_resume(self, request: web.Request) -> web.Response:
        body = _said(await request.read(), _pause, "who, why and, if not for all, strategy")
        facts: list[OperatorFact] = [PauseSet(StrategyName(body.strategy), paused=False, who=body.who, why=body.why)]
        if body.strategy == EVERY_STRATEGY:
            if not self._standing().paused:
                facts.clear()
            if self._standing().level:
                facts.append(KillLevelSet(KillLevel.NONE, body.who, body.why))
        self._submit(*facts)
        return answered(self._standing())

    async def _run_cancel_all(self, request: web.Request) -> web.Response:
        body = _said(await request.read(), _cancel_all, "who, why and, if not for all, venue")
        orders = self._open_at(VenueName(body.venue))
        self._submit(CancelsOrdered(VenueName(body.venue), body.who, body.why))
        return answered(Cancelled(orders))

    async def _run_cancel(self, request: web.Request) -> web.Response:
        body = _said(await request.read(), _cancel, "order, our ref of it, who and why")
        if not body.order:
            raise Refused(400, "$.order = '': must not be empty; send our ref, as /v1/view/orders has it")
        self._submit(CancelsOrdered(EVERY_VENUE, body.who, body.why, OrderRef(body.order)))
        return answered(Cancelled(1))

    async def _run_enable(self, request: web.Request) -> web.Response:
        body = _said(await request.read(), _enable, "config_hash, who and why")
        word = TradingEnabled(body.config_hash, body.who, body.why)
        if not self._desk.objection(word) and not request[SPEAKS_FOR_ONE]:
            raise Refused(403, "one token speaks in any name: give two people one each, [control] operators")
        self._submit(word)
        return answered(Enabled(body.who))

    async def _run_reconcile(self, request: web.Request) -> web.Response:
        body = _said(await request.read(), _reconcile, "who, why and, if not for all, venue; statements if wanted")
        self._submit(RoundOrdered(VenueName(body.venue), body.who, body.why, body.statements))
        rows = [row for row in self._venues() if body.venue in (EVERY_VENUE, row.id)]
        return answered(
            Rounds(
                tuple(row.id for row in rows if row.requests_up), tuple(row.id for row in rows if not row.requests_up)
            )
        )

    def _submit(self, *facts: OperatorFact) -> None:
        """All of them or, where one has an objection, none."""
        for fact in facts:
            if objection := self._desk.objection(fact):
                raise Refused(409, objection)
        for fact in facts:
            self._desk.submit(fact)

    def _open_at(self, venue: VenueName) -> int:
        """How many orders may still be matched, at one venue or at all."""
        if venue == EVERY_VENUE:
            return self._header().orders_open
        return sum(row.orders_open for row in self._venues() if row.id == venue)

    def _venues(self) -> list[VenueRow]:
        return [row for row in self._desk.rows("venues") if isinstance(row, VenueRow)]

    def _header(self) -> Header:
        (header,) = self._desk.rows("header")
        assert isinstance(header, Header), "the section `header` holds headers"
        return header

    def _standing(self) -> Standing:
        rows = (row for row in self._desk.rows("strategies") if isinstance(row, StrategyRow))
        return Standing(self._header().kill_level, tuple(row.id for row in rows if row.paused))


def _said(data: bytes, decoder: msgspec.json.Decoder[T], fix: str) -> T:
    """An operator's word, with who and why. Raises Refused."""
    body = decoded(data, decoder, fix=fix)
    named(body.who, body.why)
    return body
