"""Versions of avatars get rows of their own; consents, uploads and registrations come."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from avatars.search import search_text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
NAMES = {"picture": "picture.png", "points": "points.json", "preview": "preview.jpg"}

OLD = sa.table(
    "avatars", sa.column("id", sa.String), sa.column("title_fa", sa.String), sa.column("title_en", sa.String),
    sa.column("version", sa.Integer), sa.column("checksums", sa.JSON), sa.column("search", sa.Text),
    sa.column("picture_key", sa.String), sa.column("points_key", sa.String),
    sa.column("preview_key", sa.String), sa.column("updated_at", TIME), sa.column("created_at", TIME),
)  # fmt: skip
VERSIONS = sa.table(
    "avatar_versions", sa.column("avatar_id", sa.String), sa.column("version", sa.Integer),
    sa.column("kind", sa.String), sa.column("files", sa.JSON), sa.column("source_sha256", sa.String),
    sa.column("created_at", TIME),
)  # fmt: skip


def upgrade() -> None:
    _create_versions()
    _create_consents()
    _create_uploads()
    _create_registrations()
    with op.batch_alter_table("avatars") as avatars:
        avatars.add_column(sa.Column("search", sa.Text, nullable=False, server_default=""))
        avatars.add_column(sa.Column("pinned", sa.Boolean, nullable=False, server_default=sa.false()))
        avatars.add_column(sa.Column("last_used_at", TIME))
    _spread_versions()
    with op.batch_alter_table("avatars") as avatars:
        avatars.alter_column("search", server_default=None)
        avatars.alter_column("pinned", server_default=None)
        for name in ("picture_key", "points_key", "preview_key", "checksums"):
            avatars.drop_column(name)
        avatars.drop_index("ix_avatars_state_created_at")
        avatars.drop_index("ix_avatars_owner")
        avatars.create_index("ix_avatars_state_created_at_id", ["state", "created_at", "id"])
        avatars.create_index("ix_avatars_owner_created_at_id", ["owner", "created_at", "id"])


def downgrade() -> None:
    with op.batch_alter_table("avatars") as avatars:
        avatars.add_column(sa.Column("picture_key", sa.String(512)))
        avatars.add_column(sa.Column("points_key", sa.String(512)))
        avatars.add_column(sa.Column("preview_key", sa.String(512)))
        avatars.add_column(sa.Column("checksums", sa.JSON, nullable=False, server_default="{}"))
    _gather_versions()
    with op.batch_alter_table("avatars") as avatars:
        avatars.alter_column("checksums", server_default=None)
        for name in ("search", "pinned", "last_used_at"):
            avatars.drop_column(name)
        avatars.drop_index("ix_avatars_state_created_at_id")
        avatars.drop_index("ix_avatars_owner_created_at_id")
        avatars.create_index("ix_avatars_state_created_at", ["state", "created_at"])
        avatars.create_index("ix_avatars_owner", ["owner"])
    for table in ("registrations", "uploads", "consents", "avatar_versions"):
        op.drop_table(table)


def _spread_versions() -> None:
    db = op.get_bind()
    for row in db.execute(sa.select(OLD)).all():
        found = search_text(row.title_fa, row.title_en, row.id)
        db.execute(sa.update(OLD).where(OLD.c.id == row.id).values(search=found))
        for name, sums in row.checksums.items():
            files = {NAMES[part]: sums[part] for part in NAMES if part in sums}
            db.execute(
                sa.insert(VERSIONS).values(
                    avatar_id=row.id, version=int(name.removeprefix("v")), kind="photo", files=files,
                    source_sha256=sums.get("source", ""), created_at=row.updated_at,
                )
            )  # fmt: skip


def _gather_versions() -> None:
    db = op.get_bind()
    gathered: dict[str, dict[str, Any]] = {}
    for row in db.execute(sa.select(VERSIONS)).all():
        sums = {part: row.files.get(file, "") for part, file in NAMES.items()}
        gathered.setdefault(row.avatar_id, {})[f"v{row.version}"] = {**sums, "source": row.source_sha256}
    for row in db.execute(sa.select(OLD.c.id, OLD.c.version)).all():
        keys = {
            f"{part}_key": f"avatars/{row.id}/v{row.version}/{file}" if row.version else None
            for part, file in NAMES.items()
        }
        values = {**keys, "checksums": gathered.get(row.id, {})}
        db.execute(sa.update(OLD).where(OLD.c.id == row.id).values(**values))


def _create_versions() -> None:
    op.create_table(
        "avatar_versions",
        sa.Column("avatar_id", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("source_sha256", sa.String(64), nullable=False),
        sa.Column("report", sa.JSON(none_as_null=True)),
        sa.Column("choices", sa.JSON(none_as_null=True)),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("avatar_id", "version", name="pk_avatar_versions"),
        sa.ForeignKeyConstraint(["avatar_id"], ["avatars.id"], name="fk_avatar_versions_avatar_id_avatars"),
        sa.CheckConstraint("kind IN ('photo', 'video')", name=op.f("ck_avatar_versions_kind")),
    )


def _create_consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("avatar_id", sa.String(64), nullable=False),
        sa.Column("who", sa.String(255), nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("evidence_sha256", sa.String(64)),
        sa.Column("recorded_by", sa.String(255), nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
        sa.ForeignKeyConstraint(["avatar_id"], ["avatars.id"], name="fk_consents_avatar_id_avatars"),
    )
    op.create_index("ix_consents_avatar_id", "consents", ["avatar_id"])


def _create_uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("offset_bytes", sa.BigInteger, nullable=False),
        sa.Column("parts", sa.JSON, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
        sa.CheckConstraint(
            "offset_bytes >= 0 AND offset_bytes <= size_bytes", name=op.f("ck_uploads_offset")
        ),
    )
    op.create_index("ix_uploads_updated_at", "uploads", ["updated_at"])
    op.create_index("ix_uploads_owner", "uploads", ["owner"])


def _create_registrations() -> None:
    op.create_table(
        "registrations",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("avatar_id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("work", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("upload_id", sa.String(32)),
        sa.Column("points", sa.JSON(none_as_null=True)),
        sa.Column("face", sa.Integer),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("step", sa.String(32), nullable=False),
        sa.Column("percent", sa.Integer, nullable=False),
        sa.Column("refusal_code", sa.String(64)),
        sa.Column("refusal_en", sa.Text),
        sa.Column("refusal_fa", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("holder", sa.String(128)),
        sa.Column("lease_until", TIME),
        sa.Column("version", sa.Integer),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("doorbell_at", TIME),
        sa.Column("finished_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_registrations"),
        sa.ForeignKeyConstraint(["avatar_id"], ["avatars.id"], name="fk_registrations_avatar_id_avatars"),
        sa.CheckConstraint("state IN ('pending', 'ready', 'refused')", name=op.f("ck_registrations_state")),
        sa.CheckConstraint("work IN ('intake', 'points', 'choose')", name=op.f("ck_registrations_work")),
        sa.CheckConstraint("percent >= 0 AND percent <= 100", name=op.f("ck_registrations_percent")),
        sa.CheckConstraint(
            "(state = 'pending') = (finished_at IS NULL)", name=op.f("ck_registrations_finished")
        ),
    )
    op.create_index("ix_registrations_state_created_at", "registrations", ["state", "created_at"])
    op.create_index("ix_registrations_owner_state", "registrations", ["owner", "state"])
    op.create_index("ix_registrations_avatar_id_created_at", "registrations", ["avatar_id", "created_at"])
