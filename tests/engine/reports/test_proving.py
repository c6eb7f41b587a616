"""A report is what the journal says and what was signed, or whoever checks it is told what is not, and where."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from desk.reports.sealing import MANIFEST, SIGNATURE, Manifest, seal, signing_key
from domain.messages import BalanceReported, DigestTaken, Journalled, OrderFilled
from domain.money import MICROS
from engine.doors import main
from storage.journal import read
from tests.engine.reports.days import Day, settled, usual
from tests.engine.runs import Live

CONFIG = str(Path(__file__).resolve().parents[3] / "config.toml")


def write(run: Path, *verbs: str) -> list[Path]:
    """Reports in the run's own folder."""
    for verb in verbs or ("eod",):
        assert main([verb, str(run), "--config", CONFIG]) in (0, 5)
    return sorted((run / "reports").iterdir())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run, its end-of-day pack and the key that signed it."""
    folder = tmp_path_factory.mktemp("made")
    write(usual(folder / "run"))
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """The run of a copy of it, to be spoiled."""
    return shutil.copytree(made, tmp_path / "desk") / "run"


@pytest.fixture
def pack(run: Path) -> Path:
    [found] = (run / "reports").iterdir()
    return found


def verified(place: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str]:
    """The exit code, and the one line that says what is wrong."""
    code = main(["verify", str(place), "--config", CONFIG, *more])
    said = capsys.readouterr().err.strip().splitlines()
    return code, said[-1] if said else ""


def sealed_anew(pack: Path) -> None:
    """As somebody does it who has the key, and whose figures are not the journal's."""
    old = opened_as_it_is(pack)
    for name in (MANIFEST, SIGNATURE):
        (pack / name).unlink()
    key = signing_key(pack.parents[2] / "reports.key")
    seal(pack, key, report=old.report, run=old.run, records=old.records, head=old.head)


def opened_as_it_is(pack: Path) -> Manifest:
    """The manifest, whatever became of the files."""
    return msgspec.json.decode((pack / MANIFEST).read_bytes(), type=Manifest)


# ---- true ----


def test_every_report_of_a_run_is_proven_with_it(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packs = write(run, "statement", "audit")
    assert [path.name.partition("-")[0] for path in packs] == ["audit", "eod", "statement", "statement"]
    assert main(["recon", str(run), "--config", CONFIG, "--out", str(run / "reports")]) == 0
    capsys.readouterr()
    assert main(["verify", str(run), "--config", CONFIG]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("journal: 16 records, chain whole")
    assert [line.partition(" ")[0] for line in out[1:]] == ["audit", "eod", "recon", "statement", "statement"]
    assert all("figures in" in line and "what records 1 to 16 of trial say" in line for line in out[1:])


def test_a_report_is_proven_though_the_run_went_on(run: Path, pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Day.behind(run).said(settled(1, statement="s2")).closed()
    assert verified(pack, capsys) == (0, "")


def test_the_key_is_made_once_and_for_its_owner_alone(run: Path) -> None:
    write(run, "eod")
    key = run.parent / "reports.key"
    before = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    write(run, "audit")
    assert key.read_bytes() == before


def test_a_key_that_others_can_read_signs_nothing(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(run)
    (run.parent / "reports.key").chmod(0o644)
    assert main(["eod", str(run), "--config", CONFIG]) == 2
    assert "others can read this key" in capsys.readouterr().err


# ---- the report is not what was signed ----


def cut(name: str) -> Callable[[Path], None]:
    return lambda pack: (pack / name).unlink()


def flip(name: str) -> Callable[[Path], None]:
    def spoil(pack: Path) -> None:
        data = bytearray((pack / name).read_bytes())
        data[len(data) // 2] ^= 1
        (pack / name).write_bytes(bytes(data))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (flip("figures.json"), "figures.json: this is not the file that was signed"),
        (flip("daily.csv"), "daily.csv: this is not the file that was signed"),
        (flip("matches.parquet"), "matches.parquet: this is not the file that was signed"),
        (flip("eod.html"), "eod.html: this is not the file that was signed"),
        (cut("balances.csv"), "balances.csv: the file is missing"),
        (lambda pack: (pack / "more.csv").write_text("a\n1\n"), "more.csv: nobody signed this file"),
        (flip(MANIFEST), "manifest"),
        (flip(SIGNATURE), "manifest.sig"),
        (lambda pack: (pack / SIGNATURE).write_text("no digits"), "manifest.json and manifest.sig are no seal"),
        (lambda pack: (pack / SIGNATURE).write_text("00" * 64), "the signature is not that of manifest.json"),
        (cut(SIGNATURE), "manifest.sig is missing, so this is no signed report"),
    ],
)
def test_a_changed_file_is_named(
    pack: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[Path], None], said: str
) -> None:
    spoil(pack)
    code, line = verified(pack, capsys)
    assert (code, said in line) == (1, True), line


def test_another_key_is_told_from_ours(run: Path, pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run.parent / "reports.key").rename(run.parent / "ours.key")
    shutil.rmtree(run / "reports")
    [other] = write(run)
    (run.parent / "reports.key").unlink()
    (run.parent / "ours.key").rename(run.parent / "reports.key")
    code, line = verified(other, capsys)
    assert (code, "signed by another key" in line) == (1, True)


# ---- the report is signed, and says what the journal does not ----


def with_another_figure(pack: Path) -> None:
    text = (pack / "figures.json").read_text()
    assert '"commission_micros": -100000' in text
    (pack / "figures.json").write_text(text.replace('"commission_micros": -100000', '"commission_micros": -90000', 1))


def with_another_cell(pack: Path) -> None:
    rows = [*csv.reader((pack / "balances.csv").read_text().splitlines())]
    rows[1][rows[0].index("closed_micros")] = "1"
    (pack / "balances.csv").write_text("\n".join(",".join(row) for row in rows) + "\n")


def with_another_word(pack: Path) -> None:
    text = (pack / "eod.html").read_text()
    (pack / "eod.html").write_text(text.replace("in order", "in  order", 1))


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (with_another_figure, "attribution[0].commission_micros is -90000, by the journal -100000"),
        (with_another_cell, "balances.csv: the file does not show what figures.json says"),
        (with_another_word, "eod.html: the file does not show what figures.json says"),
        (lambda pack: shutil.copy(pack / "daily.parquet", pack / "matches.parquet"), "matches.parquet: the file does"),
        (lambda pack: (pack / "matches.parquet").write_bytes(b"PAR1"), "matches.parquet"),
        (lambda pack: (pack / "more.html").write_text("more"), "more.html: no such file belongs"),
    ],
)
def test_a_forged_report_is_found_though_it_is_signed(
    pack: Path, capsys: pytest.CaptureFixture[str], forge: Callable[[Path], None], said: str
) -> None:
    forge(pack)
    sealed_anew(pack)
    code, line = verified(pack, capsys)
    assert (code, said in line) == (1, True), line


