"""The tables of where each fact of a venue is kept to name files that there are."""

import re

import pytest

from tests.tidy.house import ROOT

FILE = re.compile(r"`((?:[\w]+/)*\w+\.py)`")
HEADING = "## Where each fact is kept to"
PAGES = {"betfair": 40, "kalshi": 15, "matchbook": 40}
"""So many facts at least stand on the page of each venue."""


@pytest.mark.parametrize("venue", PAGES)
def test_each_fact_is_kept_to_in_files_that_there_are(venue: str) -> None:
    _, found, text = (ROOT / "docs" / f"{venue}.md").read_text(encoding="utf-8").partition(HEADING)
    assert found, f"docs/{venue}.md has no {HEADING!r}"
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= PAGES[venue]
    nowhere = []
    for fact, answer, *fake in rows:
        for name in FILE.findall(answer):
            own = (ROOT / "venues" / venue / name, ROOT / "venues" / venue / "fix" / name, ROOT / name)
            nowhere += [] if any(path.exists() for path in own) else [(fact, name)]
        for name in FILE.findall("".join(fake)):
            far = (ROOT / "venues" / venue / "fake" / name, ROOT / name)
            nowhere += [] if any(path.exists() for path in far) else [(fact, name)]
    assert nowhere == []
