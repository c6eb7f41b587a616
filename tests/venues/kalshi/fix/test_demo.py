"""The demo takes from the configuration whether FIX carries orders and books, and makes lines and keys itself."""

import pytest

from tests.tidy.house import ROOT
from tests.venues.hands import HandNetwork
from venues.base import Endpoint
from venues.kalshi.demo import FIX_KEY_IDS, KalshiDemo
from venues.kalshi.protocol import Kalshi
from venues.sim.demo import Wiring

PORTS = {role: Endpoint(role, 443, True) for role in ("rest", "ws", "fix")}


def opened(network: HandNetwork, **table: object) -> Kalshi:
    venue = KalshiDemo().open_venue(Wiring((), PORTS, network, lambda _: None, lambda: 0, lambda: 0.5, settings=table))
    assert isinstance(venue, Kalshi)
    return venue


def dialled(**table: object) -> list[str]:
    network = HandNetwork()
    opened(network, **table).start(0)
    return sorted({endpoint.host for endpoint, _ in network.asked})


def test_orders_go_by_request_unless_the_configuration_says_otherwise() -> None:
    assert "fix" not in dialled()
    assert "fix" in dialled(order_entry="fix")
    assert len(set(FIX_KEY_IDS)) == 3


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"order_entry": "fax"}, "order_entry"),
        ({"books": 1}, "books"),
        ({"fix": {"session": "KalshiXX"}}, "session"),
        ({"fix": {"heartbeat_s": 3}}, "heartbeat_s"),
        ({"fix": {"heartbeats": 5}}, "heartbeats"),
    ],
)
def test_a_word_that_makes_no_sense_is_named(table: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        opened(HandNetwork(), **table)


@pytest.mark.parametrize("room", ["domain", "strategy", "oms", "risk", "recon", "storage", "desk", "engine"])
def test_no_room_knows_of_it(room: str) -> None:
    found = [path for path in (ROOT / room).rglob("*.py") if "kalshi.fix" in path.read_text(encoding="utf-8")]
    assert found == []
