"""What is recorded of standing exchanges: whole, without a secret, readable after any end, the same when replayed."""

import gzip
import json
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from domain.book import Book
from domain.clock import HandClock
from domain.ids import InstrumentId, MarketId, SelectionId, VenueMarketId, VenueName, instrument_id
from domain.markets import Listing
from domain.messages import BooksChanged, Fact, InstrumentsListed, Levels
from domain.odds import ladder
from engine.accounts import account_settings, open_account
from engine.backtest.campaign import load_config
from engine.backtest.playing import open_tape
from engine.clock import SystemClock
from engine.doctor import read_mapping
from engine.doors import main
from engine.hearing import Hearing
from engine.loop import run
from engine.record import Recorder
from tests.conftest import ROOT
from tests.demo.running import PATIENCE_S, wait_until
from tests.doors.standing import SECRETS, Standing, standing
from venues.frames_file import ANSWER, CLOSED, MESSAGE, Frame, FramesWriter, NotFrames, read_frames, segments, venues_of
from venues.registry import CHECKUPS, KEPT
from venues.transport_taps import TappedNetwork

MEGABYTE = 1_000_000
FRAMES = 20
"""So many are recorded at least, the logins among them."""


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in SECRETS.items():
        monkeypatch.setenv(name, text)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Standing]:
    """Exchanges of the test's own: their match is over within half a minute."""
    with standing(tmp_path / "standing", speed=30.0) as found:
        yield found


def recorded(stage: Standing, folder: Path, venue: str) -> list[Fact]:
    """Record, as `record` does, until every book came and some more; the facts that the adapter made of it."""
    clock, name = SystemClock(), VenueName(venue)
    facts: list[Fact] = []
    kept = KEPT[venue](CHECKUPS[venue](account_settings(load_config(stage.config()), name), clock.wall_ns).disarmed())
    recorder = Recorder(FramesWriter(folder, venue, unix_ns=clock.wall_ns, segment_bytes=MEGABYTE), clock)
    (folder / "mapping.toml").write_text(stage.mapping.read_text())
    hearing = Hearing(clock)
    network = TappedNetwork(hearing.network, kept, recorder.reel)
    listings = read_mapping(stage.mapping).listings

    async def run_recording() -> int:
        def opened():
            return {name: open_account(name, kept.settings, listings, network, facts.append, clock)}

        def heard(now_ns: int) -> bool:
            books = {levels.instrument for fact in facts if isinstance(fact, BooksChanged) for levels in fact.books}
            return recorder.is_over(now_ns) or (len(books) == 5 and recorder.reel.writer.frames > FRAMES)

        await hearing.run(opened, heard, PATIENCE_S)
        return recorder.end()

    assert run(run_recording()) == 0
    return facts


