"""Registrations may be asked for many at once, as a batch."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
BATCH_KEY = "fk_registrations_batch_id_batches"
BATCH_INDEX = "ix_registrations_batch_id_place"


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("files", sa.Integer, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("cancelled_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sa.CheckConstraint("files > 0", name=op.f("ck_batches_files")),
    )
    op.create_index("ix_batches_owner_created_at", "batches", ["owner", "created_at"])
    with op.batch_alter_table("registrations") as registrations:
        registrations.add_column(sa.Column("batch_id", sa.String(32)))
        registrations.add_column(sa.Column("place", sa.Integer))
        registrations.add_column(sa.Column("label", sa.String(255)))
        registrations.create_foreign_key(BATCH_KEY, "batches", ["batch_id"], ["id"])
        registrations.create_index(BATCH_INDEX, ["batch_id", "place"])


def downgrade() -> None:
    with op.batch_alter_table("registrations") as registrations:
        registrations.drop_index(BATCH_INDEX)
        registrations.drop_constraint(BATCH_KEY, type_="foreignkey")
        for name in ("label", "place", "batch_id"):
            registrations.drop_column(name)
    op.drop_table("batches")
