"""Avatars, utterances and API keys: the first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_avatars()
    _create_utterances()
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME),
        sa.Column("revoked_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("hash", name="uq_api_keys_hash"),
    )


def downgrade() -> None:
    op.drop_table("api_keys")
    op.drop_table("utterances")
    op.drop_table("avatars")


def _create_avatars() -> None:
    op.create_table(
        "avatars",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("title_fa", sa.String(255), nullable=False),
        sa.Column("title_en", sa.String(255), nullable=False),
        sa.Column("voice", sa.String(64), nullable=False),
        sa.Column("engine", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("picture_key", sa.String(512)),
        sa.Column("points_key", sa.String(512)),
        sa.Column("preview_key", sa.String(512)),
        sa.Column("checksums", sa.JSON, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("retired_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_avatars"),
        sa.CheckConstraint(
            "state IN ('pending', 'ready', 'refused', 'retired')", name=op.f("ck_avatars_state")
        ),
        sa.CheckConstraint("version >= 0", name=op.f("ck_avatars_version")),
    )
    op.create_index("ix_avatars_state_created_at", "avatars", ["state", "created_at"])
    op.create_index("ix_avatars_owner", "avatars", ["owner"])


def _create_utterances() -> None:
    op.create_table(
        "utterances",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("avatar_id", sa.String(64), nullable=False),
        sa.Column("avatar_version", sa.Integer, nullable=False),
        sa.Column("voice", sa.String(64), nullable=False),
        sa.Column("engine", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("width_px", sa.Integer, nullable=False),
        sa.Column("height_px", sa.Integer, nullable=False),
        sa.Column("fps", sa.Integer, nullable=False),
        sa.Column("captions", sa.Boolean, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("error_code", sa.String(64)),
        sa.Column("error_message", sa.Text),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("doorbell_at", TIME),
        sa.Column("doorbells", sa.Integer, nullable=False),
        sa.Column("started_at", TIME),
        sa.Column("finished_at", TIME),
        sa.Column("chunks", sa.Integer),
        sa.Column("frames", sa.Integer),
        sa.Column("duration_ms", sa.BigInteger),
        sa.Column("video_key", sa.String(512)),
        sa.Column("captions_key", sa.String(512)),
        sa.Column("video_bytes", sa.BigInteger),
        sa.Column("expired_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_utterances"),
        sa.ForeignKeyConstraint(["avatar_id"], ["avatars.id"], name="fk_utterances_avatar_id_avatars"),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')",
            name=op.f("ck_utterances_state"),
        ),
        sa.CheckConstraint(
            "width_px > 0 AND height_px > 0 AND fps > 0", name=op.f("ck_utterances_size")
        ),
        sa.CheckConstraint(
            "(state IN ('queued', 'running')) = (finished_at IS NULL)",
            name=op.f("ck_utterances_finished"),
        ),
    )
    op.create_index("ix_utterances_state_created_at", "utterances", ["state", "created_at"])
    op.create_index("ix_utterances_owner_created_at_id", "utterances", ["owner", "created_at", "id"])
    op.create_index("ix_utterances_finished_at", "utterances", ["finished_at"])
    op.create_index("ix_utterances_avatar_id", "utterances", ["avatar_id"])
