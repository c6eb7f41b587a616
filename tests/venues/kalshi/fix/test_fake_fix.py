"""The simulated venue's FIX port as a customer meets it, written by hand and without the code under test at our end."""

from base64 import b64encode
from typing import Any

import pytest

from tests.venues.kalshi.fix.script import read, wire
from tests.venues.kalshi.fix.test_with_fake import NAMES
from tests.venues.kalshi.venue import EPOCH_MS, HOME, KEY, MS, SECOND, Client, Venue
from tests.venues.sim.wires import HandWire
from venues.kalshi.fake.options import Tier
from venues.kalshi.fix.clock import sending_time

FLAGS = dict.fromkeys((21005, 21007, 21008, 21011, 21012, 21026), "Y")
Fields = dict[int, str]


class Customer:
    """One connection of one key to one session."""

    def __init__(self, venue: Venue, key: str = NAMES[0], target: str = "KalshiNR") -> None:
        self.venue, self.key, self.target = venue, key, target
        self.seq = 0
        self.dial()

    def dial(self) -> "Customer":
        self.wire = HandWire()
        self.peer = self.venue.fake.fix.accept()
        self.peer.connected(self.wire, self.venue.now_ns)
        return self

    def say(self, kind: str, fields: dict[int, str], seq: int | None = None) -> list[Fields]:
        self.seq = self.seq + 1 if seq is None else seq
        at = sending_time(EPOCH_MS + self.venue.now_ns // MS)
        head = (("49", self.key), ("56", self.target), ("34", str(self.seq)), ("52", at))
        body = [(str(tag), value) for tag, value in fields.items()]
        self.peer.received(wire(kind, *head, *body), self.venue.now_ns)
        return self.heard()

    def log_on(self, *, reset: bool = True, **changes: Any) -> list[Fields]:
        """`changes` are of flags, by `tNUMBER`; an empty one is left out."""
        seq = 1 if reset else self.seq + 1
        at = sending_time(EPOCH_MS + self.venue.now_ns // MS)
        text = f"{at}\x01A\x01{seq}\x01{self.key}\x01{self.target}"
        signature = b64encode(KEY.sign(text.encode())).decode()
        fields = {98: "0", 108: "30"} | ({141: "Y"} if reset else {}) | {95: str(len(signature)), 96: signature}
        fields |= FLAGS | {int(name[1:]): value for name, value in changes.items()}
        return self.say("A", {tag: value for tag, value in fields.items() if value} | {1137: "9"}, seq)

    def heard(self) -> list[Fields]:
        return [dict(fields) for fields in read(self.wire.taken())]

    def order(self, name: str, **changes: str) -> list[Fields]:
        fields = {11: name, 38: "10", 40: "2", 44: "0.4700", 54: "1", 55: str(HOME), 59: "1"}
        return self.say("D", fields | {int(tag[1:]): value for tag, value in changes.items()})

    def change(self, kind: str, name: str, before: str, **changes: str) -> list[Fields]:
        fields = {11: name, 41: before, 54: "1", 55: str(HOME)}
        return self.say(kind, fields | {int(tag[1:]): value for tag, value in changes.items()})


@pytest.fixture
def venue() -> Venue:
    return Venue(fix_key_ids=NAMES)


@pytest.fixture
def customer(venue: Venue) -> Customer:
    customer = Customer(venue)
    (answer,) = customer.log_on(t8013="Y")
    assert (answer[35], answer[34], answer[141]) == ("A", "1", "Y")
    return customer


def figures(report: Fields) -> tuple[str, ...]:
    """Type, state, ordered, matched and open."""
    return tuple(report[tag] for tag in (150, 39, 38, 14, 151))


# --- who may log on ---


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"t96": "AAAA", "t95": "4"}, "invalid signature"),
        ({"t96": "", "t95": ""}, "field 96 is missing"),
        ({"t108": "3"}, "HeartBtInt"),
        ({"t20126": "Y", "t21011": ""}, "ListenerSession"),
        ({"t20126": "Y", "t8013": "Y"}, "ListenerSession"),
        ({"reset": False}, "ResetSeqNumFlag must be Y"),
    ],
)
def test_a_logon_that_is_wrong_is_answered_with_the_reason(venue: Venue, changes: dict, said: str) -> None:
    customer = Customer(venue)
    (answer,) = customer.log_on(**changes)
    assert answer[35] == "5"
    assert said in answer[58]
    assert customer.wire.is_closed


