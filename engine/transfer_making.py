"""`transfer --make`: in a demo, what a person does at the venues' own pages once a transfer is approved."""

import argparse
import http.client
import ssl
from pathlib import Path

import msgspec

from domain.money import parse_micros
from engine.operating import NobodyThere, NotTold
from engine.runs import latest_run
from engine.stage import HOST, Stage, read_stage
from venues.sim.cashier import COUNTER, Wish

GOOD = 0
PATIENCE_S = 10.0
REQUESTS = "rest"
"""The port of a simulated exchange at which its counter stands."""


def make(chosen: argparse.Namespace) -> int:
    """Pay out at one exchange and in at the other; the bank needs nobody. Raises NotTold, NobodyThere."""
    run: Path | None = chosen.run or latest_run(chosen.runs)
    stage = None if run is None else read_stage(run)
    if stage is None:
        raise NotTold(
            f"--make: {run or chosen.runs} has no simulated exchanges; real money is moved at the venue itself"
        )
    if not chosen.amount or not (chosen.source or chosen.target):
        raise NotTold("--make: say what is moved with --amount, and --from or --to, as it was asked for")
    out = _units("--amount", chosen.amount)
    into = _units("--into", chosen.into) if chosen.into else out
    for venue, units in ((chosen.source, f"-{out}"), (chosen.target, into)):
        if venue:
            _pay(stage, venue, units)
    print(f"transfer {chosen.transfer} is made")
    return GOOD


def _units(field: str, amount: str) -> str:
    """The number of an amount such as "80.00 GBP"; each exchange has one currency."""
    units = amount.strip().partition(" ")[0]
    try:
        micros = parse_micros(units)
    except ValueError as error:
        raise NotTold(f"{field} {amount!r}: {error}") from error
    if micros <= 0:
        raise NotTold(f"{field} {amount!r}: an amount is above 0")
    return units


def _pay(stage: Stage, venue: str, units: str) -> None:
    port = {str(name): ports for name, ports in stage.ports.items()}.get(venue, {}).get(REQUESTS)
    if port is None:
        known = ", ".join(sorted(stage.ports))
        raise NotTold(f"{venue!r}: no simulated exchange is called so; name one of {known}")
    trust = ssl.create_default_context(cafile=stage.authority)
    connection = http.client.HTTPSConnection(HOST, port, timeout=PATIENCE_S, context=trust)
    try:
        connection.request("POST", COUNTER, msgspec.json.encode(Wish(units)), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        words = answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise NobodyThere(f"{venue}: its simulated exchange does not answer: {error}; is the demo running?") from error
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise NotTold(f"{venue} would not move {units}: {words}")
