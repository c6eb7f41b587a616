"""The simulated exchanges standing on real ports, in a thread of their own, and a desk's file for them."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from domain.ids import VenueName
from engine.clock import SystemClock
from engine.exchanges import Exchanges
from tests.doors.ports import HOST, opened
from venues.kalshi.demo import KEY_ID, private_key
from venues.sim.certificates import make_certificates, server_tls
from venues.sim.faults import PROFILES, Faults
from venues.sim.listing import mapping_toml
from venues.sim.world import DESK, WorldOptions

VENUES = tuple(VenueName(name) for name in ("betfair", "kalshi", "matchbook"))
SECRETS = {"BF_KEY": "demo-live-app-key", "THE_USER": "demo", "KA_ID": KEY_ID, "THE_PASSWORD": "demo-password"}
"""What the configuration names; the tests look for these texts in everything that is printed or written."""

HEAD = """
rates_dated = "2026-11-20"
[rates]
GBP = "1.25"
EUR = "1.10"
[run]
runs = "{runs}"
[limits]
cap_order = "100 USD"
cap_market = "300 USD"
cap_event = "400 USD"
cap_total = "1500 USD"
cap_day = "3000 USD"
collar_fair = "0.10"
collar_book = "0.05"
orders_per_second = 50
open_orders_max = 200
[[strategies]]
name = "maker"
uses = "strategy.quoting:MarketMaker"
"""


class Standing:
    """Where everything is found: ports, what to trust, the mapping; `exchanges` are looked at from outside."""

    def __init__(self, folder: Path, exchanges: Exchanges, *, tls: bool) -> None:
        self.folder = folder
        self.exchanges = exchanges
        self.tls = tls
        self.ports: dict[Hashable, int] = {}
        self.certificates = make_certificates(folder / "tls", now=datetime.now(UTC), hosts=(HOST,))
        self.mapping = folder / "mapping.toml"
        self.mapping.write_text(mapping_toml(exchanges.world.mapping))
        self.key_file = folder / "key.pem"
        self.key_file.write_text(private_key())
        self.key_file.chmod(0o600)

    def endpoint(self, venue: str, role: str, more: str = "") -> str:
        """A place as the configuration writes it."""
        trust = f', tls_roots = "{self.certificates.authority}"' if self.tls else ""
        port, tls = self.ports[VenueName(venue), role], str(self.tls).lower()
        return f'{{ host = "{HOST}", port = {port}, tls = {tls}{trust}{more} }}'

    def orders(self) -> int:
        """How many orders of ours the exchanges have seen."""
        floors = [exchange.floor for exchange in self.exchanges.world.exchanges.values()]
        return sum(order.account == DESK for floor in floors for order in floor.orders.values())

    def config(self, **changes: str) -> Path:
        """A desk's file for these exchanges; `changes` replace whole keys of a venue, as betfair__password="..."."""
        rest = self.endpoint("betfair", "rest")
        cert = f', client_cert = "{self.certificates.client_cert}", client_key = "{self.certificates.client_key}"'
        tables = {
            "betfair": {
                "login": self.endpoint("betfair", "rest", cert),
                "identity": rest,
                "betting": rest,
                "stream": self.endpoint("betfair", "stream"),
                "app_key": '"env:BF_KEY"',
                "username": '"env:THE_USER"',
                "password": '"env:THE_PASSWORD"',
            },
            "kalshi": {
                "rest": self.endpoint("kalshi", "rest"),
                "stream": self.endpoint("kalshi", "ws"),
                "key_id": '"env:KA_ID"',
                "key_file": f'"{self.key_file}"',
            },
            "matchbook": {
                "api": self.endpoint("matchbook", "rest"),
                "username": '"env:THE_USER"',
                "password": '"env:THE_PASSWORD"',
            },
        }
        for place, value in changes.items():
            venue, _, key = place.partition("__")
            tables[venue][key] = value
        text = HEAD.format(runs=self.folder / "runs")
        for venue, table in tables.items():
            text += f"[venues.{venue}]\n" + "".join(f"{key} = {value}\n" for key, value in table.items())
        path = self.folder / "desk.toml"
        path.write_text(text)
        return path


@contextmanager
def standing(folder: Path, *, tls: bool = True, speed: float = 10.0, ahead_s: int = 0) -> Iterator[Standing]:
    """Everything open until the block ends. `ahead_s`: by how much the exchanges' clock differs from ours."""
    clock = SystemClock()
    epoch_ns = clock.wall_ns() - clock.monotonic_ns() + ahead_s * 1_000_000_000
    exchanges = Exchanges(
        VENUES,
        WorldOptions(seed=3, speed=speed, matches=1),
        Faults(PROFILES["none"], 3),
        start_ns=clock.monotonic_ns(),
        epoch_ns=epoch_ns,
    )
    exchanges.world.on_time(clock.monotonic_ns())
    stage = Standing(folder, exchanges, tls=tls)
    shown = server_tls(stage.certificates) if tls else None
    with opened(exchanges.servers(), shown, timed=[exchanges.world]) as found:
        stage.ports = found.ports
        yield stage
