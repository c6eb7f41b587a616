"""The page of the end-of-day pack: what was made and from what, whether the books agree, what to look at."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from html import escape

from desk.reports.agreement_page import balances_table, breaks_table, not_compared, settlements_table
from desk.reports.books import COMPONENTS, Conduct, EndOfDay, Held, Limit, Match, Share
from desk.reports.charts import Line, over_time
from desk.reports.figures import NOTHING, counted, money, percent
from desk.reports.frame import section
from desk.reports.page import page
from desk.reports.tabling import (
    MS,
    ROWS_MAX,
    Column,
    Light,
    cents,
    cents_grid,
    clock,
    colophon,
    first_rows,
    lights,
    masthead,
    rounded,
    signed,
    table,
)
from desk.reports.waterfalls import Step, waterfall

NAMES = {
    "edge": "edge",
    "spread": "spread",
    "adverse_1s": "moved to 1 s",
    "adverse_10s": "moved to 10 s",
    "adverse_60s": "moved to 60 s",
    "outcome": "outcome",
    "fees": "fees",
    "commission": "commission",
    "voids": "voids",
    "rounding": "venues' rounding",
    "suspense": "suspense",
    "fx": "FX",
    "conversion": "conversion",
}
"""What the parts are called on the page."""

WARNED_PPM = (750_000, 900_000)
"""A limit that was used so far is worth a look, and a second one."""


def eod_page(pack: EndOfDay) -> str:
    """The whole page."""
    body = "\n".join(
        (
            masthead(pack.about, "End of day", pack.about.day, verdict(pack)),
            lights(judged(pack)),
            _sources(pack),
            _by(pack, "By strategy", lambda share: share.strategy),
            _by(pack, "By event", lambda share: pack_event(pack, share.event)),
            _by_venue(pack),
            _curve(pack),
            section("Wallets", BALANCES_SAID, balances_table(pack.balances), long=True),
            section(
                "Breaks", "Every disagreement with a venue that stood today.", breaks_table(pack.breaks), long=True
            ),
            section("Settlements", SETTLED_SAID, settlements_table(pack.settlements), long=True),
            _positions(pack),
            _limits(pack.limits, pack.about.base),
            _conduct(pack),
            _matches(pack.matches),
            colophon(pack.about),
        )
    )
    return page(f"End of day {pack.about.day}", body, wide=True)


BALANCES_SAID = (
    "What each wallet was worth when the day began, what came in or left, what was earned, and what it was worth at "
    "the end, in its own currency. Agreed: a reconciliation round ended then with no break of the balance."
)
SETTLED_SAID = "Each statement of a venue that was booked today; one that another took the place of does not stand."


def total(shares: Sequence[Share]) -> int:
    """What all of them made."""
    return sum(share.total_micros for share in shares)


def pack_event(pack: EndOfDay, event: str) -> str:
    """An event by its name."""
    return next(
        (one.name for one in pack.limits if (one.limit, one.subject) == ("cap_event", event)), event or "no event"
    )


def verdict(pack: EndOfDay) -> str:
    """The day in one sentence."""
    made, base = total(pack.attribution_base), pack.about.base
    open_ = sum(share.open_micros for share in pack.attribution_base)
    said = f"{money(made, signed=True)} {base} made"
    said += (
        f", of it {money(open_, signed=True)} in bets that are not settled" if rounded(open_) else ", all of it settled"
    )
    wrong = [light.name.lower() for light in judged(pack) if not light.good]
    return f"{said}. " + (f"Look at: {', '.join(wrong)}." if wrong else "Nothing stands open with any venue.")


def judged(pack: EndOfDay) -> list[Light]:
    """What is in order and what a person should look at."""
    apart = [one for one in pack.balances if one.apart_micros or one.lines_apart_micros]
    unproven = [one for one in pack.balances if one.doubt]
    standing = [one for one in pack.breaks if one.stands]
    suspense = [one for one in pack.balances if one.suspense_micros]
    filled = [one for one in pack.limits if one.limit != "cap_order"]  # orders are made as large as they may be
    used = max(filled, key=lambda one: one.used_ppm, default=None)
    apart_in = unattributed(pack)
    agreed = [clock(one.agreed_ns) for one in pack.balances if one.agreed_ns is not None]
    balanced = f"each venue's figure is ours as of {min(agreed, default=NOTHING)} UTC; what it did later is not in them"
    alerts, to_judge = sum(one.alerts for one in pack.conduct), sum(one.to_judge for one in pack.conduct)
    return [
        Light(
            "Balances",
            not (apart or unproven),
            f"{', '.join(one.venue for one in apart)} not agreed"
            if apart
            else "; ".join(f"{one.venue} {not_compared(one)}" for one in unproven) or balanced,
            unproven=not apart,
        ),
        Light(
            "Breaks",
            not standing,
            f"{counted(len(standing), 'stands', 'stand')}, {money(sum(one.money_base_micros for one in standing))} "
            f"{pack.about.base}"
            if standing
            else f"none stands; {counted(len(pack.breaks), 'ended', 'ended')} today",
        ),
        Light(
            "Attribution",
            not apart_in,
            f"parts and ledger differ in {', '.join(apart_in)}" if apart_in else "the parts add up to the ledger",
        ),
        Light(
            "Suspense",
            not suspense,
            "nothing that nobody can explain" if not suspense else ", ".join(one.venue for one in suspense),
        ),
        Light(
            "Limits",
            used is None or used.used_ppm < WARNED_PPM[0],
            "no limit is known"
            if used is None
            else f"at most {percent(used.used_ppm, 1_000_000)} of a limit used, {LIMITS[used.limit]} ({used.name})",
        ),
        Light(
            "Conduct",
            not alerts,
            (counted(alerts, "alert") if alerts else "no alert")
            + (f"; {counted(to_judge, 'finding')} about pulled quotes, to judge below" if to_judge else ""),
        ),
    ]


def unattributed(pack: EndOfDay) -> list[str]:
    """The currencies in which the parts are not what wallets earned: none, or the report is wrong."""
    left: dict[str, int] = defaultdict(int)
    for wallet in pack.balances:
        left[wallet.currency] += wallet.made_micros
    for share in pack.attribution:
        left[share.currency] -= share.total_micros - share.open_micros - share.fx_micros
    return sorted(currency for currency, micros in left.items() if micros)


def _sources(pack: EndOfDay) -> str:
    base = pack.about.base
    shares = pack.attribution_base
    micros = [sum(getattr(share, f"{name}_micros") for share in shares) for name in COMPONENTS]
    steps = [Step(NAMES[name], one) for name, one in zip(COMPONENTS, cents(micros), strict=True) if one]
    matches = sum(share.matches for share in shares)
    unmarked = [sum(getattr(share, name) for share in shares) for name in MARKS]
    measured = ", ".join(
        f"{matches - one:,} at {when}" for one, when in zip(unmarked, ("the match", "1 s", "10 s", "60 s"), strict=True)
    )
    said = (
        f"Net profit of {counted(matches, 'match', 'matches')} taken apart, in {base}. Edge: our fair value against "
        "the market's middle. Spread: the middle against our price. Moved: where the middle went behind the match. "
        "Outcome: what results, or last fair values of what is open, brought beyond that; over many bets it should be "
        "near nought."
    )
    note = (
        f"<p class=under>The middle of the market was known for {measured}. Where it was not (suspended, closed, "
        "one-sided or out of date, or the run ended before), that step is in the next one.</p>"
    )
    return section("Where it came from", said, waterfall(steps, label="net profit by source") + note)


MIDDLES = ("middle_e9", "middle_1s_e9", "middle_10s_e9", "middle_60s_e9")
MARKS = ("unmarked", "unmarked_1s", "unmarked_10s", "unmarked_60s")


def _by(pack: EndOfDay, title: str, of: Callable[[Share], str]) -> str:
    """Base-currency parts in groups, a line each."""
    groups: dict[str, list[Share]] = defaultdict(list)
    for share in pack.attribution_base:
        groups[of(share)].append(share)
    columns = [
        Column("", text=True),
        *map(Column, ("matches", "edge", "spread", "moved", "up to", "outcome", "fees", "other", "net", "of it open")),
    ]
    names = sorted(groups, key=lambda name: (-total(groups[name]), name))
    grid = cents_grid([_grouped(groups[name]) for name in names])
    rows = [
        _line(name, groups[name], told)
        for name, told in zip(names, grid, strict=True)
        if any(told) or _matches_of(groups[name])
    ]
    foot = [_line("all", pack.attribution_base, [sum(column) for column in zip(*grid, strict=True)])] if grid else []
    said = f"The same parts, in {pack.about.base}; fees with commission, other with voids, roundings and exchange. "
    said += "Moved: where the market's middle went behind the matches, up to the last moment of which there is a mark."
    return section(title, said, table(columns, rows, sums=foot), long=True)


def _line(name: str, shares: Sequence[Share], told: Sequence[int]) -> list[str]:
    open_ = sum(share.open_micros for share in shares)
    matches = _matches_of(shares)
    marked = [matches > sum(getattr(share, mark) for share in shares) for mark in MARKS]
    cells = [*map(signed, told[:3]), up_to(marked), *map(signed, told[3:])]
    return [escape(name), f"{matches:,}", *cells, signed(sum(told)), signed(open_)]


def up_to(marked: Sequence[bool]) -> str:
    """The last of the moments behind a match of which a mark is there, where there was one at the match itself."""
    known = [name for name, is_there in zip(("1 s", "10 s", "60 s"), marked[1:], strict=True) if is_there]
    return known[-1] if known and marked[0] else NOTHING


def _matches_of(shares: Sequence[Share]) -> int:
    return sum(share.matches for share in shares)


def _grouped(shares: Sequence[Share]) -> list[int]:
    """The parts in the six columns of a table."""
    names = (
        ("edge",),
        ("spread",),
        ("adverse_1s", "adverse_10s", "adverse_60s"),
        ("outcome",),
        ("fees", "commission"),
        ("voids", "rounding", "suspense", "fx", "conversion"),
    )
    return [sum(getattr(share, f"{name}_micros") for share in shares for name in group) for group in names]


def _by_venue(pack: EndOfDay) -> str:
    """Every part by venue in the venue's own currency."""
    wallets = sorted({(share.venue, share.currency) for share in pack.attribution})
    told = {}
    for venue, currency in wallets:
        of = [share for share in pack.attribution if (share.venue, share.currency) == (venue, currency)]
        told[venue, currency] = cents([sum(getattr(share, f"{name}_micros") for share in of) for name in COMPONENTS])
    columns = [Column("", text=True), *(Column(f"{venue or 'desk'}, {currency}") for venue, currency in wallets)]
    rows = [
        [NAMES[name], *(signed(told[wallet][number]) for wallet in wallets)]
        for number, name in enumerate(COMPONENTS)
        if any(told[wallet][number] for wallet in wallets)
    ]
    foot = [["net", *(signed(sum(told[wallet])) for wallet in wallets)]]
    return section("By venue", "In each venue's own currency.", table(columns, rows, sums=foot))


