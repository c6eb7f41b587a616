"""The tear sheet: one self-contained page that a browser opens from disk, prints well, and asks nobody for anything."""

from pathlib import Path

from desk.reports.page import page
from desk.reports.results import TearSheet
from desk.reports.sections import sections


def write_tear_sheet(sheet: TearSheet, path: Path) -> None:
    """Write the page, making its folder where needed. The values are described in `desk.reports.results`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(sheet.title, sections(sheet)), encoding="utf-8")
