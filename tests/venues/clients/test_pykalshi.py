"""A published Kalshi client, unmodified but for the address: its requests and its feed against our exchange."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from msgspec.structs import replace

from engine.clock import SystemClock
from tests.doors.ports import HOST, Open, opened
from tests.venues.kalshi.venue import EVENT, HOME, KEY_ID, LISTED, TIE, Venue
from venues.sim.certificates import make_certificates, server_tls

pykalshi = pytest.importorskip("pykalshi", reason="needs pykalshi, of the extra `test`")

DAY_MS = 86_400_000
RSA = generate_private_key(public_exponent=65537, key_size=2048)


class Stand:
    """The simulated venue on real ports, with a customer whose key is RSA, the kind that the client can sign with."""

    def __init__(self, venue: Venue, found: Open, folder: Path) -> None:
        self.venue, self._found, self.folder = venue, found, folder
        self.key_file = folder / "key.pem"
        self.key_file.write_bytes(RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def at(self, role: str) -> str:
        return f"{HOST}:{self._found.ports[role]}"

    def crowd(self, text: str, market: Any = HOME) -> None:
        """Somebody else's order."""

        def act(now_ns: int) -> None:
            self.venue.now_ns = now_ns
            self.venue.crowd(text, market)

        self._found.do(act)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder, clock = tmp_path_factory.mktemp("pykalshi"), SystemClock()
    now_ms = clock.wall_ns() // 1_000_000
    times = {"opens_ms": now_ms - DAY_MS, "starts_ms": now_ms + 600_000, "closes_ms": now_ms + 14 * DAY_MS}
    venue = Venue(
        epoch_ns=clock.wall_ns() - clock.monotonic_ns(),
        public_key=RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        markets=tuple(replace(one, **times) for one in LISTED),
    )
    venue.now_ns = clock.monotonic_ns()
    certificates = make_certificates(folder / "tls", now=datetime.now(UTC), hosts=(HOST,))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", certificates.authority)  # as any program of this machine may be told
        with opened({"rest": venue.fake.rest, "ws": venue.fake.ws}, server_tls(certificates)) as found:
            yield Stand(venue, found, folder)


@pytest.fixture
def client(stand: Stand) -> Iterator[Any]:
    base = f"https://{stand.at('rest')}/trade-api/v2"
    with pykalshi.KalshiClient(KEY_ID, str(stand.key_file), api_base=base, max_retries=0) as client:
        yield client


def test_what_is_listed_is_read(client: Any, stand: Stand) -> None:
    assert client.exchange.is_trading()
    assert client.exchange.get_schedule()
    market = client.get_market(HOME)
    assert (market.ticker, market.event_ticker, market.status.value) == (HOME, EVENT, "active")
    assert {one.ticker for one in client.get_markets(event_ticker=EVENT)} == {one.ticker for one in LISTED}
    assert client.get_event(EVENT).event_ticker == EVENT
    stand.crowd("ann bid 7 @ 40", TIE)
    book = client.get_market(TIE).get_orderbook()
    assert [(level[0], level[1]) for level in book.orderbook.yes_dollars] == [("0.4000", "7.00")]


def test_an_order_lives_and_dies(client: Any, stand: Stand) -> None:
    portfolio = client.portfolio
    assert portfolio.get_balance().balance == 100_000
    order = portfolio.place_order(
        HOME, book_side="bid", price_dollars="0.30", count_fp="5.00", client_order_id="mine-1"
    )
    assert order.status.value == "resting"
    (listed,) = portfolio.get_orders(ticker=HOME, status=pykalshi.OrderStatus.RESTING)
    assert (listed.order_id, listed.data.remaining_count_fp, listed.data.client_order_id) == (
        order.order_id,
        "5.00",
        "mine-1",
    )
    assert portfolio.get_order(order.order_id).status.value == "resting"
    amended = portfolio.amend_order(order.order_id, count_fp="6.00", price_dollars="0.31")
    assert amended.order_id == order.order_id
    portfolio.decrease_order(order.order_id, "2.00")
    gone = portfolio.cancel_order(order.order_id)
    assert gone.status.value == "canceled"
    final = portfolio.get_order(order.order_id)
    assert (final.status.value, final.data.remaining_count_fp, final.data.fill_count_fp) == ("canceled", "0.00", "0.00")


def test_a_match_becomes_a_fill_and_a_position(client: Any, stand: Stand) -> None:
    stand.crowd("bob ask 3 @ 55")
    order = client.portfolio.place_order(
        HOME, book_side="bid", price_dollars="0.55", count_fp="2.00", time_in_force=pykalshi.TimeInForce.IOC
    )
    assert order.status.value == "executed"
    (fill,) = client.portfolio.get_fills(order_id=order.order_id)
    assert (fill.count_fp, fill.yes_price_dollars, fill.is_taker) == ("2.00", "0.5500", True)
    (position,) = [one for one in client.portfolio.get_positions() if one.ticker == HOME]
    assert position.position_fp == "2.00"


def test_refusals_are_raised_as_what_they_are(client: Any) -> None:
    with pytest.raises(pykalshi.ResourceNotFoundError):
        client.portfolio.cancel_order("00000000-0000-0000-0000-000000000000")
    with pytest.raises(pykalshi.KalshiAPIError) as refused:
        client.portfolio.place_order(HOME, book_side="bid", price_dollars="0.3050", count_fp="1.00")
    assert refused.value.status_code == 400


def test_a_wrong_key_is_an_authentication_error(stand: Stand) -> None:
    base = f"https://{stand.at('rest')}/trade-api/v2"
    with (
        pykalshi.KalshiClient("other-key", str(stand.key_file), api_base=base, max_retries=0) as stranger,
        pytest.raises(pykalshi.AuthenticationError),
    ):
        stranger.portfolio.get_balance()


async def test_its_feed_tells_books_and_fills(stand: Stand) -> None:
    base = f"https://{stand.at('rest')}/trade-api/v2"
    async with pykalshi.AsyncKalshiClient(KEY_ID, str(stand.key_file), api_base=base, max_retries=0) as client:
        feed = client.feed()
        feed._ws_url = f"wss://{stand.at('ws')}/trade-api/ws/v2"  # the one address that it takes no argument for
        feed.subscribe("orderbook_delta", market_ticker=TIE)
        feed.subscribe("fill")
        said: list[str] = []

        async def run_feed() -> None:
            async for message in feed:
                said.append(type(message).__name__)
                if said.count("OrderbookSnapshotMessage") == 1 and "OrderbookDeltaMessage" not in said:
                    await asyncio.to_thread(stand.crowd, "ann ask 4 @ 60", TIE)
                if said[-1] == "OrderbookDeltaMessage" and said.count("OrderbookDeltaMessage") == 1:
                    await client.portfolio.place_order(TIE, book_side="bid", price_dollars="0.60", count_fp="1.00")
                if "FillMessage" in said:
                    return

        async with feed:
            await asyncio.wait_for(run_feed(), 20)
    assert said[0] == "OrderbookSnapshotMessage"