def kept_until(enough: Callable[[], object], *arguments: object) -> str:
    """What the door says in a process of its own, which is interrupted once enough is kept; it must end well."""
    command = [sys.executable, "run.py", "record", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as door:
        try:
            wait_until(enough)
        finally:
            door.send_signal(signal.SIGINT)
        said, _ = door.communicate(timeout=PATIENCE_S)
    assert door.returncode == 0
    return said


def kept_in(folder: Path) -> str:
    """What can be read of a recording that is being written: nothing before its first frame is on the disk."""
    with suppress(NotFrames, FileNotFoundError):
        return "".join(one.text for one in read_frames(folder))
    return ""


def final_books(facts: list[Fact]) -> dict[InstrumentId, tuple[list[int], list[int]]]:
    """Every book after these facts."""
    books: dict[InstrumentId, Book] = {}
    for fact in facts:
        if isinstance(fact, InstrumentsListed):
            for one in fact.instruments:
                books.setdefault(one.id, Book(ladder(one.terms.kind, one.terms.bands)))
        elif isinstance(fact, BooksChanged):
            for levels in fact.books:
                books[levels.instrument].apply(levels, 1)
    return {name: (list(book.to_back), list(book.to_lay)) for name, book in books.items()}


def standing_levels(facts: list[Fact]) -> list[list[Levels]]:
    """What each message changed, as it stood after it."""
    books: dict[InstrumentId, Book] = {}
    found = []
    for fact in facts:
        if isinstance(fact, InstrumentsListed):
            for one in fact.instruments:
                books.setdefault(one.id, Book(ladder(one.terms.kind, one.terms.bands)))
        elif isinstance(fact, BooksChanged):
            found.append([standing_in(books[levels.instrument], levels) for levels in fact.books])
    return found


def standing_in(book: Book, levels: Levels) -> Levels:
    book.apply(levels, 1)
    backs, lays = ([tick for tick, _ in rows] for rows in (levels.to_back, levels.to_lay))
    return Levels(
        levels.instrument,
        [(tick, book.to_back[tick]) for tick in backs],
        [(tick, book.to_lay[tick]) for tick in lays],
        image=levels.image,
    )


@pytest.mark.parametrize("venue", ["betfair", "kalshi", "matchbook"])
def test_a_recording_makes_the_books_that_the_adapter_had(stage: Standing, secrets, tmp_path: Path, venue: str) -> None:
    live = recorded(stage, tmp_path, venue)
    tape = open_tape(tmp_path, load_config(stage.config()))
    moments = [*tape.moments()]
    replayed = [fact for moment in moments for fact in moment.facts]
    assert tape.skipped == []
    assert len(final_books(live)) == 5
    assert final_books(replayed) == final_books(live)
    told, again = standing_levels(live), standing_levels(replayed)
    assert [one for one in again if any(x.to_back or x.to_lay for x in one)] == [
        one for one in told if any(x.to_back or x.to_lay for x in one)
    ]
    if venue != "kalshi":  # a trade is played with the change that it made
        kinds = {MESSAGE, ANSWER}
        assert len(moments) == sum(frame.kind in kinds for frame in read_frames(tmp_path))


def test_a_recording_of_each_venue_holds_no_secret_and_nothing_of_ours(
    stage: Standing, secrets, tmp_path: Path
) -> None:
    private = {"session-token", "sessionToken", "KALSHI-ACCESS", "X-Authentication", "balance", "ocm", "user_order"}
    for venue in ("betfair", "kalshi", "matchbook"):
        recorded(stage, tmp_path / venue, venue)
        text = "".join(gzip.decompress(one.read_bytes()).decode() for one in segments(tmp_path / venue))
        assert len(text.splitlines()) > 10
        for word in (private | set(SECRETS.values())) - {"demo"}:
            assert word not in text, (venue, word)
        about = {frame.about.partition("?")[0] for frame in read_frames(tmp_path / venue) if frame.kind == ANSWER}
        assert not [one for one in about if "portfolio" in one or "account" in one or "security" in one]


def test_the_door_records_and_its_folder_plays_in_both_doors(stage: Standing, secrets, tmp_path: Path, capfd) -> None:
    out = tmp_path / "kept"
    config = stage.config()
    rows = ["--venue", "betfair", "--config", config, "--mapping", stage.mapping, "--out", out]
    said = kept_until(lambda: '"trd"' in kept_in(out), *rows)
    assert "messages" in said
    assert said.endswith("2 of 2 mapped markets told a book\n")
    assert venues_of(out) == ["betfair"]
    assert (out / "mapping.toml").exists()
    for source in (out, segments(out)[0]):
        summary = tmp_path / "summary.json"
        arguments = ["backtest", source, "--config", config, "--out", tmp_path / "bt", "--summary", summary]
        assert main([str(one) for one in arguments]) == 0
        played = json.loads(summary.read_text())["venues"]["betfair"]["book_updates"]
        assert played > 5
    assert main(["record", *map(str, rows), "--for", "0.3"]) == 0
    assert [one.name for one in segments(out)] == ["betfair-00001.frames.gz", "betfair-00002.frames.gz"]


def test_each_segment_can_be_played_by_itself(stage: Standing, secrets, tmp_path: Path) -> None:
    out, config = tmp_path / "kept", stage.config()
    rows = ["--venue", "betfair", "--config", config, "--mapping", stage.mapping, "--out", out]
    kept_until(lambda: len(segments(out)) > 2, *rows, "--rotate-mb", "0.001")
    for one in segments(out)[:2]:
        tape = open_tape(one, load_config(config))
        facts = [fact for moment in tape.moments() for fact in moment.facts]
        assert len(final_books(facts)) == 5
        told = [levels for fact in facts if isinstance(fact, BooksChanged) for levels in fact.books]
        assert any(levels.to_back for levels in told)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--venue", "smarkets"], "no [venues.smarkets]"),
        (["--venue", "betfair", "--mapping", "/nowhere.toml"], "--mapping"),
        (["--venue", "betfair", "--out", "/proc/nowhere"], "--out"),
    ],
)
def test_a_recording_that_cannot_begin_is_one_line(stage: Standing, secrets, capfd, tmp_path, arguments, said) -> None:
    given = ["record", "--config", str(stage.config())]
    given += ["--mapping", str(stage.mapping)] if "--mapping" not in arguments else []
    given += ["--out", str(tmp_path / "out")] if "--out" not in arguments else []
    assert main(given + arguments) == 2
    error = capfd.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


# --- the file ---


def frame(n: int, text: str = "x" * 100) -> Frame:
    return Frame(1_000_000 * n, 1, MESSAGE, "", f"{text}{n}")


def write(folder: Path, count: int, **more: int) -> FramesWriter:
    writer = FramesWriter(folder, "v", unix_ns=lambda: 7, **({"segment_bytes": MEGABYTE} | more))
    for n in range(count):
        writer.write(frame(n))
    return writer


