"""Runs the suite and writes its tables into docs/venues.md: `python -m tests.venues.conformance.run`.

Exit 1 if anything fails. The page is written by hand but for what stands between its markers; a test holds those
parts to this.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

from tests.venues.conformance.bench import Bench, Seat
from tests.venues.conformance.cases import CASES, Case
from tests.venues.conformance.seats import SEATS
from tests.venues.conformance.troubles import TROUBLES, Trouble, judge
from venues.registry import OUTCOMES
from venues.sim.faults import PROFILES, Danger

PAGE = Path(__file__).resolve().parents[3] / "docs" / "venues.md"
PASSES, FAILS = "passes", "FAILS"
Failed = Callable[[str, str], str]
"""What went wrong with a case or a fault, by its title, at a seat, by its name; empty if nothing did."""
EVERYTHING: tuple[Case | Trouble, ...] = (*CASES, *TROUBLES)


def reason_of(one: Case | Trouble, seat: Seat) -> str:
    """Why a case or a fault cannot exist at a seat, empty if it can: `Kalshi, FIX books` is Kalshi, and over FIX."""
    venue, _, way = seat.name.lower().partition(", ")
    names = (f"{venue}_{way}", f"{venue}_{way.partition(' ')[0]}", venue)
    return next((one.absent[name] for name in names if name in one.absent), "")


def look(one: Case | Trouble, seat: Seat) -> None:
    """Run one at one seat; AssertionError for what does not hold."""
    if isinstance(one, Case):
        one.look(partial(Bench, seat))
    else:
        judge(partial(Bench, seat), one)


@cache
def failure_of(title: str, seat_name: str) -> str:
    """What went wrong when it was run, once in this process; empty if nothing did."""
    one = next(one for one in EVERYTHING if one.title == title)
    seat = next(seat for seat in SEATS if seat.name == seat_name)
    try:
        look(one, seat)
    except AssertionError as error:
        return str(error) or "an assertion"
    return ""


# --- tables ---


def results(rows: Sequence[Case | Trouble], failed: Failed) -> list[str]:
    """A table with a line for each row and a column for each seat; reasons are numbered below it."""
    reasons: dict[str, int] = {}
    lines = [
        "| | | " + " | ".join(seat.name for seat in SEATS) + " |",
        "| --- | --- |" + " --- |" * len(SEATS),
    ]
    for number, one in enumerate(rows, 1):
        cells = []
        for seat in SEATS:
            if reason := reason_of(one, seat):
                cells.append(f"({reasons.setdefault(reason, len(reasons) + 1)})")
            else:
                cells.append(FAILS if failed(one.title, seat.name) else PASSES)
        lines.append(f"| {number} | {one.title} | " + " | ".join(cells) + " |")
    return [*lines, "", *(f"({number}) {reason}." + "  " for reason, number in reasons.items())]


def outcomes(venue: str) -> list[str]:
    """What each answer of a venue means; answers of one meaning stand together."""
    together: dict[tuple[str, str, str, str], list[str]] = {}
    for row in OUTCOMES[venue]():
        together.setdefault((row.endpoint, row.status, row.fate, row.reason), []).append(row.code)
    lines = ["| endpoint | status | code | the order is | reason |", "| --- | --- | --- | --- | --- |"]
    for (endpoint, status, fate, reason), codes in together.items():
        lines.append(f"| {endpoint} | {status} | {', '.join(codes)} | {fate} | {reason} |".replace("|  |", "| |"))
    return lines


def dangers() -> list[str]:
    """Every danger, what it is, and how often it strikes in each profile."""
    said = docs_of(Danger)
    lines = ["| danger | what happens | light | heavy | storm |", "| --- | --- | --- | --- | --- |"]
    for danger in Danger:
        rates = [PROFILES[name].rates.get(danger, 0) for name in ("light", "heavy", "storm")]
        lines.append(f"| `{danger}` | {said[danger.name]} | " + " | ".join(str(rate or "") for rate in rates) + " |")
    return [line.replace("|  |", "| |").replace("|  |", "| |") for line in lines]


def docs_of(kind: type[Danger]) -> dict[str, str]:
    """The text below each member, as the source has it; the member in words where it has none."""
    (tree,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(tree, ast.ClassDef)
    found: dict[str, str] = {}
    name = ""
    for part in tree.body:
        if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
            name = part.targets[0].id
            found[name] = name.lower().replace("_", " ") + "."
        elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and name:
            found[name] = " ".join(str(part.value.value).split())
    return found


def parts(failed: Failed) -> dict[str, Callable[[], list[str]]]:
    """By the name in the markers: what stands between them."""
    return {
        "dangers": dangers,
        "cases": partial(results, CASES, failed),
        "faults": partial(results, TROUBLES, failed),
        **{f"answers {venue}": partial(outcomes, venue) for venue in sorted(OUTCOMES)},
    }


def parted(page: str) -> dict[str, list[str]]:
    """What stands between the markers of a page, by name."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in page.splitlines():
        if line.startswith("<!-- begin ") and line.endswith(" -->"):
            name = line.removeprefix("<!-- begin ").removesuffix(" -->")
            found[name] = []
        elif line == f"<!-- end {name} -->":
            name = ""
        elif name:
            found[name].append(line)
    return found


def written(page: str) -> str:
    """The page with every part as it is today."""
    today = parts(failure_of)
    lines: list[str] = []
    name = ""
    for line in page.splitlines():
        if line == f"<!-- end {name} -->":
            lines += today[name]()
            name = ""
        if not name:
            lines.append(line)
        if line.startswith("<!-- begin "):
            name = line.removeprefix("<!-- begin ").removesuffix(" -->")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run everything, write the page, and say how it went."""
    failed = run = excused = 0
    for one in EVERYTHING:
        for seat in SEATS:
            if reason_of(one, seat):
                excused += 1
                continue
            run += 1
            if said := failure_of(one.title, seat.name):
                failed += 1
                print(f"{seat.name}: {one.title}: {said}", file=sys.stderr)
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(
        f"{len(CASES)} cases, {len(TROUBLES)} faults, {len(SEATS)} seats: {run} run, {failed} failed, {excused} excused"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
