"""Pictures of every panel are made from a running engine, and fetch nothing when somebody looks at them."""

from pathlib import Path

from desk.terminal.app import Dashboard
from desk.terminal.link import Door
from desk.terminal.palette import DARK
from desk.terminal.screens import PANELS, run_screens
from tests.desk.terminal.engine_end import engine_end
from tests.desk.terminal.watching import RealClock


def files(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.iterdir()}


async def test_every_panel_has_a_picture_that_needs_no_network(tmp_path: Path) -> None:
    async with engine_end() as end:
        app = Dashboard(end.door, RealClock(), who="oper", palette=DARK, frame_s=0.05)
        assert await run_screens(app, tmp_path, settle_s=3.0, moment_s=0.02) == ""
    made = files(tmp_path)
    assert {f"panel-{name}" for name in PANELS} <= made.keys()
    assert {"ordinary-dark", "ordinary-light", "large-dark", "large-light", "dialogue-kill"} <= made.keys()
    assert "CANCEL" not in made["ordinary-dark"]
    assert all("UNKNOWN" in made[name] for name in ("ordinary-dark", "panel-orders"))
    assert all("url(" not in svg.replace("url(#", "") for svg in made.values())


async def test_without_an_engine_there_are_no_pictures(tmp_path: Path) -> None:
    app = Dashboard(lambda: Door("http://127.0.0.1:9", ""), RealClock(), who="oper", palette=DARK)
    assert "nobody listens" in await run_screens(app, tmp_path, settle_s=3.0, moment_s=0.02)
    assert files(tmp_path) == {}
