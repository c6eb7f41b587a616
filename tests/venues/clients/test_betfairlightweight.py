"""A published Betfair client, unmodified but for the address: its REST client and its own stream."""

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import betfairlightweight
import pytest
from betfairlightweight import StreamListener, filters
from betfairlightweight.exceptions import APIError, LoginError
from betfairlightweight.streaming import BetfairStream

from tests.doors.ports import HOST
from tests.doors.standing import SECRETS, Standing, standing
from venues.betfair.history import read_lines
from venues.frames_file import MESSAGE, Frame, FramesWriter

pytestmark = pytest.mark.filterwarnings("ignore:ssl.PROTOCOL_TLS is deprecated:DeprecationWarning")
PRICE = {"limit_order": filters.limit_order(size=5.0, price=1.01, persistence_type="LAPSE")}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with standing(tmp_path_factory.mktemp("standing"), speed=20.0) as found:
        yield found


@pytest.fixture
def client(stage: Standing, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Trusts the exchange's authority as any program of this machine may be told to, by the environment."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", stage.certificates.authority)
    certificates = stage.certificates.client_cert, stage.certificates.client_key
    client = betfairlightweight.APIClient(
        SECRETS["THE_USER"], SECRETS["THE_PASSWORD"], app_key=SECRETS["BF_KEY"], cert_files=certificates
    )
    at = f"https://{HOST}:{stage.ports['betfair', 'rest']}"
    client.identity_cert_uri = client.identity_uri = f"{at}/api/"
    client.api_uri = f"{at}/exchange/"
    client.login()
    return client


def market_of(client: Any) -> Any:
    """A market of the exchange with its runners."""
    found = client.betting.list_market_catalogue(
        filter=filters.market_filter(),
        market_projection=["RUNNER_DESCRIPTION", "MARKET_DESCRIPTION", "EVENT"],
        max_results=5,
    )
    return next(one for one in found if one.description.market_type == "MATCH_ODDS")


def test_sessions_are_opened_by_certificate_and_by_hand_and_kept_alive(client: Any) -> None:
    token = client.session_token
    assert client.keep_alive().status == "SUCCESS"
    assert client.login_interactive().login_status == "SUCCESS" or client.session_token
    assert client.session_token != token
    client.password = "wrong"
    with pytest.raises(LoginError):
        client.login()


def test_the_account_is_read(client: Any) -> None:
    funds = client.account.get_account_funds()
    assert funds.available_to_bet_balance > 0
    assert client.account.get_account_details().currency_code == "GBP"


def test_a_bet_lives_and_dies(client: Any) -> None:
    market = market_of(client)
    (book,) = client.betting.list_market_book(
        market_ids=[market.market_id], price_projection={"priceData": ["EX_ALL_OFFERS"]}
    )
    assert {one.selection_id for one in book.runners} == {one.selection_id for one in market.runners}
    bet = filters.place_instruction(
        order_type="LIMIT",
        selection_id=market.runners[0].selection_id,
        side="LAY",
        customer_order_ref="abc-1",
        **PRICE,
    )
    placed = client.betting.place_orders(market_id=market.market_id, instructions=[bet], customer_strategy_ref="other")
    assert placed.status == "SUCCESS"
    (report,) = placed.place_instruction_reports
    orders = client.betting.list_current_orders(bet_ids=[report.bet_id])
    (order,) = orders.orders
    assert (order.status, order.size_remaining, order.customer_order_ref) == ("EXECUTABLE", 5.0, "abc-1")
    change = [filters.update_instruction(bet_id=report.bet_id, new_persistence_type="PERSIST")]
    assert client.betting.update_orders(market_id=market.market_id, instructions=change).status == "SUCCESS"
    change = [filters.replace_instruction(bet_id=report.bet_id, new_price=1.02)]
    replaced = client.betting.replace_orders(market_id=market.market_id, instructions=change)
    assert replaced.status == "SUCCESS"
    new_id = replaced.replace_instruction_reports[0].place_instruction_reports.bet_id
    gone = client.betting.cancel_orders(
        market_id=market.market_id, instructions=[filters.cancel_instruction(bet_id=new_id, size_reduction=2.0)]
    )
    assert gone.cancel_instruction_reports[0].size_cancelled == 2.0
    gone = client.betting.cancel_orders(
        market_id=market.market_id, instructions=[filters.cancel_instruction(bet_id=new_id)]
    )
    assert (gone.status, gone.cancel_instruction_reports[0].size_cancelled) == ("SUCCESS", 3.0)
    assert client.betting.list_cleared_orders(bet_status="CANCELLED").orders is not None


def test_what_the_exchange_refuses_is_raised_by_its_word(client: Any) -> None:
    client.app_key = "no-such-key-at-all"
    with pytest.raises(APIError, match="INVALID_APP_KEY"):
        client.account.get_account_funds()


class Listening:
    """The library's stream in a thread of its own, as its users run it; its books and orders come in a queue."""

    def __init__(self, client: Any, stage: Standing, subscribe: Callable[[Any], Any]) -> None:
        self.said: queue.Queue[Any] = queue.Queue()
        self.stream: Any = client.streaming.create_stream(listener=StreamListener(output_queue=self.said), timeout=10)
        self.stream.host = HOST
        setattr(self.stream, f"_{BetfairStream.__name__}__port", stage.ports["betfair", "stream"])

        def run() -> None:
            subscribe(self.stream)
            try:
                self.stream.start()
            except betfairlightweight.exceptions.SocketError:
                return  # the end of every stream that is stopped from outside

        self.stream._connect()
        self.stream.authenticate()
        self.thread = threading.Thread(target=run)
        self.thread.start()

    def stop(self) -> None:
        self.stream.stop()
        self.thread.join()


def test_its_stream_follows_a_market(client: Any, stage: Standing) -> None:
    market = market_of(client)

    def subscribe(stream: Any) -> None:
        stream.subscribe_to_markets(
            market_filter=filters.streaming_market_filter(market_ids=[market.market_id]),
            market_data_filter=filters.streaming_market_data_filter(
                fields=["EX_MARKET_DEF", "EX_ALL_OFFERS", "EX_TRADED"]
            ),
            conflate_ms=0,
            heartbeat_ms=500,
        )

    listening = Listening(client, stage, subscribe)
    try:
        (book,) = listening.said.get(timeout=10)
        later = [listening.said.get(timeout=10) for _ in range(3)]
    finally:
        listening.stop()
    assert (book.market_id, book.status) == (market.market_id, "OPEN")
    assert {one.selection_id for one in book.runners} == {one.selection_id for one in market.runners}
    assert any(one.ex.available_to_back for one in later[-1][0].runners)


def test_its_stream_follows_orders(client: Any, stage: Standing) -> None:
    market = market_of(client)

    def subscribe(stream: Any) -> None:
        stream.subscribe_to_orders(
            order_filter=filters.streaming_order_filter(customer_strategy_refs=["watched"]), conflate_ms=0
        )

    listening = Listening(client, stage, subscribe)
    try:
        bet = filters.place_instruction(
            order_type="LIMIT", selection_id=market.runners[0].selection_id, side="LAY", **PRICE
        )
        placed = client.betting.place_orders(
            market_id=market.market_id, instructions=[bet], customer_strategy_ref="watched"
        )
        (report,) = placed.place_instruction_reports
        found: list[Any] = []
        while not any(str(order.bet_id) == str(report.bet_id) for order in found):
            found = [order for one in listening.said.get(timeout=10) for order in one.orders]
        assert [(order.side, order.size_remaining) for order in found if order.bet_id == report.bet_id] == [
            ("LAY", 5.0)
        ]
    finally:
        listening.stop()
        client.betting.cancel_orders(market_id=market.market_id, instructions=[{"betId": report.bet_id}])


def test_its_listener_reads_what_our_recorder_keeps(stage: Standing, tmp_path: Path) -> None:
    """A recording of ours is lines of stream messages once the times are put in as its own recordings have them."""
    writer = FramesWriter(tmp_path, "betfair", unix_ns=lambda: 1, segment_bytes=10**6)
    message = '{"op":"mcm","id":1,"clk":"a","pt":5,"ct":"HEARTBEAT"}'
    writer.write(Frame(7_000, 1, MESSAGE, "", message))
    writer.close()
    listener = StreamListener(max_latency=None)
    listener.register_stream(1, "marketSubscription")
    for line in read_lines(tmp_path):
        assert listener.on_data(line.decode()) is not False
