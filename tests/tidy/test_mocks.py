"""Nothing of ours is patched: fakes are written by hand, and time is passed."""

import ast

import pytest

from tests.tidy.house import Source, called_name, imports, plant, sources

MOCK_LIBRARIES = ("unittest.mock", "mock", "pytest_mock", "time_machine", "freezegun")
PATCHING = ("setattr", "delattr", "setitem", "delitem")


def mocks(source: Source) -> list[str]:
    """Mock libraries imported, the `mocker` fixture asked for, attributes swapped by `monkeypatch`."""
    found = [
        source.at(node, f"imports {name}")
        for node, name in imports(source)
        if any(f"{name}.".startswith(f"{library}.") for library in MOCK_LIBRARIES)
    ]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.arg) and node.arg == "mocker":
            found.append(source.at(node, "asks for mocker"))
        if isinstance(node, ast.Call) and called_name(node) in PATCHING and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            if "monkeypatch" in owner:
                found.append(source.at(node, f"{owner}.{node.func.attr}"))
    return found


def test_no_test_patches_the_house() -> None:
    assert [finding for source in sources("tests") for finding in mocks(source)] == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("from unittest import mock", True),
        ("from unittest.mock import Mock", True),
        ("import unittest.mock as m", True),
        ("from unittest import TestCase", False),
        ("def test_a(mocker): pass", True),
        ("monkeypatch.setattr('oms.router.route', f)", True),
        ("monkeypatch.setenv('CROSSBOOK_SHARED', 'x')", False),
        ("object.__setattr__(frozen, 'size', 1)", False),
    ],
)
def test_a_mock_is_found(text: str, broken: bool) -> None:
    assert bool(mocks(plant("tests/oms/test_router.py", text))) is broken
