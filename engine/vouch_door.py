"""`vouch`: what a venue told somebody of one order by telephone or by letter, where it never answers a question."""

import argparse
from typing import Any

from desk.control_bodies import Vouching
from engine import operating

SIZES = {
    "matched": "matched so far",
    "cancelled": "cancelled so far",
    "lapsed": "taken out by the venue's own rules",
    "voided": "matched once, and annulled",
    "remaining": "still in the book",
}


def add_verb(verbs: "argparse._SubParsersAction[Any]") -> None:
    """The verb, with its door."""
    one = verbs.add_parser("vouch", help="tell what a venue told you of an order: it is gone, or what became of it")
    one.add_argument("order", metavar="ORDER", help="our ref of it, as `orders` prints it")
    finding = one.add_mutually_exclusive_group()
    finding.add_argument("--gone", action="store_true", help="it is not there, no more was matched than we know")
    finding.add_argument("--overfill", choices=("kept", "voided"), help="what becomes of what was matched too much")
    for name, says in SIZES.items():
        one.add_argument(f"--{name}", default="", metavar="SIZE", help=f"{says}; all sizes make up the order")
    one.add_argument("--price", default="", help="average of what is matched, as the venue writes it; if that is news")
    operating.add_options(one, _vouch)


def _vouch(chosen: argparse.Namespace) -> int:
    figures = {name: getattr(chosen, name) for name in (*SIZES, "price") if getattr(chosen, name)}
    finding = "gone" if chosen.gone else chosen.overfill or ("figures" if figures else "")
    if not finding:
        raise operating.NotTold(
            f"{chosen.order}: say --gone, --overfill kept or voided, or its parts: {', '.join(f'--{n}' for n in SIZES)}"
        )
    body = operating.said(chosen) | {"order": chosen.order, "finding": finding} | figures
    answer = operating.line_of(chosen).post("/v1/orders/vouch", body, Vouching)
    second = "; a different person has to say so too" if answer.waiting else ""
    return operating.tell(chosen, answer, f"{answer.order} is {answer.state or 'as you said'}{second}")
