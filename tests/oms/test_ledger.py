"""The ledger: every life of an order leaves balanced books, and cash that is the venue's to the millionth."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.fees import NetWinFee, QuadraticFee
from domain.ids import Currency, SelectionId, VenueMarketId, VenueName, VenueOrderId
from domain.markets import Result
from domain.messages import BalanceReported, MarketSettled, OrderReported
from domain.money import parse_micros
from domain.orders import Evidence
from domain.terms import BalanceBasis
from oms.entries import TAIL_MAX
from oms.ledger import reserve_micros
from oms.positions import locked_micros
from tests.builders import REF, bet, facts, fill, instrument, place
from tests.oms.books import Books, filled

ONE, GBP = VenueName("one"), Currency("GBP")
ODDS = instrument()
CONTRACTS = instrument("one/m2/yes", fee=QuadraticFee(taker_ppm=70_000))
M = 1_000_000


@pytest.fixture
def books() -> Books:
    return Books(ODDS, CONTRACTS)


@pytest.fixture
def cash_books() -> Books:
    """A venue whose balance is what it has not yet spent on positions."""
    return Books(CONTRACTS, basis=BalanceBasis.CASH)


def balance(amount: str, basis: BalanceBasis = BalanceBasis.WALLET) -> BalanceReported:
    return BalanceReported(ONE, GBP, parse_micros(amount), basis, asked_ns=0)


def settled(statement: str, profit: str, *, commission: str = "0", home: Result | None = Result.WON) -> MarketSettled:
    results = {SelectionId("home"): home} if home else {}
    return MarketSettled(
        ONE, VenueMarketId("match"), statement, parse_micros(profit), parse_micros(commission), results
    )


# ---- reserves ----


@pytest.mark.parametrize(
    ("text", "at_risk"),
    [
        ("BACK 10 @ 3.00", 10 * M),
        ("LAY 10 @ 3.00", 20 * M),
        ("BACK 10 @ 0.55c", 5_500_000),
        ("LAY 10 @ 0.55c", 4_500_000),
    ],
)
def test_an_order_reserves_what_it_can_lose(text: str, at_risk: int) -> None:
    contracts = text.endswith("c")
    terms = replace(CONTRACTS.terms, fee=NetWinFee(rate_ppm=0)) if contracts else ODDS.terms
    assert reserve_micros(bet(text), terms) == at_risk


def test_a_reserve_covers_the_fee_whatever_price_it_is_matched_at(cash_books: Books) -> None:
    cash_books.records(place("BACK 10 @ 0.55c", on=CONTRACTS.id))
    reserved = cash_books.balances()["reserved"]
    assert reserved > 5_500_000 + 173_300
    cash_books.records(filled(fill("f1", "10", price="0.55c", fee="0.18")))
    assert cash_books.balances() == {"cash": -5_680_000, "position": 5_500_000, "fees": 180_000}


@pytest.mark.parametrize("end", ["reject", "cancelled c1 10", "lapsed l1 10", "missing", "report 0 closed"])
def test_what_ends_an_order_gives_its_reserve_back(books: Books, end: str) -> None:
    books.records(place("LAY 10 @ 3.00"), "timeout", end)
    assert books.balances() == {}


def test_an_order_keeps_its_reserve_while_its_fate_is_unknown(books: Books) -> None:
    books.records(place("LAY 10 @ 3.00"), "timeout; cancel c1; unanswered c1")
    assert books.balances() == {"cash": -20 * M, "reserved": 20 * M}


def test_an_entry_says_whether_it_reserves_or_releases(books: Books) -> None:
    books.records(place("LAY 10 @ 3.00"), "cancelled c1 10")
    said = [(entry.what, [micros for *_, micros in entry.lines]) for entry in books.ledger.tail]
    assert said == [("reserve", [-20 * M, 20 * M]), ("release", [20 * M, -20 * M])]


# ---- fills and voids ----


def test_a_fill_at_a_better_price_frees_what_it_did_not_need(books: Books) -> None:
    books.records(place("LAY 10 @ 3.00"), filled(fill("f1", "4", price="2.50")))
    assert books.balances() == {"cash": -18 * M, "reserved": 12 * M, "position": 6 * M}


def test_a_late_fill_after_a_cancel_is_paid_from_cash(books: Books) -> None:
    books.records(place("BACK 10 @ 3.00"), "cancelled c1 10; fill f1 4")
    assert books.balances() == {"cash": -4 * M, "position": 4 * M}


def test_a_fill_after_a_rejection_reserves_the_rest_again(books: Books) -> None:
    books.records(place("BACK 10 @ 3.00"), "reject; fill f1 4")
    assert books.balances() == {"cash": -10 * M, "position": 4 * M, "reserved": 6 * M}


def test_a_void_gives_the_cost_back_and_keeps_the_fee(cash_books: Books) -> None:
    cash_books.records(place("BACK 10 @ 0.55c", on=CONTRACTS.id), filled(fill("f1", "10", price="0.55c", fee="0.18")))
    cash_books.records("voided v1 matched 10")
    assert cash_books.balances() == {"cash": -180_000, "fees": 180_000}
    assert cash_books.ledger.tail[-1].lines == (("position:one", GBP, -5_500_000), ("cash:one", GBP, 5_500_000))


def test_bets_that_offset_each_other_are_netted_where_the_venue_pays_pairs_at_once(cash_books: Books) -> None:
    cash_books.bet("BACK 10 @ 0.50c", on=CONTRACTS.id)
    cash_books.bet("LAY 4 @ 0.60c", on=CONTRACTS.id, ref="r2")
    found = cash_books.balances()
    assert (found["position"], found["netting"], found["cash"]) == (6_600_000, -4 * M, -5 * M + 2_400_000)
    yes = {SelectionId("yes"): Result.WON}
    cash_books.records(MarketSettled(ONE, VenueMarketId("m2"), "s1", 5 * M - 1_600_000, 0, yes))
    assert cash_books.balances() == {"cash": 3_400_000, "pnl": -3_400_000}
    no = {SelectionId("yes"): Result.LOST}
    cash_books.records(MarketSettled(ONE, VenueMarketId("m2"), "s2", -2_600_000, 0, no))
    assert cash_books.balances() == {"cash": -2_600_000, "pnl": 2_600_000}


# ---- settlement ----


def test_a_settled_market_pays_its_proceeds_less_commission(books: Books) -> None:
    books.ledger.open(balance("100"), seq=0)
    books.bet("BACK 10 @ 3.00")
    books.records(settled("s1", "20", commission="1"))
    assert books.balances() == {"bank": -100 * M, "cash": 119 * M, "fees": 1 * M, "pnl": -20 * M}


def test_a_settlement_frees_orders_whose_end_was_never_heard(books: Books) -> None:
    books.records(place("LAY 10 @ 3.00"), "fill f1 4", settled("s1", "-4"))
    assert books.balances() == {"cash": -4 * M, "pnl": 4 * M}


@pytest.mark.parametrize(
    ("theirs", "account"), [("20.01", "fee_rounding"), ("19.99", "fee_rounding"), ("20.011", "suspense")]
)
def test_cash_copies_the_venue_and_the_difference_has_a_name(books: Books, theirs: str, account: str) -> None:
    books.bet("BACK 10 @ 3.00")
    books.records(settled("s1", theirs))
    beyond = parse_micros(theirs) - 20 * M
    assert books.balances() == {"cash": parse_micros(theirs), "pnl": -20 * M, account: -beyond}
    (settlement,) = books.settlements
    assert (settlement.difference_micros, settlement.explained) == (beyond, account == "fee_rounding")


def test_each_matched_bet_may_be_rounded_once(books: Books) -> None:
    for ref in ("r1", "r2", "r3"):
        books.bet("BACK 10 @ 3.00", ref=ref)
    books.records(place("BACK 10 @ 3.00", ref="r4"), settled("s1", "60.03"))
    (settlement,) = books.settlements
    assert (settlement.rounding_max_micros, settlement.explained) == (30_000, True)


def test_a_statement_without_our_result_is_booked_as_it_stands_and_is_not_explained(books: Books) -> None:
    books.bet("BACK 10 @ 3.00")
    books.records(settled("s1", "20", home=None))
    assert books.balances() == {"cash": 20 * M, "pnl": -20 * M}
    (settlement,) = books.settlements
    assert (settlement.expected_micros, settlement.explained) == (None, False)


def test_a_statement_said_twice_is_booked_once(books: Books) -> None:
    books.bet("BACK 10 @ 3.00")
    books.records(settled("s1", "20"), settled("s1", "20"))
    assert books.balances() == {"cash": 20 * M, "pnl": -20 * M}
    assert len(books.settlements) == 1


def test_a_correction_reverses_what_it_corrects(books: Books) -> None:
    books.bet("BACK 10 @ 3.00")
    books.records(settled("s1", "20", commission="1"), settled("s2", "-10", home=Result.LOST), settled("s1", "20"))
    assert books.balances() == {"cash": -10 * M, "pnl": 10 * M}
    corrected = books.settlements[1]
    assert corrected.corrects == "s1"
    assert [entry.cause for entry in books.ledger.tail][-2:] == ["reversal of statement s1", "statement s2"]


def test_what_a_statement_annulled_is_taken_back_before_it_is_booked(books: Books) -> None:
    books.records(place("BACK 10 @ 2.00"), "accept b7", "fill f1 4", filled(fill("f2", "6", price="2.50")))
    (report,) = facts("report 4 voided 6 closed", ref="")
    assert isinstance(report, OrderReported)
    by_venue_id = replace(report, venue_order_id=VenueOrderId("b7"))
    books.records(replace(settled("s1", "4"), annulled=(by_venue_id,)))
    (settlement,) = books.settlements
    assert (settlement.expected_micros, settlement.difference_micros) == (4 * M, 0)
    assert books.balances() == {"cash": 4 * M, "pnl": -4 * M}


@pytest.mark.parametrize("late", [False, True])
def test_odds_that_a_statement_reduced_are_those_of_every_match_that_was_told(books: Books, late: bool) -> None:
    """A runner was withdrawn: the matches were told with the odds that they were made at."""
    books.records(place("BACK 10 @ 2.00"), "accept b7", "fill f1 4 at 5", *([] if late else ["fill f2 6 at 6"]))
    (report,) = facts("report 10 closed at 90", ref="")
    assert isinstance(report, OrderReported)
    reduced = replace(report, venue_order_id=VenueOrderId("b7"), claims_micros=18 * M, evidence=Evidence.STATEMENT)
    books.records(replace(settled("s1", "8"), annulled=(reduced,)), *(["fill f2 6 at 6"] if late else []))
    assert books.held().claims_micros == 18 * M
    assert books.settlements[-1].difference_micros == 0
    books.records("report 10 closed at 91", "fill f1 4 at 5")
    assert books.balances() == {"cash": 8 * M, "pnl": -8 * M}, "what was said before it, or by less, changes nothing"


def test_odds_that_are_told_reduced_behind_the_statement_explain_it(books: Books) -> None:
    """A back at worse odds cost what it cost: only what it wins tells the two apart."""
    books.records(place("BACK 10 @ 2.00"), "accept b7", "fill f1 10 at 5", settled("s1", "8"))
    assert books.settlements[-1].difference_micros == -2 * M
    (report,) = facts("report 10 closed at 90")
    assert isinstance(report, OrderReported)
    books.records(replace(report, claims_micros=18 * M, evidence=Evidence.STATEMENT))
    assert books.settlements[-1].difference_micros == 0
    assert books.balances() == {"cash": 8 * M, "pnl": -8 * M}
    assert not books.ledger.suspense.items


def test_a_void_that_a_later_statement_takes_back_leaves_nothing_in_suspense(books: Books) -> None:
    books.records(place("BACK 10 @ 2.00"), "accept b7", "fill f1 10 at 5")
    (void,) = facts("report 0 voided 10 closed at 50")
    (stands,) = facts("report 10 closed at 90")
    assert isinstance(void, OrderReported)
    assert isinstance(stands, OrderReported)
    annulled = (replace(void, evidence=Evidence.STATEMENT),)
    books.records(
        replace(settled("s1", "0"), annulled=annulled, settled_ms=50), replace(settled("s2", "10"), settled_ms=80)
    )
    assert books.settlements[-1].difference_micros == 10 * M, "of one that is void no more a statement says nothing"
    books.records(replace(stands, evidence=Evidence.STATEMENT))
    assert books.balances() == {"cash": 10 * M, "pnl": -10 * M}
    assert not books.ledger.suspense.items
    (order,) = books.blotter.orders.every()
    assert not order.disputed


def test_what_a_statement_leaves_out_of_our_fills_is_in_suspense_until_another_has_it(books: Books) -> None:
    books.records(place("BACK 10 @ 2.00"), "fill f1 4", settled("s1", "4"), "fill f2 6")
    assert books.balances() == {"cash": 4 * M, "pnl": -10 * M, "suspense": 6 * M}, "cash is what the venue has"
    (item,) = books.ledger.suspense.items.values()
    assert (item.item, item.micros, item.since_seq) == ("one/match", -6 * M, 4)
    books.records(settled("s2", "10"))
    assert books.balances() == {"cash": 10 * M, "pnl": -10 * M}
    assert books.ledger.suspense.items == {}


# ---- balances of the venue ----


def test_the_first_balance_is_a_deposit_and_later_ones_post_nothing(books: Books) -> None:
    assert books.ledger.open(balance("250"), seq=1)
    assert not books.ledger.open(balance("260"), seq=2)
    assert books.balances() == {"bank": -250 * M, "cash": 250 * M}


def test_an_opening_balance_is_read_on_its_basis(cash_books: Books) -> None:
    cash_books.bet("BACK 10 @ 0.50c", on=CONTRACTS.id)
    cash_books.ledger.open(balance("95", BalanceBasis.CASH), seq=1)
    assert cash_books.balances() == {"bank": -100 * M, "cash": 95 * M, "position": 5 * M}
    assert cash_books.equity(BalanceBasis.CASH) == 95 * M
    assert cash_books.equity(BalanceBasis.WALLET) == 100 * M


def test_a_wallet_moves_with_fees_and_settlement_only_cash_with_every_fill(books: Books, cash_books: Books) -> None:
    for some, on, moved in ((books, ODDS.id, None), (cash_books, CONTRACTS.id, 2)):
        some.bet("BACK 10 @ 0.50c" if moved else "BACK 10 @ 3.00", on=on)
        assert some.ledger.moved_ns.get(ONE) == moved
    books.records(filled(fill("f2", "1", price="3.00", fee="0.01")))
    assert books.ledger.moved_ns[ONE] == 3, "a fee leaves the wallet"
    books.records(settled("s1", "20"))
    assert books.ledger.moved_ns[ONE] == 4


# ---- the books themselves ----


def test_an_entry_that_does_not_balance_is_our_own_error(books: Books) -> None:
    with pytest.raises(AssertionError, match="not to zero"):
        books.ledger.post(1, "slip", [("cash:one", GBP, 5), ("bank", Currency("USD"), -5)])
    assert books.ledger.entries == 0


def test_an_imbalance_is_seen(books: Books) -> None:
    books.bet("BACK 10 @ 3.00")
    books.ledger.balances["cash:one", GBP] += 7
    assert books.ledger.imbalance() == 7


def test_entries_name_their_cause_and_only_the_latest_stay(books: Books) -> None:
    books.bet("BACK 10 @ 3.00")
    assert [(entry.seq, entry.cause) for entry in books.ledger.tail] == [(1, REF), (2, REF)]
    assert books.ledger.tail.maxlen == TAIL_MAX
    assert books.ledger.totals("position") == {GBP: 10 * M}


def test_what_moves_no_money_makes_no_entry(books: Books) -> None:
    books.records(place("BACK 10 @ 3.00"), "accept; cancel c1; refused c1; timeout; reject")
    assert books.ledger.entries == 1


# ---- random lives ----

TELLINGS = [
    "accept",
    "timeout",
    "reject",
    "missing",
    "cancel c1",
    "cancelled c1 6",
    "refused c1",
    "lapsed l1 3",
    "voided v1 matched 2",
    "report 5",
    "report 7 closed",
    "report 1 voided 4",
]


@st.composite
def lives(draw: st.DrawFn) -> list[Any]:
    """Records of up to four orders on two instruments: all are placed, then anything is said in any order."""
    placed: list[Any] = []
    said: list[Any] = []
    bets = draw(st.lists(st.tuples(st.sampled_from(["BACK", "LAY"]), st.booleans()), min_size=1, max_size=4))
    for n, (side, contracts) in enumerate(bets):
        ref, price, on = f"r{n}", "0.40c" if contracts else "2.50", CONTRACTS.id if contracts else ODDS.id
        placed.append(place(f"{side} 10 @ {price}", on=on, ref=ref))
        for name in draw(st.lists(st.sampled_from("fgh"), max_size=3)):
            paid = draw(st.sampled_from(["0.33c", "0.40c", "0.47c"] if contracts else ["2.30", "2.50", "2.70"]))
            size, fee = draw(st.sampled_from(["1", "3.33", "10"])), draw(st.sampled_from(["0", "0.0123"]))
            said.append(filled(fill(name, size, price=paid, fee=fee), ref))
        for words in draw(st.lists(st.sampled_from(TELLINGS), max_size=5)):
            said += facts(words, ref)
    return placed + draw(st.permutations(said))


@given(lives(), st.sampled_from(BalanceBasis))
def test_every_life_leaves_books_that_agree_with_the_orders(life: list[Any], basis: BalanceBasis) -> None:
    books = Books(ODDS, CONTRACTS, basis=basis)
    books.records(*life)
    orders = [*books.blotter.orders.at_stake.values(), *books.blotter.orders.archive.values()]
    terms = {i.id: i.terms for i in (ODDS, CONTRACTS)}
    found = books.balances()
    assert found.get("reserved", 0) == sum(reserve_micros(o, terms[o.instrument]) for o in orders)
    assert found.get("position", 0) == sum(locked_micros(o) for o in orders)
    assert (
        found.get("fees", 0)
        == sum(o.fee_micros for o in orders)
        == sum(books.held(i).fee_micros for i in (ODDS.id, CONTRACTS.id))
    )
    if basis is BalanceBasis.CASH:
        assert books.equity(basis) == sum(cash_paid(books.held(i)) for i in (ODDS.id, CONTRACTS.id))
    else:
        assert books.equity(basis) == -found.get("fees", 0)


def cash_paid(held: Any) -> int:
    """A venue that nets: buying costs, selling earns, and only claims given in excess are secured one for one."""
    short = max(0, held.lay_claims_micros - held.back_claims_micros)
    return held.lay_cost_micros - held.back_cost_micros - short - held.fee_micros


@given(lives(), st.sampled_from(BalanceBasis), st.sampled_from(Result), st.sampled_from(Result))
def test_after_settlement_nothing_is_reserved_or_held_and_cash_is_what_was_won(
    life: list[Any], basis: BalanceBasis, home: Result, yes: Result
) -> None:
    books = Books(ODDS, CONTRACTS, basis=basis)
    books.records(*life)
    earned = 0
    for market, selection, result in (("match", "home", home), ("m2", "yes", yes)):
        results = {SelectionId(selection): result}
        profit = books.positions.expected_profit_micros(ONE, VenueMarketId(market), results)
        assert profit is not None
        earned += profit
        books.records(MarketSettled(ONE, VenueMarketId(market), market, profit, 0, results))
    found = books.balances()
    assert set(found) <= {"cash", "fees", "pnl"}
    assert found.get("cash", 0) == earned - found.get("fees", 0)
    assert found.get("pnl", 0) == -earned


@given(lives())
def test_the_same_records_lead_to_the_same_balances(life: list[Any]) -> None:
    first, second = Books(ODDS, CONTRACTS), Books(ODDS, CONTRACTS)
    for some in (first, second):
        some.records(*life)
    assert [*first.ledger.balances.items()] == [*second.ledger.balances.items()]
    assert first.ledger.tail == second.ledger.tail
