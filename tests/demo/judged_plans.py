"""What became of a run's plans: by the journal's promises, and by what the exchanges' own books say was matched.

Of the journal is read what was promised of a plan before its first order, which orders are its, when they were in doubt
and which end was claimed. How much of each was matched, at which price and when stands in `exchanges.json` alone, and
is worked out here once more. So a plan that the engine wrongly believes to be even, or to be over, is found.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec

from domain.fees import NetWinFee
from domain.ids import Currency
from domain.messages import OrderUnanswered, PlaceOrder, RunResumed
from domain.money import FX_SCALE, MICROS
from domain.orders import Order, Side
from domain.plans import Leg, PlanEnded, PlanKind, PlanMade, PlanOrdered, PlanState
from engine.replay import steps
from engine.stage import read_order, read_stage
from oms.order_states import is_open
from tests.demo.running import told
from venues.registry import DEMOS

MS = 1_000_000

ROUNDED = Fraction(1, 1_000)
"""Claims that rounding to the millionth, order by order, may come to."""

LATE_MS = 1_000
"""So late the clock of a busy machine may be with what was due."""

Span = tuple[int, int]
"""From one monotonic nanosecond to another."""


class Matched(msgspec.Struct, frozen=True):
    """One match as the exchange has it, in base: net claims, and what each side of the bet costs."""

    at_ns: int
    claims: Fraction
    cost: Fraction
    at_limit: Fraction


class Books:
    """The exchanges' own books of our orders, by our refs."""

    def __init__(self, world: dict[str, Any], rates: Mapping[Currency, int], *, start_ns: int) -> None:
        """`world` is their report, `rates` in base and 1e-8, `start_ns` the monotonic time that it counts from."""
        self.orders: dict[str, dict[str, Any]] = {}
        self.matches: defaultdict[str, list[Matched]] = defaultdict(list)
        for venue, theirs in world["venues"].items():
            by_number = {order["number"]: order for order in theirs["order_list"]}
            self.orders |= {order["client_ref"]: order for order in theirs["order_list"]}
            terms = DEMOS[venue]().options.terms
            rate = Fraction(rates.get(theirs["currency"], FX_SCALE), FX_SCALE)
            for fill in theirs["fill_list"]:
                if not fill["voided"]:
                    order = by_number[fill["order"]]
                    at_ns = start_ns + fill["at_ms"] * MS
                    self.matches[order["client_ref"]].append(_matched(at_ns, fill, order, terms.fee, rate))


def books_of(run: Path) -> Books:
    """The books that the exchanges of a demo have left."""
    stage = read_stage(run)
    assert stage is not None, "the exchanges of a run that has ended have stood"
    return Books(told(run, "exchanges.json"), read_order(run).rates_e8, start_ns=stage.start_ns)


def _matched(at_ns: int, fill: dict[str, Any], order: dict[str, Any], fee: Any, rate: Fraction) -> Matched:
    """A match in net claims: what it wins and what it loses, after the commission that it would pay alone."""
    claims, stake, charged = (Fraction(fill[name], MICROS) for name in ("claims_micros", "cost_micros", "fee_micros"))
    net, cost = _net(claims, stake, charged, back=order["side"] == Side.BACK, fee=fee)
    asked = claims if order["price"] == fill["price"] else _claims_asked(fill, order)
    at_limit, _ = _net(asked, stake, charged, back=order["side"] == Side.BACK, fee=fee)
    return Matched(at_ns, net * rate, cost * rate, min(net, at_limit) * rate)


def _claims_asked(fill: dict[str, Any], order: dict[str, Any]) -> Fraction:
    """The claims that a match would have had at the order's own price; contracts are claims at every price."""
    if fill["claims_micros"] == fill["size_micros"]:
        return Fraction(fill["claims_micros"], MICROS)
    return Fraction(fill["size_micros"], MICROS) * Fraction(order["price"], 100)


