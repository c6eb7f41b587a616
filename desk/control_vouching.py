"""Those whom a venue told what became of an order: each word is a fact of the journal, with who heard it and how."""

from collections.abc import Iterator

import msgspec
from aiohttp import web
from msgspec.structs import replace

from desk.control_answers import Handler, answered
from desk.control_bodies import Refused, VouchBody, Vouching, decoded, named
from desk.control_callers import SPEAKS_FOR_ONE
from desk.control_desk import Desk
from desk.views import OrderRow
from domain.ids import OrderRef
from domain.money import parse_micros
from domain.vouching import Finding, OrderVouched

_vouch = msgspec.json.Decoder(VouchBody)

FIGURES = ("matched", "cancelled", "lapsed", "voided", "remaining", "price")
FIX = 'order, finding ("gone", "figures", "kept" or "voided"), who and why; with figures what is not 0 of ' + ", ".join(
    FIGURES
)


class OrderWords:
    """Handlers of people's words about orders."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.handlers: dict[str, Handler] = {"run_vouch": self._run_vouch}

    async def _run_vouch(self, request: web.Request) -> web.Response:
        body = decoded(await request.read(), _vouch, fix=FIX)
        named(body.who, body.why)
        word = replace(OrderVouched(OrderRef(body.order), body.finding, body.who, body.why), **dict(_figures(body)))
        if objection := self._desk.objection(word):
            raise Refused(409, objection)
        if self._desk.vouched_by_two and not request[SPEAKS_FOR_ONE]:
            raise Refused(403, "one token speaks in any name: give two people one each, [control] operators")
        self._desk.submit(word)
        rows = (row for row in self._desk.rows("orders") if isinstance(row, OrderRow))
        state = next((str(row.state) for row in rows if row.id == body.order), "")
        return answered(Vouching(body.order, state, self._desk.waits_for_second(body.order)))


def _figures(body: VouchBody) -> Iterator[tuple[str, int]]:
    """The sizes and the price in millionths. Raises Refused."""
    for name in FIGURES:
        text = getattr(body, name)
        try:
            micros = parse_micros(text)
        except ValueError as error:
            raise Refused(400, f'$.{name} = {text!r}: {error}; send a decimal such as "4.00"') from error
        if micros and body.finding is not Finding.FIGURES:
            raise Refused(400, f"$.{name} = {text!r}: {body.finding} goes without figures; leave it out")
        yield f"{name}_micros", micros
