"""Whether `explain` tells each order's story right: its words, read again, against the exchanges' own books.

The words are what a person at the desk has, so they are judged and not the figures behind them: what was sent, how it
stands, how much of it was matched and at which average price; why it was placed, where else it could have gone and what
each place was given; each line of what happened, in order; and of a plan its legs. Of the journal are used the reasons
as they were written down, and which orders there are.
"""

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from domain.messages import DecisionTaken, PlaceOrder
from domain.money import MICROS
from domain.odds import NATIVE_SCALE
from domain.orders import Side
from domain.plans import Leg
from engine.explain import in_words
from engine.story import Story, tell_every
from storage.journal import read
from tests.demo.judged_plans import Books, Judged
from venues.registry import DEMOS
from venues.sim.notices import WISHED

NUMBER = r"-?[0-9.]+"
HEAD = re.compile(rf"(\S+) of run \S+: (back|lay) ({NUMBER}) @ ({NUMBER}), (\w+)")
NOW = re.compile(rf"  now (\w+): matched ({NUMBER}) of ({NUMBER})")
TOGETHER = re.compile(rf"  its fills together: (back|lay) ({NUMBER}) @ ({NUMBER}), or ({NUMBER}) (yes|no) @ ({NUMBER})")
DECISION = re.compile(r"Decision (\d+) of (\S+) at .* UTC, because (.*)")
CANDIDATE = re.compile(r"  (\S+/\S+): (?:net (\S+)|no price); (?:given (.*)|nothing, (.*))")
HAPPENED = re.compile(rf"  +({NUMBER}) ms  (.*) -> ([A-Z_]+)")
MATCH = re.compile(rf"matched ({NUMBER}) @ {NUMBER}, (?:made|taken), fee {NUMBER}, (\S+)")
REPORT = re.compile(rf"reported: matched ({NUMBER})")
LEG = re.compile(rf"  leg (\d): (back|lay) ({NUMBER}) claims.*; (?:({NUMBER}) at ({NUMBER}) in (.*)|nothing in (.*))")
BET = re.compile(rf"({NUMBER}) @ ({NUMBER})")

CLOSE = Fraction(1, 100_000)
"""Prices and net claims in words are rounded to the millionth, net claims order by order."""


def wrong_stories(run: Path, books: Books, plans: list[Judged]) -> Iterator[tuple[str, list[str]]]:
    """Every order of a run in the order of the journal, with what is wrong with its story."""
    bodies = [record.body for record, _ in read(run)]
    reasons = {body.id: body for body in bodies if isinstance(body, DecisionTaken)}
    sent = {body.ref: body for body in bodies if isinstance(body, PlaceOrder)}
    of_ref = {ref: one for one in plans for leg in one.plan.legs for ref in leg}
    for story in tell_every(run):
        ref = story.order.ref
        wrong = Reader(story, books, of_ref.get(ref)).wrong(sent.get(ref), reasons)
        yield ref, [f"{ref}: {said}" for said in wrong]