# ---- the journal is not the one that was signed ----


def bodies(run: Path) -> list[Journalled]:
    return [record.body for record, _ in read(run)]


def flipped(run: Path) -> None:
    data = bytearray((run / "journal-000001.seg").read_bytes())
    data[len(data) // 2] ^= 1
    (run / "journal-000001.seg").write_bytes(bytes(data))


def shortened(run: Path) -> None:
    path = run / "journal-000001.seg"
    path.write_bytes(path.read_bytes()[:-60])


def test_a_flipped_byte_names_its_record(run: Path, pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flipped(run)
    code, line = verified(pack, capsys)
    assert code == 6
    assert "journal-000001.seg: record " in line
    assert "does not follow from the one before it" in line


def test_a_shortened_tail_is_found(run: Path, pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shortened(run)
    code, line = verified(pack, capsys)
    assert (code, "the tail is cut: the head mark names record 16, the last is 15" in line) == (6, True), line


REWRITTEN: dict[str, Callable[[list[Journalled]], list[Journalled]]] = {
    "a shorter history": lambda records: records[:-2],
    "another fee": lambda records: [
        replace(one, fill=replace(one.fill, fee_micros=0)) if isinstance(one, OrderFilled) else one for one in records
    ],
    "another deposit": lambda records: [
        replace(one, balance_micros=one.balance_micros + MICROS) if isinstance(one, BalanceReported) else one
        for one in records
    ],
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_a_history_written_anew_is_not_the_one_that_was_signed(
    run: Path, pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Chain, numbers, digests and mark are in order: only the seal of the report remembers."""
    other = Live(tmp_path / "other", digest_every=50)
    other.record(*(one for one in REWRITTEN[name](bodies(run)) if not isinstance(one, DigestTaken)))
    other.journal.close()
    assert main(["replay", str(tmp_path / "other"), "--verify"]) == 0
    code, line = verified(pack, capsys, "--run", str(tmp_path / "other"))
    assert code == 6, line
    assert "the tail is cut: the report is of 16 records" in line or "is not the one that the report was signed" in line


# ---- asked for what is not there ----


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["eod", "{run}", "--day", "2023-11-14"], "the run has nothing then; it went from 2023-11-15 to 2023-11-15"),
        (["eod", "{run}", "--day", "today"], "--day today: write a day as 2023-11-15, or `all`"),
        (["statement", "{run}", "--venue", "three"], "the run has no money there; known are one, two"),
        (["audit", "{run}/nowhere"], "there is no run there"),
        (["verify", "{run}/.."], "is neither a report nor a run"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(
    run: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main([*(word.format(run=run) for word in words), "--config", CONFIG]) == 2
    err = capsys.readouterr().err.strip().splitlines()
    assert said in err[-1]
