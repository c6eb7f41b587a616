"""What the bench measures does what it says: a quote moves, a take is booked, books are compared before speed."""

from pathlib import Path

import msgspec
import pytest

from bench import recordings
from bench.calls import STAGES, counted
from bench.decisions import moves_in_one_act, requotes, takes
from bench.measure import Row, lines
from bench.peers import NOT_MADE, Peers
from bench.quoters import Quoter, Taker
from bench.recordings import Tape, made, unpack
from bench.replay import Best, Shelf, differences
from bench.street import VENUE, BenchStreet
from engine.replay import rebuild


@pytest.fixture
def tape() -> Tape:
    return unpack("made", made(400))


def theirs(tape: Tape) -> list[list[list[object]]]:
    """What an honest peer would tell: our own shelf's best prices, as they become new."""
    shelf = Shelf(tape)
    known: Best = {}
    found: list[list[list[object]]] = []
    for line in tape.lines:
        shelf.read(line)
        new = {key: best for key, best in shelf.best().items() if known.get(key) != best}
        known |= new
        found.append([[*key, *best] for key, best in new.items()])
    return found


def test_a_made_recording_is_the_same_each_time_and_moves_prices() -> None:
    assert made(300) == made(300)
    shelf = Shelf(tape := unpack("made", made(300)))
    seen = set()
    for line in tape.lines:
        assert shelf.read(line)
        seen.add(tuple(shelf.best().values()))
        assert not any(book.crossed for book in shelf.books.values())
    assert len(seen) > 100


def test_equal_books_show_no_difference(tape: Tape) -> None:
    assert list(differences(tape, theirs(tape))) == []


def test_one_wrong_price_in_one_message_is_found(tape: Tape) -> None:
    told = theirs(tape)
    number = next(n for n in range(200, 400) if told[n])
    told[number][0][3] = 999.0
    assert f"message {number + 1}," in next(iter(differences(tape, told)))


def test_a_peer_that_left_a_message_out_is_found(tape: Tape) -> None:
    assert "they told of 399 messages, there are 400" in next(iter(differences(tape, theirs(tape)[1:])))


def test_without_recordings_a_made_one_is_measured_and_said_to_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSBOOK_SHARED", str(tmp_path))
    [tape], note = recordings.tapes(few=True)
    assert tape.name == "made"
    assert "measured on a made one" in note


def test_peers_that_are_not_installed_are_missing_and_not_guessed(tmp_path: Path) -> None:
    with Peers(tmp_path) as none:
        assert none.missing("flumine") == NOT_MADE
        with pytest.raises(RuntimeError, match="not made"):
            none.ask("replay", peer="flumine", path="x")


@pytest.mark.parametrize("amend", [False, True])
def test_every_stage_whose_calls_are_counted_is_met_by_a_requote(amend: bool) -> None:
    found = counted(requotes=2, amend=amend)
    assert {stage for stage in STAGES.values() if not found.python[stage]} == set()


def test_a_requote_is_a_cancel_and_a_new_order_each_journalled() -> None:
    street = BenchStreet(Quoter(), markets=2)
    moved = requotes(street, 6)
    assert len(moved.cancels) == len(moved.places) == 6 - moved.disturbed
    digest = street.state.digest()
    street.journal.close()
    state, _ = rebuild(street.folder / "run")
    assert state.digest() == digest
    assert state.placed == 8  # one quote in each market, and six moves


def test_a_move_in_one_act_is_one_request_journalled() -> None:
    street = BenchStreet(Quoter(), amend=True)
    moved = moves_in_one_act(street, 6)
    assert 0 < len(moved) <= 6
    digest = street.state.digest()
    street.journal.close()
    state, _ = rebuild(street.folder / "run")
    assert state.digest() == digest
    assert state.placed == 1  # moved six times and never placed anew
    assert [order.ref.rpartition(".")[2] for order in state.blotter.orders.open_at(VENUE)] == ["6"]


def test_every_update_is_taken_and_booked() -> None:
    street = BenchStreet(Taker(), journal=False)
    before = street.state.placed
    takes(street, 10)
    assert street.state.placed == before + 10
    assert not street.state.blotter.orders.open_count
    assert street.state.ledger.imbalance() == 0


def test_every_figure_can_be_written_as_json() -> None:
    row = Row("a", "b", lines({"base": [1.0]}))
    assert msgspec.json.decode(msgspec.json.encode(row), type=Row) == row
