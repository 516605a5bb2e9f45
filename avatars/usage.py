"""Which avatars are used: noted in bulk by workers, asked by those that make faces ready ahead of time.

Beside the registry, which says what an avatar is. No numpy, so any process may use it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, or_, select, update

from avatars.database import Avatar, Database


class Likely(NamedTuple):
    """A face that a worker does well to hold before anybody asks for it."""

    avatar_id: str
    version: int
    engine: str
    pinned: bool


class Usage:
    """Who was used when."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, uses: Mapping[str, datetime]) -> None:
        """Note when avatars were used, in one transaction; a time earlier than is known changes nothing."""
        with self._database.transaction() as db:
            # In one order, so that two processes that write the same rows never wait for each other.
            for avatar_id, at in sorted(uses.items()):
                earlier = or_(Avatar.last_used_at.is_(None), Avatar.last_used_at < at)
                change = update(Avatar).where(Avatar.id == avatar_id, earlier).values(last_used_at=at)
                db.execute(change.execution_options(synchronize_session=False))

    def likeliest(self, limit: int) -> Sequence[Likely]:
        """Return the faces that are likeliest to be asked for: pinned ones, then those used or made last."""
        lately = func.coalesce(Avatar.last_used_at, Avatar.updated_at)
        query = (
            select(Avatar.id, Avatar.version, Avatar.engine, Avatar.pinned)
            .where(Avatar.state == "ready")
            .order_by(Avatar.pinned.desc(), lately.desc(), Avatar.id)
            .limit(limit)
        )
        with self._database.reading() as db:
            return [Likely(*row) for row in db.execute(query)]
