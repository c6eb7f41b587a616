"""The tear sheet: one self-contained page that a browser opens from disk, prints well, and asks nobody for anything."""

from html import escape
from pathlib import Path

from desk.reports.results import TearSheet


def write_tear_sheet(sheet: TearSheet, path: Path) -> None:
    """Write the page, making its folder where needed. The values are described in `desk.reports.results`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<!doctype html><title>{escape(sheet.title)}</title>", encoding="utf-8")
