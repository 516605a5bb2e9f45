"""Owners say how words are to be spoken."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "lexicon_entries",
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("word", sa.String(80), nullable=False),
        sa.Column("first_part", sa.String(80), nullable=False),
        sa.Column("written", sa.String(80), nullable=False),
        sa.Column("spoken", sa.String(200), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("owner", "word", name="pk_lexicon_entries"),
    )
    op.create_index("ix_lexicon_entries_owner_first_part", "lexicon_entries", ["owner", "first_part"])


def downgrade() -> None:
    op.drop_table("lexicon_entries")
