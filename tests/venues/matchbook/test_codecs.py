"""What the venue's bodies mean: sizes of offers, results of bets, paths that never mean more than they should."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import Currency, OrderRef
from domain.markets import MarketStatus, Result
from domain.orders import Side
from tests.venues.matchbook.desk import HOME, bet, offer, place, reply_of, report, selection, settled_bet
from venues.errors import PeerBroke
from venues.matchbook.account_codec import ReportedMarket, ReportedSelection, annulled, parts, results
from venues.matchbook.events_codec import STATUSES, books_path, catalogue_path, market_status, venue_id
from venues.matchbook.offers_codec import Figures, Offer, encode_place, figures, offer_answer, offer_path, offers_path


def read(**changes: Any) -> Offer:
    return offer_answer(reply_of(offer(**changes)))


def with_bets(*bets: dict[str, Any], **changes: Any) -> Offer:
    return read(**{"matched-bets": list(bets)}, **changes)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (read(), Figures(0, 0, 0, 10_000_000)),
        (with_bets(bet(1, 4, 2.6), remaining=6), Figures(4_000_000, 10_400_000, 0, 6_000_000)),
        (with_bets(bet(1, 4, 2.6), bet(2, 1), remaining=10), Figures(5_000_000, 12_900_000, 0, 5_000_000)),
        (read(remaining=6), Figures(4_000_000, 10_000_000, 0, 6_000_000)),
        (with_bets(remaining=6), Figures(4_000_000, 10_000_000, 0, 6_000_000)),
        (read(status="matched", remaining=10), Figures(10_000_000, 25_000_000, 0, 0)),
        (with_bets(bet(1, 10, 2.6), status="matched", remaining=10), Figures(10_000_000, 26_000_000, 0, 0)),
        (with_bets(bet(1, 4, 2.6), status="matched", remaining=0), Figures(10_000_000, 25_400_000, 0, 0)),
        (read(status="cancelled", remaining=10), Figures(0, 0, 0, 10_000_000)),
        (with_bets(bet(1, 4, 2.6), status="flushed", remaining=10), Figures(4_000_000, 10_400_000, 0, 6_000_000)),
        (with_bets(bet(1, 4, status="cancelled"), remaining=6), Figures(0, 0, 4_000_000, 6_000_000)),
        (read(remaining=None), Figures(0, 0, 0, 10_000_000)),
    ],
)
def test_sizes_are_what_the_bets_say_and_remaining_only_where_there_are_none(seen: Offer, expected: Figures) -> None:
    assert figures(seen) == expected


@given(
    st.sampled_from(["open", "edited", "delayed", "matched", "cancelled", "flushed", "failed"]),
    st.integers(1, 10**6),
    st.lists(st.integers(1, 10**5), max_size=4),
    st.integers(0, 10**6),
)
def test_the_sizes_of_an_offer_add_up_to_its_stake(status: str, stake: int, bets: list[int], remaining: int) -> None:
    rows = [bet(n, size / 100) for n, size in enumerate(bets)]
    left = min(remaining, stake) / 100
    sizes = figures(read(status=status, stake=stake / 100, remaining=left, **{"matched-bets": rows}))
    assert sizes.matched + sizes.voided + sizes.left == max(stake, sum(bets)) * 10_000
    assert sizes.claims >= sizes.matched


def test_odds_of_another_type_are_read_from_their_decimal_form() -> None:
    seen = with_bets(bet(1, 2, -196, **{"odds-type": "US", "decimal-odds": 1.51021}), odds=-196, **{"odds-type": "US"})
    assert figures(seen).claims == 3_020_420
    assert seen.price == Decimal("2.5")


def test_an_id_past_what_a_float_holds_is_kept_whether_number_or_text() -> None:
    assert read(id=33980210404300061).id == read(id="33980210404300061").id == 33980210404300061


def test_our_name_may_come_back_as_a_number() -> None:
    assert read(**{"temp-id": 168}).ref == "168"


def test_a_held_back_offer_says_for_how_long() -> None:
    assert read(status="delayed", delay=6).delay_ms == 6_000


@pytest.mark.parametrize("body", [b"", b"[]", b"{}}", b'{"stake":"x"}', b'{"id":1e400}', b'{"status":null}', b"\xff"])
def test_what_is_no_offer_is_refused(body: bytes) -> None:
    with pytest.raises(PeerBroke):
        figures(offer_answer(reply_of(body)))


@given(st.binary(max_size=200))
def test_any_bytes_are_an_offer_or_refused(body: bytes) -> None:
    with suppress(PeerBroke):
        figures(offer_answer(reply_of(body)))


# --- bodies and paths ---


def test_an_offer_is_written_with_exact_numbers_and_leaves_the_book_at_the_turn() -> None:
    body = encode_place(place("ab-12", side=Side.LAY, price=202, size_micros=10_050_000), HOME)
    assert body == (
        b'{"odds-type":"DECIMAL","exchange-type":"back-lay","offers":[{"runner-id":33980210404300061,"side":"lay",'
        b'"odds":2.02,"stake":10.05,"keep-in-play":false,"temp-id":"ab-12"}]}'
    )


@pytest.mark.parametrize("offer_id", ["", "0x1", "1,2", "1?a", "/", "²"])
def test_a_cancel_that_does_not_name_one_offer_is_never_written(offer_id: str) -> None:
    assert offer_path("9001") == "/edge/rest/v2/offers/9001"
    with pytest.raises(AssertionError):
        offer_path(offer_id)


def test_a_poll_of_books_overrides_every_preference_of_the_account() -> None:
    path = books_path([1, 2], Currency("EUR"), 6)
    assert path == (
        "/edge/rest/events?ids=1,2&per-page=2&include-prices=true&price-depth=6&price-mode=expanded"
        "&odds-type=DECIMAL&exchange-type=back-lay&currency=EUR&minimum-liquidity=0"
    )
    with pytest.raises(AssertionError):
        books_path([], Currency("EUR"), 6)


def test_lists_name_their_page_and_what_they_are_narrowed_to() -> None:
    assert "interval=7" in offers_path(0, per_page=100, words="open", interval_s=7)
    assert offers_path(100, per_page=100, words="open,edited", markets=["5", "6"]) == (
        "/edge/rest/v2/offers?offset=100&per-page=100&status=open,edited&odds-type=DECIMAL&market-ids=5,6"
    )
    assert catalogue_path(0, per_page=20, after_s=1, before_s=2, sport_ids=(15, 9)).endswith("sport-ids=15,9")


@pytest.mark.parametrize("text", ["", "a", "-1", "1.5", "٣"])
def test_a_listing_that_is_no_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="market"):
        venue_id(text, of="market")


def test_a_state_that_we_do_not_know_takes_no_orders() -> None:
    assert market_status("open") is MarketStatus.OPEN
    assert market_status("paid") is MarketStatus.CLOSED
    assert market_status("frozen") is MarketStatus.SUSPENDED
    assert set(STATUSES) == {"open", "suspended", "closed", "graded", "paid"}


# --- results ---


@pytest.mark.parametrize(
    ("side", "pnl", "word", "expected"),
    [
        ("back", 15, "WIN", {"1": Result.WON}),
        ("back", -10, "LOSE", {"1": Result.LOST}),
        ("lay", 10, "WIN", {"1": Result.LOST}),
        ("lay", -15, "LOSE", {"1": Result.WON}),
        ("lay", 10, "", {"1": Result.LOST}),
        ("win", 15, "?", {"1": Result.WON}),
        ("back", 0, "PUSH", {"1": Result.VOID}),
        ("back", 0, "NEW WORD", {}),
        ("back", 0, "WIN", {"1": Result.WON}),
        ("back", 5, "PUSH_WIN", {}),
        ("lay", -5, "PUSH_LOSE", {}),
        ("sideways", 5, "WIN", {}),
    ],
)
def test_a_result_is_what_the_bet_was_paid(side: str, pnl: float, word: str, expected: dict[str, Result]) -> None:
    seen = msgspec.convert(selection(settled_bet(pnl, word), runner_id=1, side=side), ReportedSelection, strict=False)
    assert results([seen]) == expected


def test_bets_that_do_not_agree_about_a_runner_leave_it_open() -> None:
    rows = [
        msgspec.convert(selection(settled_bet(5, "WIN"), runner_id=1, side=side), ReportedSelection, strict=False)
        for side in ("back", "lay")
    ]
    assert results(rows) == {}


# --- parts ---


def ended(*rows: tuple[str, float, float, float, str]) -> list[ReportedSelection]:
    """Bets on one runner: side, stake, odds, what each was paid, and the report's word."""
    return [
        msgspec.convert(
            selection(settled_bet(paid, word, stake=stake, odds=odds), runner_id=1, side=side),
            ReportedSelection,
            strict=False,
        )
        for side, stake, odds, paid, word in rows
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("back", 10, 2.5, 7.5, "PUSH_WIN")], (1, 0, 2)),
        ([("back", 10, 2.5, -5, "PUSH_LOSE")], (0, 1, 2)),
        ([("lay", 10, 2.5, 5, "PUSH_WIN")], (0, 1, 2)),
        ([("lay", 10, 2.5, -7.5, "PUSH_LOSE")], (1, 0, 2)),
        ([("back", 10, 2.5, 7.5, "PUSH_WIN"), ("lay", 4, 2.5, -3, "PUSH_LOSE")], (1, 0, 2)),
        ([("back", 10, 3, 5, "WIN")], (1, 1, 2)),
        ([("back", 10, 1.5, -2.5, "LOSE")], (1, 1, 2)),
        ([("lay", 10, 3, -5, "LOSE")], (1, 1, 2)),
        ([("back", 10, 2, 0, "PUSH"), ("back", 10, 3, 5, "WIN")], (1, 1, 2)),
        ([("back", 10, 4, 3.33, "WIN"), ("back", 7, 11, 18.67, "WIN"), ("lay", 5, 4.1, -1.83, "LOSE")], (1, 2, 3)),
        ([("back", 10, 4, 16.67, "WIN")], (2, 1, 3)),
    ],
)
def test_a_half_is_known_by_its_word_and_a_dead_heat_by_what_each_bet_was_paid(
    rows: list[tuple[str, float, float, float, str]], expected: tuple[int, int, int]
) -> None:
    seen = ended(*rows)
    assert parts(seen) == (("1", *expected),)
    assert results(seen) == {}, "it neither won nor lost"


