"""The review of a mapping at the door: listings asked of standing exchanges, pairs shown, words taken and written."""

import argparse
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.markets import Mapping
from engine.clock import SystemClock
from engine.doors import main
from engine.mapping import read_book_file, read_listed, write_book
from engine.markets_door import ask_each
from tests.doors.standing import SECRETS, VENUES, Standing, standing
from venues.catalogue.reviews import ReviewBook, Word


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in SECRETS.items():
        monkeypatch.setenv(name, text)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory):
    with standing(tmp_path_factory.mktemp("standing")) as found:
        yield found


class Desk:
    """A desk's own files: what was listed, and its mapping, which begins with its questions."""

    def __init__(self, folder: Path, stage: Standing, capfd: pytest.CaptureFixture[str]) -> None:
        self.mapping, self.listed = folder / "mapping.toml", folder / "listed.json"
        self.capfd = capfd
        world = stage.exchanges.world.mapping
        self.questions = msgspec.structs.replace(world, listings=())
        write_book(self.mapping, ReviewBook(self.questions))
        self.listed.write_bytes(msgspec.json.encode(stage.exchanges.listed(10**9)))

    def review(self, *more: object) -> tuple[int, list[dict[str, Any]], str]:
        """The exit code, the rows, and what was complained of."""
        given = ["--mapping", self.mapping, "--listed", self.listed, "--json", *more]
        code = main(["markets", "--review", *map(str, given)])
        said = self.capfd.readouterr()
        return code, [json.loads(line) for line in said.out.splitlines()], said.err

    def book(self) -> ReviewBook:
        return read_book_file(self.mapping)

    def rewrite(self, old: str, new: str) -> None:
        text = self.listed.read_text()
        assert old in text
        self.listed.write_text(text.replace(old, new))


@pytest.fixture
def desk(tmp_path: Path, stage: Standing, capfd: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, stage, capfd)


WORD = ("--who", "anna", "--why", "read both")


@pytest.mark.parametrize("tls", [True, False], ids=["our own client", "the library"])
def test_what_venues_list_is_asked_of_them(
    tls: bool, tmp_path: Path, secrets, capfd: pytest.CaptureFixture[str]
) -> None:
    with standing(tmp_path / "standing", tls=tls) as found:
        kept = tmp_path / "listed.json"
        config = found.config()
        code = main(["markets", "--review", "--json", "--fetch", *map(str, ("--config", config, "--listed", kept))])
        said = capfd.readouterr()
        assert (code, said.err) == (0, "")
        rows = [json.loads(line) for line in said.out.splitlines()]
        assert {row["venue"] for row in rows} == set(VENUES)
        assert {row["standing"] for row in rows} == {"confident"}
        told = {(event.venue, event.id) for event in found.exchanges.listed(10**9)}
        assert {(event.venue, event.id) for event in read_listed(kept)} == told


def test_a_venue_that_does_not_answer_is_one_line_that_names_it(stage: Standing, secrets, capfd) -> None:
    config = stage.config(matchbook__api='{ host = "127.0.0.1", port = 1, tls = false }')
    assert main(["markets", "--review", "--fetch", "--config", str(config)]) == 3
    said = capfd.readouterr().err
    assert said.startswith("crossbook: [venues.matchbook] what it lists could not be read: 127.0.0.1:1")
    assert len(said.splitlines()) == 1


def test_confident_pairs_are_taken_in_by_a_named_person(desk: Desk) -> None:
    code, rows, _ = desk.review()
    assert (code, {row["standing"] for row in rows}) == (0, {"confident"})
    code, said, _ = desk.review("--accept", "confident", *WORD)
    assert (code, len(said)) == (0, len(rows))
    assert {row["standing"] for row in desk.review()[1]} == {"accepted"}
    book = desk.book()
    assert {(one.word, one.who, one.why) for one in book.reviews} == {(Word.ACCEPTED, "anna", "read both")}
    assert len(book.mapping.listings) == sum(len(row["listings"]) for row in rows)


def test_a_mapping_with_reviews_is_still_a_mapping(desk: Desk) -> None:
    desk.review("--accept", "confident", *WORD)
    plain = msgspec.toml.decode(desk.mapping.read_bytes(), type=Mapping)
    assert plain == desk.book().mapping


