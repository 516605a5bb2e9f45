"""An utterance says how it is to be read, spoken and shown."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("utterances") as utterances:
        # With a default, so that a worker of the version before can still write beside this one.
        utterances.add_column(sa.Column("manner", sa.JSON, nullable=False, server_default="{}"))


def downgrade() -> None:
    with op.batch_alter_table("utterances") as utterances:
        utterances.drop_column("manner")