def _curve(pack: EndOfDay) -> str:
    points = tuple((one.wall_ns // MS, one.made_base_micros) for one in pack.curve)
    if len(points) < 2:
        return section("Over the day", "No market was settled.", "")
    said = f"What the ledger had earned whenever a market was settled, in {pack.about.base}, UTC."
    return section("Over the day", said, over_time([Line("earned", "mid", points)], label="earned", height=220.0))


def _positions(pack: EndOfDay) -> str:
    held: Sequence[Held] = pack.positions
    shown = sorted(held, key=lambda one: (one.settled, -max(one.most_long_claims_micros, one.most_short_claims_micros)))
    columns = [
        Column("contract", text=True),
        Column("event", text=True),
        Column("market", text=True),
        Column("outcome", text=True),
        *map(Column, ("long", "short", "net", "most long", "most short")),
        Column("", text=True),
    ]
    rows = [
        [
            f"<code>{escape(one.contract)}</code>",
            escape(pack_event(pack, one.event)),
            escape(_kind(one.market)),
            escape(one.outcome),
            money(one.long_claims_micros),
            money(one.short_claims_micros),
            signed(one.net_claims_micros),
            money(one.most_long_claims_micros),
            money(one.most_short_claims_micros),
            "settled" if one.settled else "<b>open</b>",
        ]
        for one in shown[:ROWS_MAX]
    ]
    who = f" Owner {held[0].owner}, controlled by {held[0].controller}." if held else ""
    said = f"Large-trader data: claims of one unit of the venue's currency by contract, held at the day's end.{who}"
    body = table(columns, rows) + first_rows(shown, "positions") if rows else ""
    return section("Positions", said if rows else "Nothing was held.", body, long=True)


def _limits(limits: Sequence[Limit], base: str) -> str:
    columns = [
        Column("limit", text=True),
        Column("of", text=True),
        *map(Column, ("most in use", "limit", "headroom", "used")),
        Column("", text=True),
        *map(Column, ("reached", "refused", "alerts")),
    ]
    shown = sorted(limits, key=lambda one: -one.used_ppm)
    rows = [
        [
            LIMITS[one.limit],
            escape(one.name),
            money(one.used_micros) + ("" if one.unit == base else f" <small>{escape(one.unit)}</small>"),
            money(one.limit_micros),
            signed(one.headroom_micros) if one.headroom_micros < 0 else money(one.headroom_micros),
            percent(one.used_ppm, 1_000_000),
            _bar(one.used_ppm),
            clock(one.reached_ns),
            f"{one.refused:,}",
            f"{one.alerts:,}",
        ]
        for one in shown[:ROWS_MAX]
    ]
    said = (
        f"Position-limit report: the most of each limit that was in use today, matched and open orders together, in "
        f"{base} of worst loss or in claims, the fullest first. Refused: noes of the limit, repeats counted once. "
        f"Limits of configuration {limits[0].version[:16]}."
        if limits
        else "No limit is known."
    )
    return section("Limits", said, table(columns, rows) + first_rows(shown, "limits") if rows else "", long=True)


LIMITS = {
    "cap_order": "an order",
    "cap_market": "a market",
    "cap_event": "an event",
    "cap_total": "in all",
    "cap_day": "24 hours",
    "cap_league": "a league",
    "cap_sport": "a sport",
    "cap_model": "a model",
    "cap_venue": "a venue",
    "cap_strategy": "a strategy",
    "position_limit": "a position",
}
"""What limits are called on the page."""


def _bar(ppm: int) -> str:
    """How much of a limit was used, as a small bar."""
    style = "over" if ppm >= WARNED_PPM[1] else "low" if ppm >= WARNED_PPM[0] else "mid"
    width = min(100, ppm // 10_000)
    return (
        '<svg class=small viewBox="0 0 100 10" role="img" aria-label="used">'
        '<rect class="track" width="100" height="10" rx="2"/>'
        f'<rect class="bar {style}" width="{width}" height="10" rx="2"/></svg>'
    )


def _kind(market: str) -> str:
    """What of its event a market is about."""
    return market.rpartition("/")[2].replace("_", " ")


def _conduct(pack: EndOfDay) -> str:
    conduct: Sequence[Conduct] = pack.conduct
    columns = [
        Column("venue", text=True),
        Column("market", text=True),
        *map(Column, ("orders", "amends", "cancels", "rejects", "matches", "orders a match", "median rest")),
        *map(Column, ("self-matches stopped", "served inside", "alerts", "to judge")),
    ]
    rows = [
        [
            escape(one.venue),
            f"{escape(pack_event(pack, one.event))} <small>{escape(_kind(one.market) or one.venue_market)}</small>",
            *(f"{count:,}" for count in (one.orders, one.amends, one.cancels, one.rejects, one.matches)),
            NOTHING if one.orders_per_match_e2 is None else f"{one.orders_per_match_e2 / 100:.1f}",
            NOTHING if one.rested_ms is None else f"{one.rested_ms:,} ms",
            *(f"{count:,}" for count in (one.self_match_blocks, one.crossed_inside, one.alerts, one.to_judge)),
        ]
        for one in sorted(conduct, key=lambda one: (-one.alerts, -one.to_judge, -one.orders))[:ROWS_MAX]
    ]
    orders, matches = sum(one.orders for one in conduct), sum(one.matches for one in conduct)
    ratio = f"{orders / matches:.1f} orders to a match" if matches else "no match"
    said = (
        f"Order-to-trade and self-match report: {counted(orders, 'order')}, {counted(matches, 'match', 'matches')}, "
        f"{ratio}; {sum(one.self_match_blocks for one in conduct):,} stopped before they could meet an order of our "
        "own. Median rest is of orders that matched nothing. To judge: a match while fresh orders of ours on the other "
        "side were cancelled, or orders cancelled as they became the best, which a maker of both sides does whenever "
        "it moves, and a layering does too."
    )
    return section("Conduct", said, table(columns, rows) + first_rows(conduct, "conduct") if rows else "", long=True)


def _matches(matches: Sequence[Match]) -> str:
    columns = [
        Column("time", text=True),
        Column("contract", text=True),
        Column("strategy", text=True),
        Column("side", text=True),
        *map(Column, ("size", "cost", "fee", "edge", "spread", "moved", "up to", "gross")),
    ]
    rows = [
        [
            clock(one.wall_ns),
            f"<code>{escape(one.instrument)}</code>",
            escape(one.strategy),
            one.side,
            money(one.size_micros),
            f"{money(one.cost_micros)} <small>{one.currency}</small>",
            money(one.fee_micros, places=4) if one.fee_micros else NOTHING,
            signed(one.edge_micros),
            signed(one.spread_micros),
            signed(one.adverse_1s_micros + one.adverse_10s_micros + one.adverse_60s_micros),
            up_to([getattr(one, name) is not None for name in MIDDLES]),
            signed(one.gross_micros),
        ]
        for one in sorted(matches, key=lambda one: -abs(one.gross_micros))[:ROWS_MAX]
    ]
    said = "Those that brought or cost most first, each in its venue's currency."
    return section("Matches", said, table(columns, rows) + first_rows(matches, "matches") if rows else "", long=True)
