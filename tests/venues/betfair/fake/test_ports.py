"""The simulated venue on real ports with TLS: the same bytes as in the hand."""

import asyncio
import json
import ssl
from datetime import UTC, datetime
from pathlib import Path

from tests.venues.betfair.fake.world import MARKET, World, limit
from tests.venues.sim.test_listen import LoopClock
from tests.venues.sim.wires import answers, question
from venues.sim.certificates import make_certificates, server_tls
from venues.sim.listen import Listener


async def asked(stream: tuple[asyncio.StreamReader, asyncio.StreamWriter], path: str, body: bytes, **headers: str):
    reader, writer = stream
    writer.write(question(path, body, **headers))
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return json.loads(answers(head + await reader.readexactly(length))[0][2])


async def told(stream: tuple[asyncio.StreamReader, asyncio.StreamWriter], **message):
    reader, writer = stream
    if message:
        writer.write(json.dumps(message).encode() + b"\r\n")
    return json.loads(await asyncio.wait_for(reader.readline(), 5))


async def test_a_bet_is_placed_and_heard_of_over_real_sockets(tmp_path: Path):
    made = make_certificates(tmp_path, now=datetime.now(UTC), hosts=("localhost",))
    world = World(reply_lag_ms=(1, 5), order_lag_ms=(1, 5))
    listener = Listener(LoopClock())
    ports = [
        await listener.run_port(server, host="127.0.0.1", port=0, tls=server_tls(made))
        for server in (world.fake.rest, world.fake.stream)
    ]
    trust = ssl.create_default_context(cafile=made.authority)
    rest, stream = [
        await asyncio.open_connection("127.0.0.1", port, ssl=trust, server_hostname="localhost") for port in ports
    ]
    key = world.options.app_key
    form = b"username=demo&password=demo-password"
    token = (await asked(rest, "/api/certlogin", form, X_Application=key))["sessionToken"]
    assert (await told(stream))["op"] == "connection"
    assert (await told(stream, op="authentication", id=1, appKey=key, session=token))["statusCode"] == "SUCCESS"
    assert (await told(stream, op="orderSubscription", id=2))["statusCode"] == "SUCCESS"
    assert (await told(stream))["ct"] == "SUB_IMAGE"
    params = {"marketId": MARKET, "instructions": [limit("BACK 2 @ 3", ref="O-1")]}
    call = json.dumps({"method": "SportsAPING/v1.0/placeOrders", "params": params, "id": 7}).encode()
    reply = await asked(rest, "/exchange/betting/json-rpc/v1", call, X_Application=key, X_Authentication=token)
    message = await told(stream)
    assert (reply["id"], reply["result"]["status"]) == (7, "SUCCESS")
    assert message["oc"][0]["orc"][0]["uo"][0]["rfo"] == "O-1"
    for _, writer in (rest, stream):
        writer.close()
    listener.close()
