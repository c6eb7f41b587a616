"""`exchange`: one simulated exchange alone, as a server for anybody's program, with a made world of bettors behind it.

It speaks the venue's own bytes and is no part of the venue: the account, the money and the matches are made. What its
books say in the end is written where the run leaves everything else.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from domain.clock import Clock
from domain.ids import Currency, VenueName
from domain.money import FX_SCALE
from engine.children import hear_signals
from engine.clock import SystemClock
from engine.config import ConfigError, Loaded
from engine.exchange_process import World
from engine.stage import HOST, StageOrder, write_whole
from venues.registry import DEMOS
from venues.sim.certificates import make_certificates, server_tls
from venues.sim.faults import Profile
from venues.sim.listen import Listener
from venues.sim.listing import mapping_toml
from venues.sim.profiles import named

Load = Callable[[Path], Loaded]
GOOD = 0
PORT_MAX = 65_535


class Wanted(msgspec.Struct, frozen=True):
    """What the command line asks of a lone exchange. `port` is of its first role, others follow; 0 for free ones."""

    venue: VenueName
    port: int
    seed: int
    speed: float
    faults: Profile
    out: Path
    tls: bool
    as_json: bool
    seconds: float | None


def add_verb(verbs: "argparse._SubParsersAction[Any]", faults_help: str, config: Path, load: Load) -> None:
    """The verb; `config` is the file where none is named, for faults of one's own."""
    verb = verbs.add_parser("exchange", help="one simulated exchange as a server, for anybody's program")
    verb.add_argument("--venue", required=True, choices=sorted(DEMOS), metavar="V", help=", ".join(sorted(DEMOS)))
    verb.add_argument("--port", required=True, type=int, metavar="P", help="of its first role, others follow; 0: free")
    verb.add_argument("--faults", default="none", metavar="PROFILE", help=faults_help)
    verb.add_argument("--seed", type=int, default=1, metavar="N")
    verb.add_argument("--speed", type=float, default=10.0, metavar="X", help="how much faster its world runs")
    verb.add_argument("--out", type=Path, metavar="DIR", help="keys, markets, and at the end what the books say")
    verb.add_argument("--plain", action="store_true", help="without TLS")
    verb.add_argument("--for", dest="seconds", type=float, metavar="S", help="wall seconds; without it until stopped")
    verb.add_argument("--json", action="store_true", help="say where it is as one line of JSON")
    verb.add_argument("--config", type=Path, default=config, help="where faults of one's own stand")
    verb.set_defaults(door=lambda chosen: open_exchange(chosen, load))


def open_exchange(chosen: argparse.Namespace, load: Load) -> int:
    """Check what was asked for, then serve until stopped. Raises ConfigError."""
    roles = len(DEMOS[chosen.venue]().guide.urls)
    if not 0 <= chosen.port <= PORT_MAX - roles:
        raise ConfigError(f"--port {chosen.port}: name one from 1 to {PORT_MAX - roles}, or 0 for free ones")
    if not 0 < chosen.speed < 1e6:
        raise ConfigError(f"--speed {chosen.speed}: must be above 0")
    try:
        faults = named(chosen.faults, load(chosen.config).config.faults)
    except ValueError as error:
        raise ConfigError(f"--faults: {error}") from error
    wanted = Wanted(
        venue=VenueName(chosen.venue),
        port=chosen.port,
        seed=chosen.seed,
        speed=chosen.speed,
        faults=faults,
        out=chosen.out or Path("runs") / f"exchange-{chosen.venue}-seed{chosen.seed}",
        tls=not chosen.plain,
        as_json=chosen.json,
        seconds=chosen.seconds,
    )
    return uvloop.run(_run(wanted, SystemClock()))


async def _run(wanted: Wanted, clock: Clock) -> int:
    asked = hear_signals()
    currency = DEMOS[wanted.venue]().options.terms.currency
    world = World(
        _order(wanted, currency), start_ns=clock.monotonic_ns(), epoch_ns=clock.wall_ns() - clock.monotonic_ns()
    )
    wanted.out.mkdir(parents=True, exist_ok=True)
    tls, trust = None, ""
    if wanted.tls:
        now = datetime.fromtimestamp(clock.wall_ns() // 1_000_000_000, UTC)
        certificates = make_certificates(wanted.out / "tls", now=now, hosts=(HOST, "localhost"))
        tls, trust = server_tls(certificates), certificates.authority
    listener = Listener(clock, lines=world.lines)
    listener.keep_time(world.exchanges.world)
    places: dict[str, int] = {}
    for n, ((venue, role), server) in enumerate(world.servers.items()):
        port = wanted.port + n if wanted.port else 0
        try:
            places[role] = await listener.run_port(server, host=HOST, port=port, tls=tls, name=(venue, role))
        except OSError as error:
            listener.close()
            raise ConfigError(f"--port {port}: cannot listen there: {error.strerror}; choose another, or 0") from error
    write_whole(wanted.out / "mapping.toml", mapping_toml(world.exchanges.world.mapping).encode())
    _say(wanted, _guide(wanted, world, places, trust))
    try:
        async with asyncio.timeout(wanted.seconds):
            await asked.wait()
    except TimeoutError:
        pass
    listener.close()
    write_whole(wanted.out / "exchanges.json", world.report())
    return GOOD


def _order(wanted: Wanted, currency: Currency) -> StageOrder:
    return StageOrder(
        venues=(wanted.venue,),
        seed=wanted.seed,
        speed=wanted.speed,
        faults=wanted.faults,
        base=currency,
        rates_e8={currency: FX_SCALE},
    )


def _guide(wanted: Wanted, world: World, places: Mapping[str, int], trust: str) -> dict[str, str]:
    """Everything that a customer needs: where, as whom, whom to trust, which markets. Keys go to files of their own."""
    told = world.exchanges.demos[wanted.venue].guide
    guide = {}
    for role, number in places.items():
        scheme, path = told.urls[role]
        secure = {"http": "https", "ws": "wss", "tcp": "tls"}[scheme] if wanted.tls else scheme
        guide[role] = f"{secure}://{HOST}:{number}{path}"
    for name, value in told.login.items():
        guide[name] = _kept(wanted.out / f"{name}.pem", value) if "\n" in value else value
    guide |= {"trust": trust} if trust else {}
    return guide | {"markets": str(wanted.out / "mapping.toml"), "books": str(wanted.out / "exchanges.json")}


def _kept(path: Path, text: str) -> str:
    """A key in a file that only its owner reads."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    return str(path)


def _say(wanted: Wanted, guide: Mapping[str, str]) -> None:
    if wanted.as_json:
        print(json.dumps({"venue": wanted.venue, **guide}), flush=True)
        return
    print(f"{wanted.venue}, simulated with seed {wanted.seed} and faults {wanted.faults.name!r}; Ctrl-C stops it")
    for name, value in guide.items():
        print(f"  {name.replace('_', ' '):12} {value}")
    sys.stdout.flush()
