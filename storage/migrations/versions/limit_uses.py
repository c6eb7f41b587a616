"""How much of each limit was in use."""

from alembic import op
from sqlalchemy import BigInteger, Column, Text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table. Projecting a run anew fills it."""
    op.create_table(
        "limit_uses",
        Column("run", Text, primary_key=True),
        Column("day", BigInteger, primary_key=True, autoincrement=False),
        *(Column(name, Text, primary_key=True) for name in ("reason", "subject")),
        *(Column(name, BigInteger, nullable=False) for name in ("used_micros", "seq", "at_ns")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop it; it can be made again from the journals."""
    op.drop_table("limit_uses")
