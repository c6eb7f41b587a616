"""The verbs of the command line: what each takes, and which part of the program answers."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from desk.control_callers import Callers
from engine import (
    asking,
    exchange_door,
    explain,
    live_doors,
    markets_door,
    operating,
    recon_door,
    replay,
    reports_door,
    stores_door,
    time_machine,
    transfer_door,
    values_door,
    vouch_door,
    what_if,
)
from engine.backtest.campaign import BacktestOptions, run_backtest
from engine.backtest.grid import parse_axis
from engine.clock import SystemClock, fresh_token
from engine.config import ConfigError, Loaded, listening, load, operator_tokens
from engine.demo import NOT_READY, Demo, DemoOptions, NotReady, check_currencies
from engine.desk_door import THEMES, Attach, NotShown
from engine.desk_showing import open_desk
from engine.loop import run
from engine.recordings import RecordingError, open_recording, remarks
from engine.replay import DAMAGED, DigestDiffers, NotFound
from engine.runs import RunsUnusable, latest_run, new_run
from engine.simulate.campaign import Campaign, run_campaign
from engine.stage import read_token
from engine.wiring import strategies
from risk.breakers import NOBODY
from storage.journal import JournalDamaged, JournalInUse, OtherVersion
from storage.reserve import NoRoom
from venues.registry import CONSTRUCTORS
from venues.sim.faults import PROFILES, Profile
from venues.sim.profiles import named

GOOD, BAD_USAGE = 0, 2
CONFIG = Path("config.toml")
OURS = Path(__file__).resolve().parent.parent / CONFIG
"""The configuration that comes with the program, for whoever has none where they stand."""

FAULTS = f"{', '.join(sorted(PROFILES))}, one of the configuration, one danger, or a .toml file; see docs/venues.md"
RUMOURS = (
    "N times as often as usual one exchange's crowd hears later than the others what moves prices; see docs/venues.md"
)

Door = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str]) -> int:
    """Run one verb; without one, the demo. What a person can put right is one line, and its own exit code."""
    parser = _parser()
    verbs = parser.get_default("verbs")
    given = list(arguments)
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help")):
        given.insert(0, "demo")
    if given[0] not in verbs and not given[0].startswith("-"):
        print(f"crossbook: unknown verb {given[0]!r}; known are {', '.join(sorted(verbs))}", file=sys.stderr)
        return BAD_USAGE
    try:
        chosen = parser.parse_args(given)
        door: Door = chosen.door
        return door(chosen)
    except tuple(COMPLAINTS) as error:
        print(f"crossbook: {' '.join(str(error).split())}", file=sys.stderr)
        return next(code for kind, code in COMPLAINTS.items() if isinstance(error, kind))


class UsageError(Exception):
    """The command cannot be carried out as given; the message says why and what to do."""


COMPLAINTS: dict[type[Exception], int] = {
    ConfigError: BAD_USAGE,
    UsageError: BAD_USAGE,
    RecordingError: BAD_USAGE,
    NotFound: BAD_USAGE,
    RunsUnusable: BAD_USAGE,
    JournalInUse: BAD_USAGE,
    NotShown: BAD_USAGE,
    values_door.Unpriced: BAD_USAGE,
    operating.NotTold: BAD_USAGE,
    operating.NobodyThere: NOT_READY,
    NotReady: NOT_READY,
    NoRoom: NOT_READY,
    OtherVersion: BAD_USAGE,  # before what it is a kind of
    JournalDamaged: DAMAGED,
    DigestDiffers: DAMAGED,
    **stores_door.COMPLAINTS,
    **reports_door.COMPLAINTS,
}
"""What is told in one line, and the exit code that goes with it."""


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments, like every other complaint."""

    def error(self, message: str) -> NoReturn:
        """Called for wrong arguments."""
        raise UsageError(f"{message}; see `{self.prog} --help`")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="crossbook", description="Trades several betting exchanges as one book.")
    verbs = parser.add_subparsers(title="verbs")
    _add_demo(verbs.add_parser("demo", help="simulated exchanges, the default strategies, the dashboard"))
    _add_simulate(verbs.add_parser("simulate", help="the whole program under virtual time, judged by an oracle"))
    _add_backtest(verbs.add_parser("backtest", help="real recordings through the same street, in virtual time"))
    _add_desk(verbs.add_parser("desk", help="the dashboard on a running engine; leaving it stops nothing"))
    _add_readers(verbs)
    stores_door.add_verbs(verbs)
    reports_door.add_verbs(verbs, CONFIG if CONFIG.exists() else OURS, _load)
    values_door.add_verbs(verbs)
    operating.add_verbs(verbs)
    recon_door.add_verb(verbs)
    transfer_door.add_verb(verbs)
    vouch_door.add_verb(verbs)
    markets_door.add_review(verbs.choices["markets"], CONFIG if CONFIG.exists() else OURS, _run, _load)
    reports_door.add_recon_report(verbs.choices["recon"], CONFIG if CONFIG.exists() else OURS, _load)
    exchange_door.add_verb(verbs, FAULTS, CONFIG if CONFIG.exists() else OURS, _load)
    live_doors.add_verbs(verbs, CONFIG if CONFIG.exists() else OURS, _load)
    parser.set_defaults(verbs=set(verbs.choices))
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, default=CONFIG if CONFIG.exists() else OURS)
    parser.add_argument("--headless", action="store_true", help="neither dashboard nor status")
    parser.add_argument("--for", dest="seconds", type=_seconds, help="wall seconds to run; without it until stopped")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=_speed, default=10.0, help="how much faster the world runs than the clock")
    parser.add_argument("--faults", default="none", metavar="PROFILE", help=FAULTS)
    parser.add_argument("--rumours", type=_often, default=0.0, metavar="N", help=RUMOURS)
    parser.add_argument("--recording", type=Path, help="a real recording drives the world")
    parser.add_argument("--from", dest="recording_from", default="", help="where in the recording to begin")
    parser.add_argument("--runs", type=Path, help="where run folders are kept")
    parser.add_argument("--resume", type=Path, metavar="RUN", help="take over a run whose engine died")
    parser.add_argument("--summary", type=Path, metavar="FILE")
    parser.set_defaults(door=_demo)


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, default=CONFIG if CONFIG.exists() else OURS)
    parser.add_argument("--seeds", type=_seeds, default=range(1, 2), metavar="A-B")
    parser.add_argument("--hours", type=_hours, default=1.0, metavar="H")
    parser.add_argument("--faults", default="light", metavar="PROFILE", help=FAULTS)
    parser.add_argument("--workers", type=int, default=0, help="processes; 0 for one per core")
    parser.set_defaults(door=_simulate)


