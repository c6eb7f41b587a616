"""Parts of a run that die or are asked to end: exchanges, model, and the person at the keyboard."""

import asyncio
import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from desk.views import Frame, Place
from engine.stage import write_whole
from tests.demo.running import (
    PATIENCE_S,
    ROOT,
    TOKEN,
    Running,
    assert_agrees,
    children_left,
    running,
    told,
    verified,
    wait_until,
)


def asked(demo: Running, path: str, body: dict[str, Any] | None = None) -> Any:
    """What the control interface answers."""
    url = (demo.run / "control.url").read_text().strip()
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data=data, headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return json.loads(answer.read())


def came_back(demo: Running) -> bool:
    """Whether every venue was lost, was found again, and has its orders proven since."""
    venues = asked(demo, "/v1/status")["venues"].values()
    return all(venue["reconnects"] > 0 and venue["proven"] for venue in venues)


def test_exchanges_that_die_come_back_with_their_books(tmp_path: Path) -> None:
    """Exchanges and model are killed, then the exchanges stand still for a while: no order lost, none doubled."""
    config = tmp_path / "c.toml"  # without the venue whose polls would take longest to prove that an order never came
    config.write_text((ROOT / "config.toml").read_text().replace("[venues.matchbook]", ""))
    with running(tmp_path / "runs", "--seed", "7", "--speed", "30", "--config", str(config)) as demo:
        demo.until_orders(40)
        exchanges, model = demo.child("exchanges"), demo.child("model")
        os.kill(exchanges, signal.SIGKILL)
        os.kill(model, signal.SIGKILL)
        wait_until(lambda: came_back(demo))
        assert demo.child("exchanges") != exchanges
        wait_until(lambda: demo.child("model") != model)
        demo.signal_children(signal.SIGSTOP, "exchanges")
        time.sleep(3)
        demo.signal_children(signal.SIGCONT, "exchanges")
        placed = sum(venue["orders"] for venue in asked(demo, "/v1/status")["venues"].values())
        demo.until_orders(placed + 10)
        demo.process.send_signal(signal.SIGINT)
        assert demo.end() == 0, demo.said.read_text()
    summary = told(demo.run, "summary.json")
    assert_agrees(demo.run)
    assert summary["recon"]["breaks_open"] == summary["risk"]["breaches"] == 0
    assert all(venue["reconnects"] > 0 and venue["unknown"] == 0 for venue in summary["venues"].values())
    assert verified(demo.run) == 0
    assert children_left(tmp_path / "runs") == []


async def watched(demo: Running, shown: Callable[[list[Frame]], bool]) -> list[Frame]:
    """The frames of the control interface's stream, until they have shown what is looked for."""
    url = (demo.run / "control.url").read_text().strip()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    frames: list[Frame] = []
    async with aiohttp.ClientSession(headers=headers) as session, session.ws_connect(f"{url}/v1/view/stream") as socket:
        async with asyncio.timeout(PATIENCE_S):
            while not shown(frames):
                frames.append(msgspec.json.decode(await socket.receive_str(), type=Frame))
    return frames


def test_a_person_who_watches_sees_every_venue_move_and_stops_and_releases_the_desk(tmp_path: Path) -> None:
    with running(tmp_path / "runs", "--seed", "3", "--speed", "30") as demo:
        demo.until_orders(10)
        prices_move_on_every_venue_and_our_orders_are_among_them(demo)
        demo.until_orders(30)
        the_desk_is_stopped_and_released(demo)
        demo.process.send_signal(signal.SIGTERM)
        assert demo.end() == 0, demo.said.read_text()
    assert_agrees(demo.run)


def prices_move_on_every_venue_and_our_orders_are_among_them(demo: Running) -> None:
    def shown(frames: list[Frame]) -> bool:
        deltas = frames[1:]
        return (
            venues_whose_prices_moved(frames) == {"betfair", "kalshi", "matchbook"}
            and any(row.is_open for frame in frames for row in frame.rows.orders)
            and any(frame.rows.orders for frame in deltas)
        )

    first, *deltas = asyncio.run(watched(demo, shown))
    assert first.snapshot
    assert {venue.id for venue in first.rows.venues} == {"betfair", "kalshi", "matchbook"}
    assert [frame.seq for frame in deltas] == list(range(first.seq + 1, first.seq + 1 + len(deltas)))
    assert not any(frame.snapshot for frame in deltas)


def venues_whose_prices_moved(frames: list[Frame]) -> set[str]:
    """Venues of which a place that was there before came again with another price."""
    before: dict[tuple[str, str], Place] = {}
    moved = set()
    for frame in frames:
        for row in frame.rows.markets:
            for place in row.places:
                old = before.get((row.id, place.venue), place)
                if (old.to_back, old.to_lay) != (place.to_back, place.to_lay):
                    moved.add(place.venue)
                before[row.id, place.venue] = place
    return moved


def the_desk_is_stopped_and_released(demo: Running) -> None:
    assert asked(demo, "/v1/halt", {"level": 3, "who": "ann", "why": "drill"}) == {"level": 3}
    wait_until(lambda: asked(demo, "/v1/status")["orders_open"] == 0)
    seen = asked(demo, "/v1/status")
    assert (seen["kill_level"], seen["orders_open"]) == (3, 0)
    time.sleep(1)
    after = asked(demo, "/v1/status")
    assert [v["orders"] for v in after["venues"].values()] == [v["orders"] for v in seen["venues"].values()]
    asked(demo, "/v1/halt", {"level": 0, "who": "ann", "why": "drill over"})
    demo.until_orders(sum(venue["orders"] for venue in seen["venues"].values()) + 5)


def test_a_second_interrupt_ends_at_once_and_leaves_no_child(tmp_path: Path) -> None:
    with running(tmp_path / "runs", "--seed", "7", "--speed", "30") as demo:
        demo.until_orders(20)
        demo.signal_children(signal.SIGSTOP, "exchanges")  # so that no cancel is answered and an orderly end takes long
        demo.process.send_signal(signal.SIGINT)
        wait_until(lambda: asked(demo, "/v1/view/header")[0]["stopping"])
        assert demo.process.poll() is None
        demo.process.send_signal(signal.SIGINT)
        assert demo.end(patience_s=30) == 4, "an orderly end would wait longer for its proof"
        assert "ended at once" in demo.said.read_text()
        assert children_left(tmp_path / "runs") == []
        assert told(demo.run, "summary.json")["seed"] == 7
        assert verified(demo.run) == 0


def test_a_run_whose_exchanges_closed_their_books_ends_by_itself(tmp_path: Path) -> None:
    with running(tmp_path / "runs", "--seed", "7", "--speed", "30") as demo:
        demo.until_orders(20)
        demo.signal_children(signal.SIGTERM, "exchanges")
        assert demo.end() == 1
        assert "the exchanges have ended by themselves" in demo.said.read_text()
        assert children_left(tmp_path / "runs") == []


def test_exchanges_that_nobody_speaks_to_end(tmp_path: Path) -> None:
    """With half a minute made five seconds: every child of a killed engine goes by itself."""
    with running(tmp_path / "runs", "--seed", "7") as demo:
        wait_until((demo.run / "stage.json").exists)
        order = told(demo.run, "stage.json")
        write_whole(demo.run / "stage.json", json.dumps(order | {"alone_s": 5.0}).encode())
        demo.until_orders(1)
        demo.process.send_signal(signal.SIGKILL)
        demo.process.wait()
        wait_until(lambda: children_left(tmp_path / "runs") == [])
        assert (demo.run / "exchanges.json").exists()
