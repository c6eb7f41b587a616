"""The page of the reconciliation report: green, amber or red on top, breaks by money and age, how it came so."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from html import escape

from desk.reports.books import Agreement, Balance, Break, Round, Settled, Trend
from desk.reports.charts import Bar, Line, columns, over_time
from desk.reports.figures import NOTHING, counted, day_and_minute, lasting, money, shortened
from desk.reports.frame import section
from desk.reports.page import page
from desk.reports.tabling import (
    MS,
    ROWS_MAX,
    Column,
    Light,
    clock,
    colophon,
    first_rows,
    lights,
    masthead,
    signed,
    table,
)
from domain.money import MICROS

AGES_MS = (("under a minute", 60_000), ("under an hour", 3_600_000), ("under a day", 86_400_000), ("a day and more", 0))
"""Breaks grow more serious with age; suspense of a day pages somebody."""

DAY_NS = 86_400 * 10**9

WHOLE_TICKS = 5.0
"""An axis of counts that reaches so far has no fractions beside it."""

STYLES = {"CRITICAL": "low", "HIGH": "low", "MEDIUM": "mid", "LOW": "plain"}


def agreement_page(report: Agreement) -> str:
    """The whole page."""
    parts = [
        masthead(report.about, "Reconciliation", report.about.day, verdict(report)),
        lights([_light(report, one) for one in report.balances]),
        _standing(report),
        _ended(report),
        _trend(report),
        _rounds(report),
        section("Wallets", WALLETS_SAID, balances_table(report.balances), long=True),
        _disputed(report),
        colophon(report.about),
    ]
    return page(f"Reconciliation {report.about.day}", "\n".join(parts), wide=True)


WALLETS_SAID = (
    "Our figure for what each venue calls our balance; apart is what the venue's has beyond it by a standing break. "
    "As of: when the venue was last asked and had the same; what it did after that is not in these figures. Amber: "
    "that is not the last word of the wallet."
)


def verdict(report: Agreement) -> str:
    """Whether a risk officer can close the page again."""
    standing = [one for one in report.breaks if one.stands]
    if standing:
        money_ = money(sum(one.money_base_micros for one in standing))
        oldest = lasting(max(one.age_ns for one in standing) // MS)
        worst = next(name for name in STYLES if any(one.severity == name for one in standing))
        return (
            f"{counted(len(standing), 'break stands', 'breaks stand')} over {money_} {report.about.base}, the worst "
            f"{worst.lower()}, the oldest {oldest} old."
        )
    unproven = [f"{one.venue} {not_compared(one)}" for one in report.balances if one.doubt]
    if unproven:
        return f"No break stands, but not every wallet is proven: {'; '.join(unproven)}."
    otherwise = [one.venue for one in report.balances if one.lines_apart_micros]
    if otherwise:
        return f"No break stands, but the venue's own lines say otherwise than our books: {', '.join(otherwise)}."
    rounds = counted(len(report.rounds), "round")
    as_of = f"as of {clock(min((one.agreed_ns for one in report.balances if one.agreed_ns), default=None))} UTC"
    ended = f"{len(report.breaks):,} ended today"
    return f"Our books and every venue's agree {as_of}: no break stands after {rounds}, {ended}."


def _light(report: Agreement, balance: Balance) -> Light:
    standing = [one for one in report.breaks if one.stands and one.venue == balance.venue]
    wrong = standing or balance.suspense_micros or balance.lines_apart_micros
    said = f"{money(balance.venue_figure_micros)} {balance.currency}, "
    said += not_compared(balance) if balance.doubt else f"agreed as of {clock(balance.agreed_ns)} UTC"
    if balance.suspense_micros:
        said += f"; {money(balance.suspense_micros, signed=True)} in suspense"
    if balance.lines_apart_micros:
        said += f"; the venue's own lines are {money(balance.lines_apart_micros)} apart"
    if standing:
        said += f"; {counted(len(standing), 'break stands', 'breaks stand')}"
    return Light(balance.venue, not (wrong or balance.doubt), said, unproven=not wrong)


def not_compared(balance: Balance) -> str:
    """Since when a wallet was not held against the venue's own figure, and why."""
    since = "" if balance.agreed_ns is None else f" since {clock(balance.agreed_ns)} UTC"
    return f"not compared{since}: {balance.doubt}"


