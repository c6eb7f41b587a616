"""`doctor`: whether this desk could trade now, line by line, and what to do where not. It never places an order.

What blocks is asked from worker threads. A login that failed is not tried a second time: venues lock accounts.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from domain.clock import Clock
from domain.ids import VenueName
from domain.markets import Listing
from domain.markets import Mapping as MarketMapping
from engine.accounts import account_settings
from engine.clock import SystemClock
from engine.config import ConfigError, Loaded
from engine.doctor_desk import run_desk_checks
from engine.doctor_machine import machine_findings
from engine.doctor_names import idle_names
from engine.loop import run
from venues.checkup import Checkup, Finding, Verdict
from venues.registry import CHECKUPS

GOOD, NOT_READY = 0, 3
HERE = "here"
WAIT_S = 20.0


def read_mapping(path: Path) -> MarketMapping:
    """A reviewed mapping file. ConfigError names the file and what is wrong with it."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=MarketMapping)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: no mapping that can be read: {error}; name one with --mapping") from error


def run_doctor(chosen: argparse.Namespace, loaded: Loaded) -> int:
    """Look everything over and tell it; 3 where anything keeps the desk from trading."""
    names = chosen.venue or list(loaded.config.venues)
    for name in names:
        if name not in loaded.config.venues:
            raise ConfigError(f"--venue {name}: the configuration has no [venues.{name}]")
    mapping = read_mapping(chosen.mapping) if chosen.mapping else None
    doctor = Doctor(loaded, SystemClock(), as_json=chosen.json)
    doctor.tell(HERE, machine_findings(loaded, chosen.config, SystemClock()))
    if mapping is not None:
        doctor.tell(HERE, idle_names(loaded, mapping))
    return run(doctor.run(names, mapping.listings if mapping else (), seconds=chosen.wait))


class Doctor:
    """Tells findings as they come, and remembers whether one was bad."""

    def __init__(self, loaded: Loaded, clock: Clock, *, as_json: bool) -> None:
        self._loaded = loaded
        self._clock = clock
        self._as_json = as_json
        self._bad = self._looks = 0

    def tell(self, subject: str, findings: Iterable[Finding]) -> None:
        """One line each; what to do stands below it where there is something to do."""
        for one in findings:
            self._bad += one.verdict is Verdict.BAD
            self._looks += one.verdict is Verdict.LOOK
            asks = one.verdict in (Verdict.BAD, Verdict.LOOK)
            if self._as_json:
                row = {"subject": subject, "about": one.about, "verdict": one.verdict, "said": one.said}
                print(msgspec.json.encode(row | ({"fix": one.fix} if asks else {})).decode())
                continue
            print(f"{one.verdict.value.upper() if asks else one.verdict.value:5}{subject:10} {one.about:16} {one.said}")
            if asks and one.fix:
                print(f"{'':33}do: {one.fix}")
        sys.stdout.flush()

    async def run(self, names: Sequence[VenueName], listings: tuple[Listing, ...], *, seconds: float) -> int:
        """The venues, all at once; the exit code."""
        checkups = {name: checkup for name in names if (checkup := self._checkup(name)) is not None}
        sound = [name for name, good in zip(checkups, await self._run_checkups(checkups), strict=True) if good]
        for name in checkups:
            if name not in sound:
                self.tell(name, [_left("it is not dialled again after what went wrong above")])
        ready = [name for name in sound if any(one.venue == name for one in listings)]
        for name in sound:
            if name not in ready:
                self.tell(name, [_left("no market of it is mapped; name a mapping with --mapping FILE")])
        if ready:
            accounts = {name: checkups[name].disarmed() for name in ready}
            found = await run_desk_checks(accounts, listings, self._clock, seconds=seconds)
            for name, findings in found.items():
                self.tell(name, findings)
        return self._end()

    # --- leaves ---

    def _checkup(self, name: VenueName) -> Checkup | None:
        try:
            settings: Any = account_settings(self._loaded, name)
        except ConfigError as error:
            fix = "docs/doctor.md shows a whole table; secrets are named there, never written"
            self.tell(name, [Finding("configuration", Verdict.BAD, str(error), fix)])
            return None
        return CHECKUPS[name](settings, self._clock.wall_ns)

    async def _run_checkups(self, checkups: Mapping[VenueName, Checkup]) -> list[bool]:
        """Whether nothing was bad at each."""
        return await asyncio.gather(*(self._run_checkup(name, one) for name, one in checkups.items()))

    async def _run_checkup(self, name: VenueName, checkup: Checkup) -> bool:
        findings = await asyncio.get_running_loop().run_in_executor(None, lambda: list(checkup.findings()))
        self.tell(name, findings)
        return not any(one.verdict is Verdict.BAD for one in findings)

    def _end(self) -> int:
        if not self._as_json:
            looks = f"; {self._looks} worth a look" if self._looks else ""
            print(f"{self._bad} bad{looks}" if self._bad else f"ready{looks}")
        return NOT_READY if self._bad else GOOD


def _left(why: str) -> Finding:
    return Finding("adapter", Verdict.LEFT, why)