class Reader:
    """One story, its words read again."""

    def __init__(self, story: Story, books: Books, plan: Judged | None) -> None:
        self.story = story
        self.lines = [*in_words(story)]
        self.theirs: dict[str, Any] | None = books.orders.get(story.order.ref)
        self.books = books
        self.plan = plan

    def wrong(self, sent: PlaceOrder | None, reasons: Mapping[int, DecisionTaken]) -> Iterator[str]:
        yield from self._head(sent)
        yield from self._matched()
        yield from self._decision(sent, reasons)
        yield from self._happened()
        yield from self._plan()
        for told in self.story.told:
            sums: dict[str, int] = {}
            for entry in told.postings:
                for _, currency, micros in entry.lines:
                    sums[currency] = sums.get(currency, 0) + micros
            if any(sums.values()):
                yield f"record {told.seq} is booked with {sums} left over"

    # --- what it was and is ---

    def _head(self, sent: PlaceOrder | None) -> Iterator[str]:
        found, now = HEAD.match(self.lines[0]), self._one(NOW)
        if found is None or now is None or sent is None:
            yield f"begins with {self.lines[0]!r}"
            return
        if (found[1], found[2], found[5]) != (sent.ref, sent.side, sent.tif):
            yield f"calls it {found[0]!r}, sent was {sent}"
        if self.theirs is None:
            if now[1] not in ("REJECTED", "CANCELLED", "SETTLED") or micros(now[2]):
                yield f"is {now[0].strip()!r}, and no exchange has it"
            return
        kind = self.story.instrument.terms.kind
        said = found[2], micros(found[3]), micros(found[4]) * NATIVE_SCALE[kind]
        has = self.theirs["side"], self.theirs["size_micros"], self.theirs["price"] * MICROS
        if said != has:
            yield f"says {found[0]!r}, the exchange has {has}"
        if self.theirs["client_ref"] != sent.ref or micros(now[3]) != self.theirs["size_micros"]:
            yield f"says {now[0].strip()!r} of another order, the exchange has {self.theirs['size_micros']}"
        if now[1] not in self._states():
            yield f"is {now[1]}, by the exchange's books it is {' or '.join(self._states())}"

    def _states(self) -> tuple[str, ...]:
        """What the exchange's books call an order at the end of a run."""
        assert self.theirs is not None, "asked of an order that an exchange has"
        if self.story.order.settled:
            return ("SETTLED",)
        size, matched, cancelled, lapsed, voided = (
            self.theirs[f"{name}_micros"] for name in ("size", "matched", "cancelled", "lapsed", "voided")
        )
        if matched + cancelled + lapsed + voided < size:
            return ("OPEN", "PARTIALLY_FILLED")
        if matched == size:
            return ("FILLED",)
        if matched:
            return ("CLOSED_PARTIAL",)
        if voided:
            return ("VOIDED",)
        if self.story.order.missing or DEMOS[self.story.instrument.listing.venue]().options.cancellations > WISHED:
            return ("LAPSED", "CANCELLED")  # gone when it was asked for, or at a venue with one word for both
        return ("LAPSED",) if lapsed and not cancelled else ("CANCELLED",)

    def _matched(self) -> Iterator[str]:
        now, together = self._one(NOW), self._one(TOGETHER)
        size, claims, cost = (
            (self.theirs or {}).get(name, 0) for name in ("matched_micros", "claims_micros", "cost_micros")
        )
        if now is not None and micros(now[2]) != size:
            yield f"says {now[0].strip()!r}, the exchange matched {size}"
        if together is None:
            if size:
                yield f"tells no average price, the exchange matched {size} for {cost}"
            return
        back = together[1] == Side.BACK
        price = Fraction(cost, claims)
        for name, said, has in (
            ("stake", together[2], Fraction(cost, MICROS)),
            ("odds", together[3], 1 / price),
            ("claims", together[4], Fraction(claims, MICROS)),
            ("price", together[6], price if back else 1 - price),
        ):
            if abs(Fraction(said) - has) > CLOSE * max(Fraction(1), has):
                yield f"says {name} {said}, by the exchange's books it is {float(has):.6f}"
        if (together[5] == "yes") is not back or together[1] != self.story.order.side:
            yield f"turns its side: {together[0].strip()!r}"

    # --- why, and where else ---

    def _decision(self, sent: PlaceOrder | None, reasons: Mapping[int, DecisionTaken]) -> Iterator[str]:
        found = self._one(DECISION)
        if found is None or sent is None or sent.decision not in reasons:
            yield "tells no decision that it follows from"
            return
        reason = reasons[sent.decision]
        if (int(found[1]), found[2], found[3]) != (reason.id, sent.strategy, reason.because) or not found[3]:
            yield f"says {found[0]!r}, decided was {reason.id} for {sent.strategy}, because {reason.because}"
        if "  worked out again from this record: the same" not in self.lines:
            yield next((line.strip() for line in self.lines if "worked out again" in line), "is not worked out again")
        ends = next((n for n, line in enumerate(self.lines) if line.startswith(("Plan ", "What happened"))), None)
        places = {place[1]: place for line in self.lines[:ends] if (place := CANDIDATE.fullmatch(line))}
        if places.keys() != {candidate.instrument for candidate in reason.candidates}:
            yield f"tells of {sorted(places)}, decided was among {[one.instrument for one in reason.candidates]}"
        place = places.get(sent.instrument)
        if place is None or place[3] is None:
            yield f"was sent to {sent.instrument}, which was given nothing"
            return
        given = [(micros(size), micros(price)) for size, price in BET.findall(place[3])]
        kind = self.story.instrument.terms.kind
        if sum(size for size, _ in given) != sent.size_micros:
            yield f"was sent for {sent.size_micros}, its place was given {place[3]}"
        if sent.price * MICROS not in {price * NATIVE_SCALE[kind] for _, price in given}:
            yield f"was sent at {sent.price}, its place was given {place[3]}"

    # --- what happened ---

    def _happened(self) -> Iterator[str]:
        begins = next((n for n, line in enumerate(self.lines) if line.startswith("What happened")), len(self.lines))
        rows = [row for line in self.lines[begins + 1 :] if (row := HAPPENED.fullmatch(line))]
        if not rows or not rows[0][2].startswith("written down and sent"):
            yield "does not begin with what was sent"
            return
        times = [float(row[1]) for row in rows]
        if times != sorted(times):
            yield "is not told in order"
        now = self._one(NOW)
        if now is not None and rows[-1][3] != now[1]:
            yield f"ends as {rows[-1][3]} and is {now[1]}"
        size = (self.theirs or {}).get("matched_micros", 0) + (self.theirs or {}).get("voided_micros", 0)
        matches = {match[2]: micros(match[1]) for row in rows if (match := MATCH.search(row[2]))}
        most = max((micros(report[1]) for row in rows if (report := REPORT.search(row[2]))), default=0)
        if max(sum(matches.values()), most) > size:
            yield f"tells of more matched than the {size} of the exchange"
        if size and not voided(self.theirs) and max(sum(matches.values()), most) < size:
            yield f"tells how {max(sum(matches.values()), most)} of the {size} were matched that the exchange has"

    # --- its plan ---

    def _plan(self) -> Iterator[str]:
        told = [leg for line in self.lines if (leg := LEG.fullmatch(line))]
        if self.plan is None:
            if told or any(line.startswith("Plan ") for line in self.lines):
                yield "tells a plan that the journal does not have it in"
            return
        plan = self.plan.plan
        made = plan.made
        head = f"Plan {made.id}, {made.kind} by {made.strategy}, now "
        said = next((line for line in self.lines if line.startswith(head)), "")
        if not plan.ends or not said.startswith(f"{head}{plan.ends[-1][1].state}, because {made.because}"):
            yield f"says {said!r} of plan {made.id}"
        if len(told) != len(made.legs):
            yield f"tells {len(told)} legs of plan {made.id}, which has {len(made.legs)}"
            return
        if made.candidates:
            planned_on = self.lines.index("  its legs were planned on") + 1
            places = [place for line in self.lines[planned_on:] if (place := CANDIDATE.fullmatch(line))]
            if [place[1] for place in places] != [leg.instrument for leg in made.legs] or not all(p[3] for p in places):
                yield f"says that plan {made.id} was planned on {[place[0] for place in places]}"
        for planned, row, refs in zip(made.legs, told, plan.legs, strict=True):
            yield from self._leg(planned, row, refs)

    def _leg(self, leg: Leg, row: re.Match[str], refs: list[str]) -> Iterator[str]:
        found = [match for ref in refs for match in self.books.matches[ref]]
        claims = sum((one.claims for one in found), Fraction(0))
        cost = sum((one.cost for one in found), Fraction(0))
        if row[2] != leg.side or micros(row[3]) != leg.claims_micros:
            yield f"says {row[0].strip()!r}, planned was {leg}"
        if abs(Fraction(row[4] or 0) - claims) > CLOSE * max(Fraction(1), claims) + Fraction(len(refs), MICROS):
            yield f"says {row[0].strip()!r}, by the exchanges' books its leg has {float(claims):.6f}"
        elif claims and abs(Fraction(row[5]) - _price(leg.side, cost / claims)) > 10 * CLOSE:
            yield f"says {row[0].strip()!r}, by the exchanges' books that cost {float(cost / claims):.6f} each"
        if row[4] and row[6].split(", ") != refs:
            yield f"names {row[6]} for a leg with {refs}"

    def _one(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        return next((found for line in self.lines if (found := pattern.fullmatch(line))), None)


def _price(side: Side, cost: Fraction) -> Fraction:
    """The net price of a claim, as backs and lays are told; a lay costs the rest of a whole one."""
    return cost if side is Side.BACK else 1 - cost


def micros(text: str) -> int:
    return int(Fraction(text) * MICROS)


def voided(order: dict[str, Any] | None) -> bool:
    return bool(order and order["voided_micros"])
