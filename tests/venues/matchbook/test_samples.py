"""Every recorded answer is read to the facts that it states."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.amending import AmendOrder, AmendRefused
from domain.fees import VolumeFee
from domain.ids import MarketId, OrderRef, SelectionId, VenueMarketId, VenueName
from domain.markets import Listing
from domain.messages import BooksChanged, CancelAccepted, InstrumentsListed, OrderRejected, RejectReason
from domain.odds import CLASSIC
from domain.orders import Evidence
from tests.venues.matchbook.desk import cancel, place, reply_of, settings
from venues.http import HttpReply
from venues.matchbook.account_codec import Account, account_answer, balance_answer
from venues.matchbook.amending import edit_fact
from venues.matchbook.answers import answerer, error_answer, errors_text, plain
from venues.matchbook.api import Faulted, is_session_fault
from venues.matchbook.catalogue import SPORTS
from venues.matchbook.events_codec import EventsPage, decode_prices, decode_runners, events_answer, market_answer
from venues.matchbook.market_feed import MarketFeed
from venues.matchbook.offer_facts import cancel_fact, own_among, placed_facts, print_of, reported
from venues.matchbook.offers import OwnOffer
from venues.matchbook.offers_codec import (
    Figures,
    edit_answer,
    encode_place,
    figures,
    heartbeat_answer,
    native_odds,
    offer_answer,
    offers_answer,
    offers_page,
)
from venues.matchbook.session import LoginAnswer


@pytest.fixture
def samples(shared: Path) -> Path:
    folder = shared / "venues" / "matchbook" / "samples"
    if not folder.is_dir():
        pytest.skip("recorded answers absent")
    return folder


def read(samples: Path, name: str, status: int = 200) -> HttpReply:
    return reply_of((samples / name).read_bytes(), status)


def feed_of(page: EventsPage) -> MarketFeed:
    """A feed that holds every runner of a page to be ours."""
    listings = [
        Listing(VenueName("matchbook"), VenueMarketId(str(market.id)), SelectionId(str(runner.id)), MarketId("m"), n)
        for event in page.events
        for market in event.markets
        for n, runner in enumerate(decode_runners(market))
    ]
    feed = MarketFeed(settings(), listings)
    feed.set_fee(VolumeFee(taker_ppm=1))
    return feed


def test_recorded_events_become_books_on_the_ladder(samples: Path) -> None:
    page = events_answer(read(samples, "java_sdk/get_events_with_prices.json"))
    assert (page.total, page.events[0].id) == (1, 410499974370010)
    facts = feed_of(page).facts(page.events, 1)
    (books,) = [fact.books for fact in facts if isinstance(fact, BooksChanged)]
    vinci = books[0]
    backs = {CLASSIC.prices[tick]: size for tick, size in vinci.to_back}
    lays = {CLASSIC.prices[tick]: size for tick, size in vinci.to_lay}
    assert backs == {440: 19_472_880, 202: 89_062_130, 197: 48_065_300}
    assert lays == {460: 1_302_041_280, 480: 616_749_450, 600: 187_490_480}


def test_a_recorded_two_runner_market_is_nowhere_crossed_by_its_mirrors(samples: Path) -> None:
    event = json.loads((samples / "recorded_2017/event_with_prices_inplay_tennis.json").read_text())
    page = events_answer(reply_of({"events": [event], "total": 1}))
    feed = feed_of(page)
    (books,) = [fact.books for fact in feed.facts(page.events, 1) if isinstance(fact, BooksChanged)]
    for levels in books:
        assert max(tick for tick, _ in levels.to_back) < min(tick for tick, _ in levels.to_lay)
    assert feed.levels_moved > 0
    assert feed.levels_dropped == 0


@pytest.mark.parametrize("name", ["get_event", "get_market", "get_market_unknown_type", "get_markets"])
def test_recorded_markets_are_read_whatever_their_type(samples: Path, name: str) -> None:
    body = json.loads((samples / f"java_sdk/{name}.json").read_text())
    for market in body.get("markets", [body]):
        seen = market_answer(reply_of(market))
        assert [runner.id for runner in decode_runners(seen)] == [runner["id"] for runner in market["runners"]]
        assert seen.handicap == (Decimal(str(market["handicap"])) if "handicap" in market else None)


def test_recorded_withdrawn_runners_are_seen(samples: Path) -> None:
    body = json.loads((samples / "recorded_2017/popular_markets.json").read_text())
    runners = [one for market in body["markets"] for one in decode_runners(market_answer(reply_of(market)))]
    assert sum(one.withdrawn for one in runners) == 4


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("java_sdk/offer_get.json", Figures(2_000_000, 3_020_420, 0, 0)),
        ("java_sdk/offer_delete.json", Figures(0, 0, 0, 2_000_000)),
        ("java_sdk/offer_put.json", Figures(0, 0, 0, 100_000_000)),
        ("recorded_2017/offer_delete.json", Figures(0, 0, 0, 10_000_000)),
        ("recorded_2017/offer_put_v1.json", Figures(0, 0, 0, 10_000_000)),
    ],
)
def test_recorded_offers_have_the_sizes_that_they_state(samples: Path, name: str, expected: Figures) -> None:
    assert figures(offer_answer(read(samples, name))) == expected


def test_a_recorded_list_of_offers_is_read_as_reports(samples: Path) -> None:
    page = offers_page(read(samples, "java_sdk/offers_get.json"))
    assert (page.total, page.per_page) == (2, 500)
    matched, resting = (reported(offer, OrderRef("r")) for offer in page.offers)
    assert (matched.matched_micros, matched.claims_micros, matched.closed) == (5_000_000, 12_000_000, True)
    (fill,) = matched.fills
    assert (fill.id, fill.venue_ms, fill.fee_micros) == ("413176315170213", 1_487_274_622_947, 0)
    assert (resting.matched_micros, resting.cancelled_micros, resting.closed) == (0, 0, False)


@pytest.mark.parametrize(
    ("name", "offer_id"),
    [
        ("java_sdk/offers_post", "413177013410013"),
        ("recorded_2017/offers_post", "556192146410015"),
        ("other/docs_submit_keep_in_play_response", "1089391137760027"),
    ],
)
def test_recorded_placements_are_accepted(samples: Path, name: str, offer_id: str) -> None:
    answer = offers_answer(read(samples, f"{name}.json"))
    (fact,) = placed_facts(place(), own_among(answer.offers, OrderRef("r"), print_of(answer.offers[0])))
    assert getattr(fact, "venue_order_id", None) == offer_id


def test_in_a_recorded_partial_failure_each_offer_has_its_own_end(samples: Path) -> None:
    reply = read(samples, "java_sdk/offers_post_partial_failure_http400.json", 400)
    assert error_answer(reply).has_offers
    refused, taken = offers_answer(reply).offers
    (rejected,) = placed_facts(place(), refused)
    assert isinstance(rejected, OrderRejected)
    assert (rejected.reason, rejected.evidence) == (RejectReason.INVALID_SIZE, Evidence.PULL)
    (accepted,) = placed_facts(place(), taken)
    assert getattr(accepted, "venue_order_id", None) == "1239196494160023"
    assert native_odds(taken) == 120


def test_a_recorded_edit_leaves_the_offer_open(samples: Path) -> None:
    (row,) = offers_answer(read(samples, "java_sdk/offers_put.json")).offers
    assert (row.status, row.ref, reported(row, OrderRef("r")).closed) == ("edited", "50", False)


def test_a_recorded_edit_that_failed_leaves_the_old_terms(samples: Path) -> None:
    reply = read(samples, "java_sdk/offers_put_partial_failure_http400.json", 400)
    edit = AmendOrder(
        ref=OrderRef("t-1"),
        request="r1",
        price=210,
        size_micros=10_000_000,
    )
    said = edit_fact(edit, OwnOffer(edit.ref), edit_answer(reply).about("1239207305820024"))
    assert said == AmendRefused(edit.ref, edit.request, "stake Invalid new stake value of -2")


def test_recorded_cancels_say_what_they_took_out(samples: Path) -> None:
    rows = [
        *offers_answer(read(samples, "java_sdk/offers_delete.json")).offers,
        *offers_answer(read(samples, "recorded_2017/offers_delete_bulk.json")).offers,
    ]
    for row in rows:
        fact = cancel_fact(cancel(), row)
        assert isinstance(fact, CancelAccepted)
        assert fact.size_micros == int(row.stake) * 1_000_000


def test_a_recorded_offer_carries_our_name(samples: Path) -> None:
    rows = json.loads((samples / "recorded_2017/offers_get.json").read_text())
    assert offers_answer(reply_of({"offers": rows})).offers[0].ref == "168"


def test_the_documented_request_is_the_shape_of_ours(samples: Path) -> None:
    documented = json.loads((samples / "other/docs_submit_keep_in_play_request.json").read_text())
    ours: dict[str, Any] = json.loads(encode_place(place(), 1083520157090024))
    assert ours.keys() == documented.keys()
    assert ours["offers"][0].keys() - {"temp-id"} == documented["offers"][0].keys()


def test_recorded_errors_are_told_apart(samples: Path) -> None:
    def fault(name: str, status: int) -> Faulted:
        return Faulted(status, errors_text(error_answer(read(samples, name, status)).errors or []), 1, 2)

    assert is_session_fault(fault("java_sdk/error_authentication_required.json", 400))
    assert is_session_fault(fault("java_sdk/error_login_failed.json", 401))
    assert not is_session_fault(fault("java_sdk/error_server.json", 500))
    assert plain(read(samples, "other/error_login_account_locked_http400.json", 400)).startswith(
        "LOGIN_ACCOUNT_LOCKED_2"
    )
    assert plain(read(samples, "other/docs_error_body.json", 400)) == "Username or password are incorrect."


def test_recorded_accounts_and_balances_are_read(samples: Path) -> None:
    for folder in ("java_sdk", "recorded_2017"):
        assert account_answer(read(samples, f"{folder}/account.json")) == Account("VOLUME", "EUR")
    assert balance_answer(read(samples, "java_sdk/account_balance.json")).balance == 100
    assert balance_answer(read(samples, "recorded_2017/account_balance_edge.json")).balance == 0


def test_a_recorded_login_gives_the_session(samples: Path) -> None:
    assert answerer(LoginAnswer)(read(samples, "java_sdk/session_post.json")).session_token == "000000_REDACTED"


def test_recorded_rows_in_play_hold_two_sides(samples: Path) -> None:
    market = json.loads((samples / "recorded_2017/markets_inplay_tennis.json").read_text())[0]
    alone = json.loads((samples / "recorded_2017/runners_inplay_tennis.json").read_text())
    best = []
    for body in ({"status": "open"} | market, {"status": "open"} | market | alone):
        for runner in decode_runners(market_answer(reply_of(body))):
            backs, lays = (
                [row.decimal_odds for row in decode_prices(runner) if row.side == s] for s in ("back", "lay")
            )
            best.append((runner.name, float(max(backs)), float(min(lays))))
    assert best == [
        ("T Paul", 2.25, 2.33),
        ("C Ruud", 1.75187, 1.8),
        ("T Paul", 2.49, 2.6),
        ("C Ruud", 1.625, 1.67115),
    ]


def test_recorded_heartbeats_are_read(samples: Path) -> None:
    for verb, word, timeout in (
        ("post", "HEARTBEAT_ACTIVATED", 20),
        ("get", "HEARTBEAT_ACTIVATED", 0),
        ("delete", "HEARTBEAT_TERMINATED", 0),
    ):
        said = heartbeat_answer(read(samples, f"java_sdk/heartbeat_{verb}.json"))
        assert (said.action_performed, said.actual_timeout) == (word, timeout)


def test_the_published_ladder_is_ours(samples: Path) -> None:
    bands = json.loads((samples / "other/decimal_ladder.json").read_text())["bands"]
    prices = set()
    for first, last, step in (map(Decimal, band) for band in bands):
        prices |= {int((first + n * step) * 100) for n in range(int((last - first) / step) + 1)}
    assert sorted(prices) == list(CLASSIC.prices)


def test_a_recorded_market_is_listed_with_all_its_runners(samples: Path) -> None:
    page = events_answer(read(samples, "java_sdk/get_events_with_prices.json"))
    listed = [fact for fact in feed_of(page).facts(page.events, 1) if isinstance(fact, InstrumentsListed)]
    assert len(listed[0].instruments) == 2


ELSEWHERE = {
    "american_football": {"American Football", "NCAA Football"},
    "basketball": {"Basketball", "NCAA Basketball"},
    "football": {"Soccer"},
    "australian_rules": {"Australian Rules"},
    "greyhounds": {"Greyhound Racing"},
}
"""Sports that we do not call as the venue does."""


@pytest.mark.parametrize("name", ["recorded_2017/lookups_sports.json", "other/sports_ids_2026.json"])
def test_recorded_sports_have_the_numbers_of_ours(samples: Path, name: str) -> None:
    body = json.loads((samples / name).read_text())
    recorded = {row["id"]: row["name"] for row in (body["sports"] if isinstance(body, dict) else body)}
    for number, sport in SPORTS.items():
        same = recorded[number].lower().replace(" ", "_") == sport
        assert same or recorded[number] in ELSEWHERE[sport], number