def _standing(report: Agreement) -> str:
    standing = [one for one in report.breaks if one.stands]
    if not standing:
        return section("Standing breaks", "None.", "")
    unit = report.about.base
    kinds: dict[str, list[Break]] = defaultdict(list)
    for one in standing:
        kinds[one.kind].append(one)
    by_money = [
        (
            kind.replace("_", " ").lower(),
            [Bar(sum(o.money_base_micros for o in of) / MICROS, STYLES[of[0].severity], kind)],
        )
        for kind, of in sorted(kinds.items())
    ]
    ages = Counter(_age(one) for one in standing)
    by_age = [(name, [Bar(ages[name], "mid", f"{name}: {ages[name]}")]) for name, _ in AGES_MS]
    money_picture = columns(by_money, label="breaks by money", height=200.0)
    age_picture = columns(by_age, label="breaks by age", height=200.0, beside=[WHOLE_TICKS])
    pair = (
        f"<div class=pair><div><h3>By money, {escape(unit)}</h3>{money_picture}"
        f"</div><div><h3>By age, breaks</h3>{age_picture}</div></div>"
    )
    said = "Most money first. Apart: what the venue's amount has beyond ours. Explained ones wait for a person."
    return section("Standing breaks", said, pair + breaks_table(standing), long=True)


