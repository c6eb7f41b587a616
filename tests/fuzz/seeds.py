"""Good inputs to begin with: every sample of the venues where they are at hand, and a few of each kind beside them."""

import bz2
import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.tidy.house import ROOT
from tests.venues.betfair import desk as betfair_desk
from tests.venues.kalshi import desk as kalshi_desk
from tests.venues.kalshi.fix.script import wire
from tests.venues.matchbook import desk as matchbook_desk

SHARED = Path(os.environ.get("CROSSBOOK_SHARED", ROOT.parent / "shared")) / "venues"
SEED_BYTES_MAX = 20_000
READERS = 16
"""No target has more decoders than this to choose from by the first byte."""


def samples(pattern: str) -> list[bytes]:
    """Samples that are not too large to be changed in many ways."""
    found = [path.read_bytes() for path in sorted(SHARED.glob(pattern))]
    return [one for one in found if len(one) <= SEED_BYTES_MAX]


def compact(data: bytes) -> Iterator[bytes]:
    """Each message of a file on one line, ids as the targets know them."""
    try:
        found = json.loads(data)
    except json.JSONDecodeError:
        yield from data.splitlines()
        return
    for one in found if isinstance(found, list) else [found]:
        yield json.dumps(one, separators=(",", ":")).encode()


def for_each_reader(bodies: list[bytes]) -> list[bytes]:
    """Every body for every decoder: the first byte says which."""
    return [bytes([n]) + body for n in range(READERS) for body in bodies]


def text(*messages: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(one, separators=(",", ":")).encode() for one in messages)


def betfair_stream() -> list[bytes]:
    desk = betfair_desk
    image = {
        "id": desk.MARKET,
        "img": True,
        "marketDefinition": desk.definition(),
        "rc": [{"id": 11, "atb": [[2.0, 5]]}],
    }
    made = [
        text(
            desk.mcm(1, image, ct="SUB_IMAGE", clk="a", initialClk="b"),
            desk.mcm(1, {"id": desk.MARKET, "rc": [{"id": 11, "atl": [[2.5, 1]]}]}),
        ),
        text(desk.mcm(1, image, segmentType="SEG_START"), desk.mcm(1, image, segmentType="SEG_END")),
        text(desk.ocm(2, desk.bet("r1", sm=2, avp=2.4))),
        text({"op": "status", "id": 1, "statusCode": "FAILURE", "errorCode": "NO_SESSION"}, {"op": "connection"}),
    ]
    return made + [
        line
        for pattern in ("betfair/samples/stream/*", "betfair/samples/ocm/*")
        for one in samples(pattern)
        for line in compact(one)
    ]


def betfair_rest() -> list[bytes]:
    made = [{"jsonrpc": "2.0", "result": betfair_desk.report(betfair_desk.place_report()), "id": 1}]
    made += [
        {
            "jsonrpc": "2.0",
            "error": {"code": -32099, "message": "x", "data": {"APINGException": {"errorCode": "NO_SESSION"}}},
        }
    ]
    made += [{"jsonrpc": "2.0", "result": [betfair_desk.catalogue()]}]
    bodies = [text(one) for one in made] + [line for one in samples("betfair/samples/rest/*") for line in compact(one)]
    return for_each_reader(bodies)


def kalshi_rest() -> list[bytes]:
    made: list[dict[str, Any]] = [
        kalshi_desk.created(),
        {"order": kalshi_desk.order(kalshi_desk.R1)},
        {"error": {"code": "x", "message": "y"}},
        {"msg": "Parameter"},
        {"error": "too many requests"},
        {"series": {"ticker": "KXGAME", "fee_type": "quadratic", "fee_multiplier": 1}},
        {"events": [{"event_ticker": "KXGAME-26JUN11AB", "series_ticker": "KXGAME", "fee_multiplier_override": 0.5}]},
    ]
    bodies = [text(one) for one in made]
    bodies += [
        line for one in samples("kalshi/samples/*/[a-v]*.json") if b"recorded_at" not in one for line in compact(one)
    ]
    return for_each_reader(bodies)