def test_a_rejected_pair_goes_and_is_not_asked_about_again(desk: Desk) -> None:
    desk.review("--accept", "confident", *WORD)
    first = desk.review()[1][0]
    code, _, _ = desk.review("--reject", first["id"], "--who", "ben", "--why", "another match")
    assert code == 0
    again = next(row for row in desk.review()[1] if row["id"] == first["id"])
    assert (again["standing"], again["why"]) == ("rejected", "ben: another match")
    gone = {one["venue_market"] for one in first["listings"]}
    assert not any(one.venue_market in gone for one in desk.book().mapping.listings)
    assert desk.review("--accept", first["id"], *WORD)[0] == 0, "a person may think better of it"


def test_another_text_of_rules_suspends_the_pair_until_somebody_has_read_it(desk: Desk) -> None:
    desk.review("--accept", "confident", *WORD)
    listed = read_listed(desk.listed)
    first = next(event for event in listed if any(one.rules for q in event.questions for one in q.selections))
    old = next(one for q in first.questions for one in q.selections if one.rules)
    desk.rewrite(old.rules_hash, "0" * 24)
    suspended = [row for row in desk.review()[1] if row["standing"] == "suspended"]
    assert suspended
    assert all(row["why"] == "the venue's rules text has changed since anna looked" for row in suspended)
    assert desk.review("--accept", suspended[0]["id"], "--who", "ben", "--why", "a comma")[0] == 0
    assert next(row for row in desk.review()[1] if row["id"] == suspended[0]["id"])["standing"] == "accepted"


def test_rules_that_settle_otherwise_cannot_be_accepted(desk: Desk) -> None:
    desk.rewrite("extra time is not included", "extra time is included")
    desk.rewrite("90 minutes play plus stoppage time; ", "the whole match; ")
    refused = [row for row in desk.review()[1] if row["standing"] == "refused" and row["market"]]
    assert refused
    assert "settles otherwise: regulation here, overtime there" in {row["why"] for row in refused}
    code, _, said = desk.review("--accept", refused[0]["id"], *WORD)
    assert code == 2
    assert "cannot be accepted" in said
    assert desk.book().reviews == ()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--accept", "nothing", *WORD), "there is no pair 'nothing'"),
        (("--accept", "confident"), "needs a person and a reason"),
        (("--accept", "confident", "--who", "catalogue", "--why", "x"), "needs a person and a reason"),
        (("--accept", "confident", "--who", "anna", "--why", "  "), "needs a person and a reason"),
    ],
)
def test_a_word_that_cannot_be_taken_is_one_line_and_writes_nothing(desk: Desk, given, said: str) -> None:
    before = desk.mapping.read_bytes()
    code, rows, complaint = desk.review(*given)
    assert (code, rows) == (2, [])
    assert said in complaint
    assert desk.mapping.read_bytes() == before


def test_a_run_is_shown_what_it_was_mapped_by_and_its_mapping_is_not_written(
    tmp_path: Path, stage: Standing, capfd
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "mapping.toml").write_text(stage.mapping.read_text())
    (run / "listed.json").write_bytes(msgspec.json.encode(stage.exchanges.listed(10**9)))
    assert main(["markets", str(run), "--review", "--json"]) == 0
    assert {json.loads(line)["standing"] for line in capfd.readouterr().out.splitlines()} == {"accepted"}
    assert main(["markets", str(run), "--review", "--accept", "confident", *WORD]) == 2
    assert "a run's mapping is evidence" in capfd.readouterr().err


def test_words_on_the_terminal_are_written_one_by_one(desk: Desk) -> None:
    words = iter(["a looks right", "r another match", "s", "q"])
    chosen = argparse.Namespace(mapping=desk.mapping, who="anna", why="", accept=[], reject=[])
    ask_each(chosen, desk.mapping, read_listed(desk.listed), SystemClock(), lambda _: next(words))
    said = [(one.word, one.who, one.why) for one in desk.book().reviews]
    assert said == [(Word.ACCEPTED, "anna", "looks right"), (Word.REJECTED, "anna", "another match")]
    assert "rules:" in desk.capfd.readouterr().out, "what a venue settles by is read before anything is said of it"


def test_a_terminal_that_goes_away_ends_the_review(desk: Desk) -> None:
    chosen = argparse.Namespace(mapping=desk.mapping, who="anna", why="", accept=[], reject=[])

    def gone(_: str) -> str:
        raise EOFError

    ask_each(chosen, desk.mapping, read_listed(desk.listed), SystemClock(), gone)
    assert desk.book().reviews == ()
