"""A football event at the simulated venue, a customer who writes to its port, and the recorded answers beside it."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from domain.fees import NetWinFee
from domain.ids import Currency, SelectionId, VenueMarketId, VenueName
from domain.money import parse_micros
from domain.odds import CLASSIC, PriceKind
from domain.orders import Side
from domain.terms import Terms
from tests.venues.sim.wires import HandWire, answers, question
from venues.matchbook.fake.options import EventDetails, FakeOptions, MarketDetails, RunnerDetails
from venues.matchbook.fake.server import MatchbookFake
from venues.sim.accounts import Collateral
from venues.sim.exchange import DelayScope, Exchange, ExchangeOptions
from venues.sim.faults import PROFILES, Faults, Profile
from venues.sim.markets import MarketSpec
from venues.sim.placements import Placement
from venues.sim.queues import SimOrder

MS = 1_000_000
SECOND = 1_000 * MS
EPOCH_NS = 1_769_862_600 * SECOND
"""2026-01-31T12:30:00Z at monotonic zero."""

EVENT = 33_980_210_404_300_060
MARKET, TOTAL, WIN = 33_980_210_404_300_160, 33_980_210_404_300_260, 33_980_210_404_300_360
HOME, DRAW, AWAY, OVER, UNDER, HORSE, MARE = (33_980_210_404_301_000 + 10 * n for n in range(7))
RACE = 33_980_210_404_300_960
SPORT = {"soccer": 15, "racing": 24735152712200}

TERMS = Terms(
    kind=PriceKind.ODDS,
    bands=CLASSIC.bands,
    currency=Currency("EUR"),
    lot_micros=10_000,
    size_min_micros=100_000,
    fee=NetWinFee(rate_ppm=20_000),
)


def events() -> tuple[EventDetails, ...]:
    football = (
        MarketDetails(
            VenueMarketId(str(MARKET)),
            "Match Odds",
            "one_x_two",
            (
                RunnerDetails(HOME, "Harbour", 71),
                RunnerDetails(DRAW, "DRAW (Har/Cas)"),
                RunnerDetails(AWAY, "Castle", 72),
            ),
        ),
        MarketDetails(
            VenueMarketId(str(TOTAL)),
            "Total",
            "total",
            (RunnerDetails(OVER, "OVER 2.5"), RunnerDetails(UNDER, "UNDER 2.5")),
            handicap="2.5",
        ),
    )
    race = MarketDetails(
        VenueMarketId(str(WIN)),
        "WIN",
        "outright_ded_fact",
        (RunnerDetails(HORSE, "1 Erik The Red"), RunnerDetails(MARE, "2 Gull"), RunnerDetails(MARE + 10, "3 Tern")),
        live_betting=False,
    )
    tags = ((15, "Soccer", "SPORT"), (407_888_102_180_009, "Premier League", "COMPETITION"))
    turf = ((SPORT["racing"], "Horse Racing", "SPORT"),)
    return (
        EventDetails(
            EVENT, "Harbour vs Castle", 1_769_866_200_000, football, ((71, "Harbour"), (72, "Castle")), 15, tags
        ),
        EventDetails(RACE, "18:00 Windsor", 1_769_880_000_000, (race,), (), SPORT["racing"], turf),
    )


class World:
    """The venue with one customer and a crowd; `now` is the monotonic time that everything is told."""

    def __init__(
        self,
        *,
        profile: Profile = PROFILES["none"],
        seed: int = 1,
        delay_ms: int = 5_000,
        deposit: str = "1000",
        **options: Any,
    ) -> None:
        self.now = SECOND
        self.exchange = Exchange(
            ExchangeOptions(
                venue=VenueName("fake"),
                terms=TERMS,
                collateral=Collateral.NET,
                delay_ms=delay_ms,
                delay_ns=delay_ms * MS,
                delay_scope=DelayScope.CROSSING,
            )
        )
        self.exchange.open_account("desk", deposit_micros=parse_micros(deposit))
        self.exchange.open_account("crowd", deposit_micros=0, crowd=True)
        for event in events():
            for market in event.markets:
                runners = tuple(SelectionId(str(runner.id)) for runner in market.runners)
                self.exchange.list_market(MarketSpec(market.id, runners))
        self.faults = Faults(profile, seed)
        settled: dict[str, Any] = {"reply_lag_ms": (0, 0), "text_ids_ppm": 0, "seed": seed}
        self.options = FakeOptions(account="desk", epoch_ns=EPOCH_NS, events=events(), **(settled | options))
        self.fake = MatchbookFake(self.exchange, self.options, self.faults)
        self.exchange.publish(self.now)

    @property
    def account(self):
        return self.exchange.floor.accounts["desk"]

    def crowd(
        self, text: str, *, runner: int = HOME, market: int = MARKET, persist: bool = True, publish: bool = True
    ) -> SimOrder:
        """Somebody else bets, as in "LAY 10.00 @ 2.04"."""
        side, size, _, price = text.split()
        order = self.exchange.place(
            Placement(
                account="crowd",
                market=VenueMarketId(str(market)),
                selection=SelectionId(str(runner)),
                side=Side[side],
                price=round(float(price) * 100),
                size_micros=parse_micros(size),
                persist=persist,
            ),
            self.now,
        )
        assert isinstance(order, SimOrder), order
        if publish:
            self.exchange.publish(self.now)
        return order

    def pass_ms(self, ms: int) -> None:
        """Time goes by; whoever has a deadline in it is woken at it."""
        end = self.now + ms * MS
        while (due := self.fake.rest.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.fake.rest.on_time(self.now)
        self.now = end

    def at_exchange(self, deed: Any, *arguments: Any, market: int = MARKET, **more: Any) -> None:
        """Run a market: `deed` is a function of the exchange's life cycle."""
        deed(self.exchange, VenueMarketId(str(market)), *arguments, self.now, **more)
        self.exchange.publish(self.now)
        self.pass_ms(0)


