"""The port for requests of a simulated venue, with the cashier's counter beside the venue's own answers."""

from venues.sim.agenda import Agenda
from venues.sim.cashier import with_cashier
from venues.sim.exchange import Exchange
from venues.sim.http_server import Answer, HttpConnection, HttpServer


class RequestPort:
    """A `Server`; it keeps the time of the exchange behind it and of the venue's `agenda` too.

    `account` is the customer's name at the exchange; a connection that is idle for `idle_ns` is closed; `epoch_ns` is
    the Unix time at monotonic zero.
    """

    def __init__(
        self, answer: Answer, exchange: Exchange, account: str, agenda: Agenda, *, idle_ns: int, epoch_ns: int
    ) -> None:
        self._http = HttpServer(with_cashier(exchange, account, answer), idle_ns=idle_ns, epoch_ns=epoch_ns)
        self._exchange = exchange
        self._agenda = agenda

    def accept(self) -> HttpConnection:
        return self._http.accept()

    def next_deadline(self) -> int | None:
        deadlines = (self._http.next_deadline(), self._agenda.next_deadline(), self._exchange.next_deadline())
        return min((due for due in deadlines if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        self._exchange.on_time(now_ns)
        self._exchange.publish(now_ns)
        self._agenda.on_time(now_ns)
        self._http.on_time(now_ns)
