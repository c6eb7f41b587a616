"""Polling offers: what is asked for, what is news, whose an offer is, and offers that no list shows."""

from typing import Any

from domain.fees import NetWinFee
from domain.messages import (
    Channel,
    ChannelChanged,
    InstrumentsListed,
    OrderAccepted,
    OrderReported,
    OrderUnanswered,
)
from domain.orders import Side
from tests.venues.matchbook.desk import AWAY, OFFERS, Desk, bet, errors, event, listed, market, offer, place


def with_bets(*bets: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return offer(**({"matched-bets": list(bets)} | changes))


def placed(desk: Desk, **order: Any) -> Desk:
    desk.venue.send(place(**order), desk.now)
    desk.answer(OFFERS, {"offers": [offer()]}, method="POST")
    desk.answer(OFFERS, listed(offer())) if desk.is_asked(OFFERS) else None
    desk.taken()
    return desk


def test_the_first_poll_goes_back_an_hour_and_the_next_to_the_last_good_one() -> None:
    desk = Desk(orders_idle_ms=5_000, overlap_s=5).started()
    first = desk.answer(OFFERS, listed())
    assert first.query["interval"] == "3600"
    assert first.query["status"] == "open,edited,matched,cancelled,flushed"
    desk.wait(5_000)
    desk.answer(OFFERS, b"", 500)
    desk.wait(5_000)
    assert desk.asked(OFFERS).query["interval"] == "15"


def test_polls_are_frequent_while_offers_live_and_come_at_once_after_a_write() -> None:
    desk = Desk(orders_idle_ms=5_000, orders_live_ms=1_000).trading()
    desk.wait(1_000)
    assert not desk.is_asked(OFFERS)
    desk.venue.send(place(), desk.now)
    desk.answer(OFFERS, {"offers": [offer()]}, method="POST")
    desk.wait(0)
    desk.answer(OFFERS, listed(offer()))
    desk.wait(900)
    assert not desk.is_asked(OFFERS)
    desk.wait(200)
    desk.answer(OFFERS, listed(offer(status="cancelled")))
    desk.wait(1_000)
    desk.answer(OFFERS, listed())
    desk.wait(4_000)
    assert not desk.is_asked(OFFERS)


def test_a_match_is_told_with_its_own_odds_and_once() -> None:
    desk = placed(Desk().trading())
    seen = with_bets(bet(77, 4, 2.6), remaining=6)
    (report,) = desk.poll_offers(seen)
    assert (report.matched_micros, report.claims_micros, report.closed) == (4_000_000, 10_400_000, False)
    (fill,) = report.fills
    assert (fill.id, fill.size_micros, fill.claims_micros, fill.venue_ms) == (
        "77",
        4_000_000,
        10_400_000,
        1_790_000_000_000,
    )
    assert desk.poll_offers(seen) == []


def test_an_offer_that_was_flushed_has_lapsed_and_one_that_was_cancelled_has_not() -> None:
    for word, lapsed in (("flushed", 6_000_000), ("failed", 6_000_000), ("cancelled", 0)):
        desk = placed(Desk().trading())
        (report,) = desk.poll_offers(with_bets(bet(1, 4), status=word, remaining=6))
        assert (report.lapsed_micros, report.cancelled_micros) == (lapsed, 6_000_000 - lapsed)
        assert (report.closed, report.matched_micros) == (True, 4_000_000)


def test_a_bet_that_the_venue_took_back_is_voided() -> None:
    desk = placed(Desk().trading())
    (report,) = desk.poll_offers(with_bets(bet(1, 4), bet(2, 3, status="cancelled"), remaining=3))
    assert (report.matched_micros, report.voided_micros, [fill.id for fill in report.fills]) == (
        4_000_000,
        3_000_000,
        ["1"],
    )


def test_an_order_without_an_answer_is_found_by_its_name() -> None:
    desk = Desk().trading()
    desk.venue.send(place(), desk.now)
    desk.hang_up(desk.asked(OFFERS, "POST"))
    assert [type(fact) for fact in desk.taken()] == [OrderUnanswered]
    (report,) = desk.poll_offers(offer())
    assert (report.ref, report.venue_order_id) == ("t-1", "9001")


def test_an_order_without_an_answer_or_a_name_is_known_by_its_looks() -> None:
    desk = Desk().trading()
    desk.venue.send(place(side=Side.LAY), desk.now)
    desk.hang_up(desk.asked(OFFERS, "POST"))
    looks: dict[str, Any] = {"temp-id": "", "side": "lay"}
    strangers = [
        offer(id=1, **(looks | {"runner-id": AWAY})),
        offer(id=2, **(looks | {"side": "back"})),
        offer(id=3, **(looks | {"stake": 9})),
        offer(id=4, **(looks | {"created-at": "2026-09-21T14:12:00.000Z"})),
    ]
    assert [fact for fact in desk.poll_offers(*strangers) if isinstance(fact, OrderReported)] == []
    (report,) = desk.poll_offers(*strangers, offer(**looks))
    assert (report.ref, report.venue_order_id) == ("t-1", "9001")


def test_of_two_orders_that_look_alike_neither_is_given_an_offer_without_a_name() -> None:
    desk = Desk().trading()
    for ref in ("t-1", "t-2"):
        desk.venue.send(place(ref), desk.now)
        desk.hang_up(desk.asked(OFFERS, "POST"))
    desk.taken()
    assert desk.poll_offers(offer(**{"temp-id": ""})) == []


def test_an_order_whose_answer_is_under_way_is_not_guessed_at() -> None:
    desk = Desk(orders_idle_ms=1_000).trading()
    desk.venue.send(place(), desk.now)
    waiting = desk.asked(OFFERS, "POST")
    assert desk.poll_offers(offer(**{"temp-id": ""})) == []
    desk.reply(waiting, {"offers": [offer(id=9002, **{"temp-id": ""})]})
    assert desk.told_of(OrderAccepted)[0].venue_order_id == "9002"


def test_offers_of_others_are_passed_over() -> None:
    desk = placed(Desk().trading())
    assert desk.poll_offers(offer(id=1, **{"temp-id": ""}), offer(id=2)) == []


def test_an_offer_held_back_in_play_that_no_list_shows_is_read_by_itself() -> None:
    desk = Desk().trading()
    desk.venue.send(place(), desk.now)
    desk.answer(OFFERS, {"offers": [offer(status="delayed", delay=6)]}, method="POST")
    assert [type(fact) for fact in desk.taken()] == [OrderAccepted]
    desk.idle(5_000)
    assert not desk.is_asked(f"{OFFERS}/9001")
    desk.idle(2_000)
    desk.answer(f"{OFFERS}/9001", offer(status="failed"))
    (report,) = desk.told_of(OrderReported)
    assert (report.closed, report.lapsed_micros) == (True, 10_000_000)


def test_two_failed_polls_in_a_row_take_the_channel_down() -> None:
    desk = Desk(orders_idle_ms=1_000).trading()
    for status, told in ((503, 0), (200, 1)):
        desk.wait(1_000)
        desk.answer(OFFERS, b"<html>", status)
        assert len([one for one in desk.told_of(ChannelChanged) if one.channel is Channel.ORDERS]) == told
    assert desk.poll_offers()[0].up is True


def test_pages_that_do_not_add_up_are_read_again_and_then_not_used() -> None:
    desk = Desk(rows_per_page=2).started()
    desk.answer(OFFERS, listed(offer(id=1), offer(id=2), total=3) | {"per-page": 2})
    desk.answer(OFFERS, listed(offer(id=2), total=3) | {"per-page": 2})
    assert desk.asked(OFFERS).query["offset"] == "0"
    assert [one for one in desk.told_of(ChannelChanged) if one.channel is Channel.ORDERS] == []


def test_the_commission_that_an_offer_names_becomes_its_markets() -> None:
    desk = placed(Desk().trading())
    rates: dict[str, Any] = {"originator-commission-rate": 0.01, "acceptor-commission-rate": 0.01}
    desk.poll_offers(offer(remaining=9, **rates))
    (told,) = [fact for fact in desk.poll(event(market())) if isinstance(fact, InstrumentsListed)]
    assert {one.terms.fee for one in told.instruments} == {NetWinFee(rate_ppm=10_000)}


def test_a_refused_list_of_offers_is_no_empty_one() -> None:
    desk = Desk(orders_idle_ms=1_000).trading()
    desk.wait(1_000)
    desk.answer(OFFERS, errors("Not a valid status."), 400)
    assert desk.taken() == []