class Customer:
    """Our side of the port."""

    def __init__(self, world: World, *, login: bool = True) -> None:
        self.world = world
        self.token = ""
        self.dial()
        if login:
            self.token = self.login()[1]["session-token"]

    def dial(self) -> None:
        self.wire = HandWire()
        self.peer = self.world.fake.rest.accept()
        self.peer.connected(self.wire, self.world.now)

    def login(self, **more: str) -> tuple[int, Any]:
        who = {"username": "demo", "password": "demo-password"} | {k.replace("_", "-"): v for k, v in more.items()}
        return self.ask("POST", "/bpapi/rest/security/session", who)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> None:
        """Write one request, on a new connection if the venue closed the last one; the answers are in `heard`."""
        if self.wire.is_closed:
            self.dial()
        if self.token:
            headers["session_token"] = self.token
        data = b"" if body is None else json.dumps(body).encode()
        self.peer.received(question(path, data, method=method, **headers), self.world.now)

    def heard(self) -> list[tuple[int, dict[str, str], bytes]]:
        return answers(self.wire.taken())

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """One request and its answer: the status and the body."""
        self.send(method, path, body, **headers)
        ((status, _, data),) = self.heard()
        return status, json.loads(data)

    def get(self, path: str, **query: Any) -> Any:
        """The body of a good answer; underscores in parameter names become dashes."""
        text = "&".join(f"{name.replace('_', '-')}={value}" for name, value in query.items())
        status, body = self.ask("GET", f"/edge/rest/{path}" + (f"?{text}" if text else ""))
        assert status == 200, (status, body)
        return body

    def post(self, *offers: dict[str, Any], **more: Any) -> tuple[int, list[Any]]:
        """Submit offers: the status, and the offers of the answer."""
        batch = {"odds-type": "DECIMAL", "exchange-type": "back-lay", "offers": list(offers)} | more
        status, body = self.ask("POST", "/edge/rest/v2/offers", batch)
        return status, body["offers"]

    def place(self, text: str, **more: Any) -> Any:
        """Submit one good offer written as "BACK 10.00 @ 2.04"."""
        status, (placed,) = self.post(offer(text, **more))
        assert status == 200, placed
        return placed

    def cancel(self, text: str = "") -> tuple[int, Any]:
        return self.ask("DELETE", f"/edge/rest/v2/offers{text}")

    def one(self, number: int) -> Any:
        return self.get(f"v2/offers/{number}")

    def listed(self, **query: Any) -> list[Any]:
        return self.get("v2/offers", **query)["offers"]

    def prices(self, runner: int = HOME, market: int = MARKET, **query: Any) -> list[tuple[str, float, float]]:
        """Rows of one runner as (side, odds, amount)."""
        path = f"events/{EVENT}/markets/{market}/runners/{runner}/prices"
        rows = self.get(path, **({"minimum_liquidity": 0} | query))["prices"]
        return [(row["side"], row["odds"], row["available-amount"]) for row in rows]


def offer(text: str, *, runner: Any = HOME, temp: Any = None, keep: bool = False) -> dict[str, Any]:
    """An offer as it is sent, from a text like "LAY 10.00 @ 2.04"."""
    side, stake, _, odds = text.split()
    body = {"runner-id": runner, "side": side.lower(), "odds": float(odds), "stake": float(stake), "keep-in-play": keep}
    return body | ({} if temp is None else {"temp-id": temp})


def messages(body: Any) -> list[str]:
    """Every message of an error body, or of a failed offer."""
    return [message for one in body["errors"] for message in one["messages"]]


@cache
def sample(name: str) -> Any:
    """A recorded answer; the test is skipped where there are none."""
    home = os.environ.get("CROSSBOOK_SHARED", str(Path(__file__).parents[4] / "shared"))
    path = Path(home) / "venues/matchbook/samples" / name
    if not path.exists():
        pytest.skip("no recorded answers of this venue here")
    return json.loads(path.read_text())