@pytest.mark.parametrize(
    "rows",
    [
        [("back", 10, 3, 20, "WIN")],
        [("back", 10, 3, -10, "LOSE")],
        [("lay", 10, 3, -20, "LOSE")],
        [("back", 10, 3, 0, "PUSH")],
        [("back", 10, 3, 7.13, "WIN")],
        [("back", 10, 3, 5, "WIN"), ("back", 10, 3, 20, "WIN")],
        [("back", 10, 2.5, 7.5, "PUSH_WIN"), ("back", 10, 2.5, 15, "WIN")],
        [("sideways", 10, 3, 5, "WIN")],
    ],
)
def test_what_no_share_explains_for_every_bet_is_no_dead_heat(rows: list[tuple[str, float, float, float, str]]) -> None:
    assert parts(ended(*rows)) == ()


def test_a_bet_whose_odds_were_reduced_is_told_with_the_odds_of_the_report() -> None:
    rows = selection(settled_bet(13.5, "WIN", odds=2.35, adjusted=True), settled_bet(6, "WIN", id=2, stake=4))
    market = msgspec.convert(report(rows)["markets"][0], ReportedMarket, strict=False)
    (told,) = annulled(market, lambda offer_id: OrderRef(f"of {offer_id}"))
    assert (told.ref, told.matched_micros, told.claims_micros) == ("of 9001", 14_000_000, 23_500_000 + 10_000_000)
    assert results(market.selections) == {str(HOME): Result.WON}
    assert parts(market.selections) == ()