@pytest.mark.parametrize(
    ("key", "target", "said"),
    [("stranger", "KalshiNR", "unknown API key"), (NAMES[0], "KalshiXX", "unknown TargetCompID")],
)
def test_a_name_that_nobody_knows_is_refused(venue: Venue, key: str, target: str, said: str) -> None:
    (answer,) = Customer(venue, key, target).log_on()
    assert (answer[35], answer[58]) == ("5", said)


def test_a_key_has_one_connection(venue: Venue, customer: Customer) -> None:
    (answer,) = Customer(venue, customer.key, "KalshiMD").log_on()
    assert (answer[35], answer[58]) == ("5", "already exists")
    assert Customer(venue, NAMES[1]).log_on()[0][35] == "A"


def test_whoever_says_nothing_is_hung_up_on(venue: Venue) -> None:
    customer = Customer(venue)
    venue.pass_ms(11_000)
    assert customer.wire.is_closed
    assert customer.heard() == []


def test_orders_of_before_the_first_session_are_not_told_as_new(venue: Venue) -> None:
    Client(venue).place("bid 10 @ 0.47")
    venue.crowd("ann ask 4 @ 47")
    listener = Customer(venue, NAMES[1])
    listener.log_on(t20126="Y")
    venue.crowd("ann ask 2 @ 47")
    (trade,) = listener.heard()
    assert figures(trade) == ("F", "1", "10.00", "6.00", "4.00")
    assert trade[6] == "0.470000"


# --- what orders become ---


def test_an_order_is_told_from_its_acceptance_to_its_end(venue: Venue, customer: Customer) -> None:
    (new,) = customer.order("a")
    assert figures(new) == ("0", "0", "10.00", "0.00", "10.00")
    venue.crowd("ann ask 4 @ 47")
    (trade,) = customer.heard()
    assert figures(trade) == ("F", "1", "10.00", "4.00", "6.00")
    assert (trade[31], trade[32], trade[6], trade[704], trade[1057]) == ("0.4700", "4.00", "0.470000", "4.00", "N")
    (gone,) = customer.change("F", "a-c1", "a")
    assert (*figures(gone), gone[11], gone[41]) == ("4", "4", "10.00", "4.00", "0.00", "a-c1", "a")
    names = [tuple(map(int, one[17].split(";"))) for one in (new, trade, gone)]
    assert names == sorted(set(names)), "names of reports rise"


def test_a_replaced_order_keeps_its_id_and_takes_its_new_name(venue: Venue, customer: Customer) -> None:
    (new,) = customer.order("a")
    venue.crowd("ann ask 4 @ 47")
    customer.heard()
    (changed,) = customer.change("G", "b", "a", t38="7", t40="2", t44="0.4600")
    assert (*figures(changed), changed[11], changed[41]) == ("5", "1", "7.00", "4.00", "3.00", "b", "a")
    assert (changed[37], changed[44]) == (new[37], "0.4600")
    (gone,) = customer.change("F", "b-c1", "b")
    assert figures(gone)[0] == "4"


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"t38": "3"}, "2", "INVALID_AMEND_QTY_FOR_ORDER"),
        ({"t44": "0.4750"}, "99", "INVALID_PRICE"),
        ({"t54": "2"}, "1", None),
        ({"t41": "x"}, "1", None),
        ({"t55": "KXOTHER"}, "1", None),
    ],
)
def test_a_change_that_cannot_be_made_leaves_the_order(
    venue: Venue, customer: Customer, changes: dict, code: str, text: str | None
) -> None:
    customer.order("a")
    venue.crowd("ann ask 4 @ 47")
    customer.heard()
    (no,) = customer.change("G", "b", changes.pop("t41", "a"), **{"t38": "12", "t40": "2", "t44": "0.4600"} | changes)
    assert (no[35], no[434], no[102], no.get(58)) == ("9", "2", code, text)
    (gone,) = customer.change("F", "a-c1", "a")
    assert figures(gone) == ("4", "4", "10.00", "4.00", "0.00")


