"""Our exchanges' sockets as others see them: TLS by `openssl s_client`, the WebSocket by `websockets`' own client."""

import json
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from engine.clock import SystemClock
from tests.doors.ports import HOST
from tests.doors.standing import Standing, standing
from venues.kalshi.demo import KEY_ID, private_key
from venues.kalshi.signing import Signer
from venues.secret import Secret

PORTS = [
    ("betfair", "rest"),
    ("betfair", "stream"),
    ("kalshi", "rest"),
    ("kalshi", "ws"),
    ("kalshi", "fix"),
    ("matchbook", "rest"),
]
PATH = "/trade-api/ws/v2"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with standing(tmp_path_factory.mktemp("standing"), speed=20.0) as found:
        yield found


def s_client(port: object, *more: str, said: str = "") -> tuple[int, str]:
    """What the tool says of a port, when it is told something and then hung up on."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("needs openssl on the path")
    done = subprocess.run(
        [program, "s_client", "-connect", f"{HOST}:{port}", "-verify_return_error", "-verify_ip", HOST, *more],
        input=said,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("place", PORTS)
def test_every_port_speaks_tls_that_verifies_against_its_authority(stage: Standing, place: tuple[str, str]) -> None:
    code, said = s_client(stage.ports[place], "-CAfile", stage.certificates.authority)
    assert code == 0, said
    assert "Verify return code: 0 (ok)" in said
    assert "TLSv1.3" in said


def test_whoever_does_not_know_the_authority_does_not_trust_it(stage: Standing) -> None:
    code, said = s_client(stage.ports["kalshi", "ws"], "-CAfile", "/dev/null")
    assert code != 0
    assert "Verify return code: 0 (ok)" not in said


def test_old_tls_is_refused(stage: Standing) -> None:
    code, said = s_client(stage.ports["betfair", "stream"], "-CAfile", stage.certificates.authority, "-tls1_1")
    assert code != 0, said


def test_the_stream_greets_whoever_connects_by_hand(stage: Standing) -> None:
    asked = '{"op":"authentication","id":1,"appKey":"no","session":"no"}\r\n'
    _, said = s_client(
        stage.ports["betfair", "stream"], "-CAfile", stage.certificates.authority, "-quiet", "-ign_eof", said=asked
    )
    assert '"op":"connection"' in said
    assert '"errorCode":"INVALID_APP_KEY"' in said or '"statusCode":"FAILURE"' in said


def dial(stage: Standing, *, signed: bool = True) -> Any:
    context = ssl.create_default_context(cafile=stage.certificates.authority)
    signer = Signer(Secret(KEY_ID), Secret(private_key()))
    headers = signer.headers("GET", PATH, SystemClock().wall_ns() // 1_000_000) if signed else ()
    return connect(
        f"wss://{HOST}:{stage.ports['kalshi', 'ws']}{PATH}", ssl=context, additional_headers=[*headers], open_timeout=10
    )


def test_the_librarys_own_client_follows_a_book(stage: Standing) -> None:
    ticker = next(one.venue_market for one in stage.exchanges.world.mapping.listings if one.venue == "kalshi")
    with dial(stage) as socket:
        params = {"channels": ["orderbook_delta"], "market_tickers": [ticker], "use_yes_price": True}
        socket.send(json.dumps({"id": 1, "cmd": "subscribe", "params": params}))
        said = [json.loads(socket.recv(timeout=10)) for _ in range(2)]
        assert [one["type"] for one in said] == ["subscribed", "orderbook_snapshot"]
        assert said[1]["msg"]["market_ticker"] == ticker
        while said[-1]["type"] != "orderbook_delta":
            said.append(json.loads(socket.recv(timeout=10)))
        assert [one["seq"] for one in said[1:]] == [*range(1, len(said))]
        assert socket.ping().wait(10)
        assert socket.latency > 0


def test_an_upgrade_without_a_signature_is_refused_as_such(stage: Standing) -> None:
    with pytest.raises(InvalidStatus) as refused:
        dial(stage, signed=False)
    assert refused.value.response.status_code == 401
