"""The outbox: the journal for whoever captures changes from the database's own log."""

from alembic import op
from sqlalchemy import BigInteger, Column, Text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, with the columns of Debezium's outbox convention."""
    op.create_table(
        "outbox",
        Column("run", Text, primary_key=True),
        Column("seq", BigInteger, primary_key=True, autoincrement=False),
        *(Column(name, Text, nullable=False) for name in ("id", "aggregatetype", "aggregateid", "type", "payload")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop it; it can be made again from the journals."""
    op.drop_table("outbox")
