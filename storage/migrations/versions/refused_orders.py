"""What a refused order was, and which orders of ours it would have met."""

from alembic import op
from sqlalchemy import BigInteger, Column, Text

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COLUMNS = {"side": Text, "price": BigInteger, "size_micros": BigInteger, "against": Text}


def upgrade() -> None:
    """Make the columns. Projecting a run anew fills them."""
    for name, kind in COLUMNS.items():
        op.add_column("refusals", Column(name, kind))


def downgrade() -> None:
    """Drop them."""
    for name in COLUMNS:
        op.drop_column("refusals", name)