def _add_backtest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="recordings: bz2, gzip or plain")
    parser.add_argument("--config", type=Path, default=CONFIG if CONFIG.exists() else OURS)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where tables and tear sheet go")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--grid", action="append", default=[], metavar="PLACE=A,B", help="values to try, at most two such places"
    )
    parser.add_argument("--workers", type=int, default=0, help="processes; 0 for one per core")
    parser.add_argument("--summary", type=Path, metavar="FILE")
    parser.set_defaults(door=_backtest)


def _add_desk(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", nargs="?", help="the run's folder; without it the latest")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where run folders are kept")
    parser.add_argument("--url", default="", help="the control interface of any engine, such as http://127.0.0.1:8080")
    parser.add_argument("--token-env", default="CROSSBOOK_TOKEN", metavar="NAME", help="where --url's token stands")
    parser.add_argument("--theme", default="auto", choices=THEMES, help="colours; auto goes by the terminal")
    parser.add_argument("--watch", action="store_true", help="look on: nothing can be sent from it")
    parser.add_argument("--screens", type=Path, metavar="DIR", help="write pictures of every panel instead")
    parser.set_defaults(door=_desk)


def _add_readers(verbs: "argparse._SubParsersAction[Parser]") -> None:
    read = verbs.add_parser("replay", help="rebuild a run's state from its journal")
    read.add_argument("run", type=Path, metavar="RUN")
    read.add_argument("--verify", action="store_true", help="check the chain and every digest")
    read.add_argument("--json", action="store_true")
    read.add_argument("--at", default="", metavar="T", help="stop behind a record's number, or a time such as 14:03:20")
    read.add_argument(
        "--what-if", action="append", default=[], metavar="KEY=VALUE", help=f"route every take again: {what_if.KEYS}"
    )
    read.set_defaults(door=_replay)
    tell = verbs.add_parser("explain", help="the story of one order")
    tell.add_argument("order", metavar="ORDER", help="our ref, or the venue's id")
    _add_run(tell)
    tell.add_argument("--url", default="", metavar="U", help="tell it from these tables instead of the journal")
    tell.set_defaults(door=lambda a: explain.explain_order(_run(a), a.order, as_json=a.json, url=a.url))
    for question in asking.QUESTIONS:
        ask = verbs.add_parser(question, help=f"the {question} of a run")
        _add_run(ask)
        ask.set_defaults(door=lambda a, question=question: asking.ask_run(_run(a), question, as_json=a.json))


def _replay(chosen: argparse.Namespace) -> int:
    if chosen.what_if:
        return what_if.what_if_run(chosen.run, chosen.what_if, as_json=chosen.json)
    if chosen.at:
        return time_machine.replay_at(chosen.run, chosen.at, as_json=chosen.json)
    return replay.replay_run(chosen.run, verify=chosen.verify, as_json=chosen.json)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", nargs="?", help="the run's folder; without it the latest")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where run folders are kept")
    parser.add_argument("--json", action="store_true")


def _run(chosen: argparse.Namespace) -> Path:
    run: Path | None = chosen.run or latest_run(chosen.runs)
    if run is None:
        raise UsageError(f"there is no run in {chosen.runs}: name a run's folder, or start one with `demo`")
    return run


def _desk(chosen: argparse.Namespace) -> int:
    run = chosen.run or latest_run(chosen.runs)
    if run is None and not chosen.url:
        raise UsageError(f"there is no run in {chosen.runs}: name a run's folder, or an engine with --url")
    attach = Attach(
        run=str((run or chosen.runs / "none").resolve()),
        url=chosen.url,
        token_env=chosen.token_env,
        theme=chosen.theme,
        screens=str(chosen.screens or ""),
        watch=chosen.watch,
    )
    return open_desk(attach)


def _demo(chosen: argparse.Namespace) -> int:
    """Check everything that can be checked before anything is started or written, then run."""
    loaded = _load(chosen.config)
    strategies(loaded.config.strategies)
    check_currencies(loaded)
    if chosen.recording is not None:
        if chosen.rumours:
            raise UsageError("--rumours: whoever plays a --recording has the prices that were made then")
        played = open_recording(chosen.recording, chosen.recording_from)
        for line in remarks(chosen.recording, played.recording):
            print(f"crossbook: {line}", file=sys.stderr)
    if chosen.summary is not None and not chosen.summary.parent.is_dir():
        raise UsageError(f"--summary {chosen.summary}: there is no folder {chosen.summary.parent}")
    if chosen.resume is not None and not (chosen.resume / "stage.json").exists():
        raise UsageError(f"--resume {chosen.resume}: this is no demo's run; name the folder of one")
    options = DemoOptions(
        seed=chosen.seed,
        speed=chosen.speed,
        faults=_faults(chosen, loaded),
        headless=chosen.headless,
        seconds=chosen.seconds,
        recording=str(chosen.recording.resolve()) if chosen.recording else "",
        recording_from=chosen.recording_from,
        rumours=chosen.rumours,
        summary=chosen.summary,
        resume=chosen.resume is not None,
    )
    clock = SystemClock()
    operators = operator_tokens(loaded.config.control)
    with listening(loaded.config.control) as door:
        runs = chosen.runs or Path(loaded.config.run.runs)
        folder = chosen.resume.resolve() if chosen.resume else new_run(runs, clock.wall_ns(), chosen.seed)
        token = os.environ.get(loaded.config.control.token_env) or read_token(folder) or fresh_token()
        callers = Callers(token, operators, NOBODY)
        return run(Demo(options, loaded, folder, clock, listening=door, callers=callers).run())


def _simulate(chosen: argparse.Namespace) -> int:
    loaded = _load(chosen.config)
    _faults(chosen, loaded)  # said before the first process starts
    return run_campaign(Campaign(chosen.seeds, chosen.hours, chosen.faults, chosen.workers), loaded)


def _backtest(chosen: argparse.Namespace) -> int:
    if chosen.summary is not None and not chosen.summary.parent.is_dir():
        raise UsageError(f"--summary {chosen.summary}: there is no folder {chosen.summary.parent}")
    axes = tuple(parse_axis(text) for text in chosen.grid)
    options = BacktestOptions(
        files=tuple(chosen.files),
        config=chosen.config,
        out=chosen.out,
        seed=chosen.seed,
        workers=max(0, chosen.workers),
        axes=axes,
        summary=chosen.summary,
    )
    return run_backtest(options)


def _faults(chosen: argparse.Namespace, loaded: Loaded) -> Profile:
    try:
        return named(chosen.faults, loaded.config.faults)
    except ValueError as error:
        raise UsageError(f"--faults: {error}") from error


def _load(path: Path) -> Loaded:
    return load(path, {name: settings for name, (_, settings) in CONSTRUCTORS.items()})


def _seconds(text: str) -> float:
    return _above_zero(text, "seconds")


def _speed(text: str) -> float:
    return _above_zero(text, "speed")


def _often(text: str) -> float:
    return _above_zero(text, "how often there are rumours")


def _hours(text: str) -> float:
    return _above_zero(text, "hours")


def _above_zero(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{what} must be a number above 0, not {text!r}")
    return value


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    try:
        seeds = range(int(first), int(last or first) + 1)
    except ValueError:
        seeds = range(0)
    if not seeds:
        raise argparse.ArgumentTypeError(f"seeds must be written A-B with A at most B, not {text!r}")
    return seeds
