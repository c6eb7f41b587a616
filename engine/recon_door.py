"""`recon`: whether a run's books agree with every venue's, what does not, since when, whose it is; words about it.

It reads the journal, of a running engine too. Words go to the engine over its control line.
"""

import argparse
import sys
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from desk.control_bodies import Queued
from desk.tables import Row, print_table
from domain.breaks import (
    BalanceCompared,
    BreakAssigned,
    BreakFact,
    BreakFound,
    BreakHealed,
    BreakResolved,
    ReconCompleted,
)
from domain.ids import Currency, VenueName
from domain.messages import RunStarted
from domain.money import format_micros, parse_micros
from engine import operating
from engine.recon_drift import DRIFT, DriftSettings
from engine.recon_stops import stop_of
from engine.replay import NotFound, answering
from engine.run_tape import CONFIG
from engine.runs import latest_run
from recon.balances import Proof, Wallets
from recon.queue import OpenBreaks, Standing, named
from storage.journal import read

BREAKS_OPEN = 5
"""Exit code: something stands."""

S = 1_000_000_000
AGES = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


class Round(msgspec.Struct):
    """The last round with a venue, and how many there were."""

    at_ns: int = 0
    cause: str = ""
    rounds: int = 0


class Book(msgspec.Struct):
    """What a journal says of reconciliation up to its last record, which was written at `as_of_ns`."""

    run: str = ""
    base: Currency = Currency("")
    as_of_ns: int = 0
    venues: dict[VenueName, Round] = {}
    closed: Counter[str] = msgspec.field(default_factory=Counter)
    queue: Any = msgspec.field(default_factory=OpenBreaks)
    wallets: Any = msgspec.field(default_factory=Wallets)
    hard_micros: int = DRIFT.hard_micros


class Told(msgspec.Struct, frozen=True):
    """One break that stands, as JSON; money in base currency, `apart_micros` in `currency`.

    `stops`: where no risk is added because of it, its `market` or its `venue`.
    """

    id: str
    venue: VenueName
    kind: str
    subject: str
    severity: str
    money_base_micros: int
    age_s: int
    owner: str
    rounds: int
    detail: str
    venue_market: str
    apart_micros: int
    currency: str
    explained: str
    signed_by: tuple[str, ...]
    stops: str


def add_verb(verbs: "argparse._SubParsersAction[Any]") -> None:
    """The verb, with its door."""
    recon = verbs.add_parser("recon", help="whether our books agree with the venues', and what does not")
    recon.add_argument("run", type=Path, metavar="RUN", nargs="?", help="the run's folder; without it the latest")
    recon.add_argument("--runs", type=Path, default=Path("runs"), help="where run folders are kept")
    recon.add_argument("--json", action="store_true")
    word = recon.add_mutually_exclusive_group()
    word.add_argument("--assign", metavar="BREAK", help="give a break to somebody, --to whom")
    word.add_argument("--resolve", metavar="BREAK", help="be done with a break on which both sides agree again")
    word.add_argument("--write-off", metavar="BREAK", help="leave its --money as it is; two different people have to")
    recon.add_argument("--to", default="", metavar="NAME")
    recon.add_argument("--money", default="", metavar="AMOUNT", help="of the break, in base currency, as it is printed")
    recon.add_argument("--url", default="", help="the control interface of any engine, its token in --token-env")
    recon.add_argument("--token-env", default=operating.TOKEN_ENV, metavar="NAME", help="where --url's token stands")
    recon.add_argument("--who", default="", help="who says so; without it the name you are logged in by")
    recon.add_argument("--why", default="", help="stands in the journal, and in the reports")
    recon.set_defaults(door=_recon)


def _recon(chosen: argparse.Namespace) -> int:
    for name, door in (("assign", _assign), ("resolve", _resolve), ("write_off", _write_off)):
        if getattr(chosen, name) is not None:
            if not chosen.why.strip():
                raise operating.NotTold("--why: must not be empty; say why, it stands in the journal")
            return door(chosen, getattr(chosen, name))
    run: Path | None = chosen.run or latest_run(chosen.runs)
    if run is None:
        raise NotFound(f"there is no run in {chosen.runs}: name a run's folder")
    return recon_run(run, as_json=chosen.json)


