"""Every module opens with a caption, packages hold nothing themselves, and nothing is left half done."""

import re

import pytest

from tests.tidy.house import Source, house, plant, sources

LINE = 120
LEFT_OVER = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|NotImplemented" + r"Error")


def miscaptioned(source: Source) -> list[str]:
    """Packages must be empty; other modules begin on line one with one line of caption that ends as a sentence."""
    if source.path.endswith("__init__.py"):
        return [f"{source.path}:1: is not empty"] if source.text else []
    first = source.text.partition("\n")[0]
    caption = first.removeprefix('"""').removesuffix('"""')
    if first.startswith('"""') and caption[:1].strip() and caption.endswith((".", "?")) and len(first) <= LINE:
        return []
    return [f"{source.path}:1: opens without a caption: {caption!r}"]


def left_overs(source: Source) -> list[str]:
    """Lines that promise work instead of doing it."""
    return [
        f"{source.path}:{number}: {line.strip()}"
        for number, line in enumerate(source.text.splitlines(), 1)
        if LEFT_OVER.search(line)
    ]


def test_every_module_reads_well_in_a_listing() -> None:
    files = (*house(), *sources("tests", "bench"))
    assert [finding for source in files for finding in miscaptioned(source)] == []


def test_nothing_is_left_half_done() -> None:
    files = (*house(), *sources("tests", "bench"))
    assert [finding for source in files for finding in left_overs(source)] == []


@pytest.mark.parametrize(
    ("path", "text", "broken"),
    [
        ("oms/router.py", '"""Approved children become commands."""\n', False),
        ("oms/router.py", '"""Money: whole millionths.\n\nMore follows.\n"""\n', False),
        ("oms/router.py", "import sys\n", True),
        ("oms/router.py", "# a comment\n" + '"""Approved children become commands."""\n', True),
        ("oms/router.py", '"""\nApproved children become commands.\n"""\n', True),
        ("oms/router.py", '"""placeOrders: all or nothing for a request."""\n', False),
        ("oms/router.py", '"""Approved children become commands"""\n', True),
        ("oms/router.py", '"""' + "A" * LINE + '."""\n', True),
        ("oms/__init__.py", "", False),
        ("oms/__init__.py", '"""Orders."""\n', True),
    ],
)
def test_a_missing_caption_is_found(path: str, text: str, broken: bool) -> None:
    assert bool(miscaptioned(plant(path, text))) is broken


@pytest.mark.parametrize("text", ["# TO" + "DO later", "raise NotImplemented" + "Error", "x = 1  # FIX" + "ME"])
def test_work_left_over_is_found(text: str) -> None:
    assert left_overs(plant("oms/router.py", text))
