"""A QuickFIX acceptor in a process of its own, and our session on a socket to it.

Needs `g++` and `libquickfix-dev`, and builds a program once; `missing` says in one line what is not there.
"""

import os
import select
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.venues.kalshi.fix.script import SECOND
from venues.kalshi.fix.codec import Field, Message
from venues.kalshi.fix.line import SessionSettings
from venues.kalshi.fix.session import Session
from venues.kalshi.fix.store import MemoryStore, Store

SOURCE = Path(__file__).with_name("acceptor.cpp")
HEADER = Path("/usr/include/quickfix/SocketAcceptor.h")
US, THEM = "us", "KalshiRT"
PATIENCE_S = 10.0


def missing() -> str:
    """Why there can be no QuickFIX here, empty if there can."""
    if shutil.which("g++") is None:
        return "g++ is not installed"
    return "" if HEADER.exists() else "QuickFIX is not installed: apt-get install libquickfix-dev"


def build(folder: Path, source: Path = SOURCE) -> Path:
    """The program of a source; it needs C++14, for the library's headers say what they throw."""
    program = folder / source.stem
    command = ["g++", "-std=c++14", "-O0", "-w", str(source), "-o", str(program), "-lquickfix", "-lpthread"]
    subprocess.run(command, check=True, timeout=120)
    return program


class Acceptor:
    """One running acceptor; `said` is what it printed."""

    def __init__(self, program: Path, folder: Path, dictionary: Path | None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        checks = [f"TransportDataDictionary={dictionary}", f"AppDataDictionary={dictionary}", "UseDataDictionary=Y"]
        lines = [
            "[DEFAULT]",
            "ConnectionType=acceptor",
            "StartTime=00:00:00",
            "EndTime=00:00:00",
            f"FileStorePath={folder}/store",
            f"SocketAcceptPort={self.port}",
            "SocketReuseAddress=Y",
            "SocketNodelay=Y",
            *(checks if dictionary is not None else ["UseDataDictionary=N"]),
            "[SESSION]",
            "BeginString=FIXT.1.1",
            "DefaultApplVerID=FIX.5.0SP2",
            f"SenderCompID={THEM}",
            f"TargetCompID={US}",
        ]
        settings = folder / "acceptor.cfg"
        settings.write_text("\n".join(lines) + "\n")
        self.said: list[str] = []
        self._rest = b""
        self._process = subprocess.Popen([program, settings], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
        assert self._process.stdout is not None
        self._out = self._process.stdout.fileno()
        self.wait_for("ready")

    def wait_for(self, line: str) -> None:
        """Read on until it says this."""
        while line not in self.said:
            ready, _, _ = select.select([self._out], [], [], PATIENCE_S)
            data = os.read(self._out, 65_536) if ready else b""
            assert data, f"the acceptor never said {line!r}, but {self.said}"
            *whole, self._rest = (self._rest + data).split(b"\n")
            self.said += [one.decode().strip() for one in whole]

    def close(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_S)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class Client:
    """Our session over a socket. Time is a counter that the test moves; the wall clock is only what it sends."""

    def __init__(self, acceptor: Acceptor, store: Store | None = None, **changes: Any) -> None:
        base: dict[str, Any] = {"ours": US, "theirs": (THEM,), "is_initiator": True, "resets": False}
        base |= {"recovers": True, "window_ms": 0, "heartbeat_s": 30, "fresh_ms": 5_000}
        self.acceptor = acceptor
        self.store = store or MemoryStore()
        self.heard_all: list[Message] = []
        self.reasons: list[str] = []
        self.sent: list[bytes] = []
        self.received: list[bytes] = []
        self.now_ns = SECOND
        self.is_mute = False
        self._socket: socket.socket | None = None
        self.session = Session(SessionSettings(**base | changes), self.store, self, wall_ms=_wall_ms)

    def dial(self) -> "Client":
        self._socket = socket.create_connection(("127.0.0.1", self.acceptor.port), PATIENCE_S)
        self.session.connected(self.now_ns)
        return self

    def until(self, done: str, *, count: int = 1) -> Message:
        """Read until a message of this type was handed on, so often; the last one."""
        self._read(lambda: len(self.of(done)) >= count, done)
        return self.of(done)[-1]

    def of(self, kind: str) -> list[Message]:
        """What was handed on, of one type."""
        return [one for one in self.heard_all if one.type == kind]

    def until_bytes(self, text: bytes) -> None:
        """Read until these bytes came."""
        self._read(lambda: text in b"".join(self.received), repr(text))

    def until_up(self) -> None:
        self._read(lambda: self.session.is_up, "logon")

    def until_ended(self) -> str:
        self._read(lambda: bool(self.reasons), "the end")
        return self.reasons.pop()

    def _read(self, is_done: Callable[[], bool], wanted: str) -> None:
        while not is_done():
            assert self._socket is not None, f"hung up before {wanted}: {self.reasons}"
            self._socket.settimeout(PATIENCE_S)
            data = self._socket.recv(65_536)
            self.received.append(data)
            if data:
                self.session.received(data, self.now_ns)
            else:
                self.hang_up()
                self.reasons.append("closed by the acceptor")

    def say(self, kind: str, *fields: Field) -> int:
        return self.session.send(kind, list(fields), self.now_ns)

    def raw(self, data: bytes) -> None:
        assert self._socket is not None
        self._socket.sendall(data)

    def pass_s(self, seconds: float) -> None:
        self.now_ns += int(seconds * SECOND)
        self.session.on_time(self.now_ns)

    def hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self.session.disconnected()

    # --- what the session tells ---

    def logon_fields(self, sent_at: str, seq: int) -> list[Field]:
        return [(95, "9"), (96, "signature")]

    def judge_logon(self, logon: Message, now_ns: int) -> str:
        return ""

    def write(self, data: bytes) -> None:
        self.sent.append(data)
        if self._socket is not None and not self.is_mute:
            self._socket.sendall(data)

    def opened(self, now_ns: int) -> None:
        """The test looks at the session."""

    def heard(self, message: Message, seq: int, now_ns: int) -> None:
        self.heard_all.append(message)

    def ended(self, reason: str, now_ns: int) -> None:
        self.reasons.append(reason)
        self.hang_up()


def _wall_ms() -> int:

    return time.time_ns() // 1_000_000
