"""What is told of a run: counted live or from its journal alike, and held against the exchanges' own books."""

import json
from pathlib import Path

import pytest

from domain.markets import MarketStatus
from domain.messages import Channel, ChannelChanged, OrderRejected, RejectReason
from domain.orders import Evidence, Side
from engine.demo import _ending
from engine.snapshot import resumed
from engine.status import status_line, view
from engine.summary import open_mark_micros, summary
from engine.telemetry import Telemetry, percentile
from storage.journal import Position
from strategy.base import NOTHING, Wanted
from tests.builders import facts
from tests.engine.runs import ONE, settlement
from tests.engine.streets import Hand, quote, shown, status

END = Position(7, b"\x01\x02")


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    return Hand(tmp_path).opened()


def told(hand: Hand) -> dict:
    return summary(hand.folder, hand.state, hand.street.telemetry, END, mode="demo", seconds=1.5)


def test_a_run_is_told_with_every_figure(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.wishes.wanted = NOTHING
    hand.tell(*facts("fill f1 4 at 100; cancelled c1 6", placed.ref))
    found = told(hand)
    one = found["venues"]["one"]
    assert (one["orders"], one["accepted"], one["fills"], one["maker_fills"], one["cancelled"]) == (1, 1, 1, 1, 1)
    assert found["venues"]["two"]["orders"] == 0
    assert (found["run"], found["seed"], found["mode"], found["seconds"]) == (str(hand.folder), 7, "demo", 1.5)
    assert found["risk"]["worst_loss_max"] == found["risk"]["reserved_max"] == 12_500_000
    assert found["risk"]["cap"] == 1_000_000_000
    assert found["journal"] == {"events": 7, "head": "0102", "state_digest": hand.state.digest()}
    assert found["ledger"]["cash"] == {"one": 500_000_000, "two": 800_000_000}
    assert found["ledger"]["imbalance"] == 0
    json.dumps(found)


def test_the_journal_alone_gives_the_same_counts(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.tell(*facts("fill f1 4 at 100; timeout; cancelled c1 6", placed.ref))
    hand.wishes.wanted = Wanted(quotes=(quote(196, side=Side.LAY),))
    hand.tell(hand.valued(0.5, sequence=5))
    hand.tell(OrderRejected(hand.places()[-1].ref, RejectReason.RATE_LIMIT, "too many", Evidence.PULL))
    live = hand.street.telemetry
    _, again, _ = resumed(hand.folder)
    from_feed = ("book_updates", "suspensions", "reconnects")
    for venue, counts in live.venues.items():
        kept = {key: n for key, n in vars(counts).items() if key not in from_feed}
        assert kept == {key: n for key, n in vars(again.venues[venue]).items() if key not in from_feed}
    assert (again.decisions, again.recon_rounds) == (live.decisions, live.recon_rounds) != (0, 0)
    assert again.worst_loss_max_micros == live.worst_loss_max_micros > 0
    assert live.venues[ONE].throttled == live.venues[ONE].rejected == 1


def test_the_exchanges_have_the_last_word_on_the_worst_loss(hand: Hand) -> None:
    hand.quoting(quote())
    (hand.folder / "exchanges.json").write_text('{"worst_loss_max": 9000000, "venues": {}}')
    assert told(hand)["risk"]["worst_loss_max"] == 9_000_000
    assert told(hand)["risk"]["breaches"] == 0
    (hand.folder / "exchanges.json").write_text('{"worst_loss_max": 1000000001, "venues": {}}')
    assert told(hand)["risk"]["breaches"] == 1


def test_what_is_open_is_marked_at_the_last_fair_value(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.tell(*facts("fill f1 10 at 100", placed.ref))  # wins 10 or loses 10 pounds
    assert open_mark_micros(hand.state, hand.street.core.prices) == 0
    hand.tell(hand.valued(0.6, sequence=9))
    assert open_mark_micros(hand.state, hand.street.core.prices) == 2_500_000  # 0.2 of ten pounds at 1.25
    hand.street.telemetry.open_mark_micros = 2_500_000
    assert told(hand)["pnl"] == {"gross": 2_500_000, "fees": 0, "net": 2_500_000}


def test_only_refusals_by_a_cap_are_counted_as_such(hand: Hand) -> None:
    for reason in ("cap_order", "cap_event", "balance", "collar_book"):
        hand.street.telemetry.refused(reason)
    assert told(hand)["risk"]["refused_by_cap"] == 2
    assert list(told(hand)["refusals"]) == ["balance", "cap_event", "cap_order", "collar_book"]


@pytest.mark.parametrize("late", [False, True], ids=["as it came", "the match is heard of after the statement"])
def test_a_market_counts_as_settled_once_if_something_of_ours_was_matched_in_it(hand: Hand, late: bool) -> None:
    placed = hand.quoting(quote())
    told_of = [*facts("fill f1 4 at 100", placed.ref), settlement(4)]
    for fact in (*(reversed(told_of) if late else told_of), settlement(4), settlement(5, statement="s2")):
        hand.tell(fact)
    assert told(hand)["venues"]["one"]["settled_markets"] == 1


def test_a_market_in_which_nothing_was_matched_is_nobodys_to_settle(hand: Hand) -> None:
    hand.tell(settlement(0))
    assert told(hand)["venues"]["one"]["settled_markets"] == 0


def test_a_suspension_is_counted_when_it_begins(hand: Hand) -> None:
    for state in (MarketStatus.SUSPENDED, MarketStatus.SUSPENDED, MarketStatus.OPEN, MarketStatus.SUSPENDED):
        hand.tell(status(state))
    assert told(hand)["venues"]["one"]["suspensions"] == 2


def test_a_feed_that_comes_back_is_a_reconnect_and_its_first_coming_is_none(hand: Hand) -> None:
    assert told(hand)["venues"]["one"]["reconnects"] == 0
    for up in (False, False, True):
        hand.tell(ChannelChanged(ONE, Channel.MARKET_DATA, up=up))
    hand.tell(ChannelChanged(ONE, Channel.ORDERS, up=False), ChannelChanged(ONE, Channel.ORDERS, up=True))
    assert told(hand)["venues"]["one"]["reconnects"] == 1
    hand.tell(shown("1.98:50 | 2.04:50"))
    assert told(hand)["venues"]["one"]["book_updates"] == 2


def test_what_never_came_was_not_cancelled(hand: Hand) -> None:
    placed = hand.quoting(quote())
    telemetry = Telemetry(hand.state.venue_of)
    order = hand.state.blotter.orders.get(placed.ref)
    assert order is not None
    gone = type(order)(**{name: getattr(order, name) for name in order.__struct_fields__} | {"cancelled_micros": 5})
    telemetry.changed(order, gone)
    assert telemetry.venues[ONE].cancelled == 1
    telemetry.changed(gone, order)
    assert telemetry.venues[ONE].cancelled == 0, "what is corrected is taken back"
    missing = type(order)(**{name: getattr(gone, name) for name in gone.__struct_fields__} | {"missing": True})
    telemetry.changed(order, missing)
    assert telemetry.venues[ONE].cancelled == 0


def test_the_cap_is_broken_by_us_only_beyond_what_the_world_did() -> None:
    telemetry = Telemetry(lambda _: ONE)
    telemetry.worst_loss(100, cap_micros=100, by_us=True)
    assert (telemetry.breaches, telemetry.exceeded_by_world) == (0, 0)
    telemetry.worst_loss(120, cap_micros=100, by_us=False)
    telemetry.worst_loss(110, cap_micros=100, by_us=False)
    telemetry.worst_loss(120, cap_micros=100, by_us=True)
    assert (telemetry.breaches, telemetry.exceeded_by_world) == (0, 1)
    telemetry.worst_loss(121, cap_micros=100, by_us=True)
    assert (telemetry.breaches, telemetry.worst_loss_max_micros) == (1, 121)


@pytest.mark.parametrize(
    ("values", "per_hundred", "found"),
    [([], 50, 0), ([4], 99, 4), ([1, 2, 3, 4], 50, 3), ([1, 2], 100, 2), (list(range(100)), 99, 99)],
)
def test_percentiles_are_values_that_were_seen(values: list[int], per_hundred: int, found: int) -> None:
    assert percentile(values, per_hundred) == found


def test_the_exit_code_says_what_is_left(hand: Hand) -> None:
    assert _ending(hand.state) == 0
    placed = hand.quoting(quote())
    assert _ending(hand.state) == 4
    hand.wishes.wanted = NOTHING
    hand.tell(*facts("cancelled c1 10", placed.ref))
    assert _ending(hand.state) == 0
    hand.tell(*facts("accept v9", "nobodys"))
    assert _ending(hand.state) == 5


def test_the_state_is_shown_to_people_in_one_line(hand: Hand) -> None:
    hand.quoting(quote())
    line = status_line(hand.street)
    assert "\n" not in line
    assert line.startswith("kill L0  |  worst loss "), "what a narrow terminal cuts off is the venues"
    assert "one ok 1/0" in line
    assert "open 1  unknown 0  breaks 0" in line
    assert "worst loss 12.5" in line
    hand.tell(ChannelChanged(ONE, Channel.ORDERS, up=False))
    assert "one -- 1/0" in status_line(hand.street)


def test_the_state_is_shown_to_clients_as_plain_values(hand: Hand) -> None:
    hand.quoting(quote())
    seen = view(hand.street)
    json.dumps(seen)
    assert seen["orders_open"] == 1
    assert seen["worst_loss_micros"] == {"cup": 12_500_000}
    assert seen["venues"]["one"]["proven"]