def _age(one: Break) -> str:
    return next(name for name, most in AGES_MS if one.age_ns // MS < most or not most)


def _ended(report: Agreement) -> str:
    ended = [one for one in report.breaks if not one.stands]
    said = "What was found and ended today, and how." if ended else "None ended today."
    return section("Ended breaks", said, breaks_table(ended) if ended else "", long=True)


def _trend(report: Agreement) -> str:
    """Breaks by day and run, this one's last."""
    found = report.trend
    said = "No other run of this mode lies beside this one, and it is in its first day; so nothing to compare it with."
    if len(found) > 1:
        said = (
            "Breaks of each day of this run, and of those before it in the same folder or database whose tables are "
            "there: what was found, how long the longest of those that ended stood, and what stood at the end."
        )
    heads = [Column("day", text=True), Column("run", text=True), *map(Column, ("rounds", "found", "money"))]
    heads += [Column(name) for name in ("ended", "longest", "standing", "money standing")]
    rows = [
        [
            one.day,
            f"<code>{escape(one.run)}</code>",
            f"{one.rounds:,}",
            f"{one.found:,}",
            _in_base(one, one.found_base_micros),
            f"{one.ended:,}",
            lasting(one.longest_ns // MS) if one.ended else NOTHING,
            f"<b class=loss>{one.standing:,}</b>" if one.standing else "0",
            _in_base(one, one.standing_base_micros),
        ]
        for one in found[-TREND_ROWS:]
    ]
    more = f"<p class=under>The last {TREND_ROWS} of {len(found):,} days; all are in <code>trend.csv</code>.</p>"
    body = table(heads, rows) + (more if len(found) > TREND_ROWS else "")
    return section("Trend", said, (_pictures(found[-TREND_BARS:]) if len(found) > 1 else "") + body)


def _in_base(one: Trend, micros: int) -> str:
    return f"{money(micros)} <small>{one.base}</small>" if micros else NOTHING


def _pictures(found: Sequence[Trend]) -> str:
    days = len({one.day for one in found}) == len(found)
    names = [one.day[5:] if days else f"{one.day[5:]} {clock(one.since_ns)[:5]}" for one in found]
    told = [
        [
            (name, [Bar(one.found, "mid", f"{one.run}: {one.found:,} found")])
            for name, one in zip(names, found, strict=True)
        ],
        [
            (name, [Bar(one.standing, "over", f"{one.run}: {one.standing:,} standing")])
            for name, one in zip(names, found, strict=True)
        ],
    ]
    pictures = [
        columns(groups, label=label, height=190.0, beside=(WHOLE_TICKS,))
        for groups, label in zip(told, TREND_LABELS, strict=True)
    ]
    halves = "".join(f"<div><h3>{label}</h3>{one}</div>" for label, one in zip(TREND_LABELS, pictures, strict=True))
    return f"<div class=pair>{halves}</div>"


TREND_LABELS = ("Breaks found", "Breaks standing at the end")
TREND_BARS, TREND_ROWS = 10, 14


def _rounds(report: Agreement) -> str:
    if not report.rounds:
        return section("Rounds", "No reconciliation round ended today.", "")
    causes = Counter((one.venue, one.cause.replace("_", " ")) for one in report.rounds)
    names = sorted({cause for _, cause in causes})
    rows = [
        [escape(venue), *(f"{causes[venue, name]:,}" for name in names)] for venue in sorted({v for v, _ in causes})
    ]
    picture = ""
    said = "No break stood behind any round. So many rounds there were for which cause:"
    if any(one.breaks for one in report.rounds):
        picture = over_time(_lines(report.rounds), label="breaks standing behind each round", height=190.0, counts=True)
        said = "Breaks that stood behind each round, UTC, and how many rounds there were for which cause."
    return section("Rounds", said, picture + table([Column("venue", text=True), *map(Column, names)], rows))


def _lines(rounds: Sequence[Round]) -> list[Line]:
    """All venues' standing breaks together, as each round left them."""
    known: dict[str, int] = {}
    points = []
    for one in rounds:
        known[one.venue] = one.breaks
        points.append((one.wall_ns // MS, sum(known.values()) * MICROS))
    return [Line("breaks", "low", tuple(points))]


def _disputed(report: Agreement) -> str:
    """Statements that did not say what our own fills say."""
    told = [one for one in report.settlements if one.difference_micros or one.expected_micros is None or one.corrects]
    said = (
        f"{counted(len(report.settlements), 'statement')} booked today, {len(told):,} of them other than our "
        "own fills said, or in another's place. Rounding: the venue's own roundings explain it."
    )
    return section("Statements", said, settlements_table(told) if told else "", long=True)


def balances_table(balances: Sequence[Balance]) -> str:
    """Each wallet's day."""
    heads = [
        Column("wallet", text=True),
        *map(
            Column,
            ("opened", "moved", "earned", "closed", "behind orders", "behind bets", "the venue's figure", "apart"),
        ),
        *map(Column, ("suspense", "agreed as of")),
    ]
    rows = [
        [
            f"{escape(one.venue)} <small>{one.currency}</small>",
            money(one.opened_micros),
            signed(one.moved_micros),
            signed(one.made_micros),
            money(one.closed_micros),
            money(one.reserved_micros),
            money(one.locked_micros),
            money(one.venue_figure_micros),
            signed(one.apart_micros),
            signed(one.suspense_micros),
            f'<span class="unsure">{clock(one.agreed_ns)}</span>' if one.doubt else clock(one.agreed_ns),
        ]
        for one in balances
    ]
    return table(heads, rows)


def breaks_table(breaks: Sequence[Break]) -> str:
    """Breaks with their money, age and owner."""
    if not breaks:
        return "<p class=under>None.</p>"
    heads = [
        Column("found", text=True),
        Column("venue", text=True),
        Column("kind", text=True),
        Column("severity", text=True),
        Column("subject", text=True),
        *map(Column, ("money", "apart", "age")),
        Column("owner", text=True),
        Column("how it stands", text=True),
    ]
    rows = [
        [
            clock(one.found_ns) if one.age_ns < DAY_NS else day_and_minute(one.found_ns // MS),
            escape(one.venue),
            escape(one.kind),
            escape(one.severity.lower()),
            f"<code>{escape(shortened(one.subject, 30))}</code>",
            money(one.money_base_micros),
            f"{signed(one.apart_micros)} <small>{one.currency}</small>" if one.apart_micros else NOTHING,
            lasting(one.age_ns // MS),
            escape(one.owner or NOTHING),
            _how(one),
        ]
        for one in breaks[:ROWS_MAX]
    ]
    return table(heads, rows) + first_rows(breaks, "breaks")


def _how(one: Break) -> str:
    if one.stands:
        said = "explained, a person has to look" if one.explained else one.detail
        return f"<b class=loss>stands</b> <small>{escape(shortened(said, 70))}</small>"
    by = f" by {one.closed_by}" if one.closed_by else ""
    ended = (one.resolution or "ended").replace("_", " ")
    return f"{escape(ended + by)} <small>{escape(shortened(one.proof, 70))}</small>"


def settlements_table(settlements: Sequence[Settled]) -> str:
    """Statements against our own figures."""
    if not settlements:
        return "<p class=under>None.</p>"
    heads = [
        Column("time", text=True),
        Column("venue", text=True),
        Column("market", text=True),
        *map(Column, ("by our fills", "by the venue", "difference", "commission", "net")),
        Column("", text=True),
    ]
    rows = [
        [
            clock(one.wall_ns),
            escape(one.venue),
            escape(shortened(one.market or one.venue_market, 48)),
            NOTHING if one.expected_micros is None else signed(one.expected_micros),
            signed(one.profit_micros),
            money(one.difference_micros, signed=True, places=4) if one.difference_micros else NOTHING,
            signed(-one.commission_micros),
            f"{signed(one.profit_micros - one.commission_micros)} <small>{one.currency}</small>",
            _word(one),
        ]
        for one in settlements[:ROWS_MAX]
    ]
    return table(heads, rows) + first_rows(settlements, "settlements")


def _word(one: Settled) -> str:
    if not one.stands:
        return "replaced"
    if not one.explained:
        return "<b class=loss>unexplained</b>"
    return "in another's place" if one.corrects else "rounding" if one.difference_micros else ""
