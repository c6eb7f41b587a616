"""The shared arithmetic vectors, each through the code the program uses; and proof that a wrong digit goes red."""

import copy
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.compare import differences, is_number, number
from tests.vectors.runner import Vector, failures, load, report
from tests.vectors.table import KINDS, LATER, merged

VECTORS = load(Path(__file__).with_name("mechanics.json"))
ANSWERED = [vector for vector in VECTORS if vector.kind in KINDS and vector.kind not in LATER]


def _id(vector: Vector) -> str:
    return f"{vector.id}-{vector.kind}"


@pytest.mark.parametrize("vector", ANSWERED, ids=_id)
def test_the_program_answers_as_the_vector_says(vector: Vector) -> None:
    assert failures(vector, KINDS[vector.kind]) == []


def test_every_kind_is_answered_or_waits_for_a_named_reason() -> None:
    kinds = {vector.kind for vector in VECTORS}
    assert kinds - KINDS.keys() - LATER.keys() == set()
    assert all(LATER.values())


def test_nothing_waits_that_already_passes() -> None:
    ready = {
        kind for kind in LATER if kind in KINDS and not any(failures(v, KINDS[kind]) for v in VECTORS if v.kind == kind)
    }
    assert ready == set(), "take these out of LATER"


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    return [path] if items is None else [leaf for key, part in items for leaf in _leaves(part, (*path, key))]


def _flipped(value: Any) -> Any:
    """The value with its first digit that counts moved by one, or said the other way round."""
    if value is None:
        return "1"
    if isinstance(value, bool):
        return not value
    if not is_number(value):
        return f"{value}?"
    text = str(value)
    place = next((n for n, digit in enumerate(text) if digit in "123456789"), text.index("0") if "0" in text else 0)
    return text[:place] + str((int(text[place]) + 1) % 10 or 1) + text[place + 1 :]


@pytest.mark.parametrize("vector", ANSWERED, ids=_id)
def test_any_flipped_value_of_a_vector_goes_red(vector: Vector) -> None:
    actual = KINDS[vector.kind](vector.inputs)
    for path in _leaves(vector.expected):
        wrong: Any = copy.deepcopy(vector.expected)
        holder = wrong
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = _flipped(holder[path[-1]])
        assert list(differences(wrong, actual, vector.tolerance)), f"{path} of {vector.id} is not looked at"


@pytest.mark.parametrize(
    ("expected", "actual", "tolerance", "same"),
    [
        ("1/3", number("1/3"), "exact", True),
        ("0.50", number("1/2"), "exact", True),
        ("5", 5, "exact", True),
        (5, 5, "exact", True),
        ("0.3", number("0.3") + number("1/1000000000000000000"), "exact", False),
        ("0.5", 0.5, "exact", False),
        ("0.3", 0.1 + 0.2, "1e-9", True),
        ("0.3", 0.3001, "1e-9", False),
        ("0.3", float("nan"), "1e-9", False),
        ("0.3", float("inf"), "1e-9", False),
        ("1", True, "exact", False),
        (True, True, "exact", True),
        (True, 1, "exact", False),
        (None, None, "exact", True),
        (None, 0, "exact", False),
        ("5", None, "exact", False),
        ("BACK", "BACK", "exact", True),
        ("BACK", "LAY", "exact", False),
        ("BACK", 1, "exact", False),
        (["1", "2"], [1, 2], "exact", True),
        (["1", "2"], [1], "exact", False),
        ({"a": "1"}, {"a": 1, "b": 2}, "exact", True),
        ({"a": "1"}, {"b": 1}, "exact", False),
        ({"x": {"a": "1"}}, {"x": {"a": 1, "b": 2}}, "exact", False),
        ({"x": {"a": "1"}}, {"x": 1}, "exact", False),
    ],
)
def test_values_are_compared_exactly(expected: Any, actual: Any, tolerance: str, same: bool) -> None:
    assert (list(differences(expected, actual, tolerance)) == []) is same


def test_a_number_is_never_read_from_loose_text() -> None:
    for text in ("", "1 ", "1_000", "abc", "0x1", "nan", "1e999999999"):
        with pytest.raises(ValueError, match="not a number"):
            number(text)


def test_a_bucket_tells_parts_of_a_token() -> None:
    inputs = {"rate_per_s": "0.3", "capacity": "6.5", "start": "2", "events": [["0", "0.5"], ["3", "1.5"]]}
    parts = Vector("X4", "token_bucket", inputs, {"allowed": [True, True], "tokens_left": "0.9"}, "exact")
    assert failures(parts, KINDS["token_bucket"]) == []


def test_the_report_counts_per_kind_and_fails_as_a_whole() -> None:
    good = next(vector for vector in VECTORS if vector.id == "M001")
    wrong = Vector("X1", good.kind, good.inputs, {"price": "0.5"}, "exact")
    broken = Vector("X2", good.kind, {"odds": "zwei"}, {}, "exact")
    unknown = Vector("X3", "no_such_kind", {}, {}, "exact")
    assert report([good]) == (["back_to_contract: 1 passed, 0 failed", "1 passed, 0 failed, 0 not answered yet"], True)
    lines, well = report([good, wrong, broken, unknown])
    assert not well
    assert "back_to_contract: 1 passed, 2 failed" in lines
    assert any("X3 no_such_kind: no function" in line for line in lines)
    assert lines[-1] == "1 passed, 3 failed, 0 not answered yet"


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"vectors": []}', encoding="utf-8")
    with pytest.raises(ValueError, match="format must be"):
        load(path)


def test_a_file_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(ValueError, match="nested deeper"):
        load(path)


def test_two_functions_for_one_kind_are_refused() -> None:
    with pytest.raises(AssertionError, match="two functions answer drift"):
        merged({"drift": dict}, {"drift": dict})
