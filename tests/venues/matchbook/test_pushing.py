"""The adapter with a pushed feed against the simulated venue: who is believed, how few polls, and who takes over."""

import json
from typing import Any

import jsonschema
import pytest

from domain.ids import OrderRef
from domain.messages import BooksDoubted, CancelOrder, Channel, ChannelChanged, MarketChanged, OrderReported
from domain.orders import Evidence, OrderState, TimeInForce
from oms import order_states
from tests.tidy.house import ROOT
from tests.venues.matchbook.desk import offer, reply_of, settings
from tests.venues.matchbook.fake_world import HOME, MARKET, OVER, TOTAL
from tests.venues.matchbook.rig import Rig, key
from venues.base import Endpoint
from venues.checkup import Verdict
from venues.matchbook.checkup import MatchbookCheckup
from venues.matchbook.offers_codec import offers_page
from venues.sim import lifecycle
from venues.sim.faults import PROFILES, Danger, Profile, Strike

GATEWAY = Endpoint("gateway", 443, True)
PAGE = ROOT / "docs" / "matchbook_feed.md"


def pushed(**options: Any) -> Rig:
    base: dict[str, Any] = {"feed": "websocket", "stream": GATEWAY}
    rig = Rig(**(base | options))
    rig.world.crowd("LAY 50 @ 2.5")
    rig.world.crowd("BACK 30 @ 2.56")
    rig.run(3_000)
    return rig


def best(rig: Rig, runner: int = HOME, market: int = MARKET) -> tuple[int, int]:
    book = rig.books[key(runner, market)]
    return book.ladder.prices[book.best_back], book.ladder.prices[book.best_lay]


def state(rig: Rig, ref: str = "t-1") -> OrderState:
    return order_states.state_of(rig.orders[OrderRef(ref)])


def test_books_follow_the_feed_within_a_moment_and_for_a_tenth_of_the_polls() -> None:
    rig = pushed()
    assert best(rig) == (250, 256)
    before = rig.venue.charged.requests
    rig.world.crowd("LAY 5 @ 2.54")
    rig.run(100)
    assert best(rig) == (254, 256)
    rig.run(60_000)
    polled = Rig()
    polled.run(3_000)
    began = polled.venue.charged.requests
    polled.run(60_000)
    assert (rig.venue.charged.requests - before) * 3 < polled.venue.charged.requests - began
    assert not rig.taken(BooksDoubted)


def test_an_offer_is_told_as_it_changes_without_a_poll() -> None:
    rig = pushed()
    rig.place("BACK 10 @ 2.54")
    rig.run(300)
    gets = rig.venue.charged.requests
    rig.world.crowd("LAY 4 @ 2.54")
    rig.run(200)
    assert state(rig) is OrderState.PARTIALLY_FILLED
    assert rig.taken(OrderReported)[-1].evidence is Evidence.PUSH
    assert rig.venue.charged.requests == gets
    rig.run(6_000)
    assert rig.taken(OrderReported)[-1].evidence is Evidence.PULL, "a poll says it again, with more weight"


def test_what_is_left_of_an_immediate_offer_is_cancelled_on_the_feeds_word() -> None:
    rig = pushed()
    rig.place("BACK 80 @ 2.5", tif=TimeInForce.IMMEDIATE)
    rig.run(1_000)
    assert state(rig) is OrderState.CLOSED_PARTIAL
    assert rig.orders[OrderRef("t-1")].matched_micros == 50_000_000


def test_what_has_ended_is_not_alive_again_because_the_feed_is_late() -> None:
    rig = pushed()
    rig.place("BACK 10 @ 2.54")
    rig.run(300)
    rig.venue.send(CancelOrder(OrderRef("t-1"), "c1"), rig.now)
    rig.run(6_000)
    rig.taken()
    (row,) = rig.world.fake.books.offers.offers.values()
    late = offers_page(
        reply_of({"offers": [offer("t-1", id=row.id, **{"market-id": MARKET, "runner-id": HOME})], "total": 1})
    ).offers
    rig.venue._orders.pushed(late, rig.now)
    assert not rig.taken(OrderReported)
    assert state(rig) is OrderState.CANCELLED


def test_a_feed_that_is_gone_leaves_no_book_unpolled_and_comes_back() -> None:
    rig = pushed()
    rig.taken()
    rig.network.take_down({("gateway", 443)}, rig.now + 30_000_000_000, rig.now)
    rig.network.take_down({("gateway", 443)}, rig.now + 30_000_000_000, rig.now)
    rig.run(50)
    doubt, *channels = rig.taken(BooksDoubted, ChannelChanged)
    assert isinstance(doubt, BooksDoubted)
    told = [(one.channel, one.up) for one in channels]
    assert told == [(Channel.ORDERS, False), (Channel.ORDERS, True)], "offers are read before anything is quoted"
    rig.world.crowd("LAY 5 @ 2.54")
    rig.run(1_200)
    assert best(rig) == (254, 256)
    assert rig.now - rig.books[key(HOME)].proven_ns < 1_200_000_000
    rig.run(90_000)
    gets = rig.venue.charged.requests
    rig.run(20_000)
    assert rig.venue.charged.requests - gets <= 10, "the feed is back, and polls are few again"


