"""An utterance's text may still be written while it is spoken."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("utterances") as utterances:
        # With defaults, so that a front door of the version before can still write beside this one.
        utterances.add_column(sa.Column("open", sa.Boolean, nullable=False, server_default=sa.false()))
        utterances.add_column(sa.Column("flushed", sa.Integer, nullable=False, server_default="0"))
        utterances.add_column(sa.Column("appended_at", TIME))


def downgrade() -> None:
    with op.batch_alter_table("utterances") as utterances:
        for name in ("appended_at", "flushed", "open"):
            utterances.drop_column(name)