def _net(claims: Fraction, stake: Fraction, charged: Fraction, *, back: bool, fee: Any) -> tuple[Fraction, Fraction]:
    """Net claims, and what they cost: of a lay the part of each that it does not bring."""
    gain = claims - stake if back else stake
    taken = gain * fee.rate_ppm * (MICROS - fee.discount_ppm) / MICROS**2 if isinstance(fee, NetWinFee) else Fraction(0)
    net = claims - taken
    return net, (stake if back else net - (stake - taken)) + charged


class Followed(msgspec.Struct):
    """One plan in the journal. `doubts`: spans in which an order of it was open or nobody knew; `dead`: no engine.

    Of `late` orders matches were told after the venue had said that nothing is left of them.
    """

    made: PlanMade
    begun_ns: int
    legs: tuple[list[str], ...]
    ends: list[tuple[int, PlanEnded]] = []
    orders: dict[str, Order] = {}
    late: set[str] = set()
    doubts: list[Span] = []
    dead: list[Span] = []
    decisions: int = 0
    unanswered: int = 0
    resumed: int = 0
    settled: bool = False
    doubt_since_ns: int | None = None


class Judged(msgspec.Struct, frozen=True):
    """How one plan ended by the exchanges' books, for how long it stood naked at its longest, and what is wrong.

    `naked_ms` leaves out while an order of it was in doubt or the engine was dead: nobody could have done more.
    """

    plan: Followed
    end: str
    naked_ms: int
    naked_loss: Fraction
    wrong: tuple[str, ...]


def judge_plans(run: Path, books: Books, *, naked_max: Fraction) -> list[Judged]:
    """Every plan of a run. `naked_max`: what the leg that leads an arbitrage may lose alone, in base."""
    return [judged_one(plan, books, naked_max) for plan in follow(run).values()]


def follow(run: Path) -> dict[int, Followed]:
    """What the journal says of each plan."""
    plans: dict[int, Followed] = {}
    leg_of: dict[int, tuple[Followed, int]] = {}
    of_ref: dict[str, Followed] = {}
    last_ns = 0
    for step in steps(run):
        body, now_ns = step.record.body, step.record.monotonic_ns
        if isinstance(body, PlanMade):
            plans[body.id] = Followed(body, now_ns, tuple([] for _ in body.legs))
        elif isinstance(body, PlanOrdered):
            leg_of[body.decision] = plans[body.id], body.leg
            plans[body.id].decisions += 1
        elif isinstance(body, PlanEnded):
            plans[body.id].ends.append((now_ns, body))
        elif isinstance(body, PlaceOrder) and body.decision in leg_of:
            of_ref[body.ref], leg = leg_of[body.decision]
            of_ref[body.ref].legs[leg].append(body.ref)
        elif isinstance(body, OrderUnanswered) and body.ref in of_ref:
            of_ref[body.ref].unanswered += 1
        elif isinstance(body, RunResumed):
            for plan in plans.values():
                plan.dead.append((last_ns, now_ns))
                plan.resumed += not plan.ends
        for change in step.changes:
            if (plan_of := of_ref.get(change.after.ref)) is not None:
                _heard(plan_of, change.after, now_ns)
        last_ns = now_ns
    for plan in plans.values():
        if plan.doubt_since_ns is not None:
            plan.doubts.append((plan.doubt_since_ns, last_ns))
    return plans


def _heard(plan: Followed, order: Order, now_ns: int) -> None:
    before = plan.orders.get(order.ref)
    if before is not None and not is_open(before) and order.matched_micros > before.matched_micros:
        plan.late.add(order.ref)
    plan.orders[order.ref] = order
    plan.settled |= order.settled
    doubted = any(is_open(one) or one.unknown for one in plan.orders.values())
    if doubted and plan.doubt_since_ns is None:
        plan.doubt_since_ns = now_ns
    elif not doubted and plan.doubt_since_ns is not None:
        plan.doubts.append((plan.doubt_since_ns, now_ns))
        plan.doubt_since_ns = None


