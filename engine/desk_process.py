"""The dashboard's process: opens it on an engine, closes it when told to or when the engine it belongs to is gone."""

import asyncio
import getpass
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from desk.terminal.app import Dashboard
from desk.terminal.link import Door
from desk.terminal.palette import choose_palette, terminal_colours
from desk.terminal.screens import run_screens
from engine.clock import SystemClock
from engine.desk_door import Attach, NotShown, door

ENDS = "leave: the demo ends; everything is cancelled, proven and written down"
STAYS = "leave: the engine goes on trading"


def show(attach: Attach) -> int:
    """Show an engine until somebody leaves, or write pictures of it. Returns the exit code."""
    if attach.screens:
        Path(attach.screens).mkdir(parents=True, exist_ok=True)
    return asyncio.run(_run_shown(attach))


async def _run_shown(attach: Attach) -> int:
    dashboard = Dashboard(
        lambda: _door(attach),
        SystemClock(),
        who="" if attach.watch else _who(),
        palette=choose_palette(attach.theme, os.environ, "truecolor" if attach.screens else terminal_colours()),
        leaving=ENDS if attach.child else STAYS,
        wanted=_parent_lives() if attach.child else lambda: True,
    )
    if attach.screens:
        complaint = await run_screens(dashboard, Path(attach.screens))
        if complaint:
            print(f"crossbook: no pictures were made: {complaint}", file=sys.stderr)
        return 1 if complaint else 0
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, dashboard.exit)
    await dashboard.run_async()
    return dashboard.return_code or 0


def _door(attach: Attach) -> Door:
    try:
        return Door(*door(attach))
    except NotShown:
        return Door(attach.url or "http://127.0.0.1:0", "")


def _parent_lives() -> Callable[[], bool]:
    parent = os.getppid()
    return lambda: os.getppid() == parent


def _who() -> str:
    """The name that commands are journalled with."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return f"uid {os.getuid()}"


if __name__ == "__main__":
    sys.exit(show(Attach(run=sys.argv[1], child=True)))
