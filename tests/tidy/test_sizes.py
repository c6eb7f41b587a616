"""Caps on files, functions and classes, and a cap on the middle, so that small stays usual."""

import ast
from collections.abc import Iterable
from statistics import median

import pytest

from tests.tidy.house import Source, house, plant, sources

FILE_LINES = 500
TEST_FILE_LINES = 700
FUNCTION_LINES = 60
CLASS_LINES = 250
CLASS_METHODS = 15
MEDIAN_FILE_LINES = 220


def oversized(source: Source) -> list[str]:
    """The file, and each function and class in it, that passed its cap; of a test file only the file is judged."""
    testing = source.room == "tests"
    cap = TEST_FILE_LINES if testing else FILE_LINES
    found = [source.at(source.tree, f"{source.lines} lines, at most {cap}")] if source.lines > cap else []
    return (
        found
        if testing
        else found + [source.at(node, said) for node in ast.walk(source.tree) for said in _too_big(node)]
    )


def _too_big(node: ast.AST) -> Iterable[str]:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    cap = CLASS_LINES if isinstance(node, ast.ClassDef) else FUNCTION_LINES
    if lines > cap:
        yield f"{node.name} has {lines} lines, at most {cap}"
    methods = sum(isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) for part in node.body)
    if isinstance(node, ast.ClassDef) and methods > CLASS_METHODS:
        yield f"{node.name} has {methods} methods, at most {CLASS_METHODS}"


def median_lines(files: Iterable[Source]) -> float:
    """Lines of the file in the middle; empty files do not count."""
    return median(source.lines for source in files if source.text)


def test_nothing_has_passed_its_cap() -> None:
    assert [finding for source in (*house(), *sources("tests", "bench")) for finding in oversized(source)] == []


def test_the_file_in_the_middle_is_small() -> None:
    assert median_lines(house()) <= MEDIAN_FILE_LINES


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("domain/a.py", "a = 1\n" * FILE_LINES, ""),
        ("domain/a.py", "a = 1\n" * (FILE_LINES + 1), "501 lines"),
        ("tests/domain/test_a.py", "a = 1\n" * TEST_FILE_LINES, ""),
        ("tests/domain/test_a.py", "a = 1\n" * (TEST_FILE_LINES + 1), "701 lines"),
        ("domain/a.py", "def f():\n" + "    a = 1\n" * (FUNCTION_LINES - 1), ""),
        ("domain/a.py", "async def f():\n" + "    a = 1\n" * FUNCTION_LINES, "f has 61 lines"),
        ("domain/a.py", "class C:\n" + "    a = 1\n" * CLASS_LINES, "C has 251 lines"),
        ("domain/a.py", "class C:\n" + "".join(f"    def m{n}(self): ...\n" for n in range(15)), ""),
        ("domain/a.py", "class C:\n" + "".join(f"    def m{n}(self): ...\n" for n in range(16)), "C has 16 methods"),
    ],
)
def test_a_thing_past_its_cap_is_found(path: str, text: str, said: str) -> None:
    found = oversized(plant(path, text))
    assert bool(found) is bool(said)
    assert said in "".join(found)


def test_the_middle_ignores_empty_files() -> None:
    files = [plant("a/__init__.py", ""), plant("a/b.py", "a = 1\n" * 100), plant("a/c.py", "a = 1\n" * 300)]
    assert median_lines(files) == 200