# ---- judging one ----


def judged_one(plan: Followed, books: Books, naked_max: Fraction) -> Judged:
    made = plan.made
    had = [_sum(books, refs) for refs in plan.legs]
    end = _end(plan, had)
    naked_ms, naked_loss = _naked(plan, books) if len(made.legs) > 1 else (0, Fraction(0))
    wrong = [*_end_wrong(plan, end, had), *_too_much(plan, books, had)]
    ladder_ms = sum(rung.for_ms for rung in made.ladder)
    if naked_ms > ladder_ms * (1 + plan.resumed) + LATE_MS:
        wrong.append(f"stood naked for {naked_ms} ms that nothing explains, its ladder has {ladder_ms}")
    if made.kind is PlanKind.ARBITRAGE and naked_loss > naked_max:
        wrong.append(f"could lose {float(naked_loss):.2f} naked, {float(naked_max):.2f} was the most")
    if plan.decisions > made.orders_max:
        wrong.append(f"took {plan.decisions} decisions, {made.orders_max} were the most")
    return Judged(plan, end, naked_ms, naked_loss, tuple(f"plan {made.id}, {made.kind}: {said}" for said in wrong))


def _sum(books: Books, refs: list[str]) -> Matched:
    found = [match for ref in refs for match in books.matches[ref]]
    claims, cost, asked = (
        sum((getattr(one, name) for one in found), Fraction(0)) for name in ("claims", "cost", "at_limit")
    )
    return Matched(max((one.at_ns for one in found), default=0), claims, cost, asked)


def _end(plan: Followed, had: list[Matched]) -> str:
    """The state that the exchanges' books put a plan into: one of those that a plan may end in, or BROKEN."""
    made, even = plan.made, Fraction(plan.made.residue_micros, MICROS) + ROUNDED
    apart = _apart(made, had)
    if made.kind is PlanKind.SPLIT:
        return PlanState.FILLED if apart <= even else PlanState.SHORT
    if len(had) > 1 and max(one.claims for one in had) <= even:
        return PlanState.FLAT
    if apart <= even:
        return PlanState.HEDGED
    return PlanState.CARRIED if _loss(made, had) <= Fraction(made.carry_max_micros, MICROS) else PlanState.BROKEN


def _apart(made: PlanMade, had: list[Matched]) -> Fraction:
    claims = [one.claims for one in had]
    return max(claims) - min(claims) if len(claims) > 1 else Fraction(made.legs[0].claims_micros, MICROS) - claims[0]


def _loss(made: PlanMade, had: list[Matched]) -> Fraction:
    """What is uneven can lose: of legs what they cost beyond the lightest, of a bet alone the rest of what it lacks."""
    if len(had) == 1:
        price = had[0].cost / had[0].claims if had[0].claims else _limit_cost(made.legs[0])
        return abs(_apart(made, had)) * (1 - price)
    least = min(one.claims for one in had)
    return sum(((one.claims - least) * one.cost / one.claims for one in had if one.claims), Fraction(0))


def _limit_cost(leg: Leg) -> Fraction:
    limit = Fraction(leg.limit_e9, 1_000_000_000)
    return limit if leg.side is Side.BACK else 1 - limit


def _end_wrong(plan: Followed, end: str, had: list[Matched]) -> Iterator[str]:
    if not plan.ends:
        yield "was never ended"
        return
    claimed = plan.ends[-1][1].state
    even = Fraction(plan.made.residue_micros, MICROS)
    close = abs(abs(_apart(plan.made, had)) - even) <= 2 * ROUNDED
    overtaken = plan.made.kind is PlanKind.HEDGE and claimed == PlanState.SHORT and end == PlanState.BROKEN
    if overtaken:  # what is left is its strategy's to decide on anew
        return
    if claimed != end and not close and not (plan.settled and end == PlanState.CARRIED):
        yield f"is called {claimed}, and by the exchanges' books it is {end}: {[float(one.claims) for one in had]}"
    if PlanState.BROKEN in (end, claimed):
        yield f"broke: {[float(one.claims) for one in had]} may lose {float(_loss(plan.made, had)):.2f}"


