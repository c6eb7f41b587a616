"""`explain ORDER`: the story of one order in plain words, or as JSON that holds all it was computed from."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.amending import AmendAccepted, AmendOrder, AmendRefused, AmendUnanswered
from domain.breaks import BreakFound, BreakHealed
from domain.candidates import NO_QUEUE, Candidate
from domain.chances import HORIZON_MS
from domain.fees import FeeTerms
from domain.messages import (
    CancelAccepted,
    CancelOrder,
    CancelRefused,
    CancelUnanswered,
    DecisionTaken,
    MarketSettled,
    OrderAbsent,
    OrderAccepted,
    OrderFilled,
    OrderMissing,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
    PlaceOrder,
    RunResumed,
    VenueReported,
)
from domain.money import MICROS, format_micros
from domain.odds import NATIVE_SCALE, PriceKind
from domain.orders import Evidence, Order
from domain.stops import AlertRaised
from domain.venue_acts import OrderLapsed, OrderVoided
from domain.vouching import OrderVouched
from engine.plan_story import plan_in_words
from engine.replay import answering
from engine.story import Story, Told, tell
from engine.worth import Worth, at_odds, in_contracts, matched_bet, order_worth, units
from oms.entries import Entry
from oms.explained import recompute
from oms.settling import Settlement
from oms.slippage import Slippage, slippage_of
from oms.vouching import in_words as told_in_words

_json = msgspec.json.Encoder(order="deterministic")


def explain_order(run: Path, order: str, *, as_json: bool, url: str = "") -> int:
    """The door `explain ORDER` over a run's folder; `order` is our ref or the venue's id. Returns the exit code.

    With the `url` of tables it is told from those; of the run only the folder's name is needed then.
    """

    def explain() -> None:
        story = _tell_from_tables(url, run, order) if url else tell(run, order)
        print(as_json_text(story) if as_json else "\n".join(in_words(story)))

    return answering(explain)


def _tell_from_tables(url: str, run: Path, order: str) -> Story:
    from engine.story_in_tables import tell_from_tables  # noqa: PLC0415  (SQLAlchemy loads for half a second)

    return tell_from_tables(url, run, order)


def as_json_text(story: Story) -> str:
    """The whole story; `decision` alone suffices to work every candidate out again (`oms.explained.recompute`)."""
    return _json.encode(story).decode()


def in_words(story: Story) -> Iterator[str]:
    """The story line by line."""
    order, kind = story.order, story.instrument.terms.kind
    yield f"{order.ref} of run {story.run}: {order.side} {_bet(kind, order.price, order.size_micros)}, {order.tif}"
    listing = story.instrument.listing
    outcome = story.market.outcomes[listing.outcome]
    yield f"  on {outcome} in {story.event.name}, {story.market.kind}, at {order.instrument}, for {order.strategy}"
    yield f"  now {story.state}: matched {format_micros(order.matched_micros)} of {format_micros(order.size_micros)}"
    if (matched := matched_bet(order)) is not None:
        yield f"  its fills together: {at_odds(matched)}, or {in_contracts(matched)}"
    if story.decision is not None and (slippage := slippage_of(order, story.decision)) is not None:
        yield "  " + _slippage_in_words(slippage)
    yield from _decision_in_words(story)
    if story.plan is not None:
        yield ""
        yield from plan_in_words(story.plan)
        if story.plan.made.candidates:
            yield "  its legs were planned on"
        for candidate in story.plan.made.candidates:
            yield from _candidate_in_words(candidate)
    yield ""
    yield f"What happened, counted from {_time(story.decided_ns)}"
    for told in story.told:
        yield f"  {_after(told.after_us):>12}  {said(told, kind)} -> {told.state}"
        yield from (f"{'':16}{_posting(entry)}" for entry in told.postings)
    yield ""
    yield "Latency from the decision: " + ", ".join(
        f"{name.removesuffix('_us')} {'-' if after is None else _after(after)}"
        for name, after in msgspec.structs.asdict(story.latency).items()
    )
    yield from map(_settlement, story.settlements)
    if not story.settlements:
        yield "Its market is not settled."


# ---- the decision ----


def _decision_in_words(story: Story) -> Iterator[str]:
    decision = story.decision
    yield ""
    if decision is None:
        yield "No decision of ours led to it: the venue reported it."
        return
    yield f"Decision {decision.id} of {decision.strategy} at {_time(story.decided_ns)}, because {decision.because}"
    model = decision.fair_model or "no model"
    yield f"  fair value {_e9(decision.probability_e9)} by {model}, {decision.fair_age_ms} ms old"
    if decision.limit_e9:
        wanted = f"{format_micros(decision.claims_micros)} claims at {_e9(decision.limit_e9)} net or better"
        yield f"  wanted: {decision.side} {wanted}"
    worst, cap = format_micros(decision.worst_before_micros), format_micros(decision.cap_micros)
    yield f"  worst loss of the event before: {worst}, cap {cap}"
    for candidate in decision.candidates:
        yield from _candidate_in_words(candidate)
    for refused in story.refused:
        yield f"  refused by our own risk: {refused.instrument}, {refused.reason}"
    for beside in story.beside:
        yield f"  sent beside it: {beside.ref} at {beside.instrument}"
    yield from _recomputed_in_words(decision)
    if (worth := order_worth(_as_decided(story), decision)) is not None:
        yield from _worth_in_words(worth)


def _as_decided(story: Story) -> Order:
    """The order with the terms that its decision gave it: what it was changed to in place is another decision's."""
    placed = next((told.body for told in story.told if isinstance(told.body, PlaceOrder)), None)
    return story.order if placed is None else replace(story.order, price=placed.price, size_micros=placed.size_micros)


