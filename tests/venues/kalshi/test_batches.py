"""What the answer to a batch says of each of its entries."""

import pytest

from domain.ids import OrderRef
from venues.errors import Failure
from venues.http import HttpFailed
from venues.kalshi.api import Answered, Faulted
from venues.kalshi.batches import cancelled_each, created_each
from venues.kalshi.side_codec import (
    CancelledEntries,
    CancelledEntry,
    CreatedEntries,
    CreatedEntry,
    EntryError,
)

A, B = OrderRef("a-1"), OrderRef("b-2")


def made(ref: str | None, order_id: str = "v") -> CreatedEntry:
    return CreatedEntry(order_id=order_id, client_order_id=ref, fill_count="1.00", remaining_count="0.00")


def created(*entries: CreatedEntry):
    return created_each([A, B], Answered(CreatedEntries([*entries]), 1, 2))


def test_entries_are_told_apart_by_their_names_whatever_their_order() -> None:
    first, second = created(made(B, "vb"), made(A, "va"))
    assert isinstance(first, Answered)
    assert isinstance(second, Answered)
    assert (first.result.order_id, second.result.order_id) == ("va", "vb")


def test_entries_without_names_go_by_their_place_only_if_none_is_missing() -> None:
    first, second = created(made(None, "va"), made(None, "vb"))
    assert isinstance(first, Answered)
    assert first.result.order_id == "va"
    for one in created(made(None, "va")):
        assert isinstance(one, HttpFailed)
        assert one.failure is Failure.MAYBE_SENT
    first, second = created(made(None, "va"), made(A, "vx"))
    assert isinstance(first, Answered)
    assert first.result.order_id == "vx"
    assert isinstance(second, HttpFailed)


@pytest.mark.parametrize(
    ("code", "refused"),
    [("invalid_price", True), ("order_already_exists", True), ("internal_error", False), ("", False)],
)
def test_an_entry_is_refused_only_by_a_word_that_is_known_for_it(code: str, refused: bool) -> None:
    first, _ = created(CreatedEntry(error=EntryError(code)), made(B))
    assert isinstance(first, Faulted if refused else HttpFailed)


def test_a_batch_that_failed_failed_for_each() -> None:
    fault = Faulted(429, "too_many_requests", "", 5)
    assert created_each([A, B], fault) == [fault, fault]
    assert cancelled_each(["v1"], fault) == [fault]


def test_a_cancel_that_the_answer_does_not_speak_of_is_in_doubt() -> None:
    answer = Answered(CancelledEntries([CancelledEntry("v2", "3.00")]), 1, 2)
    first, second = cancelled_each(["v1", "v2"], answer)
    assert isinstance(first, HttpFailed)
    assert isinstance(second, Answered)
    assert second.result.reduced_by == "3.00"
