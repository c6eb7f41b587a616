"""Every sample of every venue has a test that says what it means, or a reason why it means nothing to us.

That each is read by its decoder stands in `test_samples.py`; here it is looked up what the reading is held against.
"""

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.venues.betfair import test_market_samples as streams
from tests.venues.betfair import test_samples as betfair
from tests.venues.kalshi import test_fake_shapes as kalshi_shapes
from tests.venues.kalshi import test_samples as kalshi
from tests.venues.matchbook import test_fake_shapes as matchbook_shapes
from tests.venues.matchbook import test_samples as matchbook

Meaning = Callable[..., Any] | str
"""The test that states the facts, or why there are none."""

OLD_WRITES = "a write of the dead first version of the interface: never sent"
REGISTRATION = "a table for the registration of customers: never asked for"
MENU = "a menu for people: markets are listed by requests that name their times and rules"

BETFAIR: dict[str, Meaning] = {
    r"ocm/.*": betfair.test_an_order_sample_means,
    r"stream/(connection|status|status_error_alt|status_no_id)": betfair.test_both_streams_read_the_frame_alike,
    r"stream/status_error": betfair.test_the_idle_timeout_is_a_failure_without_an_id,
    r"stream/(mcm_heartbeat|streaming_503)": streams.test_a_heartbeat_sample_and_an_outage_say_nothing_of_books,
    r"stream/(mcm_sub_image|mcm_market_definition_(bsp|each_way))": streams.test_a_market_definition_sample_means,
    r"stream/mcm_market_definition_runner_removed": streams.test_an_image_sample_makes_the_books_that_were_there,
    r"stream/mcm_market_definition_bet_delay_models": streams.test_a_sample_of_many_markets_opens_each_of_them,
    r"stream/mcm_samples": streams.test_samples_of_changes_are_the_rows_that_were_sent,
    r"stream/(mcm_con_true|mcm_resub_delta)": streams.test_a_delta_sample_is_no_image,
    r"rest/account_details": betfair.test_the_account_is_asked_for_its_currency_and_its_discount,
    r"rest/account_funds_(no|with)_exposure": betfair.test_funds_are_the_wallet_with_what_is_exposed,
    r"rest/(account_funds_error|get_account_funds_error_no_appkey)": betfair.test_faults_have_names,
    r"rest/betting_cancel_.*": betfair.test_a_cancel_sample_means,
    r"rest/betting_place_.*": betfair.test_a_placement_sample_means,
    r"rest/betting_replace_orders_success": betfair.test_a_replacement_sample_has_both_halves,
    r"rest/betting_replace_orders_success_multi": (
        betfair.test_a_replacement_of_two_shows_on_the_stream_as_two_bets_that_rest
    ),
    r"rest/(betting_)?list_market_catalogue": betfair.test_a_catalogue_describes_its_markets,
    r"rest/list_current_orders_.*": betfair.test_a_list_of_current_orders_means,
    r"rest/list_cleared_orders": betfair.test_the_list_of_cleared_orders_says_what_was_paid,
    r"rest/(cert_login|login_.*)": betfair.test_logins_are_read,
    r"rest/market_definition_(open|closed)": betfair.test_definitions_are_read,
    r"rest/market_definition_runner_removed": (
        streams.test_a_recorded_subscription_begins_with_the_market_and_its_image
    ),
    r"rest/navigation_list_navigation": MENU,
}
KALSHI: dict[str, Meaning] = {
    r".*/account__(endpoint_costs|limits)": kalshi.test_recorded_limits_and_costs_become_budgets,
    r".*/auth__(balance_ok|balance_alt_host|skew_(minus|plus)5s)": (
        kalshi.test_the_recorded_balance_is_read_to_its_last_place
    ),
    r".*/auth__skew_.*": kalshi.test_recorded_skew_is_the_clocks_fault,
    r".*/auth__.*": kalshi.test_recorded_refusals,
    r".*/(cleanup__leftover_\d|orders__cancel_(already_canceled|executed|unknown_id))": (
        kalshi.test_recorded_cancels_of_what_does_not_rest_are_questions
    ),
    r".*/(cleanup__stp_resting|orders__cancel_v2)": kalshi.test_a_recorded_cancel_took_out_the_contract_that_rested,
    r".*/exchange__status": kalshi.test_the_recorded_exchange_trades,
    r".*/fills__after_taker": kalshi.test_recorded_matches_and_their_fees_follow_the_formula,
    r".*/markets__limit_over_max": kalshi.test_a_recorded_page_too_long_is_refused_whole,
    r".*/markets__.*": kalshi.test_a_recorded_listing_means,
    r".*/orderbook__base": kalshi_shapes.test_the_same_book_and_no_news_of_fees_are_answered_as_was_recorded,
    r".*/series__fee_changes": kalshi_shapes.test_the_same_book_and_no_news_of_fees_are_answered_as_was_recorded,
    r".*/(portfolio__positions|trades__public_recorded)": kalshi_shapes.test_rows_have_the_fields_that_were_recorded,
    r".*/orders__legacy_(create|cancel)": OLD_WRITES,
    r".*/orders__(get_after_create|get_after_cancel|stp_resting_after)": (
        kalshi.test_a_recorded_order_rests_whole_even_in_the_read_that_was_still_old
    ),
    r".*/orders__(create_v2_maker|create_v2_taker_ioc|settlement_seed|stp_setup|stp_self_cross)": (
        kalshi.test_recorded_acceptances
    ),
    r".*/orders__(duplicate_client_order_id|reuse_canceled_client_id)": (
        kalshi.test_recorded_repetitions_prove_that_the_order_landed
    ),
    r".*/orders__.*": kalshi.test_recorded_refusals,
    r".*/portfolio__orders_list": kalshi.test_recorded_orders_report_what_they_matched_and_lost,
    r".*/settlements__.*": kalshi.test_recorded_matches_and_settlements_are_lines_of_a_statement,
    r".*/ws__orderbook_trade_yes": kalshi.test_frames_make_the_book_that_was_there,
    r".*/ws__orderbook_trade_noleg": (
        kalshi_shapes.test_recorded_frames_rebuild_in_the_mirror_that_our_own_are_held_against
    ),
    r"observed_misc": kalshi.test_answers_observed_elsewhere_are_read,
}
MATCHBOOK: dict[str, Meaning] = {
    r".*/account": matchbook.test_recorded_accounts_and_balances_are_read,
    r"(java_sdk/account_balance|recorded_2017/account_balance_edge)": (
        matchbook.test_recorded_accounts_and_balances_are_read
    ),
    r"recorded_2017/account_balance_bpapi": matchbook_shapes.test_sessions_and_heartbeats_have_the_recorded_fields,
    r"recorded_2017/account_transfer": "it moves money between a casino and the sports: no money is moved by us",
    r"(.*/error_.*|other/docs_error_body)": matchbook.test_recorded_errors_are_told_apart,
    r"java_sdk/get_events_with_prices": matchbook.test_recorded_events_become_books_on_the_ladder,
    r"java_sdk/(get_event|get_markets?|get_market_unknown_type)": (
        matchbook.test_recorded_markets_are_read_whatever_their_type
    ),
    r"java_sdk/get_(prices|runner|runners|sports_page)": matchbook_shapes.test_a_reading_has_the_recorded_fields,
    r"java_sdk/heartbeat_.*": matchbook.test_recorded_heartbeats_are_read,
    r"java_sdk/matched_bets_cancelled": matchbook_shapes.test_voided_bets_have_the_recorded_fields,
    r"(.*/matched_bets_aggregated|java_sdk/positions_get|recorded_2017/navigation)": (
        matchbook_shapes.test_a_reading_has_the_recorded_fields
    ),
    r"java_sdk/offer_edits_get": matchbook_shapes.test_edits_have_the_recorded_fields,
    r"java_sdk/offer_edit_get": "a row of offer_edits_get alone: edits are proven by the offer that they leave",
    r"(java_sdk/offer_(get|delete|put)|recorded_2017/offer_(delete|put_v1))": (
        matchbook.test_recorded_offers_have_the_sizes_that_they_state
    ),
    r"java_sdk/offers_get": matchbook.test_a_recorded_list_of_offers_is_read_as_reports,
    r"(.*/offers_post|other/docs_submit_keep_in_play_response)": matchbook.test_recorded_placements_are_accepted,
    r"other/docs_submit_keep_in_play_request": matchbook.test_the_documented_request_is_the_shape_of_ours,
    r"java_sdk/offers_post_partial_failure_http400": (
        matchbook.test_in_a_recorded_partial_failure_each_offer_has_its_own_end
    ),
    r"java_sdk/offers_put": matchbook.test_a_recorded_edit_leaves_the_offer_open,
    r"java_sdk/offers_put_partial_failure_http400": matchbook.test_a_recorded_edit_that_failed_leaves_the_old_terms,
    r"(java_sdk/offers_delete|recorded_2017/offers_delete_bulk)": (
        matchbook.test_recorded_cancels_say_what_they_took_out
    ),
    r"recorded_2017/offers_get": matchbook.test_a_recorded_offer_carries_our_name,
    r"java_sdk/session_post": matchbook.test_a_recorded_login_gives_the_session,
    r"java_sdk/session_delete": matchbook_shapes.test_sessions_and_heartbeats_have_the_recorded_fields,
    r"other/decimal_ladder": matchbook.test_the_published_ladder_is_ours,
    r"recorded_2017/event_with_prices_inplay_tennis": (
        matchbook.test_a_recorded_two_runner_market_is_nowhere_crossed_by_its_mirrors
    ),
    r"recorded_2017/(markets|runners)_inplay_tennis": matchbook.test_recorded_rows_in_play_hold_two_sides,
    r"recorded_2017/popular_markets": matchbook.test_recorded_withdrawn_runners_are_seen,
    r"recorded_2017/positions_get": "the same call as java_sdk/positions_get, with the same fields",
    r"recorded_2017/lookups_(currencies|odds_types)": REGISTRATION,
    r"(recorded_2017/lookups_sports|other/sports_ids_2026)": matchbook.test_recorded_sports_have_the_numbers_of_ours,
}