def _too_much(plan: Followed, books: Books, had: list[Matched]) -> Iterator[str]:
    """Legs that got more than was planned: only what a fee's kink leaves over, or what was told late, may be."""
    for number, (leg, one, refs) in enumerate(zip(plan.made.legs, had, plan.legs, strict=True), 1):
        wanted, even = Fraction(leg.claims_micros, MICROS), Fraction(plan.made.residue_micros, MICROS)
        late = _sum(books, [ref for ref in refs if ref in plan.late]).at_limit
        if one.at_limit - late > wanted * Fraction(11, 10) + even + ROUNDED:
            yield f"leg {number} has {float(one.claims)} claims of {float(wanted)} wanted"
        yield from (f"{ref} is not at any exchange and was matched" for ref in refs if _invented(plan, ref, books))


def _invented(plan: Followed, ref: str, books: Books) -> bool:
    return ref not in books.orders and plan.orders[ref].matched_micros > 0


# ---- naked ----


def _naked(plan: Followed, books: Books) -> tuple[int, Fraction]:
    """The longest time for which the legs differed by more than any order is for, and the most that could be lost."""
    even = Fraction(plan.made.residue_micros, MICROS) + ROUNDED
    events = sorted((match.at_ns, leg, match) for leg, refs in enumerate(plan.legs) for match in _all(books, refs))
    claims, costs = [Fraction(0)] * len(plan.legs), [Fraction(0)] * len(plan.legs)
    since_ns: int | None = None
    longest_ns, most = 0, Fraction(0)
    excused = _merged([*plan.doubts, *plan.dead])
    for at_ns, leg, match in events:
        claims[leg] += match.claims
        costs[leg] += match.cost
        apart = max(claims) - min(claims)
        if apart > even:
            loss = sum(
                ((one - min(claims)) * cost / one for one, cost in zip(claims, costs, strict=True) if one), Fraction(0)
            )
            most, since_ns = max(most, loss), at_ns if since_ns is None else since_ns
        elif since_ns is not None:
            longest_ns, since_ns = max(longest_ns, _unexcused((since_ns, at_ns), excused)), None
    if since_ns is not None:
        until_ns = next((at_ns for at_ns, _ in plan.ends if at_ns >= since_ns), since_ns)
        longest_ns = max(longest_ns, _unexcused((since_ns, until_ns), excused))
    return longest_ns // MS, most


def _all(books: Books, refs: list[str]) -> Iterator[Matched]:
    return (match for ref in refs for match in books.matches[ref])


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for begins, ends in sorted(spans):
        if merged and begins <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(ends, merged[-1][1])
        else:
            merged.append((begins, ends))
    return merged


def _unexcused(span: Span, excused: list[Span]) -> int:
    """So much of a span lies outside of all others, which do not overlap."""
    covered = sum(max(0, min(span[1], ends) - max(span[0], begins)) for begins, ends in excused)
    return span[1] - span[0] - covered


def count(judged: list[Judged], counts: Counter[str]) -> None:
    """Add up plans by kind and end, and what struck them in the middle."""
    for one in judged:
        counts[one.plan.made.kind] += 1
        kind = f"plans: {one.plan.made.kind}, {len(one.plan.legs)} legs"
        counts[f"{kind}, {one.end}"] += 1
        counts[f"{kind}, with an answer lost"] += one.plan.unanswered > 0
        counts[f"{kind}, taken over by another engine"] += one.plan.resumed > 0
        counts[f"{kind}, over several venues or sent again"] += sum(map(len, one.plan.legs)) > len(one.plan.legs)
