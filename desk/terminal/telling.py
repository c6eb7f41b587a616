"""An order's story and a plan to flatten, in lines that people read."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from desk.flatten_views import FlattenPlan
from desk.terminal.figures import money, percent, size, span
from desk.terminal.lines import Cell, Column, cell, fit, lay_out, row
from desk.terminal.palette import Palette

WIDTH = 104


def story_lines(body: bytes, palette: Palette) -> list[Cell]:
    """The story as `/v1/explain/ORDER` tells it: who wanted what and why, what each place offered, what happened."""
    story = msgspec.json.decode(body, type=dict[str, Any])
    words = story.get("words")
    if isinstance(words, list):
        return [cell(str(line), palette.paper) for line in words]
    return [*_order(story, palette), (), *_decision(story, palette), (), *_events(story, palette)]


def _order(story: Mapping[str, Any], palette: Palette) -> Iterable[Cell]:
    order, market = story["order"], story["market"]
    listing = story["instrument"]["listing"]
    kind = story["instrument"]["terms"]["kind"]
    style = palette.back if order["side"] == "back" else palette.lay
    price = _price(kind, order["price"])
    yield (
        (f" {order['side'].upper()} ", style),
        (f" {size(order['size_micros'])} at {price}", palette.strong),
        (f" on {market['outcomes'][listing['outcome']]}", palette.strong),
        (f", {story['event']['name']}, {market['kind'].replace('_', ' ')}", palette.paper),
    )
    matched = order.get("matched_micros", 0)
    yield (
        (f"at {listing['venue']} for {order['strategy']}: ", palette.faint),
        (str(story["state"]), palette.alarm if story["state"] == "UNKNOWN" else palette.strong),
        (f", matched {size(matched) or '0'} of {size(order['size_micros'])}", palette.paper),
    )


def _decision(story: Mapping[str, Any], palette: Palette) -> Iterable[Cell]:
    decision = story.get("decision")
    if decision is None:
        yield cell("No decision of ours led to it: the venue reported it.", palette.warn)
        return
    fair = percent(decision["probability_e9"] // 1000, places=2)
    yield (
        ("Why  ", palette.group),
        (f"{decision['strategy']}: {decision['because']}", palette.paper),
    )
    yield (
        ("     fair value ", palette.faint),
        (f"{fair}%", palette.fair),
        (f" by {decision['fair_model'] or 'no model'}, {decision['fair_age_ms']} ms old; ", palette.faint),
        (
            f"worst loss before {money(decision['worst_before_micros'])} of {money(decision['cap_micros'])}",
            palette.faint,
        ),
    )
    yield cell("Where", palette.group)
    for candidate in decision["candidates"]:
        part, whole = candidate["net_price"]
        net = f"net {percent(part * 1_000_000 // whole, places=2)}%" if whole else "no price"
        given = ", ".join(
            f"{size(micros)} at {_price(candidate['kind'], price)}" for price, micros in candidate["allotted"]
        )
        why_not = candidate["refused"] or "others were better, or the limit was reached"
        yield (
            *fit(cell(f"     {candidate['instrument']}", palette.paper), 46),
            ("  ", palette.paper),
            (f"{net:<14}", palette.strong),
            (f"given {given}", palette.good) if given else (f"nothing: {why_not}", palette.faint),
        )


def _events(story: Mapping[str, Any], palette: Palette) -> Iterable[Cell]:
    yield cell("What happened", palette.group)
    for told in story["told"]:
        after = span(told["after_us"]) if told["after_us"] else "0"
        yield (
            (f"  {after:>10}  ", palette.faint),
            (f"{told['body']['type']:<22}", palette.paper),
            (f"{told['state']:<18}", palette.strong),
            (
                f"matched {size(told['matched_micros']) or '0'}, left {size(told['remaining_micros']) or '0'}",
                palette.faint,
            ),
        )
    times = [
        f"{name.removesuffix('_us')} {span(value)}"
        for name, value in story["latency"].items()
        if isinstance(value, int)
    ]
    yield (("From the decision: ", palette.group), (", ".join(times) or "nothing was measured", palette.paper))


def _price(kind: str, native: int) -> str:
    """A native price as people write it; see `domain.odds.PriceKind`."""
    if kind == "contract":
        return f"{native // 100}¢" if native % 100 == 0 else f"{native // 100}.{native % 100:02d}¢"
    return f"{native // 100}.{native % 100:02d}"


FLATTEN_COLUMNS = (
    Column("side", "side", 4),
    Column("size", "size", 6, right=True),
    Column("price", "price", 6, right=True),
    Column("venue", "venue", 10),
    Column("outcome", "outcome", 20, grow=1),
    Column("event", "event", 26, grow=1),
    Column("cost", "cost", 9, right=True),
)


def flatten_lines(plan: FlattenPlan, palette: Palette) -> list[Cell]:
    """The plan: each order with what it costs against the fair value, and what no order could take out."""
    laid = lay_out(FLATTEN_COLUMNS, WIDTH)
    if not plan.orders and not plan.left:
        return [cell("Nothing is held: there is nothing to take out.", palette.good)]
    lines: list[Cell] = [row(laid, {c.key: cell(c.title, palette.heading) for c, _ in laid}, palette.heading)]
    for one in plan.orders:
        style = palette.back_size if one.side.value == "back" else palette.lay_size
        cost = "?" if one.cost_micros is None else money(one.cost_micros)
        cells = {
            "side": cell(one.side.upper(), style),
            "size": cell(size(one.size_micros), palette.paper),
            "price": cell(one.price, palette.strong),
            "venue": cell(one.venue, palette.paper),
            "outcome": cell(one.outcome_name, palette.paper),
            "event": cell(one.event_name, palette.faint),
            "cost": cell(cost, palette.warn),
        }
        lines.append(row(laid, cells, palette.paper))
    for left in plan.left:
        why = ", ".join(reason.replace("_", " ") for reason in left.why)
        held = f"{size(abs(left.claims_micros))} claims on {left.outcome_name}, {left.event_name}"
        text = f"no order takes out {held}: {why}"
        lines.append(cell(text, palette.bad))
    count = f"{len(plan.orders)} order{'s' * (len(plan.orders) != 1)}"
    total = f"{count}, {money(plan.cost_micros)} {plan.base} against the fair values, after fees."
    return [*lines, (), cell(total, palette.strong)]
