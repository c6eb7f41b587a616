"""Who sees a running engine: the dashboard as the demo's child or attached to any engine, else a line a second."""

import asyncio
import shutil
import sys
from collections.abc import Callable

from engine.children import Children
from engine.desk_door import Attach, NotShown, door, has_terminal
from engine.reading import let_nobody_read
from engine.status import status_line
from engine.street import Street

DASHBOARD = "dashboard"
MODULE = "engine.desk_process"
LOOK_S = 0.1
STATUS_S = 1.0


async def run_showing(street: Street, children: Children, end: Callable[[], None]) -> None:
    """Show a demo for as long as it lasts: on the dashboard if there is a terminal, else in lines.

    Whoever leaves the dashboard ends the demo; lines tell the rest of it. They also take over when it breaks.
    Lines that nobody reads any more, their pipe broken, end the demo too.
    """
    if has_terminal():
        try:
            await _run_dashboard(children)
        except asyncio.CancelledError:  # the demo ended by itself: say how
            await children.run_stop_one(DASHBOARD)
            _print_line(street, live=True)
            print()
            raise
        if children.finished(DASHBOARD):
            print("crossbook: the demo ends: everything is cancelled, proven and written down", flush=True)
            end()
        else:
            print(f"crossbook: the dashboard broke; {children.log(DASHBOARD) or 'it said nothing'}", file=sys.stderr)
    try:
        await _run_lines(street)
    except BrokenPipeError:
        let_nobody_read()
        end()


async def _run_dashboard(children: Children) -> None:
    children.start(DASHBOARD, MODULE, on_terminal=True)
    while children.alive(DASHBOARD):  # noqa: ASYNC110  a process sets no event
        await asyncio.sleep(LOOK_S)


async def _run_lines(street: Street) -> None:
    """The state every second: in place on a terminal, else line by line."""
    live = sys.stdout.isatty()
    try:
        while True:
            _print_line(street, live=live)
            await asyncio.sleep(STATUS_S)
    finally:
        if live:
            _print_line(street, live=True)
            print()


def _print_line(street: Street, *, live: bool) -> None:
    line = status_line(street)
    if live:
        line = f"\r\x1b[2K{fitted(line, shutil.get_terminal_size().columns - 1)}"
    print(line, end="" if live else "\n", flush=True)


def fitted(line: str, width: int) -> str:
    """A line that fits; a figure that is cut is seen to be cut."""
    return line if len(line) <= width else f"{line[: max(0, width - 1)]}…"


def open_desk(attach: Attach) -> int:
    """The door `desk`: a dashboard on an engine that runs. Returns the exit code. Raises NotShown."""
    if not attach.screens and not has_terminal():
        raise NotShown("the dashboard needs a terminal for its input, output and errors; `orders` answers in a pipe")
    door(attach)
    from engine.desk_process import show  # noqa: PLC0415  what draws is loaded by nobody who does not look

    return show(attach)
