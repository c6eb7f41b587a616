"""Every refusal has its words, and the page of the documentation is those words."""

from pathlib import Path

from risk.refusals import MEANINGS
from risk.verdicts import RefusalReason
from tests.risk.refusals_page import document


def test_every_reason_is_explained_in_the_order_of_the_list() -> None:
    assert list(MEANINGS) == list(RefusalReason)


def test_the_page_is_what_the_reasons_say() -> None:
    written = (Path(__file__).parents[2] / "docs" / "refusals.md").read_text(encoding="utf-8")
    assert written == document(), "write it again: python -m tests.risk.refusals_page > docs/refusals.md"
