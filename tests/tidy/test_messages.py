"""Every message is on a closed list, and every journalled one comes back from its bytes as it went."""

import inspect
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import inside, messages, operators, plans
from domain.message import Message
from storage import encoding

WORD = 2**63
st.register_type_strategy(int, st.integers(-WORD, WORD - 1))  # no amount, time or number of ours is wider


def unlisted(module: object, lists: tuple[object, ...]) -> set[str]:
    """Message classes of a module that stand on none of these lists."""
    listed = {kind for closed in lists for kind in get_args(closed)}
    kinds = (kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, Message))
    return {kind.__name__ for kind in kinds if kind is not Message and kind not in listed}


def test_every_message_is_on_a_closed_list() -> None:
    for module in (inside, messages, operators, plans):
        assert unlisted(module, (messages.Fact, messages.Command, messages.Note)) == set()


def test_a_message_on_no_list_is_found() -> None:
    assert unlisted(messages, (messages.Fact, messages.Note)) == {kind.__name__ for kind in get_args(messages.Command)}


@pytest.mark.parametrize("kind", get_args(messages.Journalled))
def test_a_journalled_message_round_trips_storage(kind: type[Message]) -> None:
    @settings(max_examples=25)
    @given(body=st.from_type(kind), wall_ns=st.integers(0, WORD - 1))
    def check(body: messages.Journalled, wall_ns: int) -> None:
        record = messages.Record(seq=1, wall_ns=wall_ns, monotonic_ns=2, body=body)
        assert encoding.decode(encoding.encode(record)) == record

    check()
