"""Money that a customer of a simulated exchange pays in or has paid out, and the counter at which a person does so.

No real venue has such a door for programs: it stands for somebody at the venue's own pages and at the bank. The house
is the other side, so that all wallets stay one sum.
"""

import msgspec

from domain.money import parse_micros
from venues.sim.exchange import Exchange
from venues.sim.floor import HOUSE
from venues.sim.http_server import Answer, Deferred, Request, Response

COUNTER = "/cashier"


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person wants; `amount` in units of the account's currency, below zero to be paid out."""

    amount: str


def with_cashier(exchange: Exchange, account: str, answer: Answer) -> Answer:
    """The same door, with the counter beside it."""

    def serve(request: Request, now_ns: int) -> Response | Deferred:
        if request.path == COUNTER and request.method == "POST":
            return _serve(exchange, account, request, now_ns)
        return answer(request, now_ns)

    return serve


def move_money(exchange: Exchange, account: str, micros: int, now_ns: int) -> bool:
    """Pay in, or out below zero; false, and nothing done, where there is less at hand than is asked for."""
    held = exchange.floor.accounts[account]
    if held.available_micros + micros < 0:
        return False
    held.wallet_micros += micros
    held.moved.append((now_ns, micros))
    exchange.floor.accounts[HOUSE].wallet_micros -= micros
    return True


def _serve(exchange: Exchange, account: str, request: Request, now_ns: int) -> Response:
    try:
        micros = parse_micros(msgspec.json.decode(request.body, type=Wish).amount)
    except (msgspec.MsgspecError, ValueError) as error:
        return _said(400, str(error))
    if not micros:
        return _said(400, "amount = 0: nothing to move")
    if not move_money(exchange, account, micros, now_ns):
        return _said(409, "there is less at hand than that")
    exchange.publish(now_ns)
    return _said(200, "done")


def _said(status: int, words: str) -> Response:
    return Response(status, msgspec.json.encode({"said": words}))
