"""`transfer`: ask for money to be moved between our wallets, or decide about what somebody else asked for."""

import argparse
from pathlib import Path
from typing import Any

from desk.control_bodies import Moved
from engine import operating
from engine.transfer_making import make


def add_verb(verbs: "argparse._SubParsersAction[Any]") -> None:
    """The verb, with its door."""
    one = verbs.add_parser("transfer", help="money between our wallets: ask for it, or decide about another's wish")
    one.add_argument("transfer", metavar="NAME", help="of the transfer, never used before")
    one.add_argument("--from", dest="source", default="", metavar="VENUE", help="without it the bank")
    one.add_argument("--to", dest="target", default="", metavar="VENUE", help="without it the bank")
    one.add_argument("--amount", default="", help='what leaves, such as "80.00 GBP"')
    one.add_argument("--into", default="", metavar="AMOUNT", help="what arrives, where it is another currency")
    decision = one.add_mutually_exclusive_group()
    decision.add_argument("--approve", action="store_true", help="it may be made; never by who asked for it")
    decision.add_argument("--refuse", action="store_true")
    decision.add_argument("--make", action="store_true", help="in a demo: pay it at the simulated exchanges, by hand")
    one.add_argument("--run", type=Path, metavar="RUN", help="the run's folder; without it the latest")
    one.add_argument("--runs", type=Path, default=Path("runs"), help="where run folders are kept")
    one.add_argument("--url", default="", help="the control interface of any engine, its token in --token-env")
    one.add_argument("--token-env", default=operating.TOKEN_ENV, metavar="NAME", help="where --url's token stands")
    one.add_argument("--who", default="", help="who says so; without it the name you are logged in by")
    one.add_argument("--why", default="", help="stands in the journal, and in the tables")
    one.add_argument("--json", action="store_true")
    one.set_defaults(door=_transfer)


def _transfer(chosen: argparse.Namespace) -> int:
    if chosen.make:
        return make(chosen)
    if not chosen.why.strip():
        raise operating.NotTold("--why: must not be empty; say why, it stands in the journal")
    said = operating.said(chosen) | {"transfer": chosen.transfer}
    if chosen.approve or chosen.refuse:
        answer = operating.line_of(chosen).post("/v1/transfers/decide", said | {"approved": chosen.approve}, Moved)
    else:
        if not chosen.amount:
            raise operating.NotTold('--amount: must not be empty; write it as --amount "80.00 GBP"')
        wish = {"source": chosen.source, "target": chosen.target, "amount": chosen.amount, "into": chosen.into}
        answer = operating.line_of(chosen).post("/v1/transfers", said | wish, Moved)
    return operating.tell(chosen, answer, f"transfer {answer.transfer} is {answer.state}")
