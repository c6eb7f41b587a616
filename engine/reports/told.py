"""What a report says that no journal holds, such as whose desk it is: out of the configuration, or out of a pack."""

from datetime import UTC, date, datetime, timedelta

import msgspec

from desk.reports.books import About
from engine.reports.rows import DAY_NS, RunRows

EPOCH = datetime(1970, 1, 1, tzinfo=UTC).date()


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is written into a report from outside of the journal."""

    legal_entity: str
    owner: str
    controller: str
    customer_type: str
    geo_evidence: str = ""
    terms: dict[str, str] = {}


def about_told(of: About) -> Told:
    """What a report was told, as it says itself."""
    return Told(**{name: getattr(of, name) for name in Told.__struct_fields__})


def about(rows: RunRows, report: str, day: int, told: Told) -> About:
    """What a report of a day is about; `day` counts from 1970."""
    (run,) = rows.table("runs")
    return About(
        report=report,
        run=rows.run,
        mode=run["mode"],
        base=run["base"],
        day=day_name(day),
        since_ns=day * DAY_NS,
        until_ns=(day + 1) * DAY_NS,
        records=rows.records,
        head=rows.head,
        config_hash=run["config_hash"],
        rates_e8=dict(sorted(rows.started.rates_e8.items())),
        rates_dated=rows.started.rates_dated,
        legal_entity=told.legal_entity,
        owner=told.owner,
        controller=told.controller,
        customer_type=told.customer_type,
        geo_evidence=told.geo_evidence,
        terms=told.terms,
        ended=run["ended_reason"],
        cap_event_base_micros=run["cap_base_micros"],
    )


def day_name(day: int) -> str:
    """A day counted from 1970, as `2026-11-20`."""
    return (EPOCH + timedelta(days=day)).isoformat()


def day_of(name: str) -> int:
    """A day written as `2026-11-20`, counted from 1970. Raises ValueError."""
    return (date.fromisoformat(name) - EPOCH).days