def test_frames_come_back_as_they_were_written_over_segments(tmp_path: Path) -> None:
    writer = FramesWriter(tmp_path, "v", unix_ns=lambda: 7, segment_bytes=200)
    texts = ['{"a":"\u00e9 \\n"}', "", "\x00\x1f", "plain"] * 50
    for n, text in enumerate(texts):
        writer.write(Frame(n, n, MESSAGE, "/p?q=1 200", text))
        writer.flush()
        if writer.is_full:
            writer.rotate()
    writer.close()
    assert len(segments(tmp_path)) > 3
    assert [one.text for one in read_frames(tmp_path)] == texts


def test_only_the_last_segments_are_kept_where_so_asked(tmp_path: Path) -> None:
    writer = FramesWriter(tmp_path, "v", unix_ns=lambda: 7, segment_bytes=50, keep=2)
    for n in range(40):
        writer.write(frame(n))
        writer.flush()
        if writer.is_full:
            writer.rotate()
    writer.close()
    assert len(segments(tmp_path)) == 2
    assert [one.at_us for one in read_frames(tmp_path)][-1] == 39_000_000


def test_what_was_flushed_is_read_whatever_became_of_the_writer(tmp_path: Path) -> None:
    writer = write(tmp_path, 20)
    writer.flush()
    writer.write(frame(99))
    data = segments(tmp_path)[0].read_bytes()
    writer.close()
    found: list[int] = []
    for cut in range(len(data) - 40, len(data) + 1):
        segments(tmp_path)[0].write_bytes(data[:cut])
        found = [one.at_us // 1_000_000 for one in read_frames(tmp_path)]
        assert found == [*range(len(found))]
    assert found == [*range(20)]


def test_a_segment_that_is_broken_is_read_up_to_there_and_told(tmp_path: Path) -> None:
    write(tmp_path, 2_000).close()
    data = bytearray(segments(tmp_path)[0].read_bytes())
    data[len(data) // 2] ^= 0xFF
    segments(tmp_path)[0].write_bytes(bytes(data))
    skipped: list[tuple[int, str]] = []
    found = [one.text for one in read_frames(tmp_path, skipped)]
    assert all(text == f"{'x' * 100}{n}" for n, text in enumerate(found[: len(found) // 2]))
    assert skipped


def test_a_full_disk_ends_the_recording_in_a_line_and_not_in_a_traceback(tmp_path: Path, capfd) -> None:
    clock = HandClock(monotonic_ns=0, wall_ns=10**18)
    recorder = Recorder(FramesWriter(tmp_path, "v", unix_ns=clock.wall_ns, segment_bytes=MEGABYTE), clock)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, before[1]))
    try:
        for n in range(3_000):
            recorder.reel.said(1, "", str(hash((n, "noise"))).encode() * 20, n)
            if recorder.is_over(n * 10**9):
                break
        code = recorder.end()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert code == 1
    assert "ended early: File too large" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("heard", "said"),
    [((), "0 of 2 mapped markets told a book; not 1.1, 1.2"), ("7", "1 of 2 mapped markets told a book; not 1.2")],
)
def test_markets_that_told_no_book_are_named_at_the_end(tmp_path: Path, capfd, heard, said: str) -> None:
    clock, venue = HandClock(monotonic_ns=0, wall_ns=10**18), VenueName("v")
    places = [
        Listing(venue, VenueMarketId(f"1.{n}"), SelectionId(one), MarketId("m"), 0) for n, one in ((1, "7"), (2, "8"))
    ]
    recorder = Recorder(FramesWriter(tmp_path, "v", unix_ns=clock.wall_ns, segment_bytes=MEGABYTE), clock, places)
    for one in heard:
        on = instrument_id(venue, venue_market=VenueMarketId("1.1"), selection=SelectionId(one))
        recorder.hear(BooksChanged(venue, 0, [Levels(on, [], [], image=True)]))
    assert recorder.end() == 0
    assert said in capfd.readouterr().err


def test_a_connection_that_goes_is_in_the_recording(tmp_path: Path) -> None:
    clock = HandClock(monotonic_ns=0, wall_ns=10**18)
    recorder = Recorder(FramesWriter(tmp_path, "v", unix_ns=clock.wall_ns, segment_bytes=MEGABYTE), clock)
    recorder.reel.opened(3, "stream", 5_000)
    recorder.reel.closed(3, "reset", 9_000)
    assert recorder.end() == 0
    assert [(one.at_us, one.kind, one.about) for one in read_frames(tmp_path)] == [
        (10**15 + 5, "opened", "stream"),
        (10**15 + 9, CLOSED, "reset"),
    ]


def test_a_folder_without_a_recording_and_one_of_a_venue_that_is_not_simulated_are_refused(
    stage: Standing, secrets, tmp_path: Path, capfd
) -> None:
    write(tmp_path / "kalshi", 1).close()
    (tmp_path / "empty").mkdir()
    for name, said in (("kalshi", "a recording of v is not simulated"), ("empty", "no segment")):
        arguments = ["backtest", tmp_path / name, "--config", stage.config(), "--out", tmp_path / "out"]
        assert main([str(one) for one in arguments]) == 2
        assert said in capfd.readouterr().err