def kalshi_socket() -> list[bytes]:
    desk = kalshi_desk
    lifecycle = desk.lifecycle(1, "price_level_structure_updated", price_ranges=desk.DECI)
    snapshot = {"type": "orderbook_snapshot", "sid": 2, "seq": 1}
    snapshot["msg"] = {"market_ticker": desk.T1, "yes_dollars_fp": [["0.4700", "3.00"]], "no_dollars_fp": []}
    made = [text(snapshot, desk.delta(2, 2, "0.4700", "1.00", "yes")), text(lifecycle)]
    fill = {
        "trade_id": "t",
        "order_id": "o",
        "market_ticker": desk.T1,
        "count_fp": "1.00",
        "yes_price_dollars": "0.5",
        "fee_cost": "0",
        "is_taker": True,
        "ts_ms": 5,
    }
    made += [
        text({"type": "fill", "sid": 3, "msg": fill}),
        text({"type": "user_order", "sid": 4, "msg": desk.order(desk.R1)}),
    ]
    made += [text({"type": "error", "msg": {"code": 10, "msg": "x"}}), b"\x81\x05hello\x89\x00\x88\x02\x03\xe8"]
    return made + [line for one in samples("kalshi/samples/*/ws*.jsonl") for line in compact(one)]


def kalshi_fix() -> list[bytes]:
    head = [("49", "KalshiNR"), ("56", "key"), ("34", "2"), ("52", "20260101-00:00:00.000")]
    report = [("37", "o"), ("11", "c"), ("17", "1;1"), ("150", "F"), ("39", "1"), ("54", "1"), ("55", "T"), ("38", "5")]
    report += [
        ("14", "1"),
        ("151", "4"),
        ("31", "0.5"),
        ("32", "1"),
        ("6", "0.5"),
        ("136", "1"),
        ("137", "0.01"),
        ("138", "USD"),
    ]
    fees = [("139", "4"), ("891", "0")]
    return [
        wire("8", *head, *report, *fees),
        wire(
            "8",
            *head,
            *report[:3],
            ("150", "8"),
            ("39", "8"),
            ("54", "1"),
            ("103", "3"),
            ("58", "INSUFFICIENT_BALANCE"),
        ),
        wire("0", *head) + wire("3", *head, ("45", "1"), ("373", "1")),
        wire("A", *head, ("98", "0"), ("108", "5"), ("95", "3"), ("96", "a\x01b")),
    ]


def matchbook() -> list[bytes]:
    desk = matchbook_desk
    made = [
        {"events": [desk.event(desk.market(desk.runner(desk.HOME, desk.price("back", 2.5))))], "total": 1},
        desk.offer(),
        {"offers": [desk.offer()], "total": 1},
        {"markets": [], "total": 0},
        {"errors": [{"messages": ["x"]}]},
    ]
    bodies = [text(one) for one in made]
    bodies += [
        line
        for folder in ("java_sdk", "recorded_2017", "other")
        for one in samples(f"matchbook/samples/{folder}/*.json")
        for line in compact(one)
    ]
    return for_each_reader([*bodies, *(gzip.compress(one, mtime=0) for one in bodies[:5])])


def http_line() -> list[bytes]:
    return [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.0 502 Bad Gateway\r\n\r\n<html>",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x00",
    ]


def recording() -> list[bytes]:
    desk = betfair_desk
    image = {
        "id": desk.MARKET,
        "img": True,
        "marketDefinition": desk.definition(),
        "rc": [{"id": 11, "atb": [[2.0, 5]], "trd": [[2.0, 3]]}],
    }
    later = {"id": desk.MARKET, "rc": [{"id": 11, "trd": [[2.0, 9]], "batb": [[0, 2.0, 5]]}]}
    plain = text(
        desk.mcm(1, image),
        desk.mcm(1, later, ArrivalTime=1_700_000_000_200),
        desk.mcm(1, later, rt=638_000_000_000_000_000),
    )
    frames = (
        b'{"frames":1,"venue":"betfair","segment":1,"begun_ns":1}\n[1,1,"message","","'
        + plain.split(b"\n")[0].replace(b'"', b'\\"')
        + b'"]\n'
    )
    return [
        plain,
        b"\xef\xbb\xbf" + plain,
        bz2.compress(plain),
        gzip.compress(plain, mtime=0),
        gzip.compress(frames, mtime=0),
    ]
