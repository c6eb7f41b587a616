"""Names as people type them."""

import pytest

from domain.people import person


@pytest.mark.parametrize(
    "other", ["Ann Lee", "ann.lee", " ANN  LEE ", "ann-lee", "ＡＮＮ ＬＥＥ", "Ann\u200bLee", "annlee"]
)
def test_another_spelling_is_no_other_person(other: str) -> None:
    assert person(other) == person("ann lee")


def test_other_letters_are_somebody_else() -> None:
    assert len({person(name) for name in ("ann", "anna", "änn", "ann2", "анн")}) == 5


@pytest.mark.parametrize("nobody", ["", "  ", "\u200b", "\u00ad", ".", "--", "\u2060"])
def test_what_cannot_be_read_names_nobody(nobody: str) -> None:
    assert person(nobody) == ""
