"""An engine that is wedged in the midst of trading: its watchdog empties the books, and it stays stopped afterwards."""

import signal
import time
from pathlib import Path

from tests.demo.running import Running, assert_agrees, running, told, verified, wait_until
from tests.demo.test_gone import asked


def emptied(demo: Running) -> bool:
    path = demo.run / "watchdog.json"
    return path.exists() and len(told(demo.run, "watchdog.json").get("empty_ms", {})) == 3


def test_a_wedged_engine_finds_its_orders_cancelled_and_itself_stopped(tmp_path: Path) -> None:
    with running(tmp_path / "runs", "--seed", "3", "--speed", "30") as demo:
        demo.until_orders(30)
        demo.child("watchdog")
        time.sleep(1)
        demo.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: emptied(demo))
        report = told(demo.run, "watchdog.json")
        assert report["why"] == "the engine gave no sign of life for 5 s"
        assert sum(report["cancels"].values()) > 0
        assert report.get("engine_told_ms", 0) == 0
        demo.process.send_signal(signal.SIGCONT)
        wait_until(lambda: asked(demo, "/v1/status")["kill_level"] == 3)
        header = asked(demo, "/v1/view/header")[0]
        assert (header["kill_who"], header["kill_why"]) == ("watchdog", report["why"])
        wait_until(lambda: asked(demo, "/v1/status")["orders_open"] == 0)
        demo.process.send_signal(signal.SIGINT)
        assert demo.end() == 0, demo.said.read_text()
    assert_agrees(demo.run, unheard=("cancelled", "suspensions"))
    assert verified(demo.run) == 0
