"""Recorded sound may be spoken in place of a text."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
STATES = "state IN ('queued', 'reading', 'ready', 'refused', 'expired')"


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("upload_id", sa.String(32)),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("step", sa.String(32), nullable=False),
        sa.Column("percent", sa.Integer, nullable=False),
        sa.Column("report", sa.JSON(none_as_null=True)),
        sa.Column("length_samples", sa.BigInteger),
        sa.Column("loudness_lufs", sa.Double),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("holder", sa.String(128)),
        sa.Column("lease_until", TIME),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("doorbell_at", TIME),
        sa.Column("finished_at", TIME),
        sa.Column("used_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_recordings"),
        sa.CheckConstraint(STATES, name=op.f("ck_recordings_state")),
        sa.CheckConstraint("percent >= 0 AND percent <= 100", name=op.f("ck_recordings_percent")),
        sa.CheckConstraint(
            "(state IN ('queued', 'reading')) = (finished_at IS NULL)", name=op.f("ck_recordings_finished")
        ),
    )
    op.create_index("ix_recordings_state_created_at", "recordings", ["state", "created_at"])
    op.create_index("ix_recordings_owner_created_at_id", "recordings", ["owner", "created_at", "id"])
    with op.batch_alter_table("utterances") as utterances:
        utterances.add_column(sa.Column("recording_id", sa.String(32)))


def downgrade() -> None:
    with op.batch_alter_table("utterances") as utterances:
        utterances.drop_column("recording_id")
    op.drop_table("recordings")
