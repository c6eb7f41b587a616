"""Those who move money between wallets: one person asks for a transfer, a second one approves it or refuses it."""

import msgspec
from aiohttp import web

from desk.control_answers import Handler, answered
from desk.control_bodies import DecideBody, Moved, Refused, TransferBody, decoded, named
from desk.control_desk import Desk
from domain.ids import Currency, VenueName
from domain.money import parse_micros
from domain.treasury import TransferDecided, TransferRequested, TransferWord

_transfer = msgspec.json.Decoder(TransferBody)
_decide = msgspec.json.Decoder(DecideBody)


class TransferWords:
    """Handlers of people's words about transfers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.handlers: dict[str, Handler] = {"run_transfer": self._run_transfer, "run_decide": self._run_decide}

    async def _run_transfer(self, request: web.Request) -> web.Response:
        body = decoded(await request.read(), _transfer, fix="transfer, source, target, amount, who and why")
        micros, currency = _amount("amount", body.amount)
        into_micros, into = _amount("into", body.into) if body.into else (micros, currency)
        wallets = VenueName(body.source), VenueName(body.target)
        shards = body.source_shard, body.target_shard
        said = body.who, body.why
        return self._said(
            TransferRequested(body.transfer, *wallets, currency, micros, into, into_micros, *said, *shards), "requested"
        )

    async def _run_decide(self, request: web.Request) -> web.Response:
        body = decoded(await request.read(), _decide, fix="transfer, approved, who and why")
        word = TransferDecided(body.transfer, body.approved, body.who, body.why)
        return self._said(word, "approved" if body.approved else "refused")

    def _said(self, word: TransferWord, state: str) -> web.Response:
        named(word.who, word.why)
        if objection := self._desk.objection(word):
            raise Refused(409, objection)
        self._desk.submit(word)
        return answered(Moved(word.transfer, state))


def _amount(field: str, text: str) -> tuple[int, Currency]:
    """Micros and currency of an amount such as "80.00 GBP". Raises Refused."""
    number, _, currency = text.partition(" ")
    try:
        micros = parse_micros(number)
    except ValueError as error:
        raise Refused(400, f'$.{field} = {text!r}: {error}; send "80.00 GBP"') from error
    if len(currency) != 3 or not currency.isupper():
        raise Refused(400, f'$.{field} = {text!r}: has no currency; send "80.00 GBP"')
    return micros, Currency(currency)
