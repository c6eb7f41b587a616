"""The verbs `eod`, `statement`, `audit` and `verify`; who does the work is loaded when asked for."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from desk.reports.faults import Forged, KeyUnusable, Unsealed
from engine.config import Loaded
from engine.replay import NotFound
from engine.runs import latest_run

GOOD, FAILED, BAD_USAGE, BREAKS_OPEN = 0, 1, 2, 5

COMPLAINTS: dict[type[Exception], int] = {KeyUnusable: BAD_USAGE, Unsealed: FAILED, Forged: FAILED}
"""What is told in one line, and the exit code that goes with it."""

Load = Callable[[Path], Loaded]
"""Reads a configuration."""


def add_verbs(verbs: "argparse._SubParsersAction[Any]", config: Path, load: Load) -> None:
    """The verbs, with their doors; `config` is the file that is read unless another is named."""
    for name, said in (
        ("eod", "the day's profit with where it came from, balances, breaks, limits, conduct"),
        ("statement", "each venue account's statement of a day"),
        ("audit", "every event of every order of a day, with the records that prove it"),
    ):
        verb = verbs.add_parser(name, help=f"{said}, as a signed report")
        _add_report(verb, config)
        verb.set_defaults(door=lambda chosen, name=name: _write(name, chosen, load))
    check = verbs.add_parser("verify", help="makes every figure of a report again from the journal alone")
    check.add_argument("place", type=Path, metavar="PACK|RUN", help="a report's folder, or a run's with its reports")
    check.add_argument("--run", type=Path, metavar="RUN", help="the run of a report that lies elsewhere")
    check.add_argument("--key", type=Path, metavar="FILE", help="the public key that it must be signed with, PEM")
    check.add_argument("--config", type=Path, default=config)
    check.add_argument("--json", action="store_true")
    check.set_defaults(door=lambda chosen: _verify(chosen, load))


def _add_report(verb: argparse.ArgumentParser, config: Path) -> None:
    verb.add_argument("run", type=Path, metavar="RUN", nargs="?", help="the run's folder; without it the latest")
    verb.add_argument("--runs", type=Path, default=Path("runs"), help="where run folders are kept")
    verb.add_argument("--out", type=Path, metavar="DIR", help="where the report goes; without it RUN/reports")
    verb.add_argument(
        "--day", default="", metavar="D", help="a UTC day such as 2026-11-20, or all; without it the last"
    )
    verb.add_argument("--venue", default="", metavar="V", help="one venue's statement only")
    verb.add_argument(
        "--url", default="", metavar="U", help="the database of the tables; without it the run's own file"
    )
    verb.add_argument("--config", type=Path, default=config)
    verb.add_argument("--json", action="store_true")


def _write(name: str, chosen: argparse.Namespace, load: Load) -> int:
    from engine.reports import door  # noqa: PLC0415  (SQLAlchemy, Arrow and cryptography load for a second)

    run: Path | None = chosen.run or latest_run(chosen.runs)
    if run is None or not run.is_dir():
        raise NotFound(f"{run or chosen.runs}: there is no run there: name a run's folder")
    venue, url = ("", "") if name == "recon" else (chosen.venue, chosen.url)  # `recon --url` is of an engine
    asked = door.Asked(run=run, out=chosen.out, day=chosen.day, venue=venue, url=url, as_json=chosen.json)
    write = {
        "eod": door.write_eod,
        "statement": door.write_statements,
        "audit": door.write_audit,
        "recon": door.write_agreement,
    }[name]
    return write(asked, load(chosen.config).config.reports)


def _verify(chosen: argparse.Namespace, load: Load) -> int:
    from engine.reports import door  # noqa: PLC0415  (as above)

    settings = load(chosen.config).config.reports
    return door.verify_door(chosen.place, run=chosen.run, key=chosen.key, settings=settings, as_json=chosen.json)


def add_recon_report(recon: argparse.ArgumentParser, config: Path, load: Load) -> None:
    """Let the verb `recon` write its report too."""
    recon.add_argument("--out", type=Path, metavar="DIR", help="also put the signed report of a day there")
    recon.add_argument("--day", default="", metavar="D", help="the report's UTC day, or all; without it the last")
    recon.add_argument("--config", type=Path, default=config, help="whose `[reports]` the report says")
    prints = recon.get_default("door")

    def door(chosen: argparse.Namespace) -> int:
        code: int = prints(chosen)
        if chosen.out is None or code not in (GOOD, BREAKS_OPEN):
            return code
        return _write("recon", chosen, load)

    recon.set_defaults(door=door)
