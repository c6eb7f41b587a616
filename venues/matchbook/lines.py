"""The lines of one account to its one host: a pool for writes, one for reads, the session over both, their health."""

from collections.abc import Callable

from domain.messages import Channel
from venues.base import Emit, Endpoint, Network
from venues.http import Http, HttpClient
from venues.matchbook.api import Api
from venues.matchbook.budgets import Budgets
from venues.matchbook.health import Health
from venues.matchbook.session import Session
from venues.matchbook.settings import Settings
from venues.redial import Chance
from venues.secret import Secret


class Lines:
    """Opens the connections, logs in and tells whether requests get through.

    `on_session` is told of each new session, `on_refused` that a session which lives on cannot be renewed.
    """

    def __init__(
        self,
        settings: Settings,
        network: Network,
        emit: Emit,
        chance: Chance,
        *,
        cold_http: Callable[[Endpoint], Http] | None,
        on_session: Callable[[int], None],
        on_refused: Callable[[str], None],
    ) -> None:
        def pool(
            connections: int, *, keep_open: bool = True, on_health: Callable[[bool, str], None] | None = None
        ) -> HttpClient:
            return HttpClient(
                network,
                settings.api,
                connections=connections,
                chance=chance,
                dials_per_minute=settings.dials_per_minute,
                on_health=on_health,
                keep_open=keep_open,
            )

        self._health = Health(settings.venue, Channel.REQUESTS, emit)
        self._http_fault = ""
        self._on_session = on_session
        self._on_refused = on_refused
        self.hot = pool(settings.connections, on_health=self._http_changed)
        self.cool = pool(settings.read_connections)
        login = pool(1, keep_open=False) if cold_http is None else cold_http(settings.api)
        self._clients: tuple[Http, ...] = (login, self.hot, self.cool)
        self._session = Session(settings, login, chance, on_token=self._logged_in, on_trouble=self._in_trouble)
        self.budgets = Budgets(settings)
        self.writes = Api(self.hot, self._session, self.budgets)
        self.reads = Api(self.cool, self._session, self.budgets)
        self.timed = (*self._clients, self._session, self.budgets, self.writes, self.reads)

    def open(self, now_ns: int) -> None:
        """Dial, and log in."""
        self.hot.open(now_ns)
        self.cool.open(now_ns)
        self._session.start(now_ns)

    def token(self) -> Secret | None:
        """What the session is known by, None while there is none."""
        return self._session.token

    def close(self) -> None:
        """Hang up everywhere."""
        for client in self._clients:
            client.close()

    # --- what the parts say ---

    def _logged_in(self, now_ns: int) -> None:
        self.writes.renewed(now_ns)
        self.reads.renewed(now_ns)
        self._show("")
        self._on_session(now_ns)

    def _in_trouble(self, reason: str, now_ns: int) -> None:
        if self._session.token is not None:
            self._on_refused(reason)
        else:
            self._show(reason)

    def _http_changed(self, up: bool, reason: str) -> None:
        self._http_fault = "" if up else reason
        self._show("")

    def _show(self, reason: str) -> None:
        if self._http_fault or self._session.token is None:
            self._health.went_down(reason or self._http_fault or "not logged in")
        else:
            self._health.went_well()
