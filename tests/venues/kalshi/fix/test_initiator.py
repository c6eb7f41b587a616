"""QuickFIX as a customer of the simulated venue: what an engine that others wrote makes of our end of a session.

Every message of the venue's is read under its own dictionary. Skipped where QuickFIX is not at hand.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.storage.conftest import REQUIRE_ENV
from tests.venues.kalshi.fix.initiator import FLAGS, SOURCE, Initiator, venue_of_today
from tests.venues.kalshi.fix.quickfix import build, missing
from tests.venues.kalshi.venue import HOME
from venues.kalshi.fix import tags

if missing():
    if "quickfix" in os.environ.get(REQUIRE_ENV, "").split(","):
        raise RuntimeError(f"{REQUIRE_ENV} asks for quickfix: {missing()}")
    pytest.skip(missing(), allow_module_level=True)

Dial = Callable[..., Initiator]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("initiator"), SOURCE)


@pytest.fixture
def dial(program: Path, tmp_path: Path) -> Iterator[Dial]:
    running: list[Initiator] = []

    def start(**changes: Any) -> Initiator:
        running.append(Initiator(program, tmp_path, venue_of_today(), **changes))
        return running[-1]

    yield start
    for one in running:
        one.close()


@pytest.fixture
def customer(dial: Dial) -> Initiator:
    customer = dial()
    customer.until_said("logon")
    return customer


def order(customer: Initiator, name: str, **changes: str) -> None:
    fields = {11: name, 38: "10", 40: "2", 44: "0.4700", 54: "1", 55: str(HOME), 59: "1", 60: "20260101-00:00:00"}
    customer.say("D", fields | {int(tag[1:]): value for tag, value in changes.items()})


def change(customer: Initiator, kind: str, name: str, before: str, **changes: str) -> None:
    fields = {11: name, 41: before, 54: "1", 55: str(HOME)}
    customer.say(kind, fields | {int(tag[1:]): value for tag, value in changes.items()})


def resting(customer: Initiator) -> list[str]:
    """What rests at the exchange, by the names that its owner gave."""
    return [own.client_id for own in customer.venue.books.records.resting()]


def told(customer: Initiator) -> list[tuple[str, str]]:
    """Type and name of every report."""
    return [(one[150], one[11]) for one in customer.of("8")]


# --- logon and logout ---


def test_a_logon_stands(customer: Initiator) -> None:
    (answer,) = customer.of("A")
    assert (answer[34], answer[108], answer[49]) == ("1", "30", "KalshiRT")


def test_a_session_that_begins_anew_stands(dial: Dial) -> None:
    customer = dial(target="KalshiNR")
    customer.until_said("logon")
    assert customer.of("A")[0][141] == "Y"


def test_a_forged_logon_is_refused_with_the_reason(dial: Dial) -> None:
    customer = dial()
    customer.is_forged = True
    assert customer.until_heard("5")[58] == "invalid signature"
    assert "logon" not in customer.said


def test_a_logout_of_theirs_is_answered(customer: Initiator) -> None:
    customer.tell("logout")
    customer.until_heard("5")
    customer.until_said("logout")


# --- orders ---


def test_an_order_is_accepted(customer: Initiator) -> None:
    order(customer, "a")
    report = customer.until_heard("8")
    assert (report[150], report[39], report[151]) == ("0", "0", "10.00")
    assert resting(customer) == ["a"]


def test_an_order_is_matched(customer: Initiator) -> None:
    order(customer, "a")
    customer.until_heard("8")
    customer.venue.crowd("ann ask 4 @ 47")
    report = customer.until_heard("8", 2)
    assert (report[150], report[31], report[32], report[151]) == ("F", "0.4700", "4.00", "6.00")


def test_an_order_is_replaced_and_then_cancelled_by_its_new_name(customer: Initiator) -> None:
    order(customer, "a")
    change(customer, "G", "b", "a", t38="7", t40="2", t44="0.4600")
    change(customer, "F", "b-c", "b")
    customer.until_heard("8", 3)
    assert told(customer) == [("0", "a"), ("5", "b"), ("4", "b-c")]
    assert resting(customer) == []


def test_a_cancel_of_nothing_is_refused(customer: Initiator) -> None:
    change(customer, "F", "a-c", "a")
    reject = customer.until_heard("9")
    assert (reject[102], reject[434]) == ("1", "1")


def test_an_order_that_is_none_is_rejected_by_its_field(customer: Initiator) -> None:
    order(customer, "a", t40="1")
    reject = customer.until_heard("3")
    assert (reject[371], reject[372]) == ("40", "D")
    assert resting(customer) == []


# --- numbers ---


def test_what_it_believes_to_have_missed_is_asked_for_and_reports_alone_are_repeated(customer: Initiator) -> None:
    order(customer, "a")
    customer.until_heard("8")
    customer.tell("expect 1")
    order(customer, "b")
    customer.until_heard("8", 3)
    assert told(customer) == [("0", "a"), ("0", "a"), ("0", "b")]
    (fill,) = customer.of("4")
    assert (fill[34], fill[36], fill[123]) == ("1", "2", "Y")
    assert customer.of("8")[1][43] == "Y"


def test_what_was_told_while_nobody_listened_is_asked_for_and_repeated(customer: Initiator) -> None:
    order(customer, "a")
    customer.until_heard("8")
    customer.cut()
    customer.venue.crowd("ann ask 4 @ 47")
    customer.until_said("logon", 2)
    customer.until_heard("8", 2)
    assert told(customer) == [("0", "a"), ("F", "a")]
    assert customer.of("8")[1][43] == "Y"


def test_numbers_that_they_skipped_are_asked_for_and_the_order_behind_them_lives(customer: Initiator) -> None:
    customer.tell("number 5")
    order(customer, "a")
    assert customer.until_heard("2")[7] == "2"
    customer.until_heard("8")
    assert (told(customer), resting(customer)) == ([("0", "a")], ["a"])


def test_a_number_too_low_ends_the_session(customer: Initiator) -> None:
    order(customer, "a")
    customer.until_heard("8")
    customer.tell("number 1")
    order(customer, "b")
    assert "too low" in customer.until_heard("5")[58]
    assert resting(customer) == ["a"]


def test_each_connection_of_a_session_that_repeats_nothing_begins_anew(dial: Dial) -> None:
    customer = dial(target="KalshiNR")
    customer.until_said("logon")
    order(customer, "a")
    customer.until_heard("8")
    customer.cut()
    customer.until_said("logon", 2)
    order(customer, "b")
    customer.until_heard("8", 2)
    assert [one[34] for one in customer.heard if one[35] in "A8"] == ["1", "2", "1", "2"]


# --- life and death ---


def test_a_question_for_life_is_answered(customer: Initiator) -> None:
    customer.say("1", {112: "are you"})
    assert customer.until_heard("0")[112] == "are you"


def test_a_silent_customer_is_asked_and_answers(dial: Dial) -> None:
    customer = dial(heartbeat_s=4)
    customer.until_said("logon")
    customer.venue.pass_ms(6_000)
    customer.until_heard("1")
    order(customer, "a")
    customer.until_heard("8")


def test_a_customer_whose_clock_stays_behind_is_sent_away(customer: Initiator) -> None:
    customer.venue.pass_ms(31_000)
    order(customer, "a")
    assert (customer.until_heard("3")[373], "sent at" in customer.until_heard("5")[58]) == ("10", True)
    assert resting(customer) == []


def test_orders_end_with_a_connection_for_which_that_was_asked(dial: Dial) -> None:
    customer = dial(flags=f"{FLAGS}|{tags.CANCEL_ON_DISCONNECT}=Y")
    customer.until_said("logon")
    order(customer, "a")
    customer.until_heard("8")
    customer.cut()
    assert resting(customer) == []
    assert customer.until_heard("8", 2)[150] == "4"