# ---- what stands ----


def recon_run(run: Path, *, as_json: bool) -> int:
    """Print a run's reconciliation; exit code 5 when something stands."""
    books: list[Book] = []

    def answer() -> None:
        books.append(read_book(run))
        (_print_json if as_json or not sys.stdout.isatty() else print_book)(books[0])

    return answering(answer) or (BREAKS_OPEN if books and books[0].queue.standing else operating.GOOD)


def read_book(run: Path) -> Book:
    """What a run's journal says. Raises NotFound, JournalDamaged."""
    if not run.is_dir():
        raise NotFound(f"{run}: there is no such folder; name the folder of a run")
    book = Book(hard_micros=_hard_micros(run))
    for record, _ in read(run):
        book.as_of_ns = record.wall_ns
        body = record.body
        if isinstance(body, RunStarted):
            book.run, book.base = body.run, body.base
            book.venues = {one.venue: Round() for one in body.capabilities}
        elif isinstance(body, ReconCompleted):
            last = book.venues.setdefault(body.venue, Round())
            last.at_ns, last.cause, last.rounds = record.wall_ns, body.cause.value, last.rounds + 1
            book.queue.apply(body)
        elif isinstance(body, BreakFact):
            _take(book, body)
        elif isinstance(body, BalanceCompared):
            book.wallets.apply(body)
    if not book.run:
        raise NotFound(f"{run} holds no records: name the folder of a run")
    return book


def _hard_micros(run: Path) -> int:
    """How far apart positions stop their venue, by the configuration in the run; the default where it has none."""
    try:
        table = tomllib.loads((run / CONFIG).read_text())
        return msgspec.convert(table.get("drift", {}), DriftSettings).rules.hard_micros
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError):
        return DRIFT.hard_micros


def _take(book: Book, body: BreakFact) -> None:
    """Keep the queue, and count what left it by how it did."""
    stood = (body.venue, body.key, body.kind) in book.queue.standing
    book.queue.apply(body)
    if not stood or isinstance(body, BreakFound | BreakAssigned):
        return
    if (body.venue, body.key, body.kind) not in book.queue.standing:
        names = {BreakHealed: "healed", BreakResolved: "resolved"}
        book.closed[names.get(type(body), "written_off")] += 1


def told(book: Book) -> list[Told]:
    """The breaks that stand, the most money first, then the oldest."""
    found = [_told(standing, book.as_of_ns, book.hard_micros) for standing in book.queue.standing.values()]
    return sorted(found, key=lambda one: (-one.money_base_micros, -one.age_s, one.id))


def _told(standing: Standing, now_ns: int, hard_micros: int) -> Told:
    fact = standing.fact
    return Told(
        id=named(fact.venue, fact.kind, fact.key),
        venue=fact.venue,
        kind=fact.kind,
        subject=fact.key,
        severity=fact.severity,
        money_base_micros=fact.money_micros,
        age_s=max(0, now_ns - fact.found_ms * 1_000_000) // S if fact.found_ms else 0,
        owner=fact.owner,
        rounds=standing.rounds,
        detail=fact.detail,
        venue_market=fact.venue_market,
        apart_micros=fact.apart_micros,
        currency=fact.currency,
        explained=standing.explained,
        signed_by=standing.signed_by,
        stops=stop_of(standing, hard_micros=hard_micros).value,
    )


def _print_json(book: Book) -> None:
    breaks = told(book)
    said = {
        "run": book.run,
        "green": not breaks and not unproven(book),
        "base": book.base,
        "as_of_ns": book.as_of_ns,
        "money_base_micros": sum(one.money_base_micros for one in breaks),
        "breaks": breaks,
        "closed": {name: book.closed[name] for name in ("healed", "resolved", "written_off")},
        "venues": dict(book.venues),
        "wallets": [_wallet(venue, proof) for venue, proof in proofs(book).items()],
    }
    print(msgspec.json.encode(said).decode())


