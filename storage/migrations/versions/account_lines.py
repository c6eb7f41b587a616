"""Lines of venues' own account statements."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table. Projecting a run anew fills it."""
    keys = [Column(name, Text, primary_key=True) for name in ("run", "venue", "line")]
    texts = [Column(name, Text, nullable=False) for name in ("kind", "currency")]
    whole = [Column(name, BigInteger, nullable=False) for name in ("micros", "venue_ms")]
    about = [Column(name, Text, nullable=False) for name in ("venue_market", "venue_order_id", "detail")]
    told = [Column(name, BigInteger, nullable=False) for name in ("seq", "wall_ns")]
    op.create_table(
        "account_lines",
        *keys,
        *texts,
        *whole,
        Column("balance_micros", BigInteger),
        *about,
        *told,
        Column("before_us", Boolean, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop it; it can be made again from the journals."""
    op.drop_table("account_lines")
