"""Every sample of every venue is read by the decoder that it was recorded for; a new file has to be given one.

What the samples mean in facts stands in each venue's own `test_samples.py`.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from venues.betfair.account_codec import details_answer
from venues.betfair.betting_codec import cancel_answer, place_answer, replace_answer
from venues.betfair.market_codec import MarketDefinition, decode_market_line
from venues.betfair.order_codec import decode_order_line
from venues.betfair.query_codec import catalogue_answer, cleared_answer, current_answer, funds_answer
from venues.betfair.rpc import decode_answer
from venues.betfair.session import read_login
from venues.errors import PeerBroke
from venues.http import HttpReply
from venues.kalshi import rest_codec as kalshi
from venues.kalshi.checkup import exchange_finding
from venues.kalshi.market_codec import market_frames
from venues.matchbook import account_codec, answers, events_codec, offers_codec
from venues.matchbook.session import LoginAnswer

Read = Callable[[bytes, int], Any]
NOT_ASKED = "not asked for by the adapter"


def rpc(decoder: Any) -> Read:
    def read(body: bytes, _: int) -> Any:
        found = json.loads(body)
        boxed = found if isinstance(found, dict) and "jsonrpc" in found else {"result": found}
        return decode_answer(json.dumps(boxed).encode(), decoder)

    return read


def rest(decoder: Any) -> Read:
    """Kalshi: an answer if it is a success, else a refusal with a word."""

    def read(body: bytes, status: int) -> Any:
        return kalshi.decode_answer(body, decoder) if status < 300 else refused(body, status)

    return read


def refused(body: bytes, _: int) -> Any:
    said = kalshi.error_said(body)
    assert said.code
    return said


def plain(answerer: Any) -> Read:
    return lambda body, status: answerer(HttpReply(status, {}, body, 0, 0))


def failed(body: bytes, status: int) -> Any:
    said = answers.errors_text(answers.error_answer(HttpReply(status, {}, body, 0, 0)).errors or [])
    assert said
    return said


def lines(decode: Callable[[bytes], Any]) -> Read:
    """Each message of a file that holds one, a list, or one a line."""

    def read(body: bytes, _: int) -> Any:
        try:
            found = json.loads(body)
        except json.JSONDecodeError:
            return [decode(line) for line in body.splitlines() if line.strip()]
        return [decode(json.dumps(one).encode()) for one in (found if isinstance(found, list) else [found])]

    return read


def replaced(body: bytes, _: int) -> Any:
    """Not a replacement but what the order stream said of one, in an envelope."""
    return decode_order_line(json.dumps(json.loads(body)["result"]).encode())


BETFAIR: dict[str, Read | str] = {
    r"ocm/.*": lines(decode_order_line),
    r"stream/.*": lines(decode_market_line),
    r"rest/account_details": rpc(details_answer),
    r"rest/(get_)?account_funds.*": rpc(funds_answer),
    r"rest/betting_cancel.*": rpc(cancel_answer),
    r"rest/betting_place.*": rpc(place_answer),
    r"rest/betting_replace_orders_success": rpc(replace_answer),
    r"rest/betting_replace_orders_success_multi": replaced,
    r"rest/(betting_)?list_market_catalogue": lambda body, _: rpc(catalogue_answer)(_listed(body), 200),
    r"rest/list_current_orders.*": rpc(current_answer),
    r"rest/list_cleared_orders": rpc(cleared_answer),
    r"rest/(cert_)?login.*": lambda body, _: read_login(body),
    r"rest/market_definition_runner_removed": lines(decode_market_line),
    r"rest/market_definition.*": lambda body, _: msgspec.json.decode(body, type=MarketDefinition),
    r"rest/navigation.*": NOT_ASKED,
}
KALSHI: dict[str, Read | str] = {
    r".*/account__endpoint_costs": rest(kalshi.costs_answer),
    r".*/account__limits": rest(kalshi.limits_answer),
    r".*/auth__.*": rest(kalshi.balance_answer),
    r".*/cleanup__.*": rest(kalshi.cancelled_answer),
    r".*/exchange__status": lambda body, _: exchange_finding(kalshi.decode_answer(body, kalshi.status_answer)),
    r".*/fills__.*": rest(kalshi.fills_answer),
    r".*/markets__(unauth_)?single": rest(kalshi.market_answer),
    r".*/markets__.*": rest(kalshi.markets_answer),
    r".*/orders__legacy_.*": NOT_ASKED,
    r".*/orders__cancel.*": rest(kalshi.cancelled_answer),
    r".*/orders__(get_after|stp_resting_after).*": rest(kalshi.order_answer),
    r".*/orders__.*": rest(kalshi.created_answer),
    r".*/portfolio__orders_list": rest(kalshi.orders_answer),
    r".*/settlements__.*": rest(kalshi.settlements_answer),
    r".*/ws__.*": lines(market_frames.decode),
    r".*/portfolio__positions": rest(kalshi.positions_answer),
    r".*/(orderbook__base|series__fee_changes|trades__.*)": NOT_ASKED,
    r"observed_misc": "read line by line in the venue's own test",
}
MATCHBOOK: dict[str, Read | str] = {
    r"java_sdk/account": plain(account_codec.account_answer),
    r"java_sdk/account_balance": plain(account_codec.balance_answer),
    r".*/positions_get": plain(account_codec.positions_answer),
    r".*/error_.*|other/docs_error_body": failed,
    r"java_sdk/get_events_with_prices": plain(events_codec.events_answer),
    r".*/(get_event|event_with_prices_inplay_tennis)": lambda body, _: msgspec.json.decode(
        body, type=events_codec.Event, strict=False
    ),
    r"java_sdk/get_market(_unknown_type)?": plain(events_codec.market_answer),
    r"java_sdk/heartbeat_(get|post)": plain(offers_codec.heartbeat_answer),
    r"java_sdk/offers_put_partial_failure_http400": plain(offers_codec.edit_answer),
    r"java_sdk/offers_.*|recorded_2017/offers_post|other/docs_submit_keep_in_play_response": plain(
        offers_codec.offers_answer
    ),
    r"java_sdk/offer_(get|put|delete)": plain(offers_codec.offer_answer),
    r"java_sdk/session_post": plain(answers.answerer(LoginAnswer)),
    r".*": NOT_ASKED,
}


def _listed(body: bytes) -> bytes:
    found = json.loads(body)
    return body if isinstance(found, list) or "jsonrpc" in found else json.dumps([found]).encode()


def _status(path: Path) -> int:
    """The status that goes with a sample: told beside it, in its name, or good."""
    beside = path.with_name(path.name.replace(".first_few", "").rpartition(".")[0] + ".meta.json")
    if beside.exists():
        return int(json.loads(beside.read_text()).get("status", 200))
    named = re.search(r"http(\d{3})", path.name)
    return int(named[1]) if named else 400 if "error" in path.name else 200


@pytest.mark.parametrize(
    ("venue", "readers", "least"), [("betfair", BETFAIR, 65), ("kalshi", KALSHI, 50), ("matchbook", MATCHBOOK, 25)]
)
def test_every_sample_is_read(shared: Path, venue: str, readers: dict[str, Read | str], least: int) -> None:
    folder = shared / "venues" / venue / "samples"
    wrong, read = {}, 0
    for path in sorted(folder.rglob("*.*json*")):
        if path.name.endswith(".meta.json"):
            continue
        name = path.relative_to(folder).as_posix().partition(".")[0]
        reader = next((reader for pattern, reader in readers.items() if re.fullmatch(pattern, name)), None)
        if reader is None:
            wrong[name] = "no reader: give it one"
        elif not isinstance(reader, str):
            try:
                assert reader(path.read_bytes(), _status(path)) is not None
                read += 1
            except (AssertionError, ValueError, TypeError, KeyError, PeerBroke, msgspec.MsgspecError) as error:
                wrong[name] = repr(error)
    assert wrong == {}
    assert read >= least
