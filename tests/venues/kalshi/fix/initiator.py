"""A QuickFIX initiator in a process of its own, and a socket on which the simulated venue's FIX port answers it.

The port is the one that the fake has anyway; here its bytes go over loopback. Time is the venue's own and moves only
when a test lets it; it begins at the clock of the machine, since the initiator reads no other.
"""

import os
import select
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tests.venues.kalshi.fix.dictionary import DICTIONARY, NEWER_VALUES
from tests.venues.kalshi.fix.quickfix import PATIENCE_S
from tests.venues.kalshi.venue import KEY, KEY_ID, LISTED, Venue
from tests.venues.sim.wires import HandWire
from venues.kalshi.fake.fix import FixConnection

SOURCE = Path(__file__).with_name("initiator.cpp")
DAY_MS = 86_400_000
FLAGS = "|".join(f"{tag}=Y" for tag in (21005, 21007, 21008, 21011, 21012, 21026))
Fields = dict[int, str]


def venue_of_today(**options: Any) -> Venue:
    """A venue whose markets trade at the time that the machine shows."""
    now_ms = time.time_ns() // 1_000_000
    markets = tuple(
        msgspec.structs.replace(one, opens_ms=now_ms - DAY_MS, starts_ms=now_ms, closes_ms=now_ms + DAY_MS)
        for one in LISTED
    )
    return Venue(epoch_ns=now_ms * 1_000_000, fix_key_ids=(KEY_ID,), markets=markets, **options)


def newest_dictionary(folder: Path) -> Path | None:
    """The venue's dictionary with the values that its pages name and it lacks; None where it is not at hand."""
    if not DICTIONARY.exists():
        return None
    text = DICTIONARY.read_text(encoding="utf-8")
    for tag, values in NEWER_VALUES.items():
        head, mark, rest = text.partition(f"<field number='{tag}' ")
        assert mark, f"field {tag} is in no dictionary"
        line, end, rest = rest.partition(">")
        text = (
            f"{head}{mark}{line}{end}" + "".join(f"<value enum='{one}' description='NEWER'/>" for one in values) + rest
        )
    path = folder / "dictionary.xml"
    path.write_text(text, encoding="utf-8")
    return path


class Line:
    """One connection that the initiator dialled."""

    def __init__(self, sock: socket.socket, peer: FixConnection, wire: HandWire) -> None:
        self.sock, self.peer, self.wire = sock, peer, wire


class Initiator:
    """One running initiator and the venue that it talks to; `said` is what it printed, `heard` what it was sent."""

    def __init__(
        self,
        program: Path,
        folder: Path,
        venue: Venue,
        *,
        target: str = "KalshiRT",
        flags: str = FLAGS,
        heartbeat_s: int = 30,
    ) -> None:
        self.venue = venue
        self.said: list[str] = []
        self.is_forged = False
        self._rest = b""
        self._line: Line | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        dictionary = newest_dictionary(folder)
        checks = [f"TransportDataDictionary={dictionary}", f"AppDataDictionary={dictionary}", "UseDataDictionary=Y"]
        lines = [
            "[DEFAULT]",
            "ConnectionType=initiator",
            "StartTime=00:00:00",
            "EndTime=00:00:00",
            f"HeartBtInt={heartbeat_s}",
            "ReconnectInterval=1",
            f"FileStorePath={folder}/store",
            "SocketConnectHost=127.0.0.1",
            f"SocketConnectPort={self._listener.getsockname()[1]}",
            "SocketNodelay=Y",
            "MillisecondsInTimeStamp=Y",
            f"ResetOnLogon={'N' if target == 'KalshiRT' else 'Y'}",
            *(checks if dictionary is not None else ["UseDataDictionary=N"]),
            "[SESSION]",
            "BeginString=FIXT.1.1",
            "DefaultApplVerID=FIX.5.0SP2",
            f"SenderCompID={KEY_ID}",
            f"TargetCompID={target}",
        ]
        settings = folder / "initiator.cfg"
        settings.write_text("\n".join(lines) + "\n")
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": folder}
        self._process = subprocess.Popen([program, settings, flags], **pipes)

    # --- what it is told ---

    def tell(self, line: str) -> None:
        """A line of the initiator's own language."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def say(self, kind: str, fields: Fields) -> None:
        """Have it send a message."""
        self.tell(f"say 35={kind}" + "".join(f"|{tag}={value}" for tag, value in fields.items()))

    # --- what came of it ---

    @property
    def heard(self) -> list[Fields]:
        """Every message that it took, in order."""
        found = []
        for line in self.said:
            if line.startswith("in "):
                pairs = (pair.partition("=") for pair in line[3:].split("|") if pair)
                found.append({int(tag): value for tag, _, value in pairs})
        return found

    def of(self, kind: str) -> list[Fields]:
        """Those of one type."""
        return [one for one in self.heard if one[35] == kind]

    def until(self, is_done: Callable[[], Any], wanted: str) -> None:
        """Carry bytes until something is so."""
        while not is_done():
            assert self.step(), f"never {wanted}: {self.said}"

    def until_heard(self, kind: str, count: int = 1) -> Fields:
        """Carry bytes until it took so many messages of a type; the last of them."""
        self.until(lambda: len(self.of(kind)) >= count, f"{count} of type {kind}")
        return self.of(kind)[count - 1]

    def until_said(self, line: str, count: int = 1) -> None:
        """Carry bytes until it printed a line so often."""
        self.until(lambda: self.said.count(line) >= count, line)

    # --- the wire between ---

    def step(self) -> bool:
        """Carry what is ready; False if nothing came for long."""
        assert self._process.stdout is not None
        self._flush()
        out = self._process.stdout.fileno()
        sources: list[Any] = [self._listener, out, *([self._line.sock] if self._line else [])]
        ready, _, _ = select.select(sources, [], [], PATIENCE_S)
        for one in ready:
            if one is self._listener:
                self._accept()
            elif one == out:
                self._print(os.read(out, 65_536))
            elif self._line is not None:
                self._carry(self._line)
        self._flush()
        return bool(ready)

    def cut(self) -> None:
        """Break the connection."""
        line, self._line = self._line, None
        if line is not None:
            line.sock.close()
            line.peer.closed("cut", self.venue.now_ns)

    def close(self) -> None:
        """End the process and its sockets."""
        self._process.kill()
        self._process.wait(PATIENCE_S)
        for pipe in (self._process.stdin, self._process.stdout, self._listener):
            if pipe is not None:
                pipe.close()
        self.cut()

    # --- leaves ---

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._line = Line(sock, self.venue.fake.fix.accept(), HandWire())
        self._line.peer.connected(self._line.wire, self.venue.now_ns)

    def _carry(self, line: Line) -> None:
        data = line.sock.recv(65_536)
        if data:
            line.peer.received(data, self.venue.now_ns)
        else:
            self.cut()

    def _flush(self) -> None:
        if self._line is None:
            return
        self._line.sock.sendall(self._line.wire.taken())
        if self._line.wire.is_closed:
            self.cut()

    def _print(self, data: bytes) -> None:
        assert data, f"the initiator ended: {self.said}"
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            text = line.decode().strip()
            self.said.append(text)
            if text.startswith("sign "):
                signed = "forged" if self.is_forged else text[5:].replace("|", "\x01")
                self.tell(f"signature {b64encode(KEY.sign(signed.encode())).decode()}")
