"""The story of an order for whoever asks over the wire, told by a process of its own: a journal may be long."""

import asyncio
import sys
from pathlib import Path

from desk.control_desk import Unexplained

DOOR = Path(__file__).resolve().parents[2] / "run.py"
PATIENCE_S = 60.0


async def fetch_story(order: str, run: Path) -> bytes:
    """The story as JSON. Raises Unexplained with one line that says why there is none."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(DOOR), "explain", "--json", "--", order, str(run)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            story, complaint = await process.communicate()
    except TimeoutError as error:
        late = f"{order}: not told within {PATIENCE_S:.0f} s; ask `explain` on the command line"
        raise Unexplained(late) from error
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise Unexplained(complaint.decode(errors="replace").strip() or f"{order}: its story cannot be told")
    return story