def test_a_replacement_by_what_was_matched_cancels_the_rest(venue: Venue, customer: Customer) -> None:
    customer.order("a")
    venue.crowd("ann ask 4 @ 47")
    customer.heard()
    said = customer.change("G", "b", "a", t38="4", t40="2", t44="0.4700")
    assert figures(said[-1])[-2:] == ("4.00", "0.00")
    assert venue.books.records.resting() == []


def test_an_order_that_is_over_cannot_be_cancelled(venue: Venue, customer: Customer) -> None:
    customer.order("a")
    venue.crowd("ann ask 10 @ 47")
    customer.heard()
    (no,) = customer.change("F", "a-c1", "a")
    assert (no[35], no[102], no[39]) == ("9", "0", "2")


def test_a_mass_cancel_takes_what_came_over_this_key_and_no_more(venue: Venue, customer: Customer) -> None:
    Client(venue).place("bid 5 @ 0.30")
    other = Customer(venue, NAMES[1])
    other.log_on()
    other.order("o")
    customer.order("a")
    customer.order("b")
    said = customer.say("q", {11: "m", 530: "6"})
    assert [one[35] for one in said] == ["r", "8", "8"]
    assert said[0][531] == "6"
    assert {own.client_id for own in venue.books.records.resting()} == {"ref-1", "o"}
    assert other.heard() == []


def test_a_lost_connection_cancels_if_that_was_wished_for(venue: Venue, customer: Customer) -> None:
    customer.order("a")
    customer.peer.closed("gone", venue.now_ns)
    assert venue.books.records.resting() == []
    customer.dial()
    customer.log_on(t8013="")
    customer.order("b")
    customer.peer.closed("gone", venue.now_ns)
    assert [own.client_id for own in venue.books.records.resting()] == ["b"]


def test_a_logout_cancels_too(venue: Venue, customer: Customer) -> None:
    customer.order("a")
    assert customer.say("5", {})[0][35] == "5"
    assert venue.books.records.resting() == []


def test_an_order_that_may_not_cross_is_told_as_gone(venue: Venue, customer: Customer) -> None:
    venue.crowd("ann ask 4 @ 47")
    (gone,) = customer.order("a", t18="6")
    assert (*figures(gone)[:2], gone[58]) == ("4", "4", "POST_ONLY_CROSS")