def _slippage_in_words(slippage: Slippage) -> str:
    """What a claim cost beyond its fair value, in units of the venue's currency; below 0 it was had for less."""
    parts = ", ".join(f"{name} {units(part)}" for name, part in msgspec.structs.asdict(slippage).items())
    return f"slippage of a claim from its fair value: {units(slippage.total)} ({parts})"


def _candidate_in_words(candidate: Candidate) -> Iterator[str]:
    part, whole = candidate.net_price
    net = f"net {units(Fraction(part, whole))}" if whole else "no price"
    given = ", ".join(_bet(candidate.kind, price, size) for price, size in candidate.allotted)
    why_not = candidate.refused or "others were better, or the limit was reached"
    yield f"  {candidate.instrument}: {net}; {f'given {given}' if given else f'nothing, {why_not}'}"
    levels = ", ".join(_bet(candidate.kind, price, size) for price, size in candidate.levels)
    yield f"    showed {levels or 'nothing'}; fee {_fee(candidate.fee)}; rate {_e8(candidate.rate_e8)}"
    win, lose = format_micros(candidate.win_micros), format_micros(candidate.lose_micros)
    spend = format_micros(candidate.available_micros)
    if candidate.own_price:
        own = format_micros(candidate.own_price * MICROS // NATIVE_SCALE[candidate.kind])
        yield f"    from {own} on our own order stands"
    if candidate.under_way_micros:
        yield f"    beside {format_micros(candidate.under_way_micros)} that takes of ours are on their way to"
    if candidate.maker and candidate.queue != NO_QUEUE:
        yield f"    {_waiting(candidate)}"
    if candidate.score != candidate.net_price and candidate.score[1]:
        yield f"    {_doubt(candidate)}"
    yield f"    our result there before: {win} if it wins, {lose} if it loses; {spend} to spend"


def _doubt(candidate: Candidate) -> str:
    """What is not sure there, and the net price that was expected with it."""
    part, whole = candidate.score
    sure, score = format_micros(candidate.fill_ppm), units(Fraction(part, whole))
    wait = f", which may cost {_e9(candidate.answer_e9)} a claim" if candidate.answer_e9 else ""
    delay = f", its bet delay may cost {_e9(candidate.delay_e9)} a claim" if candidate.delay_e9 else ""
    return f"matched {sure} of what we took lately, answered in {candidate.answer_us} us{wait}{delay}: expected {score}"


def _waiting(candidate: Candidate) -> str:
    """The queue that an order comes to rest in, and how sure it was held to be to be matched there in time."""
    queue = candidate.queue
    stands = f"{format_micros(queue.ahead_micros)} before it, {format_micros(queue.against_micros)} against it"
    if not candidate.rest_ppm:
        return stands
    chance, first = format_micros(candidate.fill_ppm), format_micros(candidate.rest_ppm)
    return f"{stands}; matched within {HORIZON_MS // 1_000} s with chance {chance}, {first} with nobody before it"


def _worth_in_words(worth: Worth) -> Iterator[str]:
    yield "  net prices, best first: " + ", ".join(f"{quote.id} {units(quote.net)}" for quote in worth.ranking)
    yield f"  this order: {at_odds(worth.bet)}, or {in_contracts(worth.bet)}; a first bet there: {units(worth.net)} net"
    worthwhile = "" if worth.ev is None else f"; at the fair value it adds {units(worth.ev.delta)} to what we expect"
    yield f"    with what we held it breaks even at {units(worth.even.p_star)}{worthwhile}"


def _recomputed_in_words(decision: DecisionTaken) -> Iterator[str]:
    differences = recompute(decision).differences
    yield "  worked out again from this record: " + ("the same" if not differences else "; ".join(differences))


def _fee(fee: FeeTerms) -> str:
    """The family, and every rate that is not zero."""
    fields = msgspec.to_builtins(fee)
    rates = [(name.removesuffix("_ppm"), ppm) for name, ppm in fields.items() if name.endswith("_ppm") and ppm]
    return " ".join([fields["type"], *(f"{name} {format_micros(ppm * 100)} %" for name, ppm in rates)])


# ---- what was said ----


def said(told: Told, kind: PriceKind) -> str:
    """One record about the order in words."""
    return _SAYINGS[type(told.body)](told.body, kind)


def _placed(body: PlaceOrder, kind: PriceKind) -> str:
    return f"written down and sent: {body.side} {_bet(kind, body.price, body.size_micros)}, {body.tif}"


def _accepted(body: OrderAccepted, _: PriceKind) -> str:
    return f"accepted as {body.venue_order_id or 'an order without a name'}{_by(body.evidence)}"


def _filled(body: OrderFilled, kind: PriceKind) -> str:
    fill = body.fill
    price = _average(kind, claims_micros=fill.claims_micros, cost_micros=fill.cost_micros) or "-"
    made = "made" if fill.maker else "taken"
    return (
        f"matched {format_micros(fill.size_micros)} @ {price}, {made}, fee {format_micros(fill.fee_micros)}, "
        f"{fill.id}{_by(body.evidence)}"
    )


def _reported(body: OrderReported, kind: PriceKind) -> str:
    price = _average(kind, claims_micros=body.claims_micros, cost_micros=body.cost_micros)
    parts = [f"matched {format_micros(body.matched_micros)}{f' @ {price}' if price else ''}"]
    gone = {"cancelled": body.cancelled_micros, "lapsed": body.lapsed_micros, "voided": body.voided_micros}
    parts += [f"{name} {format_micros(micros)}" for name, micros in gone.items() if micros]
    return f"reported: {', '.join([*parts, 'nothing left' if body.closed else 'open'])}{_by(body.evidence)}"


def _settled(body: MarketSettled, kind: PriceKind) -> str:
    told = "".join(f", of the order {_reported(report, kind)}" for report in body.annulled)
    return f"its market was settled by statement {body.statement}{told or _by(Evidence.STATEMENT)}"


def _average(kind: PriceKind, *, claims_micros: int, cost_micros: int) -> str:
    """The price that matches came to in the venue's own units, empty where nothing was matched."""
    part, whole = (cost_micros, claims_micros) if kind is PriceKind.CONTRACT else (claims_micros, cost_micros)
    return format_micros(part * MICROS // whole) if whole else ""


def _round(body: VenueReported, kind: PriceKind) -> str:
    reports = [_reported(order.report, kind) for order in body.orders if order.report is not None]
    return "met in a round against the venue: " + (reports[0] if reports else f"it is open there{_by(Evidence.PULL)}")


def _by(evidence: Evidence) -> str:
    return f" [{evidence.name.lower().replace('_', ' ')}]"


_SAYINGS: dict[type, Callable[[Any, PriceKind], str]] = {
    PlaceOrder: _placed,
    OrderAccepted: _accepted,
    OrderRejected: lambda b, _: f"rejected: {b.reason}{f', {b.detail}' if b.detail else ''}{_by(b.evidence)}",
    OrderUnanswered: lambda b, _: f"no answer ({b.detail or 'none came'}): it may have landed{_by(b.evidence)}",
    OrderFilled: _filled,
    OrderReported: _reported,
    OrderAbsent: lambda b, _: f"asked for and not found{_by(b.evidence)}",
    OrderMissing: lambda b, _: (
        f"{b.queries} late queries did not find it: nothing of it is open there{_by(b.evidence)}"
    ),
    CancelOrder: lambda b, _: f"cancel {b.request} written down and sent",
    AmendOrder: lambda b, kind: (
        f"amend {b.request} of {b.ref} to {_bet(kind, b.price, b.size_micros)}"
        f"{f', to go on as {b.successor},' if b.successor else ''}{f' by decision {b.decision}' if b.decision else ''}"
        " written down and sent"
    ),
    AmendAccepted: lambda b, kind: f"amended to {_bet(kind, b.price, b.size_micros)} by {b.request}{_by(b.evidence)}",
    AmendRefused: lambda b, _: f"amend {b.request} refused{f', {b.detail}' if b.detail else ''}{_by(b.evidence)}",
    AmendUnanswered: lambda b, _: f"no answer to amend {b.request}: either terms may hold{_by(b.evidence)}",
    CancelAccepted: lambda b, _: f"{format_micros(b.size_micros)} cancelled by {b.request}{_by(b.evidence)}",
    CancelRefused: lambda b, _: (
        f"cancel {b.request} refused: {b.reason}{f', {b.detail}' if b.detail else ''}{_by(b.evidence)}"
    ),
    CancelUnanswered: lambda b, _: f"no answer to cancel {b.request}: it may have landed{_by(b.evidence)}",
    OrderLapsed: lambda b, _: f"{format_micros(b.size_micros)} lapsed, {b.message_id}{_by(b.evidence)}",
    OrderVoided: lambda b, _: f"{format_micros(b.size_micros)} of the {b.part} part voided{_by(b.evidence)}",
    OrderVouched: lambda b, _: f"{b.who} was told by the venue that {told_in_words(b)}: {b.why}{_by(b.evidence)}",
    VenueReported: _round,
    MarketSettled: _settled,
    RunResumed: lambda *_: "another process took the run over",
    BreakFound: lambda b, _: f"a break was found, {b.kind}: {b.detail}",
    BreakHealed: lambda b, _: f"the break {b.kind} was healed: {b.proof}",
    AlertRaised: lambda b, _: f"an alert was raised, {b.about}: {b.detail}",
}


# ---- money and time ----


def _posting(entry: Entry) -> str:
    lines = ", ".join(f"{account} {format_micros(micros)} {currency}" for account, currency, micros in entry.lines)
    return f"booked: {lines}"


def _settlement(settled: Settlement) -> str:
    statement = settled.statement
    results = ", ".join(f"{selection} {result}" for selection, result in statement.results.items())
    profit, commission = format_micros(statement.profit_micros), format_micros(statement.commission_micros)
    ours = "not known" if settled.expected_micros is None else format_micros(settled.expected_micros)
    corrected = f", in place of {settled.corrects}" if settled.corrects else ""
    return (
        f"Settled by statement {statement.statement}{corrected} ({results}): the whole market brought {profit} gross, "
        f"{ours} by our own fills, commission {commission}"
    )


def _bet(kind: PriceKind, price: int, size_micros: int) -> str:
    return f"{format_micros(size_micros)} @ {format_micros(price * MICROS // NATIVE_SCALE[kind])}"


def _e9(amount: int) -> str:
    return format_micros(amount // 1_000)


def _e8(amount: int) -> str:
    return format_micros(amount // 100)


def _time(wall_ns: int) -> str:
    seconds, ns = divmod(wall_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{ns // 1_000:06d} UTC"


def _after(us: int) -> str:
    return f"{format_micros(us * 1_000)} ms"
