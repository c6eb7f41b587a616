"""One number for all orders: the latest of each counts, and nothing of the way there."""

import msgspec

from engine.order_hashes import OrderHashes
from engine.state import State
from oms.blotter import Change
from oms.order_index import OrderIndex
from tests.builders import bet
from tests.engine.runs import STARTED, STORY


def total(*texts: str) -> str:
    """The sum after these orders, `ref=bet`, each replacing an earlier one of its ref; `?` asks on the way."""
    orders = OrderIndex({})
    hashes = OrderHashes(orders)
    known = orders.at_stake
    for text in texts:
        ref, _, said = text.partition("=")
        if not said:
            hashes.total()
            continue
        order = bet(said, ref=ref)
        before, known[order.ref] = known.get(order.ref), order
        hashes.note(Change(before, order))
    return hashes.total()


def test_only_the_latest_of_each_order_counts() -> None:
    direct = total("a=BACK 1 @ 2.00", "b=BACK 2 @ 2.00")
    assert total("b=LAY 9 @ 2.00", "a=BACK 1 @ 2.00", "b=BACK 2 @ 2.00") == direct
    assert total("b=LAY 9 @ 2.00", "?", "a=BACK 1 @ 2.00", "?", "b=BACK 2 @ 2.00", "?") == direct


def test_every_figure_of_every_order_counts() -> None:
    texts = ["a=BACK 1 @ 2.00", "a=BACK 1 @ 2.02", "a=LAY 1 @ 2.00", "b=BACK 1 @ 2.00", "a=BACK 2 @ 2.00", "?"]
    assert len({total(text) for text in texts}) == len(texts)


def test_an_order_that_was_put_away_and_comes_back_counts_once() -> None:
    first, later = bet("BACK 1 @ 2.00", ref="a"), bet("BACK 2 @ 2.00", ref="a")
    hashes = OrderHashes(OrderIndex({}, archive_max=0))
    hashes.note(Change(None, first))
    hashes.total()
    hashes.note(Change(first, later))
    assert hashes.total() == total("a=BACK 2 @ 2.00")


def test_no_digest_waits_for_orders_that_are_over() -> None:
    orders = OrderIndex({})
    hashes = OrderHashes(orders)
    first, second = bet("BACK 1 @ 2.00", ref="a"), bet("BACK 1 @ 2.00", ref="b")
    for order in (first, second):
        orders.at_stake[order.ref] = order
        hashes.note(Change(None, order))
    del orders.at_stake[first.ref]
    over = msgspec.structs.replace(first, rejected=True)
    hashes.note(Change(first, over))
    assert [*hashes.waiting] == [second.ref]
    afresh = OrderHashes(OrderIndex({}))
    for order in (second, over):
        afresh.note(Change(None, order))
    assert hashes.total() == afresh.total()


def test_each_change_of_an_order_changes_the_state_s_digest() -> None:
    state = State(STARTED)
    digests = [state.digest() for n, body in enumerate(STORY, 1) if state.apply(body, n)]
    assert len(digests) == len(set(digests)) == 9
