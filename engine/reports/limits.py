"""How near to each limit we came: one row for each limit and what it bounds."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from desk.reports.books import Limit
from domain.ids import InstrumentId, MarketId
from domain.messages import RunResumed
from domain.stops import AlertRaised
from engine.limit_uses import DAY_NS, DESK
from engine.reports.rows import RunRows
from risk.limits import cap_of, limits_of
from risk.verdicts import RefusalReason
from storage.queries import Found

CAP_EVENT = RefusalReason.CAP_EVENT.value
POSITION = RefusalReason.POSITION_LIMIT.value

FIELDS = {
    reason.value: f"{reason.value}_micros"
    for reason in (
        RefusalReason.CAP_ORDER,
        RefusalReason.CAP_MARKET,
        RefusalReason.CAP_EVENT,
        RefusalReason.CAP_TOTAL,
        RefusalReason.CAP_DAY,
        RefusalReason.CAP_LEAGUE,
        RefusalReason.CAP_SPORT,
        RefusalReason.CAP_MODEL,
        RefusalReason.CAP_VENUE,
        RefusalReason.CAP_STRATEGY,
    )
} | {POSITION: "position_claims_micros"}
"""Limits that the report tells, by their refusals, with the names of their figures."""

ONCE = ("cap_order", "cap_total", "cap_day")
"""Limits of the whole desk: their rows are there though nothing was in use."""

CLAIMS = "claims"


def limits(rows: RunRows, *, since_ns: int, until_ns: int) -> list[Limit]:
    """Every limit of the day with the most of it that was in use."""
    version, figures = _in_force(rows, until_ns)
    day = since_ns // DAY_NS
    uses = {(row["reason"], row["subject"]): row for row in rows.table("limit_uses") if row["day"] == day}
    refused, alerts = _refused(rows, since_ns, until_ns), _alerts(rows, since_ns, until_ns)
    subjects = {*uses, *refused, *alerts, *((CAP_EVENT, event) for event in rows.events)}
    subjects |= {(name, DESK) for name in ONCE}
    found = []
    for reason, subject in sorted(subjects, key=lambda one: ([*FIELDS].index(one[0]), one[1])):
        figure = figures.get(FIELDS[reason])
        most = cap_of(figure, subject) if isinstance(figure, dict) else figure
        if most is None:
            continue
        use = uses.get((reason, subject))
        used = 0 if use is None else use["used_micros"]
        name, event = _about(rows, reason, subject)
        found.append(
            Limit(
                limit=reason,
                subject=subject,
                name=name,
                event=event,
                unit=CLAIMS if reason == POSITION else rows.started.base,
                used_micros=used,
                limit_micros=most,
                headroom_micros=most - used,
                used_ppm=used * 1_000_000 // most,
                reached_ns=None if use is None else use["at_ns"],
                refused=refused[reason, subject],
                alerts=alerts[reason, subject],
                source=f"[limits] {FIELDS[reason].removesuffix('_micros')}",
                version=version,
            )
        )
    return found


def _in_force(rows: RunRows, until_ns: int) -> tuple[str, Mapping[str, int | dict[str, int]]]:
    """The limits at the end of the day, and the hash of the configuration that they are of."""
    version, figures = rows.started.config_hash, rows.started.limits
    for row, body in rows.said(RunResumed):
        if row["wall_ns"] < until_ns:
            version, figures = body.config_hash, body.limits or figures
    return version, limits_of(figures) or {
        FIELDS[CAP_EVENT]: rows.started.cap_micros
    }  # journals from before limits were told


def _about(rows: RunRows, reason: str, subject: str) -> tuple[str, str]:
    """What a limit bounds as people call it, and the event that it is of, if of one."""
    if reason == CAP_EVENT:
        return rows.events[subject].name, subject
    if reason == RefusalReason.CAP_MARKET.value:
        event = rows.markets[MarketId(subject)].event
        return f"{rows.events[event].name}, {rows.markets[MarketId(subject)].kind}", event
    if reason == POSITION:
        return subject, rows.event_of(InstrumentId(subject))
    if subject:
        return subject, ""
    return "each order" if reason == RefusalReason.CAP_ORDER.value else "the desk", ""


def _refused(rows: RunRows, since_ns: int, until_ns: int) -> Counter[tuple[str, str]]:
    """Noes by limit and what it bounds."""
    models = _models(rows, until_ns)
    found: Counter[tuple[str, str]] = Counter()
    for row in rows.table("refusals"):
        if since_ns <= row["wall_ns"] < until_ns and row["reason"] in FIELDS:
            found[row["reason"], _bounded(rows, row, models)] += 1
    return found


def _bounded(rows: RunRows, row: Found, models: Mapping[str, list[tuple[int, str]]]) -> str:
    """What the limit that said no bounds."""
    instrument = rows.instruments[InstrumentId(row["instrument"])]
    event = rows.events[rows.event_of(instrument.id)]
    match RefusalReason(row["reason"]):
        case RefusalReason.CAP_MARKET:
            return instrument.listing.market
        case RefusalReason.CAP_EVENT:
            return event.id
        case RefusalReason.CAP_LEAGUE:
            return event.league
        case RefusalReason.CAP_SPORT:
            return event.sport
        case RefusalReason.CAP_VENUE:
            return instrument.listing.venue
        case RefusalReason.CAP_STRATEGY:
            strategy: str = row["strategy"]
            return strategy
        case RefusalReason.CAP_MODEL:
            told = models[instrument.listing.market]
            return next((model for seq, model in reversed(told) if seq < row["seq"]), "")
        case RefusalReason.POSITION_LIMIT:
            return instrument.id
    return DESK


def _models(rows: RunRows, until_ns: int) -> Mapping[str, list[tuple[int, str]]]:
    """Whose fair values decided in each market, and from which record on."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in rows.table("decisions"):
        if row["wall_ns"] < until_ns and row["fair_model"]:
            found[row["market"]].append((row["seq"], row["fair_model"].rpartition(" ")[0]))
    return found


def _alerts(rows: RunRows, since_ns: int, until_ns: int) -> Counter[tuple[str, str]]:
    """How often the use of a limit came to a level of warning."""
    return Counter(_warned(rows, since_ns, until_ns))


def _warned(rows: RunRows, since_ns: int, until_ns: int) -> Iterator[tuple[str, str]]:
    for row, body in rows.said(AlertRaised):
        if since_ns <= row["wall_ns"] < until_ns and body.about.startswith("limit_"):
            if body.subject == "total":
                yield "cap_total", DESK
            elif body.subject in rows.events:
                yield CAP_EVENT, body.subject
            elif InstrumentId(body.subject) in rows.instruments:
                yield POSITION, body.subject
