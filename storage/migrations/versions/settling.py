"""Accounts by whose they are, what each posting did, how far each match has come, transfers and suspense."""

from alembic import op
from sqlalchemy import BigInteger, Column, Text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("accounts", "clearing", "transfers", "suspense")


def upgrade() -> None:
    """Make them. Rows that stand stay as they are; projecting their run anew tells the rest of them."""
    op.add_column("postings", Column("what", Text, nullable=False, server_default=""))
    _table("accounts", _key("account"), *_text("entity", "kind", "venue"), *_whole("shard"))
    _table(
        "clearing",
        _key("ref"),
        _key("fill"),
        *_text("venue", "venue_market", "instrument", "strategy", "side", "currency"),
        *_whole("size_micros", "claims_micros", "cost_micros", "fee_micros", "venue_ms"),
        *_text("evidence", "state"),
        *_whole("traded_seq", "traded_ns"),
        *_maybe("confirmed_seq", "confirmed_ns", "settled_seq", "settled_ns"),
        Column("statement", Text),
        *_maybe("paid_seq", "paid_ns"),
    )
    op.create_index("clearing_by_market", "clearing", ["run", "venue", "venue_market"])
    _table(
        "transfers",
        _key("transfer"),
        *_text("source", "target", "currency", "into_currency"),
        *_whole("amount_micros", "into_micros"),
        *_text("state", "why", "requested_by", "decided_by"),
        *_whole("requested_seq"),
        *_maybe("decided_seq", "sent_seq", "arrived_seq"),
    )
    _table(
        "suspense",
        _key("item"),
        Column("opened_seq", BigInteger, primary_key=True, autoincrement=False),
        *_text("venue", "currency"),
        *_whole("micros", "opened_ns", "seq", "changed_ns"),
        *_maybe("cleared_seq", "cleared_ns"),
    )


def downgrade() -> None:
    """Drop them; they can be made again from the journals."""
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("postings", "what")


def _table(name: str, *columns: Column[object]) -> None:
    op.create_table(name, _key("run"), *columns, sqlite_with_rowid=False)


def _key(name: str) -> Column[object]:
    return Column(name, Text, primary_key=True)


def _text(*names: str) -> list[Column[object]]:
    return [Column(name, Text, nullable=False) for name in names]


def _whole(*names: str) -> list[Column[object]]:
    return [Column(name, BigInteger, nullable=False) for name in names]


def _maybe(*names: str) -> list[Column[object]]:
    return [Column(name, BigInteger) for name in names]