@pytest.mark.parametrize(("venue", "meanings"), [("betfair", BETFAIR), ("kalshi", KALSHI), ("matchbook", MATCHBOOK)])
def test_every_sample_means_something_or_is_excused(shared: Path, venue: str, meanings: dict[str, Meaning]) -> None:
    folder = shared / "venues" / venue / "samples"
    used, bare, elsewhere = set(), [], []
    for path in sorted(folder.rglob("*.*json*")):
        if path.name.endswith(".meta.json"):
            continue
        name = path.relative_to(folder).as_posix().partition(".")[0]
        pattern = next((pattern for pattern in meanings if re.fullmatch(pattern, name)), None)
        if pattern is None:
            bare.append(name)
            continue
        used.add(pattern)
        meaning = meanings[pattern]
        if not isinstance(meaning, str) and not _names(inspect.getsource(inspect.getmodule(meaning) or meaning), name):
            elsewhere.append(name)
    assert bare == [], "samples without a meaning: name the test that states it, or the reason why none does"
    assert elsewhere == [], "samples that the named test does not open"
    assert meanings.keys() - used == set()


def _names(source: str, name: str) -> bool:
    """Whether a file is named in a module, whole or behind the prefix that all of its kind share."""
    stem = name.rpartition("/")[2]
    return any(part in source for part in (stem, *(stem.partition(cut)[2] or stem for cut in PREFIXES)))


PREFIXES = (
    "auth__",
    "auth__skew_",
    "orders__cancel_",
    "account_funds_",
    "market_definition_",
    "heartbeat_",
    "ws__orderbook_trade_",
)
