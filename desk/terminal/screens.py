"""Pictures of the dashboard on a running engine, as SVG files: for the documentation, and to look at from afar."""

import asyncio
import re
from pathlib import Path

from desk.terminal.app import Dashboard
from desk.terminal.palette import DARK, LIGHT

SIZES = {"ordinary": (120, 35), "large": (200, 50)}
REMOTE = re.compile(r",\s*url\(\"https://[^)]*\)\s*format\([^)]*\)")
"""Fonts that a picture would fetch over the network: the reader's own will do."""
SETTLE_S = 6.0
MOMENT_S = 0.6
PANELS = ("venues", "markets", "ladder", "orders", "exposure", "profit", "reconciliation", "alerts", "strategies")
"""Names of the pictures of panels, in the order of their numbers."""
DIALOGUES = {"help": "question_mark", "kill": "K", "cancel-all": "C"}


async def run_screens(
    dashboard: Dashboard, out: Path, *, settle_s: float = SETTLE_S, moment_s: float = MOMENT_S
) -> str:
    """Attach without a terminal and write to a folder a picture of everything, of every panel, and of dialogues.

    Returns why there are none; "" when they were made.
    """
    async with dashboard.run_test(size=SIZES["large"]) as pilot:

        async def run_picture(name: str) -> None:
            await pilot.pause(moment_s)
            svg = REMOTE.sub("", dashboard.export_screenshot(title="crossbook"))
            (out / f"{name}.svg").write_text(svg, encoding="utf-8")

        await asyncio.sleep(settle_s)
        if not dashboard.picture.link.up:
            return dashboard.picture.link.why or "the engine said nothing"
        for palette in (LIGHT, DARK):
            dashboard.turn(palette)
            for size, (width, height) in SIZES.items():
                await pilot.resize_terminal(width, height)
                await run_picture(f"{size}-{palette.name}")
        await pilot.resize_terminal(*SIZES["ordinary"])
        body = dashboard.watching.body
        for number, name in enumerate(PANELS, 1):
            body.fill(body.panels[number])
            body.panels[number].focus()
            await run_picture(f"panel-{name}")
        body.fill(None)
        for name, key in DIALOGUES.items():
            await pilot.press(key)
            await run_picture(f"dialogue-{name}")
            await pilot.press("escape")
    return ""
