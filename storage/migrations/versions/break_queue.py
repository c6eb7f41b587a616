"""The queue of breaks: whose each is, how it ended and by whom, what happened to it, and the rounds."""

from alembic import op
from sqlalchemy import BigInteger, Column, Text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WORDS = ("venue_market", "currency", "owner", "signed_by", "resolution", "closed_by")


def upgrade() -> None:
    """Make them. Rows that stand stay as they are; projecting their run anew tells the rest of them."""
    for name in WORDS:
        op.add_column("breaks", Column(name, Text, nullable=False, server_default=""))
    op.add_column("breaks", Column("apart_micros", BigInteger, nullable=False, server_default="0"))
    op.add_column("breaks", Column("explained_ns", BigInteger))
    op.create_table(
        "break_events",
        *_key(),
        *_whole("wall_ns"),
        *_text("venue", "subject", "kind", "event", "who", "why"),
        *_whole("money_base_micros"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "recon_rounds",
        *_key(),
        *_whole("wall_ns"),
        *_text("venue", "cause"),
        *_whole("breaks"),
        sqlite_with_rowid=False,
    )
    op.create_index("break_events_by_break", "break_events", ["run", "venue", "subject"])


def downgrade() -> None:
    """Drop them; they can be made again from the journals."""
    op.drop_table("break_events")
    op.drop_table("recon_rounds")
    for name in (*WORDS, "apart_micros", "explained_ns"):
        op.drop_column("breaks", name)


def _key() -> list[Column[object]]:
    return [Column("run", Text, primary_key=True), Column("seq", BigInteger, primary_key=True, autoincrement=False)]


def _text(*names: str) -> list[Column[object]]:
    return [Column(name, Text, nullable=False) for name in names]


def _whole(*names: str) -> list[Column[object]]:
    return [Column(name, BigInteger, nullable=False) for name in names]