def print_book(book: Book) -> None:
    """Red, amber or green, what stands, and the rounds."""
    breaks = told(book)
    ended = ", ".join(f"{book.closed[name]} {name.replace('_', ' ')}" for name in ("healed", "resolved", "written_off"))
    if breaks:
        total = format_micros(sum(one.money_base_micros for one in breaks))
        oldest = _age(max(one.age_s for one in breaks))
        print(f"RED    {book.run}: {len(breaks)} breaks, {total} {book.base} at stake, the oldest {oldest}; {ended}")
        print_table("breaks, the most money first", [_row(one) for one in breaks])
        for one in breaks:
            where = {"market": f", stops {one.venue_market}", "venue": f", stops all of {one.venue}"}
            print(f"  {one.id}{where.get(one.stops, '')}")  # uncut, for --assign, --resolve or --write-off
        print()
    else:
        missing = unproven(book)
        colour = "AMBER " if missing else "GREEN "
        print(f"{colour} {book.run}: no break stands; {ended}")
        for venue in missing:
            print(f"  {venue}: not compared since {_as_of(book, proofs(book)[venue])}")
    rounds: list[Row] = [
        {
            "venue": venue,
            "rounds": last.rounds,
            "last": f"{_age((book.as_of_ns - last.at_ns) // S)} ago" if last.rounds else "none yet",
            "cause": last.cause.replace("_", " "),
            "open": book.queue.count(venue),
            "agreed": _as_of(book, proofs(book)[venue]),
        }
        for venue, last in book.venues.items()
    ]
    print_table("rounds", rounds)


def proofs(book: Book) -> dict[VenueName, Proof | None]:
    """What came of each venue's last comparison of its wallet, None where there was none."""
    known = {venue: proof for (venue, _), proof in book.wallets.proofs.items()}
    return {venue: known.get(venue) for venue in book.venues}


def unproven(book: Book) -> list[VenueName]:
    """Venues of which the last word is not that both sides have the same."""
    return [venue for venue, proof in proofs(book).items() if proof is None or not proof.stands]


def _wallet(venue: VenueName, proof: Proof | None) -> dict[str, Any]:
    how, agreed_ms = ("", None) if proof is None else (proof.last.how.value, proof.agreed_ms)
    return {"venue": venue, "compared": how, "agreed_as_of_ms": agreed_ms}


def _as_of(book: Book, proof: Proof | None) -> str:
    if proof is None or proof.agreed_ms is None:
        return "the run began"
    how = "" if proof.stands else f", {proof.last.how.value} since"
    return f"{_age(max(0, book.as_of_ns // 1_000_000 - proof.agreed_ms) // 1_000)} ago{how}"


def _row(one: Told) -> Row:
    signed = f"signed by {', '.join(one.signed_by)}: {one.detail}" if one.signed_by else one.detail
    return {
        "venue": one.venue,
        "kind": one.kind,
        "severity": one.severity,
        "money_micros": one.money_base_micros,
        "age": _age(one.age_s),
        "owner": one.owner,
        "detail": f"agrees again, to be resolved: {one.detail}" if one.explained else signed,
    }


def _age(seconds: int) -> str:
    unit, name = next(((unit, name) for unit, name in AGES if seconds >= unit), AGES[-1])
    return f"{seconds // unit} {name}"


# ---- what people say ----


def _assign(chosen: argparse.Namespace, name: str) -> int:
    return _say(chosen, "/v1/breaks/assign", {"id": name, "owner": chosen.to}, lambda now: f"it is {now.owner}'s")


def _resolve(chosen: argparse.Namespace, name: str) -> int:
    return _say(chosen, "/v1/breaks/resolve", {"id": name}, lambda _: "resolved")


def _write_off(chosen: argparse.Namespace, name: str) -> int:
    try:
        money_micros = parse_micros(chosen.money)
    except ValueError as error:
        raise operating.NotTold(f"--money {chosen.money!r}: {error}; sign the money that `recon` prints") from error

    def words(now: Queued) -> str:
        return (
            "written off" if now.over else f"signed by {', '.join(now.signed_by)}; a different person has to be second"
        )

    return _say(chosen, "/v1/breaks/write-off", {"id": name, "money_micros": money_micros}, words)


def _say(chosen: argparse.Namespace, path: str, body: dict[str, object], words: Callable[[Queued], str]) -> int:
    answer = operating.line_of(chosen).post(path, operating.said(chosen) | body, Queued)
    return operating.tell(chosen, answer, f"{answer.id}: {words(answer)}")
