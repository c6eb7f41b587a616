"""Pictures of the dashboard on a running engine, as SVG files: for the documentation, and to look at from afar."""

import asyncio
from pathlib import Path

from desk.terminal.app import Dashboard
from desk.terminal.palette import DARK, LIGHT

SIZES = {"ordinary": (120, 35), "large": (200, 50)}
SETTLE_S = 6.0
MOMENT_S = 0.6
PANELS = {
    "venues": "1", "markets": "2", "ladder": "3", "orders": "4", "exposure": "5", "profit": "6",
    "reconciliation": "7", "alerts": "8", "strategies": "9",
}  # fmt: skip


async def run_screens(dashboard: Dashboard, out: Path) -> int:
    """Attach without a terminal and write to a folder a picture of everything, of every panel, and of the dialogues."""
    async with dashboard.run_test(size=SIZES["large"]) as pilot:

        async def run_picture(name: str) -> None:
            await pilot.pause(MOMENT_S)
            (out / f"{name}.svg").write_text(dashboard.export_screenshot(title="crossbook"), encoding="utf-8")

        await asyncio.sleep(SETTLE_S)
        if not dashboard.picture.link.up:
            print(f"crossbook: no pictures: {dashboard.picture.link.why or 'the engine said nothing'}")
            return 1
        for palette in (LIGHT, DARK):
            dashboard.turn(palette)
            for size, (width, height) in SIZES.items():
                await pilot.resize_terminal(width, height)
                await run_picture(f"{size}-{palette.name}")
        await pilot.resize_terminal(*SIZES["ordinary"])
        for name, key in PANELS.items():
            dashboard.watching.body.action_panel(int(key))
            await pilot.press("z") if dashboard.watching.body.full is None else None
            await run_picture(f"panel-{name}")
            await pilot.press("0")
        for name, key in {"help": "question_mark", "kill": "K", "cancel-all": "C"}.items():
            await pilot.press(key)
            await run_picture(f"dialogue-{name}")
            await pilot.press("escape")
    return 0
