"""Headless Chromium, spoken to over its DevTools socket on loopback: what a page asks for, says, and how wide it is."""

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
WAIT_S = 60

OVERFLOWING = """
[document.documentElement, ...document.querySelectorAll('.scroll, svg, pre')]
  .filter(one => one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > innerWidth + 1)
  .map(one => `${one.tagName}.${one.className} of "${(one.closest('section')?.innerText ?? '').slice(0, 30)}"`
              + ` is ${one.scrollWidth} wide in ${one.clientWidth}`)
"""


def found() -> str | None:
    """The program, where there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Tab:
    """One page, and everything that it asked for or complained of."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self._ids = itertools.count(1)
        self._session = ""
        self.asked: list[str] = []
        self.said: list[str] = []
        self._loaded = False
        target = self.do("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.do(f"{domain}.enable")

    def do(self, method: str, **params: object) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        number = next(self._ids)
        said: dict[str, Any] = {"id": number, "method": method, "params": params}
        self._line.send(json.dumps(said | ({"sessionId": self._session} if self._session else {})))
        while True:
            heard = self._heard()
            if heard.get("id") == number:
                assert "error" not in heard, f"{method}: {heard['error']}"
                answer: dict[str, Any] = heard["result"]
                return answer

    def open(self, path: Path, *, width: int, dark: bool = False) -> None:
        """Load a file in a window of so many pixels and wait until it stands."""
        self.do("Emulation.setEmulatedMedia", features=[_feature("prefers-color-scheme", "dark" if dark else "light")])
        self.do("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self._loaded = False
        self.do("Page.navigate", url=path.as_uri())
        while not self._loaded:
            self._heard()
        self.asked = [url for url in self.asked if url != path.as_uri() and not url.startswith("data:")]

    def overflowing(self) -> list[str]:
        """What is wider than the place it has."""
        wide: list[str] = self.do("Runtime.evaluate", expression=OVERFLOWING, returnByValue=True)["result"]["value"]
        return wide

    def on_paper(self, width: int) -> None:
        """Show the page as it is printed, on paper of so many pixels between its margins."""
        self.do("Emulation.setEmulatedMedia", media="print")
        self.do("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)

    def printed(self) -> bytes:
        """The page as PDF, on the paper that it asks for itself."""
        return base64.b64decode(self.do("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])

    def picture(self) -> bytes:
        """The whole page as PNG."""
        return base64.b64decode(self.do("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def _heard(self) -> dict[str, Any]:
        heard: dict[str, Any] = json.loads(self._line.recv(timeout=WAIT_S))
        params = heard.get("params", {})
        match heard.get("method"):
            case "Network.requestWillBeSent":
                self.asked.append(params["request"]["url"])
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                self.said.append(json.dumps(params))
            case "Log.entryAdded":
                self.said.append(params["entry"]["text"])
            case "Page.loadEventFired":
                self._loaded = True
        return heard


@contextmanager
def browsing(program: str) -> Iterator[Tab]:
    """A browser with one tab, of its own folder, gone with it."""
    with tempfile.TemporaryDirectory() as name:
        command = [
            program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--remote-debugging-port=0",
            f"--user-data-dir={name}",
        ]
        environ = os.environ | {"HOME": name}
        with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as browser:
            try:
                assert browser.stderr is not None
                url = next(line for line in browser.stderr if line.startswith(b"DevTools listening on "))
                with connect(url.split()[-1].decode(), max_size=None, proxy=None) as line:
                    yield Tab(line)
                    with suppress(AssertionError):
                        line.send(json.dumps({"id": 0, "method": "Browser.close"}))
                    browser.wait(WAIT_S)
            finally:
                browser.kill()


def _feature(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}
