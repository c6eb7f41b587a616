"""The first tables: a run's orders, money and breaks as rows."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Integer, Text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table and the ways to look things up in them."""
    _add_records()
    _add_orders()
    _add_money()
    op.create_index("records_by_ref", "records", ["run", "ref"])
    op.create_index("orders_by_venue_order_id", "orders", ["run", "venue_order_id"])
    op.create_index("order_events_by_ref", "order_events", ["run", "ref"])
    op.create_index("fills_by_ref", "fills", ["run", "ref"])
    op.create_index("decisions_by_id", "decisions", ["run", "decision"])
    op.create_index("postings_by_cause", "postings", ["run", "cause"])


def downgrade() -> None:
    """Drop them; they can be made again from the journals."""
    for table in (
        "runs",
        "projections",
        "records",
        "events",
        "markets",
        "instruments",
        "decisions",
        "candidates",
        "refusals",
        "orders",
        "order_events",
        "fills",
        "postings",
        "balances",
        "positions",
        "settlements",
        "breaks",
        "balance_reports",
    ):
        op.drop_table(table)


def _add_records() -> None:
    _table(
        "runs",
        *_text("mode", "base", "config_hash"),
        *_whole("seed", "cap_base_micros", "started_ns", "resumed"),
        Column("ended_ns", BigInteger),
        *_text("ended_reason"),
    )
    _table(
        "projections",
        *_whole("seq"),
        *_text("head"),
        *_whole("segment", "offset"),
    )
    _table(
        "records",
        _key("seq", BigInteger),
        *_whole("wall_ns", "monotonic_ns"),
        *_text("kind", "body"),
        Column("ref", Text),
    )
    _table("events", _key("event"), *_text("name"), *_whole("starts_ms"))
    _table("markets", _key("market"), *_text("event", "kind", "outcomes", "rules"), *_whole("winners"))
    _table(
        "instruments",
        _key("instrument"),
        *_text("venue", "venue_market", "selection", "market"),
        *_whole("outcome"),
        *_text("price_kind", "currency", "body"),
    )
    _table(
        "decisions",
        _key("seq", BigInteger),
        *_whole("decision", "wall_ns"),
        *_text("strategy", "market"),
        *_whole("outcome"),
        *_text("side"),
        *_whole("probability_e9", "fair_age_ms"),
        *_text("fair_model"),
        *_whole("limit_e9", "claims_micros", "worst_before_base_micros", "cap_base_micros"),
        *_text("because"),
    )
    _table(
        "candidates",
        _key("seq", BigInteger),
        _key("place", Integer),
        *_whole("decision"),
        *_text("instrument"),
        Column("net_e9", BigInteger),
        *_whole("best_price", "best_size_micros", "allotted_micros", "available_micros"),
        Column("maker", Boolean, nullable=False),
        *_text("refused"),
    )
    _table(
        "refusals",
        _key("seq", BigInteger),
        *_whole("wall_ns", "decision"),
        *_text("strategy", "instrument", "reason"),
    )


def _add_orders() -> None:
    _table(
        "orders",
        _key("ref"),
        Column("venue_order_id", Text),
        *_text("venue", "instrument", "market", "event", "strategy", "side", "tif", "state"),
        *_whole("decision", "price", "size_micros", "matched_micros", "remaining_micros", "cancelled_micros"),
        *_whole("lapsed_micros", "voided_micros", "claims_micros", "cost_micros", "fee_micros"),
        *_whole("placed_seq", "placed_ns", "seq", "changed_ns"),
        *_text("body"),
    )
    _table(
        "order_events",
        _key("seq", BigInteger),
        _key("ref"),
        *_whole("wall_ns", "monotonic_ns"),
        *_text("kind", "state_before", "state"),
        *_whole("matched_micros", "remaining_micros"),
        *_flags("open", "answered", "news"),
    )
    _table(
        "fills",
        _key("seq", BigInteger),
        _key("ref"),
        *_whole("wall_ns"),
        *_text("fill", "venue", "instrument", "strategy", "side", "currency"),
        *_whole("size_micros", "claims_micros", "cost_micros", "fee_micros"),
        Column("maker", Boolean),
    )


def _add_money() -> None:
    _table(
        "postings",
        _key("entry", BigInteger),
        _key("line", Integer),
        *_whole("seq", "wall_ns"),
        *_text("cause", "account", "currency"),
        *_whole("micros"),
    )
    _table("balances", _key("account"), _key("currency"), *_whole("micros"))
    _table(
        "positions",
        _key("instrument"),
        *_whole("back_claims_micros", "back_cost_micros", "lay_claims_micros", "lay_cost_micros", "fee_micros", "bets"),
    )
    _table(
        "settlements",
        _key("seq", BigInteger),
        *_whole("wall_ns"),
        *_text("venue", "venue_market", "statement", "corrects"),
        *_whole("profit_micros", "commission_micros", "rounding_max_micros"),
        Column("expected_micros", BigInteger),
        Column("explained", Boolean, nullable=False),
        *_text("results"),
    )
    _table(
        "breaks",
        _key("found_seq", BigInteger),
        *_whole("found_ns"),
        *_text("venue", "subject", "kind", "severity"),
        *_whole("money_base_micros"),
        *_text("detail"),
        Column("healed_seq", BigInteger),
        Column("healed_ns", BigInteger),
        Column("proof", Text),
    )
    _table(
        "balance_reports",
        _key("seq", BigInteger),
        *_whole("wall_ns"),
        *_text("venue", "currency", "basis"),
        *_whole("balance_micros"),
    )


def _table(name: str, *columns: Column[object]) -> None:
    op.create_table(name, _key("run"), *columns, sqlite_with_rowid=False)


def _key(name: str, kind: type[Text | BigInteger | Integer] = Text) -> Column[object]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _text(*names: str) -> list[Column[object]]:
    return [Column(name, Text, nullable=False) for name in names]


def _flags(*names: str) -> list[Column[object]]:
    return [Column(name, Boolean, nullable=False) for name in names]


def _whole(*names: str) -> list[Column[object]]:
    return [Column(name, BigInteger, nullable=False) for name in names]