def test_an_order_with_an_end_expires(venue: Venue, customer: Customer) -> None:
    customer.order("a", t59="6", t126=sending_time(EPOCH_MS + venue.now_ns // MS + 5_000))
    venue.pass_ms(4_000)
    assert [one for one in customer.heard() if one[35] == "8"] == []
    venue.pass_ms(3_000)
    assert [figures(one)[:2] for one in customer.heard() if one[35] == "8"] == [("C", "C")]


@pytest.mark.parametrize(
    ("changes", "tag", "reason"),
    [({"t54": "3"}, "54", "5"), ({"t40": "1"}, "40", "5"), ({"t59": "2"}, "59", "5"), ({"t79": "x"}, "79", "6")],
)
def test_a_value_that_is_not_taken_is_rejected_by_its_field(
    customer: Customer, changes: dict, tag: str, reason: str
) -> None:
    (no,) = customer.order("a", **changes)
    assert (no[35], no[371], no[372], no[373]) == ("3", tag, "D", reason)
    assert customer.order("b")[0][35] == "8"


@pytest.mark.parametrize(
    ("changes", "reason", "text"),
    [
        ({"t55": "KXOTHER"}, "1", "MARKET_NOT_FOUND"),
        ({"t38": "90000"}, "3", "INSUFFICIENT_BALANCE"),
        ({"t44": "0.4750"}, "99", "INVALID_PRICE"),
        ({"t38": "0.001"}, "13", None),
        ({"t79": "5"}, "15", "PERMISSION_DENIED_FOR_CUSTOMER_ACCOUNT"),
        ({"t100": "7"}, "1", "MARKET_NOT_FOUND"),
    ],
)
def test_a_refusal_has_its_code_and_text(customer: Customer, changes: dict, reason: str, text: str | None) -> None:
    (no,) = customer.order("a", **changes)
    assert (*figures(no)[:2], no[17], no[103], no.get(58)) == ("8", "8", "-1;-1", reason, text)


# --- what was asked for at the logon ---


def test_without_flags_prices_are_cents_and_quantities_shrink(venue: Venue) -> None:
    customer = Customer(venue)
    nothing: dict[str, Any] = {f"t{tag}": "" for tag in FLAGS}
    customer.log_on(**nothing)
    (new,) = customer.order("a", t44="47")
    assert new[44] == "47"
    venue.crowd("ann ask 4 @ 47")
    (trade,) = customer.heard()
    assert (trade[31], trade[6]) == ("47", "47")
    (gone,) = customer.change("F", "a-c1", "a")
    assert figures(gone) == ("4", "4", "4.00", "4.00", "0.00")


def test_an_immediate_order_tells_its_acceptance_and_its_rest_only_if_asked_to(venue: Venue) -> None:
    wishes: list[tuple[dict[str, Any], list[str]]] = [({}, ["0", "F", "4"])]
    wishes += [({"t21026": ""}, ["F", "4"]), ({"t21007": ""}, ["0", "F"])]
    for flags, kinds in wishes:
        venue.crowd("ann ask 4 @ 47")
        customer = Customer(venue)
        customer.log_on(**flags)
        assert [one[150] for one in customer.order(f"a{len(kinds)}{len(flags)}{kinds[0]}", t59="3")] == kinds
        customer.peer.closed("gone", venue.now_ns)


# --- listeners, and sessions that repeat ---


def test_a_listener_hears_all_and_may_say_nothing(venue: Venue, customer: Customer) -> None:
    listener = Customer(venue, NAMES[1], "KalshiRT")
    assert listener.log_on(t20126="Y")[0][35] == "A"
    customer.order("a")
    assert [one[11] for one in listener.heard()] == ["a"]
    (no,) = listener.order("b")
    assert (no[35], no[372], no[379], no[380]) == ("j", "D", "b", "6")


def test_what_was_told_while_nobody_listened_is_repeated(venue: Venue) -> None:
    customer = Customer(venue, NAMES[0], "KalshiRT")
    customer.log_on()
    customer.order("a")
    customer.peer.closed("gone", venue.now_ns)
    venue.crowd("ann ask 4 @ 47")
    customer.dial()
    (answer,) = customer.log_on(reset=False)
    assert (answer[35], answer[34]) == ("A", "4")
    (trade,) = customer.say("2", {7: "3", 16: "3"})
    assert (trade[35], trade[34], trade[43], figures(trade)[0]) == ("8", "3", "Y", "F")
    assert trade[122] <= trade[52]


def test_a_budget_that_is_used_up_is_told(venue: Venue) -> None:
    poor = Venue(fix_key_ids=NAMES, tier=Tier(write_rate=10, write_capacity=20))
    customer = Customer(poor)
    customer.log_on()
    kinds = [customer.order(f"o{n}")[0] for n in range(3)]
    assert [one[35] for one in kinds] == ["8", "8", "j"]
    assert (kinds[-1][380], kinds[-1][45]) == ("8", "4")
    poor.pass_ms(SECOND // MS + 100)
    assert customer.order("o9")[0][35] == "8"


def test_what_a_session_does_not_serve_is_refused(venue: Venue, customer: Customer) -> None:
    (no,) = customer.say("V", {263: "1"})
    assert (no[35], no[380]) == ("j", "3")


# --- market data ---


def test_books_and_statuses_are_followed_until_they_are_not(venue: Venue) -> None:
    data = Customer(venue, NAMES[2], "KalshiMD")
    data.log_on()
    venue.crowd("ann bid 10 @ 40")
    (image,) = data.say("V", {263: "1", 146: "1", 55: str(HOME)})
    assert (image[35], image[268], image[269], image[270], image[271]) == ("W", "1", "0", "0.4000", "10.00")
    data.say("e", {263: "1", 55: str(HOME)})
    venue.crowd("bob ask 5 @ 60")
    (update,) = data.heard()
    assert (update[35], update[279], update[269], update[270], update[271]) == ("X", "0", "1", "0.6000", "5.00")
    data.say("V", {263: "2"})
    venue.crowd("bob ask 5 @ 61")
    assert data.heard() == []
    (no,) = data.say("V", {263: "9", 146: "1", 55: str(HOME)})
    assert (no[35], no[281]) == ("Y", "4")
    (empty,) = data.say("V", {263: "0", 146: "1", 55: "KXNONE"})
    assert (empty[35], empty[268]) == ("W", "0")
