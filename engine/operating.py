"""The operators' verbs, from halt to flatten, told to a running engine over its control line."""

import argparse
import getpass
import http.client
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from desk.control_bodies import Cancelled, Complaint, Enabled, Level, Rounds, Standing
from desk.flatten_views import FlattenPlan
from desk.tables import Row, print_table
from domain.money import format_micros
from engine.runs import latest_run
from engine.stage import read_token

GOOD = 0
PATIENCE_S = 10.0
TOKEN_ENV = "CROSSBOOK_TOKEN"

T = TypeVar("T")


class NotTold(Exception):
    """The command cannot be told as given, or the engine will not do it; the message says why and what to do."""


class NobodyThere(Exception):
    """No engine answers; the message says where it was looked for."""


class Line:
    """The control interface of one running engine."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def post(self, path: str, body: Mapping[str, object], kind: type[T]) -> T:
        """Tell it something; its answer. Raises NotTold, NobodyThere."""
        return msgspec.json.decode(self._answer("POST", path, msgspec.json.encode(body)), type=kind)

    def get(self, path: str) -> bytes:
        """Ask it something. Raises NotTold, NobodyThere."""
        return self._answer("GET", path, b"")

    def _answer(self, method: str, path: str, body: bytes) -> bytes:
        place = urlsplit(self._url)
        if place.scheme not in ("http", "https") or not place.hostname:
            raise NotTold(f"--url {self._url!r}: write an address such as http://127.0.0.1:8080")
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        connection = kind(place.hostname, place.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {self._token}"})
            answer = connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            told = f"{self._url}: no engine answers there: {error}; start one, or name another with --run or --url"
            raise NobodyThere(told) from error
        finally:
            connection.close()
        if answer.status >= http.client.BAD_REQUEST:
            raise NotTold(_complaint(data) or f"{self._url}{path} answered {answer.status}")
        return data


def add_verbs(verbs: "argparse._SubParsersAction[Any]") -> None:
    """The verbs, each with its door."""
    halt = verbs.add_parser("halt", help="stop a running desk: 1 no new risk, 2 reduce only, 3 cancel all, 4 flatten")
    halt.add_argument("level", type=int, choices=range(5), metavar="LEVEL", help="0 to 4; 0 takes the stop back")
    halt.add_argument("--lower", action="store_true", help="go back to LEVEL from one that stops more")
    add_options(halt, _halt)
    for verb, says in (
        ("pause", "let a strategy rest, or all: quotes come out"),
        ("resume", "end a pause, or all stops"),
    ):
        one = verbs.add_parser(verb, help=says)
        one.add_argument("--strategy", default="", help="its name in the configuration; without it every one")
        add_options(one, _pause if verb == "pause" else _resume)
    cancel = verbs.add_parser("cancel-all", help="take every order out of the books, once")
    cancel.add_argument("--venue", default="", help="of this venue alone")
    add_options(cancel, _cancel_all)
    one = verbs.add_parser("cancel", help="take one order out of the books")
    one.add_argument("order", metavar="ORDER", help="our ref of it, as `orders` prints it")
    add_options(one, _cancel)
    reconcile = verbs.add_parser("reconcile", help="hold our books against the venues' now")
    reconcile.add_argument("--venue", default="", help="against this venue's alone")
    reconcile.add_argument("--statements", action="store_true", help="and against the week's statements once more")
    add_options(reconcile, _reconcile)
    enable = verbs.add_parser("enable", help="allow real money under a configuration; two people have to")
    enable.add_argument("config_hash", metavar="HASH", help="of the configuration you reviewed, as the run has it")
    add_options(enable, _enable)
    flatten = verbs.add_parser("flatten", help="show what would even every position out; nothing is sent")
    add_options(flatten, _flatten, says_why=False)


def add_options(
    parser: argparse.ArgumentParser, door: Callable[[argparse.Namespace], int], *, says_why: bool = True
) -> None:
    """What every verb has that speaks to a running engine, and what it does."""
    parser.add_argument("--run", type=Path, metavar="RUN", help="the run's folder; without it the latest")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where run folders are kept")
    parser.add_argument("--url", default="", help="the control interface of any engine, its token in --token-env")
    parser.add_argument("--token-env", default=TOKEN_ENV, metavar="NAME", help="where --url's token stands")
    if says_why:
        parser.add_argument("--who", default="", help="who says so; without it the name you are logged in by")
        parser.add_argument("--why", required=True, help="stands in the journal, and on everybody's screen")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(door=door)


def _halt(chosen: argparse.Namespace) -> int:
    answer = line_of(chosen).post("/v1/halt", said(chosen) | {"level": chosen.level, "lower": chosen.lower}, Level)
    return tell(chosen, answer, f"kill level {answer.level}")


def _pause(chosen: argparse.Namespace) -> int:
    return _set(chosen, "/v1/pause")


def _resume(chosen: argparse.Namespace) -> int:
    return _set(chosen, "/v1/resume")


def _set(chosen: argparse.Namespace, path: str) -> int:
    answer = line_of(chosen).post(path, said(chosen) | {"strategy": chosen.strategy}, Standing)
    return tell(chosen, answer, f"kill level {answer.level}; resting: {', '.join(answer.paused) or 'nobody'}")


def _cancel_all(chosen: argparse.Namespace) -> int:
    answer = line_of(chosen).post("/v1/cancel-all", said(chosen) | {"venue": chosen.venue}, Cancelled)
    return tell(chosen, answer, f"{answer.orders_open} orders were open; their cancels are on the way")


def _cancel(chosen: argparse.Namespace) -> int:
    answer = line_of(chosen).post("/v1/cancel", said(chosen) | {"order": chosen.order}, Cancelled)
    return tell(chosen, answer, f"{chosen.order} was open; its cancel is on the way")


def _reconcile(chosen: argparse.Namespace) -> int:
    body = said(chosen) | {"venue": chosen.venue, "statements": chosen.statements}
    answer = line_of(chosen).post("/v1/reconcile", body, Rounds)
    later = f"; as soon as they can be reached: {', '.join(answer.waiting)}" if answer.waiting else ""
    return tell(chosen, answer, f"asked now: {', '.join(answer.asked) or 'nobody'}{later}")


def _enable(chosen: argparse.Namespace) -> int:
    answer = line_of(chosen).post("/v1/enable", said(chosen) | {"config_hash": chosen.config_hash}, Enabled)
    return tell(chosen, answer, f"{answer.who} enabled trading; it begins with the word of two different people")


def _flatten(chosen: argparse.Namespace) -> int:
    data = line_of(chosen).get("/v1/flatten")
    if chosen.json or not sys.stdout.isatty():
        print(data.decode())
        return GOOD
    plan = msgspec.json.decode(data, type=FlattenPlan)
    orders: list[Row] = [
        {
            "event": one.event_name,
            "outcome": one.outcome_name,
            "venue": one.venue,
            "order": f"{one.side} {format_micros(one.size_micros)} {one.currency} @ {one.price}",
            "claims_micros": one.claims_micros,
            "net_micros": one.net_micros,
            "fair_micros": one.fair_micros,
            "cost_micros": "no fair value" if one.cost_micros is None else one.cost_micros,
        }
        for one in plan.orders
    ]
    print_table(f"What would be sent; it costs {format_micros(plan.cost_micros)} {plan.base}", orders)
    left: list[Row] = [
        {
            "event": one.event_name,
            "outcome": one.outcome_name,
            "claims_micros": one.claims_micros,
            "why": "; ".join(one.why),
        }
        for one in plan.left
    ]
    if left:
        print_table("What nobody would take now", left)
    return GOOD


def said(chosen: argparse.Namespace) -> dict[str, object]:
    """Who says it, and why."""
    return {"who": chosen.who or _login(), "why": chosen.why}


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise NotTold("--who: nobody is logged in by a name; say who you are") from error


def tell(chosen: argparse.Namespace, answer: object, words: str) -> int:
    """Print an engine's answer, in words on a terminal, else as JSON."""
    print(msgspec.json.encode(answer).decode() if chosen.json or not sys.stdout.isatty() else words)
    return GOOD


def line_of(chosen: argparse.Namespace) -> Line:
    """The engine that is meant. Raises NotTold."""
    token = os.environ.get(chosen.token_env, "")
    if chosen.url:
        if not token:
            raise NotTold(
                f"--url {chosen.url}: put its token into {chosen.token_env}, or name the run's folder with --run"
            )
        return Line(chosen.url.rstrip("/"), token)
    run: Path | None = chosen.run or latest_run(chosen.runs)
    if run is None:
        raise NotTold(f"there is no run in {chosen.runs}: name a running one with --run or --url")
    address = run / "control.url"
    if not address.exists():
        raise NotTold(f"{run}: no engine has opened a control interface there; name a running one with --run or --url")
    return Line(address.read_text().strip(), own_token(run, chosen.token_env))


def own_token(run: Path, variable: str) -> str:
    """The token of whoever named a variable of their own, else the run's, else what the usual variable holds."""
    told = os.environ.get(variable, "")
    return told if told and variable != TOKEN_ENV else read_token(run) or told


def _complaint(data: bytes) -> str:
    try:
        return msgspec.json.decode(data, type=Complaint).error
    except msgspec.MsgspecError:
        return ""
