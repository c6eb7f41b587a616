"""Rows of money: whose accounts, how far each match has come, suspense and transfers, as the state has them."""

from pathlib import Path

import pytest

from engine.notebook import open_run
from engine.replay import rebuild
from oms.accounts import account
from oms.clearing import cleared
from oms.transfers import TransferState
from tests.storage.long_runs import written
from tests.storage.projections import asked, projected, rows

STEPS = ("traded", "confirmed", "settled", "paid")


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with late matches, payments, a re-settlement with a void, transfers and suspense."""
    return written(tmp_path_factory.mktemp("money") / "run", orders=5)


def test_each_match_stands_where_the_state_has_it(run: Path, url: str) -> None:
    projected(run, url, batch=7)
    state, _ = rebuild(run)
    expected = {}
    for order in [*state.blotter.orders.archive.values(), *state.blotter.orders.at_stake.values()]:
        listing = state.instruments[order.instrument].listing
        stake = state.ledger.settling.stakes.get((listing.venue, listing.venue_market))
        for one in cleared(order, stake):
            expected[order.ref, one.fill] = (one.state.value, one.size_micros, one.evidence.name.lower())
    found = {
        (row["ref"], row["fill"]): (row["state"], row["size_micros"], row["evidence"])
        for row in rows(url, "clearing")
        if row["size_micros"] or row["state"] == "voided"
    }
    assert found == {key: one for key, one in expected.items() if one[1] or one[0] == "voided"}
    assert {state for state, *_ in found.values()} == {"paid"}


def test_steps_follow_each_other_and_name_the_statement_that_stands(run: Path, url: str) -> None:
    projected(run, url)
    for row in rows(url, "clearing"):
        times = [row[f"{step}_seq"] for step in STEPS if row[f"{step}_seq"] is not None]
        assert times == sorted(times)
        assert row["statement"] == "s2"


def test_what_is_heard_behind_a_statement_changes_what_it_was_held_against(run: Path, url: str) -> None:
    projected(run, url)
    settled = {row["statement"]: row for row in rows(url, "settlements")}
    assert set(settled) == {"s1", "s2"}, "the older one that came late moved nothing"
    (late,) = [row for row in rows(url, "clearing") if row["fill"] == "f-late"]
    assert late["traded_seq"] > settled["s1"]["seq"]
    state, _ = rebuild(run)
    assert settled["s2"]["expected_micros"] == state.settled[-1].expected_micros


def test_every_account_is_told_whole(run: Path, url: str) -> None:
    projected(run, url)
    told = {row["account"]: (row["entity"], row["kind"], row["venue"], row["shard"]) for row in rows(url, "accounts")}
    posted = {name for (name,) in asked(url, "SELECT DISTINCT account FROM postings")}
    assert set(told) == posted
    for name, row in told.items():
        one = account(name)
        assert row == (one.entity, one.kind.value, one.venue, one.shard)
    whats = {what for (what,) in asked(url, "SELECT DISTINCT what FROM postings")}
    assert {"opening", "reserve", "fill", "settle", "reversal", "transfer", "suspense", "write_off"} <= whats


def test_suspense_says_what_stands_and_since_when_and_what_was_cleared(run: Path, url: str) -> None:
    projected(run, url)
    state, _ = rebuild(run)
    found = rows(url, "suspense")
    standing = {row["item"]: row["micros"] for row in found if row["cleared_seq"] is None}
    assert standing == {name: held.micros for name, held in state.ledger.suspense.items.items()}
    off = [row for row in found if row["item"] == "one/GBP" and row["cleared_seq"] is not None]
    assert [(row["micros"], row["opened_seq"] < row["cleared_seq"]) for row in off] == [(0, True)]
    assert all(row["opened_ns"] <= row["changed_ns"] for row in found)


def test_transfers_say_who_wanted_and_decided_and_how_far_they_came(run: Path, url: str) -> None:
    projected(run, url)
    found = {row["transfer"]: row for row in rows(url, "transfers")}
    assert {name: row["state"] for name, row in found.items()} == {
        "t1": TransferState.DONE.value,
        "t2": TransferState.REFUSED.value,
    }
    one = found["t1"]
    assert (one["requested_by"], one["decided_by"], one["amount_micros"], one["target"]) == ("ann", "bob", 5, "")
    assert one["requested_seq"] < one["decided_seq"] < one["sent_seq"] == one["arrived_seq"]


def test_a_notebook_has_the_same_matches_as_the_tables(run: Path, url: str) -> None:
    projected(run, url, batch=5)
    names = (
        "ref",
        "fill",
        "state",
        "evidence",
        "size_micros",
        "traded_seq",
        "confirmed_seq",
        "settled_seq",
        "paid_seq",
    )
    frame = open_run(run).frame("clearing")
    told = sorted(map(str, frame.select(names).rows()))
    assert told == sorted(str(tuple(row[name] for name in names)) for row in rows(url, "clearing"))