@pytest.mark.parametrize("doing", ["books", "orders"])
def test_a_channel_that_stands_still_under_its_heartbeats_is_found_out(doing: str) -> None:
    rig = pushed()
    rig.world.faults.profile = Profile(
        planned=(Strike(Danger.FEED_FROZEN, doing=doing),), frozen_ms=(60_000, 60_000), delay_ms=(1, 1)
    )
    rig.place("BACK 10 @ 2.54")
    rig.run(500)
    rig.world.crowd("LAY 10 @ 2.54")
    rig.world.crowd("LAY 5 @ 2.52")
    rig.run(6_500)
    assert rig.world.faults.fired[Danger.FEED_FROZEN]
    assert state(rig) is OrderState.FILLED
    assert best(rig) == (252, 256)


def found_out_after_ms(rig: Rig) -> int:
    """A price moves, the feed tells of none: how long it is until the book is in doubt."""
    rig.world.faults.profile = Profile(
        planned=(Strike(Danger.FEED_FROZEN, doing="books"),), frozen_ms=(60_000, 60_000), delay_ms=(1, 1)
    )
    rig.taken()
    rig.world.crowd("LAY 5 @ 2.54")
    began = rig.now
    while not rig.taken(BooksDoubted):
        rig.run(50)
        assert rig.now - began < 60_000_000_000, "never"
    return (rig.now - began) // 1_000_000


@pytest.mark.parametrize("check_s", [5, 10])
@pytest.mark.parametrize("phase_ms", [0, 2_300, 4_100, 6_700, 8_900])
def test_a_feed_that_answers_pings_and_stands_still_is_found_out_within_the_time_that_is_stated(
    check_s: int, phase_ms: int
) -> None:
    rig = pushed(world={"feed_answers_still": True}, stream_check_s=check_s)
    rig.run(phase_ms)
    took_ms = found_out_after_ms(rig)
    assert took_ms <= 1_000 * check_s + 2_500
    rig.run(1_000)
    assert best(rig) == (254, 256), "the new picture, asked for because a poll knew better"


def test_a_feed_that_changed_just_before_it_stood_still_is_found_out_by_the_next_poll_at_the_latest() -> None:
    worst = 0
    for phase_ms in range(8_000, 10_500, 250):
        rig = pushed(world={"feed_answers_still": True})
        rig.run(phase_ms)
        rig.world.crowd("LAY 5 @ 2.52")
        rig.run(100)
        worst = max(worst, found_out_after_ms(rig))
    assert worst <= 12_500


def test_a_feed_whose_pings_stand_still_too_is_found_out_in_seconds() -> None:
    rig = pushed()
    assert found_out_after_ms(rig) <= 4_000


def test_a_suspension_and_a_goal_reach_us_by_the_feed() -> None:
    rig = pushed()
    rig.world.at_exchange(lifecycle.turn_in_play, lapse=False)
    rig.world.crowd("LAY 5 @ 1.9", runner=OVER, market=TOTAL)
    gets = rig.venue.charged.requests
    rig.run(200)
    assert rig.taken(MarketChanged)[-1].in_play
    assert rig.venue.charged.requests == gets


@pytest.mark.parametrize(("profile", "seed"), [("light", 1), ("light", 2), ("storm", 3), ("storm", 4)])
def test_after_any_trouble_our_orders_are_the_venues_offers_with_a_feed_too(profile: str, seed: int) -> None:
    rig = pushed(profile=PROFILES["none"], seed=seed)
    rig.world.faults.profile = PROFILES[profile]
    for n in range(12):
        rig.place(f"BACK 5 @ {2.54 if n % 2 else 2.6}", ref=f"t-{n}")
        rig.run(700)
        rig.world.crowd("LAY 2 @ 2.54")
        rig.run(700)
    rig.world.faults.profile = PROFILES["none"]
    rig.run(150_000)
    for row in rig.world.fake.books.offers.offers.values():
        ours = rig.orders[OrderRef(row.order.client_ref)]
        assert ours.matched_micros == row.order.matched_micros
        assert order_states.is_open(ours) is bool(row.order.remaining_micros)


def test_every_example_of_the_page_is_a_frame_of_its_schema_and_nothing_else_is() -> None:
    text = PAGE.read_text(encoding="utf-8")
    judge = jsonschema.Draft202012Validator(json.loads(text.partition("```json schema\n")[2].partition("```")[0]))
    examples = [json.loads(part.partition("```")[0]) for part in text.split("```json example\n")[1:]]
    assert len(examples) >= 12
    for example in examples:
        judge.validate(example)
        assert [*judge.iter_errors(example | {"type": "gossip"})]
        assert [*judge.iter_errors(example | {"colour": "red"})]


def test_a_feed_without_a_gateway_is_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match="needs stream, the endpoint of the gateway"):
        settings(feed="websocket")
    with pytest.raises(ValueError, match="stream_path must be a path"):
        settings(stream_path="ws")
    with pytest.raises(ValueError, match="silent_polls must be at least 2"):
        settings(feed="websocket", stream=GATEWAY, silent_polls=1)


def test_who_looks_does_so_by_polls_and_asks_the_gateway_for_a_socket_only() -> None:
    at = Endpoint("127.0.0.1", 1, False)
    checkup = MatchbookCheckup(settings(api=at, feed="websocket", stream=at), lambda: 0)
    assert checkup.disarmed().feed == "poll"
    assert list(checkup.places) == ["api", "stream"]
    told = {one.about: one for one in checkup.findings()}
    assert told["feed"].verdict is Verdict.BAD
    assert list(MatchbookCheckup(settings(api=at, stream=at), lambda: 0).places) == ["api"]
